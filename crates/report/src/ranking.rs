//! What controls do to a leaderboard, in words.

use predilect_analysis::ranking::{Change, Leaderboard, Row};

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
    let held: Vec<String> = l
        .controls
        .iter()
        .map(|control| {
            let label = predilect_types::property(&control.name).map_or(control.name.as_str(), |p| p.label);
            text::line(label).to_lowercase()
        })
        .collect();
    format!(
        "Controlling for {} surely changes {} of {} (false discovery rate {}): {}.",
        words::listed(&held),
        format::count(sure.len() as u64),
        words::counted(all, "score", "scores"),
        format::share(FALSE_DISCOVERIES),
        named.join("; "),
    )
}
