//! By which names does a record call its two responses?

use super::super::calls::Names;
use super::super::declared::{Recipe, Shape};
use super::super::path::Path;
use super::super::sample::Sample;
use super::super::spelling::normal;
use super::evidence::text_at;
use crate::call::Call;
use crate::row::Row;

/// The names of a record's responses and models, as a rule's values may give them.
pub(super) struct NamesIn {
    column_a: String,
    column_b: String,
    model_a: Option<String>,
    model_b: Option<String>,
    text_a: Option<String>,
    text_b: Option<String>,
}

impl NamesIn {
    pub(super) fn names(&self) -> Names<'_> {
        Names {
            column_a: &self.column_a,
            column_b: &self.column_b,
            model_a: self.model_a.as_deref(),
            model_b: self.model_b.as_deref(),
            text_a: self.text_a.as_deref(),
            text_b: self.text_b.as_deref(),
        }
    }

    pub(super) fn by_name(&self, text: &str) -> Option<Call> {
        let is = |name: &str| !name.is_empty() && normal(name) == normal(text);
        let same = |side: &Option<String>| {
            side.as_ref().is_some_and(|side| text.len() > 2 && side.trim() == text.trim())
        };
        let a = is(&self.column_a) || self.model_a.as_deref().is_some_and(is) || same(&self.text_a);
        let b = is(&self.column_b) || self.model_b.as_deref().is_some_and(is) || same(&self.text_b);
        match (a, b) {
            (true, false) => Some(Call::A),
            (false, true) => Some(Call::B),
            _ => None,
        }
    }
}

pub(super) fn names_in(recipe: &Recipe, sample: &Sample, row: &Row) -> NamesIn {
    let place = |paths: &[Path]| paths.first().and_then(|path| path.resolve(&sample.columns));
    let side = |paths: &[Path]| place(paths).map(|column| column.name.to_string()).unwrap_or_default();
    let (a, b) = match recipe.shape {
        Shape::Votes => (&recipe.model_a, &recipe.model_b),
        _ => (&recipe.a, &recipe.b),
    };
    NamesIn {
        column_a: side(a),
        column_b: side(b),
        model_a: text_at(place(&recipe.model_a).as_ref(), row).map(str::to_owned),
        model_b: text_at(place(&recipe.model_b).as_ref(), row).map(str::to_owned),
        text_a: text_at(place(&recipe.a).as_ref(), row).map(str::to_owned),
        text_b: text_at(place(&recipe.b).as_ref(), row).map(str::to_owned),
    }
}
