//! Which pairs and verdicts a slice takes, by its filter.

use std::collections::BTreeSet;
use std::sync::Arc;

use predilect_analysis::Encoding;
use predilect_data::{Judges, PropertySet};
use predilect_types::{Pair, Property};

use super::costs::costs;
use super::features::Source;
use super::said::keys_to_ask;
use crate::error::{Error, Remedy, Result};
use crate::filter::{Field as Asked, Filter, Found, Is, Known, Part, Side, Texts};
use crate::prepared::column::NONE;
use crate::prepared::{ALL, Field, ORDERS, Prepared, bit, drawn};
use crate::watch::Watch;

/// A filter with the columns that it reads.
struct Which<'a> {
    prepared: &'a Prepared,
    scenarios: Option<Arc<Field>>,
    keys: Vec<(&'a str, Arc<Field>)>,
    ratings: Vec<(&'a str, Source<'a>)>,
    words: Option<&'a crate::prepared::column::Rated>,
    /// The verdict of each judge that the filter names on every pair, NaN if there is none.
    judges: Vec<(&'a str, Vec<f64>)>,
    /// What the verdicts on every pair cost, NaN where it is not known: by the judges that the filter names, or by all.
    costs: Vec<(Option<&'a str>, Vec<f64>)>,
    turns: Option<Arc<Field>>,
}

/// The orders of presentation in which verdicts on each pair belong to the slice, a bit each; 0 where the pair does not. `annotator` is
/// whose ratings count.
pub(crate) fn taken(
    filter: &Filter,
    prepared: &Prepared,
    people: Judges,
    annotator: Option<&str>,
    watch: &dyn Watch,
) -> Result<Vec<u8>> {
    has_keys(filter, prepared)?;
    let which = Which::of(filter, prepared, people, annotator, watch)?;
    let mut node = which.node(&filter.0);
    let orders = filter.needs_verdict();
    let mut of_row = |row: usize, texts: Option<&Pair>| {
        let mut takes = |order| node.holds(&Row { which: &which, number: row, texts, order });
        if orders {
            ORDERS.iter().map(|order| if takes(Some(order.as_str())) { bit(*order) } else { 0 }).sum()
        } else if takes(None) {
            ALL
        } else {
            0
        }
    };
    if filter.needs_texts() {
        let mut out = Vec::with_capacity(prepared.pairs().len());
        prepared.with_texts(watch, |row, pair| out.push(of_row(row, Some(pair))))?;
        return Ok(out);
    }
    Ok((0..prepared.pairs().len()).map(|row| of_row(row, None)).collect())
}

/// Whether the fields of the data that a filter names are those of any pair.
fn has_keys(filter: &Filter, prepared: &Prepared) -> Result<()> {
    let fields = prepared.pairs().keys();
    match filter.keys().into_iter().find(|key| !fields.contains(*key)) {
        None => Ok(()),
        Some(key) => {
            Err(Error::new(format!("the filter asks for meta.{key}, and no pair has a field of that name"))
                .remedy(Remedy::Filter(known_keys(fields))))
        }
    }
}

/// What a filter can ask of the data's own fields.
fn known_keys(fields: &BTreeSet<String>) -> String {
    if fields.is_empty() {
        return "these data have no fields besides scenario, language, source and models".to_owned();
    }
    format!("fields of these data are: {}", keys_to_ask(fields))
}

impl<'a> Which<'a> {
    fn of(
        filter: &'a Filter,
        prepared: &'a Prepared,
        people: Judges,
        annotator: Option<&str>,
        watch: &dyn Watch,
    ) -> Result<Self> {
        let set = PropertySet::of_study(prepared.study())?;
        let ratings = prepared.ratings()?;
        let rated = |id: &str| prepared.own(id).is_some() || ratings.has(id, annotator);
        let property = |id: &str| -> Result<&'static Property> {
            set.get(id).filter(|property| rated(property.id)).ok_or_else(|| {
                Error::new(format!("the filter asks for ratings of `{id}`, which is not a property that was rated on these data"))
                    .instead_of(id, set.all().iter().map(|property| property.id).filter(|id| rated(id)))
            })
        };
        let source = |id: &'a str| -> Result<(&'a str, Source<'a>)> {
            let property = property(id)?;
            // Words are counted in the texts, whichever annotator is chosen.
            let given = if id == "length" { None } else { ratings.of(id, annotator) };
            Ok((id, Source::new(property, given, prepared, Encoding::Comparison)?))
        };
        let columns = filter.columns();
        let scenarios = columns.contains("scenario").then(|| prepared.field("scenario")).transpose()?;
        let key = |key: &'a str| -> Result<(&'a str, Arc<Field>)> { Ok((key, prepared.field(key)?)) };
        Ok(Self {
            prepared,
            scenarios,
            keys: filter.keys().into_iter().map(key).collect::<Result<_>>()?,
            ratings: filter.properties().into_iter().map(source).collect::<Result<_>>()?,
            words: prepared.own("length").map(|at| prepared.facts().column(at)).transpose()?,
            judges: judges(filter, prepared, people, watch)?,
            costs: costs(&filter.costs(), prepared, people, watch)?,
            turns: filter.needs_turns().then(|| prepared.turns(watch)).transpose()?,
        })
    }

    fn key(&self, key: &str) -> Option<&Field> {
        self.keys.iter().find(|(known, _)| *known == key).map(|(_, field)| &**field)
    }

    /// An expression, with what is remembered of values that come again.
    fn node<'f>(&'f self, is: &'f Is) -> Node<'f> {
        match is {
            Is::And(all) => Node::And(all.iter().map(|one| self.node(one)).collect()),
            Is::Or(all) => Node::Or(all.iter().map(|one| self.node(one)).collect()),
            Is::Not(one) => Node::Not(Box::new(self.node(one))),
            leaf => match self.codes(leaf) {
                Some((codes, values)) => Node::ByCode { codes, known: vec![None; values + 1], is: leaf },
                None => Node::Leaf(leaf),
            },
        }
    }

    /// The numbers of the values that decide an expression, where it reads one column of such, and how many different ones there are.
    fn codes(&self, is: &Is) -> Option<(&[u32], usize)> {
        let mut fields = Vec::new();
        is.fields(&mut |field| {
            if !fields.contains(&field) {
                fields.push(field);
            }
        });
        let [only] = fields.as_slice() else { return None };
        let pairs = self.prepared.pairs();
        let field = |field: &'_ Field| field.values().len();
        match only {
            Asked::Scenario => self.scenarios.as_deref().map(|column| (column.codes(), field(column))),
            Asked::Language => {
                let names = self.prepared.facts().languages();
                Some((names.codes()?, names.names().len()))
            }
            Asked::Source => Some((pairs.sources().codes()?, pairs.sources().names().len())),
            Asked::Model(side) => Some((pairs.models_on(*side == Side::A), pairs.models().len())),
            Asked::Meta(key) => self.key(key).map(|column| (column.codes(), field(column))),
            Asked::Turn => self.turns.as_deref().map(|column| (column.codes(), field(column))),
            _ => None,
        }
    }
}

/// An expression that is asked row by row.
enum Node<'f> {
    And(Vec<Node<'f>>),
    Or(Vec<Node<'f>>),
    Not(Box<Node<'f>>),
    /// What it is for each value that was seen; the last place is that of no value.
    ByCode {
        codes: &'f [u32],
        known: Vec<Option<bool>>,
        is: &'f Is,
    },
    Leaf(&'f Is),
}

impl Node<'_> {
    fn holds(&mut self, row: &Row<'_>) -> bool {
        match self {
            Self::And(all) => all.iter_mut().all(|one| one.holds(row)),
            Self::Or(all) => all.iter_mut().any(|one| one.holds(row)),
            Self::Not(one) => !one.holds(row),
            Self::ByCode { codes, known, is } => {
                let last = known.len() - 1;
                let slot = &mut known[(codes[row.number] as usize).min(last)];
                *slot.get_or_insert_with(|| is.holds(row))
            }
            Self::Leaf(is) => is.holds(row),
        }
    }
}

/// A pair of the study, and the order of a verdict on it.
struct Row<'w> {
    which: &'w Which<'w>,
    number: usize,
    texts: Option<&'w Pair>,
    order: Option<&'w str>,
}

impl Known for Row<'_> {
    fn found(&self, field: &Asked) -> Found<'_> {
        let Row { which, number: row, .. } = *self;
        let pairs = which.prepared.pairs();
        let side =
            |side: Side, [a, b]: [f64; 2]| Some(if side == Side::A { a } else { b }).filter(|x| !x.is_nan());
        match field {
            Asked::Id => Found::name(Some(pairs.id(row))),
            Asked::Scenario => {
                which.scenarios.as_ref().map_or(Found::Nothing, |field| Found::names(&field.get(row).texts))
            }
            Asked::Language => Found::name(which.prepared.facts().languages().get(row)),
            Asked::Source => Found::name(pairs.sources().get(row)),
            Asked::Order => Found::name(self.order),
            Asked::Model(side) => {
                let [a, b] = pairs.models_of(row);
                Found::name(pairs.model_name(if *side == Side::A { a } else { b }))
            }
            Asked::Words(of) => {
                let words = which.words.and_then(|column| column.get(row));
                Found::number(words.and_then(|words| side(*of, words)))
            }
            Asked::Rating(id, of) => {
                let Some((_, source)) = which.ratings.iter().find(|(known, _)| known == id) else {
                    return Found::Nothing;
                };
                Found::number(match of {
                    Some(of) => source.rating(row).and_then(|(sides, _)| side(*of, sides)),
                    None => source.feature(row),
                })
            }
            Asked::Judge(judge) => {
                let verdicts = which.judges.iter().find(|(known, _)| known == judge);
                Found::number(verdicts.map(|(_, of_pair)| of_pair[row]).filter(|p_a| !p_a.is_nan()))
            }
            Asked::Cost(judge) => {
                let costs = which.costs.iter().find(|(known, _)| *known == judge.as_deref());
                Found::number(costs.map(|(_, of_pair)| of_pair[row]).filter(|cost| !cost.is_nan()))
            }
            Asked::Draw => Found::number(Some(drawn(row))),
            Asked::Turn => Found::number(which.turns.as_ref().and_then(|turns| turns.get(row).number)),
            Asked::Text(part) => self.texts.map_or(Found::Nothing, |pair| {
                Found::Texts(Texts::One(match part {
                    Part::Prompt => pair.prompt_text(),
                    Part::A => pair.response_a.text(),
                    Part::B => pair.response_b.text(),
                }))
            }),
            Asked::Meta(key) => which.key(key).map_or(Found::Nothing, |field| {
                let value = field.get(row);
                match value.number {
                    Some(number) => Found::Number(number, None),
                    None => Found::texts(&value.texts),
                }
            }),
        }
    }
}

/// The verdicts of the judges that a filter names: the weighted mean of those on a pair.
fn judges<'f>(
    filter: &'f Filter,
    prepared: &Prepared,
    people: Judges,
    watch: &dyn Watch,
) -> Result<Vec<(&'f str, Vec<f64>)>> {
    let named = filter.judges();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let verdicts = prepared.verdicts(watch)?;
    let judges = verdicts.judges(people);
    if let Some(unknown) = named.iter().find(|name| !judges.names.iter().any(|known| known == *name)) {
        let mut all: Vec<&String> = judges.names.iter().collect();
        all.sort();
        return Err(Error::new(format!(
            "the filter names the judge `{unknown}`, which has no verdict in these data"
        ))
        .no_such_judge(unknown, all));
    }
    let mean = |name: &'f str| {
        let number = judges.names.iter().position(|known| known == name);
        let mut sums = vec![(0.0, 0.0); prepared.pairs().len()];
        for row in 0..verdicts.len() {
            let pair = verdicts.pair(row);
            if pair != NONE && Some(judges.of(row) as usize) == number {
                let (sum, weight) = &mut sums[pair as usize];
                *sum += verdicts.p_a(row) * verdicts.weight(row);
                *weight += verdicts.weight(row);
            }
        }
        let means = sums.into_iter().map(|(sum, weight)| if weight > 0.0 { sum / weight } else { f64::NAN });
        (name, means.collect())
    };
    Ok(named.into_iter().map(mean).collect())
}
