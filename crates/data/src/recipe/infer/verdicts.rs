//! Which columns say who won, and how their values are read.

use super::super::declared::{Recipe, Shape};
use super::super::path::Path;
use super::super::refusal::Refusal;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::{normal, tokens};
use super::super::verdict_rule::VerdictRule;
use super::super::{qualities, roles};
use super::columns::path;
use super::doubts::doubt;
use super::evidence::{Evidence, evidence, sample_calls};
use super::flags::flags_and_probabilities;
use super::judges::{
    by_criterion, by_judge, common_words, criteria_beside, criterion_of, judge_of_column, judges_beside,
    of_a_judge, people, people_in_numbers,
};
use super::listed::{listed, ties_or_two};
use super::losers::{loser, mapped, names_the_loser};
use super::numbered::numbered;
use super::numbers::{number_each, pair_votes};
use super::parallel::leave_lists;
use super::pooled::{each_of, singles};
use super::questions::{asked_words, less_of_a_drawback};
use super::sentences::phrased;
use super::ties::tie_beside;
use super::two_orders::{are_two_orders, is_of_an_order, name_models, other_order, two_orders};
use super::uses::used;
use crate::advice::MAP;
use serde_json::Value;

/// The columns that may say who won, the likeliest first.
pub(super) fn verdict_columns(sample: &Sample, recipe: &Recipe) -> Vec<(String, Evidence)> {
    let mut found = Vec::new();
    let used = used(recipe, sample);
    let mut columns: Vec<(usize, &String)> = sample
        .columns
        .iter()
        .filter(|column| {
            !used.contains(*column) && !names_the_loser(column) && !normal(column).ends_with("suggestion")
        })
        .filter_map(|column| {
            let plain = tokens(column).join("_");
            let exact = roles::VERDICTS.iter().position(|name| {
                *name == plain
                    || *name == normal(column)
                    || (column.contains('.') && normal(column).ends_with(&format!("_{name}")))
            });
            let words = tokens(column);
            let loose = (asks_for_better(&words) || of_a_judge(&words)).then_some(roles::VERDICTS.len());
            exact.or(loose).map(|rank| (rank, column))
        })
        .collect();
    columns.sort_by_key(|(rank, _)| *rank);
    for (rank, column) in columns {
        if let Some(evidence) = evidence(sample, recipe, column) {
            // A loose name needs unambiguous values.
            if rank < roles::VERDICTS.len() || matches!(evidence, Evidence::Words | Evidence::ZeroOne) {
                found.push((column.clone(), evidence));
            }
        }
    }
    found
}

/// Whether the words of a name only ask for the better one of two: `Which response do you prefer?`.
fn asks_for_better(words: &[String]) -> bool {
    const COMPARES: &[&str] = &[
        "winner",
        "winning",
        "wins",
        "won",
        "better",
        "best",
        "vote",
        "votes",
        "voted",
        "choice",
        "choose",
        "chosen",
        "verdict",
        "favorite",
        "favourite",
        "favored",
        "favoured",
        "picked",
        "pick",
        "selected",
        "selection",
        "superior",
        "safer",
        "clearer",
        "kinder",
        "nicer",
        "friendlier",
        "smarter",
        "stronger",
        "truer",
        "deeper",
        "funnier",
    ];
    // More of a quality is better; for anything else it is unknown.
    let good = words.iter().any(|word| qualities::quality(word) || roles::good(word));
    let compares = |word: &String| {
        (["more", "most"].contains(&word.as_str()) && good)
            || COMPARES.contains(&word.as_str())
            || word.starts_with("prefer")
            || ["judgment", "judgement"].contains(&word.as_str())
    };
    (words.iter().any(compares) || less_of_a_drawback(words))
        && !words.iter().any(|word| NOT_BETTER.contains(&word.as_str()))
}

/// Words for what a response may be first or more in, without being better, and for what else is chosen or preferred.
const NOT_BETTER: &[&str] = &[
    "first",
    "second",
    "third",
    "minority",
    "predicted",
    "expected",
    "prior",
    "previous",
    "random",
    "simulated",
    "shown",
    "display",
    "displayed",
    "longer",
    "shorter",
    "longest",
    "shortest",
    "length",
    "baseline",
    "position",
    "order",
    "presented",
    "hand",
    "handed",
    "handedness",
    "group",
    "language",
    "lang",
    "name",
    "gender",
    "pronoun",
    "pronouns",
    "time",
    "color",
    "colour",
    "ai",
    "slot",
    "check",
    "attention",
    "topic",
    "voter",
    "same",
    "cheaper",
    "faster",
    "slower",
    "multiple",
    "format",
    "style",
    "reason",
    "reasons",
    "rationale",
    "confidence",
    "strength",
    "id",
    "count",
    "rate",
    "rating",
    "score",
    "recent",
    "similar",
    "likely",
];

/// The rules for the verdict of two responses.
#[expect(clippy::too_many_lines, reason = "one way to find a verdict after the other, a line or two each")]
pub(super) fn verdicts(recipe: &Recipe, sample: &Sample) -> Result<Vec<VerdictRule>, Refusal> {
    let numbered = numbered(sample, recipe)?;
    if !numbered.is_empty() {
        return Ok(numbered);
    }
    let found = verdict_columns(sample, recipe);
    let sure: Vec<&(String, Evidence)> =
        found.iter().filter(|(_, evidence)| *evidence != Evidence::Codes).collect();
    let rule = |(column, evidence): &(String, Evidence)| {
        let field = Some(path(column));
        match evidence {
            Evidence::OneTwo => VerdictRule {
                field,
                a: vec![Value::from(1)],
                b: vec![Value::from(2)],
                ..VerdictRule::default()
            },
            Evidence::ZeroOne => VerdictRule {
                field,
                a: vec![Value::from(0)],
                b: vec![Value::from(1)],
                ..VerdictRule::default()
            },
            _ => VerdictRule { field, ..VerdictRule::default() },
        }
    };
    match sure.as_slice() {
        [] => {}
        // The only one is named after its judge.
        [only] => {
            let named = recipe.judge.iter().any(|path| path.resolve(&sample.columns).is_some());
            let judge_name = judge_of_column(&only.0).filter(|_| !named);
            return singles(recipe, sample, vec![VerdictRule { judge_name, ..rule(only) }]);
        }
        several_found => {
            let found = several(recipe, sample, several_found, rule)?;
            return singles(recipe, sample, found);
        }
    }
    // Totals of bare votes before a total that happens to be 0 or 1 in every record.
    if recipe.shape == Shape::Votes
        && sure.is_empty()
        && let Some(share) = pair_votes(sample, recipe)
    {
        return Ok(vec![VerdictRule { share, ..VerdictRule::default() }]);
    }
    let listed = listed(sample, recipe)?;
    if !listed.is_empty() {
        return Ok(listed);
    }
    // Numbers under a name for the verdict take precedence over other columns.
    if let Some((column, _)) = found.iter().find(|(_, evidence)| *evidence == Evidence::Codes) {
        return Err(doubt(sample, column));
    }
    if let Some(rule) = flags_and_probabilities(sample, recipe)? {
        return Ok(vec![rule]);
    }
    let people = people(sample, recipe)?;
    if !people.is_empty() {
        return Ok(people);
    }
    let numbered = people_in_numbers(sample, recipe)?;
    if !numbered.is_empty() {
        return Ok(numbered);
    }
    let numbers = number_each(sample, recipe)?;
    if !numbers.is_empty() {
        return Ok(numbers);
    }
    if let Some(rule) = loser(sample, recipe)? {
        return Ok(vec![rule]);
    }
    Ok(phrased(sample, recipe).into_iter().collect())
}

/// Words that two columns of one verdict may differ in.
const SAME: &[&str] = &[
    "model",
    "name",
    "id",
    "response",
    "answer",
    "output",
    "text",
    "label",
    "side",
    "letter",
    "index",
    "final",
    "initial",
    "first",
    "second",
    "before",
    "after",
    "overall",
    "value",
    "raw",
    "human",
    "preferred",
    "winner",
];

/// What several columns that may say who won are: judges, criteria, the same thing twice, or a reason to ask.
fn several(
    recipe: &Recipe,
    sample: &Sample,
    sure: &[&(String, Evidence)],
    rule: impl Fn(&(String, Evidence)) -> VerdictRule,
) -> Result<Vec<VerdictRule>, Refusal> {
    let [first, others @ ..] = sure else { return Ok(Vec::new()) };
    if let [other] = others
        && are_two_orders(recipe, sample, &first.0, &other.0)
    {
        if name_models(sample, &[&first.0, &other.0]) {
            return Ok(vec![rule(first), rule(other)]);
        }
        return Err(two_orders(recipe, sample, (&first.0, &other.0)));
    }
    // Judges who agree on the first records are two judges all the same.
    if let Some(names) = by_judge(sure, &common_words(sure)).filter(|names| {
        names.iter().all(|name| name.as_ref().is_some_and(|name| !normal(name).contains("model")))
    }) {
        return Ok(sure
            .iter()
            .zip(names)
            .map(|(column, name)| VerdictRule { judge_name: name, ..rule(column) })
            .collect());
    }
    // So are people and criteria, where names have one word in common and another one each.
    let common = common_words(sure);
    let apart = |(column, _): &&(String, Evidence)| {
        let words = asked_words(column);
        let rest: Vec<&String> = words.iter().filter(|word| !common.contains(word)).collect();
        !rest.is_empty()
            && rest.iter().all(|word| !SAME.contains(&word.as_str()) && word.parse::<u32>().is_err())
    };
    if !common.is_empty()
        && sure.iter().all(|found| apart(found) && !is_of_an_order(&found.0))
        && let Some(rules) = by_criterion(sure, &rule)
    {
        return Ok(rules);
    }
    let own = sample_calls(sample, recipe, &first.0);
    let disagrees = others.iter().find(|(column, _)| {
        let other = sample_calls(sample, recipe, column);
        other.len() != own.len() || other.iter().zip(&own).any(|((_, x), (_, y))| x != y)
    });
    let Some(other) = disagrees else { return Ok(vec![rule(first)]) };
    if sure.iter().any(|(column, _)| is_of_an_order(column)) {
        return Err(two_orders(recipe, sample, (&first.0, &other.0)));
    }
    if !stages(sure)
        && let Some(rules) = by_criterion(sure, rule)
    {
        return Ok(rules);
    }
    Err(Refusal {
        problem: format!("`{}` and `{}` may both say who won, and they differ", first.0, other.0),
        remedy: "say which is the verdict".to_owned(),
        certain: true,
        start: vec![
            format!("{MAP} winner={}", shell(&first.0)),
            format!("or {MAP} winner={}", shell(&other.0)),
        ],
    })
}

/// Whether columns are named for stages of one verdict: `initial_choice` and `final_choice`.
fn stages(sure: &[&(String, Evidence)]) -> bool {
    const STAGES: &[&str] = &["initial", "final", "before", "after", "first", "second", "revised"];
    sure.iter().any(|(column, _)| tokens(column).iter().any(|word| STAGES.contains(&word.as_str())))
}

/// Finds who won by the names of columns, if a recipe declares nothing for it that the file has.
pub(crate) fn find_verdicts(recipe: &mut Recipe, sample: &Sample) -> Result<(), Refusal> {
    if recipe.a_wins {
        tie_beside(recipe, sample);
        return Ok(());
    }
    if !matches!(recipe.shape, Shape::Pair | Shape::Votes | Shape::Sidecar) {
        return Ok(());
    }
    let there =
        |rule: &VerdictRule| rule.place().is_some_and(|place| place.resolve(&sample.columns).is_some());
    if recipe.settled.iter().any(|role| role == "winner") {
        each_of(recipe, sample)?;
        leave_lists(recipe);
        return mapped(sample, recipe).map_or(Ok(()), Err);
    }
    if recipe.verdict.iter().any(there) {
        if recipe.open {
            beside_declared(recipe, sample)?;
        }
        tie_beside(recipe, sample);
        add_judges(recipe, sample);
        return Ok(());
    }
    let declared = std::mem::take(&mut recipe.verdict);
    recipe.verdict = verdicts(recipe, sample)?;
    if recipe.verdict.is_empty() {
        recipe.verdict = declared;
    } else if !declared.is_empty() {
        // Who gave the format's own verdicts does not say who gave others.
        recipe.judge_name = None;
    }
    leave_lists(recipe);
    tie_beside(recipe, sample);
    add_judges(recipe, sample);
    Ok(())
}

/// What the other columns make of the one verdict that an open recipe declares: one of several that are counted, or what most people said.
fn beside_declared(recipe: &mut Recipe, sample: &Sample) -> Result<(), Refusal> {
    each_of(recipe, sample)?;
    if let Some(refusal) = recipe.verdict.iter().find_map(|rule| ties_or_two(sample, rule)) {
        return Err(refusal);
    }
    let place = |rule: &VerdictRule| rule.place().and_then(|place| place.resolve(&sample.columns));
    let there: Vec<VerdictRule> =
        recipe.verdict.iter().filter(|rule| place(rule).is_some()).cloned().collect();
    if let [only] = there.as_slice()
        && only.each.is_none()
    {
        if let Some(field) = &only.field
            && let Some(refusal) = other_order(recipe, sample, field.as_str())
        {
            return Err(refusal);
        }
        let counted = numbered(sample, recipe)?;
        let of_it = counted.iter().any(|rule| place(rule) == place(only));
        recipe.verdict = if of_it { counted } else { singles(recipe, sample, there)? };
    }
    leave_lists(recipe);
    Ok(())
}

/// Adds the verdicts of the judges that other columns are named after, if the columns exist.
fn add_judges(recipe: &mut Recipe, sample: &Sample) {
    let plain = |rule: &VerdictRule| rule.field.is_some() && rule.each.is_none();
    let open = recipe.open || recipe.name == "by_names";
    if open && recipe.shape == Shape::Pair && !recipe.verdict.is_empty() && recipe.verdict.iter().all(plain) {
        let judges = judges_beside(recipe, sample);
        let criteria = criteria_beside(recipe, sample);
        recipe.verdict.extend(judges);
        // Beside others of its kind the first one is by a criterion, too.
        if let [only] = recipe.verdict.as_mut_slice()
            && !criteria.is_empty()
            && only.criterion.is_none()
            && only.judge_name.is_none()
        {
            only.criterion = only.field.as_ref().and_then(|field| criterion_of(field.as_str()));
        }
        let known: Vec<Path> = recipe.verdict.iter().filter_map(|rule| rule.field.clone()).collect();
        recipe.verdict.extend(
            criteria
                .into_iter()
                .filter(|rule| rule.field.as_ref().is_none_or(|field| !known.contains(field))),
        );
    }
}
