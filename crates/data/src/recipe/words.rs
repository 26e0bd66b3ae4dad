//! Calls in words: sides in any common form, ties, how much better, and no verdict.

use predilect_types::TieKind;

use super::spelling::tokens;
use crate::call::Call;

/// Words for no verdict at all.
pub(super) const NOTHING: &[&str] = &[
    "",
    "none",
    "null",
    "nan",
    "n/a",
    "na",
    "error",
    "garbage",
    "invalid",
    "unknown",
    "skip",
    "skipped",
    "missing",
    "-",
    "<na>",
    "nil",
    "undefined",
    "discarded",
    "unanswered",
    "no answer",
    "abstain",
    "abstained",
    "abstention",
    "no vote",
    "not applicable",
    "no verdict",
    "no judgment",
    "no judgement",
];
const TIES: &[&str] = &[
    "tie",
    "tied",
    "ties",
    "draw",
    "equal",
    "equally good",
    "same",
    "both",
    "no preference",
    "neutral",
    "about the same",
    "about equal",
    "the same",
    "equivalent",
    "similar",
    "a=b",
    "b=a",
    "a==b",
    "1=2",
    "both equal",
    "both equally good",
    "a tie",
    "it's a tie",
    "its a tie",
    "they are equal",
    "equally",
    "neither is better",
    "no difference",
    "indifferent",
    "no winner",
    "tie game",
    "both are equal",
    "both are equally good",
    "comparable",
    "both same",
    "a = b",
    "a≈b",
    "a~b",
    "about as good",
    "they are about the same",
    "both are about the same",
    "they are the same",
    "roughly equal",
    "can't decide",
    "cannot decide",
    "can not decide",
];
const BOTH_BAD: &[&str] = &[
    "tie (bothbad)",
    "tie (both bad)",
    "tie bothbad",
    "tie both bad",
    "bothbad",
    "both bad",
    "both are bad",
    "neither",
    "neither is good",
    "neither are good",
    "both responses are bad",
    "both wrong",
    "neither good",
    "both poor",
    "both are equally bad",
    "equally bad",
    "neither response",
    "both fail",
    "tie (both fail)",
    "neither one",
];
const BOTH_GOOD: &[&str] = &[
    "bothgood",
    "both good",
    "both are good",
    "tie (bothgood)",
    "tie (both good)",
    "tie both good",
    "both great",
];

/// Words that may accompany a side without adding a meaning.
const FILLERS: &[&str] = &[
    "is",
    "was",
    "wins",
    "won",
    "win",
    "winner",
    "better",
    "best",
    "preferred",
    "prefer",
    "prefers",
    "the",
    "i",
    "chosen",
    "than",
    "one",
    "other",
    "over",
    "beats",
    "choose",
    "chose",
    "selected",
    "favored",
    "favoured",
    "answer",
    "response",
    "model",
    "output",
    "option",
    "completion",
    "candidate",
    "assistant",
    "text",
    "chatbot",
    "summary",
    "system",
    "side",
    "choice",
    "conversation",
    "generation",
    "reply",
    "ai",
    "llm",
    "bot",
    "agent",
    "version",
    "variant",
    "translation",
    "message",
    "would",
    "vote",
    "for",
    "result",
    "story",
    "solution",
    "good",
    "to",
    "use",
    "helpful",
    "more",
    "prediction",
    "on",
    "by",
    "of",
    "dialogue",
    "more",
    "likely",
    // 1st, 2nd
    "st",
    "nd",
];
/// How much better, in words, and the probability that each means.
const GRADES: &[(&str, f64)] = &[
    ("a little bit", SLIGHTLY),
    ("a little", SLIGHTLY),
    ("a bit", SLIGHTLY),
    ("slightly", SLIGHTLY),
    ("somewhat", SLIGHTLY),
    ("marginally", SLIGHTLY),
    ("barely", SLIGHTLY),
    ("probably", SLIGHTLY),
    ("maybe", SLIGHTLY),
    ("possibly", SLIGHTLY),
    ("perhaps", SLIGHTLY),
    ("negligibly", SLIGHTLY),
    ("weakly", SLIGHTLY),
    ("slight", SLIGHTLY),
    ("lean", SLIGHTLY),
    ("leaning", SLIGHTLY),
    ("moderately", MODERATELY),
    ("moderate", MODERATELY),
    ("rather", MODERATELY),
    ("a lot", 1.0),
    ("much", 1.0),
    ("significantly", 1.0),
    ("strongly", 1.0),
    ("clearly", 1.0),
    ("far", 1.0),
    ("definitely", 1.0),
    ("considerably", 1.0),
    ("way", 1.0),
    ("substantially", 1.0),
    ("strong", 1.0),
    ("overwhelmingly", 1.0),
    ("clear", 1.0),
    ("very", 1.0),
];
/// A third of the way from even to sure.
const SLIGHTLY: f64 = 2.0 / 3.0;
/// Two thirds of the way.
const MODERATELY: f64 = 5.0 / 6.0;

fn side(word: &str) -> Option<bool> {
    match word {
        "a" | "1" | "left" | "first" => Some(true),
        "b" | "2" | "right" | "second" => Some(false),
        _ => None,
    }
}

/// Reads a call in words: names of sides in any common form, ties, no verdict. `None` if the words are not understood.
///
/// `Model A`, `response_a`, `left`, `1`, `A>B`, `[[A]]`, `A is slightly better` and `tie (bothbad)` are among them. Words that grade give a
/// probability: slightly 2/3, moderately 5/6, anything stronger (or no such word) 1.
pub(crate) fn words(text: &str) -> Option<Call> {
    let plain =
        text.trim().trim_matches(['[', ']', '"', '\'', '.', '!', '*', '`', '“', '”']).trim().to_lowercase();
    let loose = plain.replace(['_', '-'], " ");
    let loose = loose.split_whitespace().collect::<Vec<_>>().join(" ");
    let among = |list: &[&str]| list.contains(&plain.as_str()) || list.contains(&loose.as_str());
    // The buttons of FastChat's arena.
    match plain.as_str() {
        "leftvote" => return Some(Call::A),
        "rightvote" => return Some(Call::B),
        "tievote" => return Some(Call::Tie(TieKind::Tie)),
        "bothbad_vote" => return Some(Call::Tie(TieKind::BothBad)),
        _ => {}
    }
    if among(NOTHING) {
        return Some(Call::Missing);
    }
    if among(BOTH_BAD) {
        return Some(Call::Tie(TieKind::BothBad));
    }
    if among(BOTH_GOOD) {
        return Some(Call::Tie(TieKind::BothGood));
    }
    if among(TIES) || plain == "c" {
        return Some(Call::Tie(TieKind::Tie));
    }
    // Only the sign between the first and the second.
    match plain.trim_matches('=') {
        ">" | ">>" | ">>>" | "≻" => return Some(Call::A),
        "<" | "<<" | "<<<" | "≺" => return Some(Call::B),
        "" if !plain.is_empty() => return Some(Call::Tie(TieKind::Tie)),
        _ => {}
    }
    if let Some(call) = compared(&plain) {
        return Some(call);
    }
    // Less than nothing is no side.
    if plain.parse::<f64>().is_ok_and(|number| number < 0.0) {
        return None;
    }
    named_side(&loose).or_else(|| words(numbered(&plain)?)).or_else(|| words(marked(text)?))
}

/// What a judge's whole answer marks as its verdict, the last one if there are several: `... so I prefer the first one: [[A]]`.
fn marked(text: &str) -> Option<&str> {
    let (before, rest) = text.rsplit_once("[[")?;
    let (mark, after) = rest.split_once("]]")?;
    // The mark alone was read before.
    let within = !before.trim().is_empty() || !after.trim().is_empty();
    (within && mark.len() <= 20).then_some(mark)
}

/// Whether a word may accompany the name of the best of several responses: it neither compares two of them nor says no.
pub(super) fn says_best(word: &str) -> bool {
    const COMPARE: &[&str] = &["than", "over", "beats", "other", "to"];
    let grade = |(words, _): &(&str, f64)| words.split(' ').any(|part| part == word);
    (FILLERS.contains(&word) && !COMPARE.contains(&word)) || GRADES.iter().any(grade)
}

/// As [`words`], except for a bare `C`: among A and B it is a tie for some judges' prompts, a third response elsewhere, and a typing error
/// in a third file. It still identifies a column of verdicts; what it means, the user has to say.
pub(crate) fn plain_words(text: &str) -> Option<Call> {
    if text.trim().eq_ignore_ascii_case("c") { None } else { words(text) }
}

/// What follows the number of an answer on a scale: `1 (A is much better)`, `5 - B is better`.
fn numbered(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let inner = rest.trim_start().strip_prefix(['(', '-', ':', '=', '.'])?.trim().trim_end_matches(')');
    (rest.len() < text.len() && inner.split_whitespace().count() > 1).then_some(inner)
}

/// `A>B`, `A >> B`, `1<2`, `B≻A`, and rankings of just two.
fn compared(text: &str) -> Option<Call> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let at = text.find(['>', '<', '≻', '≺'])?;
    let (before, after) = text.split_at(at);
    let marks: String = after.chars().take_while(|c| ">≻<≺=".contains(*c)).collect();
    let after = after.get(marks.len()..)?;
    let alone = |word: &str| {
        let words = tokens(word);
        let mut sides = words.iter().filter_map(|w| side(w));
        let only = sides.next()?;
        let known = words.iter().all(|w| side(w).is_some() || FILLERS.contains(&w.as_str()));
        (sides.next().is_none() && known).then_some(only)
    };
    let (first, second) = (alone(before)?, alone(after)?);
    let greater = marks.starts_with(['>', '≻']);
    (first != second && !marks.contains('=')).then_some(if first == greater { Call::A } else { Call::B })
}

/// The one side that a phrase names, with how much better it is.
fn named_side(text: &str) -> Option<Call> {
    let mut rest =
        format!(" {} ", text.replace([':', ',', '(', ')', '.', '/'], " ")).replace(" rather than ", " than ");
    let mut grade = None;
    for (words, p) in GRADES {
        let with = format!(" {words} ");
        if rest.contains(&with) {
            rest = rest.replace(&with, " ");
            grade.get_or_insert(*p);
        }
    }
    let mut first = None;
    let mut second = None;
    let mut worse = false;
    let mut than = false;
    for word in rest.split_whitespace().flat_map(tokens) {
        match side(&word) {
            Some(at) if first.is_none() => first = Some(at),
            Some(at) if second.is_none() && than => second = Some(at),
            None if word == "worse" || word == "loses" || word == "lost" => worse = true,
            None if FILLERS.contains(&word.as_str()) => {
                than |= ["than", "over", "beats", "to"].contains(&word.as_str());
                // `better than B` names only what was beaten.
                if than && first.is_none() && word != "to" {
                    return None;
                }
            }
            _ => return None,
        }
    }
    let side = first?;
    if second == Some(side) {
        return None;
    }
    let call = if side == worse { Call::B } else { Call::A };
    Some(match grade {
        Some(p) if p < 1.0 => Call::Soft(if call == Call::A { p } else { 1.0 - p }),
        _ => call,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_winner() {
        for text in [
            "a",
            "A",
            "Model A",
            "model_a",
            "response_a",
            "left",
            "1",
            "A>B",
            "A >> B",
            "A is better",
            "[[A]]",
            "Answer 1",
            "assistant A",
            "first",
            "The first response is better",
            "A is much better than B",
            "B is worse",
            "2<1",
            "Response_A",
            "a wins",
            "output-1",
        ] {
            assert_eq!(words(text), Some(Call::A), "{text}");
        }
        for text in [
            "B",
            "right",
            "2",
            "model b",
            "B>A",
            "A<B",
            "I prefer the second",
            "Response 2 is better",
            "answer_b",
        ] {
            assert_eq!(words(text), Some(Call::B), "{text}");
        }
        assert_eq!(words("It is shorter, and right. My verdict: [[B]]"), Some(Call::B));
        assert_eq!(words("[[A]] was my first thought, but: [[Tie]]."), Some(Call::Tie(TieKind::Tie)));
        assert_eq!((words("see [[the note]]"), words("a [[B")), (None, None));
        assert_eq!(words("slightly better A"), Some(Call::Soft(2.0 / 3.0)));
        assert_eq!(words("B is a bit better"), Some(Call::Soft(1.0 - 2.0 / 3.0)));
        assert_eq!(words("A-is-clearly-better"), Some(Call::A));
        assert_eq!(words("Tie"), Some(Call::Tie(TieKind::Tie)));
        assert_eq!(words("both_bad"), Some(Call::Tie(TieKind::BothBad)));
        assert_eq!(words("No preference"), Some(Call::Tie(TieKind::Tie)));
        assert_eq!(words(" "), Some(Call::Missing));
        assert_eq!((words("C"), words("[[C]]")), (Some(Call::Tie(TieKind::Tie)), plain_words("[[C]]")));
        assert_eq!((plain_words("C"), plain_words(" c "), plain_words("a")), (None, None, Some(Call::A)));
        for text in ["0", "3", "model c", "the better one", "yes", "a or b", "gpt-4", "A>=B", "not a", "true"]
        {
            assert_eq!(words(text), None, "{text}");
        }
    }
}
