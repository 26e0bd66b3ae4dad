//! Which phrases of our word lists are in a text?

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident = $file:literal,)*) => {
        /// A list of phrases, kept in `lists/`: one phrase a line, its weight in front. Weight 0 takes back the phrase that it begins with:
        /// "I cannot" is an admission, "I cannot wait" is not.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum List {
            $($(#[$doc])* $name,)*
        }

        #[cfg(test)]
        impl List {
            pub(crate) const ALL: [Self; COUNT] = [$(Self::$name,)*];
        }

        const LISTS: &[(List, &str)] = &[$((List::$name, include_str!(concat!("../lists/", $file))),)*];
        const COUNT: usize = LISTS.len();
    };
}

lists! {
    /// Good manners: thanks, please, apologies, considerate wording.
    Polite = "polite.txt",
    /// Warmth: greetings, praise, encouragement, good wishes.
    Friendly = "friendly.txt",
    /// Certainty and instruction.
    Certain = "certain.txt",
    /// Hedges and personal opinion.
    Hedge = "hedge.txt",
    /// Admissions of not knowing, not being able, having been wrong.
    Limits = "limits.txt",
    /// Invitations to answer.
    Invite = "invite.txt",
    /// The reader, addressed.
    Address = "address.txt",
    /// Slang, interjections, chatty wording.
    Informal = "informal.txt",
    /// Attribution of a statement to a source, and examples.
    Evidence = "evidence.txt",
    /// Words that put steps in order.
    Sequence = "sequence.txt",
    /// Orders at a sentence's start: `take`, `add`.
    Order = "order.txt",
    /// Questions about what is meant, and how it was understood.
    Clarify = "clarify.txt",
}

impl List {
    /// What a passage that it finds is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Polite => "courtesy",
            Self::Friendly => "mark of warmth",
            Self::Certain => "mark of certainty",
            Self::Hedge => "hedge",
            Self::Limits => "admission",
            Self::Invite => "invitation",
            Self::Address => "address to the reader",
            Self::Informal => "informal wording",
            Self::Evidence => "source or example",
            Self::Sequence => "word of order",
            Self::Order => "order",
            Self::Clarify => "question about what is meant",
        }
    }
}

/// What the lists found in one text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Marks {
    weight: [f64; COUNT],
    count: [usize; COUNT],
}

impl Marks {
    /// The weights of the phrases found of one list, summed.
    pub(crate) fn weight(&self, list: List) -> f64 {
        self.weight[list as usize]
    }

    /// How many phrases of one list were found.
    pub(crate) fn count(&self, list: List) -> usize {
        self.count[list as usize]
    }
}

struct Finder {
    automaton: AhoCorasick,
    /// List and weight of each pattern.
    meaning: Vec<(List, f64)>,
}

/// `(phrase, list, weight)` of every line of every list.
///
/// A phrase is in lower case, without punctuation; `^` means the start of a sentence, `?` and `!` its end.
fn entries() -> impl Iterator<Item = (&'static str, List, f64)> {
    LISTS.iter().flat_map(|&(list, text)| {
        text.lines().filter_map(move |line| {
            let (weight, phrase) = line.trim().split_once(' ')?;
            Some((phrase.trim(), list, weight.parse().ok()?))
        })
    })
}

static FINDER: LazyLock<Option<Finder>> = LazyLock::new(|| {
    let patterns: Vec<String> = entries().map(|(phrase, ..)| format!(" {phrase} ")).collect();
    let automaton = AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(patterns)
        .ok()?;
    Some(Finder { automaton, meaning: entries().map(|(_, list, weight)| (list, weight)).collect() })
});

/// Finds the phrases of all lists in a normalised text (see [`crate::words::Words`]) in one pass.
///
/// Phrases of one list that overlap count once, with the weight of the heaviest.
pub(crate) fn find(text: &str) -> Marks {
    let mut marks = Marks::default();
    let Some(finder) = FINDER.as_ref() else { return marks };
    // Where the last phrase of each list ended, and its weight.
    let mut last = [(0_usize, 0.0_f64); COUNT];
    for hit in finder.automaton.find_overlapping_iter(text) {
        let (list, weight) = finder.meaning[hit.pattern().as_usize()];
        let list = list as usize;
        // Neighbours share the space between them.
        let (end, before) = last[list];
        if hit.start() + 1 < end {
            if weight == 0.0 {
                marks.weight[list] -= before;
                marks.count[list] -= usize::from(before > 0.0);
                last[list] = (hit.end(), 0.0);
                continue;
            }
            marks.count[list] += usize::from(before == 0.0);
            marks.weight[list] += (weight - before).max(0.0);
            last[list] = (hit.end(), before.max(weight));
        } else if weight == 0.0 {
            last[list] = (hit.end(), 0.0);
        } else {
            marks.weight[list] += weight;
            marks.count[list] += 1;
            last[list] = (hit.end(), weight);
        }
    }
    marks
}

/// Where in a normalised text the phrases of a list are that [`find`] counts, those that overlap as one.
pub(crate) fn places(text: &str, list: List) -> Vec<Range<usize>> {
    let mut found: Vec<(Range<usize>, f64)> = Vec::new();
    let Some(finder) = FINDER.as_ref() else { return Vec::new() };
    for hit in finder.automaton.find_overlapping_iter(text) {
        let (own, weight) = finder.meaning[hit.pattern().as_usize()];
        if own != list {
            continue;
        }
        match found.last_mut().filter(|(last, _)| hit.start() + 1 < last.end) {
            // Taken back, with whatever it began with.
            Some((last, before)) if weight == 0.0 => (last.end, *before) = (hit.end(), 0.0),
            Some((last, before)) => {
                *last = last.start.min(hit.start())..hit.end();
                *before = before.max(weight);
            }
            None => found.push((hit.range(), weight)),
        }
    }
    found.into_iter().filter(|(_, weight)| *weight > 0.0).map(|(range, _)| range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_line_of_every_list_is_a_phrase() {
        let lines: usize = LISTS.iter().map(|(_, text)| text.lines().count()).sum();
        assert_eq!(entries().count(), lines);
        assert!(FINDER.is_some());
        let mut seen = std::collections::BTreeSet::new();
        for (phrase, list, weight) in entries() {
            assert!(seen.insert((list as usize, phrase)), "{phrase} twice in {list:?}");
            assert!(weight == 0.0 || (0.25..=3.0).contains(&weight), "{phrase}");
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || " '^?!.".contains(c);
            assert!(phrase.chars().all(plain) && !phrase.contains("  "), "{phrase}");
        }
    }

    #[test]
    fn phrases_respect_words_and_overlaps_count_once() {
        assert_eq!(find(" ^ thank you . ").count(List::Polite), 1);
        assert_eq!(find(" ^ thankless task . ").count(List::Polite), 0);
        assert_eq!(find(" ^ please please . ").count(List::Polite), 2);
        // "i can't wait" takes back "i can't".
        assert_eq!(find(" ^ i can't say . ").weight(List::Limits), 2.0);
        assert_eq!(find(" ^ i can't wait . ").weight(List::Limits), 0.0);
        assert_eq!(find(" ^ i can't wait i can't say . ").count(List::Limits), 1);
        // "i am sorry" contains "sorry".
        assert_eq!(find(" ^ i am sorry . ").count(List::Polite), 1);
    }

    /// The plain twin: every phrase at every place, then overlaps resolved in the order of their ends.
    fn slow(text: &str, list: List) -> usize {
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for (phrase, of, _) in entries().filter(|e| e.1 == list) {
            debug_assert!(of == list);
            let pattern = format!(" {phrase} ");
            for start in 0..text.len() {
                if text[start..].starts_with(&pattern) {
                    spans.push((start + pattern.len(), start));
                }
            }
        }
        spans.sort_unstable();
        let (mut count, mut last) = (0, 0);
        for (end, start) in spans {
            count += usize::from(start + 1 >= last);
            last = end;
        }
        count
    }

    proptest! {
        #[test]
        fn one_pass_finds_what_a_search_for_each_phrase_finds(
            words in proptest::collection::vec(
                prop_oneof!["thank", "you", "please", "i", "am", "sorry", "let", "me", "know", "if", "\\^", "first"], 0..25)
        ) {
            let text = format!(" {} ", words.join(" "));
            for list in [List::Polite, List::Invite, List::Address, List::Sequence] {
                prop_assert_eq!(find(&text).count(list), slow(&text, list));
            }
        }
    }
}
