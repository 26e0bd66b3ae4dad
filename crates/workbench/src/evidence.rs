//! What in the responses of a pair do its ratings count?

use std::ops::Range;

use predilect_text::{Annotator, TextOptions};
use predilect_types::Pair;

use crate::trial::Trial;

/// What the rating of a property counts in the two responses of a pair, A's and B's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The property's id, or a property that is tried as it was written.
    pub property: String,
    /// The passages of A and of B, in the order of the text; they may overlap.
    pub sides: [Vec<Counted>; 2],
}

/// A passage that a rating counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Where it is, in bytes of the response's text.
    pub range: Range<usize>,
    /// What it counts as: `hedge`, `heading`, `question`, ...
    pub what: &'static str,
}

/// What text analysis counts in a pair, property by property, and the matches of properties that are tried. Properties whose rating is no
/// sum of passages are left out.
pub fn evidence(pair: &Pair, tried: &[Trial]) -> Vec<Evidence> {
    let annotator = Annotator::new(&TextOptions { grammar: false });
    let request = pair.prompt_text();
    let texts = [pair.response_a.text(), pair.response_b.text()];
    let of = |text: &str| annotator.evidence(text, &request, pair.language.as_deref());
    let counted = |found: Vec<predilect_text::Evidence>| {
        found.into_iter().map(|one| Counted { range: one.range, what: one.what }).collect()
    };
    let rated = of(&texts[0]).into_iter().zip(of(&texts[1])).map(|((property, a), (_, b))| Evidence {
        property: property.to_owned(),
        sides: [counted(a), counted(b)],
    });
    let matches = |trial: &Trial, text: &str| {
        trial.places(text).into_iter().map(|range| Counted { range, what: "match" }).collect()
    };
    let tried = tried.iter().map(|trial| Evidence {
        property: trial.to_string(),
        sides: texts.each_ref().map(|text| matches(trial, text)),
    });
    rated.chain(tried).collect()
}

#[cfg(test)]
mod tests {
    use predilect_types::Response;

    use super::*;

    #[test]
    fn ratings_and_what_is_tried_are_shown_side_by_side() {
        let pair = Pair {
            response_a: Response::new("Maybe. It certainly is, certainly.", None),
            response_b: Response::new("No.", None),
            ..Pair::default()
        };
        let found = evidence(&pair, &["count(a, /certainly/i)".parse().expect("an expression")]);
        let of = |property: &str| {
            let own = found.iter().find(|own| own.property == property).expect(property);
            own.sides
                .each_ref()
                .map(|side| side.iter().map(|one| (one.range.clone(), one.what)).collect::<Vec<_>>())
        };
        assert_eq!(of("authoritative")[0][0], (0..5, "hedge"));
        assert_eq!(of("count(a, /certainly/i)"), [vec![(10..19, "match"), (24..33, "match")], Vec::new()]);
        assert!(found.iter().all(|own| own.property != "length"));
    }
}
