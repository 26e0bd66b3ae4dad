//! Verdicts in numbers: a truth value for one side, a column for each side, probabilities, scores, ranks, counts of votes.

use super::super::qualities;
use super::super::roles::{self, tokens};
use super::super::{Path, Recipe, Sample, Scale, Shape, VerdictRule};
use super::doubts::flag;
use super::judges::{is_judge_word, is_person_word};
use super::responses::{Group, is_response_word, number_of, sided};
use super::{Refusal, path, shell, used};
use serde_json::Value;

/// Words that say of one response that it won.
const WON: &[&str] = &[
    "winner",
    "won",
    "wins",
    "win",
    "preferred",
    "prefers",
    "prefer",
    "better",
    "best",
    "chosen",
    "selected",
];
/// Words that may stand beside them and say no more.
const BESIDE: &[&str] = &[
    "is",
    "was",
    "model",
    "response",
    "answer",
    "output",
    "option",
    "assistant",
    "candidate",
    "completion",
    "summary",
    "the",
    "one",
    "human",
    "user",
    "judge",
    "annotator",
    "choice",
    "preference",
    "selection",
    "label",
    "vote",
    "than",
    "over",
    "other",
];
const TIES: &[&str] = &["tie", "tied", "equal", "same", "draw", "both", "neither", "none"];
const PROBABILITY: &[&str] = &["p", "prob", "probability"];
const BESIDE_PROBABILITY: &[&str] = &[
    "win",
    "wins",
    "winning",
    "preferred",
    "prefers",
    "preference",
    "pref",
    "better",
    "response",
    "answer",
    "model",
    "output",
    "judge",
    "of",
    "is",
    "mean",
    "best",
];

/// The first of these ways that a file has; what may be read in two ways stops.
pub(super) fn flags_and_probabilities(
    sample: &Sample,
    recipe: &Recipe,
) -> Result<Option<VerdictRule>, Refusal> {
    if let Some(one_hot) = one_hot(sample, recipe)? {
        return Ok(Some(VerdictRule { one_hot, ..VerdictRule::default() }));
    }
    if let Some(rule) = one_sided(sample, recipe) {
        return Ok(Some(rule));
    }
    probabilities(sample, recipe)
}

/// A number for each response.
pub(super) fn number_each(sample: &Sample, recipe: &Recipe) -> Result<Vec<VerdictRule>, Refusal> {
    let both = |(a, b): (String, String)| vec![path(&a), path(&b)];
    let one = |rule: VerdictRule| Ok(vec![rule]);
    let scores = scores(sample, recipe)?;
    if !scores.is_empty() {
        return Ok(scores);
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

/// Whether the number in which two columns differ is that of a person: `annotator_1_rating` and `annotator_2_rating`.
fn of_people(group: &Group) -> bool {
    let Some((a, b)) = two(group) else { return false };
    let (x, y) = (tokens(&a), tokens(&b));
    let at = x.iter().zip(&y).position(|(x, y)| x != y);
    at.and_then(|at| x.get(at.checked_sub(1)?)).is_some_and(|before| is_person_word(before))
}

fn is_flag(sample: &Sample, column: &str) -> bool {
    sample.values(column).next().is_some() && sample.values(column).all(|value| flag(value).is_some())
}

fn is_number(sample: &Sample, column: &str) -> bool {
    sample.values(column).next().is_some()
        && sample.values(column).all(|value| number_of(value).is_some_and(f64::is_finite))
}

fn two(group: &Group) -> Option<(String, String)> {
    match group.columns.as_slice() {
        [a, b] => Some((a.clone(), b.clone())),
        _ => None,
    }
}

/// The column that is called as these two are, with a word for a tie in the place of the side (and of `answer` beside it).
fn tie_of(sample: &Sample, (a, b): (&str, &str), fits: impl Fn(&str) -> bool) -> Option<String> {
    let (x, y) = (tokens(a), tokens(b));
    let at = x.iter().zip(&y).position(|(x, y)| x != y)?;
    let rest = |words: &[String], own: &dyn Fn(usize, &String) -> bool| {
        let kept = words.iter().enumerate().filter(|(i, word)| !own(*i, word) && !is_response_word(word));
        kept.map(|(_, word)| word.clone()).collect::<Vec<_>>()
    };
    let common = rest(&x, &|i, _| i == at);
    let is_tie = |column: &&String| {
        let words = tokens(column);
        words.iter().filter(|word| TIES.contains(&word.as_str())).count() == 1
            && rest(&words, &|_, word| TIES.contains(&word.as_str())) == common
            && fits(column)
    };
    sample.columns.iter().find(is_tie).cloned()
}

/// The column for what is equally bad, called so alone or as the columns of the two sides are.
fn both_bad(sample: &Sample, a: &str, b: &str) -> Option<String> {
    const BAD: &[&str] = &["both", "bad", "bothbad", "neither", "tie", "ties", "are", "equally"];
    let (x, y) = (tokens(a), tokens(b));
    let common: Vec<&String> =
        x.iter().zip(&y).filter(|(x, y)| x == y && !is_response_word(x)).map(|(x, _)| x).collect();
    let called = |column: &&String| {
        let words = tokens(column);
        let rest: Vec<&String> =
            words.iter().filter(|word| !BAD.contains(&word.as_str()) && !is_response_word(word)).collect();
        words.iter().any(|word| ["bad", "bothbad", "neither"].contains(&word.as_str()))
            && (rest.is_empty() || rest == common)
    };
    sample.columns.iter().find(called).cloned()
}

/// Columns of which one is 1: for A, for B and for a tie.
fn one_hot(sample: &Sample, recipe: &Recipe) -> Result<Option<Vec<Path>>, Refusal> {
    let used = used(recipe, sample);
    let says = |word: &String| {
        WON.contains(&word.as_str()) || ["choice", "preference", "selection"].contains(&word.as_str())
    };
    let known = |word: &String| WON.contains(&word.as_str()) || BESIDE.contains(&word.as_str());
    let groups = sided(sample, |words, column| {
        words.iter().any(says) && words.iter().all(known) && !used.contains(column) && is_flag(sample, column)
    });
    let found: Vec<(String, String)> =
        groups.iter().filter(|group| !of_people(group)).filter_map(two).collect();
    let (a, b) = match found.as_slice() {
        [] => return Ok(None),
        [(a, b)] => (a.clone(), b.clone()),
        [(first, _), (second, _), ..] => {
            return Err(Refusal {
                problem: format!("`{first}` and `{second}` may both say whether the first response won"),
                remedy: "name those that are verdicts: each is then a judge".to_owned(),
                certain: true,
                start: found
                    .iter()
                    .map(|(column, _)| format!("--map {}", shell(&format!("winner={column}:1=A,0=B"))))
                    .collect(),
            });
        }
    };
    // Two that are set at once are answers of two people, or to two questions.
    let set = |row: &crate::row::Row, column: &str| row.get(column).and_then(flag) == Some(true);
    if sample.rows.iter().any(|row| set(row, &a) && set(row, &b)) {
        return Ok(None);
    }
    let mut columns = vec![path(&a), path(&b)];
    let own = tie_of(sample, (&a, &b), |column| is_flag(sample, column));
    let tie = own.or_else(|| {
        let named =
            |column: &&String| ["winner_tie", "tie", "is_tie"].contains(&roles::normal(column).as_str());
        sample.columns.iter().find(|column| named(column) && is_flag(sample, column)).cloned()
    });
    let clear = |row: &crate::row::Row, column: &str| row.get(column).and_then(flag) == Some(false);
    let unset = |row: &crate::row::Row| clear(row, &a) && clear(row, &b);
    if tie.is_none() && sample.rows.iter().any(unset) {
        return Ok(None);
    }
    if let Some(tie) = tie {
        let bad = both_bad(sample, &a, &b).filter(|column| *column != tie && is_flag(sample, column));
        columns.push(path(&tie));
        columns.extend(bad.map(|column| path(&column)));
    }
    Ok(Some(columns))
}

/// The words of a name without the only one that is a side, and whether that is A.
fn side_in(words: &[String], recipe: &Recipe) -> Option<(Vec<String>, bool)> {
    // What the responses themselves are called goes first: 1 is the second of `response_0` and `response_1`.
    let own = |paths: &[Path]| paths.first().map(|path| tokens(path.as_str())).unwrap_or_default();
    let (a, b) = (own(&recipe.a), own(&recipe.b));
    let apart: Option<(&String, &String)> =
        (a.len() == b.len()).then(|| a.iter().zip(&b).find(|(x, y)| x != y)).flatten();
    let of = |word: &String| match apart {
        Some((a, _)) if a == word => Some(true),
        Some((_, b)) if b == word => Some(false),
        // A number is one of the responses only where they are numbered.
        _ => match word.as_str() {
            "a" | "left" | "first" => Some(true),
            "b" | "right" | "second" => Some(false),
            _ => None,
        },
    };
    let mut sides = words.iter().enumerate().filter_map(|(at, word)| Some((at, of(word)?)));
    let (at, side) = sides.next()?;
    let other = sides.next();
    // `is A better than B`: what stands behind `than` is what the first is compared with.
    let compared = other.is_some_and(|(other, second)| {
        second != side
            && words
                .get(at..other)
                .is_some_and(|between| between.iter().any(|word| word == "than" || word == "over"))
    });
    if sides.next().is_some() || (other.is_some() && !compared) {
        return None;
    }
    // `better_than_b`: the other one is.
    let alone = other.is_none()
        && at
            .checked_sub(1)
            .and_then(|before| words.get(before))
            .is_some_and(|word| word == "than" || word == "over");
    let side = side != alone;
    let own = |i: usize| i == at || other.is_some_and(|(other, _)| i == other);
    let rest = words.iter().enumerate().filter(|(i, _)| !own(*i)).map(|(_, word)| word.clone()).collect();
    Some((rest, side))
}

/// One column that says of one response whether it is the better one.
fn one_sided(sample: &Sample, recipe: &Recipe) -> Option<VerdictRule> {
    let used = used(recipe, sample);
    let mut found = sample.columns.iter().filter(|column| !used.contains(*column)).filter_map(|column| {
        let (rest, side) = side_in(&tokens(column), recipe)?;
        let says = rest.iter().any(|word| WON.contains(&word.as_str()));
        let known = rest.iter().all(|word| WON.contains(&word.as_str()) || BESIDE.contains(&word.as_str()));
        (says && known && is_flag(sample, column)).then_some((column, side))
    });
    let (column, side) = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let set = vec![Value::Bool(true), Value::from(1), Value::from("yes")];
    let clear = vec![Value::Bool(false), Value::from(0), Value::from("no")];
    let (a, b) = if side { (set, clear) } else { (clear, set) };
    Some(VerdictRule { field: Some(path(column)), a, b, ..VerdictRule::default() })
}

/// The probability that one response is better, or that of each.
fn probabilities(sample: &Sample, recipe: &Recipe) -> Result<Option<VerdictRule>, Refusal> {
    let used = used(recipe, sample);
    let found: Vec<(&String, bool)> = sample
        .columns
        .iter()
        .filter(|column| !used.contains(*column))
        .filter_map(|column| {
            let (rest, side) = side_in(&tokens(column), recipe)?;
            let says = rest.iter().any(|word| PROBABILITY.contains(&word.as_str()));
            let known = rest.iter().all(|word| {
                PROBABILITY.contains(&word.as_str()) || BESIDE_PROBABILITY.contains(&word.as_str())
            });
            let within = |value: &Value| number_of(value).is_some_and(|p| (0.0..=1.0).contains(&p));
            (says && known && is_number(sample, column) && sample.values(column).all(within))
                .then_some((column, side))
        })
        .collect();
    let rule = |column: &str, side: bool| {
        let (a, b) = if side { (1.0, 0.0) } else { (0.0, 1.0) };
        VerdictRule {
            field: Some(path(column)),
            scale: Some(Scale { a, b, tie: false }),
            ..VerdictRule::default()
        }
    };
    match found.as_slice() {
        [(column, side)] => Ok(Some(rule(column, *side))),
        [(first, true), (second, false)] | [(second, false), (first, true)] => {
            let number = |row: &crate::row::Row, column: &str| row.get(column).and_then(number_of);
            let whole = sample.rows.iter().all(|row| match (number(row, first), number(row, second)) {
                (Some(a), Some(b)) => (a + b - 1.0).abs() < 0.02,
                _ => true,
            });
            if whole {
                return Ok(Some(VerdictRule { receipt: vec![path(second)], ..rule(first, true) }));
            }
            Err(Refusal {
                problem: format!(
                    "`{first}` and `{second}` do not add up to 1: the rest may be ties, or both may be scores"
                ),
                remedy: "say which".to_owned(),
                certain: true,
                start: vec![
                    format!(
                        "--map {}   (the probability that the first response is better)",
                        shell(&format!("winner={first}:1..0"))
                    ),
                    format!(
                        "or --map {}   (the larger one wins)",
                        shell(&format!("winner={first} > {second}"))
                    ),
                ],
            })
        }
        _ => Ok(None),
    }
}

/// Numbers of which nobody knows whether more is better.
fn larger_or_smaller(a: &str, b: &str) -> Refusal {
    Refusal {
        problem: format!(
            "`{a}` and `{b}` are numbers; the file does not say whether the larger one is better"
        ),
        remedy: "say which".to_owned(),
        certain: true,
        start: vec![
            format!("--map {}", shell(&format!("winner={a} > {b}"))),
            format!("or --map {}", shell(&format!("winner={a} < {b}"))),
        ],
    }
}

/// Scores of both responses, by several judges or criteria: `score_a` and `score_b`, `gpt4_score_a` and `gpt4_score_b`. What a score
/// is of has to be known: of toxicity the smaller one is better, and of what nobody knows it may be. Such ones are metadata beside
/// scores that are known, and asked about where there are no others.
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
        let parts =
            |column: &str| -> Vec<String> { roles::normal(column).split('_').map(str::to_owned).collect() };
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
        if words().any(|word| qualities::drawback(&word))
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

/// A column with a list of two scores, the first response's and the second's.
fn listed_scores(sample: &Sample, recipe: &Recipe) -> Option<String> {
    const LISTS: &[&str] = &["scores", "rewards", "ratings", "reward_scores", "rm_scores"];
    let used = used(recipe, sample);
    let two = |value: &Value| {
        value.as_array().is_some_and(|items| items.len() == 2 && items.iter().all(Value::is_number))
    };
    let listed = |column: &&String| {
        !used.contains(*column)
            && LISTS.contains(&roles::normal(column).as_str())
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
        let named = |column: &&String| ties.contains(&roles::normal(column).as_str()) && count(column);
        sample.columns.iter().find(named).cloned()
    });
    // Shares in percent say nothing of how many voted.
    if recipe.shape == Shape::Votes {
        let number =
            |row: &crate::row::Row, column: &String| row.get(column).and_then(number_of).unwrap_or(0.0);
        let total = |row: &crate::row::Row| -> f64 {
            [&a, &b].into_iter().chain(&tie).map(|column| number(row, column)).sum()
        };
        if sample.rows.iter().all(|row| total(row) == 100.0 || total(row) == 1.0) {
            return None;
        }
        // A total that is more than the sum has something in it that no column names.
        let totals = ["total", "n", "count", "games", "matches", "battles", "total_votes", "num_battles"];
        let more = |column: &&String| {
            totals.contains(&roles::normal(column).as_str())
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
