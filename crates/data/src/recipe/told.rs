//! What a plan says of itself: how verdicts are found, who judges, and where the values seen contradict it.

use super::calls::{Code, Reading};
use super::declared::{Shape, Sorted};
use super::path::{Column, Path};
use super::plan::Plan;
use super::rule::{From, Rule};
use crate::advice::MAP;

fn names<'a>(columns: impl IntoIterator<Item = &'a Column>) -> String {
    columns.into_iter().map(Column::shown).collect::<Vec<_>>().join(", ")
}

fn larger_or_smaller(lower: bool) -> &'static str {
    if lower { "the smaller one wins" } else { "the larger one wins" }
}

impl Plan {
    /// Who judges, and why it is called that.
    pub(crate) fn judge_in_words(&self) -> String {
        let by = |columns: &[Column]| {
            columns.iter().map(|column| format!("`{}`", column.shown())).collect::<Vec<_>>().join(" or ")
        };
        let mut said = Vec::new();
        let there = |column: &&Column| self.columns.iter().any(|name| *name == column.name.as_ref());
        let fields: Vec<&Column> = self
            .judge
            .iter()
            .filter(there)
            .chain(self.rules.iter().flat_map(|rule| {
                rule.judge
                    .iter()
                    .filter(|column| !column.name.is_empty() && (rule.each.is_some() || there(column)))
            }))
            .collect();
        let after: Vec<&str> =
            self.rules.iter().filter_map(|rule| rule.declared.judge_name.as_deref()).collect();
        if !self.given && fields.is_empty() && !after.is_empty() && after.len() == self.rules.len() {
            said.push(format!("named after the columns of verdicts: {}", after.join(", ")));
        } else if fields.is_empty() || self.given {
            said.push(format!("{} ({})", self.judge_name, self.why_judge));
        } else {
            said.push(format!("named by {}", by(&fields.into_iter().cloned().collect::<Vec<_>>())));
        }
        let people: Vec<Column> = self
            .annotator
            .iter()
            .filter(there)
            .chain(self.rules.iter().flat_map(|rule| &rule.annotator))
            .cloned()
            .collect();
        if !people.is_empty() {
            said.push(format!("annotators named by {}", by(&people)));
        }
        said.join("; ")
    }

    /// How to say what the values of a doubtful field mean.
    pub(crate) fn doubt_remedy(field: &str) -> String {
        let name = super::shell(field);
        format!(
            "say which: {MAP} winner={name}:1=A,2=B or {MAP} winner={name}:0=A,1=B or {MAP} winner={name}:1=A,2=B,0=tie"
        )
    }

    /// The fields whose values name the winner, in the order of [`crate::call::Noted`].
    pub(crate) fn fields(&self) -> Vec<String> {
        self.rules
            .iter()
            .map(|rule| match &rule.from {
                From::Field(_, calls) => calls.field.clone(),
                From::Choice => "the choice".to_owned(),
                From::Scores { a, b, lower } => {
                    let b = b.as_ref().map_or_else(|| format!("{}[1]", a.shown()), Column::shown);
                    format!("{} {} {b}", a.shown(), if *lower { "<" } else { ">" })
                }
                From::Share(columns) => columns.iter().map(Column::shown).collect::<Vec<_>>().join(" : "),
                From::OneHot(columns) => columns.iter().map(Column::shown).collect::<Vec<_>>().join(", "),
            })
            .collect()
    }

    /// Fields that indicate the winner without naming one, each with how.
    pub(crate) fn in_words(&self) -> Vec<(String, String)> {
        let mut said: Vec<(String, String)> =
            self.rules.iter().filter_map(|rule| self.rule_in_words(rule)).collect();
        said.extend(self.candidates_in_words());
        said
    }

    /// Whether the file has a column.
    fn has(&self, column: &Column) -> bool {
        self.columns.iter().any(|name| *name == column.name.as_ref())
    }

    fn rule_in_words(&self, rule: &Rule) -> Option<(String, String)> {
        let (field, how) = match &rule.from {
            From::Choice => {
                let there =
                    |columns: &[Column]| columns.iter().find(|column| self.has(column)).map(Column::shown);
                let (a, b) = match self.recipe.shape {
                    Shape::Votes => (&self.model_a, &self.model_b),
                    _ => (&self.a, &self.b),
                };
                return Some((there(a)?, format!("preferred to {}", there(b)?)));
            }
            From::Scores { a, b, lower } if rule.each.is_some() || self.has(a) => {
                (names(std::iter::once(a).chain(b)), larger_or_smaller(*lower))
            }
            From::Share(columns) => (names(columns), "the share of the votes is the probability of each"),
            From::OneHot(columns) => (names(columns), "the one that is set wins"),
            From::Field(column, _) if self.recipe.shape == Shape::Unpaired => {
                (column.shown(), "a good response is paired with a bad one to the same prompt")
            }
            From::Field(column, _) if self.recipe.shape == Shape::Scored => {
                let how = match (!rule.declared.a.is_empty(), rule.declared.loses) {
                    (true, _) => "the marked response wins against the others to the same prompt",
                    (false, true) => "of two responses to one prompt the one with the smaller number wins",
                    (false, false) => "of two responses to one prompt the one with the larger number wins",
                };
                (column.shown(), how)
            }
            From::Field(..) | From::Scores { .. } => return None,
        };
        Some((field, how.to_owned()))
    }

    fn candidates_in_words(&self) -> Vec<(String, String)> {
        let (Some(declared), Some(columns)) = (&self.recipe.candidates, &self.candidates) else {
            return Vec::new();
        };
        let own = |path: &Option<Path>, column: &Option<Column>| match (path, column) {
            (_, Some(column)) => Some(column.shown()),
            (Some(path), None) => Some(path.to_string()),
            (None, None) => None,
        };
        let some = |columns: &[Column]| (!columns.is_empty()).then(|| names(columns));
        let in_order = match declared.sorted {
            Some(Sorted::WorstFirst) => "in order, the best response last",
            _ => "in order, the best response first",
        };
        let places = [
            (some(&columns.scores), larger_or_smaller(declared.scores_are_ranks)),
            (declared.sorted.map(|_| names(&columns.texts)), in_order),
            (own(&declared.score, &columns.score), "the larger one wins"),
            (own(&declared.rank, &columns.rank), "the smaller one wins"),
            (own(&declared.order, &columns.order), "positions of the responses, the best first"),
            (own(&declared.chosen, &columns.chosen), "names the best response"),
            (own(&declared.criteria, &None), "by each criterion the larger one wins"),
        ];
        places.into_iter().filter_map(|(name, how)| Some((name?, how.to_owned()))).collect()
    }

    /// Whether values named as a tie and as one side were seen, and the other side never: then another reading is likelier.
    pub(crate) fn doubtful(&self, rule: usize, seen: &super::Seen) -> Option<String> {
        let rule = self.rules.get(rule)?;
        // The user has said what the values mean.
        if self.recipe.settled.iter().any(|role| role == "winner") {
            return None;
        }
        let From::Field(_, calls) = &rule.from else { return None };
        let named = match &calls.reading {
            Reading::Named(named) => named.clone(),
            Reading::Scale(scale, named) => {
                let ends = [(Code::Number(scale.a), super::Call::A), (Code::Number(scale.b), super::Call::B)];
                named.iter().cloned().chain(ends).collect()
            }
            Reading::Words => {
                let value = seen
                    .only()
                    .filter(|value| value.parse::<f64>().is_ok_and(|code| code == 1.0 || code == 2.0))?;
                return Some(format!(
                    "every value is {value}: that may be the number of a response, or a code that counts from 0"
                ));
            }
        };
        let numbers = |wanted: super::Call| {
            named.iter().find_map(|(code, call)| match code {
                Code::Number(number) if *call == wanted => Some(*number),
                _ => None,
            })
        };
        let tie = numbers(super::Call::Tie(predilect_types::TieKind::Tie))?;
        let (a, b) = (numbers(super::Call::A)?, numbers(super::Call::B)?);
        let (count_a, count_b, ties) = (seen.count(a), seen.count(b), seen.count(tie));
        let other = match (count_a, count_b, ties) {
            (_, 0, 1..) if count_a > 0 => (a, b),
            (0, 1.., 1..) => (b, a),
            _ => return None,
        };
        let (first, second) = (tie.min(other.0), tie.max(other.0));
        Some(format!(
            "the values are {first} and {second}, never {}: read as {} they mean {}; they may just as well mean {first} = A and {second} = B",
            other.1,
            self.recipe.name,
            [(a, "A"), (b, "B"), (tie, "a tie")]
                .iter()
                .filter(|(code, _)| *code == first || *code == second)
                .map(|(code, call)| format!("{code} = {call}"))
                .collect::<Vec<_>>()
                .join(" and "),
        ))
    }
}
