//! What a record says of its pair: what each rule calls, and with which receipt.

use super::super::calls::{Code, Names};
use super::super::declared::Shape;
use super::super::infer::{flag, vote_turned};
use super::super::path::{Column, Path};
use super::super::plan::Plan;
use super::super::rule::{From, Rule, Tied};
use super::super::words::NOTHING;
use super::parallel::Parallel;
use super::points::{score, shared};
use super::who::{Who, judged};
use crate::advice::MAP;
use crate::call::Call;
use crate::draft::{Draft, NO_VERDICT};
use crate::error::{Reason, RowError};
use crate::row::Row;
use predilect_types::{Order, TieKind, Verdict};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Whether it means that there is no value.
fn is_nothing(value: &Value) -> bool {
    value.is_null()
        || value.as_str().is_some_and(|text| NOTHING.contains(&text.trim().to_lowercase().as_str()))
}

/// States of answers that were not sent in.
const UNSENT: &[&str] = &["discarded", "draft", "pending"];

/// A verdict on responses that were shown the other way round: it is not known whether it is about the columns.
pub(super) fn in_doubt(field: &str) -> RowError {
    RowError::new(
        Reason::OrderInDoubt,
        "it says that the responses were shown the other way round; the file does not say whether the verdict refers to the columns or to the order shown",
    )
    .field(field)
    .remedy(format!("say which: {MAP} swapped={field} (the verdict's A is then the second response) or {MAP} swapped=none"))
}

impl Tied {
    /// A tie where the field says so, else the call.
    fn or(&self, call: Call, row: &Row) -> Result<Call, RowError> {
        let Some(value) = self.column.get(row) else { return Ok(call) };
        if Code::of(value).is_some_and(|code| self.values.contains(&code)) {
            return Ok(Call::Tie(TieKind::Tie));
        }
        if !self.flag || is_nothing(value) || flag(value) == Some(false) {
            return Ok(call);
        }
        // A flag is true, false or a kind of tie.
        value.as_str().and_then(TieKind::parse).map(Call::Tie).ok_or_else(|| {
            RowError::wrong_type(&self.column.shown(), value, "true or false")
                .remedy("write true where the verdict is a tie, else false")
        })
    }
}

impl Rule {
    /// The call of a value that equals one of two fields of the record.
    fn named(&self, value: Option<&Value>, row: &Row) -> Option<Call> {
        let [a, b] = self.names.as_slice() else { return None };
        let code = Code::of(value?)?;
        let is = |column: &Column| column.get(row).and_then(Code::of).is_some_and(|own| own == code);
        match (is(a), is(b)) {
            (true, false) => Some(Call::A),
            (false, true) => Some(Call::B),
            _ => None,
        }
    }
}

pub(super) fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    text.chars().take(40).collect()
}

/// The elements of a list, or of an object by name, as records.
pub(super) fn elements(list: Value) -> Vec<Row> {
    let row = |key: Option<String>, value: Value| {
        let mut fields: Vec<(String, Value)> = Vec::new();
        match value {
            Value::Object(object) => fields.extend(object),
            other => fields.push(("value".to_owned(), other)),
        }
        if let Some(key) = key {
            fields.push(("key".to_owned(), Value::String(key)));
        }
        Row::from_fields(fields)
    };
    match list {
        Value::Array(items) => items.into_iter().map(|item| row(None, item)).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| row(Some(key), value)).collect(),
        Value::String(text) => match serde_json::from_str::<Value>(&text) {
            Ok(list @ (Value::Array(_) | Value::Object(_))) => elements(list),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// One of a plan's rules, with its number.
#[derive(Clone, Copy)]
struct Numbered<'a> {
    number: usize,
    rule: &'a Rule,
}

/// What a record says in addition to its verdicts: how its responses are called, and who judges.
#[derive(Clone, Copy)]
struct Beside<'a> {
    names: Names<'a>,
    who: &'a Who,
}

/// Who gave a verdict, and by what criterion.
struct ByWhom {
    judge: String,
    annotator: Option<String>,
    criterion: Option<String>,
}

impl Plan {
    /// What every rule says of a record, before the sides are settled.
    pub(super) fn calls(
        &self,
        row: &mut Row,
        names: Names<'_>,
        who: &Who,
        draft: &mut Draft,
    ) -> Result<Vec<(Verdict, bool)>, RowError> {
        let beside = Beside { names, who };
        let mut verdicts = Vec::with_capacity(self.rules.len());
        for (number, rule) in self.rules.iter().enumerate() {
            let rule = Numbered { number, rule };
            match &rule.rule.each {
                None => {
                    let verdict = self.one(rule, row, beside, draft)?;
                    verdicts.extend(verdict.map(|verdict| (verdict, rule.rule.declared.gold)));
                }
                Some(_) => verdicts.extend(self.one_by_one(rule, row, beside, draft)?),
            }
        }
        self.take_verdicts(row);
        Ok(verdicts)
    }

    /// What a rule says of each element of a list that the record has; several rules may iterate over one list, so it is not taken.
    fn one_by_one(
        &self,
        rule: Numbered<'_>,
        row: &Row,
        beside: Beside<'_>,
        draft: &mut Draft,
    ) -> Result<Vec<(Verdict, bool)>, RowError> {
        let mut verdicts = Vec::new();
        let Some(each) = &rule.rule.each else { return Ok(verdicts) };
        let Some(list) = each.get(row).cloned() else { return Ok(verdicts) };
        let lists = Parallel::of(rule.rule, row);
        let states = row.get(&format!("{}.status", each.shown())).and_then(Value::as_array);
        let settled = self.recipe.settled.iter().any(|role| role == "swapped");
        // What the user names within the elements says it of each.
        let within = |path: &Path| {
            let path = path.as_str().trim_start_matches('=');
            Some(path.strip_prefix(each.shown().as_str())?.strip_prefix('.')?.to_owned())
        };
        let within: Vec<String> = self.recipe.swapped.iter().filter_map(within).collect();
        let elements = elements(list);
        let all = elements.len();
        for (at, mut element) in elements.into_iter().enumerate() {
            let mut who = beside.who.clone();
            lists.iter().try_for_each(|list| list.add(&mut element, (at, all)))?;
            // An answer that was only begun, or discarded, is not a verdict.
            let state = states.and_then(|states| states.get(at)).or_else(|| element.get("status"));
            if state.and_then(Value::as_str).is_some_and(|state| UNSENT.contains(&state)) {
                draft.dropped.push(NO_VERDICT);
                continue;
            }
            if settled {
                let own = within.iter().find_map(|name| vote_turned(name, element.get(name)?, beside.names));
                who.turned = own.or(who.turned);
            } else {
                let says = |name: &&str| {
                    element
                        .get(name)
                        .is_some_and(|value| vote_turned(name, value, beside.names) == Some(true))
                };
                let by = element.names().find(says);
                who.doubt = by.map(|name| format!("{}.{name}", each.shown())).or(who.doubt);
            }
            let said = self.one(rule, &mut element, Beside { who: &who, ..beside }, draft);
            let said = said.map_err(|error| error.under(&each.shown()))?;
            if let Some(mut verdict) = said {
                let mut rest = BTreeMap::new();
                element.rest_into(&mut rest);
                rest.remove("key");
                if !rest.is_empty() && verdict.receipt.is_none() {
                    verdict.receipt = Some(Value::Object(rest.into_iter().collect()));
                }
                verdicts.push((verdict, rule.rule.declared.gold));
            }
        }
        Ok(verdicts)
    }

    /// Takes what was read as a verdict, which is not metadata too.
    fn take_verdicts(&self, row: &mut Row) {
        for (rule, each) in self.rules.iter().filter_map(|rule| Some((rule, rule.each.as_ref()?))) {
            drop(each.take(row));
            for (column, _) in &rule.parallel {
                if column.get(row).is_some_and(Value::is_array) {
                    drop(column.take(row));
                }
            }
        }
        for rule in self.rules.iter().filter(|rule| rule.each.is_none()) {
            match &rule.from {
                From::Field(column, _) => drop(column.take(row)),
                From::Scores { a, b, .. } => {
                    drop(a.take(row));
                    drop(b.as_ref().and_then(|column| column.take(row)));
                }
                From::Share(columns) | From::OneHot(columns) => {
                    for column in columns {
                        drop(column.take(row));
                    }
                }
                From::Choice => self.scores.iter().for_each(|column| drop(column.take(row))),
            }
            rule.receipt.iter().for_each(|column| drop(column.take(row)));
        }
    }

    /// Whether the columns that said the same in the first records do so in this one.
    fn agree(&self, row: &Row, verdict: &Column, call: Call, names: Names<'_>) -> Result<(), RowError> {
        let Some(p_a) = call.p_a() else { return Ok(()) };
        for (column, calls) in &self.echoes {
            let value = column.get(row);
            let other = calls.call(value, names).ok().and_then(Call::p_a);
            if other.is_some_and(|other| (other - 0.5) * (p_a - 0.5) < 0.0) {
                let (first, second) = (verdict.shown(), column.shown());
                return Err(RowError::new(
                    Reason::UnknownWinner,
                    format!("`{first}` and `{second}` both say who won, and here they contradict each other"),
                )
                .field(&second)
                .json(value.unwrap_or(&Value::Null))
                .remedy(format!(
                    "say which is the verdict: {MAP} winner={} or {MAP} winner={}",
                    super::super::shell(&first),
                    super::super::shell(&second)
                )));
            }
        }
        Ok(())
    }

    /// What one rule says.
    fn one(
        &self,
        rule: Numbered<'_>,
        row: &mut Row,
        beside: Beside<'_>,
        draft: &mut Draft,
    ) -> Result<Option<Verdict>, RowError> {
        let Numbered { number, rule } = rule;
        let who = beside.who;
        if let Some((column, codes)) = &rule.counts
            && !column.get(row).and_then(Code::of).is_some_and(|code| codes.contains(&code))
        {
            draft.dropped.push(NO_VERDICT);
            return Ok(None);
        }
        let mut receipt = Map::new();
        let mut call = match &rule.from {
            From::Choice => {
                self.credited(row, who)?;
                self.choice(row, &mut receipt)?
            }
            From::Field(column, _) => {
                let call = self.of_field(rule, row, beside)?;
                let value = column.get(row);
                if let (Call::Soft(_), Some(value)) = (call, value) {
                    receipt.insert(column.shown(), value.clone());
                }
                draft.noted.push((number, value.map_or_else(|| "(none)".to_owned(), shown), call));
                call
            }
            From::Scores { a, b, lower } => self.compared(row, (a, b.as_ref()), *lower, &mut receipt)?,
            From::Share(columns) => shared(row, columns, &mut receipt)?,
            From::OneHot(columns) => {
                let call = self.one_hot(row, columns)?;
                if let (Some(field), Call::A | Call::B) = (&who.doubt, call) {
                    return Err(in_doubt(field));
                }
                if who.turned == Some(true) { call.flipped() } else { call }
            }
        };
        if let Some(tie) = &rule.tie {
            call = tie.or(call, row)?;
        }
        for column in &rule.receipt {
            if let Some(value) = column.get(row) {
                receipt.insert(column.shown(), value.clone());
            }
        }
        let by = self.by_whom(rule, row, who)?;
        let Some(mut verdict) = call.verdict(judged(by.judge, by.criterion.as_deref())) else {
            draft.dropped.push(NO_VERDICT);
            return Ok(None);
        };
        verdict.annotator = by.annotator;
        verdict.criterion = by.criterion;
        verdict.weight = who.weight * self.weight_of(rule, row);
        verdict.order = match who.turned {
            Some(true) => Order::Ba,
            Some(false) => Order::Ab,
            None => rule.order,
        };
        verdict.receipt = (!receipt.is_empty()).then_some(Value::Object(receipt));
        Ok(Some(verdict))
    }

    /// What a field's value calls, about the columns.
    fn of_field(&self, rule: &Rule, row: &Row, beside: Beside<'_>) -> Result<Call, RowError> {
        let From::Field(column, calls) = &rule.from else { return Ok(Call::Missing) };
        let Beside { names, who } = beside;
        let value = column.get(row);
        let call = match rule.named(value, row) {
            Some(call) => call,
            None => calls.call(value, names)?,
        };
        self.agree(row, column, call, names)?;
        // A value that names a model or quotes a text means the same whatever was shown first.
        let sides = Names { model_a: None, model_b: None, text_a: None, text_b: None, ..names };
        let by_side = |call| calls.call(value, sides).is_ok_and(|by_side| by_side == call);
        let call = if who.turned == Some(true) && by_side(call) { call.flipped() } else { call };
        match &who.doubt {
            Some(field) if matches!(call, Call::A | Call::B | Call::Soft(_)) && by_side(call) => {
                Err(in_doubt(field))
            }
            _ => Ok(call),
        }
    }

    /// Who gives a rule's verdict in this record, as judge and as a person, and by what.
    fn by_whom(&self, rule: &Rule, row: &mut Row, who: &Who) -> Result<ByWhom, RowError> {
        let judge = match self.name(row, &rule.judge)? {
            Some(name) => Some(name),
            None => rule.declared.judge_name.clone().or_else(|| who.judge.clone()),
        };
        let mut annotator = match self.name(row, &rule.annotator)? {
            Some(name) => Some(name),
            // Nor is a person the one who gave what the column of a model says.
            None if rule.declared.gold || rule.of_a_model => None,
            None => who.annotator.clone(),
        };
        let criterion = self.name(row, &rule.criterion)?;
        let criterion =
            criterion.or_else(|| rule.declared.criterion.clone()).or_else(|| who.criterion.clone());
        let judge = match judge {
            Some(name) if rule.declared.gold => name,
            // The user's name takes precedence over the file's, which then says which person it was.
            Some(name) if self.given => {
                annotator.get_or_insert(name);
                self.judge_name.clone()
            }
            Some(name) => name,
            None if matches!(rule.from, From::Choice) => self.judge_name.clone(),
            None => self.beside_gold().to_owned(),
        };
        Ok(ByWhom { judge, annotator, criterion })
    }

    /// How many votes a verdict represents: totals of bare votes count as that many votes.
    fn weight_of(&self, rule: &Rule, row: &Row) -> f64 {
        match &rule.from {
            From::Share(columns) if self.recipe.shape == Shape::Votes => columns
                .iter()
                .filter_map(|column| score(&column.shown(), column.get(row)).ok().flatten())
                .sum(),
            _ => 1.0,
        }
    }

    /// The choice of a chosen response; a tie where the scores of both are equal.
    pub(super) fn choice(&self, row: &Row, receipt: &mut Map<String, Value>) -> Result<Call, RowError> {
        let [chosen, rejected] = self.scores.as_slice() else { return Ok(Call::A) };
        let (Some(x), Some(y)) = (chosen.get(row), rejected.get(row)) else { return Ok(Call::A) };
        let (sx, sy) = (self.score(&chosen.shown(), Some(x))?, self.score(&rejected.shown(), Some(y))?);
        receipt.insert(chosen.shown(), x.clone());
        receipt.insert(rejected.shown(), y.clone());
        Ok(if sx.is_some() && sx == sy { Call::Tie(TieKind::Tie) } else { Call::A })
    }

    pub(super) fn one_hot(&self, row: &Row, columns: &[Column]) -> Result<Call, RowError> {
        let calls = [Call::A, Call::B, Call::Tie(TieKind::Tie), Call::Tie(TieKind::BothBad)];
        let mut found = Call::Missing;
        for (column, call) in columns.iter().zip(calls) {
            let value = column.get(row).filter(|value| !self.missing(value));
            let set = match value {
                None => false,
                Some(value) => {
                    flag(value).ok_or_else(|| RowError::wrong_type(&column.shown(), value, "0 or 1"))?
                }
            };
            if set && found != Call::Missing {
                return Err(RowError::new(
                    Reason::Contradiction,
                    "only one of the winner's columns may be 1",
                )
                .field(&column.shown()));
            }
            if set {
                found = call;
            }
        }
        Ok(found)
    }

    /// Adds verdicts to a draft whose sides are settled.
    pub(in crate::recipe) fn add(verdicts: Vec<(Verdict, bool)>, swapped: bool, draft: &mut Draft) {
        for (mut verdict, gold) in verdicts {
            if swapped {
                crate::identity::exchange(&mut verdict);
            }
            if gold {
                draft.gold.push(verdict);
            } else {
                draft.verdicts.push(verdict);
            }
        }
    }
}
