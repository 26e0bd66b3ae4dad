//! Which model is how strong?

use std::io;

use predilect_results::ranking::{Change, LcBoard, Leaderboard, Row, groups_that_never_met};
use predilect_results::{Finding, PLACES_MEAN, places};

use super::style::{BOLD, DIM, Out, WARN, paint};
use crate::format;
use crate::ranking::of_few_prompts;
use crate::text;
use crate::words;

/// With fewer prompts than this, sums over prompts estimate their own variance badly.
/// The greatest width of a model's name.
const NAME: usize = 40;
/// Judges that are named.
const JUDGES: usize = 4;
/// The width that a name keeps before columns are dropped.
const SHORT: usize = 24;
/// The width of places.
const PLACES: usize = 7;

/// Writes a leaderboard, for a terminal of `width` columns (0: not known, 80 is taken).
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn terminal_leaderboard(
    l: &Leaderboard,
    findings: &[Finding],
    out: &mut dyn io::Write,
    width: u16,
) -> io::Result<()> {
    let mut out = Out::new(out, width);
    let count = words::counted(l.ranking.len(), "model", "models");
    out.line(&paint(BOLD, &format!("{count} by {}", l.method)))?;
    super::findings(findings, &mut out)?;
    let from = crate::ranking::intervals_words(l);
    let votes = words::counted(l.votes as usize, "verdict", "verdicts");
    let on = l
        .prompts
        .map_or_else(String::new, |n| format!(" on {}", words::counted(n as usize, "prompt", "prompts")));
    let unit = if l.method == "win-rate" {
        "% won, a tie counting half"
    } else {
        "points: 400 more are odds of ten to one"
    };
    out.wrapped(DIM, &format!("{votes}{on}; {unit}; {from}."))?;
    if l.judges.len() > 1 {
        let more = l.judges.len().saturating_sub(JUDGES);
        let mut judges: Vec<String> = l.judges.iter().take(JUDGES).map(|judge| text::line(judge)).collect();
        if more > 0 {
            judges.push(format!("{more} more"));
        }
        out.wrapped(
            WARN,
            &format!(
                "The verdicts of {} judges are counted together ({}); a leaderboard can also be made of one judge's verdicts alone.",
                l.judges.len(),
                words::listed(&judges)
            ),
        )?;
    }
    few_prompts(l, &mut out)?;
    if let Some(words) = never_met(l) {
        out.wrapped(WARN, &words)?;
    }
    out.blank()?;
    let name =
        l.ranking.iter().map(|row| text::columns(&text::line(&row.model))).max().unwrap_or(0).min(NAME);
    if l.ranking.iter().any(|row| row.from_raw.is_some()) {
        beside_raw(l, name, &mut out)?;
    } else {
        alone(l, name, &mut out)?;
    }
    if !l.controls.is_empty() {
        if l.ranking.iter().all(|row| row.from_raw.is_none()) {
            out.wrapped(DIM, "What the controls change is shown for up to 400 models and controls.")?;
        }
        controls(l, &mut out)?;
    }
    out.wrapped(DIM, PLACES_MEAN)?;
    if let Some(tie) = l.tie {
        let what = if l.method == "davidson" { "nu" } else { "eta" };
        out.wrapped(DIM, &format!("Ties: {what} = {}", format::decimal(tie, 3)))?;
    }
    Ok(())
}

/// What few prompts leave open.
fn few_prompts(l: &Leaderboard, out: &mut Out<'_>) -> io::Result<()> {
    match of_few_prompts(l) {
        Some(few) => out.wrapped(WARN, few),
        None => Ok(()),
    }
}

/// A board with its intervals.
fn alone(l: &Leaderboard, name: usize, out: &mut Out) -> io::Result<()> {
    let name = name.min(out.width.saturating_sub(42)).max(8);
    let head = format!(
        "{} {}  score      low to high     verdicts",
        text::right("places", PLACES),
        text::left("", name)
    );
    out.line(&paint(DIM, &text::cut(&head, out.width)))?;
    let low = l.ranking.iter().map(|row| row.low).fold(f64::INFINITY, f64::min);
    let high = l.ranking.iter().map(|row| row.high).fold(f64::NEG_INFINITY, f64::max);
    for row in &l.ranking {
        line(row, name, (low, high), out)?;
    }
    Ok(())
}

/// A heading, and the cells below it.
type Column<'a> = (&'static str, &'a dyn Fn(&Row) -> String);

/// A board with controls and the one without. Where the terminal is narrow, intervals of scores are left out before names are cut.
fn beside_raw(l: &Leaderboard, name: usize, out: &mut Out) -> io::Result<()> {
    let of =
        |row: &Row, show: fn(&Change) -> String| row.from_raw.as_ref().map_or_else(|| "-".to_owned(), show);
    let columns: [Column<'_>; 5] = [
        ("score", &|row| format::whole(row.score)),
        ("low to high", &|row| format!("{} to {}", format::whole(row.low), format::whole(row.high))),
        ("raw", &|row| of(row, |change| format::whole(change.raw_score))),
        ("raw places", &|row| of(row, |change| places(change.raw_rank_low, change.raw_rank_high))),
        ("change", &|row| of(row, change)),
    ];
    let column = |(head, show): Column<'_>| {
        let cells: Vec<String> = l.ranking.iter().map(show).collect();
        let widest = cells.iter().map(|cell| text::columns(cell)).max().unwrap_or(0);
        (head, cells, widest.max(head.len()) + 2)
    };
    let mut shown: Vec<(&str, Vec<String>, usize)> = columns.into_iter().map(column).collect();
    let needed = |shown: &[(&str, Vec<String>, usize)]| {
        PLACES + 1 + shown.iter().map(|(.., width)| width).sum::<usize>()
    };
    if needed(&shown) + name.min(SHORT) > out.width {
        shown.retain(|(head, ..)| *head != "low to high");
    }
    let name = name.min(out.width.saturating_sub(needed(&shown))).max(8);
    let heads: String = shown.iter().map(|(head, _, width)| text::right(head, *width)).collect();
    let head = format!("{} {}{heads}", text::right("places", PLACES), text::left("", name));
    out.line(&paint(DIM, &text::cut(&head, out.width)))?;
    for (at, row) in l.ranking.iter().enumerate() {
        let cells: String = shown.iter().map(|(_, cells, width)| text::right(&cells[at], *width)).collect();
        let places = text::right(&places(row.rank_low, row.rank_high), PLACES);
        let model = text::left(&text::line(&row.model), name);
        out.line(&text::cut(&format!("{places} {model}{cells}"), out.width))?;
    }
    out.blank()?;
    out.wrapped(
        DIM,
        "raw: score and places without controls. change: what the controls do to the score relative to the mean of all models, with its 95 % interval, \
         paired by prompt; models with few verdicts count less in that mean.",
    )?;
    let words = crate::ranking::changes_words(l);
    out.wrapped(BOLD, &words)
}

/// Writes the scores with each of several controls alone, next to those without any and with all of them, for a terminal of `width` columns
/// (0: unknown, taken as 80). Writes nothing with fewer than two controls.
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn terminal_controls_alone(
    all: &Leaderboard,
    alone: &[Leaderboard],
    out: &mut dyn io::Write,
    width: u16,
) -> io::Result<()> {
    if alone.len() < 2 {
        return Ok(());
    }
    let mut out = Out::new(out, width);
    out.blank()?;
    out.line(&paint(BOLD, "Each control alone"))?;
    out.wrapped(DIM, "Scores, with the places by each in brackets.")?;
    let of = |board: &Leaderboard, model: &str| {
        board.ranking.iter().find(|row| row.model == model).map_or_else(
            || "-".to_owned(),
            |row| format!("{} ({})", format::whole(row.score), places(row.rank_low, row.rank_high)),
        )
    };
    let raw = |row: &Row| {
        row.from_raw.map_or_else(
            || "-".to_owned(),
            |change| {
                format!(
                    "{} ({})",
                    format::whole(change.raw_score),
                    places(change.raw_rank_low, change.raw_rank_high)
                )
            },
        )
    };
    let head = |board: &Leaderboard| {
        board.controls.first().map_or_else(String::new, |control| predilect_results::noun(&control.name))
    };
    let mut columns: Vec<(String, Vec<String>)> =
        vec![("raw".to_owned(), all.ranking.iter().map(raw).collect())];
    for board in alone {
        columns.push((head(board), all.ranking.iter().map(|row| of(board, &row.model)).collect()));
    }
    columns.push(("all".to_owned(), all.ranking.iter().map(|row| of(all, &row.model)).collect()));
    let wide = |(head, cells): &(String, Vec<String>)| {
        cells.iter().map(|cell| text::columns(cell)).max().unwrap_or(0).max(text::columns(head)) + 2
    };
    let widths: Vec<usize> = columns.iter().map(wide).collect();
    let longest = all.ranking.iter().map(|row| text::columns(&text::line(&row.model))).max().unwrap_or(0);
    let name = longest.min(out.width.saturating_sub(2 + widths.iter().sum::<usize>())).clamp(8, NAME);
    let heads: String =
        columns.iter().zip(&widths).map(|((head, _), width)| text::right(head, *width)).collect();
    out.line(&paint(DIM, &text::cut(&format!("  {}{heads}", text::left("", name)), out.width)))?;
    for (at, row) in all.ranking.iter().enumerate() {
        let cells: String =
            columns.iter().zip(&widths).map(|((_, cells), width)| text::right(&cells[at], *width)).collect();
        out.line(&text::cut(&format!("  {}{cells}", text::left(&text::line(&row.model), name)), out.width))?;
    }
    out.blank()?;
    for board in alone {
        out.wrapped(DIM, &crate::ranking::alone_words(board))?;
    }
    Ok(())
}

fn change(change: &Change) -> String {
    let [by, low, high] = [change.change, change.low, change.high].map(format::whole);
    format!("{by} [{low}, {high}]")
}

fn controls(l: &Leaderboard, out: &mut Out) -> io::Result<()> {
    out.blank()?;
    out.line(&paint(BOLD, "Controls"))?;
    out.wrapped(DIM, "Log-odds for a difference of one root mean square, with 95 % interval.")?;
    for control in &l.controls {
        let label = predilect_types::property(&control.name).map_or(control.name.as_str(), |p| p.short);
        let [weight, low, high] = [control.weight, control.low, control.high].map(|x| format::decimal(x, 3));
        out.line(&format!(
            "  {} {} [{low}, {high}]",
            text::left(&text::line(label), 28),
            text::right(&weight, 7)
        ))?;
    }
    Ok(())
}

/// Writes length-controlled win rates next to the raw ones.
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn terminal_lc(l: &LcBoard, findings: &[Finding], out: &mut dyn io::Write, width: u16) -> io::Result<()> {
    let mut out = Out::new(out, width);
    let count = words::counted(l.ranking.len(), "model", "models");
    out.line(&paint(BOLD, &format!("{count} against {}", text::line(&l.baseline))))?;
    super::findings(findings, &mut out)?;
    out.wrapped(DIM, &crate::ranking::lc_words(l))?;
    if l.judges.len() > 1 {
        let judges: Vec<String> = l.judges.iter().map(|judge| text::line(judge)).collect();
        out.wrapped(
            WARN,
            &format!("Mean of the verdicts of {} judges: {}.", judges.len(), words::listed(&judges)),
        )?;
    }
    out.wrapped(if crate::ranking::comparable(l) { DIM } else { WARN }, crate::ranking::compares(l))?;
    if let Some((mean, sd)) = l.length_prior {
        let [mean, sd] = [mean, sd].map(|x| format::decimal(x, 2));
        let of = if l.difficulties == "published" { "the published models" } else { "the others" };
        out.wrapped(DIM, &format!("phi of each model is drawn towards that of {of}: mean {mean}, sd {sd}."))?;
    }
    out.blank()?;
    let name =
        l.ranking.iter().map(|row| text::columns(&text::line(&row.model))).max().unwrap_or(0).min(NAME);
    let name = name.min(out.width.saturating_sub(PLACES + 49)).max(8);
    let head = format!(
        "{} {}{}{}{}",
        text::right("places", PLACES),
        text::left("", name),
        text::right("win rate", 20),
        text::right("at equal length", 20),
        text::right("phi", 8)
    );
    out.line(&paint(DIM, &text::cut(&head, out.width)))?;
    for row in &l.ranking {
        let line = format!(
            "{} {}{}{}{}",
            text::right(&places(row.rank_low, row.rank_high), PLACES),
            text::left(&text::line(&row.model), name),
            text::right(&crate::ranking::raw_rate(row), 20),
            text::right(&crate::ranking::rate(row.lc_win_rate, row.low, row.high), 20),
            text::right(&format::decimal(row.length_effect, 2), 8),
        );
        out.line(&text::cut(&line, out.width))?;
    }
    out.wrapped(DIM, PLACES_MEAN)?;
    if l.ranking.iter().any(|row| row.lc_win_rate == 50.0 && row.length_effect == 0.0) {
        out.wrapped(WARN, "50.00: too little is known about that model, so the penalty of AlpacaEval's fit leaves no difference at all.")?;
    }
    Ok(())
}

/// That a leaderboard ranks models that never met, and who they are.
pub fn never_met(l: &Leaderboard) -> Option<String> {
    let names: Vec<String> = l
        .never_met
        .iter()
        .map(|group| {
            let names = group.among.iter().map(|name| text::line(name)).collect::<Vec<_>>().join(", ");
            match group.models as usize - group.among.len() {
                0 => names,
                more => format!("{names} and {more} more"),
            }
        })
        .collect();
    (names.len() > 1).then(|| {
        format!(
            "{}: the places of one group among the others mean nothing.",
            groups_that_never_met(names.len(), &names)
        )
    })
}

fn line(row: &Row, name: usize, (low, high): (f64, f64), out: &mut Out) -> io::Result<()> {
    let head = format!(
        "{} {}{}  {}{}",
        text::right(&places(row.rank_low, row.rank_high), PLACES),
        text::left(&text::line(&row.model), name),
        text::right(&format::decimal(row.score, 1), 8),
        text::left(&format!("{} to {}", format::decimal(row.low, 1), format::decimal(row.high, 1)), 18),
        text::right(&format::count(row.votes), 10),
    );
    // What is left of the line shows the interval and the score in it.
    let room = out.width.saturating_sub(text::columns(&head) + 2);
    if room < 12 || high <= low {
        return out.line(&text::cut(&head, out.width));
    }
    let place = |x: f64| (((x - low) / (high - low) * (room - 1) as f64).round() as usize).min(room - 1);
    let mut bar: Vec<char> = vec![' '; room];
    bar[place(row.low)..=place(row.high)].fill('─');
    bar[place(row.score)] = '●';
    out.line(&format!("{head}  {}", bar.into_iter().collect::<String>().trim_end()))
}
