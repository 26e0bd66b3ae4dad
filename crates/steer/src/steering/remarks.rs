//! What is to be known before any figure of a run.

use predilect_results::steering::{ArmRow, Ask, FEW_PROMPTS, ResponseCount};
use predilect_types::property;

use crate::arms::{Group, PLACEBO, PLAIN, scenario_of};
use crate::prompts::Prompt;
use crate::request::SteerRequest;
use crate::responses::{Responses, is_written};

/// Which categories of MT-Bench count as which scenarios, where prompts have weights by that alone.
pub(super) fn as_scenarios(prompts: &[Prompt], groups: &[Group], request: &SteerRequest) -> Option<String> {
    let of = |prompt: &Prompt| {
        let own = prompt.group.as_deref()?;
        let scenario = scenario_of(own)?;
        groups.iter().any(|group| group.name == scenario).then(|| format!("{own} as {scenario}"))
    };
    let mut named: Vec<String> = prompts.iter().filter_map(of).collect();
    named.sort_unstable();
    named.dedup();
    (request.by_group && !named.is_empty()).then(|| {
        format!(
            "the categories of MT-Bench are taken as the scenarios that the judge has weights for: {}",
            named.join(", ")
        )
    })
}

/// What is to be known of groups without a fit or a message.
pub(super) fn said_of_groups(request: &SteerRequest, groups: &[Group]) -> Vec<String> {
    let mut said = Vec::new();
    if request.by_group && groups.iter().all(|group| group.name == predilect_results::ALL) {
        said.push("no prompt belongs to a group for which the judge has weights: its weights over all pairs are used throughout".to_owned());
    }
    said.extend(groups.iter().filter_map(moving_placebo));
    for group in groups {
        for arm in request.arms.iter().filter(|arm| group.asked.get(*arm).is_some_and(Vec::is_empty)) {
            said.push(format!(
                "there is nothing to ask for in the arm {arm} of {}: there it is the same as the plain one",
                if group.name == predilect_results::ALL { "all prompts" } else { &group.name }
            ));
        }
    }
    if request.sure <= 0.5 && !request.published {
        said.push("properties are taken by their means, however unsure their signs are".to_owned());
    }
    said
}

/// The properties of a placebo that may move the judge too, each with how far at most.
fn moving_placebo(group: &Group) -> Option<String> {
    let far = |ask: &Ask| {
        let at = group.weights.properties.iter().position(|id| *id == ask.property)?;
        let reach = group.weights.reach(at);
        let label = property(&ask.property).map_or(ask.property.as_str(), |known| known.label);
        (reach > IDLE).then(|| format!("{label} by up to {:.0}", 100.0 / (1.0 + (-reach).exp()) - 50.0))
    };
    let named: Vec<String> = group.asked.get(PLACEBO).into_iter().flatten().filter_map(far).collect();
    (!named.is_empty()).then(|| {
        format!(
            "no weights are near enough to zero for a placebo{}: what it asks for may move a verdict too, in points of %: {}",
            if group.name == predilect_results::ALL { String::new() } else { format!(" in {}", group.name) },
            named.join(", ")
        )
    })
}

/// The weight, in log-odds, up to which a property hardly moves a verdict: about five points of %.
const IDLE: f64 = 0.2;

/// Judges of which no prompt has a verdict in every arm.
pub(super) fn without_verdicts(silent: &[String]) -> Option<String> {
    (!silent.is_empty()).then(|| {
        format!(
            "no prompt has a verdict in every arm by {}: nothing is known of how it sees them",
            silent.join(" or ")
        )
    })
}

/// Whether nobody who is held out has judged; `named` says whether anybody is.
pub(super) fn alone(rows: &[ArmRow], named: bool) -> Option<String> {
    (!rows.is_empty() && rows.iter().all(|row| row.target)).then(|| {
        format!(
            "no held-out judge{}: it is not known whether a shift is one of quality or only of this judge",
            if named { " has judged yet" } else { "" }
        )
    })
}

/// Whether a judge saw few prompts.
pub(super) fn few(rows: &[ArmRow]) -> Option<String> {
    let least = rows.iter().min_by_key(|row| row.prompts).filter(|row| row.prompts < FEW_PROMPTS)?;
    let prompts =
        if least.prompts == 1 { "1 prompt".to_owned() } else { format!("{} prompts", least.prompts) };
    Some(format!(
        "with {prompts} by {}, resampled intervals are too narrow: on other prompts the shift may well differ, and nothing is concluded",
        least.judge
    ))
}

/// The arm with the most of these, if they are more than half of its responses; of equals the first.
fn most(responses: &[ResponseCount], count: impl Fn(&ResponseCount) -> u64) -> Option<&ResponseCount> {
    let many = responses.iter().filter(|row| 2 * count(row) > row.responses);
    many.rev().max_by_key(|row| count(row))
}

/// The arm of which most responses have no text.
pub(super) fn empty(responses: &[ResponseCount]) -> Option<String> {
    let worst = most(responses, |row| row.empty)?;
    let all = responses.iter().filter(|row| is_written(&row.arm)).all(|row| row.empty == row.responses);
    Some(if all {
        "no response of the model under test has any text".to_owned()
    } else {
        format!("{} of {} {} responses have no text", worst.empty, worst.responses, worst.arm)
    })
}

/// The arm that writes what the plain one writes on most prompts: the message did nothing.
pub(super) fn unchanged(responses: &Responses, complete: &[usize]) -> Option<String> {
    let same = |arm: usize| {
        let text = |arm: usize, at: usize| responses.made[arm][at].as_ref().map(crate::responses::Made::text);
        complete.iter().filter(|at| text(arm, **at) == text(0, **at)).count()
    };
    let written = (1..responses.arms.len()).filter(|arm| is_written(&responses.arms[*arm]));
    let (arm, same) = written
        .map(|arm| (arm, same(arm)))
        .filter(|(_, same)| 2 * same > complete.len())
        .max_by_key(|(_, same)| *same)?;
    Some(format!(
        "{same} of {} {} responses are word for word the plain ones: the message hardly changes what the model writes",
        complete.len(),
        responses.arms[arm]
    ))
}

/// The arm whose responses begin with a refusal much more or much less often than the plain ones do, if any: a tenth of them, and three at
/// least.
pub(super) fn declining(responses: &[ResponseCount]) -> Option<String> {
    let plain = responses.iter().find(|row| row.arm == PLAIN)?;
    let apart = |row: &&ResponseCount| row.declined.abs_diff(plain.declined);
    let other = responses
        .iter()
        .filter(|row| row.responses == plain.responses && is_written(&row.arm))
        // Of several the first: arms are in the order in which they were asked for.
        .rev()
        .max_by_key(apart)?;
    let enough = apart(&other) >= 3 && 10 * apart(&other) >= plain.responses;
    let answers = if other.declined < plain.declined { "answers at all" } else { "refuses when told" };
    enough.then(|| {
        format!(
            "{} of {} plain responses begin with a refusal, and {} of {} {} ones: part of the shift may be that the model {answers}",
            plain.declined, plain.responses, other.declined, other.responses, other.arm
        )
    })
}

/// What to know where most responses of an arm end because they had to.
pub(super) fn cut_off(responses: &[ResponseCount], tokens: u32) -> Option<String> {
    let worst = most(responses, |row| row.cut)?;
    Some(format!(
        "{} of {} {} responses were cut off at {tokens} tokens: length could hardly move; let responses be longer",
        worst.cut, worst.responses, worst.arm
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arm_that_refuses_otherwise_is_named() {
        let row = |arm: &str, declined| ResponseCount {
            arm: arm.to_owned(),
            responses: 30,
            declined,
            ..ResponseCount::default()
        };
        let said = declining(&[row("plain", 11), row("aligned", 1), row("null", 0)]).expect("a remark");
        assert!(
            said.starts_with("11 of 30 plain responses begin with a refusal, and 1 of 30 aligned ones"),
            "{said}"
        );
        assert_eq!(declining(&[row("plain", 2), row("aligned", 0)]), None);
        assert_eq!(declining(&[row("aligned", 9)]), None);
    }
}
