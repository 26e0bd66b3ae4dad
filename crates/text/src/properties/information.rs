//! How much does a response say?

use super::measure::Measure;
use crate::compress::Known;
use crate::document::Document;
use crate::signs::Sign;
use crate::words;

const WORDS: &str = "Whether what is said is true, or to the point, is not seen. Words made up of likely letters pass for words, so does any list of \
    them; so do the words of log files and of code outside of a block. Filler in words of its own counts once. Ratings of different languages do not compare. The same thought in other words counts again, and so do the forms of a word. Code, formulas and addresses are \
    not read; numbers and names of one or two letters do not count.";

pub(crate) static INFORMATION: Measure = Measure {
    id: "rich",
    definition: "0.3 for each doubling of the new words, plus one: 0.3 log2(1 + n) in tenths, at most 3 (1,023 new words). New words are the different \
        words of three letters or more, outside code, that the request does not have; in scripts without spaces, every two adjacent characters. In English, words that only join others (of, which, would) and letters that hardly make a word do not \
        count, and where the latter are half of a text it says nothing. A response of code or markup alone is not rated.",
    blind_spots: WORDS,
    proxy: true,
    signs: &[Sign::New],
    rate: information,
};

fn information(doc: &Document<'_>) -> Option<f64> {
    // The information in code or markup is unknown; an empty response has none.
    let unread = doc.words.is_empty() && words::count(doc.raw) > 0;
    // In tenths, a quarter more words each: nearly equal amounts count as equal, as for length. A bare sign would pick up what length
    // leaves undecided, and with it part of the weight of length.
    (!unread).then(|| (3.0 * (1.0 + new_words(doc) as f64).log2()).round().min(30.0) / 10.0)
}

pub(crate) static NEW_WORDS: Measure = Measure {
    id: "new_words",
    definition: "Different words of three letters or more, outside code and without English function words, that the request does not have; in \
        scripts without spaces, every pair of adjacent characters.",
    blind_spots: WORDS,
    proxy: false,
    signs: &[Sign::New],
    rate: |doc| Some(new_words(doc) as f64),
};

pub(crate) static DISTINCT_WORDS: Measure = Measure {
    id: "distinct_words",
    definition: "Different words of three letters or more, outside code and without English function words, those of the request included; in \
        scripts without spaces, every pair of adjacent characters.",
    blind_spots: WORDS,
    proxy: false,
    signs: &[],
    rate: |doc| Some(doc.words.said(doc.english).len() as f64),
};

pub(crate) static BITS_GIVEN_PROMPT: Measure = Measure {
    id: "bits_given_prompt",
    definition: "Bits that the words, in lower case and outside code, take in a code that refers to what the request or the response said \
        before: four bytes or more that repeat take 1 bit, and those of Elias' gamma code of distance and length; any other byte takes 6.",
    blind_spots: "Random letters take as many bits as can be. Scripts beyond Latin take more bytes, and so more bits, for the same text.",
    proxy: false,
    signs: &[],
    rate: |doc| {
        let bits = match doc.request {
            Some(request) => request.known.bits(&doc.words),
            None => Known::default().bits(&doc.words),
        };
        Some(if doc.words.is_empty() { 0.0 } else { bits as f64 })
    },
};

fn new_words(doc: &Document<'_>) -> usize {
    let said = doc.words.said(doc.english);
    let asked = doc.request.map_or(&[][..], |request| &request.said);
    said.iter().filter(|word| asked.binary_search(word).is_err()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Request;

    fn rate(measure: &Measure, request: &str, text: &str) -> Option<f64> {
        let request = Request::new(request, None);
        (measure.rate)(&Document::new(text, Some(&request)))
    }

    #[test]
    fn new_words_are_counted_once_and_not_those_of_the_request() {
        let asked = "How tall is the tower in Paris?";
        // "tower", "paris" and "tall" are asked for; "stands", "metres" and "wide" are not; "over" and "and" only join.
        assert_eq!(
            rate(&NEW_WORDS, asked, "The tower in Paris stands over 300 metres tall and over 10 wide."),
            Some(3.0)
        );
        assert_eq!(rate(&DISTINCT_WORDS, asked, "The tower, the TOWER."), Some(1.0));
        assert_eq!(rate(&INFORMATION, asked, ""), Some(0.0));
        assert_eq!(rate(&INFORMATION, asked, "```\nlet tower = 300;\n```"), None);
        assert_eq!(rate(&INFORMATION, asked, "<answer>\nSteel, mostly.\n</answer>"), None);
        assert_eq!(rate(&INFORMATION, asked, "The tower in Paris."), Some(0.0));
        assert_eq!(rate(&INFORMATION, asked, "Steel, mostly, and rivets."), Some(0.6));
    }

    #[test]
    fn what_is_no_information_adds_nothing() {
        let asked = "Explain how tides work, and why there are two each day.";
        let answer = "Tides rise because the moon pulls the near side of the ocean more strongly than the centre of the earth, and the far side less. \
            Water bulges on both sides, so most coasts meet two high waters while the planet turns once beneath them.";
        let of = |text: &str| rate(&INFORMATION, asked, text).unwrap_or(0.0);
        let honest = of(answer);
        let junk = "xkq vbnm zzqp wrtk qpwo eiru tyal skdj fhgz mxnc bvqa zwsx edcr fvtg byhn ujmi kolp qazw sxed crfv \
            tgby hnuj mikq olpx qwje rhtg ydnc";
        let coded = "aGVsbG8gd29ybGQgdGhpcyBpcyBhIHRlc3Q= bG9yZW0gaXBzdW0gZG9sb3I= c2l0IGFtZXQgY29uc2VjdGV0dXI= YWRpcGlzY2luZyBlbGl0IHNlZA== \
            ZWl1c21vZCB0ZW1wb3IgaW5jaWRpZHVudA== dXQgbGFib3JlIGV0IGRvbG9yZSBtYWduYQ==";
        let code = format!(
            "```python\n{}\n```",
            (0..60).map(|i| format!("value_{i} = compute(alpha{i}, beta{i})")).collect::<Vec<_>>().join("\n")
        );
        let numbers = (0..200).map(|i| (i * 7919 % 9973).to_string()).collect::<Vec<_>>().join(" ");
        let cells = format!(
            "| a | b |\n|---|---|\n{}",
            (0..60).map(|i| format!("| {i} | {} |", i * 37 % 101)).collect::<Vec<_>>().join("\n")
        );
        for (what, text) in [
            ("junk", junk.to_owned()),
            ("base64", coded.to_owned()),
            ("code", code),
            ("numbers", numbers),
            ("a table of numbers", cells),
            ("the request", format!("{asked} {asked} {asked}")),
            ("one phrase again and again", "It depends on many things. ".repeat(60)),
            ("addresses", "https://example.org/a/very/long/address/with/many/words ".repeat(8)),
        ] {
            assert!(of(&text) < 0.5 * honest, "{what}: {} against {honest}", of(&text));
        }
        // Said twice it contains no more information.
        assert!((of(&format!("{answer} {answer}")) - honest).abs() < 1e-12);
    }

    #[test]
    fn scripts_without_spaces_count_by_two_characters() {
        let asked = "\u{6771}\u{4eac}\u{306f}\u{3069}\u{3053}";
        // Four characters, three pairs; the first pair is asked for.
        assert_eq!(rate(&NEW_WORDS, asked, "\u{6771}\u{4eac}\u{65e5}\u{672c}"), Some(2.0));
        assert_eq!(rate(&DISTINCT_WORDS, asked, "\u{6771}\u{4eac}\u{65e5}\u{672c}"), Some(3.0));
    }

    #[test]
    fn other_languages_in_latin_script_are_words() {
        let polish = "Wczoraj poszli\u{15b}my na d\u{142}ugi spacer po lesie, poniewa\u{17c} w ko\u{144}cu by\u{142}a pi\u{119}kna pogoda i dzieci chcia\u{142}y si\u{119} bawi\u{107} na dworze.";
        assert!(rate(&NEW_WORDS, "Co robili\u{15b}cie?", polish).unwrap_or(0.0) >= 12.0);
        let finnish = "Huomenna menemme kaupunkiin ostamaan uusia kenkia koska vanhat ovat jo kovin kuluneet eivatka pida vetta.";
        assert!(rate(&NEW_WORDS, "", finnish).unwrap_or(0.0) >= 12.0);
    }

    #[test]
    fn bits_are_fewer_for_what_is_known() {
        let asked = "The tower in Paris stands over three hundred metres tall.";
        let known = rate(&BITS_GIVEN_PROMPT, asked, asked).unwrap_or(0.0);
        let new = rate(&BITS_GIVEN_PROMPT, asked, "Engineers riveted wrought iron together for two years.")
            .unwrap_or(0.0);
        assert!(known < 0.25 * new, "{known} {new}");
        assert_eq!(rate(&BITS_GIVEN_PROMPT, asked, ""), Some(0.0));
    }
}
