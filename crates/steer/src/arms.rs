//! The arms of a run: which instruction is given on which prompt.

use std::collections::{BTreeMap, BTreeSet};

use predilect_results::steering::{Ask, GroupPlan};
use predilect_types::{Interner, Message, Role};
use predilect_workbench::{Error, GroupWeights, JudgeWeights, Question, Result};

use crate::messages::Messages;
use crate::plan::{Chosen, Limits, Shows, case_of, choose};
use crate::prompts::Prompt;
use crate::request::SteerRequest;

/// The arm without an instruction.
pub(crate) const PLAIN: &str = "plain";
/// The arm that asks for what the judge hardly weighs.
pub(crate) const PLACEBO: &str = "placebo";
/// The arm that answers every prompt with one text.
pub(crate) const NULL: &str = "null";

/// Groups in which answers can be right or wrong, as data sets name them.
const CHECKABLE: [&str; 10] = [
    "math",
    "maths",
    "mathematics",
    "reasoning",
    "code",
    "coding",
    "extraction",
    "knowledge",
    "logic",
    "exam questions",
];

/// The scenario of Li et al. (2024) that a category of MT-Bench belongs to, by what its prompts ask for.
pub(crate) fn scenario_of(category: &str) -> Option<&'static str> {
    Some(match category {
        "writing" => "Functional Writing",
        "roleplay" => "Communication",
        "reasoning" | "math" => "Exam Questions",
        "coding" => "Code",
        "extraction" => "NLP Tasks",
        "stem" | "humanities" => "Knowledge-aware",
        _ => return None,
    })
}

/// Prompts that share a message.
pub(crate) struct Group {
    pub(crate) name: String,
    /// What is asked for, by arm.
    pub(crate) asked: BTreeMap<String, Vec<Ask>>,
    /// The instructions to the model, by arm.
    pub(crate) messages: BTreeMap<String, String>,
    pub(crate) weights: GroupWeights,
    pub(crate) left_out: BTreeMap<String, String>,
    pub(crate) prompts: u64,
}

/// The groups of the prompts, and the number of each prompt's.
pub(crate) fn groups(
    prompts: &[Prompt],
    weights: &JudgeWeights,
    messages: &Messages,
    request: &SteerRequest,
) -> Result<(Vec<Group>, Vec<usize>)> {
    let all = weights.all()?;
    let of = |group: &str| weights.group(group).or_else(|| weights.group(scenario_of(group)?));
    let fitted =
        |prompt: &Prompt| prompt.group.as_deref().filter(|_| request.by_group).and_then(of).unwrap_or(all);
    let mut numbers = Interner::default();
    let mut members: Vec<Vec<&Prompt>> = Vec::new();
    let mut of_prompt = Vec::with_capacity(prompts.len());
    for prompt in prompts {
        let number = numbers.get(&fitted(prompt).group) as usize;
        if number == members.len() {
            members.push(Vec::new());
        }
        members[number].push(prompt);
        of_prompt.push(number);
    }
    let groups: Vec<Group> =
        members.iter().map(|members| group(fitted(members[0]), members, messages, request)).collect();
    let directed = |arm: &&String| *arm == "aligned" || *arm == "opposed";
    let wanted: Vec<&String> = request.arms.iter().filter(directed).collect();
    let nothing = |arm: &&String| groups.iter().all(|group| group.asked.get(*arm).is_none_or(Vec::is_empty));
    if !wanted.is_empty() && wanted.iter().all(nothing) {
        return Err(nothing_to_ask(&weights.judge, all, &groups, request));
    }
    Ok((groups, of_prompt))
}

/// Why no arm has a message, and what helps.
fn nothing_to_ask(judge: &str, all: &GroupWeights, groups: &[Group], request: &SteerRequest) -> Error {
    let mut reasons: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (id, why) in groups.iter().flat_map(|group| &group.left_out) {
        reasons.entry(why).or_default().insert(id);
    }
    let one = |(why, ids): (&&str, &BTreeSet<&str>)| {
        let named: Vec<&str> = ids.iter().copied().take(NAMED).collect();
        let more = ids.len() - named.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more} ({why})", named.join(", "))
    };
    let said: Vec<String> = reasons.iter().map(one).collect();
    let unsure = all.p_positive.as_ref().is_some_and(|all| all.iter().any(|p| p.max(1.0 - p) < request.sure));
    let surest = surest(all, &request.without).filter(|_| unsure);
    let surest =
        surest.map_or_else(String::new, |(id, p)| format!("; the surest weight is that of {id}, P = {p:.2}"));
    let problem = Error::new(format!(
        "no system message can be written, since nothing that {judge} rewards or penalises can be asked for: {}{surest}",
        if said.is_empty() {
            "no weight has the sign that an arm asks for".to_owned()
        } else {
            said.join("; ")
        }
    ));
    problem.words(if unsure {
        "lower the required probability, or choose properties by their mean weight (its direction may be wrong)"
    } else {
        "leave out less, ask about other prompts, or name other arms"
    })
}

/// Properties named for one reason.
const NAMED: usize = 4;

/// The instructions on the prompts of a group.
fn group(own: &GroupWeights, members: &[&Prompt], messages: &Messages, request: &SteerRequest) -> Group {
    let limits =
        Limits { top: request.top, sure: request.sure, choose: request.choose, without: &request.without };
    let shows = Shows { checkable: members.iter().all(|p| is_checkable(p)), case: case_of(&own.group) };
    let Chosen { aligned, opposed, placebo, left_out } = choose(own, messages, shows, limits);
    let mut asked: BTreeMap<String, Vec<Ask>> =
        [("aligned".to_owned(), aligned), ("opposed".to_owned(), opposed), (PLACEBO.to_owned(), placebo)]
            .into();
    asked.retain(|arm, _| request.arms.contains(arm));
    let mut told: BTreeMap<String, String> =
        asked.iter().filter_map(|(arm, asks)| Some((arm.clone(), messages.message(asks)?))).collect();
    let own_arms = messages.arms.iter().filter(|(arm, _)| request.arms.contains(arm));
    told.extend(own_arms.map(|(arm, message)| (arm.clone(), message.clone())));
    Group {
        name: own.group.clone(),
        asked,
        messages: told,
        weights: own.clone(),
        left_out,
        prompts: members.len() as u64,
    }
}

/// The weight with the surest sign.
fn surest<'w>(weights: &'w GroupWeights, without: &[String]) -> Option<(&'w str, f64)> {
    let p = weights.p_positive.as_ref()?.iter().map(|p| p.max(1.0 - p));
    let all = weights.properties.iter().map(String::as_str).zip(p);
    all.filter(|(id, _)| without.iter().all(|other| other != id)).max_by(|a, b| a.1.total_cmp(&b.1))
}

fn is_checkable(prompt: &Prompt) -> bool {
    !prompt.reference.is_empty()
        || prompt.group.as_ref().is_some_and(|group| CHECKABLE.contains(&group.to_lowercase().as_str()))
}

impl Group {
    /// The group in the reported plan.
    pub(crate) fn plan(&self) -> GroupPlan {
        GroupPlan {
            group: self.name.clone(),
            prompts: self.prompts,
            asked: self.asked.clone(),
            left_out: self.left_out.clone(),
        }
    }
}

/// The arms that were asked for, the plain one first.
///
/// # Errors
///
/// When one is not known.
pub(crate) fn arms_of(asked: &[String], messages: &Messages) -> Result<Vec<String>> {
    let mut arms = vec![PLAIN.to_owned()];
    let known = ["aligned", "opposed", PLACEBO, NULL];
    for arm in asked.iter().filter(|arm| *arm != PLAIN) {
        if !known.contains(&arm.as_str()) && !messages.arms.contains_key(arm) {
            return Err(Error::new(format!("there is no arm `{arm}`")).instead_of(
                arm,
                [PLAIN].into_iter().chain(known).chain(messages.arms.keys().map(String::as_str)),
            ));
        }
        if !arms.contains(arm) {
            arms.push(arm.clone());
        }
    }
    Ok(arms)
}

/// What is asked of the model on a prompt: the message of the arm above the conversation.
pub(crate) fn question(prompt: &Prompt, told: Option<&String>, seed: u64) -> Question {
    let mut messages = prompt.messages.clone();
    if let Some(told) = told {
        match messages.first_mut().filter(|turn| turn.role == Role::System) {
            // The system turn of the data stays, and ours is appended.
            Some(system) => system.content = format!("{}\n\n{told}", system.content),
            None => messages.insert(0, Message { role: Role::System, content: told.clone() }),
        }
    }
    Question { messages, seed: seed_of(&prompt.id, seed) }
}

/// One seed a prompt, the same in every arm; 31 bits, as all providers take them.
fn seed_of(id: &str, seed: u64) -> u64 {
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash ^ (hash >> 32) ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(id: &str) -> Prompt {
        Prompt {
            id: id.to_owned(),
            messages: vec![Message::user("?")],
            second: None,
            group: None,
            reference: Vec::new(),
            output: None,
        }
    }

    #[test]
    fn a_message_stands_above_the_conversation_and_seeds_are_by_prompt() {
        let told = "Be brief.".to_owned();
        let with = question(&prompt("a"), Some(&told), 1);
        let plain = question(&prompt("a"), None, 1);
        assert_eq!((with.messages.len(), plain.messages.len(), with.seed), (2, 1, plain.seed));
        assert_ne!(with.seed, question(&prompt("b"), None, 1).seed);
        assert_ne!(with.seed, question(&prompt("a"), None, 2).seed);
        let mut own = prompt("a");
        own.messages.insert(0, Message { role: Role::System, content: "You help.".to_owned() });
        assert_eq!(question(&own, Some(&told), 1).messages[0].content, "You help.\n\nBe brief.");
    }

    #[test]
    fn arms_are_known_and_the_plain_one_is_first() {
        let mut messages = Messages::own();
        messages.arms.insert("mine".to_owned(), "Hi.".to_owned());
        let of = |names: &[&str]| {
            arms_of(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), &messages)
        };
        assert_eq!(of(&["aligned", "plain", "mine", "aligned"]).unwrap(), ["plain", "aligned", "mine"]);
        assert_eq!(of(&["plain"]).unwrap(), ["plain"]);
        assert!(of(&["alined"]).unwrap_err().message().contains("no arm `alined`"));
    }
}
