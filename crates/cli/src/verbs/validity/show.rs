//! How figures of validity are shown in a terminal; the page is the report's.

use std::io::Write;

use predilect_report::format;
use predilect_report::validity::{self as report, Rater, Row};
use predilect_report::wrapped;
use predilect_results::asked::{RaterValidity, Reversed, Validity};
use predilect_workbench::validity::{EVERY, HELD_BACK, held_back};

use crate::asked::{print_failures, print_unread};
use crate::output::width;
use crate::problem::Problem;

/// One table for each annotator; with `kinds`, a row for each kind of pairs as well.
pub(super) fn table(found: &[RaterValidity], kinds: bool, out: &mut dyn Write) -> Result<(), Problem> {
    let mut heading = vec![
        "Pairs whose order is known. AUC: the share rated in that order (equal or unrated pairs count half), with its 95 % interval.",
    ];
    if found.iter().any(any_held_back) {
        heading.push(
            "Held back: the same for a third of the pairs, which nobody who worked on the ratings has seen.",
        );
    }
    for line in heading.iter().flat_map(|sentence| wrapped(sentence, width().min(100))) {
        writeln!(out, "{line}")?;
    }
    for own in found {
        writeln!(out)?;
        one(own, kinds, out)?;
    }
    Ok(())
}

/// Whether some of the pairs were held back: the user's own never are.
fn any_held_back(own: &RaterValidity) -> bool {
    own.rows.iter().any(|row| held_back(row, own).is_some())
}

fn one(own: &RaterValidity, kinds: bool, out: &mut dyn Write) -> Result<(), Problem> {
    let how = if own.how == own.annotator { String::new() } else { format!(" ({})", own.how) };
    writeln!(out, "{}{how}", own.annotator)?;
    let shown: Vec<&Validity> =
        own.rows.iter().filter(|row| row.kind == EVERY || (kinds && row.kind != HELD_BACK)).collect();
    let label =
        |row: &Validity| if row.kind == EVERY { row.property.clone() } else { format!("  {}", row.kind) };
    let wide = shown.iter().map(|row| label(row).chars().count()).max().unwrap_or(0).max("property".len());
    let sets = shown.iter().map(|row| row.set.chars().count()).max().unwrap_or(0).max("set".len());
    let order = shown.iter().any(|row| row.order_effect.is_some());
    let some_held = any_held_back(own);
    let head = format!(
        "{:wide$}  {:sets$}  {:>5}  {:>5}  {:>5}  {:>5}  {:>9}  {:<14}{}{}",
        "property",
        "set",
        "pairs",
        "right",
        "wrong",
        "equal",
        "not rated",
        "AUC",
        if some_held { "  held back" } else { "" },
        if order { "  shown first" } else { "" }
    );
    writeln!(out, "{}", head.trim_end())?;
    for row in shown {
        let held = held_back(row, own).map_or_else(String::new, |held| format::auc(held.auc));
        let held = if some_held { format!("  {held:>9}") } else { String::new() };
        let first = match row.order_effect {
            Some(effect) if order => format!("  {effect:>+11.2}"),
            _ if order => " ".repeat(13),
            _ => String::new(),
        };
        let weak = if row.kind == EVERY && row.is_weak() { "  hardly a rating of its property" } else { "" };
        let line = format!(
            "{:wide$}  {:sets$}  {:>5}  {:>5}  {:>5}  {:>5}  {:>9}  {:<14}{held}{first}{weak}",
            label(row),
            row.set,
            row.pairs,
            row.right,
            row.wrong,
            row.equal,
            row.not_rated,
            format!("{} [{}, {}]", format::auc(row.auc), format::auc(row.low), format::auc(row.high)),
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    if !own.not_rated.is_empty() {
        let models = if own.cost.is_none() { " (language models rate these: --annotator MODEL)" } else { "" };
        writeln!(out, "not rated: {}{models}", own.not_rated.join(", "))?;
    }
    if let Some(cost) = &own.cost {
        writeln!(out, "calls: {}; {:.0} s", cost.spent, cost.seconds)?;
        print_failures(&cost.failures, out)?;
        print_unread(&cost.unread, out)?;
    }
    for remark in &own.remarks {
        writeln!(out, "remark: {remark}")?;
    }
    Ok(())
}

/// The page: every figure, and the pairs that were rated the wrong way round.
pub(super) fn page(found: &[RaterValidity]) -> String {
    let reversed = |pair: &Reversed| report::Reversed {
        property: pair.property.clone(),
        kind: pair.kind.clone(),
        request: pair.request.clone(),
        higher: pair.higher.clone(),
        lower: pair.lower.clone(),
        reason: pair.reason.clone(),
    };
    let raters: Vec<Rater> = found
        .iter()
        .map(|own| Rater {
            name: own.annotator.clone(),
            how: own.how.clone(),
            rows: own.rows.iter().filter(|row| row.kind != HELD_BACK).map(|row| figure(row, own)).collect(),
            reversed: own.reversed.iter().map(reversed).collect(),
            cost: own.cost.as_ref().map(|cost| cost.spent.bill()),
        })
        .collect();
    predilect_report::html_validity(&raters)
}

fn figure(row: &Validity, own: &RaterValidity) -> Row {
    Row {
        property: row.property.clone(),
        set: row.set.clone(),
        kind: Some(row.kind.clone()).filter(|kind| kind != EVERY),
        counts: [row.pairs, row.right, row.wrong, row.equal, row.not_rated],
        auc: [row.auc, row.low, row.high],
        held_back: held_back(row, own).map(|held| held.auc),
        order_effect: row.order_effect,
        weak: row.is_weak(),
    }
}
