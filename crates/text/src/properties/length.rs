//! How long is a response?

use super::measure::Measure;
use crate::document::Document;
use crate::words;

pub(crate) static LENGTH: Measure = Measure {
    id: "length",
    definition: "Words of the whole response as written, code and tables included: whatever is between white space and contains a letter or digit; in scripts without spaces, the words of Unicode Standard Annex 29. Compared by \
        a noticeable margin. 0 for an empty response.",
    blind_spots: "An address or an identifier is one word however long. Without a dictionary, each Chinese \
        character counts as a word.",
    proxy: false,
    signs: &[],
    rate: |doc: &Document<'_>| Some(words::count(doc.raw) as f64),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_counts() {
        let rate = |text| (LENGTH.rate)(&Document::new(text, None));
        assert_eq!(rate(""), Some(0.0));
        assert_eq!(rate("- one\n- two, three\n\n```\nlet four = 5;\n```"), Some(6.0));
    }
}
