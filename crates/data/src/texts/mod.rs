//! Which prompt and which responses do the conversations of a record contain, however they are written?
//!
//! [`conversation()`] reads any value into turns, [`split_shared`] parts two whole conversations into the prompt and two
//! responses, and [`merge_prompt`] joins a prompt column with what the conversations begin with.

mod conversation;
mod dialogue;
mod material;
mod python;
mod speaker;
mod template;

use predilect_types::{Message, Role};

use crate::error::{Reason, RowError};

pub(crate) use conversation::{conversation, leftovers, structured};
pub(crate) use dialogue::dialogue;
pub(crate) use material::written;
use speaker::REASONING;
pub(crate) use speaker::role;
pub(crate) use template::has_marks;

/// The prompt and the two responses.
pub(crate) type Split = (Vec<Message>, Vec<Message>, Vec<Message>);

/// Whether a text is read as just that text, and not as a list of messages or a transcript.
pub(crate) fn is_plain(text: &str) -> bool {
    matches!(
        conversation("", serde_json::Value::String(text.to_owned()), Role::User).as_deref(),
        Ok([only]) if only.content == text
    )
}

/// Splits two whole conversations into the prompt that they share and the two responses.
///
/// The prompt is the longest common beginning after which both continue with an assistant turn; reasoning belongs to the answer that
/// follows it. Equal conversations keep their last assistant turn as both responses, and so does one that ends where the other continues.
///
/// # Errors
///
/// When nothing is shared, when no assistant turn follows, or when the conversations part at a user or system turn before any
/// answer: then the responses answer different prompts, and the error says at which turn. Where an answer came before, the
/// responses begin with it.
pub(crate) fn split_shared(mut a: Vec<Message>, mut b: Vec<Message>) -> Result<Split, RowError> {
    let common = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let asks = |turn: &Message| matches!(turn.role, Role::User | Role::System);
    let answered_before = a.iter().take(common).any(|turn| turn.role == Role::Assistant);
    if let (Some(x), Some(y)) = (a.get(common), b.get(common))
        && (asks(x) || asks(y))
        && !answered_before
    {
        let (number, name) = (common + 1, if asks(x) { &x.role } else { &y.role });
        return Err(RowError::new(
            Reason::WrongType,
            format!(
                "the two conversations diverge at turn {number}, a {name} turn: both must answer one prompt"
            ),
        ));
    }
    let mut shared = common;
    while shared > 0 && !(answers(&a, shared) && answers(&b, shared)) {
        shared -= 1;
    }
    if shared == 0 {
        return Err(RowError::new(
            Reason::WrongType,
            "the two conversations do not begin with the same prompt followed by an assistant turn",
        ));
    }
    let rest_a = a.split_off(shared);
    let rest_b = b.split_off(shared);
    Ok((a, rest_a, rest_b))
}

/// Whether an answer begins at a turn: an assistant turn, or reasoning that one follows, but not between the two.
fn answers(turns: &[Message], at: usize) -> bool {
    let reasoning = |turn: &Message| matches!(&turn.role, Role::Other(name) if name == REASONING);
    let after_reasoning = at.checked_sub(1).and_then(|before| turns.get(before)).is_some_and(reasoning);
    let next = turns.iter().skip(at).find(|turn| !reasoning(turn));
    !after_reasoning && next.is_some_and(|turn| turn.role == Role::Assistant)
}

/// Whether a conversation contains a prompt and an answer: it begins with a system or user turn and ends with an assistant turn.
pub(crate) fn is_whole(turns: &[Message]) -> bool {
    let begins = turns.first().is_some_and(|turn| matches!(turn.role, Role::System | Role::User));
    let asked = turns.iter().any(|turn| turn.role == Role::User);
    begins && asked && turns.last().is_some_and(|turn| turn.role == Role::Assistant)
}

/// Joins the prompt column's turns with what both conversations begin with: the fuller of the two, with the system turns of
/// either in front, once.
///
/// They agree where one contains the other as turns that follow each other (blanks around a text and system turns in front
/// aside), or where one is a single text with the words of all turns of the other, roles written out or not. One without
/// turns agrees with anything.
///
/// # Errors
///
/// Gives back `given` when the two contradict each other, also when both have system turns that differ.
pub(crate) fn merge_prompt(given: Vec<Message>, shared: Vec<Message>) -> Result<Vec<Message>, Vec<Message>> {
    let systems = |turns: &[Message]| turns.iter().take_while(|turn| turn.role == Role::System).count();
    let (system_given, rest_given) = given.split_at(systems(&given));
    let (system_shared, rest_shared) = shared.split_at(systems(&shared));
    let is_text_of = |text: &[Message], rest: &[Message], all: &[Message]| match text {
        [only] => same_words(&only.content, rest) || same_words(&only.content, all),
        _ => false,
    };
    let own_system = contains(system_given, system_shared);
    let own_rest = contains(rest_given, rest_shared) || goes_on(rest_given, rest_shared);
    if !(own_system || contains(system_shared, system_given)) {
        return Err(given);
    }
    let shared_holds = contains(rest_shared, rest_given) || is_text_of(rest_given, rest_shared, &shared);
    let own_rest = own_rest || (!shared_holds && is_text_of(rest_shared, rest_given, &given));
    if !(own_rest || shared_holds) {
        return Err(given);
    }
    let (mut fuller, mut other) = if own_rest { (given, shared) } else { (shared, given) };
    if own_system != own_rest {
        let (old, new) = (systems(&fuller), systems(&other));
        fuller.splice(..old, other.drain(..new));
    }
    Ok(fuller)
}

/// Whether turns end with others, of which the last one continues after a blank line: a question with its further input.
fn goes_on(long: &[Message], short: &[Message]) -> bool {
    let (Some((last, before)), Some((own, others))) = (long.split_last(), short.split_last()) else {
        return false;
    };
    let more =
        last.content.trim().strip_prefix(own.content.trim()).is_some_and(|rest| rest.starts_with("\n\n"));
    last.role == Role::User
        && own.role == Role::User
        && more
        && !own.content.trim().is_empty()
        && before.ends_with(others)
}

/// Whether some turns follow each other within others, blanks around their texts aside.
fn contains(long: &[Message], short: &[Message]) -> bool {
    let same = |x: &Message, y: &Message| x.role == y.role && x.content.trim() == y.content.trim();
    short.is_empty() || long.windows(short.len()).any(|some| some.iter().zip(short).all(|(x, y)| same(x, y)))
}

/// Whether a text contains all turns' texts in order, spaces aside, with or without each speaker's name and a colon before it.
fn same_words(text: &str, turns: &[Message]) -> bool {
    fn solid(text: &str) -> impl Iterator<Item = char> {
        text.chars().filter(|c| !c.is_whitespace())
    }
    fn follow<'a>(text: &'a str, turns: &[Message], names: &[&[&str]]) -> bool {
        let mut rest: &'a str = text;
        for turn in turns {
            rest = rest.trim_start();
            let own = match turn.role {
                Role::System => names.first(),
                Role::User => names.get(1),
                _ => names.get(2),
            };
            if let Some(own) = own {
                let after = own.iter().find_map(|name| {
                    let (start, after) = rest.split_at_checked(name.len())?;
                    (start.eq_ignore_ascii_case(name)).then(|| after.strip_prefix(':'))?
                });
                let Some(after) = after else { return false };
                rest = after;
            }
            let mut left = rest.char_indices().filter(|(_, c)| !c.is_whitespace());
            let mut end = 0;
            for c in solid(&turn.content) {
                match left.next() {
                    Some((at, here)) if here == c => end = at + c.len_utf8(),
                    _ => return false,
                }
            }
            rest = rest.get(end..).unwrap_or_default();
        }
        rest.trim().is_empty()
    }
    let some = turns.iter().any(|turn| !turn.content.trim().is_empty());
    some && (follow(text, turns, &[])
        || follow(text, turns, &[&["system"], &["user", "human"], &["assistant", "ai", "bot", "gpt"]]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One letter a turn: s, u, a, r (reasoning), t (tool), each followed by its text.
    fn turns(said: &str) -> Vec<Message> {
        said.split_whitespace()
            .filter_map(|turn| {
                let (name, text) = turn.split_at_checked(1)?;
                let role = role(match name {
                    "s" => "system",
                    "u" => "user",
                    "a" => "assistant",
                    "r" => "reasoning",
                    _ => "tool",
                });
                Some(Message { role, content: text.to_owned() })
            })
            .collect()
    }

    #[test]
    fn conversations_part_where_the_answers_differ() {
        for (a, b, expected) in [
            ("u1 a1", "u1 a2", ("u1", "a1", "a2")),
            ("s1 u1 a1 u2 a2", "s1 u1 a1 u2 a3", ("s1 u1 a1 u2", "a2", "a3")),
            ("u1 a1 u2 a2", "u1 a1 u2 a2", ("u1 a1 u2", "a2", "a2")),
            ("u1 a1", "u1 a1 u2 a2", ("u1", "a1", "a1 u2 a2")),
            ("u1 a1 u2 a2", "u1 a3 u4 a4", ("u1", "a1 u2 a2", "a3 u4 a4")),
            // Equal first answers belong to the responses if the user continues differently.
            ("u1 a1 u2 a2", "u1 a1 u2please a3", ("u1", "a1 u2 a2", "a1 u2please a3")),
            ("u1 a1 u2 a2 u3 a3", "u1 a1 u2 a2 u4 a4", ("u1 a1 u2", "a2 u3 a3", "a2 u4 a4")),
            ("u1 r1 a1", "u1 r1 a2", ("u1", "r1 a1", "r1 a2")),
            ("u1 r1 a1", "u1 a1", ("u1", "r1 a1", "a1")),
            ("u1 r1 a1", "u1 r1 a1", ("u1", "r1 a1", "r1 a1")),
            ("u1 acall t1 a1", "u1 acall t1 a2", ("u1 acall t1", "a1", "a2")),
            ("u1 acall t1 a1", "u1 acall t2 a1", ("u1", "acall t1 a1", "acall t2 a1")),
        ] {
            let (prompt, x, y) = split_shared(turns(a), turns(b)).unwrap();
            let (p, q, r) = expected;
            assert_eq!((prompt, x, y), (turns(p), turns(q), turns(r)), "{a} | {b}");
        }
    }

    #[test]
    fn different_prompts_are_refused() {
        let said = |a: &str, b: &str| {
            let error = split_shared(turns(a), turns(b)).unwrap_err();
            crate::error::DataError::row("x", crate::error::At::Line(1), error).to_string()
        };
        assert!(said("s1 u1 u2 a2", "s1 u1 u2please a3").contains("at turn 3, a user turn"));
        assert!(said("u1 a1", "u2 a2").contains("at turn 1"));
        assert!(said("s1 u1 a1", "s2 u1 a2").contains("at turn 1, a system turn"));
        assert!(said("u1 a1", "u1 u2 a1").contains("at turn 2, a user turn"));
        for (a, b) in [("u1", "u1"), ("a1", "a2"), ("", ""), ("u1 a1", "")] {
            assert!(said(a, b).contains("do not begin with the same prompt"), "{a} | {b}");
        }
    }

    #[test]
    fn whole_conversations() {
        for (said, whole) in [
            ("u1 a1", true),
            ("s1 u1 r1 a1", true),
            ("a1", false),
            ("u1", false),
            ("s1 a1", false),
            ("", false),
        ] {
            assert_eq!(is_whole(&turns(said)), whole, "{said}");
        }
    }

    #[test]
    fn the_fuller_prompt_wins() {
        for (given, shared, merged) in [
            ("u1", "u1", "u1"),
            ("u2", "u1 a1 u2", "u1 a1 u2"),
            ("u1 a1 u2", "u2", "u1 a1 u2"),
            ("u1 a1", "u1 a1 u2", "u1 a1 u2"),
            ("s1 u1", "u1", "s1 u1"),
            ("u1", "s1 u1", "s1 u1"),
            ("s1 u2", "s1 u1 a1 u2", "s1 u1 a1 u2"),
            ("s1 u1 a1 u2", "u2", "s1 u1 a1 u2"),
            ("", "u1", "u1"),
            ("u1", "", "u1"),
            ("s1", "u1", "s1 u1"),
            ("uabc", "ua ab uc", "ua ab uc"),
            ("uHuman:a-Assistant:b", "ua- ab", "ua- ab"),
            ("ua ab uc", "uabc", "ua ab uc"),
            ("uxa", "sx ua", "sx ua"),
        ] {
            assert_eq!(merge_prompt(turns(given), turns(shared)), Ok(turns(merged)), "{given} | {shared}");
        }
        for (given, shared) in
            [("u1", "u2"), ("s1 u1", "s2 u1"), ("u1 a1", "u1 a2"), ("u1 u3", "u1 u2 u3"), ("uab", "ua abc")]
        {
            assert_eq!(merge_prompt(turns(given), turns(shared)), Err(turns(given)), "{given} | {shared}");
        }
        let spaced = vec![Message::user(" q \n")];
        assert_eq!(merge_prompt(spaced.clone(), vec![Message::user("q")]), Ok(spaced));
    }

    proptest! {
        #[test]
        fn splitting_loses_nothing(a in "([suart][12] ){0,6}", b in "([suart][12] ){0,6}") {
            let (a, b) = (turns(&a), turns(&b));
            if let Ok((prompt, x, y)) = split_shared(a.clone(), b.clone()) {
                prop_assert!(!prompt.is_empty() && answers(&a, prompt.len()) && answers(&b, prompt.len()));
                prop_assert_eq!([prompt.clone(), x].concat(), a);
                prop_assert_eq!([prompt, y].concat(), b);
            }
        }

        #[test]
        fn a_merged_prompt_holds_both(given in "([sua][12] ){0,4}", shared in "([sua][12] ){0,4}") {
            let (given, shared) = (turns(&given), turns(&shared));
            match merge_prompt(given.clone(), shared.clone()) {
                Ok(merged) => {
                    prop_assert!(merged.len() >= given.len().max(shared.len()));
                }
                Err(back) => prop_assert_eq!(back, given),
            }
        }
    }
}
