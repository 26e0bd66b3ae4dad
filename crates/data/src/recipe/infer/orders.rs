//! Of several responses, do scores, ranks, a mark and a named winner say the same?

use serde_json::Value;

use super::super::declared::{Candidates, Recipe};
use super::super::path::{Column, Path};
use super::super::refusal::Refusal;
use super::super::roles;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::tokens;
use super::columns::path;
use super::shown::{says_exchanged, turned};
use super::uses::used;
use super::values::{flag, number_of};
use crate::advice::MAP;
use crate::call::Call;
use crate::row::Row;
use std::collections::BTreeSet;

/// A list of responses that is ordered in two ways which contradict each other, or whose named winner may refer to another order.
pub(crate) fn orders_in_doubt(recipe: &Recipe, sample: &Sample) -> Option<Refusal> {
    let settled = |roles: &[&str]| recipe.settled.iter().any(|settled| roles.contains(&settled.as_str()));
    let found = recipe.candidates.as_ref().filter(|_| !recipe.coded())?;
    if settled(&["scores", "ranks", "order", "winner"]) {
        return if settled(&["swapped"]) { None } else { exchanged_list(recipe, found, sample) };
    }
    let listed = Listed { sample, found, texts: found.texts.first()?.resolve(&sample.columns)? };
    let against = listed.ranks_against_scores().or_else(|| {
        let open = recipe.name == "by_names";
        let other = || {
            listed
                .other_scores()
                .or_else(|| listed.mark_against_the_others())
                .or_else(|| listed.winner_against_the_others(recipe))
        };
        open.then(other).flatten()
    });
    against.or_else(|| (!settled(&["swapped"])).then(|| exchanged_list(recipe, found, sample)).flatten())
}

/// A list of responses in one column.
struct Listed<'a> {
    sample: &'a Sample,
    found: &'a Candidates,
    texts: Column,
}

impl Listed<'_> {
    fn items<'r>(&'r self, row: &'r Row) -> Option<&'r Vec<Value>> {
        self.texts.get(row)?.as_array()
    }

    /// The values of a path, one for each response: within them, or in a list beside them.
    fn values<'r>(&'r self, row: &'r Row, path: &Path) -> Option<Vec<Value>> {
        match path.resolve(&self.sample.columns) {
            Some(beside) => beside.get(row)?.as_array().cloned(),
            None => self.items(row)?.iter().map(|item| item.get(path.as_str()).cloned()).collect(),
        }
    }

    fn numbers(&self, row: &Row, path: &Path) -> Option<Vec<f64>> {
        self.values(row, path)?.iter().map(number_of).collect()
    }

    /// How good each response is by its score or else its rank: larger is better.
    fn goodness(&self, row: &Row) -> Option<Vec<f64>> {
        if let Some(score) = &self.found.score {
            return self.numbers(row, score);
        }
        let ranks = self.numbers(row, self.found.rank.as_ref()?)?;
        Some(ranks.into_iter().map(|rank| -rank).collect())
    }

    fn by(&self) -> Option<&Path> {
        self.found.score.as_ref().or(self.found.rank.as_ref())
    }

    fn ranks_against_scores(&self) -> Option<Refusal> {
        let (rank, score) = (self.found.rank.as_ref()?, self.found.score.as_ref()?);
        let contradicts = |row: &&Row| {
            let (Some(ranks), Some(scores)) = (self.numbers(row, rank), self.numbers(row, score)) else {
                return false;
            };
            let both: Vec<(f64, f64)> = ranks.into_iter().zip(scores).collect();
            both.iter().any(|(rank, score)| both.iter().any(|(other, than)| rank < other && score < than))
        };
        self.sample.rows.iter().find(contradicts)?;
        let start = vec![
            format!("{MAP} scores=none   (the rank: 1 is the best)"),
            format!("or {MAP} ranks=none   (the score: the higher one is better)"),
        ];
        Some(both_order((rank.as_str(), score.as_str()), start))
    }

    /// Scores under another name that compare some two responses differently.
    fn other_scores(&self) -> Option<Refusal> {
        let own = self.found.score.as_ref()?;
        let beside = own.resolve(&self.sample.columns).is_some();
        let names: BTreeSet<&String> = if beside {
            self.sample.columns.iter().collect()
        } else {
            let items = self.sample.rows.iter().filter_map(|row| self.items(row)).flatten();
            items.filter_map(Value::as_object).flat_map(serde_json::Map::keys).collect()
        };
        let scores = |name: &&&String| {
            name.as_str() != own.as_str()
                && matches!(tokens(name).as_slice(), [only] if roles::SCORES.contains(&only.as_str()))
        };
        let signs = |numbers: &[f64]| -> Vec<i8> {
            let sign = |x: &f64, y: &f64| i8::from(x > y) - i8::from(x < y);
            numbers.iter().flat_map(|x| numbers.iter().map(move |y| sign(x, y))).collect()
        };
        let differs = |name: &&&String| {
            let other = path(name);
            let both = |row: &Row| Some((self.numbers(row, own)?, self.numbers(row, &other)?));
            let mut found = self.sample.rows.iter().filter_map(both).map(|(x, y)| (signs(&x), signs(&y)));
            let some = found.clone().any(|(_, y)| y.iter().any(|sign| *sign != 0));
            some && found.any(|(x, y)| x.len() == y.len() && x != y)
        };
        let other = names.iter().filter(scores).find(differs)?;
        let claim = |name: &str| format!("{MAP} {}", shell(&format!("scores={name}")));
        let start = vec![claim(own.as_str()), format!("or {}", claim(other))];
        Some(both_order((own.as_str(), other), start))
    }

    /// Whether some record's best response has a smaller number than another one, or, where only this record names it, no larger one.
    fn is_worse(&self, ties: bool, best: impl Fn(&Row) -> Option<usize>) -> bool {
        self.sample.rows.iter().any(|row| {
            let (Some(best), Some(good)) = (best(row), self.goodness(row)) else { return false };
            let above =
                |own: &f64, (at, other): (usize, &f64)| other > own || (ties && at != best && other == own);
            good.get(best).is_some_and(|own| good.iter().enumerate().any(|other| above(own, other)))
        })
    }

    /// A mark of the best one within the list, such as `is_best`.
    fn mark_against_the_others(&self) -> Option<Refusal> {
        let (mark, by) = (self.found.chosen.as_ref()?, self.by()?);
        let marked = |row: &Row| {
            let marks: Vec<Option<bool>> = self.values(row, mark)?.iter().map(flag).collect();
            let one = marks.iter().filter(|mark| **mark == Some(true)).count() == 1;
            marks.iter().position(|mark| *mark == Some(true)).filter(|_| one)
        };
        if !self.is_worse(false, marked) {
            return None;
        }
        let start = vec![
            format!("{MAP} scores=none {MAP} ranks=none   (`{mark}` says which is the best)"),
            format!("or {MAP} {}   (`{mark}` is then metadata)", shell(&format!("scores={by}"))),
        ];
        Some(both_order((mark.as_str(), by.as_str()), start))
    }

    /// A column that names the best one.
    fn winner_against_the_others(&self, recipe: &Recipe) -> Option<Refusal> {
        let by = self.by()?;
        let used = used(recipe, self.sample);
        let says = |column: &&String| {
            !used.contains(*column) && roles::VERDICTS.contains(&tokens(column).join("_").as_str())
        };
        let column = self
            .sample
            .columns
            .iter()
            .filter(says)
            .find(|column| self.is_worse(true, |row| self.named(row.get(column)?, self.items(row)?)))?;
        let start = vec![
            format!("{MAP} {}", shell(&format!("winner={column}"))),
            format!("or {MAP} {}   (`{column}` is then metadata)", shell(&format!("scores={by}"))),
        ];
        Some(both_order((column, by.as_str()), start))
    }

    /// Which response a value names: by its model, its text, its letter or its number from 0.
    fn named(&self, value: &Value, items: &[Value]) -> Option<usize> {
        let Some(text) = value.as_str().map(str::trim) else {
            return value.as_u64().map(|at| at as usize).filter(|at| *at < items.len());
        };
        let of = |path: &Option<Path>, item: &Value| {
            path.as_ref().and_then(|path| item.get(path.as_str())).and_then(Value::as_str).map(str::to_owned)
        };
        let is = |item: &Value| {
            of(&self.found.model, item).or_else(|| of(&self.found.text, item)).is_some_and(|own| own == text)
                || of(&self.found.text, item).is_some_and(|own| own == text)
                || item.as_str() == Some(text)
        };
        items.iter().position(is).or_else(|| match crate::recipe::words(text) {
            Some(Call::A) => Some(0),
            Some(Call::B) if items.len() > 1 => Some(1),
            _ => None,
        })
    }
}

fn both_order((one, other): (&str, &str), start: Vec<String>) -> Refusal {
    Refusal {
        problem: format!("`{one}` and `{other}` both order the responses, and contradict each other"),
        remedy: "say which is the verdict".to_owned(),
        certain: true,
        start,
    }
}

/// What a column of the order in which the responses were shown is called.
const ORDERS: &[&str] = &["order", "permutation", "perm", "seq"];

/// A column that says of a record that its responses were shown the other way round, where the best one is named by its place in a list.
fn exchanged_list(recipe: &Recipe, found: &Candidates, sample: &Sample) -> Option<Refusal> {
    let chosen = found.chosen.as_ref()?.resolve(&sample.columns)?;
    let place = |value: &Value| {
        value.is_u64() || value.as_str().is_some_and(|text| crate::recipe::words(text).is_some())
    };
    if !sample.rows.iter().filter_map(|row| chosen.get(row)).all(place) {
        return None;
    }
    let used = used(recipe, sample);
    let says = |column: &&String| {
        !used.contains(*column)
            && (says_exchanged(column)
                || matches!(tokens(column).as_slice(), [only] if ORDERS.contains(&only.as_str())))
            && sample.values(column).any(|value| turned(value) == Some(true))
    };
    let column = sample.columns.iter().find(says)?;
    let field = chosen.shown();
    Some(Refusal {
        problem: format!(
            "`{column}` says of some records that the responses were shown the other way round; the file does not say whether `{field}` refers to the list or to the order shown"
        ),
        remedy: "put the responses into the order that it refers to, or say that it is the list's".to_owned(),
        certain: true,
        start: vec![format!("{MAP} swapped=none   (`{field}` refers to the list)")],
    })
}
