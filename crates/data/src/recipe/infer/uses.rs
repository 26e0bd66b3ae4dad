//! Which columns does a recipe use, and as what?

use super::super::declared::{Recipe, Shape};
use super::super::path::Path;
use super::super::sample::Sample;
use std::collections::BTreeSet;

/// The columns that a recipe uses. What a field within a list says of each of its votes does not use up the list.
pub(crate) fn used(recipe: &Recipe, sample: &Sample) -> BTreeSet<String> {
    let column = |(role, path): &(String, Path)| {
        let column = path.resolve(&sample.columns)?;
        (role != "swapped" || !column.is_within()).then(|| column.name.to_string())
    };
    used_as(recipe).iter().filter_map(column).collect()
}

/// Whether a column names the judge of verdicts that are not known to be right.
pub(super) fn names_a_judge(recipe: &Recipe, sample: &Sample) -> bool {
    !recipe.coded()
        && !recipe.gold
        && !recipe.no_choice
        && recipe.judge.iter().any(|path| path.resolve(&sample.columns).is_some())
}

/// Every path of a recipe with the role it has.
pub(crate) fn used_as(recipe: &Recipe) -> Vec<(String, Path)> {
    let choice = recipe.shape == Shape::Choice;
    let mut found: Vec<(String, Path)> = Vec::new();
    for (role, paths) in [
        ("prompt", &recipe.prompt),
        ("system", &recipe.system),
        ("input", &recipe.input),
        ("history", &recipe.history),
        (if choice { "chosen" } else { "response A" }, &recipe.a),
        (if choice { "rejected" } else { "response B" }, &recipe.b),
        (if choice { "model of chosen" } else { "model A" }, &recipe.model_a),
        (if choice { "model of rejected" } else { "model B" }, &recipe.model_b),
        ("id", &recipe.id),
        ("scenario", &recipe.scenario),
        ("language", &recipe.language),
        ("swapped", &recipe.swapped),
        ("left out", &recipe.leave_out),
        ("judge", &recipe.judge),
        ("annotator", &recipe.annotator),
        ("criterion", &recipe.criterion),
        ("weight", &recipe.weight),
        ("score", &recipe.scores),
    ] {
        found.extend(paths.iter().map(|path| (role.to_owned(), path.clone())));
    }
    if let Some(candidates) = &recipe.candidates {
        for (at, path) in candidates.texts.iter().enumerate() {
            let role = match candidates.names.get(at) {
                Some(name) => format!("response of {name}"),
                None => "response".to_owned(),
            };
            found.push((role, path.clone()));
        }
        let each = if candidates.scores_are_ranks { "rank" } else { "score" };
        found.extend(candidates.scores.iter().map(|path| (each.to_owned(), path.clone())));
        let beside = [
            ("model", &candidates.model),
            ("score", &candidates.score),
            ("rank", &candidates.rank),
            ("verdict", &candidates.order),
            ("verdict", &candidates.chosen),
            ("worst", &candidates.worst),
        ];
        found.extend(beside.into_iter().filter_map(|(role, path)| Some((role.to_owned(), path.clone()?))));
    }
    for rule in &recipe.verdict {
        if let Some(each) = &rule.each {
            found.push(("verdicts".to_owned(), each.clone()));
            continue;
        }
        let numbers = rule.higher.iter().chain(&rule.lower).chain(&rule.share).chain(&rule.one_hot);
        let fields = rule.field.iter().chain(numbers);
        found.extend(fields.map(|path| ("verdict".to_owned(), path.clone())));
        found.extend(rule.tie_field.iter().map(|path| ("tie".to_owned(), path.clone())));
        found.extend(rule.judge.iter().map(|path| ("judge".to_owned(), path.clone())));
        found.extend(rule.annotator.iter().map(|path| ("annotator".to_owned(), path.clone())));
        found.extend(rule.receipt.iter().map(|path| ("receipt".to_owned(), path.clone())));
    }
    found
}
