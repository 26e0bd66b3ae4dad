//! What one record says, by a plan: the pair, its models, its verdicts, and everything else as metadata.

use std::collections::BTreeMap;

use predilect_types::{Message, Order, Response, Role, TieKind, Verdict, content_id};
use serde_json::{Map, Value, json};

use super::calls::{Call, Code, Names};
use super::path::Column;
use super::plan::{From, Plan, Rule};
use super::{Shape, candidates};
use crate::error::{Reason, RowError};
use crate::formats::{Draft, NO_VERDICT, Parsed};
use crate::join::{Completion, Piece, Scored, Sidecar};
use crate::row::{Row, as_text, number};
use crate::texts::{conversation, is_whole, merge_prompt, split_shared};

/// A value that named a winner: the rule's number, the value, what it was taken for.
pub(crate) type Noted = (usize, String, Call);

/// What is said of a record besides its pair: who judges it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Who {
    pub(crate) judge: Option<String>,
    pub(crate) annotator: Option<String>,
    pub(crate) criterion: Option<String>,
    pub(crate) weight: f64,
}

impl Plan {
    /// Reads one record.
    pub(crate) fn parse(&self, mut row: Row, tag: &str, record: u64) -> Result<Parsed, RowError> {
        for column in &self.leave_out {
            drop(column.take(&mut row));
        }
        if self.cells && row.is_blank() {
            return Ok(Parsed::Blank);
        }
        match self.recipe.shape {
            Shape::Candidates => candidates::parse(self, row),
            Shape::Unpaired => self.unpaired(row),
            Shape::Scored => self.scored(row),
            Shape::Votes => self.votes(row, tag, record),
            Shape::Sidecar => self.sidecar(row),
            Shape::Choice => match self.lists(&mut row)? {
                Some(rows) => {
                    let drafts = rows.into_iter().map(|row| self.pair(row)).collect::<Result<Vec<_>, _>>()?;
                    Ok(Parsed::Drafts(drafts))
                }
                None => Ok(self.pair(row)?.into()),
            },
            _ => Ok(self.pair(row)?.into()),
        }
    }

    /// Several chosen or several rejected responses to one prompt: each of the ones with each of the others.
    fn lists(&self, row: &mut Row) -> Result<Option<Vec<Row>>, RowError> {
        let list = |columns: &[Column], row: &Row| {
            let items = columns.iter().find_map(|column| column.get(row))?.as_array()?.clone();
            (!items.is_empty() && items.iter().all(Value::is_string)).then_some(items)
        };
        let (Some(chosen), Some(rejected)) = (list(&self.a, row), list(&self.b, row)) else {
            return Ok(None);
        };
        let prompts = self
            .prompt
            .iter()
            .find_map(|column| column.get(row))
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        // As many texts as the prompt has turns are the turns of one conversation.
        if chosen.len() + rejected.len() == 2
            || (prompts > 1 && prompts == chosen.len() && prompts == rejected.len())
        {
            return Ok(None);
        }
        let (Some(a), Some(b)) = (self.a.first(), self.b.first()) else { return Ok(None) };
        if chosen.len().saturating_mul(rejected.len()) > candidates::MOST_PAIRS {
            return Err(RowError::new(
                Reason::TooLarge,
                format!(
                    "{} chosen times {} rejected are more than {} pairs",
                    chosen.len(),
                    rejected.len(),
                    candidates::MOST_PAIRS
                ),
            )
            .field(&a.shown()));
        }
        drop(a.take(row));
        drop(b.take(row));
        let models = match row.get("models") {
            Some(Value::Array(models)) if models.len() == chosen.len() + rejected.len() => models.clone(),
            _ => Vec::new(),
        };
        let mut rows = Vec::new();
        for (i, good) in chosen.iter().enumerate() {
            for (j, bad) in rejected.iter().enumerate() {
                let mut one = row.clone();
                let side = |text: &Value, model: Option<&Value>| match model {
                    Some(model) if !model.is_null() => json!({ "text": text, "model": model }),
                    _ => text.clone(),
                };
                one.put(&a.name, side(good, models.get(i)));
                one.put(&b.name, side(bad, models.get(chosen.len() + j)));
                rows.push(one);
            }
        }
        Ok(Some(rows))
    }

    fn pair(&self, mut row: Row) -> Result<Draft, RowError> {
        let choice = self.recipe.shape == Shape::Choice;
        let who = self.who(&mut row)?;
        let (field_a, a) = self.response(&mut row, &self.a)?;
        let (field_b, b) = self.response(&mut row, &self.b)?;
        let mut a = self.named(a, &mut row, &self.model_a)?;
        let mut b = self.named(b, &mut row, &self.model_b)?;
        let mut draft = Draft::default();
        let (prompt, turns_a, turns_b, odd) =
            self.texts(&mut row, (&field_a, a.1.take()), (&field_b, b.1.take()))?;
        let (mut a, mut b) =
            (Response { messages: turns_a, model: a.0 }, Response { messages: turns_b, model: b.0 });
        if let Some(odd) = odd {
            draft.meta("prompt_column", Some(Value::String(odd)));
        }
        let names = Names {
            column_a: if choice { "" } else { &field_a },
            column_b: if choice { "" } else { &field_b },
            model_a: a.model.as_deref(),
            model_b: b.model.as_deref(),
            text_a: only_text(&a.messages),
            text_b: only_text(&b.messages),
        };
        let calls = self.calls(&mut row, names, &who, &mut draft)?;
        let mut swapped = false;
        if choice {
            let said = self
                .swapped
                .iter()
                .find_map(|column| column.take(&mut row))
                .and_then(|value| value.as_bool());
            swapped = said.unwrap_or_else(|| on_side_b(&prompt, &a, &b));
            if said.is_none() {
                draft.meta("swapped", Some(Value::Bool(swapped)));
            }
        }
        if swapped {
            std::mem::swap(&mut a, &mut b);
        }
        draft.pair.prompt = prompt;
        draft.pair.response_a = a;
        draft.pair.response_b = b;
        Self::add(calls, swapped, &mut draft);
        self.finish(row, &mut draft)?;
        Ok(draft)
    }

    /// The value of the first of several places that has one.
    fn first(&self, row: &mut Row, columns: &[Column]) -> Option<(String, Value)> {
        let at =
            columns.iter().position(|column| column.get(row).is_some_and(|value| !self.missing(value)))?;
        let column = columns.get(at)?;
        Some((column.shown(), column.take(row)?))
    }

    /// A blank cell of a table is missing.
    fn missing(&self, value: &Value) -> bool {
        self.cells && value.as_str().is_some_and(|text| text.trim().is_empty())
    }

    fn response(&self, row: &mut Row, columns: &[Column]) -> Result<(String, Value), RowError> {
        self.first(row, columns).ok_or_else(|| {
            let shown = columns.first().map(Column::shown).unwrap_or_default();
            let problem = if self.cells {
                "the response is missing: the cell is empty"
            } else {
                "the response is missing or null"
            };
            RowError::new(Reason::MissingField, problem).field(&shown)
        })
    }

    /// The model of a response, by its column or within the response itself.
    fn named(
        &self,
        mut response: Value,
        row: &mut Row,
        columns: &[Column],
    ) -> Result<(Option<String>, Option<Value>), RowError> {
        let mut model = match self.first(row, columns) {
            Some((field, value)) => Some(as_text(&field, value)?).filter(|text| !text.trim().is_empty()),
            None => None,
        };
        if let (None, Value::Object(fields)) = (&model, &mut response) {
            let key = ["model", "model_name", "generator"]
                .into_iter()
                .find(|key| fields.get(*key).is_some_and(Value::is_string));
            if let Some(Value::String(name)) = key.and_then(|key| fields.remove(key)) {
                model = Some(name);
            }
        }
        Ok((model.map(|name| name.trim().to_owned()), Some(response)))
    }

    /// The prompt column's own turns: system, history, prompt and further input.
    pub(super) fn given_prompt(&self, row: &mut Row) -> Result<Option<Vec<Message>>, RowError> {
        let mut turns = Vec::new();
        if let Some((field, value)) = self.first(row, &self.system) {
            let said = conversation(&field, value, Role::System)?;
            turns.extend(
                said.into_iter()
                    .filter(|turn| !turn.content.trim().is_empty())
                    .map(|turn| Message { role: Role::System, ..turn }),
            );
        }
        if let Some((field, value)) = self.first(row, &self.history) {
            turns.extend(conversation(&field, value, Role::Assistant)?);
        }
        let mut prompt = match self.first(row, &self.prompt) {
            Some((field, value)) => conversation(&field, value, Role::User)?,
            None => Vec::new(),
        };
        if let Some((field, value)) = self.first(row, &self.input) {
            let further =
                as_text(&field, if value.is_string() { value } else { Value::String(value.to_string()) })?;
            match prompt.last_mut() {
                _ if further.trim().is_empty() => {}
                Some(last) if !last.content.trim().is_empty() => {
                    last.content.push_str("\n\n");
                    last.content.push_str(&further);
                }
                _ => prompt.push(Message::user(further)),
            }
        }
        // A conversation that the prompt's column holds whole has its system turn itself.
        if prompt.first().is_some_and(|turn| turn.role == Role::System) {
            turns.retain(|turn| turn.role != Role::System);
        }
        turns.extend(prompt);
        Ok((!turns.is_empty()).then_some(turns))
    }

    /// Prompt and responses, and the prompt column's text where it contradicts the conversations.
    #[expect(clippy::type_complexity, reason = "three texts and a remark, taken apart at once")]
    fn texts(
        &self,
        row: &mut Row,
        (field_a, a): (&str, Option<Value>),
        (field_b, b): (&str, Option<Value>),
    ) -> Result<(Vec<Message>, Vec<Message>, Vec<Message>, Option<String>), RowError> {
        let (a, b) = (a.unwrap_or(Value::Null), b.unwrap_or(Value::Null));
        if let Some(done) = self.turn_lists(row, &a, &b)? {
            return Ok(done);
        }
        let mut a = conversation(field_a, a, Role::Assistant)?;
        let mut b = conversation(field_b, b, Role::Assistant)?;
        let given = self.given_prompt(row)?;
        let lonely = || {
            let field = self.prompt_field.as_deref().unwrap_or("prompt");
            let missing = match &self.prompt_field {
                Some(_) => "no prompt: the prompt is missing or null",
                None => "no column is known to contain the prompt",
            };
            RowError::new(Reason::MissingField, format!("{missing}, and the responses are not whole conversations"))
                .field(field)
                .hint(format!(
                    "name the prompt's column with --map prompt=COLUMN, or say that there is none with --map prompt=none; what the texts of \
                     `{field_a}` and `{field_b}` both begin with is not taken for a prompt"
                ))
        };
        match (is_whole(&a), is_whole(&b)) {
            (true, true) => {
                let (shared, a, b) = split_shared(a, b).map_err(|error| error.field(field_b))?;
                Ok(match given {
                    None => (shared, a, b, None),
                    // A conversation that ends with an answer is no prompt.
                    Some(given) if given.last().is_some_and(|turn| turn.role == Role::Assistant) => {
                        let odd =
                            given.iter().map(|turn| turn.content.as_str()).collect::<Vec<_>>().join("\n\n");
                        (shared, a, b, Some(odd))
                    }
                    Some(given) => match merge_prompt(given, shared.clone()) {
                        Ok(prompt) => (prompt, a, b, None),
                        Err(given) => {
                            let odd = given
                                .iter()
                                .map(|turn| turn.content.as_str())
                                .collect::<Vec<_>>()
                                .join("\n\n");
                            (shared, a, b, Some(odd))
                        }
                    },
                })
            }
            // One of them is a whole conversation, the other only its last turn.
            (true, false) => {
                let own = last_answer(&mut a);
                let prompt = given.map_or(a.clone(), |given| merge_prompt(given, a.clone()).unwrap_or(a));
                Ok((prompt, own, b, None))
            }
            (false, true) => {
                let own = last_answer(&mut b);
                let prompt = given.map_or(b.clone(), |given| merge_prompt(given, b.clone()).unwrap_or(b));
                Ok((prompt, a, own, None))
            }
            (false, false) => {
                let prompt = match given {
                    Some(prompt) => prompt,
                    None if self.recipe.no_prompt => Vec::new(),
                    None => return Err(lonely()),
                };
                if self.repeats_prompt
                    && let ([only], [x], [y]) = (prompt.as_slice(), a.as_mut_slice(), b.as_mut_slice())
                {
                    let lead = only.content.trim();
                    for turn in [x, y] {
                        if let Some(rest) = turn.content.trim_start().strip_prefix(lead) {
                            turn.content = rest.trim_start().to_owned();
                        }
                    }
                }
                Ok((prompt, a, b, None))
            }
        }
    }

    /// Prompt and responses as lists of texts, one for each turn: the answers follow their questions.
    #[expect(clippy::type_complexity, reason = "as `texts`")]
    fn turn_lists(
        &self,
        row: &mut Row,
        a: &Value,
        b: &Value,
    ) -> Result<Option<(Vec<Message>, Vec<Message>, Vec<Message>, Option<String>)>, RowError> {
        let (Some(a), Some(b)) = (text_list(a), text_list(b)) else { return Ok(None) };
        let Some(at) = self.prompt.iter().position(|column| column.get(row).is_some()) else {
            return Ok(None);
        };
        let Some(questions) = self.prompt.get(at).and_then(|column| column.get(row)).and_then(text_list)
        else {
            return Ok(None);
        };
        if questions.len() != a.len() || a.len() != b.len() || a.is_empty() {
            return Ok(None);
        }
        drop(self.prompt.get(at).and_then(|column| column.take(row)));
        let mut prompt = self.given_prompt(row)?.unwrap_or_default();
        prompt.push(Message::user(questions.first().cloned().flatten().unwrap_or_default()));
        let turns = |answers: Vec<Option<String>>| {
            let mut turns = Vec::with_capacity(answers.len() * 2);
            for (i, answer) in answers.into_iter().enumerate() {
                if i > 0 {
                    turns.push(Message::user(questions.get(i).cloned().flatten().unwrap_or_default()));
                }
                turns.push(Message::assistant(answer.unwrap_or_default()));
            }
            turns
        };
        Ok(Some((prompt, turns(a), turns(b), None)))
    }

    pub(crate) fn who(&self, row: &mut Row) -> Result<Who, RowError> {
        let weight = match self.first(row, &self.weight) {
            Some((field, value)) => weight(&field, &value)?,
            None => 1.0,
        };
        Ok(Who {
            judge: self.name(row, &self.judge)?,
            annotator: self.name(row, &self.annotator)?,
            criterion: self.name(row, &self.criterion)?,
            weight,
        })
    }

    fn name(&self, row: &mut Row, columns: &[Column]) -> Result<Option<String>, RowError> {
        match self.first(row, columns) {
            Some((field, value)) => name_of(&field, value),
            None => Ok(None),
        }
    }

    /// What every rule says of a record, before the sides are settled.
    pub(super) fn calls(
        &self,
        row: &mut Row,
        names: Names<'_>,
        who: &Who,
        draft: &mut Draft,
    ) -> Result<Vec<(Verdict, bool)>, RowError> {
        let mut verdicts = Vec::with_capacity(self.rules.len());
        for (number, rule) in self.rules.iter().enumerate() {
            match &rule.each {
                None => {
                    if let Some(verdict) = self.one(number, rule, row, names, who, draft)? {
                        verdicts.push((verdict, rule.declared.gold));
                    }
                }
                Some(each) => {
                    // Several rules may go through one list: it is taken after the last.
                    let Some(list) = each.get(row).cloned() else { continue };
                    // Who says it may stand in a list beside, one for each element.
                    let beside = Self::beside(rule, row);
                    for (at, mut element) in elements(list).into_iter().enumerate() {
                        let who = &match beside.as_ref().and_then(|names| names.get(at)) {
                            Some(name) => {
                                Who { annotator: name_of("annotator", name.clone())?, ..who.clone() }
                            }
                            None => who.clone(),
                        };
                        let said = self.one(number, rule, &mut element, names, who, draft);
                        let said = said.map_err(|error| error.under(&each.shown()))?;
                        if let Some(mut verdict) = said {
                            let mut rest = BTreeMap::new();
                            element.rest_into(&mut rest);
                            rest.remove("key");
                            if !rest.is_empty() && verdict.receipt.is_none() {
                                verdict.receipt = Some(Value::Object(rest.into_iter().collect()));
                            }
                            verdicts.push((verdict, rule.declared.gold));
                        }
                    }
                }
            }
        }
        for each in self.rules.iter().filter_map(|rule| rule.each.as_ref()) {
            drop(each.take(row));
        }
        // What was read as a verdict is not metadata too.
        for rule in self.rules.iter().filter(|rule| rule.each.is_none()) {
            match &rule.from {
                From::Field(column, _) => drop(column.take(row)),
                From::Scores { a, b, .. } => {
                    drop(a.take(row));
                    drop(b.as_ref().and_then(|column| column.take(row)));
                }
                From::OneHot(columns) => columns.iter().for_each(|column| drop(column.take(row))),
                From::Choice => self.scores.iter().for_each(|column| drop(column.take(row))),
            }
            rule.receipt.iter().for_each(|column| drop(column.take(row)));
        }
        Ok(verdicts)
    }

    /// The list of annotators beside the list of their verdicts.
    fn beside(rule: &Rule, row: &mut Row) -> Option<Vec<Value>> {
        let path = rule.declared.annotator.first()?;
        match row.take(path.as_str())? {
            Value::Array(names) => Some(names),
            _ => None,
        }
    }

    /// What one rule says.
    fn one(
        &self,
        number: usize,
        rule: &Rule,
        row: &mut Row,
        names: Names<'_>,
        who: &Who,
        draft: &mut Draft,
    ) -> Result<Option<Verdict>, RowError> {
        if let Some((column, codes)) = &rule.counts
            && !column.get(row).and_then(Code::of).is_some_and(|code| codes.contains(&code))
        {
            draft.dropped.push(NO_VERDICT);
            return Ok(None);
        }
        let mut receipt = Map::new();
        let mut call = match &rule.from {
            From::Choice => self.choice(row, &mut receipt)?,
            From::Field(column, calls) => {
                let value = column.get(row);
                let call = calls.call(value, names)?;
                let shown = value.map_or_else(|| "(none)".to_owned(), shown);
                if let (Call::Soft(_), Some(value)) = (call, value) {
                    receipt.insert(column.shown(), value.clone());
                }
                draft.noted.push((number, shown, call));
                call
            }
            From::Scores { a, b, lower } => {
                let (x, y) = if let Some(b) = b {
                    (a.get(row).cloned(), b.get(row).cloned())
                } else {
                    let list = a.get(row).and_then(Value::as_array);
                    let at = |i: usize| list.and_then(|list| list.get(i)).cloned();
                    (at(0), at(1))
                };
                let field_b = b.as_ref().map_or_else(|| a.shown(), Column::shown);
                let (sx, sy) = (score(&a.shown(), x.as_ref())?, score(&field_b, y.as_ref())?);
                if let (Some(x), Some(y)) = (x, y) {
                    if b.is_some() {
                        receipt.insert(a.shown(), x);
                        receipt.insert(field_b, y);
                    } else {
                        receipt.insert(field_b, json!([x, y]));
                    }
                }
                match (sx, sy) {
                    (Some(x), Some(y)) if *lower => Call::larger(y, x),
                    (Some(x), Some(y)) => Call::larger(x, y),
                    _ => Call::Missing,
                }
            }
            From::OneHot(columns) => self.one_hot(row, columns)?,
        };
        if let Some((column, codes)) = &rule.tie
            && column.get(row).and_then(Code::of).is_some_and(|code| codes.contains(&code))
        {
            call = Call::Tie(TieKind::Tie);
        }
        for column in &rule.receipt {
            if let Some(value) = column.get(row) {
                receipt.insert(column.shown(), value.clone());
            }
        }
        let judge = match self.name(row, &rule.judge)? {
            Some(name) => Some(name),
            None => rule.declared.judge_name.clone().or_else(|| who.judge.clone()),
        };
        let mut annotator = match self.name(row, &rule.annotator)? {
            Some(name) => Some(name),
            None if rule.declared.gold => None,
            None => who.annotator.clone(),
        };
        let criterion = rule.declared.criterion.clone().or_else(|| who.criterion.clone());
        let judge = match judge {
            Some(name) if rule.declared.gold => name,
            // The user's name stands before the file's, whose name then says who of them it was.
            Some(name) if self.given => {
                annotator.get_or_insert(name);
                self.judge_name.clone()
            }
            Some(name) => name,
            None => self.judge_name.clone(),
        };
        let Some(mut verdict) = call.verdict(judged(judge, criterion.as_deref())) else {
            draft.dropped.push(NO_VERDICT);
            return Ok(None);
        };
        verdict.annotator = annotator;
        verdict.criterion = criterion;
        verdict.weight = who.weight;
        verdict.order = rule.order;
        verdict.receipt = (!receipt.is_empty()).then_some(Value::Object(receipt));
        Ok(Some(verdict))
    }

    /// The choice of a chosen response; a tie where the scores of both are equal.
    fn choice(&self, row: &Row, receipt: &mut Map<String, Value>) -> Result<Call, RowError> {
        let [chosen, rejected] = self.scores.as_slice() else { return Ok(Call::A) };
        let (Some(x), Some(y)) = (chosen.get(row), rejected.get(row)) else { return Ok(Call::A) };
        let (sx, sy) = (score(&chosen.shown(), Some(x))?, score(&rejected.shown(), Some(y))?);
        receipt.insert(chosen.shown(), x.clone());
        receipt.insert(rejected.shown(), y.clone());
        Ok(if sx.is_some() && sx == sy { Call::Tie(TieKind::Tie) } else { Call::A })
    }

    fn one_hot(&self, row: &Row, columns: &[Column]) -> Result<Call, RowError> {
        let calls = [Call::A, Call::B, Call::Tie(TieKind::Tie), Call::Tie(TieKind::BothBad)];
        let mut found = Call::Missing;
        for (column, call) in columns.iter().zip(calls) {
            let value = column.get(row).filter(|value| !self.missing(value));
            let set = match value.and_then(Code::of) {
                None => false,
                Some(Code::Number(number)) if number == 0.0 || number == 1.0 => number == 1.0,
                Some(Code::Text(text)) if ["true", "false"].contains(&text.as_str()) => text == "true",
                Some(_) => {
                    return Err(RowError::wrong_type(
                        &column.shown(),
                        value.unwrap_or(&Value::Null),
                        "0 or 1",
                    ));
                }
            };
            if set && found != Call::Missing {
                return Err(RowError::new(
                    Reason::VerdictOutOfRange,
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
    pub(super) fn add(verdicts: Vec<(Verdict, bool)>, swapped: bool, draft: &mut Draft) {
        for (mut verdict, gold) in verdicts {
            if swapped {
                verdict.p_a = 1.0 - verdict.p_a;
                verdict.order = match verdict.order {
                    Order::Ab => Order::Ba,
                    Order::Ba => Order::Ab,
                    other => other,
                };
            }
            if gold {
                draft.gold.push(verdict);
            } else {
                draft.verdicts.push(verdict);
            }
        }
    }

    /// Id, scenario and language, and the rest as metadata.
    pub(crate) fn finish(&self, mut row: Row, draft: &mut Draft) -> Result<(), RowError> {
        draft.pair.id = self.name(&mut row, &self.id)?.unwrap_or_default();
        draft.pair.scenario = self.name(&mut row, &self.scenario)?;
        draft.pair.language = self.name(&mut row, &self.language)?;
        row.rest_into(&mut draft.pair.metadata);
        if self.nested {
            draft.pair.metadata.retain(|_, value| {
                prune(value);
                !value.is_null()
            });
        }
        Ok(())
    }

    fn votes(&self, mut row: Row, tag: &str, record: u64) -> Result<Parsed, RowError> {
        let who = self.who(&mut row)?;
        let mut model = |columns: &[Column]| {
            self.first(&mut row, columns).map_or_else(
                || Err(RowError::missing(&columns.first().map(Column::shown).unwrap_or_default())),
                |(field, value)| as_text(&field, value).map(|name| name.trim().to_owned()),
            )
        };
        let (a, b) = (model(&self.model_a)?, model(&self.model_b)?);
        let mut draft = Draft::default();
        let names = Names {
            column_a: self.model_a.first().map_or("", |column| &column.name),
            column_b: self.model_b.first().map_or("", |column| &column.name),
            model_a: Some(&a),
            model_b: Some(&b),
            ..Names::default()
        };
        let mut calls = self.calls(&mut row, names, &who, &mut draft)?;
        for (verdict, _) in &mut calls {
            verdict.order = Order::Ab;
        }
        if let Some(join) = &self.join {
            let named = |column: &Column, row: &mut Row| -> Result<Option<String>, RowError> {
                column.take(row).map_or(Ok(None), |value| name_of(&column.shown(), value))
            };
            let key = named(&join.on, &mut row)?.ok_or_else(|| RowError::missing(&join.on.shown()))?;
            let sides = match &join.sides {
                Some((x, y)) => named(x, &mut row)?.zip(named(y, &mut row)?),
                None => None,
            };
            let verdicts = calls.into_iter().map(|(verdict, _)| verdict).collect();
            let noted = std::mem::take(&mut draft.noted);
            return Ok(Parsed::Piece(Box::new(Piece::Sidecar(Sidecar {
                key,
                verdicts,
                models: Some((a, b)),
                sides,
                noted,
            }))));
        }
        let silent = |name: String| Response { messages: Vec::new(), model: Some(name) };
        draft.pair.response_a = silent(a);
        draft.pair.response_b = silent(b);
        Self::add(calls, false, &mut draft);
        self.finish(row, &mut draft)?;
        if draft.pair.id.is_empty() {
            draft.pair.id = format!("{tag}-{record}");
        }
        Ok(draft.into())
    }

    fn sidecar(&self, mut row: Row) -> Result<Parsed, RowError> {
        let who = self.who(&mut row)?;
        let mut draft = Draft::default();
        let calls = self.calls(&mut row, Names::default(), &who, &mut draft)?;
        let key = self
            .name(&mut row, &self.id)?
            .ok_or_else(|| RowError::missing(&self.id.first().map(Column::shown).unwrap_or_default()))?;
        Ok(Piece::Sidecar(Sidecar {
            key,
            verdicts: calls.into_iter().map(|(verdict, _)| verdict).collect(),
            ..Sidecar::default()
        })
        .into())
    }

    fn unpaired(&self, mut row: Row) -> Result<Parsed, RowError> {
        let who = self.who(&mut row)?;
        let (field, value) = self.response(&mut row, &self.a)?;
        let (model, value) = self.named(value, &mut row, &self.model_a)?;
        let (prompt, text) = self.alone(&mut row, &field, value.unwrap_or_default())?;
        let mut draft = Draft::default();
        let names = Names::default();
        let calls = self.calls(&mut row, names, &who, &mut draft)?;
        let Some((verdict, _)) = calls.into_iter().next() else { return Ok(draft.into()) };
        let good = verdict.p_a > 0.5;
        self.finish(row, &mut draft)?;
        Ok(Piece::Completion(Completion {
            prompt,
            response: Response { messages: text, model },
            good,
            judge: verdict.judge,
            annotator: verdict.annotator,
            scenario: draft.pair.scenario,
        })
        .into())
    }

    fn scored(&self, mut row: Row) -> Result<Parsed, RowError> {
        let who = self.who(&mut row)?;
        let (field, value) = self.response(&mut row, &self.a)?;
        let (model, value) = self.named(value, &mut row, &self.model_a)?;
        let (prompt, text) = self.alone(&mut row, &field, value.unwrap_or_default())?;
        let mut scores = Vec::new();
        for rule in &self.rules {
            let From::Field(column, _) = &rule.from else { continue };
            let value = column.take(&mut row);
            if let Some(score) = score(&column.shown(), value.as_ref())? {
                let judge = rule
                    .declared
                    .judge_name
                    .clone()
                    .or_else(|| who.judge.clone())
                    .unwrap_or_else(|| self.judge_name.clone());
                let criterion = rule.declared.criterion.clone().or_else(|| who.criterion.clone());
                scores.push((judged(judge, criterion.as_deref()), criterion, score));
            }
        }
        let mut draft = Draft::default();
        self.finish(row, &mut draft)?;
        Ok(Piece::Scored(Scored {
            prompt,
            response: Response { messages: text, model },
            annotator: who.annotator,
            scenario: draft.pair.scenario,
            scores,
        })
        .into())
    }

    /// One response with its prompt, which may be the conversation before it.
    fn alone(
        &self,
        row: &mut Row,
        field: &str,
        value: Value,
    ) -> Result<(Vec<Message>, Vec<Message>), RowError> {
        let mut text = conversation(field, value, Role::Assistant)?;
        let given = self.given_prompt(row)?;
        if is_whole(&text) {
            let own = last_answer(&mut text);
            let prompt =
                given.map_or(text.clone(), |given| merge_prompt(given, text.clone()).unwrap_or(text));
            return Ok((prompt, own));
        }
        let prompt = given.ok_or_else(|| {
            RowError::missing(&self.prompt.first().map_or_else(|| "prompt".to_owned(), Column::shown))
        })?;
        Ok((prompt, text))
    }
}

/// A judge's name with the criterion by which it judged.
pub(crate) fn judged(judge: String, criterion: Option<&str>) -> String {
    match criterion {
        Some(criterion) => format!("{judge} ({criterion})"),
        None => judge,
    }
}

/// Whether a chosen response goes to side B: by a hash of the texts, so that it is the same in every run.
///
/// With the chosen response always as A every verdict would be 1, and neither a side nor a property could be told from "A".
pub(crate) fn on_side_b(prompt: &[Message], chosen: &Response, rejected: &Response) -> bool {
    let id = content_id(prompt, chosen, rejected);
    id.bytes().last().is_some_and(|digit| digit % 2 == 1)
}

/// A name written as text or number; of a list the first (a model and its prompt), of an object its `name` or `id`.
pub(crate) fn name_of(field: &str, value: Value) -> Result<Option<String>, RowError> {
    let value = match value {
        Value::Array(items) => items.into_iter().next().unwrap_or_default(),
        Value::Object(mut fields) => ["name", "id", "username", "email"]
            .iter()
            .find_map(|key| fields.remove(*key))
            .unwrap_or(Value::Object(fields)),
        other => other,
    };
    if value.is_null() {
        return Ok(None);
    }
    let text = as_text(field, value)?;
    let plain = text.trim();
    Ok((!plain.is_empty()).then(|| plain.to_owned()))
}

/// A score that may be missing; text such as `N/A` is.
pub(super) fn score(field: &str, value: Option<&Value>) -> Result<Option<f64>, RowError> {
    match value {
        None => Ok(None),
        Some(Value::Array(items)) if items.len() == 1 => score(field, items.first()),
        Some(value) => number(field, value),
    }
}

pub(crate) fn weight(field: &str, value: &Value) -> Result<f64, RowError> {
    let wrong = || {
        RowError::new(Reason::VerdictOutOfRange, "a weight is a number of 0 or more").field(field).json(value)
    };
    match number(field, value).map_err(|_| wrong())? {
        Some(weight) if weight >= 0.0 => Ok(weight),
        // NaN and blank text: a weight that is no number is not 1.
        None if value.as_str().is_some_and(|text| text.trim().is_empty()) => Ok(1.0),
        _ => Err(wrong()),
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    text.chars().take(40).collect()
}

/// The last answer of a conversation, with the reasoning before it; the rest stays.
fn last_answer(turns: &mut Vec<Message>) -> Vec<Message> {
    let answers = |turn: &Message| !matches!(turn.role, Role::User | Role::System);
    let from = turns.iter().rposition(|turn| !answers(turn)).map_or(0, |at| at + 1);
    turns.split_off(from)
}

fn only_text(turns: &[Message]) -> Option<&str> {
    match turns {
        [only] => Some(&only.content),
        _ => None,
    }
}

/// A list of texts, also as JSON text; null stands for a turn without an answer.
fn text_list(value: &Value) -> Option<Vec<Option<String>>> {
    let parsed;
    let items = match value {
        Value::Array(items) => items,
        Value::String(text)
            if text.trim_start().starts_with("[\"") || text.trim_start().starts_with("[null") =>
        {
            parsed = serde_json::from_str::<Vec<Value>>(text).ok()?;
            &parsed
        }
        _ => return None,
    };
    items
        .iter()
        .map(|item| match item {
            Value::String(text) => Some(Some(text.clone())),
            Value::Null => Some(None),
            _ => None,
        })
        .collect()
}

/// The elements of a list, or of an object by name, as records.
fn elements(list: Value) -> Vec<Row> {
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

/// Removes what was taken out of an object.
fn prune(value: &mut Value) {
    if let Value::Object(fields) = value {
        let had = !fields.is_empty();
        fields.retain(|_, value| {
            prune(value);
            !value.is_null()
        });
        if had && fields.is_empty() {
            *value = Value::Null;
        }
    }
}
