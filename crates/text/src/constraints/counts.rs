//! How many words, sentences, lines, items may there be: demands with a number.

use super::constraint::{Constraint, Range, Scope, Unit};
use super::words::{number, unit};

/// How far `about` reaches: a fifth.
const ABOUT: f64 = 0.2;

/// A bare number of words from here on is meant about.
const MANY: usize = 30;

/// What a number is compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compared {
    Exactly,
    Most,
    Least,
    Less,
    More,
    About,
}

/// Words that make a demand of a bare number: "write three sentences", "in 50 words".
const ASKING: [&str; 27] = [
    "in", "write", "give", "with", "use", "using", "me", "us", "provide", "suggest", "create", "make",
    "compose", "contain", "contains", "have", "has", "include", "into", "only", "just", "to", "a", "an",
    "generate", "want", "need",
];

/// Words of requests for programs, whose lines and characters are not those of the response.
const CODE: [&str; 10] =
    ["code", "python", "program", "script", "function", "java", "javascript", "rust", "language", "file"];

/// Words that ask for an answer.
const ANSWER: [&str; 6] = ["answer", "reply", "respond", "describe", "say", "in"];

/// Words behind which a number is about something that is there already: "the two sentences above".
const KNOWN: [&str; 12] =
    ["the", "these", "those", "this", "following", "first", "last", "my", "your", "his", "her", "their"];

/// Nouns of which a number asks for a list.
const LISTED: [&str; 43] = [
    "tips",
    "reasons",
    "ideas",
    "examples",
    "facts",
    "ways",
    "suggestions",
    "names",
    "things",
    "options",
    "benefits",
    "advantages",
    "disadvantages",
    "books",
    "movies",
    "films",
    "songs",
    "questions",
    "titles",
    "slogans",
    "topics",
    "recipes",
    "activities",
    "places",
    "cities",
    "countries",
    "synonyms",
    "headlines",
    "hobbies",
    "games",
    "foods",
    "snacks",
    "fruits",
    "vegetables",
    "animals",
    "jokes",
    "quotes",
    "pieces",
    "strategies",
    "tools",
    "colours",
    "colors",
    "steps",
];

/// Verbs in front of such a number.
const VERBS: [&str; 14] = [
    "give",
    "list",
    "name",
    "suggest",
    "provide",
    "write",
    "recommend",
    "share",
    "generate",
    "create",
    "tell",
    "offer",
    "propose",
    "brainstorm",
];

/// All demands with numbers in the words of one sentence of a request, in lower case; `,` and `:` are separate words.
pub(super) fn find(words: &[&str], out: &mut Vec<Constraint>) {
    let mut at = 0;
    while at < words.len() {
        // "extract the keywords, then summarise it in ten words": a part of the response that cannot be distinguished from the others.
        if words[at] == "then" {
            return;
        }
        match counted(words, at).or_else(|| listed(words, at)) {
            Some((constraint, next)) => {
                out.push(constraint);
                at = next.max(at + 1);
            }
            None => at += 1,
        }
    }
}

/// A number at a place, and where it ends; with the second of "two or three", "40 to 60", "40-60".
fn numbers(words: &[&str], at: usize) -> Option<(usize, Option<usize>, usize)> {
    let word = words.get(at)?;
    if let Some((low, high)) = word.split_once(['-', '–'])
        && let (Ok(low), Ok(high)) = (low.parse::<usize>(), high.parse::<usize>())
    {
        return (low < high).then_some((low, Some(high), at + 1));
    }
    let low = number(word)?;
    if let (Some(joint), Some(high)) = (words.get(at + 1), words.get(at + 2).and_then(|word| number(word)))
        && ["or", "to", "and", "oder", "bis", "à", "ou", "o"].contains(joint)
        && low < high
    {
        // "1 or 7 words" is not a range.
        if *joint == "or" && high > low + 1 {
            return None;
        }
        return Some((low, Some(high), at + 3));
    }
    Some((low, None, at + 1))
}

/// How the words before a place compare, and how many of them do.
fn compared(words: &[&str], at: usize) -> Option<(Compared, usize)> {
    let before = |n: usize| at.checked_sub(n).map_or_else(String::new, |first| words[first..at].join(" "));
    for n in (1..=4).rev() {
        let compared = match before(n).as_str() {
            "exactly"
            | "between"
            | "zwischen"
            | "entre"
            | "precisely"
            | "genau"
            | "exactement"
            | "exactamente"
            | "esattamente"
            | "no more and no less than" => Compared::Exactly,
            "at most"
            | "no more than"
            | "not more than"
            | "up to"
            | "maximum of"
            | "maximum"
            | "max"
            | "a maximum of"
            | "máximo"
            | "máximo de"
            | "como máximo"
            | "höchstens"
            | "maximal"
            | "au plus"
            | "al massimo"
            | "within"
            | "not exceed"
            | "not exceeding"
            | "no longer than"
            | "not longer than"
            | "limit of"
            | "no máximo"
            | "limited to"
            | "shorter than or equal to" => Compared::Most,
            "at least" | "no less than" | "no fewer than" | "not less than" | "not fewer than"
            | "minimum of" | "minimum" | "min" | "a minimum of" | "mindestens" | "au moins" | "al menos"
            | "almeno" => Compared::Least,
            "fewer than" | "less than" | "under" | "below" | "shorter than" | "weniger als" | "moins de"
            | "menos de" => Compared::Less,
            "more than" | "over" | "longer than" | "exceed" | "exceeds" => Compared::More,
            "about" | "around" | "approximately" | "roughly" | "some" | "circa" | "etwa" | "environ" => {
                Compared::About
            }
            _ => continue,
        };
        // "none longer than", "no line longer than" forbid what "longer than" asks for.
        if compared == Compared::More && words[..at - n].iter().rev().take(3).any(|w| NONE.contains(w)) {
            return Some((Compared::Most, n));
        }
        return Some((compared, n));
    }
    None
}

const NONE: [&str; 6] = ["no", "none", "not", "never", "don't", "nothing"];

/// The range that a comparison with a number, or two, means; `None` if it is not meaningful.
fn range(compared: Compared, low: usize, high: Option<usize>) -> Option<Range> {
    let exact = |least, most| Some(Range { least, most });
    if let Some(high) = high {
        return match compared {
            Compared::Exactly | Compared::About => exact(low, high),
            Compared::Most => exact(0, high),
            Compared::Least => exact(low, usize::MAX),
            Compared::Less | Compared::More => None,
        };
    }
    match compared {
        Compared::Exactly => exact(low, low),
        Compared::Most => exact(0, low),
        Compared::Least => exact(low, usize::MAX),
        Compared::Less => exact(0, low.checked_sub(1)?),
        Compared::More => exact(low + 1, usize::MAX),
        Compared::About => {
            let reach = (low as f64 * ABOUT).max(1.0) as usize;
            exact(low.saturating_sub(reach), low + reach)
        }
    }
}

/// Adjectives between a number and its unit.
fn adjective(word: &str) -> bool {
    [
        "short",
        "long",
        "complete",
        "full",
        "simple",
        "different",
        "concise",
        "brief",
        "english",
        "bullet",
        "list",
        "rhyming",
        "clear",
        "numbered",
        "bulleted",
        "whole",
        "good",
        "new",
        "separate",
        "distinct",
        "plain",
        "more",
    ]
    .contains(&word)
}

/// What is said of a number after its unit, and in how many words.
fn compared_after(words: &[&str], next: usize) -> Option<(Compared, usize)> {
    [2, 1].into_iter().find_map(|n| {
        let compared = match words.get(next..next + n)?.join(" ").as_str() {
            "or less" | "or fewer" | "or under" | "at most" | "max" | "maximum" | "tops" => Compared::Most,
            "or more" | "at least" | "minimum" => Compared::Least,
            "or so" => Compared::About,
            _ => return None,
        };
        Some((compared, n))
    })
}

/// "at most twenty words", "in one sentence", "a four-line poem".
fn counted(words: &[&str], at: usize) -> Option<(Constraint, usize)> {
    let hyphenated = words[at].rsplit_once('-').and_then(|(n, u)| {
        // "twenty-five-word" and "three-to-five-sentence" are not split; `number` knows neither.
        let n = n.strip_prefix("a-").unwrap_or(n);
        Some((number(n)?, None, unit(u)?, at + 1))
    });
    let (low, high, unit, mut next) = if let Some(found) = hyphenated {
        found
    } else {
        let (low, high, mut next) = numbers(words, at)?;
        while words.get(next).is_some_and(|word| adjective(word)) {
            next += 1;
        }
        (low, high, unit(words.get(next)?)?, next + 1)
    };
    let (mut how, taken) = match compared(words, at) {
        Some((how, taken)) => (Some(how), taken),
        None => (None, 0),
    };
    let first = at - taken;
    let before = first.checked_sub(1).map(|at| words[at]);
    // "the two sentences above", "each of my five paragraphs".
    if before.is_some_and(|word| KNOWN.contains(&word)) && how.is_none() {
        return None;
    }
    if let Some((said, taken)) = compared_after(words, next) {
        how = Some(said);
        next += taken;
    }
    if matches!(words.get(next..), Some(["above" | "below", ..] | ["of", "text", ..])) {
        return None;
    }
    let how = match how {
        Some(how) => how,
        None if before.is_some_and(|word| ASKING.contains(&word))
            || (at == 0 && unit != Unit::Word)
            || before == Some(".") =>
        {
            if unit == Unit::Word && low >= MANY {
                Compared::About
            } else {
                Compared::Exactly
            }
        }
        None => return None,
    };
    // "a word in two sentences": a place, not a length.
    if high.is_none() && low == 0 {
        return None;
    }
    let code = matches!(unit, Unit::Line | Unit::Character) && words.iter().any(|word| CODE.contains(word));
    // "with one word changed".
    let few = unit == Unit::Word && low <= 3 && high.is_none() && taken == 0;
    if code || (few && !words[at.saturating_sub(4)..at].iter().any(|word| ANSWER.contains(word))) {
        return None;
    }
    let scope = scope(words, first, next, unit)?;
    Some((Constraint::Count { unit, range: range(how, low, high)?, scope }, next))
}

/// "in each sentence", "per line", "no line longer than"; `None` if it refers to each of something else.
fn scope(words: &[&str], first: usize, next: usize, counted: Unit) -> Option<Scope> {
    let each = |word: &&str| unit(word).filter(|unit| *unit != counted);
    match words.get(next..).unwrap_or_default() {
        ["in" | "for" | "of", "each" | "every", rest @ ..] | ["per", rest @ ..] => {
            return rest.first().and_then(each).map(Scope::Each);
        }
        ["each", ..] => return plain_each(words, first),
        _ => {}
    }
    // "no line longer than ten words", "each sentence must have at most ...", "none longer than eight words".
    let ahead = &words[first.saturating_sub(6)..first];
    for (at, word) in ahead.iter().enumerate() {
        let next = ahead.get(at + 1);
        if ["each", "every"].contains(word)
            || (*word == "no" && next.is_some_and(|word| each(word).is_some()))
        {
            return next.and_then(each).map(Scope::Each);
        }
        if *word == "none" {
            return plain_each(words, first);
        }
    }
    // "one line allocated for each month", "for every speaker, in two sentences".
    let other = words.iter().any(|word| ["each", "every", "per"].contains(word));
    (!other).then_some(Scope::Whole)
}

/// "eight words each": of the unit that was named before.
fn plain_each(words: &[&str], first: usize) -> Option<Scope> {
    let named = words[..first].iter().rev().find_map(|word| {
        unit(word).or_else(|| LISTED.contains(word).then_some(Unit::Item)).filter(|unit| *unit != Unit::Word)
    });
    named.map(Scope::Each)
}

/// "give me five tips", "a list of seven things".
fn listed(words: &[&str], at: usize) -> Option<(Constraint, usize)> {
    let (low, high, mut next) = numbers(words, at)?;
    let taken = compared(words, at);
    let first = at - taken.map_or(0, |(_, taken)| taken);
    let mut back = words[..first].iter().rev();
    let mut before = *back.next()?;
    let mut listing = false;
    while ["me", "us", "exactly", "just", "only", "up", "with", "of"].contains(&before) {
        let of_list = ["with", "of"].contains(&before);
        listing |= of_list;
        before = *back.next()?;
        if of_list && !["list", "lists"].contains(&before) {
            return None;
        }
    }
    if listing {
        let ahead: Vec<&&str> = back.take(4).collect();
        if ahead.iter().any(|word| **word == "from")
            || !(ahead.is_empty() || ahead.iter().any(|word| VERBS.contains(word)))
        {
            return None;
        }
    } else if !VERBS.contains(&before) && before != "list" {
        return None;
    }
    let end = (next..(next + 3).min(words.len()))
        .find(|&at| LISTED.contains(&words[at]) || words[at] == "items")?;
    next = end + 1;
    let how = taken.map_or(Compared::Exactly, |(how, _)| how);
    (low >= 2).then_some(())?;
    Some((Constraint::Count { unit: Unit::Item, range: range(how, low, high)?, scope: Scope::Whole }, next))
}
