//! What is said of a training run and of ranking accuracy, in every view: the finding first.

use predilect_results::training::{PairCount, RankingJson, StepRow, TrainJson};

use crate::format;
use crate::text;

/// A number to some places; where it has run away, its magnitude.
pub(crate) fn number(x: f64, places: usize) -> String {
    if x.abs() < 1e6 { format::decimal(x, places) } else { format!("{x:.1e}") }
}

/// The last part of a path, which is what people call a model.
fn file(path: &str) -> String {
    text::line(path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or(path))
}

/// Steps that are averaged at both ends of a run.
const ENDS: usize = 5;

/// A share as a number of percent.
pub(crate) fn percent(share: f64) -> String {
    format::decimal(100.0 * share, 1)
}

/// The mean of a number over some steps.
pub(crate) fn mean(rows: &[StepRow], of: impl Fn(&StepRow) -> Option<f64>) -> Option<f64> {
    let values: Vec<f64> = rows.iter().filter_map(of).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The first steps and the last ones.
fn ends(found: &TrainJson) -> (&[StepRow], &[StepRow]) {
    let count = ENDS.min(found.curve.len().div_ceil(2));
    (&found.curve[..count], &found.curve[found.curve.len() - count..])
}

/// The title of a run.
pub(crate) fn title(found: &TrainJson) -> String {
    format!("Training of {}", file(&found.model))
}

/// How it was done.
pub(crate) fn method(found: &TrainJson) -> String {
    let what = match &found.adapter {
        Some(adapter) => format!(
            "an adapter of rank {} (alpha {}) on {}, {} numbers",
            adapter.rank,
            adapter.alpha,
            adapter.targets.join(", "),
            format::count(found.trained_parameters)
        ),
        None => format!("all {} weights", format::count(found.trained_parameters)),
    };
    let labels = match (&found.relabelled, &found.judge) {
        (Some(by), _) => format!(
            "labels by the {}weights of {} ({}, {})",
            if by.published { "published " } else { "" },
            text::line(&by.judge),
            by.direction,
            if by.soft { "probabilities" } else { "sides" }
        ),
        (None, Some(judge)) => format!("verdicts of {}", text::line(judge)),
        (None, None) => "chosen and rejected as the file has them".to_owned(),
    };
    format!(
        "Loss {}, beta {}; {what}; {labels}; {} of {} in a step; {} of {} steps.",
        text::line(&found.loss),
        found.beta,
        format::counted(found.batch.min(found.pairs.trained.max(1)), "pair", "pairs"),
        format::count(found.pairs.trained),
        format::count(found.steps),
        format::count(found.steps_planned)
    )
}

/// What was found.
pub(crate) fn sentences(found: &TrainJson) -> Vec<String> {
    let mut said = Vec::new();
    if found.curve.is_empty() {
        return vec!["No training step was made.".to_owned()];
    }
    if let Some(round) = found.rounds.last() {
        let loss = |x: Option<f64>| x.map_or_else(|| format::MISSING.to_owned(), |x| number(x, 3));
        said.push(format!(
            "After the labelled pairs, {} of self-generated preferences; in the last one the loss went from {} to {} over {}.",
            format::counted(found.rounds.len() as u64, "round", "rounds"),
            loss(round.first_loss),
            loss(round.last_loss),
            format::counted(round.steps, "step", "steps")
        ));
    } else {
        said.push(course(found));
    }
    if let [first, .., last] = found.evaluations.as_slice() {
        said.push(format!(
            "On {} held out, the loss went from {} to {} and reward accuracy from {} to {} %.",
            format::counted(found.pairs.held_out, "pair", "pairs"),
            format::decimal(first.loss, 3),
            format::decimal(last.loss, 3),
            percent(first.accuracy),
            percent(last.accuracy)
        ));
    }
    if let Some(step) = found.kept_step {
        said.push(format!("The weights of step {step} were kept, where the held-out loss was lowest."));
    }
    if let Some(agreement) = found.relabelled.as_ref().and_then(|by| by.agreement) {
        said.push(format!(
            "Labels agree with the judge's own verdicts on {} % of the pairs.",
            percent(agreement)
        ));
    }
    if let Some(speed) = found.tokens_per_second {
        said.push(format!("Speed: {} response tokens per second.", format::whole(speed)));
    }
    if let Some(why) = &found.stopped {
        said.push(format!("Stopped early: {}.", text::line(why).trim_end_matches('.')));
    }
    said
}

/// How loss and rewards went.
fn course(found: &TrainJson) -> String {
    let (first, last) = ends(found);
    let loss = |rows| mean(rows, |row| Some(row.loss)).unwrap_or(f64::NAN);
    let mut sentence = format!(
        "The loss went from {} to {} over {} (means of the first and last {})",
        number(loss(first), 3),
        number(loss(last), 3),
        format::counted(found.steps, "step", "steps"),
        first.len()
    );
    if let (Some(margin), Some(drift)) = (mean(last, |row| row.margin), mean(last, |row| row.drift)) {
        let more = format!(
            "; at the end the chosen responses' reward leads by {}, at an average distance of {} nats per token from the reference",
            number(margin, 3),
            number(drift, 3)
        );
        sentence.push_str(&more);
    }
    sentence + "."
}

/// What became of pairs, as sentences.
pub(crate) fn pairs(count: &PairCount) -> Vec<String> {
    let mut said = Vec::new();
    for (why, number) in &count.left_out {
        said.push(format!("left out: {} ({})", format::count(*number), text::line(why)));
    }
    let cut = [
        (count.prompts_cut, "prompt was cut from the left", "prompts were cut from the left"),
        (count.completions_cut, "response was cut at the end", "responses were cut at the end"),
    ];
    said.extend(cut.iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| format::counted(*n, one, many)));
    said
}

/// The title of a ranking.
pub(crate) fn ranking_title(found: &RankingJson) -> String {
    format!("Does {} rank pairs as their labels do?", file(&found.model))
}

/// How it was measured.
pub(crate) fn ranking_method(found: &RankingJson) -> String {
    let reference = found
        .reference
        .as_ref()
        .map_or_else(|| "no reference".to_owned(), |name| format!("the reference is {}", text::line(name)));
    format!(
        "Summed log-probabilities of both responses to a prompt, and their means by token; {} on {}; {reference}; 90 % intervals over prompts.",
        format::counted(found.pairs, "pair", "pairs"),
        format::counted(found.prompts, "prompt", "prompts")
    )
}

/// What was found.
pub(crate) fn ranking_sentences(found: &RankingJson) -> Vec<String> {
    let mut said = vec![format!(
        "Ranking accuracy is {} % [{}, {}], and {} % [{}, {}] per token: how often the chosen response is the more likely one.",
        percent(found.accuracy),
        percent(found.low),
        percent(found.high),
        percent(found.accuracy_per_token),
        percent(found.per_token_low),
        percent(found.per_token_high)
    )];
    if let (Some(reward), Some(low), Some(high)) =
        (found.reward_accuracy, found.reward_low, found.reward_high)
    {
        said.push(format!(
            "Reward accuracy is {} % [{}, {}]: how often the chosen response gained more on the reference, which is what training optimises.",
            percent(reward),
            percent(low),
            percent(high)
        ));
    }
    if let (Some(before), Some(flipped)) = (found.reference_accuracy, found.flipped) {
        said.push(format!(
            "The reference ranks {} % correctly; training corrected {} % of all pairs.",
            percent(before),
            percent(flipped)
        ));
    }
    match (found.idealised, found.gap) {
        (Some(ideal), Some(gap)) => said.push(format!(
            "A perfectly optimised model (beta {}) would rank {} % correctly of the {} with known annotator shares: the gap is {} points.",
            found.beta,
            percent(ideal),
            format::counted(found.shared, "pair", "pairs"),
            percent(gap)
        )),
        _ if found.reference.is_some() => said.push(
            "Idealised accuracy is not available: it needs the shares of several annotators.".to_owned(),
        ),
        _ => {}
    }
    said
}

/// What is shown, its value, and its interval where it has one.
type Row = (&'static str, f64, Option<(f64, f64)>);

/// The rows of a ranking's table.
pub(crate) fn ranking_rows(found: &RankingJson) -> Vec<Row> {
    let mut rows: Vec<Row> = vec![
        ("Ranking accuracy", found.accuracy, Some((found.low, found.high))),
        (
            "Ranking accuracy by token",
            found.accuracy_per_token,
            Some((found.per_token_low, found.per_token_high)),
        ),
    ];
    let mut more = |what, value: Option<f64>, ends| {
        if let Some(value) = value {
            rows.push((what, value, ends));
        }
    };
    more("Reward accuracy", found.reward_accuracy, found.reward_low.zip(found.reward_high));
    more("The reference's own accuracy", found.reference_accuracy, None);
    more("Corrected by training", found.flipped, None);
    more("Idealised accuracy", found.idealised, None);
    more("Idealised accuracy by token", found.idealised_per_token, None);
    rows
}
