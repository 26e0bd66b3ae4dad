//! What is said of a training run and of ranking accuracy, in every view: the finding first.

use predilect_results::training::{Kinds, PairCount, RankingJson, StepRow, TrainJson};

use crate::format;
use crate::text;

/// A number to some places; where it has run away, its magnitude.
pub(crate) fn number(x: f64, places: usize) -> String {
    // What is not finite is missing.
    if x.abs() >= 1e6 && x.is_finite() { format!("{x:.1e}") } else { format::decimal(x, places) }
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
fn first_and_last(found: &TrainJson) -> (&[StepRow], &[StepRow]) {
    let count = ENDS.min(found.curve.len().div_ceil(2));
    (&found.curve[..count], &found.curve[found.curve.len() - count..])
}

/// The title of a run.
pub(crate) fn title(found: &TrainJson) -> String {
    format!("Training of {}", file(&found.model))
}

/// How it was done.
pub(crate) fn method(found: &TrainJson) -> String {
    // How many there are is known once a model was opened.
    let numbers = (found.trained_parameters > 0).then(|| format::count(found.trained_parameters));
    let what = match &found.adapter {
        Some(adapter) => format!(
            "an adapter of rank {} (alpha {}) on {}{}",
            adapter.rank,
            format::plain(adapter.alpha),
            adapter.targets.join(", "),
            numbers.map_or_else(String::new, |numbers| format!(", {numbers} numbers"))
        ),
        None => numbers.map_or_else(|| "all weights".to_owned(), |numbers| format!("all {numbers} weights")),
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
        (None, None) if found.completions.is_some() => "labels as the file has them".to_owned(),
        (None, None) => "chosen and rejected as the file has them".to_owned(),
    };
    let steps = match found.command {
        Some(_) => format::counted(found.steps_planned, "step", "steps"),
        None => format!("{} of {} steps", format::count(found.steps), format::count(found.steps_planned)),
    };
    let (losses, pairs) = (losses(found), batches(found));
    format!("{losses}, beta {}; {what}; {labels}; {pairs}; {steps}.", format::plain(found.beta))
}

/// The loss, and that of the rounds of self-generated preferences.
fn losses(found: &TrainJson) -> String {
    let loss = text::line(&found.loss);
    match found.rounds.first() {
        None => format!("Loss {loss}"),
        Some(round) => {
            format!("Loss {loss} on labelled pairs and {} on self-generated ones", text::line(&round.loss))
        }
    }
}

/// How many pairs there are, and in a step.
fn batches(found: &TrainJson) -> String {
    let labelled = found.pairs.trained;
    if let Some(kinds) = &found.completions {
        return format!(
            "{} of {} in a step",
            format::counted(found.batch.min(labelled.max(1)), "completion", "completions"),
            of_kinds(kinds)
        );
    }
    if found.rounds.is_empty() {
        let batch = format::counted(found.batch.min(labelled.max(1)), "pair", "pairs");
        return format!("{batch} of {} in a step", format::count(labelled));
    }
    format!(
        "{} and {}, up to {} in a step",
        format::counted(labelled, "labelled pair", "labelled pairs"),
        format::counted(
            found.rounds.iter().map(|round| round.pairs).sum(),
            "self-generated pair",
            "self-generated pairs"
        ),
        format::count(found.batch)
    )
}

/// What is to be said where there is no step to be shown.
pub(crate) fn no_step(found: &TrainJson) -> String {
    if found.command.is_some() {
        "Nothing was trained: pairs, settings and a script were written, to be run where TRL is installed."
            .to_owned()
    } else if found.steps > 0 {
        format!("{} made, but not one is in the log.", counted_were(found.steps))
    } else {
        "No training step was made.".to_owned()
    }
}

/// How many single completions there are of each kind.
pub(crate) fn of_kinds(kinds: &Kinds) -> String {
    format!(
        "{} desirable and {} undesirable",
        format::count(kinds.desirable),
        format::count(kinds.undesirable)
    )
}

/// So many pairs, or single completions where there are no pairs.
pub(crate) fn counted(found: &TrainJson, count: u64) -> String {
    match found.completions {
        Some(_) => format::counted(count, "completion", "completions"),
        None => format::counted(count, "pair", "pairs"),
    }
}

fn counted_were(steps: u64) -> String {
    format!("{} {}", format::counted(steps, "step", "steps"), if steps == 1 { "was" } else { "were" })
}

/// What was found.
pub(crate) fn sentences(found: &TrainJson) -> Vec<String> {
    let mut said = Vec::new();
    if found.curve.is_empty() {
        return vec![no_step(found)];
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
    said.extend(held_out(found));
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
        said.push(match text::line(why).trim_end_matches('.') {
            "stopped" => "Stopped early.".to_owned(),
            why => format!("Stopped early: {why}."),
        });
    }
    said
}

/// How held-out pairs went.
fn held_out(found: &TrainJson) -> Option<String> {
    let pairs = counted(found, found.pairs.held_out);
    if let Some(round) = found.rounds.last() {
        // Each round has its own reference: losses of two stages say nothing together.
        let (loss, accuracy) = (round.held_out_loss?, round.held_out_accuracy?);
        return Some(format!(
            "On {pairs} held out, the loss at the end of the last round is {} and reward accuracy {} %, against the model before that round.",
            number(loss, 3),
            percent(accuracy)
        ));
    }
    let [first, .., last] = found.evaluations.as_slice() else { return None };
    let loss = format!(
        "On {pairs} held out, the loss went from {} to {}",
        number(first.loss, 3),
        number(last.loss, 3)
    );
    Some(match first.accuracy.zip(last.accuracy) {
        Some((first, last)) => {
            format!("{loss} and reward accuracy from {} to {} %.", percent(first), percent(last))
        }
        None => loss + ".",
    })
}

/// How loss and rewards went.
fn course(found: &TrainJson) -> String {
    let (first, last) = first_and_last(found);
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
            "; at the end the {} responses' reward leads by {}, at an average distance of {} nats per token from the reference",
            if found.completions.is_some() { "desirable" } else { "chosen" },
            number(margin, 3),
            number(drift, 3)
        );
        sentence.push_str(&more);
    }
    if let Some(kl) = found.curve.iter().rev().find_map(|row| row.kl) {
        let more = format!("; its KL divergence from the reference is {} nats per token", number(kl, 3));
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
            "A perfectly optimised model (beta {}) would rank {} %{} correctly of the {} with known annotator shares: the gap is {}{} points.",
            format::plain(found.beta),
            percent(ideal),
            ends(found.idealised_low.zip(found.idealised_high)),
            format::counted(found.shared, "pair", "pairs"),
            percent(gap),
            ends(found.gap_low.zip(found.gap_high))
        )),
        _ if found.reference.is_some() => said.push(
            "Idealised accuracy is not available: it needs the shares of several annotators.".to_owned(),
        ),
        _ if found.shared > 0 => said.push(format!(
            "Annotators' shares are known of {}: with a reference, the accuracy of a perfectly optimised model and the gap to it would be reported too.",
            format::counted(found.shared, "pair", "pairs")
        )),
        _ => {}
    }
    said
}

/// An interval behind its value, where it is known.
fn ends(interval: Option<(f64, f64)>) -> String {
    interval.map_or_else(String::new, |(low, high)| format!(" [{}, {}]", percent(low), percent(high)))
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
    more("Idealised accuracy", found.idealised, found.idealised_low.zip(found.idealised_high));
    more("Gap to idealised accuracy", found.gap, found.gap_low.zip(found.gap_high));
    more(
        "Idealised accuracy by token",
        found.idealised_per_token,
        found.idealised_per_token_low.zip(found.idealised_per_token_high),
    );
    more("Gap to it by token", found.gap_per_token, found.gap_per_token_low.zip(found.gap_per_token_high));
    rows
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use predilect_results::training::{AdapterShape, EvaluationRow, LossRow, LossesJson, RoundRow};

    use super::*;

    /// A run of which no step was made.
    fn run() -> TrainJson {
        TrainJson {
            output: "out".to_owned(),
            engine: "trl".to_owned(),
            model: "models/tiny".to_owned(),
            loss: "ipo".to_owned(),
            beta: 1e300,
            pairs: PairCount { read: 40, trained: 6, held_out: 8, ..PairCount::default() },
            completions: None,
            judge: None,
            relabelled: None,
            adapter: Some(AdapterShape { rank: 8, alpha: 16.0, targets: vec!["q_proj".to_owned()] }),
            trained_parameters: 0,
            steps: 0,
            steps_planned: 3,
            batch: 8,
            curve: Vec::new(),
            evaluations: Vec::new(),
            kept_step: None,
            seconds: 0.0,
            tokens_per_second: None,
            rounds: Vec::new(),
            files: BTreeMap::new(),
            remarks: Vec::new(),
            stopped: None,
            command: None,
        }
    }

    #[test]
    fn what_was_only_written_is_not_called_trained() {
        let found = TrainJson { command: Some("python3 out/dpo_trl.py out".to_owned()), ..run() };
        assert_eq!(
            method(&found),
            "Loss ipo, beta 1e300; an adapter of rank 8 (alpha 16) on q_proj; chosen and rejected as the file has them; 6 pairs of 6 in a step; \
             3 steps."
        );
        assert!(
            sentences(&found)[0]
                .starts_with("Nothing was trained: pairs, settings and a script were written")
        );
        let full = TrainJson { adapter: None, ..found };
        assert!(method(&full).contains("; all weights;"));
        assert_eq!(sentences(&run()), ["No training step was made."]);
        assert_eq!(
            sentences(&TrainJson { steps: 4, ..run() }),
            ["4 steps were made, but not one is in the log."]
        );
    }

    #[test]
    fn single_completions_are_not_called_pairs() {
        let look = |step, loss, accuracy| EvaluationRow { step, loss, accuracy, margin: None };
        let found = TrainJson {
            completions: Some(Kinds { desirable: 4, undesirable: 2 }),
            evaluations: vec![look(1, 0.5, None), look(3, 0.4, Some(0.75))],
            ..run()
        };
        let said = method(&found);
        assert!(said.contains(
            "; labels as the file has them; 6 completions of 4 desirable and 2 undesirable in a step"
        ));
        assert_eq!(
            held_out(&found).unwrap_or_default(),
            "On 8 completions held out, the loss went from 0.500 to 0.400."
        );
    }

    #[test]
    fn rounds_say_their_loss_and_their_pairs() {
        let round = RoundRow {
            round: 1,
            prompts: 20,
            pairs: 13,
            repeated: 0,
            empty: 0,
            mean_p: 0.6,
            loss: "soft".to_owned(),
            steps: 2,
            doubtful: None,
            first_loss: None,
            last_loss: None,
            held_out_loss: Some(0.69),
            held_out_accuracy: Some(0.75),
        };
        let found = TrainJson { rounds: vec![round], ..run() };
        let said = method(&found);
        assert!(
            said.starts_with("Loss ipo on labelled pairs and soft on self-generated ones, beta"),
            "{said}"
        );
        assert!(said.contains("6 labelled pairs and 13 self-generated pairs, up to 8 in a step"), "{said}");
        assert!(
            held_out(&found)
                .expect("a sentence")
                .contains("reward accuracy 75.0 %, against the model before that round")
        );
    }

    #[test]
    fn a_loss_without_a_source_has_no_gap_for_it() {
        let row = LossRow {
            name: "sft".to_owned(),
            formula: "NLL".to_owned(),
            source: String::new(),
            trl: Some("DPO".to_owned()),
            soft: false,
            reference: false,
            unpaired: false,
            options: std::collections::BTreeMap::new(),
        };
        let losses = LossesJson { notation: String::new(), losses: vec![row] };
        let mut out = Vec::new();
        crate::terminal_losses(&losses, &mut out, 80).expect("writing to memory");
        assert!(String::from_utf8(out).expect("UTF-8").contains("NLL (no reference)"));
    }
}
