//! Which judge is how good, and how biased? One table, which every view writes with the same rows and columns.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::format;
use crate::interval::Interval;

/// The judges of a comparison: one row for each, and for each jury of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JudgeTable {
    /// The judges by which quality is judged; empty without any.
    pub reference: Vec<String>,
    /// Half of the 95 % interval of a win rate that labels are counted for, in 0..1.
    pub margin: f64,
    /// What the columns mean, in their order.
    pub columns: Vec<JudgeColumn>,
    /// The reference first, then the judge that predicts it best, and last those that are right only when inverted.
    pub rows: Vec<JudgeRow>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JudgeColumn {
    /// Its key among the cells of a row, and its name in files.
    pub id: String,
    /// Its heading.
    pub name: String,
    /// What its figures are.
    pub unit: JudgeUnit,
    /// What exactly is counted.
    pub definition: String,
    /// The value that means no bias, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neutral: Option<f64>,
}

/// What the figures of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JudgeUnit {
    /// A share in 0..1, shown in %.
    Share,
    /// A number of verdicts or labels.
    Count,
    /// A correlation, -1..1.
    Correlation,
    /// A log-loss in nats.
    Nats,
}

/// One judge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JudgeRow {
    /// Who; juries are called `jury: mean`, `jury: majority`, `jury: stacked`.
    pub judge: String,
    /// What it is.
    pub kind: JudgeKind,
    /// Whether its verdicts oppose the reference's: gain and labels are those of its inverted verdicts.
    pub turned: bool,
    /// What is known of it, by the ids of the columns; what is not there is not known.
    pub cells: BTreeMap<String, Figure>,
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JudgeKind {
    /// It is the reference for quality.
    Reference,
    /// A judge.
    Judge,
    /// Several judges together.
    Jury,
}

/// A number, with its 90 % interval where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Figure {
    /// The estimate, or the count.
    pub value: f64,
    /// 5 % quantile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// 95 % quantile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

impl From<Interval> for Figure {
    fn from(Interval { value, low, high }: Interval) -> Self {
        Self { value, low: Some(low), high: Some(high) }
    }
}

impl From<f64> for Figure {
    fn from(value: f64) -> Self {
        Self { value, low: None, high: None }
    }
}

/// The accuracy on all pairs.
const ACCURACY: &str = "accuracy";
/// What the ids of the accuracies in parts of the data begin with.
const IN: &str = "accuracy_in:";
/// Columns of biases, for which one half means no bias.
const BIASES: [&str; 3] = ["first", "longer_at_equal_quality", "list_at_equal_quality"];

/// What the mark of a bias means.
pub const BIASED: &str = "* a bias: the interval excludes 50 %";

/// Every column but the accuracies in parts of the data: id, heading, unit, definition.
const COLUMNS: [(&str, &str, JudgeUnit, &str); 16] = [
    (
        ACCURACY,
        "accuracy",
        JudgeUnit::Share,
        "how often its verdict is on the side of the majority of the reference; two ties agree, a tie on one side only counts half",
    ),
    (
        "labels_needed",
        "labels needed",
        JudgeUnit::Count,
        "reference labels for a win rate within the margin, combined with its verdicts on very many further pairs (prediction-powered; the labelled pairs must be a random sample of all)",
    ),
    ("labels_there", "there", JudgeUnit::Count, "pairs that the reference and it have both judged"),
    ("labels_missing", "missing", JudgeUnit::Count, "labels needed minus those that are there, at least 0"),
    (
        "labels_alone",
        "without it",
        JudgeUnit::Count,
        "labels for the same margin without any judge, given how much the reference's verdicts vary on these pairs",
    ),
    (
        "correlation",
        "corr",
        JudgeUnit::Correlation,
        "correlation of its mean verdict with the reference's: below 0 the judge goes against the reference",
    ),
    (
        "same",
        "same",
        JudgeUnit::Share,
        "share of the pairs on which its mean verdict and the reference's are both A, both a tie or both B: a third by chance",
    ),
    ("ties", "ties", JudgeUnit::Share, "share of its verdicts that are exactly one half"),
    (
        "first",
        "first",
        JudgeUnit::Share,
        "share of its answers for the response shown first, a tie counting half: 50 % means no position bias",
    ),
    (
        "flips",
        "flips",
        JudgeUnit::Share,
        "share of the pairs answered in both orders whose two answers favour different responses",
    ),
    (
        "longer",
        "longer",
        JudgeUnit::Share,
        "share of its verdicts, ties left out, for the response with more words",
    ),
    (
        "longer_at_equal_quality",
        "longer, equal quality",
        JudgeUnit::Share,
        "how often it would prefer the longer of two responses that the reference finds equally good: 50 % means no bias",
    ),
    (
        "list",
        "list",
        JudgeUnit::Share,
        "share of its verdicts, ties left out, for the response with a list where only one has any",
    ),
    (
        "list_at_equal_quality",
        "list, equal quality",
        JudgeUnit::Share,
        "how often it would prefer the one response with a list where the reference finds both equally good: 50 % means no bias",
    ),
    (
        "gain",
        "gain",
        JudgeUnit::Nats,
        "how much better its calibrated verdict predicts the reference's than the mean of those does, in nats of log-loss, held out by prompt",
    ),
    ("verdicts", "verdicts", JudgeUnit::Count, "its verdicts"),
];

/// The id of the column with the accuracy in one part of the data.
pub fn accuracy_in(part: &str) -> String {
    format!("{IN}{part}")
}

impl JudgeColumn {
    /// All columns, with an accuracy for each of these parts of the data: its name, and the most pairs that a judge has in it.
    pub fn all(parts: &[(&str, u64)]) -> Vec<Self> {
        let part = |(name, pairs): &(&str, u64)| Self {
            id: accuracy_in(name),
            name: format!("in {name}"),
            unit: JudgeUnit::Share,
            definition: format!("accuracy on the {} of `{name}`", format::counted(*pairs, "pair", "pairs")),
            neutral: None,
        };
        let mut all = Vec::new();
        for (id, name, unit, definition) in COLUMNS {
            let neutral = BIASES.contains(&id).then_some(0.5);
            let [id, name, definition] = [id, name, definition].map(str::to_owned);
            let is_last_of_answer = id == "correlation";
            all.push(Self { id, name, unit, definition, neutral });
            // The answer first: how right, and at what cost in labels; then where.
            if is_last_of_answer {
                all.extend(parts.iter().map(part));
            }
        }
        all
    }
}

impl JudgeKind {
    /// As files name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Judge => "judge",
            Self::Jury => "jury",
        }
    }
}

impl JudgeUnit {
    /// Whether figures of this unit come with intervals.
    pub fn has_interval(self) -> bool {
        matches!(self, Self::Share | Self::Nats)
    }

    /// A figure of this unit in full: `84 % [81, 87]`, `519`, `0.72`.
    pub fn write(self, figure: &Figure) -> String {
        let percent = |x: f64| format::whole(100.0 * x);
        let (value, ends): (String, fn(f64) -> String) = match self {
            Self::Share => (format!("{}\u{a0}%", percent(figure.value)), |x| format::whole(100.0 * x)),
            Self::Count => (format::whole(figure.value), format::whole),
            Self::Correlation => (format::decimal(figure.value, 2), |x| format::decimal(x, 2)),
            Self::Nats => (format::decimal(figure.value, 3), |x| format::decimal(x, 3)),
        };
        match (figure.low, figure.high) {
            (Some(low), Some(high)) => format!("{value} [{}, {}]", ends(low), ends(high)),
            _ => value,
        }
    }
}

/// One of the numbers of a column, as files have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The estimate, or the count.
    Value,
    /// 5 % quantile.
    Low,
    /// 95 % quantile.
    High,
}

impl JudgeTable {
    /// The columns of files: name, column and which of its numbers. An interval has two further columns, `_low` and `_high`; a part of the
    /// data that comes last in an id stays last: `accuracy_low_in:Natural`.
    pub fn fields(&self) -> Vec<(String, &JudgeColumn, End)> {
        let mut fields = Vec::new();
        for column in &self.columns {
            fields.push((column.id.clone(), column, End::Value));
            if column.unit.has_interval() {
                for (ending, end) in [("_low", End::Low), ("_high", End::High)] {
                    let name = match column.id.strip_prefix(IN) {
                        Some(part) => format!("{ACCURACY}{ending}_in:{part}"),
                        None => format!("{}{ending}", column.id),
                    };
                    fields.push((name, column, end));
                }
            }
        }
        fields
    }

    /// The columns of which something is known: what a view for people shows. Files have all of them.
    pub fn known(&self) -> Vec<&JudgeColumn> {
        let known = |column: &&JudgeColumn| self.rows.iter().any(|row| row.cells.contains_key(&column.id));
        self.columns.iter().filter(known).collect()
    }
}

impl JudgeRow {
    /// One number of a column, where it is known.
    pub fn number(&self, column: &JudgeColumn, end: End) -> Option<f64> {
        let figure = self.figure(&column.id)?;
        match end {
            End::Value => Some(figure.value),
            End::Low => figure.low,
            End::High => figure.high,
        }
    }

    /// What is known of it in that column.
    pub fn figure(&self, id: &str) -> Option<Figure> {
        self.cells.get(id).copied()
    }

    /// Whether the interval of that column excludes the value that means no bias.
    pub fn biased(&self, column: &JudgeColumn) -> bool {
        let Some(Figure { low: Some(low), high: Some(high), .. }) = self.figure(&column.id) else {
            return false;
        };
        column.neutral.is_some_and(|neutral| low > neutral || high < neutral)
    }

    /// A cell as views for people write it, with a mark on a bias.
    pub fn written(&self, column: &JudgeColumn) -> String {
        let Some(figure) = self.figure(&column.id) else { return format::MISSING.to_owned() };
        let mark = if self.biased(column) { " *" } else { "" };
        column.unit.write(&figure) + mark
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_with_their_intervals() {
        let share = Figure { value: 0.845, low: Some(0.813), high: Some(0.872) };
        assert_eq!(JudgeUnit::Share.write(&share), "85\u{a0}% [81, 87]");
        assert_eq!(JudgeUnit::Count.write(&Figure::from(1519.0)), "1,519");
        assert_eq!(JudgeUnit::Correlation.write(&Figure::from(-0.251)), "-0.25");
    }

    #[test]
    fn parts_stand_behind_the_answer_and_what_nobody_knows_is_not_shown() {
        let columns = JudgeColumn::all(&[("Natural", 100), ("GPTOut", 47)]);
        let ids: Vec<&str> = columns.iter().skip(5).take(4).map(|column| column.id.as_str()).collect();
        assert_eq!(ids, ["correlation", "accuracy_in:Natural", "accuracy_in:GPTOut", "same"]);
        let mut all: Vec<&str> = columns.iter().map(|column| column.id.as_str()).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), columns.len(), "an id is there twice");
        let fields = JudgeTable { columns: columns.clone(), ..JudgeTable::default() };
        let fields: Vec<String> = fields.fields().into_iter().map(|(name, ..)| name).collect();
        assert_eq!(fields[..4], ["accuracy", "accuracy_low", "accuracy_high", "labels_needed"]);
        assert!(fields.contains(&"accuracy_high_in:GPTOut".to_owned()));
        assert!(!fields.contains(&"correlation_low".to_owned()));
        let cells = BTreeMap::from([("ties".to_owned(), Figure::from(0.1))]);
        let row = JudgeRow { judge: "a".to_owned(), kind: JudgeKind::Judge, turned: false, cells };
        let table = JudgeTable { columns, rows: vec![row], ..JudgeTable::default() };
        assert_eq!(table.known().iter().map(|column| column.id.as_str()).collect::<Vec<_>>(), ["ties"]);
        assert_eq!(table.rows[0].written(&table.columns[0]), format::MISSING);
    }
}
