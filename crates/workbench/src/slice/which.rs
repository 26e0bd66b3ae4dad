//! Which pairs and verdicts a slice takes, by its filter.

use std::collections::HashMap;

use predilect_analysis::Encoding;
use predilect_data::{Judges, PropertySet, Study};
use predilect_text::Annotator;
use predilect_types::{Order, Pair, Property, Rating, shown};

use super::given::Given;
use crate::error::{Error, Result};
use crate::facts::Fact;
use crate::filter::{Filter, Known, Rated, Reader};

/// The orders of presentation, each with its bit.
const ORDERS: [Order; 4] = [Order::Ab, Order::Ba, Order::Both, Order::Unknown];

/// Every order.
pub(super) const ALL: u8 = 0b1111;

/// The bit of an order.
pub(crate) fn bit(order: Order) -> u8 {
    ORDERS.iter().position(|known| *known == order).map_or(0, |at| 1 << at)
}

/// A filter with what it needs to know besides pairs.
pub(super) struct Which<'a> {
    filter: &'a Filter,
    annotator: &'a Annotator,
    given: &'a Given,
    /// The properties that it names.
    properties: Vec<&'static Property>,
    /// The verdicts of the judges that it names, by judge and pair.
    verdicts: HashMap<String, HashMap<String, f64>>,
}

impl<'a> Which<'a> {
    /// Reads what the filter needs.
    pub(super) fn of(
        filter: &'a Filter,
        study: &Study,
        people: Judges,
        annotator: &'a Annotator,
        given: &'a Given,
    ) -> Result<Self> {
        let set = PropertySet::of_study(study)?;
        let rated = |id: &str| {
            annotator.properties().contains(&id)
                || given.values().flatten().any(|rating| rating.property == id)
        };
        let property = |id: &str| {
            set.get(id).filter(|property| rated(property.id)).ok_or_else(|| {
                Error::new(format!("the filter asks for ratings of `{id}`, which is not a property that was rated on these data"))
                    .choose(set.all().iter().map(|property| property.id).filter(|id| rated(id)))
            })
        };
        Ok(Self {
            properties: filter.properties().into_iter().map(property).collect::<Result<_>>()?,
            verdicts: verdicts_of(filter, study, people)?,
            filter,
            annotator,
            given,
        })
    }

    pub(super) fn needs_texts(&self) -> bool {
        self.filter.needs_texts()
    }

    /// The orders of presentation in which verdicts on a pair belong to the slice, a bit each; 0 where the pair does not.
    pub(super) fn orders(&self, pair: &Pair, fact: &Fact<'_>) -> u8 {
        let given = self.given.get(&pair.id).map_or(&[][..], Vec::as_slice);
        let rating = |known: &Known<'_>, id: &str| self.rating(known.fact, given, id);
        let reader = Reader { verdicts: &self.verdicts, rating: &rating };
        let takes = |order| self.filter.takes(&Known { pair, fact, order }, &reader);
        if !self.filter.needs_verdict() {
            return if takes(None) { ALL } else { 0 };
        }
        let of = |order: &Order| if takes(Some(order.as_str())) { bit(*order) } else { 0 };
        ORDERS.iter().map(of).sum()
    }

    fn rating(&self, fact: &Fact<'_>, given: &[Rating], id: &str) -> Rated {
        let own = || {
            let at = self.annotator.properties().iter().position(|own| *own == id)?;
            let (a, b) = fact.rating(at);
            Some(Rating { a, b, ..Rating::default() })
        };
        // Words are counted in the texts, whoever has rated.
        let given = given.iter().find(|rating| rating.property == id && id != "length").cloned();
        let Some(rating) = given.or_else(own) else { return (None, None, None) };
        let property = self.properties.iter().find(|property| property.id == id);
        let compared = property.and_then(|property| Encoding::Comparison.of_rating(property, &rating));
        (rating.a, rating.b, compared)
    }
}

/// The verdicts of the judges that a filter names: the weighted mean of those on a pair.
fn verdicts_of(
    filter: &Filter,
    study: &Study,
    people: Judges,
) -> Result<HashMap<String, HashMap<String, f64>>> {
    let named = filter.judges();
    let mut found: HashMap<String, HashMap<String, (f64, f64)>> = HashMap::new();
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    let mut all = std::collections::BTreeSet::new();
    for batch in study.verdicts()? {
        for mut verdict in batch? {
            people.settle(&mut verdict);
            if named.contains(verdict.judge.as_str()) {
                let of_judge = found.entry(verdict.judge.clone()).or_default();
                let (sum, weight) = of_judge.entry(verdict.pair).or_default();
                *sum += verdict.p_a * verdict.weight;
                *weight += verdict.weight;
            }
            if !all.contains(&verdict.judge) {
                all.insert(verdict.judge);
            }
        }
    }
    if let Some(unknown) = named.iter().find(|name| !all.contains(**name)) {
        return Err(Error::new(format!(
            "the filter names the judge `{unknown}`, who has no verdict in these data"
        ))
        .words(format!("the judges of these data are: {}", shown::list(&all))));
    }
    let mean = |(pair, (sum, weight)): (String, (f64, f64))| (weight > 0.0).then(|| (pair, sum / weight));
    Ok(found.into_iter().map(|(judge, of)| (judge, of.into_iter().filter_map(mean).collect())).collect())
}
