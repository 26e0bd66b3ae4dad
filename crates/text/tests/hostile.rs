//! Do ratings stay within their scales whatever the text, and unchanged by what they must not see?

use predilect_text::{Annotator, TextOptions, detect_language};
use predilect_types::{Message, Pair, Response, Scale, property};
use proptest::prelude::*;

fn within_scales(annotator: &Annotator, text: &str) {
    let ratings = annotator.rate(text);
    assert_eq!(ratings.values.len(), annotator.properties().len());
    for (id, value) in annotator.properties().iter().zip(ratings.values) {
        let Some(value) = value else { continue };
        match property(id).expect("in the catalogue").scale {
            Scale::Likert => {
                // Information is in tenths, all others in halves.
                let steps = value * if *id == "rich" { 10.0 } else { 2.0 };
                assert!((0.0..=3.0).contains(&value) && (steps - steps.round()).abs() < 1e-9, "{id} {value}");
            }
            _ => assert!(value >= 0.0 && value.fract() == 0.0, "{id} {value}"),
        }
    }
}

fn rating(annotator: &Annotator, text: &str, id: &str) -> Option<f64> {
    let at = annotator.properties().iter().position(|p| *p == id).expect("rated");
    annotator.rate(text).values[at]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_rated_within_the_scales(text in any::<String>()) {
        within_scales(&Annotator::default(), &text);
    }

    #[test]
    fn any_markdown_is_rated_within_the_scales(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("# "), Just("- "), Just("1. "), Just("\n"), Just("\n\n"), Just("> "), Just("```"), Just("**"),
                Just("|a|b|\n|-|-|\n"), Just("["), Just("]("), Just(")"), Just("$"), Just("\\("), Just("\\)"),
                Just("<b>"), Just("    "), Just("words of prose. "), Just("Is it? "), Just("http://a.b "), Just("\0"),
                Just("\u{200B}"), Just("\u{202E}"), Just("\u{5D0}\u{5D1} "), Just("\u{1F469}\u{200D}\u{1F52C}"),
                Just("e.g. "), Just("U.S.A. "), Just("3rd "), Just("... "), Just("\u{201C}so\u{201D} "), Just("don't "),
            ],
            0..60,
        )
    ) {
        within_scales(&Annotator::default(), &parts.concat());
    }

    #[test]
    fn any_request_and_any_response_are_rated_within_the_scales(
        request in proptest::collection::vec(
            prop_oneof![
                Just("in at most "), Just("20 "), Just("three "), Just("words "), Just("sentences. "), Just("each line "), Just("without "),
                Just("the letter \"e\" "), Just("do not use \"x\" or \"\" "), Just("as JSON "), Just("a list of 5 tips "), Just("0 "), Just("-"),
                Just("start with \"\u{df}\" "), Just("end with "), Just("\""), Just("answer in German "), Just("99999999999999999999 words "),
                Just("between 3 and 2 lines "), Just("\u{0}"), Just("\u{202E}"), Just("```"), Just("\n"), Just("alphabetical order, "),
            ],
            0..20,
        ),
        response in any::<String>(),
    ) {
        let annotator = Annotator::new(&TextOptions { grammar: false });
        let ratings = annotator.rate_answer(&response, &request.concat(), None);
        for (id, value) in annotator.properties().iter().zip(ratings.values) {
            let likert = property(id).expect("in the catalogue").scale == Scale::Likert;
            prop_assert!(value.is_none_or(|x| x.is_finite() && x >= 0.0 && (!likert || x <= 3.0)), "{id} {value:?}");
        }
    }

    #[test]
    fn code_changes_neither_grammar_nor_repetition(
        code in "[a-z =+(){}]{1,60}",
        prose in prop_oneof![
            Just("The cat sat on the mat, and it was glad."),
            Just("The cat recieved a leter, and it was glad. The cat recieved a leter, and it was glad."),
        ],
    ) {
        let annotator = Annotator::default();
        let with_code = format!("{prose}\n\n```\n{code}\n```\n");
        for id in ["grammatical", "non_repetitive", "complex", "courtesies"] {
            prop_assert_eq!(rating(&annotator, prose, id), rating(&annotator, &with_code, id));
        }
    }
}

#[test]
fn huge_and_twisted_texts_are_rated() {
    // Each would take hours if the work grew with the square of the length.
    let annotator = Annotator::default();
    let size = 5_000_000;
    for unit in [
        "a",
        "\0",
        "[",
        "> ",
        "- ",
        "*a ",
        "`",
        "$",
        "\\(",
        "<",
        "|",
        "\u{202E}\u{200B}",
        "!",
        "1. ",
        "  ",
        "((",
        "a.b.",
        "a@",
        "http://",
        "\u{1F600}",
        "The cat sat. ",
        "[1]",
        "a\n",
        "&amp;",
        "_a",
        "\u{4F60}\u{597D}",
        "''",
        "\"a ",
    ] {
        within_scales(&annotator, &unit.repeat(size / unit.len()));
    }
    // Depth times width.
    within_scales(&annotator, &format!("{}\n{}", "> ".repeat(2000), "> > a\n".repeat(100_000)));
    within_scales(&annotator, &(0..1500).map(|n| "  ".repeat(n) + "- a\n").collect::<String>());
}

#[test]
fn a_pair_gets_one_rating_for_each_property() {
    let annotator = Annotator::new(&TextOptions { grammar: false });
    assert!(!annotator.properties().contains(&"grammatical"));
    let pair = Pair {
        id: "p".to_owned(),
        prompt: vec![Message::user("Wie hei\u{df}t die Hauptstadt von Frankreich, und wo liegt sie?")],
        response_a: Response::new("Paris.", None),
        response_b: Response::new("It is Paris, of course, and it lies on the river Seine.", None),
        ..Pair::default()
    };
    let ratings = annotator.rate_pair(&pair);
    let ids: Vec<&str> = ratings.iter().map(|r| r.property.as_str()).collect();
    assert_eq!(ids, annotator.properties());
    let complex = ratings.iter().find(|r| r.property == "complex").expect("rated");
    // Too short to detect a language, and the prompt is German; B is English all the same.
    assert_eq!(complex.a, None);
    assert!(complex.b.is_some());
    assert_eq!(detect_language("It is Paris, of course."), Some("en"));
}

#[test]
fn annotators_are_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Annotator>();
    let annotator = Annotator::default();
    let text = "The cat recieved a letter.";
    let here = annotator.rate(text);
    let there = std::thread::scope(|scope| scope.spawn(|| annotator.rate(text)).join().expect("no panic"));
    assert_eq!(here, there);
}

#[test]
fn every_rating_is_documented() {
    let annotator = Annotator::default();
    let annotations = annotator.annotations();
    assert_eq!(annotations.len(), annotator.properties().len());
    for (annotation, id) in annotations.iter().zip(annotator.properties()) {
        assert_eq!((annotation.property.as_str(), annotation.annotator.as_str()), (*id, "text"));
        assert!(annotation.definition.len() > 40 && annotation.blind_spots.len() > 40, "{id}");
        assert!(!annotation.definition.contains("  ") && !annotation.blind_spots.contains("  "), "{id}");
    }
}
