use super::expression::Value;
use super::*;
use proptest::prelude::*;
use std::borrow::Cow;

/// One pair and one verdict.
struct One {
    tags: Vec<String>,
}

impl Known for One {
    fn found(&self, field: &Field) -> Found<'_> {
        let side = |side: Side, a: f64, b: f64| Found::Number(if side == Side::A { a } else { b }, None);
        match field {
            Field::Id => Found::name(Some("p1")),
            Field::Scenario => Found::name(Some("code")),
            Field::Language => Found::name(Some("en")),
            Field::Source => Found::Nothing,
            Field::Order => Found::name(Some("ab")),
            Field::Turn => Found::Number(2.0, None),
            Field::Model(Side::A) => Found::name(Some("gpt-4.1-mini")),
            Field::Model(Side::B) => Found::name(Some("b/2")),
            Field::Words(of) => side(*of, 4.0, 1.0),
            Field::Rating(id, of) => match (id.as_str(), of) {
                ("length", Some(of)) => side(*of, 4.0, 1.0),
                ("length", None) => Found::Number(1.0, None),
                ("polite", Some(Side::A)) => Found::Number(0.0, None),
                _ => Found::Nothing,
            },
            Field::Draw => Found::Number(0.25, None),
            Field::Cost(judge) => Found::number(Some(if judge.is_some() { 0.5 } else { 0.75 })),
            Field::Judge(name) => match name.as_str() {
                "human" => Found::Number(1.0, None),
                "gpt-4.1-mini" => Found::Number(0.0, None),
                _ => Found::Nothing,
            },
            Field::Text(part) => Found::Texts(Texts::One(Cow::Borrowed(match part {
                Part::Prompt => "Is it sure?",
                Part::A => "Surely. I think so.",
                Part::B => "no",
            }))),
            Field::Meta(key) => match key.as_str() {
                "year" => Found::Number(2021.0, None),
                "tags" => Found::texts(&self.tags),
                "odd key" => Found::Texts(Texts::One(Cow::Borrowed("v 1"))),
                _ => Found::Nothing,
            },
        }
    }
}

fn takes(text: &str) -> bool {
    let filter: Filter = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    // Printed, it says the same.
    let again: Filter = filter.to_string().parse().unwrap_or_else(|error| panic!("{filter}: {error}"));
    assert_eq!(again, filter, "{text}");
    filter.takes(&One { tags: vec!["x".to_owned(), "y".to_owned()] })
}

#[test]
fn fields_say_what_they_are() {
    for text in [
        "scenario in (code, math) and words(a) > 2 * words(b) and judge(human) != judge(\"gpt-4.1-mini\")",
        "judge(human) = 1 and judge(gpt-4.1-mini) < .5",
        "text(a) ~ /SURE/i and not text(b) ~ /sure/",
        "text(prompt) ~ /sure\\?$/ and text(b) !~ /sure/",
        "(words(a) + words(b)) / 5 = 1 and (words(a) > 1 or words(a) > 100)",
        "meta.year >= 2021 and meta.year < 2021.5",
        "meta.tags = y and meta.tags = x and meta.tags != z",
        "meta.\"odd key\" = \"v 1\"",
        "model(a) = gpt-4.1-mini and model(b) = \"b/2\" and language = en and order = ab and id = p1 and turn = 2",
        "model(a) in (gpt-4.1-mini, b/2) and scenario not in (math)",
        "rating(length) > 0 and rating(length, b) = 1 and -words(b) < 0",
        "NOT (scenario = math) AND rating(polite, a) = 0",
    ] {
        assert!(takes(text), "{text}");
    }
    // What is missing is never true, whichever way round.
    for text in [
        "meta.none not in (1)",
        "meta.none !~ /x/",
        "meta.none > 1",
        "meta.none <= 1",
        "meta.none != 1",
        "rating(polite, b) >= 0",
        "judge(nobody) = 1",
        "words(a) = 5",
    ] {
        assert!(!takes(text), "{text}");
    }
    assert!(takes("not meta.none > 1"));
}

#[test]
fn what_cannot_be_read_is_said_with_its_place() {
    for (text, at, why) in [
        ("", 0, "a value is missing"),
        ("scenario", 8, "a comparison is missing"),
        ("scenario = ", 11, "a value is missing"),
        ("words(c) > 1", 6, "a response is missing"),
        ("word(a) > 1", 0, "there is no field word(...)"),
        ("words(a) > 1 and wrds(b) > 3", 17, "there is no field wrds(...)"),
        ("code = scenrio", 7, "`scenrio` is not a field of a pair"),
        ("words(a) > 1 scenario = x", 13, "unexpected text"),
        ("scenario in code", 12, "a list is missing"),
        ("scenario in (code", 17, "the list is not closed"),
        ("(words(a) > 1", 13, "not closed"),
        ("text(a) ~ sure", 10, "a regular expression is missing"),
        ("text(a) ~ /(/", 11, "cannot be read"),
        ("judge(\"x) = 1", 6, "quotation mark is not closed"),
        (r#"scenario = "a\d""#, 13, "\\d means nothing"),
        (r#"scenario in (x, "é\'")"#, 18, "\\' means nothing"),
        (r#"scenario = "a\"#, 11, "quotation mark is not closed"),
        ("lang != en", 0, "is not a field"),
        ("words(a) > 1 and Scenario = code", 17, "is not a field"),
        ("meta.year = 1.2.3", 12, "is not a number"),
    ] {
        let error = text.parse::<Filter>().expect_err(text);
        assert!(error.at == at && error.problem.contains(why), "{text}: {error}");
    }
    assert!(format!("words(a) > 1{}", "+1".repeat(5_000)).parse::<Filter>().is_err());
    let deep = "(".repeat(100_000);
    assert!(deep.parse::<Filter>().is_err());
    assert!(format!("{}words(a) > 1{}", "(".repeat(5_000), ")".repeat(5_000)).parse::<Filter>().is_err());
    assert!("text(a) ~ /(((a{100}){100}){100})/".parse::<Filter>().is_err());
}

#[test]
fn a_backslash_in_quotation_marks_means_what_it_says() {
    let of = |text: &str| -> Filter { text.parse().unwrap_or_else(|error| panic!("{text}: {error}")) };
    for (written, means) in [
        (r#"scenario = "a\nb""#, "a\nb"),
        (r#"scenario = "a\tb""#, "a\tb"),
        (r#"scenario = "a\\nb""#, "a\\nb"),
        (r#"scenario = "say \"hi\"""#, "say \"hi\""),
        ("scenario = \"a\nb\"", "a\nb"),
    ] {
        let Filter(Is::Compare(_, _, Value::Literal(Literal::Text(text)))) = of(written) else {
            panic!("{written}")
        };
        assert_eq!(text, means, "{written}");
        // A field of a page holds one line.
        assert!(!of(written).to_string().contains('\n'), "{written}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_in_quotation_marks_is_read_as_it_was(text in "[ -~\n\t\r\\\\\"äß]{0,30}") {
        let filter: Filter = format!("scenario = {}", literal(&text)).parse().expect("a literal");
        prop_assert_eq!(&filter.to_string(), &format!("scenario = {}", literal(&text)));
        let Filter(Is::Compare(_, _, Value::Literal(Literal::Text(read)))) = filter else { panic!("{filter}") };
        prop_assert_eq!(read, text);
    }

    #[test]
    fn no_text_makes_it_stumble(text in "[ -~äß\u{202e}]{0,60}") {
        let _ = text.parse::<Filter>();
    }

    #[test]
    fn words_of_the_language_in_any_order_are_read_as_they_print(
        words in proptest::collection::vec(
            prop::sample::select(vec!["words(a)", "scenario", "=", ">", "and", "or", "not", "(", ")", "in", "(x, 1)", "~", "/a+/i",
                "2", "-", "*", "judge(\"a b\")", "meta.k", "\"q\\\"\""]), 0..12)
    ) {
        if let Ok(filter) = words.join(" ").parse::<Filter>() {
            let again: Filter = filter.to_string().parse().expect("what is printed can be read");
            prop_assert_eq!(again, filter);
        }
    }
}

#[test]
fn bounds_of_a_number_are_taken_out() {
    let field = "words(a) - words(b)";
    for (filter, left) in [
        ("words(a) - words(b) >= -96 and words(a) - words(b) < 12", None),
        ("(words(a) - words(b)) >= -(96)", None),
        ("scenario = code and words(a) - words(b) < 12", Some("scenario = \"code\"")),
        (
            "(scenario = code or words(a) > 3) and words(a) - words(b) >= 1 and words(a) - words(b) < 2",
            Some("scenario = \"code\" or words(a) > 3"),
        ),
        ("words(a) - words(b) > words(b)", Some("(words(a) - words(b)) > words(b)")),
        ("words(a) - words(b) = 3", Some("(words(a) - words(b)) = 3")),
        ("not words(a) - words(b) > 3", Some("not ((words(a) - words(b)) > 3)")),
        ("words(a) > 3", Some("words(a) > 3")),
    ] {
        let read: Filter = filter.parse().expect(filter);
        assert_eq!(read.without_bounds(field).map(|left| left.to_string()).as_deref(), left, "{filter}");
    }
}
