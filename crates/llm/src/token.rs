//! What the text of a token means.

/// The text of a token without white space, the marks by which vocabularies write it (`▁`, `Ġ`, `Ċ`), emphasis, quotation marks and
/// brackets: `▁A`, `**A` and `"A` all mean `A`.
#[must_use]
pub fn meaning(token: &str) -> &str {
    token.trim_matches(|c: char| c.is_whitespace() || "\u{2581}\u{120}\u{10a}*_`\"'[](){}>.:,;".contains(c))
}

/// Which of these answers a token means: the one that equals it apart from marks, else the one that differs in case only.
#[must_use]
pub fn answer_of(token: &str, answers: &[String]) -> Option<usize> {
    let word = meaning(token);
    let exact = answers.iter().position(|answer| answer == word);
    exact.or_else(|| answers.iter().position(|answer| answer.eq_ignore_ascii_case(word)))
}
