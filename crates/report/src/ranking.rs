//! What controls do to a leaderboard, in words.

use predilect_results::ranking::{Change, Leaderboard, Row};

use crate::format;
use crate::judging::FALSE_DISCOVERIES;
use crate::text;
use crate::words;

/// Models that are named.
const NAMED: usize = 3;

/// Whose score the controls surely change, the largest changes first; as sentences.
pub(crate) fn changes_words(l: &Leaderboard) -> String {
    let mut sure: Vec<(&Row, Change)> =
        l.ranking.iter().filter_map(|row| Some((row, row.from_raw?))).collect();
    let all = sure.len();
    sure.retain(|(_, change)| change.q_value <= FALSE_DISCOVERIES);
    if sure.is_empty() {
        return format!(
            "No score surely changes (false discovery rate {}): nothing shows that what is controlled for favours any model.",
            format::share(FALSE_DISCOVERIES)
        );
    }
    sure.sort_by(|(_, a), (_, b)| b.change.abs().total_cmp(&a.change.abs()));
    let one = |&(row, change): &(&Row, Change)| {
        let does = if change.change < 0.0 { "loses" } else { "gains" };
        let [low, high] =
            if change.change < 0.0 { [-change.high, -change.low] } else { [change.low, change.high] };
        let place = if row.rank == change.raw_rank {
            format!("and stays in place {}", row.rank)
        } else {
            format!("and goes from place {} to {}", change.raw_rank, row.rank)
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
    let held: Vec<String> = l.controls.iter().map(|control| label(&control.name)).collect();
    format!(
        "Controlling for {} surely changes {} of {} (false discovery rate {}): {}.",
        words::listed(&held),
        format::count(sure.len() as u64),
        words::counted(all, "score", "scores"),
        format::share(FALSE_DISCOVERIES),
        named.join("; "),
    )
}

/// The name of a control in a sentence.
pub(crate) fn label(id: &str) -> String {
    match id {
        "rich" => "information".to_owned(),
        _ => text::line(predilect_types::property(id).map_or(id, |p| p.label)).to_lowercase(),
    }
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
    let means = if means.is_empty() {
        format!("Controlling for {}.", label(&control.name))
    } else {
        means.to_owned()
    };
    let mut moved: Vec<(&Row, Change)> = l
        .ranking
        .iter()
        .filter_map(|row| Some((row, row.from_raw?)))
        .filter(|(row, change)| row.rank != change.raw_rank && change.q_value <= FALSE_DISCOVERIES)
        .collect();
    moved.sort_by_key(|(row, change)| std::cmp::Reverse(row.rank.abs_diff(change.raw_rank)));
    if moved.is_empty() {
        return format!("{means} No model with a sure change moves to another place.");
    }
    let more = moved.len().saturating_sub(NAMED);
    let named: Vec<String> = moved
        .iter()
        .take(NAMED)
        .map(|(row, change)| format!("{} from {} to {}", text::line(&row.model), change.raw_rank, row.rank))
        .collect();
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{means} Places change of {}{more}.", named.join("; "))
}
