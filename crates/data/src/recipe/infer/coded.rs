//! Do the numbers of a verdict fit what a known format means by them?

use super::super::declared::{Recipe, Shape};
use super::super::path::Path;
use super::super::refusal::Refusal;
use super::super::roles;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::tokens;
use super::super::verdict_rule::VerdictRule;
use super::doubts::is_0_and_1;
use super::evidence::{Evidence, evidence};
use super::uses::used;
use super::values::number_of;
use crate::advice::MAP;

/// Numbers under the names of a known format that somebody else may have meant otherwise.
pub(crate) fn numbers_in_doubt(recipe: &Recipe, sample: &Sample) -> Option<Refusal> {
    if recipe.settled.iter().any(|role| role == "winner") {
        return None;
    }
    match recipe.shape {
        Shape::LlmBar => zero_and_one(recipe, sample, &["label"]),
        Shape::AlpacaEval => zero_and_one(recipe, sample, &["preference"]),
        Shape::PandaLm => zero_and_one(recipe, sample, &["annotator1", "annotator2", "annotator3"]),
        Shape::Pair => strength_alone(recipe, sample),
        _ => None,
    }
}

/// Labels of 0 and 1 alone where a format has 1 and 2, and 0 for a tie.
fn zero_and_one(recipe: &Recipe, sample: &Sample, fields: &[&str]) -> Option<Refusal> {
    let there: Vec<&str> =
        fields.iter().copied().filter(|field| sample.values(field).next().is_some()).collect();
    let field = there.first().filter(|_| there.iter().all(|field| is_0_and_1(sample, field)))?;
    let side = |role: &str, paths: &[Path]| Some(format!("{MAP} {role}={}", shell(paths.first()?.as_str())));
    let responses = format!("{} {}", side("response_a", &recipe.a)?, side("response_b", &recipe.b)?);
    let claims = |meaning: &str| -> String {
        let claim = |field: &&str| format!(" {MAP} winner={field}:{meaning}");
        there.iter().map(claim).collect()
    };
    Some(Refusal {
        problem: format!(
            "`{field}` contains 0 and 1 alone: the format {} has 1 and 2, and 0 for a tie, but here 0 may be the first response",
            recipe.name
        ),
        remedy: "say what the values mean".to_owned(),
        certain: true,
        start: vec![
            format!("{responses}{}", claims("0=A,1=B")),
            format!("or {responses}{}", claims("1=A,2=B,0=tie")),
        ],
    })
}

/// The numbers of a scale on which one side of the middle favours A and the other B, where all are on one side: how strong a preference is,
/// which another column may say, or nobody.
fn strength_alone(recipe: &Recipe, sample: &Sample) -> Option<Refusal> {
    /// So many numbers of one sign are hardly chance.
    const FEW: usize = 8;
    let there =
        |rule: &&VerdictRule| rule.place().is_some_and(|place| place.resolve(&sample.columns).is_some());
    let rule = recipe.verdict.iter().find(there)?;
    let scale = rule.scale.filter(|scale| scale.a * scale.b < 0.0 && !scale.of_chosen)?;
    let field = rule.field.as_ref()?;
    let column = field.resolve(&sample.columns)?;
    let numbers: Vec<f64> = sample
        .rows
        .iter()
        .filter_map(|row| number_of(column.get(row)?))
        .filter(|number| *number != 0.0)
        .collect();
    if numbers.is_empty() || numbers.iter().any(|number| *number < 0.0) {
        return None;
    }
    let used = used(recipe, sample);
    let names_the_winner = |column: &&String| {
        !used.contains(*column)
            && roles::VERDICTS.contains(&tokens(column).join("_").as_str())
            && matches!(evidence(sample, recipe, column), Some(Evidence::Words | Evidence::OneTwo))
    };
    let other = sample.columns.iter().find(names_the_winner);
    if other.is_none() && numbers.len() < FEW {
        return None;
    }
    let mut start: Vec<String> = Vec::new();
    if let Some(other) = other {
        let numbered = evidence(sample, recipe, other) == Some(Evidence::OneTwo);
        let claim = format!("winner={other}{}", if numbered { ":1=A,2=B" } else { "" });
        start.push(format!("{MAP} {}", shell(&claim)));
    }
    let or = if start.is_empty() { "" } else { "or " };
    let claim = shell(&format!("winner={field}:{}..{}", scale.a, scale.b));
    start.push(format!("{or}{MAP} {claim}   ({} = A is clearly better, {} = B)", scale.a, scale.b));
    Some(Refusal {
        problem: format!(
            "`{field}` is never below 0: it may be how strong a preference is, whichever response it is for"
        ),
        remedy: "say which column names the winner".to_owned(),
        certain: true,
        start,
    })
}
