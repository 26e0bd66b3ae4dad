//! What does a request demand explicitly that a program can check?
//!
//! [`find()`] reads demands by rules that would rather miss one than see one that is not there; [`Constraint::kept`] checks a response
//! (`demands.rs`).

mod constraint;
mod counts;
mod find;
mod phrase;
mod shapes;
mod words;

pub(crate) use constraint::{Banned, Constraint, Range, Scope, Shape, Unit};
pub(crate) use find::find;
pub(crate) use phrase::plain;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demands::Checked;
    use crate::document::Document;

    fn whole(unit: Unit, least: usize, most: usize) -> Constraint {
        Constraint::Count { unit, range: Range { least, most }, scope: Scope::Whole }
    }

    fn kept(request: &str, response: &str) -> Vec<Option<f64>> {
        let doc = Document::new(response, None);
        let checked = Checked::new(&doc);
        find(request).iter().map(|constraint| constraint.kept(&checked)).collect()
    }

    #[test]
    fn demands_with_numbers_are_found() {
        const ANY: usize = usize::MAX;
        for (request, expected) in [
            ("Explain it in at most 20 words.", vec![whole(Unit::Word, 0, 20)]),
            ("Describe the town in at least eighty words, please.", vec![whole(Unit::Word, 80, ANY)]),
            ("Write one or two sentences about a cat.", vec![whole(Unit::Sentence, 1, 2)]),
            ("Write a four-line poem about rain.", vec![whole(Unit::Line, 4, 4)]),
            ("Keep it under 75 words.", vec![whole(Unit::Word, 0, 74)]),
            ("Describe a storm in 40 to 60 words.", vec![whole(Unit::Word, 40, 60)]),
            ("Write a 300 word essay on bees.", vec![whole(Unit::Word, 240, 360)]),
            ("Was ist das? Antworte in genau drei S\u{e4}tzen.", vec![whole(Unit::Sentence, 3, 3)]),
            ("Give me five tips for sleeping.", vec![whole(Unit::Item, 5, 5)]),
            ("Summarise it in no more than five bullet points.", vec![whole(Unit::Item, 0, 5)]),
            ("The essay must exceed 500 words.", vec![whole(Unit::Word, 501, ANY)]),
            ("It should never exceed 500 words.", vec![whole(Unit::Word, 0, 500)]),
            ("Write a twenty-five-word summary.", vec![]),
            ("What is life, in a single sentence?", vec![whole(Unit::Sentence, 1, 1)]),
            ("Answer in one line.", vec![whole(Unit::Line, 1, 1)]),
            ("Give the answer on a single line.", vec![whole(Unit::Line, 1, 1)]),
            ("Antworte bitte in einer Zeile.", vec![Constraint::Shape(Shape::OneLine)]),
            (
                "Write four sentences, none longer than eight words.",
                vec![
                    whole(Unit::Sentence, 4, 4),
                    Constraint::Count {
                        unit: Unit::Word,
                        range: Range { least: 0, most: 8 },
                        scope: Scope::Each(Unit::Sentence),
                    },
                ],
            ),
        ] {
            assert_eq!(find(request), expected, "{request}");
        }
    }

    #[test]
    fn what_only_looks_like_a_demand_is_none() {
        for request in [
            "What do the two sentences above mean?",
            "I read 500 words a minute. Is that fast?",
            "I have a csv file of 50000+ entries and want to stream it.",
            "Write a python script that prints 50 lines.",
            "Why do people love the phrase \"status quo\"?",
            "Turn these bullet points into a paragraph.",
            "A grating has 13100 lines per centimeter.",
            "Parse JSON in Python and convert it to lower case.",
            "Summarise each chapter in two sentences for each speaker.",
            "I have a JSON file with 20 words. How do I open it?",
            "Is it true that a tweet must be under 280 characters?",
            "My boss told me to write at least 500 words. Is that fair?",
            "What happens in 3 sentences of a court?",
            "Don't forget to use bullet points.",
            "Use the word in a sentence.",
            "Put each entry on a single line.",
            "",
        ] {
            assert_eq!(find(request), [], "{request}");
        }
    }

    #[test]
    fn responses_are_checked() {
        let cases: &[(&str, &str, &[f64])] = &[
            ("Answer in one sentence.", "It is so. I think.", &[0.0]),
            ("Answer in one sentence.", "It is so.", &[1.0]),
            // 22 of 20: half of nine tenths.
            ("In at most 20 words, please.", &"word ".repeat(22), &[0.45]),
            ("Return three colours as a JSON array.", "```json\n[\"red\"]\n```", &[1.0]),
            ("Return three colours as a JSON array.", "Here: [\"red\"]", &[0.0]),
            ("Write it without the letter e.", "A cat sat.", &[1.0]),
            ("Write it without the letter e.", "The cat sat.", &[0.0]),
            ("Do not use the words \"sun\" or \"sea\".", "A sunny day.", &[1.0, 1.0]),
            ("All in lower case, please.", "so be it", &[1.0]),
            ("All in lower case, please.", "So be it", &[0.0]),
            ("Name five fruits as a bulleted list.", "- a\n- b", &[0.2, 1.0]),
            ("Is it so? Just yes or no.", "Yes.", &[1.0]),
            ("Start with \"Listen\".", "Listen, I am late.", &[1.0]),
            ("Begin your answer with \"Dear Sir\".", "Dear Sir, I am late.", &[1.0]),
            ("End your answer with \"Yours\".", "I am late. Yours", &[1.0]),
            ("Do not use the word 'nice', please.", "A nice day.", &[0.0]),
            ("Reply in ALL CAPS.", "YES INDEED", &[1.0]),
            ("Write 5 bullet points on tea.", "- a\n- b", &[0.2]),
            ("Give me five bullet points.", "- a\n- b\n- c\n- d\n- e", &[1.0]),
            ("Answer in between 5 and 8 words.", "So it is, and so it stays.", &[1.0]),
            ("Keep it under 1,000 words.", "Short.", &[1.0]),
            ("Answer in German.", "Das ist eine gute Frage, und ich wei\u{df} es nicht.", &[1.0]),
            ("Answer in German.", "That is a good question, and I do not know.", &[0.0]),
            ("Sort alphabetically: pear, apple, fig.", "apple, fig, pear", &[1.0]),
        ];
        let mut wrong = Vec::new();
        for (request, response, expected) in cases {
            let found = kept(request, response);
            let near = |(kept, expected): (&Option<f64>, &f64)| {
                kept.is_some_and(|kept| (kept - expected).abs() < 1e-9)
            };
            if found.len() != expected.len() || !found.iter().zip(*expected).all(near) {
                wrong.push((request, response, found));
            }
        }
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!(
            kept("Give me five tips.", "It depends on you, and on much else that nobody can say here."),
            [None]
        );
        assert_eq!(kept("Give me five tips.", "1. a b\n2. c d\n3. e\n4. f\n5. g"), [Some(1.0)]);
    }
}
