//! Is a response free of errors in grammar, spelling and punctuation?

use super::measure::{Measure, level};
use crate::document::Document;
use crate::grammar;

pub(crate) static GRAMMATICAL: Measure = Measure {
    id: "grammatical",
    definition: "Errors per 100 words of English prose (at least 50 words assumed): distinct misspelt words, breaches \
        of 66 rules of harper-core 3.0.0 that name outright errors, sentences begun with a small letter and pronouns i. \
        3 without errors, 2.5 below 0.4, 2 below 0.8, 1.5 below 1.4, 1 below 2.2, 0.5 below 3.5, else 0. Code, \
        formulas, addresses and names are not checked. Not rated when the prose is not in English or there is none.",
    blind_spots: "Only the first 12,000 bytes of prose are checked. Rules see local patterns, not whole \
        sentences: most wrong but possible phrases pass. Rare technical words in lower case may count as \
        misspelt; misspelt words with a capital, a hyphen, a digit or an accent never do. Foreign passages inside \
        English prose count as misspelt words. Style, long sentences and readability are not errors. Mixed \
        languages as such are not seen.",
    proxy: true,
    signs: &[],
    rate: grammatical,
};

fn grammatical(doc: &Document<'_>) -> Option<f64> {
    if !doc.ratable() {
        return None;
    }
    let errors = grammar::check(&doc.prose)?;
    let rate = (errors.spelling + errors.rules) as f64 * 100.0 / errors.words.max(50) as f64;
    Some(if rate > 0.0 { 2.5 - level(rate, [0.4, 0.8, 1.4, 2.2, 3.5, f64::INFINITY]) } else { 3.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Option<f64> {
        grammatical(&Document::new(text, None))
    }

    #[test]
    fn the_stated_version_is_the_locked_one() {
        let lock = include_str!("../../../../Cargo.lock");
        let after = lock.split("name = \"harper-core\"\nversion = \"").nth(1).expect("harper-core is locked");
        let version = after.split('"').next().expect("a version");
        let stated = format!("{} rules of harper-core {version} ", grammar::RULE_COUNT);
        assert!(GRAMMATICAL.definition.contains(&stated), "{stated}");
    }

    #[test]
    fn errors_per_hundred_words() {
        assert_eq!(rate("The cat sat on the mat."), Some(3.0));
        // One error, 50 words assumed: 2 per 100.
        assert_eq!(rate("The cat recieved a letter."), Some(1.0));
        assert_eq!(rate("The cat recieved a leter."), Some(0.0));
    }

    #[test]
    fn code_formulas_and_other_languages_do_not_count() {
        assert_eq!(
            rate("Use `fooz barz` and $x_i = zzq$ here.\n\n```\nbrokn speling evrywhere\n```\n"),
            Some(3.0)
        );
        assert_eq!(
            rate("So \\(qwx + zzq\\) is it, see https://exmaple.org/speling for more of it."),
            Some(3.0)
        );
        assert_eq!(rate("Der Hund schl\u{e4}ft heute den ganzen Tag im Garten und bellt nicht."), None);
        assert_eq!(rate("```\nlet x = 1;\n```"), None);
        assert_eq!(rate(""), None);
    }
}
