//! What is known of the validity of an annotator's ratings: measured for those that come with Predilect, or by the user.

use predilect_results::asked::Validity;
use serde::{Deserialize, Serialize};

use crate::ordered::{BY_RULE, EVERY, HELD_BACK, WRITTEN};

/// Measured before; `benchmarks/validity.py` writes it.
const MEASURED: &str = include_str!("../figures.json");

/// Who measured a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It comes with Predilect.
    Shipped,
    /// The user did.
    Own,
}

/// What one annotator, asked in one way, says of pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its name.
    pub annotator: String,
    /// How it was asked, in words: `text`, or a method and what is shown.
    pub how: String,
    /// Rows over all pairs of a property and a set, and over those held back.
    pub rows: Vec<Validity>,
}

/// All figures that are known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures {
    runs: Vec<(Origin, Run)>,
}

impl Figures {
    /// Those that come with Predilect.
    pub fn shipped() -> Self {
        let runs: Vec<Run> = serde_json::from_str(MEASURED).unwrap_or_default();
        Self { runs: runs.into_iter().map(|run| (Origin::Shipped, run)).collect() }
    }

    /// Adds the user's own, which take precedence over those that come with Predilect: a text that [`Self::own`] has written.
    ///
    /// # Errors
    ///
    /// Where the text is another.
    pub fn with(mut self, text: &str) -> Result<Self, serde_json::Error> {
        let runs: Vec<Run> = serde_json::from_str(text)?;
        self.runs.splice(0..0, runs.into_iter().map(|run| (Origin::Own, run)));
        Ok(self)
    }

    /// Notes a run of the user; what it says of a property and set replaces what an earlier run of the same annotator, asked in the
    /// same way, said, unless that had more pairs.
    pub fn note(&mut self, annotator: &str, how: &str, rows: &[Validity]) {
        let subject = |row: &Validity| (row.property.clone(), row.set.clone());
        let larger: Vec<_> = self
            .runs
            .iter()
            .filter(|(origin, run)| *origin == Origin::Own && run.annotator == annotator && run.how == how)
            .flat_map(|(_, run)| &run.rows)
            .filter(|old| {
                let fewer = |new: &Validity| {
                    new.kind == EVERY && subject(new) == subject(old) && new.pairs < old.pairs
                };
                old.kind == EVERY && rows.iter().any(fewer)
            })
            .map(subject)
            .collect();
        let rows: Vec<Validity> = rows
            .iter()
            .filter(|row| (row.kind == EVERY || row.kind == HELD_BACK) && !larger.contains(&subject(row)))
            .cloned()
            .collect();
        let same = |(origin, run): &&mut (Origin, Run)| {
            *origin == Origin::Own && run.annotator == annotator && run.how == how
        };
        match self.runs.iter_mut().find(same) {
            Some((_, run)) => {
                run.rows.retain(|old| {
                    !rows.iter().any(|new| (&new.property, &new.set) == (&old.property, &old.set))
                });
                run.rows.extend(rows);
            }
            None if rows.is_empty() => {}
            None => {
                let run = Run { annotator: annotator.to_owned(), how: how.to_owned(), rows };
                self.runs.insert(0, (Origin::Own, run));
            }
        }
    }

    /// The user's own, as a text that [`Self::with`] reads.
    pub fn own(&self) -> String {
        let own: Vec<&Run> =
            self.runs.iter().filter(|(origin, _)| *origin == Origin::Own).map(|(_, run)| run).collect();
        serde_json::to_string_pretty(&own).unwrap_or_else(|_| "[]".to_owned())
    }

    /// Whether anything is known of an annotator that is asked in this way.
    pub fn knows(&self, annotator: &str, how: &str) -> bool {
        self.of_annotator(annotator, how).next().is_some()
    }

    /// Forgets what the user measured of an annotator.
    pub fn forget(&mut self, annotator: &str) {
        self.runs.retain(|(origin, run)| *origin != Origin::Own || run.annotator != annotator);
    }

    /// Whether anything is known of an annotator, however it is asked.
    pub fn knows_any(&self, annotator: &str) -> bool {
        self.ways(annotator).next().is_some()
    }

    /// Everything known of an annotator that is asked in this way.
    pub fn rows(&self, annotator: &str, how: &str) -> Vec<Validity> {
        let mut rows: Vec<Validity> = Vec::new();
        for (_, run) in self.of_annotator(annotator, how) {
            for row in &run.rows {
                let known = |old: &Validity| {
                    (&old.property, &old.set, &old.kind) == (&row.property, &row.set, &row.kind)
                };
                // What the user measured takes precedence.
                if !rows.iter().any(known) {
                    rows.push(row.clone());
                }
            }
        }
        rows
    }

    /// The ways in which an annotator was asked.
    pub fn ways(&self, annotator: &str) -> impl Iterator<Item = &str> {
        self.runs.iter().filter(move |(_, run)| run.annotator == annotator).map(|(_, run)| run.how.as_str())
    }

    /// The rows over all pairs of each set for one property, our own set first.
    pub fn of(&self, annotator: &str, how: &str, property: &str) -> Vec<Validity> {
        let mut rows = self.rows(annotator, how);
        rows.retain(|row| row.property == property && row.kind == EVERY);
        rows.sort_by_key(|row| row.set != WRITTEN);
        rows
    }

    /// What is known of one property, in a sentence; `None` if nothing is.
    pub fn sentence(&self, annotator: &str, how: &str, property: &str) -> Option<String> {
        let rows = self.of(annotator, how, property);
        if rows.is_empty() {
            return None;
        }
        let said: Vec<String> = rows.iter().map(words).collect();
        Some(said.join(" "))
    }

    fn of_annotator(&self, annotator: &str, how: &str) -> impl Iterator<Item = &(Origin, Run)> {
        self.runs.iter().filter(move |(_, run)| run.annotator == annotator && run.how == how)
    }
}

fn words(row: &Validity) -> String {
    let of = match row.set.as_str() {
        WRITTEN => format!("{} pairs written for Predilect", row.pairs),
        BY_RULE => format!("{} pairs made by rule", row.pairs),
        set => format!("{} pairs of {set}", row.pairs),
    };
    let mut counts = vec![format!("{} rated in their order", row.right), format!("{} reversed", row.wrong)];
    for (n, what) in [(row.equal, "equal"), (row.not_rated, "not rated")] {
        if n > 0 {
            counts.push(format!("{n} {what}"));
        }
    }
    let weak = if row.is_weak() { ": hardly a rating of this property" } else { "" };
    format!("{of}: {}; AUC {} [{}, {}]{weak}.", counts.join(", "), two(row.auc), two(row.low), two(row.high))
}

/// Two digits without the 0 before the point.
fn two(x: f64) -> String {
    let text = format!("{x:.2}");
    text.strip_prefix('0').map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(property: &str, set: &str, kind: &str, auc: f64) -> Validity {
        Validity {
            annotator: "m".to_owned(),
            property: property.to_owned(),
            set: set.to_owned(),
            kind: kind.to_owned(),
            pairs: 10,
            right: 5,
            wrong: 3,
            equal: 2,
            not_rated: 0,
            auc,
            low: 0.3,
            high: 1.0,
            order_effect: None,
            order_se: None,
        }
    }

    #[test]
    fn what_the_user_measured_is_kept_and_goes_first() {
        let mut figures = Figures::default();
        figures.note(
            "m",
            "scored",
            &[row("polite", WRITTEN, EVERY, 0.5), row("polite", WRITTEN, "small", 0.5)],
        );
        figures.note("m", "scored", &[row("polite", WRITTEN, EVERY, 0.9), row("polite", "mine", EVERY, 0.4)]);
        figures.note("m", "generated", &[row("polite", WRITTEN, EVERY, 0.1)]);
        // A run with fewer pairs does not replace one with more.
        figures.note("m", "scored", &[Validity { pairs: 2, ..row("polite", WRITTEN, EVERY, 0.2) }]);
        let again = Figures::default().with(&figures.own()).unwrap();
        assert_eq!(again, figures);
        assert_eq!(again.of("m", "scored", "polite").len(), 2);
        assert_eq!(
            again.sentence("m", "scored", "polite").unwrap(),
            "10 pairs written for Predilect: 5 rated in their order, 3 reversed, 2 equal; AUC .90 [.30, 1.00]. 10 pairs of mine: \
             5 rated in their order, 3 reversed, 2 equal; AUC .40 [.30, 1.00]: hardly a rating of this property."
        );
        assert_eq!(again.sentence("m", "scored", "funny"), None);
        assert!(again.knows("m", "generated") && !again.knows("n", "scored"));
        assert!(Figures::default().with("{}").is_err());
    }

    #[test]
    fn the_figures_that_come_with_predilect_can_be_read() {
        let runs: Vec<Run> = serde_json::from_str(MEASURED).unwrap();
        for run in &runs {
            assert!(
                run.rows.iter().all(|row| predilect_types::property(&row.property).is_some()),
                "{}",
                run.annotator
            );
        }
    }
}
