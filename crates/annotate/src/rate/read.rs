//! Which ratings do an annotator's answers make?

use predilect_llm::{Fault, Finish, Outcome};
use predilect_types::Rating;
use serde_json::{Map, Value};

use super::{Ask, RateOptions};
use crate::reply::{Parse, json_object};

/// What all answers about one pair say.
#[derive(Debug, Clone, PartialEq)]
pub struct Rated {
    /// One per property of which at least one side was rated.
    pub ratings: Vec<Rating>,
    /// How each answer could be read.
    pub answers: Vec<Parse>,
    /// Values that were asked for, and how many of them are no rating on the scale or missing.
    pub values: (u64, u64),
}

/// Reads the answers to the questions about one pair. Both orders are averaged; a value off the scale is missing, not mended.
pub fn rated(
    pair: &str,
    annotator: &str,
    asks: &[Ask],
    outcomes: &[Option<Outcome>],
    options: &RateOptions,
) -> Rated {
    let mut out = Rated { ratings: Vec::new(), answers: Vec::new(), values: (0, 0) };
    // Per property: sum and number of the values of A and of B.
    let mut sums = vec![[(0.0, 0_u32); 2]; options.properties.len()];
    for (ask, outcome) in asks.iter().zip(outcomes) {
        let Some(outcome) = outcome else { continue };
        let (object, parse) = object(outcome);
        out.answers.push(parse);
        for property in &ask.properties {
            let Some(place) = options.properties.iter().position(|p| p.id == property.id) else { continue };
            for (side, sum) in sums[place].iter_mut().enumerate() {
                let letter = if (side == 0) == ask.swapped { "B" } else { "A" };
                out.values.0 += 1;
                match object.as_ref().and_then(|object| value(object, letter, property.id)) {
                    Some(rating) => {
                        sum.0 += rating;
                        sum.1 += 1;
                    }
                    None => out.values.1 += 1,
                }
            }
        }
    }
    for (property, sums) in options.properties.iter().zip(&sums) {
        let [a, b] = sums.map(|(sum, n)| (n > 0).then(|| sum / f64::from(n)));
        if a.is_some() || b.is_some() {
            let (property, annotator) = (property.id.to_owned(), annotator.to_owned());
            out.ratings.push(Rating { pair: pair.to_owned(), property, annotator, a, b });
        }
    }
    out
}

fn object(outcome: &Outcome) -> (Option<Map<String, Value>>, Parse) {
    let answer = match &outcome.answer {
        Ok(answer) => answer,
        Err(error) if error.fault == Fault::Filtered => return (None, Parse::Refused),
        Err(_) => return (None, Parse::Failed),
    };
    match json_object(&answer.text, "A") {
        Some((object, parse)) => (Some(object), parse),
        None => (
            None,
            match answer.finish {
                Finish::Refused => Parse::Refused,
                Finish::Length => Parse::Truncated,
                Finish::Stop => Parse::Unreadable,
            },
        ),
    }
}

/// A rating of 0 to 3.
fn value(object: &Map<String, Value>, letter: &str, property: &str) -> Option<f64> {
    let value = object.get(letter)?.get(property)?;
    let rating = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (0.0..=3.0).contains(&rating).then_some(rating)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Orders;
    use crate::rate::asks;
    use predilect_llm::{Answer, CallError};
    use predilect_types::{Pair, property};

    fn options(orders: Orders) -> RateOptions {
        let properties = ["friendly", "polite", "novel"].map(|id| property(id).unwrap()).to_vec();
        RateOptions { properties, orders, seed: 0 }
    }

    fn read(orders: Orders, texts: &[&str]) -> Rated {
        let pair = Pair { id: "1".to_owned(), ..Pair::default() };
        let outcomes: Vec<Option<Outcome>> = texts
            .iter()
            .map(|text| {
                let answer = match *text {
                    "gone" => Err(CallError::new(Fault::Server, "gone")),
                    text => Ok(Answer { text: text.to_owned(), ..Answer::default() }),
                };
                Some(Outcome { key: String::new(), answer, from_log: false })
            })
            .collect();
        rated("1", "m", &asks(&pair, &options(orders)), &outcomes, &options(orders))
    }

    #[test]
    fn both_orders_are_turned_to_the_same_side_and_averaged() {
        let rated = read(
            Orders::Both,
            &[
                r#"{"A": {"friendly": 3, "polite": 1}, "B": {"friendly": 0, "polite": 1}}"#,
                r#"{"A": {"friendly": 1, "polite": 4}, "B": {"friendly": 2, "polite": "2"}}"#,
                r#"{"A": {"novel": 0}, "B": {"novel": 3}}"#,
                "gone",
            ],
        );
        let of = |id: &str| rated.ratings.iter().find(|r| r.property == id).map(|r| (r.a, r.b)).unwrap();
        assert_eq!(of("friendly"), (Some(2.5), Some(0.5)));
        // 4 is no rating: B keeps the one of the first order; A's second value stands under the letter B.
        assert_eq!(of("polite"), (Some(1.5), Some(1.0)));
        assert_eq!(of("novel"), (Some(0.0), Some(3.0)));
        assert_eq!(rated.values, (12, 3));
        assert_eq!(rated.answers, [Parse::Clean, Parse::Clean, Parse::Clean, Parse::Failed]);
    }

    #[test]
    fn what_is_not_rated_is_missing_and_never_zero() {
        let rated = read(Orders::Ab, &[r#"Sure: {"A": {"friendly": 2}, "B": {}} done"#, "no idea"]);
        assert_eq!(rated.ratings.len(), 1);
        assert_eq!((rated.ratings[0].a, rated.ratings[0].b), (Some(2.0), None));
        assert_eq!(rated.answers, [Parse::Wrapped, Parse::Unreadable]);
        assert_eq!(rated.values, (6, 5));
    }
}
