//! What is known of pairs without their texts, column by column.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use foldhash::HashMap;
use predilect_data::Study;
use predilect_types::{Pair, Role};
use serde_json::Value;

use super::changed::changed;
use super::column::{NONE, Names, Texts};
use super::index::Index;
use crate::error::Result;
use predilect_types::Interner;

/// A field that pairs are grouped, distinguished or filtered by: each value once.
#[derive(Debug, Default)]
pub(crate) struct Field {
    /// The number of each row's value.
    of: Vec<u32>,
    values: Vec<FieldValue>,
}

/// One value of a field, including the value of pairs without one.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct FieldValue {
    /// Its texts: those of a list one by one.
    pub(crate) texts: Vec<String>,
    /// The number, where the field of the data is one.
    pub(crate) number: Option<f64>,
}

impl Field {
    pub(crate) fn get(&self, row: usize) -> &FieldValue {
        &self.values[self.of[row] as usize]
    }

    pub(crate) fn codes(&self) -> &[u32] {
        &self.of
    }

    /// All values, each at its number.
    pub(crate) fn values(&self) -> &[FieldValue] {
        &self.values
    }
}

/// Pairs of a study, in their order.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    ids: Texts,
    /// The position of each of them, once needed.
    index: OnceLock<Index>,
    /// Names of models, and the number of A's and B's.
    models: Vec<String>,
    model_a: Vec<u32>,
    model_b: Vec<u32>,
    scenarios: Names,
    sources: Names,
    /// Rows that are marked as simulated; empty if none is.
    simulated: Vec<u32>,
    /// How many pairs have a language in the data; of the others it is guessed from the prompt.
    languages: u64,
    /// Fields of the data that any pair has.
    keys: BTreeSet<String>,
    /// Columns of fields, as far as they were needed.
    fields: Mutex<BTreeMap<String, Arc<Field>>>,
    /// The column of turns, once somebody has asked.
    turns: OnceLock<Arc<Field>>,
}

impl Pairs {
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(crate) fn id(&self, row: usize) -> &str {
        self.ids.get(row)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.ids.iter()
    }

    /// The row of that id.
    pub(crate) fn row(&self, id: &str) -> Option<usize> {
        self.index().rows(id).find(|row| self.id(*row) == id)
    }

    /// An id that several rows have.
    pub(crate) fn repeated(&self) -> Option<&str> {
        self.index().repeated(|row| self.id(row)).map(|row| self.id(row))
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(self.ids()))
    }

    /// Names of models, in the order in which they come.
    pub(crate) fn models(&self) -> &[String] {
        &self.models
    }

    /// The numbers of A's and B's model, [`NONE`] if it has no name.
    pub(crate) fn models_of(&self, row: usize) -> [u32; 2] {
        [self.model_a[row], self.model_b[row]]
    }

    pub(crate) fn models_on(&self, a: bool) -> &[u32] {
        if a { &self.model_a } else { &self.model_b }
    }

    pub(crate) fn model_name(&self, code: u32) -> Option<&str> {
        self.models.get(code as usize).map(String::as_str)
    }

    pub(crate) fn scenarios(&self) -> &Names {
        &self.scenarios
    }

    pub(crate) fn sources(&self) -> &Names {
        &self.sources
    }

    /// How many pairs have a language in the data.
    pub(crate) fn languages(&self) -> u64 {
        self.languages
    }

    pub(crate) fn is_simulated(&self, row: usize) -> bool {
        self.simulated.binary_search(&(row as u32)).is_ok()
    }

    /// The rows that are marked as simulated.
    pub(crate) fn simulated(&self) -> impl Iterator<Item = usize> {
        self.simulated.iter().map(|row| *row as usize)
    }

    /// Fields of the data that any pair has.
    pub(crate) fn keys(&self) -> &BTreeSet<String> {
        &self.keys
    }

    /// A field's column; read from the table when it is first needed.
    pub(crate) fn field(&self, study: &Study, name: &str) -> Result<Arc<Field>> {
        if let Some(field) = self.known().get(name) {
            return Ok(Arc::clone(field));
        }
        let mut column = FieldInTheMaking::default();
        for batch in study.pairs_without_texts()? {
            batch?.iter().for_each(|pair| column.push(pair, name));
        }
        if column.field.of.len() != self.len() {
            return Err(changed());
        }
        let field = Arc::new(column.finish());
        self.known().insert(name.to_owned(), Arc::clone(&field));
        Ok(field)
    }

    /// The column of turns, 1 for a first question; `with_texts` shows every pair where nobody has asked for it before.
    pub(crate) fn turns(
        &self,
        with_texts: impl FnOnce(&mut dyn FnMut(&Pair)) -> Result<()>,
    ) -> Result<Arc<Field>> {
        if let Some(turns) = self.turns.get() {
            return Ok(Arc::clone(turns));
        }
        let mut column = FieldInTheMaking::default();
        with_texts(&mut |pair| {
            // A response of several turns answers the last of the user's turns in between.
            let all = pair.prompt.iter().chain(&pair.response_a.messages);
            let turn = all.filter(|message| message.role == Role::User).count();
            column.add(vec![turn.to_string()], Some(turn as f64));
        })?;
        Ok(Arc::clone(self.turns.get_or_init(|| Arc::new(column.finish()))))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Field>>> {
        self.fields.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Pairs that are being read.
#[derive(Debug, Default)]
pub(crate) struct PairsInTheMaking {
    out: Pairs,
    models: Interner,
    fields: Vec<(String, FieldInTheMaking)>,
}

#[derive(Debug, Default)]
struct FieldInTheMaking {
    field: Field,
    index: HashMap<(Vec<String>, Option<u64>), u32>,
}

impl FieldInTheMaking {
    fn push(&mut self, pair: &Pair, name: &str) {
        let number = match pair.metadata.get(name) {
            Some(Value::Number(number)) => number.as_f64(),
            _ => None,
        };
        self.add(pair.fields(name), number);
    }

    /// Takes the next value.
    fn add(&mut self, texts: Vec<String>, number: Option<f64>) {
        let key = (texts, number.map(f64::to_bits));
        let values = &mut self.field.values;
        let code = *self.index.entry(key).or_insert_with_key(|(texts, _)| {
            values.push(FieldValue { texts: texts.clone(), number });
            (values.len() - 1) as u32
        });
        self.field.of.push(code);
    }

    fn finish(mut self) -> Field {
        self.field.of.shrink_to_fit();
        self.field
    }
}

impl PairsInTheMaking {
    /// With the fields whose columns are needed.
    pub(crate) fn new(fields: &BTreeSet<String>) -> Self {
        Self {
            fields: fields.iter().map(|name| (name.clone(), FieldInTheMaking::default())).collect(),
            ..Self::default()
        }
    }

    /// Takes the next pair.
    pub(crate) fn push(&mut self, pair: &Pair) {
        let out = &mut self.out;
        let row = out.ids.len() as u32;
        out.ids.push(&pair.id);
        let mut model = |name: Option<&str>| name.map_or(NONE, |name| self.models.get(name));
        out.model_a.push(model(pair.response_a.model.as_deref()));
        out.model_b.push(model(pair.response_b.model.as_deref()));
        out.scenarios.push(pair.scenario.as_deref());
        out.sources.push(Some(&pair.provenance.source));
        out.languages += u64::from(pair.language.is_some());
        if pair.metadata.get("simulated") == Some(&Value::Bool(true)) {
            out.simulated.push(row);
        }
        for key in pair.metadata.keys() {
            if !out.keys.contains(key) {
                out.keys.insert(key.clone());
            }
        }
        self.fields.iter_mut().for_each(|(name, field)| field.push(pair, name));
    }

    pub(crate) fn finish(mut self) -> Pairs {
        self.out.models = self.models.into_list();
        let out = &mut self.out;
        out.ids.shrink();
        out.scenarios.shrink();
        out.sources.shrink();
        out.model_a.shrink_to_fit();
        out.model_b.shrink_to_fit();
        let fields = self.fields.into_iter().map(|(name, made)| (name, Arc::new(made.finish())));
        out.fields = Mutex::new(fields.collect());
        self.out
    }
}
