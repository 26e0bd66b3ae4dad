//! What are the key phrases of a text, and what is left of it without some of them?
//!
//! RAKE (Rose, Engel, Cramer and Cowley 2010): a candidate is a run of words without a stop word, a punctuation mark or the end of a line
//! between them. A word's score is its degree, the summed lengths of the candidates that it is in, over its frequency; a candidate's score
//! is the sum over its words. Capitals do not count. SPO ([`crate::losses::spo`]) removes growing shares of the candidates, best first, and
//! learns to predict how many are missing.
//!
//! The stop words are English. In another language candidates end at punctuation only, and are too long to be useful; in a script without
//! spaces each is one word.

use std::collections::HashMap;
use std::ops::Range;

/// English words without content. Words with an apostrophe that begin with one of them (`it's`, `they'll`) and all words that end in `n't`
/// count as stop words too.
const STOP_WORDS: &str = "\
a about above across after again against ago all almost along already also although always am among an and another any anyone anything are \
around as at away back be became because become becomes been before began behind being below besides best better between beyond both but by \
came can cannot come comes could did do does doing done down during each either else enough especially etc even ever every everyone \
everything few for from further gave get gets getting give given gives go goes going gone got had has have having he hence her here hers \
herself him himself his how however i if in indeed instead into is it its itself just keep kept know known largely last lastly later least less \
let lets like likely look made mainly make makes making many may maybe me might mine more moreover most mostly much must my myself namely \
near nearly need neither never nevertheless next no nobody none nor not nothing now nowhere of off often on once one ones only onto or other \
others otherwise our ours ourselves out over overall own per perhaps please possible put quite rather really same say see seem seemed seems \
several shall she should simply since so some someone something sometimes somewhat soon still such sure take taken takes than that the their \
theirs them themselves then there thereby therefore these they thing things this those though through throughout thus to together too took \
toward towards under unless unlike until up upon us use used uses using usually various very via want was way we well went were what whatever \
when whenever where whereas wherever whether which whichever while who whoever whole whom whose why will with within without would yes yet you \
your yours yourself yourselves";

/// A key phrase of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Keyword {
    /// Its words in small letters, with single spaces.
    pub phrase: String,
    /// The sum over its words of degree over frequency.
    pub score: f64,
    /// Its occurrences in the text, as byte ranges.
    pub places: Vec<Range<usize>>,
}

/// The key phrases of a text, each once, from the highest score down; equal ones as they come in the text.
///
/// ```
/// let found = predilect_learn::keywords::keywords("Deep neural networks learn. Neural networks are deep.");
/// assert_eq!(found[0].phrase, "deep neural networks learn");
/// // deep: degree 4 + 1 over 2; neural, networks: 4 + 2 over 2; learn: 4 over 1.
/// assert_eq!(found[0].score, 2.5 + 3.0 + 3.0 + 4.0);
/// assert_eq!(found[1].phrase, "neural networks");
/// ```
pub fn keywords(text: &str) -> Vec<Keyword> {
    let candidates = candidates(text);
    let mut words: HashMap<&str, (f64, f64)> = HashMap::new();
    for candidate in &candidates {
        for word in &candidate.words {
            let (degree, frequency) = words.entry(word.as_str()).or_default();
            *degree += candidate.words.len() as f64;
            *frequency += 1.0;
        }
    }
    let mut found: Vec<Keyword> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for candidate in &candidates {
        let phrase = candidate.words.join(" ");
        let score = candidate.words.iter().map(|word| words[word.as_str()]).map(|(d, f)| d / f).sum();
        let number = *known.entry(phrase.clone()).or_insert(found.len());
        if number == found.len() {
            found.push(Keyword { phrase, score, places: Vec::new() });
        }
        found[number].places.push(candidate.place.clone());
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found
}

/// The text without the share of its key phrases that have the highest scores, wherever they occur: `share` times their number, rounded.
///
/// The space before a phrase is removed with it if another space follows, or a mark or the end of the line. Larger shares remove what
/// smaller ones do, and more. A share below 0 is 0, above 1 it is 1, and NaN counts as 0.
///
/// ```
/// use predilect_learn::keywords::without;
///
/// let text = "Bake the sourdough bread until its crust is golden.";
/// assert_eq!(without(text, 0.25), "Bake the until its crust is golden.");
/// assert_eq!(without(text, 1.0), "the until its is.");
/// ```
pub fn without(text: &str, share: f64) -> String {
    let found = keywords(text);
    let count = (share.clamp(0.0, 1.0) * found.len() as f64).round() as usize;
    let mut places: Vec<Range<usize>> =
        found.into_iter().take(count).flat_map(|keyword| keyword.places).collect();
    places.sort_unstable_by_key(|place| place.start);
    let mut left = String::with_capacity(text.len());
    let mut at = 0;
    for place in places {
        left.push_str(&text[at..place.start]);
        at = place.end;
        let after = text[at..].chars().next();
        let blank = |c: char| c == ' ' || c == '\t';
        if left.is_empty() || left.ends_with('\n') {
            at += text[at..].len() - text[at..].trim_start_matches(blank).len();
        } else if after.is_none_or(|c| c.is_whitespace() || ".,;:!?)]".contains(c)) {
            left.truncate(left.trim_end_matches(blank).len());
        }
    }
    left.push_str(&text[at..]);
    left
}

/// The texts that are left at growing shares, each with the number of its share: the classes of SPO.
///
/// A text that is blank, or the same as that of a smaller share (short texts have few key phrases), is left out.
pub fn degrees(text: &str, shares: &[f64]) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for (class, share) in shares.iter().enumerate() {
        let left = without(text, *share);
        if !left.trim().is_empty() && found.iter().all(|(_, other)| *other != left) {
            found.push((class, left));
        }
    }
    found
}

/// A run of words that may be a key phrase.
struct Candidate {
    words: Vec<String>,
    place: Range<usize>,
}

fn candidates(text: &str) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut stops: Vec<&str> = STOP_WORDS.split_whitespace().collect();
    stops.sort_unstable();
    let mut open = false;
    let mut end = 0;
    for place in words(text) {
        let between = &text[end..place.start];
        open &= between.chars().all(|c| c.is_whitespace() && c != '\n');
        end = place.end;
        let word = text[place.clone()].to_lowercase().replace('\u{2019}', "'");
        if is_stop(&word, &stops) {
            open = false;
            continue;
        }
        match found.last_mut().filter(|_| open) {
            Some(last) => {
                last.place.end = place.end;
                last.words.push(word);
            }
            None => found.push(Candidate { words: vec![word], place }),
        }
        open = true;
    }
    found
}

fn is_stop(word: &str, stops: &[&str]) -> bool {
    let listed = |word: &str| stops.binary_search(&word).is_ok();
    listed(word) || word.ends_with("n't") || word.split_once('\'').is_some_and(|(first, _)| listed(first))
}

/// Where the words are: letters and digits, with single apostrophes and hyphens between them.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut chars = text.char_indices().peekable();
    let mut start = None;
    while let Some((at, c)) = chars.next() {
        let joins = matches!(c, '\'' | '\u{2019}' | '-')
            && chars.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        match start {
            None if c.is_alphanumeric() => start = Some(at),
            Some(from) if !c.is_alphanumeric() && !joins => {
                found.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    found.extend(start.map(|from| from..text.len()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ABSTRACT: &str = "Compatibility of systems of linear constraints over the set of natural numbers. Criteria of compatibility of \
        a system of linear Diophantine equations, strict inequations, and nonstrict inequations are considered. Upper bounds for components of \
        a minimal set of solutions and algorithms of construction of minimal generating sets of solutions for all types of systems are given. \
        These criteria and the corresponding algorithms for constructing a minimal supporting set of solutions can be used in solving all the \
        considered types of systems and systems of mixed types.";

    #[test]
    fn scores_are_those_of_the_paper() {
        // Table of Rose et al.: scores of the abstract that they use throughout.
        let found = keywords(ABSTRACT);
        let score = |phrase: &str| found.iter().find(|k| k.phrase == phrase).map(|k| k.score);
        for (phrase, expected) in [
            ("minimal generating sets", 8.0 + 2.0 / 3.0),
            ("linear diophantine equations", 8.5),
            ("minimal supporting set", 7.0 + 2.0 / 3.0),
            ("minimal set", 4.0 + 2.0 / 3.0),
            ("linear constraints", 4.5),
            ("natural numbers", 4.0),
            ("strict inequations", 4.0),
            ("nonstrict inequations", 4.0),
            ("upper bounds", 4.0),
            ("mixed types", 3.0 + 2.0 / 3.0),
            ("set", 2.0),
            ("types", 5.0 / 3.0),
            ("considered types", 3.0 + 1.0 / 6.0),
            ("algorithms", 1.5),
            ("compatibility", 1.0),
            ("systems", 1.0),
        ] {
            let found = score(phrase);
            assert!(found.is_some_and(|s| (s - expected).abs() < 1e-9), "{phrase}: {found:?} {expected}");
        }
        assert_eq!(found[0].phrase, "minimal generating sets");
        assert_eq!(found.iter().find(|k| k.phrase == "systems").map(|k| k.places.len()), Some(4));
    }

    #[test]
    fn candidates_end_at_stop_words_marks_and_lines() {
        let phrases = |text| keywords(text).into_iter().map(|k| k.phrase).collect::<Vec<_>>();
        assert_eq!(phrases("red apples\ngreen pears"), ["red apples", "green pears"]);
        assert_eq!(phrases("It\u{2019}s they'll DON'T state-of-the-art"), ["state-of-the-art"]);
        assert_eq!(phrases("Bees' honey, 2 jars"), ["2 jars", "bees", "honey"]);
        assert!(phrases("").is_empty() && phrases("the, of - '").is_empty());
    }

    #[test]
    fn removal_leaves_no_double_spaces() {
        let text = "- Solar panels, cheap panels: use them.\n- Wind power  is it.";
        assert_eq!(without(text, 0.0), text);
        assert_eq!(without(text, 1.0), "-,: use them.\n-  is it.");
        assert_eq!(without("Paris", 1.0), "");
        assert_eq!(without("Paris", f64::NAN), "Paris");
    }

    #[test]
    fn degrees_differ_from_each_other() {
        let shares = [0.0, 0.25, 0.5, 0.75];
        let all = degrees(ABSTRACT, &shares);
        assert_eq!(all.iter().map(|(class, _)| *class).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert!(all.windows(2).all(|pair| pair[0].1.len() > pair[1].1.len()));
        assert_eq!(degrees("The sun is hot.", &shares).len(), 3, "of two phrases none, one or both go");
        assert!(degrees(" ", &shares).is_empty());
    }

    proptest! {
        #[test]
        fn larger_shares_leave_less_of_any_text(text in "[a-cé’' .,\n-]{0,60}", low in 0.0..1.0f64, more in 0.0..1.0f64) {
            let (first, second) = (without(&text, low), without(&text, (low + more).min(1.0)));
            prop_assert!(second.len() <= first.len() && first.len() <= text.len());
        }
    }
}
