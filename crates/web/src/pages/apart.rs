//! Which words of a pair's responses has only one of them?

use predilect_report::live::{Mark, Side, Words};
use predilect_types::Response;
use similar::{ChangeTag, TextDiff};

/// Characters of both responses up to which words are compared.
const COMPARED: usize = 40_000;
/// If less than this share of all words is in both texts, marks would cover nearly everything and be useless.
const SHARED: f64 = 1.0 / 3.0;

/// The two responses, words that only one of them has marked; and whether they share so few that none is marked.
pub(super) fn compared(responses: [&Response; 2]) -> ([Side; 2], bool) {
    let texts = responses.map(|response| response.text().into_owned());
    let plain = || texts.each_ref().map(|text| vec![Words { text: text.clone(), mark: Mark::None }]);
    let counts = texts.each_ref().map(|text| text.split_whitespace().count() as u64);
    let (words, hardly_shared) = if texts[0].len() + texts[1].len() > COMPARED {
        (plain(), false)
    } else {
        let (marked, shared) = marked([&texts[0], &texts[1]]);
        let hardly = !counts.contains(&0) && ((2 * shared) as f64) < SHARED * (counts[0] + counts[1]) as f64;
        (if hardly { plain() } else { marked }, hardly)
    };
    let [of_a, of_b] = words;
    let sides = [
        Side { model: responses[0].model.clone(), count: counts[0], words: of_a },
        Side { model: responses[1].model.clone(), count: counts[1], words: of_b },
    ];
    (sides, hardly_shared)
}

/// Both texts in pieces, those of one alone marked, and how many words both have.
fn marked([a, b]: [&str; 2]) -> ([Vec<Words>; 2], u64) {
    let mut words: [Vec<Words>; 2] = [Vec::new(), Vec::new()];
    let mut shared = 0;
    let found = TextDiff::configure().timeout(std::time::Duration::from_millis(200)).diff_words(a, b);
    for change in found.iter_all_changes() {
        let mut add = |side: usize, mark: Mark| match words[side].last_mut() {
            Some(last) if last.mark == mark => last.text.push_str(change.value()),
            _ => words[side].push(Words { text: change.value().to_owned(), mark }),
        };
        match change.tag() {
            ChangeTag::Equal => {
                add(0, Mark::None);
                add(1, Mark::None);
                // The blanks between words are pieces too.
                shared += u64::from(!change.value().trim().is_empty());
            }
            ChangeTag::Delete => add(0, Mark::Own),
            ChangeTag::Insert => add(1, Mark::Own),
        }
    }
    (words, shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(a: &str, b: &str) -> (Vec<bool>, bool) {
        let [a, b] = [a, b].map(|text| Response::new(text, None));
        let (sides, hardly) = compared([&a, &b]);
        (sides[0].words.iter().map(|piece| piece.mark == Mark::Own).collect(), hardly)
    }

    #[test]
    fn texts_that_share_hardly_a_word_are_not_marked() {
        assert_eq!(of("the cat sat here", "the dog sat here"), (vec![false, true, false], false));
        assert_eq!(of("one two three four", "five six seven four"), (vec![false], true));
        assert_eq!(of("one two", ""), (vec![true], false), "an empty text is said to be empty");
    }
}
