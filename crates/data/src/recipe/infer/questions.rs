//! Which words of a name say what was asked, where columns are named with questions: `Q2: Which is less harmful?`.

use super::super::qualities;
use super::super::spelling::tokens;

/// The words of a name without the number of its question.
pub(super) fn asked_words(column: &str) -> Vec<String> {
    let words = tokens(column);
    let number = |word: Option<&String>| word.is_some_and(|word| word.parse::<u32>().is_ok());
    let question = |word: &String| ["q", "question"].contains(&word.as_str());
    let numbered = match words.as_slice() {
        [first, ..] if question(first) && number(words.get(1)) => 2,
        [_, ..] if number(words.first()) => 1,
        _ => 0,
    };
    // A name of a question alone keeps its number.
    if words.len() > numbered + 1 { words.into_iter().skip(numbered).collect() } else { words }
}

/// Whether words ask for less of a drawback, which is better: `which is less harmful`.
pub(super) fn less_of_a_drawback(words: &[String]) -> bool {
    const LESS: &[&str] = &["less", "least", "fewer", "fewest"];
    // `least_toxic` next to a winner may be of one aspect only: what is asked about both is a verdict.
    let asked = words.iter().any(|word| word == "which");
    asked
        && words.windows(2).any(|two| match two {
            [less, what] => LESS.contains(&less.as_str()) && qualities::drawback(what),
            _ => false,
        })
}
