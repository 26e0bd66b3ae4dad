//! Does a rating measure what its name says? Texts whose order on a property is known.

use serde::Deserialize;

/// Two texts of which one has more of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered {
    /// The property's id.
    pub property: String,
    /// What kind of pair it is: pairs of one kind are told about together.
    pub kind: String,
    /// Pairs of one source depend on each other.
    pub source: String,
    /// The request that both answer; may be empty.
    pub request: String,
    /// The text with more of it.
    pub higher: String,
    /// The text with less.
    pub lower: String,
}

/// What is known of the validity of a text rating, in a sentence; `None` where nothing is.
pub fn figure(property: &str) -> Option<&'static str> {
    Some(match property {
        "grammatical" => {
            "2,582 corrections of learners' sentences (JFLEG): 1,142 rated right, 4 wrong, 1,436 equal; AUC .72 [.70, .74]."
        }
        "complex" => {
            "378 news texts in three versions (OneStopEnglish): AUC .95 [.91, .97] against elementary, .78 [.71, .83] against intermediate ones."
        }
        "rich" => {
            "240 pairs made by rule (`predilect validity`): 211 rated right, 2 wrong, 27 equal, most of these with filler of words of its own; AUC .94 \
             [.89, .96]."
        }
        _ => return None,
    })
}

#[derive(Deserialize)]
struct File {
    answer: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    request: String,
    sentences: Vec<String>,
}

/// Words that say nothing, around what somebody says.
const FILLER: [&str; 5] = [
    "It is important to note that there are many things to consider here.",
    "As you may know, this is a very interesting question, and it can be looked at in many ways.",
    "In other words, it is what it is, and that is really what it comes down to in the end.",
    "With all of that being said, it should be kept in mind that this is only a part of it.",
    "To sum it all up, there is a lot that could be said about this, and there always will be.",
];

/// Letters that make no words.
const MASH: &str = "sdfk qwrtz jkhg pxvb zxcq mnbw lkjh gfdx trwq yxcv bnmp qsdf wzhg ktrv pqlx";

/// The pairs that come with Predilect: for *rich in information*, made by rule from answers of five sentences, each of which says something new.
///
/// With k of the five sentences as the lower text (4, 3, 1: small, middle and large differences): these alone; these again and again until they are
/// longer than all five; with the request copied behind them; with filler; with letters that make no words. But for the first kind, the lower
/// text is the longer one.
pub fn pairs() -> Vec<Ordered> {
    let file: File =
        toml::from_str(include_str!("../validity/information.toml")).unwrap_or(File { answer: Vec::new() });
    let mut out = Vec::new();
    for answer in &file.answer {
        let all = answer.sentences.join(" ");
        for (kept, size) in [(4, "small"), (3, "middle"), (1, "large")] {
            let some = answer.sentences[..kept.min(answer.sentences.len())].join(" ");
            let until_longer = |more: &mut dyn Iterator<Item = String>| {
                let mut text = some.clone();
                while text.len() <= all.len() {
                    let Some(next) = more.next() else { break };
                    text.push(' ');
                    text.push_str(&next);
                }
                text
            };
            let lower = [
                ("fewer sentences", some.clone()),
                ("repeated", until_longer(&mut std::iter::repeat_with(|| some.clone()))),
                ("request copied", until_longer(&mut std::iter::repeat_with(|| answer.request.clone()))),
                ("filler", until_longer(&mut FILLER.iter().cycle().map(|text| (*text).to_owned()))),
                ("letters", until_longer(&mut std::iter::repeat_with(|| MASH.to_owned()))),
            ];
            out.extend(lower.into_iter().map(|(kind, lower)| Ordered {
                property: "rich".to_owned(),
                kind: format!("{kind}, {size}"),
                source: answer.request.clone(),
                request: answer.request.clone(),
                higher: all.clone(),
                lower,
            }));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Annotator, TextOptions};

    #[test]
    fn what_says_more_is_rated_higher_also_where_it_is_shorter() {
        let pairs = pairs();
        assert_eq!(pairs.len(), 16 * 15);
        assert!(pairs.iter().all(|pair| pair.higher.len() > 200 && pair.higher != pair.lower));
        let longer = pairs.iter().filter(|pair| pair.lower.len() > pair.higher.len()).count();
        assert!(longer > 16 * 10, "{longer}");
        let annotator = Annotator::new(&TextOptions { grammar: false });
        let at = annotator.properties().iter().position(|id| *id == "rich").expect("rated");
        let rate = |pair: &Ordered, text: &str| {
            annotator.rate_answer(text, &pair.request, None).values[at].expect("words")
        };
        let order = |pair: &Ordered| rate(pair, &pair.higher).total_cmp(&rate(pair, &pair.lower));
        let right = pairs.iter().filter(|pair| order(pair).is_gt()).count();
        let wrong = pairs.iter().filter(|pair| order(pair).is_lt()).count();
        // Filler of words of its own says as much, once, as a sentence that is left out.
        assert!(right * 100 >= 85 * pairs.len() && wrong * 100 <= 2 * pairs.len(), "{right} {wrong}");
    }
}
