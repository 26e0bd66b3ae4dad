//! What a format is: a declared table of what identifies it, where each role is found and which values mean A, B or a tie.
//!
//! The recipes that come with Predilect are one flat list, `catalogue.toml`. A user's `--mapping FILE.toml` is written in the
//! same words, `--map` gives single ones of them, and [`infer`] writes a recipe for a file that no listed one fits: whatever
//! reads a file is a [`Recipe`], so that all of them are shown, stored and checked in one way.

mod apply;
mod calls;
mod candidates;
mod declared;
mod infer;
mod mapping;
mod one_or_many;
mod path;
mod plan;
mod qualities;
mod record;
mod refusal;
mod roles;
mod rule;
mod sample;
mod shell;
mod spelling;
mod spelt;
mod told;
mod verdict_rule;
mod words;

use crate::advice::A_RECIPE;
use std::sync::LazyLock;

use predilect_types::parsed;
use serde::Deserialize;

pub(crate) use crate::call::Call;
pub(crate) use apply::{judged, name_of, on_side_b, weight};
#[cfg(test)]
pub(crate) use calls::Calls;
pub(crate) use calls::{Names, Seen};
pub(crate) use candidates::{MOST_PAIRS, truth};
pub use declared::{Candidates, Part, Recipe, Shape};
pub(crate) use infer::{
    answered_prompt, are_names, beside_prompt, complete, contradiction, count_votes, criterion_in_doubt,
    discarded, dissent, doubtful_prompt, exchanged, exchanged_unread, failed_scores, find_verdicts,
    has_turns_beside, headless, infer, input_beside, judge_calls, keyed, leave_record_ids, leave_remarks,
    names_not_texts, numbers_in_doubt, order_columns, orders_in_doubt, placed, places, prompt_column, rivals,
    settle_prompt, sides, texts_beside, third_response, turns_beside, used_as, winner_start, worded_prompt,
};
pub use mapping::{Mapping, MappingError};
pub(crate) use path::Column;
pub use path::Path;
pub(crate) use plan::{BareVotes, Naming, Plan};
pub(crate) use refusal::Refusal;
pub(crate) use sample::Sample;
pub(crate) use shell::shell;
pub use verdict_rule::{Scale, VerdictRule};
pub(crate) use words::{plain_words, words};

use crate::error::DataError;

impl Recipe {
    /// Reads a user's own recipe.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is not a recipe: the message names the line.
    pub fn from_file(path: &std::path::Path) -> Result<Self, DataError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| DataError::path_io(path, "read", e))?;
        let mut recipe: Self = toml::from_str(&text).map_err(|error| {
            let line = error
                .span()
                .map_or(0, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
            DataError::input(&shown, format!("line {line}: {}", parsed::plain(error.message())))
                .with_remedy(format!("{A_RECIPE} prints a recipe to start from"))
        })?;
        if recipe.name.is_empty() {
            "mapping".clone_into(&mut recipe.name);
        }
        Ok(recipe)
    }

    /// Every role with where it is found, in words: of several places the first that a record has.
    pub fn roles(&self) -> Vec<(String, String)> {
        let mut roles: Vec<(String, String)> = Vec::new();
        for (role, path) in used_as(self) {
            match roles.last_mut().filter(|(last, _)| *last == role) {
                Some((_, places)) if places.split(", ").any(|place| place == path.as_str()) => {}
                Some((_, places)) => {
                    places.push_str(", ");
                    places.push_str(path.as_str());
                }
                None => roles.push((role, path.as_str().to_owned())),
            }
        }
        if self.shape == Shape::Wide {
            roles
                .push(("responses".to_owned(), "the columns that the values of the verdict name".to_owned()));
        }
        if self.open {
            roles.push((
                "the rest".to_owned(),
                "found by the names and values of the other columns".to_owned(),
            ));
        }
        if let Some(name) = self.judge_name.as_ref().or(self.likely_judge.as_ref()) {
            roles.push(("judge's name".to_owned(), name.clone()));
        }
        for rule in &self.verdict {
            let field = rule.field.as_ref().map(ToString::to_string).unwrap_or_default();
            for (values, means) in [
                (&rule.a, "A"),
                (&rule.b, "B"),
                (&rule.tie, "a tie"),
                (&rule.both_bad, "both bad"),
                (&rule.both_good, "both good"),
                (&rule.nothing, "no verdict"),
            ] {
                if !values.is_empty() {
                    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                    roles.push((format!("means {means}"), format!("{field} = {}", values.join(", "))));
                }
            }
            if let Some(scale) = rule.scale {
                roles.push(("scale".to_owned(), format!("{field}: {} is A, {} is B", scale.a, scale.b)));
            }
        }
        roles
    }

    /// The recipe as TOML, to start a mapping from.
    ///
    /// # Errors
    ///
    /// When it cannot be written as TOML.
    pub fn to_toml(&self) -> Result<String, DataError> {
        toml::to_string_pretty(self).map_err(|error| DataError::input(&self.name, error.to_string()))
    }
}

#[derive(Deserialize)]
struct Catalogue {
    recipe: Vec<Recipe>,
}

/// The recipes that come with Predilect, from the most specific to the most general.
pub(crate) static CATALOGUE: LazyLock<Vec<Recipe>> = LazyLock::new(|| {
    match toml::from_str::<Catalogue>(include_str!("catalogue.toml")) {
        Ok(catalogue) => catalogue.recipe,
        // A test reads it, so that this cannot happen in a build that passed.
        Err(error) => unreachable!("catalogue.toml: {error}"),
    }
});
