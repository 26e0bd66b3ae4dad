//! Pairs that are made by rule: for *rich in information*, from answers of five sentences each of which says something new, and for
//! *length*, from the same answers.

use serde::Deserialize;

use crate::ordered::{BY_RULE, Ordered};

#[derive(Deserialize)]
struct File {
    answer: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    request: String,
    sentences: Vec<String>,
}

/// Sentences without content, to put around an answer.
const FILLER: [&str; 5] = [
    "It is important to note that there are many things to consider here.",
    "As you may know, this is a very interesting question, and it can be looked at in many ways.",
    "In other words, it is what it is, and that is really what it comes down to in the end.",
    "With all of that being said, it should be kept in mind that this is only a part of it.",
    "To sum it all up, there is a lot that could be said about this, and there always will be.",
];

/// Letters that do not form words.
const MASH: &str = "sdfk qwrtz jkhg pxvb zxcq mnbw lkjh gfdx trwq yxcv bnmp qsdf wzhg ktrv pqlx";

/// With k of the five sentences as the lower text (4, 3, 1: small, middle and large differences): these alone; these repeated until they
/// are longer than all five; with the request copied after them; with filler; with letters that do not form words. Except for the first
/// kind, the lower text is the longer one. The first kind is also one of length.
pub(crate) fn pairs() -> Vec<Ordered> {
    let file: File =
        toml::from_str(include_str!("../rules/information.toml")).unwrap_or(File { answer: Vec::new() });
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
            let pair = |property: &str, kind: String, lower: String| Ordered {
                property: property.to_owned(),
                set: BY_RULE.to_owned(),
                kind,
                source: answer.request.clone(),
                request: answer.request.clone(),
                higher: all.clone(),
                lower,
                ..Ordered::default()
            };
            out.push(pair("length", format!("fewer sentences, {size}"), some.clone()));
            out.extend(lower.into_iter().map(|(kind, lower)| pair("rich", format!("{kind}, {size}"), lower)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_lower_texts_are_longer() {
        let pairs: Vec<Ordered> = pairs().into_iter().filter(|pair| pair.property == "rich").collect();
        assert_eq!(pairs.len(), 16 * 15);
        assert!(pairs.iter().all(|pair| pair.higher.len() > 200 && pair.higher != pair.lower));
        let longer = pairs.iter().filter(|pair| pair.lower.len() > pair.higher.len()).count();
        assert!(longer > 16 * 10, "{longer}");
    }
}
