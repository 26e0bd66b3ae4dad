//! How often does an annotator find the known order, how surely, and does the position of a response matter to it?

use std::collections::BTreeMap;

use predilect_results::asked::Validity;
use predilect_stats::ratio::Ratio;
use predilect_types::{Rule, property};

use crate::ordered::{EVERY, HELD_BACK, Ordered};

/// Standard errors to either side of a 95 % interval.
const Z: f64 = 1.959_963_984_540_054;

/// What an annotator says of one pair: the ratings of the two responses.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Said {
    /// Of the one that has more.
    pub higher: Option<f64>,
    /// Of the one that has less.
    pub lower: Option<f64>,
    /// The [`score`] where the higher one was shown first, and where it was shown second; `None` unless both were asked for and could be
    /// read.
    pub by_order: Option<[f64; 2]>,
}

/// 1 where the order is found, 0 where it is reversed, ½ where the ratings are equal; `None` without both. Of properties that count
/// errors, the response with fewer has more.
pub fn score(id: &str, higher: Option<f64>, lower: Option<f64>) -> Option<f64> {
    let (higher, lower) = higher.zip(lower)?;
    let fewer = property(id).is_some_and(|property| property.rule == Rule::FewerIsBetter);
    let (more, less) = if fewer { (lower, higher) } else { (higher, lower) };
    Some(match more.partial_cmp(&less)? {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    })
}

#[derive(Default)]
struct Count {
    pairs: u64,
    right: u64,
    wrong: u64,
    equal: u64,
    not_rated: u64,
    scores: Ratio,
    order: Ratio,
}

/// Counts what one annotator says, by property, set and kind: first each property's row over all pairs, then over those held back, then
/// its kinds in their order. Sources are the clusters of all intervals.
pub fn measure<'a>(annotator: &str, said: impl IntoIterator<Item = (&'a Ordered, Said)>) -> Vec<Validity> {
    let mut rows: Vec<(Key, Count)> = Vec::new();
    let mut places: BTreeMap<Key, usize> = BTreeMap::new();
    let mut sources: BTreeMap<(String, String), u64> = BTreeMap::new();
    for (pair, said) in said {
        let next = sources.len() as u64;
        let source = *sources.entry((pair.set.clone(), pair.source.clone())).or_insert(next);
        let held_back = pair.held_back.then_some(HELD_BACK);
        let own = Some(pair.kind.as_str()).filter(|kind| !kind.is_empty());
        for kind in [Some(EVERY), held_back, own].into_iter().flatten() {
            let key = Key { property: pair.property.clone(), set: pair.set.clone(), kind: kind.to_owned() };
            let at = *places.entry(key.clone()).or_insert_with(|| {
                rows.push((key, Count::default()));
                rows.len() - 1
            });
            rows[at].1.add(source, score(&pair.property, said.higher, said.lower), said.by_order);
        }
    }
    let first = |kind: &str| match kind {
        EVERY => 0,
        HELD_BACK => 1,
        _ => 2,
    };
    let place = |id: &str| predilect_types::CATALOGUE.iter().position(|property| property.id == id);
    // Stable: kinds keep the order in which they came.
    rows.sort_by(|(a, _), (b, _)| {
        (place(&a.property), &a.property, &a.set, first(&a.kind)).cmp(&(
            place(&b.property),
            &b.property,
            &b.set,
            first(&b.kind),
        ))
    });
    rows.into_iter().map(|(key, count)| count.row(annotator, key)).collect()
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    property: String,
    set: String,
    kind: String,
}

impl Count {
    fn add(&mut self, source: u64, score: Option<f64>, by_order: Option<[f64; 2]>) {
        self.pairs += 1;
        match score {
            Some(1.0) => self.right += 1,
            Some(0.0) => self.wrong += 1,
            Some(_) => self.equal += 1,
            None => self.not_rated += 1,
        }
        self.scores.add(source, score.unwrap_or(0.5), 1.0);
        if let Some([first, second]) = by_order {
            self.order.add(source, first - second, 1.0);
        }
    }

    fn row(self, annotator: &str, key: Key) -> Validity {
        let estimate = self.scores.estimate();
        // One source does not generalise to others.
        let interval =
            |e: &predilect_stats::ratio::Estimate| if e.clusters < 2 { (0.0, 1.0) } else { e.share(Z) };
        let (auc, (low, high)) = estimate.map_or((0.5, (0.0, 1.0)), |e| (e.value, interval(&e)));
        let order = self.order.estimate();
        Validity {
            annotator: annotator.to_owned(),
            property: key.property,
            set: key.set,
            kind: key.kind,
            pairs: self.pairs,
            right: self.right,
            wrong: self.wrong,
            equal: self.equal,
            not_rated: self.not_rated,
            auc,
            low,
            high,
            order_effect: order.map(|e| e.value),
            order_se: order.map(|e| e.se).filter(|se| se.is_finite()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(kind: &str, source: &str, held_back: bool) -> Ordered {
        Ordered {
            property: "polite".to_owned(),
            set: "mine".to_owned(),
            kind: kind.to_owned(),
            source: source.to_owned(),
            held_back,
            ..Ordered::default()
        }
    }

    #[test]
    fn a_worked_example() {
        let pairs = [
            pair("small", "1", false),
            pair("small", "2", true),
            pair("large", "3", false),
            pair("large", "4", true),
            pair("large", "5", false),
        ];
        let said = |higher, lower, by_order| Said { higher, lower, by_order };
        let all = [
            said(Some(2.0), Some(1.0), Some([1.0, 1.0])),
            said(Some(1.0), Some(2.0), Some([1.0, 0.0])),
            said(Some(2.0), Some(2.0), Some([1.0, 0.0])),
            said(Some(3.0), Some(0.0), Some([1.0, 0.5])),
            said(Some(3.0), None, None),
        ];
        let rows = measure("text", pairs.iter().zip(all));
        let kinds: Vec<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
        assert_eq!(kinds, [EVERY, HELD_BACK, "small", "large"]);
        let row = &rows[0];
        assert_eq!((row.pairs, row.right, row.wrong, row.equal, row.not_rated), (5, 2, 1, 1, 1));
        // (1 + 0 + ½ + 1 + ½) / 5, and (0 + 1 + 1 + ½) / 4.
        assert!((row.auc - 0.6).abs() < 1e-12 && row.low < 0.6 && row.high > 0.6);
        assert!((row.order_effect.unwrap() - 0.625).abs() < 1e-12);
        assert!(!row.is_weak() && rows[2].is_weak());
        assert_eq!((rows[1].pairs, rows[1].right, rows[1].wrong), (2, 1, 1));
    }

    #[test]
    fn fewer_errors_are_more_of_the_property() {
        assert_eq!(score("no_severe_errors", Some(0.0), Some(2.0)), Some(1.0));
        assert_eq!(score("no_severe_errors", Some(2.0), Some(0.0)), Some(0.0));
        assert_eq!(score("polite", Some(2.0), Some(0.0)), Some(1.0));
        assert_eq!(score("polite", Some(2.0), Some(2.0)), Some(0.5));
        assert_eq!(score("polite", None, Some(2.0)), None);
        assert_eq!(score("polite", Some(f64::NAN), Some(2.0)), None);
    }
}
