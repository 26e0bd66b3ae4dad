//! What is said of a run of `verify`, in every view.

use predilect_results::verifying::{Effect, VerifyJson};

use crate::format;
use crate::steering::{in_all, label, range, signed};
use crate::text;
use crate::words;

/// The title.
pub(crate) fn title(found: &VerifyJson) -> String {
    format!("What causes the verdicts of {}", text::line(&found.judge))
}

/// How it was measured.
pub(crate) fn method(found: &VerifyJson) -> String {
    let beside = if found.weights_of.is_empty() {
        String::new()
    } else {
        format!(" Weights are those fitted for {} on all pairs.", text::line(&found.weights_of))
    };
    // Results that were kept before prompts were counted do not have them.
    let prompts = match found.prompts {
        0 => String::new(),
        prompts => format!(" on {}", format::counted(prompts, "prompt", "prompts")),
    };
    format!(
        "One property of a response was changed at a time in {}{prompts}, and the judge was asked before and after, in both orders. Changes are in points of \
         preference for the edited response, with 90 % intervals over resampled prompts.{beside}{}",
        format::counted(found.pairs, "pair", "pairs"),
        took(found),
    )
}

/// What it took.
fn took(found: &VerifyJson) -> String {
    let Some(judge) = &found.judging else { return String::new() };
    let writer = if found.spent.calls + found.spent.from_log > 0 {
        format!("; of the writer {}", found.spent)
    } else {
        String::new()
    };
    let trying = if found.trying.calls > 0 {
        format!("; for trying the judge {}", found.trying)
    } else {
        String::new()
    };
    let rating = found.rating.map_or_else(String::new, |rating| format!("; of the annotator {rating}"));
    format!(
        " Calls: of the judge {}{writer}{rating}{trying}. {}",
        judge.spent,
        in_all(found.paid, found.seconds)
    )
}

/// What the verdicts on changes mean, those that occur.
pub(crate) fn meanings(found: &VerifyJson) -> Vec<(&'static str, &'static str)> {
    let all = [
        ("cause", "change and weight are sure and of one sign"),
        ("unseen cause", "the change is sure, the weight is not"),
        (
            "with others",
            "the change is sure, but the edits also moved the length, or a property whose sure weight explains it",
        ),
        ("correlation only", "the weight is sure; the change is not, or is against it"),
        ("neither", "neither is sure, or the change is below half a point"),
        (
            "not told",
            "the judge follows the position of responses or calls nearly all pairs ties, and may not see what they say",
        ),
        ("too few", "fewer than 20 pairs or 10 prompts"),
        ("control", "a text that answers nothing"),
    ];
    let occurs = |verdict: &str| found.effects.iter().any(|effect| effect.verdict == verdict);
    all.into_iter().filter(|(verdict, _)| occurs(verdict)).collect()
}

/// The control: a text that answers nothing in the place of a response.
pub(crate) const NULL: &str = "null";

/// How many other properties an edit moved on average; of the control that is not counted.
pub(crate) fn others_moved(effect: &Effect) -> String {
    if effect.property == NULL {
        return format::MISSING.to_owned();
    }
    format::decimal(effect.others_moved, 1)
}

/// A property with its direction.
pub(crate) fn change(effect: &Effect) -> String {
    match effect.property.as_str() {
        NULL => "a text that answers nothing".to_owned(),
        id => format!("{} {}", if effect.more { "more" } else { "less" }, label(id)),
    }
}

/// The effects of one verdict, each with its change; six at most.
fn listed(found: &VerifyJson, verdict: &str) -> Option<String> {
    let is = |effect: &&Effect| effect.verdict == verdict && effect.property != NULL;
    let one = |effect: &Effect| {
        format!("{} ({} {})", change(effect), signed(effect.change, 1), range(effect.low, effect.high, 1))
    };
    let all: Vec<String> = found.effects.iter().filter(is).map(one).take(6).collect();
    (!all.is_empty()).then(|| words::listed(&all))
}

/// What was found, the most important first.
pub(crate) fn sentences(found: &VerifyJson) -> Vec<String> {
    let mut said: Vec<String> = words::ended_early(found.stopped.as_deref()).into_iter().collect();
    if found.effects.is_empty() {
        said.push(
            "No pair has a verdict both before and after an edit: nothing is known of any change.".to_owned(),
        );
        return said;
    }
    let changes = changes(found);
    let none = changes.is_empty();
    said.extend(changes);
    let few = found.effects.iter().filter(|effect| effect.verdict == "too few").count();
    if few > 0 && few == found.effects.len() {
        said.push("Too few pairs or prompts were judged to call any change a cause: 20 pairs on 10 prompts are needed for each.".to_owned());
    } else if none {
        said.push("No change clearly moved verdicts.".to_owned());
    }
    if found.effects.iter().any(|effect| effect.verdict == "not told") {
        said.push(
            "Of what did not move verdicts nothing is concluded: the judge follows the position of responses or calls nearly all pairs ties, and may not see what they say."
                .to_owned(),
        );
    }
    if let Some(null) = found.effects.iter().find(|effect| effect.property == "null") {
        said.push(format!(
            "A text that answers nothing in the place of a response changes its preference by {} points {}, and wins {} of {} that had lost.",
            signed(null.change, 1),
            range(null.low, null.high, 1),
            null.won,
            format::counted(null.had_lost, "pair", "pairs")
        ));
    }
    let sure = found.effects.iter().filter(|effect| effect.verdict != "too few").count();
    if sure > 4 {
        said.push(format!(
            "Of {sure} effects, {} would be called sure by chance at 90 %.",
            format::decimal(0.1 * sure as f64, 0)
        ));
    }
    if let Some(rank) = found.rank_correlation {
        said.push(format!(
            "Weights and changes rank alike by {} over {} properties (Spearman).",
            format::decimal(rank, 2),
            ranked(found)
        ));
    }
    said
}

/// The changes that move verdicts, and those that should and do not.
fn changes(found: &VerifyJson) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(all) = listed(found, "cause") {
        said.push(format!("Causes, in the direction of their weights: {all}."));
    }
    if let Some(all) = listed(found, "correlation only") {
        said.push(format!(
            "Correlation only (the weight is sure, the change is not or goes the other way): {all}."
        ));
    }
    if let Some(all) = listed(found, "unseen cause") {
        let why = if found.weights_of.is_empty() {
            "Changes that move verdicts"
        } else {
            "Changes that move verdicts although no weight shows it"
        };
        said.push(format!("{why}: {all}."));
    }
    if let Some(all) = listed(found, "with others") {
        said.push(format!(
            "Changes that move verdicts, but whose edits also moved the length or properties with sure weights, so that it cannot be told which did it: {all}."
        ));
    }
    said
}

/// Properties of which weight and change are ranked.
fn ranked(found: &VerifyJson) -> usize {
    let counts =
        |effect: &&Effect| effect.weight.is_some() && effect.verdict != "too few" && effect.property != NULL;
    let ids: std::collections::BTreeSet<&str> =
        found.effects.iter().filter(counts).map(|effect| effect.property.as_str()).collect();
    ids.len()
}

/// Worthless things by which a judge can be won over: edits and attacks, as name, tried and won.
pub(crate) fn worthless(found: &VerifyJson) -> Vec<(String, u64, u64)> {
    // What is cut off is lost; every other rule leaves the content of the response unchanged.
    let edits = found.effects.iter().filter(|effect| effect.edit != "writer" && effect.edit != "cut");
    let mut all: Vec<(String, u64, u64)> =
        edits.map(|effect| (effect.edit.clone(), effect.had_lost, effect.won)).collect();
    let attacks = found.judging.iter().flat_map(|run| &run.attacks);
    all.extend(attacks.map(|of| (format!("attack: {}", of.attack), of.tried, of.succeeded)));
    all
}
