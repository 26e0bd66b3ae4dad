//! Verdicts in a number for each response: scores, ranks, counts of votes.

use super::super::declared::{Recipe, Shape};
use super::super::path::Path;
use super::super::refusal::Refusal;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::{normal, tokens};
use super::super::verdict_rule::VerdictRule;
use super::super::{qualities, roles};
use super::columns::path;
use super::judges::is_judge_word;
use super::paired::{both_bad, is_number, of_people, tie_of, two};
use super::sided::{is_response_word, sided};
use super::uses::used;
use super::values::number_of;
use crate::advice::MAP;
use serde_json::Value;

/// A number for each response.
pub(super) fn number_each(sample: &Sample, recipe: &Recipe) -> Result<Vec<VerdictRule>, Refusal> {
    let both = |(a, b): (String, String)| vec![path(&a), path(&b)];
    let one = |rule: VerdictRule| Ok(vec![rule]);
    let scores = scores(sample, recipe)?;
    if !scores.is_empty() {
        return ranked_otherwise(sample, &scores).map_or(Ok(scores), Err);
    }
    if let Some(column) = listed_scores(sample, recipe) {
        return one(VerdictRule { higher: vec![path(&column)], ..VerdictRule::default() });
    }
    if let Some(ranks) = pair_ranks(sample)? {
        return one(VerdictRule { lower: both(ranks), ..VerdictRule::default() });
    }
    if let Some(share) = pair_votes(sample, recipe) {
        return one(VerdictRule { share, ..VerdictRule::default() });
    }
    Ok(Vec::new())
}

/// Ranks of two responses that do not follow the only scores which they have.
fn ranked_otherwise(sample: &Sample, scores: &[VerdictRule]) -> Option<Refusal> {
    let [VerdictRule { higher, criterion: None, judge_name: None, .. }] = scores else { return None };
    let [a, b] = higher.as_slice() else { return None };
    let (first, second) = pair_ranks(sample).ok().flatten()?;
    let difference = |row: &crate::row::Row, x: &str, y: &str| {
        let number = |column: &str| row.get(column).and_then(number_of);
        Some(number(x)? - number(y)?)
    };
    let differs = |row: &crate::row::Row| {
        let (score, rank) = (difference(row, a.as_str(), b.as_str()), difference(row, &second, &first));
        matches!((score, rank), (Some(score), Some(rank)) if rank != 0.0 && score * rank <= 0.0)
    };
    sample.rows.iter().find(|row| differs(row))?;
    Some(Refusal {
        problem: format!("`{a}` and `{first}` both order the responses, and contradict each other"),
        remedy: "say which is the verdict".to_owned(),
        certain: true,
        start: vec![
            format!("{MAP} {}", shell(&format!("winner={a} > {b}"))),
            format!("or {MAP} {}", shell(&format!("winner={first} < {second}"))),
        ],
    })
}

/// Numbers where it is unknown whether more is better.
fn larger_or_smaller(a: &str, b: &str) -> Refusal {
    Refusal {
        problem: format!(
            "`{a}` and `{b}` are numbers; the file does not say whether the larger one is better"
        ),
        remedy: "say which".to_owned(),
        certain: true,
        start: vec![
            format!("{MAP} {}", shell(&format!("winner={a} > {b}"))),
            format!("or {MAP} {}", shell(&format!("winner={a} < {b}"))),
        ],
    }
}

/// Scores of both responses, by several judges or criteria: `score_a` and `score_b`, `gpt4_score_a` and `gpt4_score_b`. What is scored has
/// to be known: for toxicity the smaller score is better, and for an unknown quantity it may be. Such scores are metadata if there are
/// known ones, and the user is asked if there are no others.
fn scores(sample: &Sample, recipe: &Recipe) -> Result<Vec<VerdictRule>, Refusal> {
    let used = used(recipe, sample);
    let says = |words: &[String]| {
        let named = |word: &String| is_response_word(word) || word == "model";
        words.iter().any(|word| roles::SCORES.contains(&word.as_str()))
            // `helpfulness_a` and `helpfulness_b`: of a quality more is better.
            || (words.iter().any(|word| qualities::graded(word))
                && words.iter().all(|word| qualities::graded(word) || named(word)))
    };
    let groups =
        sided(sample, |words, column| says(words) && !used.contains(column) && is_number(sample, column));
    let mut rules = Vec::new();
    let mut doubtful = None;
    for group in groups.iter().filter(|group| !of_people(group)) {
        let Some((a, b)) = two(group) else { continue };
        let scored = tokens(&a).iter().any(|word| roles::SCORES.contains(&word.as_str()));
        if !scored && !grades_of_responses(sample, recipe, (&a, &b)) {
            continue;
        }
        let parts = |column: &str| -> Vec<String> { normal(column).split('_').map(str::to_owned).collect() };
        let (x, y) = (parts(&a), parts(&b));
        // The score of a model is that of its response.
        let plain = |part: &str| roles::SCORES.contains(&part) || is_response_word(part) || part == "model";
        let rest: Vec<&str> =
            x.iter().filter(|part| y.contains(part) && !plain(part)).map(String::as_str).collect();
        let words = || rest.iter().flat_map(|part| tokens(part)).filter(|word| word.parse::<f64>().is_err());
        // What is scored as `ai` may be by a model, or how much like one.
        let judge = words().any(|word| is_judge_word(&word) && word != "ai");
        if words().any(|word| qualities::measure(&word)) {
            continue;
        }
        if is_grade(sample, &a, &b)
            || words().any(|word| qualities::drawback(&word))
            || !(judge || words().all(|word| qualities::quality(&word)))
        {
            doubtful.get_or_insert((a, b));
            continue;
        }
        let higher = vec![path(&a), path(&b)];
        rules.push(match rest.join(if judge { "-" } else { " " }) {
            name if name.is_empty() || name == "overall" => VerdictRule { higher, ..VerdictRule::default() },
            name if judge => VerdictRule { higher, judge_name: Some(name), ..VerdictRule::default() },
            name => VerdictRule { higher, criterion: Some(name), ..VerdictRule::default() },
        });
    }
    match doubtful {
        Some((a, b)) if rules.is_empty() => Err(larger_or_smaller(&a, &b)),
        _ => Ok(rules),
    }
}

/// Whether two columns may be grades as schools give them: of some the smallest number is the best one, of others the largest.
fn is_grade(sample: &Sample, a: &str, b: &str) -> bool {
    let grade = |column: &str| tokens(column).iter().any(|word| ["grade", "grades"].contains(&word.as_str()));
    let school = |column: &str| {
        sample.values(column).filter_map(number_of).all(|number| (1.0..=6.0).contains(&number))
    };
    grade(a) && school(a) && school(b)
}

/// A column with a list of two scores, the first response's and the second's.
fn listed_scores(sample: &Sample, recipe: &Recipe) -> Option<String> {
    const LISTS: &[&str] = &["scores", "rewards", "ratings", "reward_scores", "rm_scores"];
    let used = used(recipe, sample);
    let two = |value: &Value| {
        value.as_array().is_some_and(|items| items.len() == 2 && items.iter().all(Value::is_number))
    };
    let listed = |column: &&String| {
        !used.contains(*column)
            && LISTS.contains(&normal(column).as_str())
            && sample.values(column).next().is_some()
            && sample.values(column).all(two)
    };
    sample.columns.iter().find(listed).cloned()
}

/// Whether grades of a quality are the verdict: they are called after the sides as the responses are, they differ from record to
/// record, and no other column names one of the two.
fn grades_of_responses(sample: &Sample, recipe: &Recipe, (a, b): (&str, &str)) -> bool {
    let side = |column: &str, other: &str| {
        let (x, y) = (tokens(column), tokens(other));
        x.iter().zip(&y).find(|(x, y)| x != y).map(|(x, _)| x.clone())
    };
    let own = recipe.a.first().zip(recipe.b.first());
    let alike = own.is_some_and(|(first, second)| {
        side(first.as_str(), second.as_str()).is_some_and(|own| side(a, b) == Some(own))
    });
    let one = |column: &str| {
        let mut values = sample.values(column).filter_map(number_of);
        let first = values.next();
        values.all(|value| Some(value) == first)
    };
    let constant = sample.rows.len() > 2 && one(a) && one(b);
    let used = used(recipe, sample);
    let names_a_side = |column: &&String| {
        let sides = sample.values(column).all(|value| {
            value.as_str().is_some_and(|text| {
                matches!(
                    super::super::words(text),
                    Some(super::super::Call::A | super::super::Call::B | super::super::Call::Tie(_))
                )
            })
        });
        !used.contains(*column) && sample.values(column).next().is_some() && sides
    };
    alike && !constant && !sample.columns.iter().any(|column| names_a_side(&column))
}

/// The ranks of two responses, 1 for the better one.
fn pair_ranks(sample: &Sample) -> Result<Option<(String, String)>, Refusal> {
    const RANKS: &[&str] = &["rank", "ranking", "ranked"];
    const BESIDE: &[&str] = &["human", "judge", "overall", "model", "final", "annotator", "the"];
    let says = |words: &[String]| {
        let about = |word: &String| {
            RANKS.contains(&word.as_str()) || is_response_word(word) || BESIDE.contains(&word.as_str())
        };
        words.iter().any(|word| RANKS.contains(&word.as_str())) && words.iter().all(about)
    };
    let groups = sided(sample, |words, column| says(words) && is_number(sample, column));
    let Some((a, b)) = groups.iter().filter(|group| !of_people(group)).find_map(two) else { return Ok(None) };
    // First and second, or both first; places in a longer list may be grades as well.
    let number = |row: &crate::row::Row, column: &str| row.get(column).and_then(number_of);
    let places = |row: &crate::row::Row| match (number(row, &a), number(row, &b)) {
        (Some(x), Some(y)) => [(1.0, 1.0), (1.0, 2.0), (2.0, 1.0)].contains(&(x, y)),
        _ => true,
    };
    if sample.rows.iter().all(places) {
        return Ok(Some((a, b)));
    }
    Err(larger_or_smaller(&a, &b))
}

/// How many people voted for each of two responses, and for a tie.
pub(super) fn pair_votes(sample: &Sample, recipe: &Recipe) -> Option<Vec<Path>> {
    const BESIDE: &[&str] = &[
        "num", "n", "number", "count", "counts", "of", "for", "human", "model", "response", "answer", "the",
        "total",
    ];
    let used = used(recipe, sample);
    // Of bare votes, records may count what each model won.
    let votes = |word: &String| {
        word == "votes" || (recipe.shape == Shape::Votes && ["wins", "win", "won"].contains(&word.as_str()))
    };
    let says = |words: &[String]| {
        words.iter().any(votes)
            && words.iter().all(|word| votes(word) || word == "vote" || BESIDE.contains(&word.as_str()))
    };
    let count = |column: &str| {
        is_number(sample, column)
            && sample.values(column).filter_map(number_of).all(|votes| votes >= 0.0 && votes.fract() == 0.0)
    };
    let groups = sided(sample, |words, column| says(words) && !used.contains(column) && count(column));
    let (a, b) = groups.iter().find_map(two)?;
    let tie = tie_of(sample, (&a, &b), |column| count(column)).or_else(|| {
        let ties = ["ties", "tie", "draws", "num_ties", "n_ties", "tie_count", "ties_count"];
        let named = |column: &&String| ties.contains(&normal(column).as_str()) && count(column);
        sample.columns.iter().find(named).cloned()
    });
    // Shares in percent do not show how many voted.
    if recipe.shape == Shape::Votes {
        let number =
            |row: &crate::row::Row, column: &String| row.get(column).and_then(number_of).unwrap_or(0.0);
        let total = |row: &crate::row::Row| -> f64 {
            [&a, &b].into_iter().chain(&tie).map(|column| number(row, column)).sum()
        };
        if sample.rows.iter().all(|row| total(row) == 100.0 || total(row) == 1.0) {
            return None;
        }
        // A total that is more than the sum includes something that no column names.
        let totals = ["total", "n", "count", "games", "matches", "battles", "total_votes", "num_battles"];
        let more = |column: &&String| {
            totals.contains(&normal(column).as_str())
                && count(column)
                && sample.rows.iter().any(|row| number(row, column) > total(row))
        };
        if sample.columns.iter().any(|column| more(&column)) {
            return None;
        }
    }
    let bad = both_bad(sample, &a, &b).filter(|column| Some(column) != tie.as_ref() && count(column));
    Some([a, b].iter().chain(&tie).chain(&bad).map(|column| path(column)).collect())
}
