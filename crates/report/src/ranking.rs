//! What controls do to a leaderboard, in words.

use predilect_results::ranking::{Change, LcBoard, LcRow, Leaderboard, Row};
use predilect_results::{cannot_separate, noun, places};

use crate::format;
use crate::judging::FALSE_DISCOVERIES;
use crate::text;
use crate::words;

/// What the intervals of a board come from, in words.
pub(crate) fn intervals_words(l: &Leaderboard) -> &'static str {
    match (l.intervals.as_deref(), l.prompts) {
        (Some("sandwich"), None) => "95 % intervals from the sandwich covariance, verdicts independent",
        (Some("sandwich"), Some(1)) => {
            "95 % intervals from the sandwich covariance, verdicts on the one prompt taken as independent"
        }
        (Some("sandwich"), Some(_)) => "95 % intervals from the sandwich covariance, clustered by prompt",
        (Some(_), None) => "95 % intervals from a bootstrap over verdicts",
        (Some(_), Some(_)) => "95 % intervals from a bootstrap over prompts",
        (None, _) => "without intervals",
    }
}

/// `14.3 % [12.1, 16.5]`, of rates in %.
pub(crate) fn rate(value: f64, low: f64, high: f64) -> String {
    let [value, low, high] = [value, low, high].map(|x| format::decimal(x, 1));
    format!("{value} [{low}, {high}]")
}

/// A raw win rate with its 95 % interval, by its standard error.
pub(crate) fn raw_rate(row: &LcRow) -> String {
    if !row.standard_error.is_finite() {
        return format::decimal(row.win_rate, 1);
    }
    let reach = 1.96 * row.standard_error;
    rate(row.win_rate, (row.win_rate - reach).max(0.0), (row.win_rate + reach).min(100.0))
}

/// What length-controlled win rates are.
pub(crate) fn lc_words(l: &LcBoard) -> String {
    let difficult = if l.difficulties == "none" { "" } else { " + psi times the difficulty of the prompt" };
    format!(
        "Win rates in % with 95 % intervals: raw, and at equal length (logit = theta + phi tanh of the standardised difference in \
         characters{difficult}); phi above 0: the judge likes length."
    )
}

/// The judge of AlpacaEval's board of length-controlled rates.
const BOARD_JUDGE: &str = "weighted_alpaca_eval_gpt4_turbo";

/// Whether length-controlled rates compare with AlpacaEval's board: by its difficulties and its judge.
pub(crate) fn comparable(l: &LcBoard) -> bool {
    l.difficulties == "published" && matches!(l.judges.as_slice(), [only] if only == BOARD_JUDGE)
}

/// Whether these rates compare with AlpacaEval's published board, in words.
pub(crate) fn compares(l: &LcBoard) -> &'static str {
    match l.difficulties.as_str() {
        "published" if comparable(l) => {
            "With AlpacaEval's difficulties of the prompts, so these rates compare with its published board: for 41 models, each left out of \
             the difficulties in turn, rates were 1 point from the board's on average, 5 at most."
        }
        "published" => {
            "With AlpacaEval's difficulties of the prompts, but not by the judge of its published board (weighted_alpaca_eval_gpt4_turbo): these \
             rates do not compare with it."
        }
        "fitted" => {
            "Difficulties are fitted over these models: rates compare with each other, and not with AlpacaEval's published board."
        }
        _ => {
            "Without the difficulty of prompts (the minimal form): these rates do not compare with AlpacaEval's published board."
        }
    }
}

/// Models that are named.
const NAMED: usize = 3;

/// Whose score the controls surely change, the largest changes first; as sentences.
pub(crate) fn changes_words(l: &Leaderboard) -> String {
    if let Some((control, ahead)) = l.inseparable() {
        return cannot_separate(&control.name, ahead);
    }
    let mut sure: Vec<(&Row, Change)> =
        l.ranking.iter().filter_map(|row| Some((row, row.from_raw?))).collect();
    let all = sure.len();
    sure.retain(|(_, change)| change.q_value <= FALSE_DISCOVERIES);
    if sure.is_empty() {
        return format!(
            "No score clearly changes (false discovery rate {}): nothing shows that what is controlled for favours any model.",
            format::share(FALSE_DISCOVERIES)
        );
    }
    sure.sort_by(|(_, a), (_, b)| b.change.abs().total_cmp(&a.change.abs()));
    let one = |&(row, change): &(&Row, Change)| {
        let does = if change.change < 0.0 { "loses" } else { "gains" };
        let [low, high] =
            if change.change < 0.0 { [-change.high, -change.low] } else { [change.low, change.high] };
        let [before, after] = moved(row, &change);
        let place = if before == after {
            format!("and stays in {after}")
        } else {
            format!("and goes from {before} to {after}")
        };
        format!(
            "{} {does} {} points [{}, {}] {place}",
            text::line(&row.model),
            format::whole(change.change.abs()),
            format::whole(low),
            format::whole(high),
        )
    };
    let named: Vec<String> = sure.iter().take(NAMED).map(one).collect();
    let held: Vec<String> = l.controls.iter().map(|control| noun(&control.name)).collect();
    format!(
        "Controlling for {} clearly changes {} of {} (false discovery rate {}): {}.",
        words::listed(&held),
        format::count(sure.len() as u64),
        words::counted(all, "score", "scores"),
        format::share(FALSE_DISCOVERIES),
        named.join("; "),
    )
}

/// The places before and after, as `place 7` or `places 7-11`.
fn moved(row: &Row, change: &Change) -> [String; 2] {
    [(change.raw_rank_low, change.raw_rank_high), (row.rank_low, row.rank_high)]
        .map(|(low, high)| format!("{} {}", if low == high { "place" } else { "places" }, places(low, high)))
}

/// What a board with one control means, and who changes places by it.
pub(crate) fn alone_words(l: &Leaderboard) -> String {
    let Some(control) = l.controls.first() else { return String::new() };
    let means = match control.name.as_str() {
        "length" => {
            "Length: how models rank where responses are equally long. Credit for saying more is taken away with credit for length."
        }
        "rich" => {
            "Information: how models rank where responses say equally much. Credit for using more words to say it remains."
        }
        _ => "",
    };
    let means =
        if means.is_empty() { format!("Controlling for {}.", noun(&control.name)) } else { means.to_owned() };
    if let Some((control, ahead)) = l.inseparable() {
        return format!("{means} {}", cannot_separate(&control.name, ahead));
    }
    let mut shifted: Vec<(&Row, Change)> = l
        .ranking
        .iter()
        .filter_map(|row| Some((row, row.from_raw?)))
        .filter(|(row, change)| {
            let apart = row.rank_low > change.raw_rank_high || row.rank_high < change.raw_rank_low;
            apart && change.q_value <= FALSE_DISCOVERIES
        })
        .collect();
    shifted.sort_by_key(|(row, change)| std::cmp::Reverse(row.rank.abs_diff(change.raw_rank)));
    if shifted.is_empty() {
        return format!("{means} No model whose score clearly changes also clearly changes its place.");
    }
    let more = shifted.len().saturating_sub(NAMED);
    let named: Vec<String> = shifted
        .iter()
        .take(NAMED)
        .map(|(row, change)| {
            let [before, after] = moved(row, change);
            format!("{} from {before} to {after}", text::line(&row.model))
        })
        .collect();
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{means} Places change of {}{more}.", named.join("; "))
}

/// Prompts below which resampled intervals of scores are too narrow.
const FEW_PROMPTS: u64 = 30;

/// What few prompts leave open of a leaderboard.
pub(crate) fn of_few_prompts(l: &Leaderboard) -> Option<&'static str> {
    match l.prompts? {
        1 => Some("One prompt says nothing about others: which model is better on them is not known."),
        prompts if prompts < FEW_PROMPTS && l.intervals.is_some() => {
            Some("With so few prompts the intervals are likely too narrow.")
        }
        _ => None,
    }
}
