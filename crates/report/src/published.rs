//! What is said of published judges, in every view: sentences in parts, the order of the properties, and what is not known of them.

use std::str::FromStr;

use predilect_results::{PublishedRewards, PublishedRow};

use crate::format;
use crate::steering::signed;
use crate::text;
use crate::words::label;

/// Properties named in a sentence.
const NAMED: usize = 3;

/// In which order the properties of published judges stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PublishedOrder {
    /// Where the first two judges differ most; with one judge, from the most rewarded to the most penalised.
    #[default]
    Difference,
    /// From the most rewarded to the most penalised by the first judge.
    Rewarded,
    /// As in the catalogue.
    Catalogue,
}

impl PublishedOrder {
    /// All, with their names in links and on the page.
    pub const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Difference, "difference", "largest difference first"),
        (Self::Rewarded, "signed", "rewarded to penalised"),
        (Self::Catalogue, "catalogue", "catalogue"),
    ];

    /// The name in a link.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(order, ..)| *order == self).map_or("", |(_, name, _)| name)
    }
}

impl FromStr for PublishedOrder {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().find(|(_, name, _)| *name == text).map(|(order, ..)| *order).ok_or(())
    }
}

/// A scenario or case in words.
pub fn scenario_words(scenario: Option<&str>) -> String {
    match scenario {
        None => "all scenarios".to_owned(),
        Some("express_feeling") => "prompts that express feelings".to_owned(),
        Some("intent_unclear") => "prompts whose intent is unclear".to_owned(),
        Some("w_constraints") => "prompts with explicit constraints".to_owned(),
        Some("w_mistakes") => "prompts with mistakes or biases".to_owned(),
        Some("w_stances") => "prompts with subjective stances".to_owned(),
        Some(scenario) => text::line(scenario),
    }
}

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Words.
    Plain(String),
    /// The name of a judge.
    Judge(String),
    /// The name of a judge or property that a sentence is about.
    Strong(String),
    /// What is to be seen first.
    Figure(String),
    /// What explains a figure.
    Small(String),
}

use Part::{Figure, Judge, Plain, Small, Strong};

impl Part {
    fn plain(words: &str) -> Self {
        Plain(words.to_owned())
    }
}

/// A sentence without emphasis.
pub(crate) fn plain(sentence: &[Part]) -> String {
    let word = |part: &Part| match part {
        Plain(words) | Figure(words) | Small(words) => words.clone(),
        Judge(name) | Strong(name) => text::line(name),
    };
    sentence.iter().map(word).collect()
}

/// The title.
pub(crate) fn title(found: &PublishedRewards) -> String {
    let place = match &found.scenario {
        None => "on average over all scenarios".to_owned(),
        scenario => format!("in {}", scenario_words(scenario.as_deref())),
    };
    format!("What published judges reward, {place}")
}

/// What was found, in sentences. `property`: the one that is asked about.
pub(crate) fn sentences(found: &PublishedRewards, property: Option<&str>) -> Vec<Vec<Part>> {
    let row = property.and_then(|id| found.rows.iter().find(|row| row.property == id));
    let mut said: Vec<Vec<Part>> = row.map(|row| asked(found, row)).into_iter().collect();
    if found.judges.len() > 1 {
        said.push(differences(found));
    }
    said.extend((0..found.judges.len()).map(|at| rewarded(found, at)));
    said
}

/// What these figures do not say.
pub(crate) fn unknown(found: &PublishedRewards) -> String {
    let said = "Only means were published, no intervals: these figures do not say how sure they are, and a difference of a few points may be chance.";
    if found.judges.len() < 2 {
        return said.to_owned();
    }
    let scenarios = found.scenarios;
    format!(
        "{said} What speaks against chance is a difference with the same sign in most of the {scenarios} scenarios."
    )
}

/// How figures are to be read.
pub(crate) fn method(found: &PublishedRewards) -> String {
    let mut said = format!(
        "How often, in %, a response with more of the property wins, all else equal, by the weights that Li et al. (2024) fitted to the verdicts of each judge on the \
         same {} pairs; GPT-4 rated the properties. Lists have no weight of their own: with headings and bold they are part of Well formatted.",
        format::count(found.pairs)
    );
    if found.judges.len() > 1 {
        said += " The difference is that of the first judge from the second one, in percentage points, with the number of scenarios in which it has the same sign.";
    }
    if found.judges.len() > 2 {
        said += " The other judges are shown without a difference.";
    }
    said
}

/// The rows in that order.
pub(crate) fn ordered(found: &PublishedRewards, order: PublishedOrder) -> Vec<&PublishedRow> {
    let mut rows: Vec<&PublishedRow> = found.rows.iter().collect();
    let first = |row: &PublishedRow| row.cells.first().map_or(0.0, |cell| cell.intensity);
    let apart = |row: &PublishedRow| row.difference.map_or(0.0, |by| by.points.abs());
    match order {
        PublishedOrder::Difference if found.judges.len() > 1 => {
            rows.sort_by(|a, b| apart(b).total_cmp(&apart(a)));
        }
        PublishedOrder::Difference | PublishedOrder::Rewarded => {
            rows.sort_by(|a, b| first(b).total_cmp(&first(a)));
        }
        PublishedOrder::Catalogue => {}
    }
    rows
}

fn percent(intensity: f64) -> String {
    format!("{}\u{a0}%", format::intensity(intensity))
}

fn within(found: &PublishedRewards) -> String {
    match &found.scenario {
        None => format!("on average over {} scenarios", found.scenarios),
        scenario => format!("in {}", scenario_words(scenario.as_deref())),
    }
}

/// The property that is asked about.
fn asked(found: &PublishedRewards, row: &PublishedRow) -> Vec<Part> {
    let within = within(found);
    let of = |at: usize| row.cells.get(at).map_or_else(String::new, |cell| percent(cell.intensity));
    let mut said = vec![Strong(label(&row.property)), Part::plain(": "), Judge(found.judges[0].clone())];
    let penalised = row.cells.iter().take(2).all(|cell| cell.intensity < 50.0);
    let Some(by) = row.difference else {
        said.extend([Part::plain(" "), Figure(of(0)), Plain(format!(" {within}."))]);
        return said;
    };
    if format::decimal(by.points, 1) == "0.0" {
        said.extend([Part::plain(" and "), Judge(found.judges[1].clone()), Part::plain(" treat it ")]);
        said.extend([Figure("alike".to_owned()), Plain(format!(" {within}, ")), Figure(of(0))]);
        said.extend([Part::plain(" and "), Figure(of(1)), Part::plain(".")]);
        return said;
    }
    let (verb, how) = match (penalised, by.points > 0.0) {
        (false, true) => ("rewards", "more than"),
        (false, false) => ("rewards", "less than"),
        (true, true) => ("penalises", "less than"),
        (true, false) => ("penalises", "more than"),
    };
    let (points, alike, of_all) = (signed(by.points, 1), by.alike, found.scenarios);
    said.extend([
        Plain(format!(" {verb} it ")),
        Figure(how.to_owned()),
        Part::plain(" "),
        Judge(found.judges[1].clone()),
        Plain(format!(" {within}, ")),
        Figure(of(0)),
        Part::plain(" against "),
        Figure(of(1)),
        Part::plain(" "),
        Small(format!(
            "({points} points; the difference has this sign in {alike} of the {of_all} scenarios)"
        )),
        Part::plain("."),
    ]);
    said
}

/// Where the first two judges differ most.
fn differences(found: &PublishedRewards) -> Vec<Part> {
    let mut said = vec![
        Judge(found.judges[0].clone()),
        Part::plain(" and "),
        Judge(found.judges[1].clone()),
        Plain(format!(" differ most {} in ", within(found))),
    ];
    for (at, row) in ordered(found, PublishedOrder::Difference).iter().take(NAMED).enumerate() {
        if at > 0 {
            said.push(Part::plain(if at + 1 == NAMED { " and " } else { ", " }));
        }
        said.push(Strong(label(&row.property)));
        if let [first, second, ..] = row.cells.as_slice() {
            said.push(Plain(format!(
                " ({} against {})",
                percent(first.intensity),
                percent(second.intensity)
            )));
        }
    }
    said.push(Part::plain("."));
    said
}

/// What a judge rewards most and least.
fn rewarded(found: &PublishedRewards, at: usize) -> Vec<Part> {
    let mut rows: Vec<(&str, f64)> = found
        .rows
        .iter()
        .filter_map(|row| Some((row.property.as_str(), row.cells.get(at)?.intensity)))
        .collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut said = vec![Strong(found.judges[at].clone()), Part::plain(" rewards most: ")];
    for (at, (id, intensity)) in rows.iter().take(NAMED).enumerate() {
        let comma = if at > 0 { ", " } else { "" };
        said.extend([Plain(format!("{comma}{} ", label(id))), Figure(percent(*intensity))]);
    }
    if let Some((id, intensity)) = rows.last() {
        said.extend([Plain(format!("; least: {} ", label(id))), Figure(percent(*intensity))]);
    }
    said.push(Part::plain("."));
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_named_in_words() {
        assert_eq!(scenario_words(Some("w_mistakes")), "prompts with mistakes or biases");
        assert_eq!(scenario_words(Some("Code")), "Code");
    }
}
