//! How a study becomes a table that can be fitted: comparing, grouping, counting. Nothing is read twice and no text is looked at again.

mod agreements;
mod given;
mod names;
mod notes;
mod subsets;
mod units;
mod verdicts;
pub(crate) mod which;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use predilect_analysis::Encoding;
use predilect_analysis::compare::{Shown, Traits};
use predilect_analysis::limits::{MOST_GROUPS, TooMany};
use predilect_analysis::result::{DataSummary, PropertyNote, SliceSummary};
use predilect_analysis::summary::SummaryBuilder;
use predilect_analysis::table::{Feature, FeatureTable, PairInfo};
use predilect_data::{Judges, PropertySet, Study};
use predilect_text::{Annotator, TextOptions};
use predilect_types::{Pair, Property, Rating, Rule, shown};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Remedy, Result};
use crate::facts::{Fact, Facts, Keep};
use crate::filter::Filter;
use crate::watch::Watch;
use agreements::Agreements;
use given::{Given, chosen_properties, given_ratings};
use names::Names;
use subsets::{Subsets, told_apart};
use units::{NoUnits, Units};
use verdicts::{VerdictReader, read_verdicts};
use which::{ALL, Which};

pub(crate) use names::Interner;

/// The number of a pair that the slice leaves out.
const OUTSIDE: u32 = u32::MAX;

/// What to compare, group and count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SliceOptions {
    /// Which pairs and verdicts; `None`: all.
    pub filter: Option<Filter>,
    /// Whether grammar and spelling are rated, by far the slowest rating.
    pub grammar: bool,
    /// Property ids; empty: every property that is rated and no part of another.
    pub properties: Vec<String>,
    /// How two ratings become a feature.
    pub encoding: Encoding,
    /// The field whose values are fitted apart; `None`: the scenario, where the data name one.
    pub group_by: Option<String>,
    /// What intervals are over; empty: prompts, and annotators where they repeat.
    pub cluster: Vec<String>,
    /// Whose ratings count; `None`: whoever stands first in the data.
    pub annotator: Option<String>,
    /// Whether people are judges of their own.
    pub people: Judges,
    /// Judges to keep; empty: all.
    pub judges: Vec<String>,
    /// Count a soft verdict as the side it favours.
    pub hard: bool,
}

impl Default for SliceOptions {
    fn default() -> Self {
        Self {
            filter: None,
            grammar: true,
            properties: Vec::new(),
            encoding: Encoding::Comparison,
            group_by: None,
            cluster: Vec::new(),
            annotator: None,
            people: Judges::Auto,
            judges: Vec::new(),
            hard: false,
        }
    }
}

/// Pairs and verdicts of a study, ready to be fitted.
#[derive(Debug)]
pub struct Slice {
    /// Features of pairs with the verdicts on them.
    pub table: FeatureTable,
    /// What the data look like.
    pub data: DataSummary,
    /// What each feature is, and how it was rated.
    pub notes: Vec<PropertyNote>,
    /// Bytes of each pair, for choosing examples worth reading.
    pub sizes: Vec<u32>,
    /// Ratings of each pair on each feature, as pairs of A and B; NaN where missing.
    pub ratings: Vec<(f32, f32)>,
    /// Whether the data say that they were made up.
    pub simulated: bool,
    /// What the texts of each pair say, whoever judges.
    pub traits: Vec<Traits>,
    /// Answers whose order of presentation is known.
    pub shown: Vec<Shown>,
    /// Verdicts on pairs that the study does not contain.
    pub orphans: u64,
    /// Verdicts on pairs to which accuracy does not apply, where errors are fitted: they are left out.
    pub inapplicable: u64,
    /// Number of each pair in the study.
    pub rows: Vec<u32>,
}

impl Slice {
    /// Verdicts that do not count, by reason.
    pub fn left_out(&self) -> BTreeMap<String, u64> {
        let reasons = [
            ("verdict without a pair", self.orphans),
            ("verdict on a pair to which accuracy does not apply (not fitted)", self.inapplicable),
        ];
        reasons
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| (name.to_owned(), count))
            .collect()
    }

    /// Pairs and verdicts of a study with everything that a fit needs. Ratings that came with the data (from people or language models)
    /// stand before those of text analysis; `keep` says whether these are written to the table of ratings.
    pub(crate) fn of(study: &Study, options: &SliceOptions, keep: bool, watch: &dyn Watch) -> Result<Self> {
        let asked = options.filter.as_ref().is_some_and(|filter| filter.properties().contains("grammatical"));
        let annotator = Annotator::new(&TextOptions { grammar: options.grammar || asked });
        let (given, others) = given_ratings(study, annotator.name(), options.annotator.as_deref())?;
        let set = PropertySet::of_study(study)?;
        let chosen = chosen_properties(&options.properties, &set, &annotator, &given)?;
        let total = study.count("pairs").unwrap_or(0);
        let (facts, new) = Facts::of_study(study, &annotator, total, watch)?;
        if new {
            facts.keep(study, &annotator, if keep { Keep::Locked } else { Keep::IfFree });
        }
        let mut making = Making::new(options, &annotator, &chosen, &given, &others)?;
        let which = options
            .filter
            .as_ref()
            .map(|filter| Which::of(filter, study, options.people, &annotator, &given))
            .transpose()?;
        let texts = which.as_ref().is_some_and(Which::needs_texts);
        let pairs = if texts { study.pairs()? } else { study.pairs_without_texts()? };
        let mut number = 0;
        for batch in pairs {
            for pair in &batch? {
                let fact = facts.of(number, pair).ok_or_else(changed)?;
                let orders = which.as_ref().map_or(ALL, |which| which.orders(pair, &fact));
                making.pair(pair, &fact, number as u32, orders)?;
                number += 1;
            }
        }
        let out = making.finish(study)?;
        if keep {
            keep_ratings(study, &annotator, &facts, [&given, &others])?;
        }
        Ok(out)
    }
}

/// The pairs of a study that a filter takes, by their numbers, with the orders of presentation in which verdicts on them are taken, a bit
/// each. Text analysis is asked where the filter reads ratings.
pub(crate) fn rows_of(
    study: &Study,
    filter: &Filter,
    people: Judges,
    keep: Keep,
    watch: &dyn Watch,
) -> Result<HashMap<u32, u8>> {
    let annotator = Annotator::new(&TextOptions { grammar: filter.properties().contains("grammatical") });
    let (given, _) = given_ratings(study, annotator.name(), None)?;
    let total = study.count("pairs").unwrap_or(0);
    let (facts, new) = Facts::of_study(study, &annotator, total, watch)?;
    if new {
        facts.keep(study, &annotator, keep);
    }
    let which = Which::of(filter, study, people, &annotator, &given)?;
    let pairs = if which.needs_texts() { study.pairs()? } else { study.pairs_without_texts()? };
    let mut rows = HashMap::new();
    let mut fields = BTreeSet::new();
    let mut number = 0;
    for batch in pairs {
        for pair in &batch? {
            let orders = which.orders(pair, &facts.of(number, pair).ok_or_else(changed)?);
            fields.extend(
                pair.metadata.keys().filter(|key| !fields.contains(*key)).cloned().collect::<Vec<_>>(),
            );
            if orders != 0 {
                rows.insert(number as u32, orders);
            }
            number += 1;
        }
    }
    has_keys(filter, &fields)?;
    if rows.is_empty() {
        return Err(Error::new(format!("no pair of {number} is in the slice {filter}"))
            .remedy(Remedy::Filter("names are case-sensitive".to_owned())));
    }
    Ok(rows)
}

fn changed() -> Error {
    Error::new("the table of pairs changed while it was read, or another tool has written it again")
        .words("run the command again; if that does not help, remove facts.parquet from the study's folder")
}

/// Whether the fields of the data that a filter names are those of any pair.
fn has_keys(filter: &Filter, fields: &BTreeSet<String>) -> Result<()> {
    match filter.keys().into_iter().find(|key| !fields.contains(*key)) {
        None => Ok(()),
        Some(key) => {
            Err(Error::new(format!("the filter asks for meta.{key}, and no pair has a field of that name"))
                .remedy(Remedy::Filter(format!("fields of these data are: {}", shown::list(fields)))))
        }
    }
}

/// Writes the ratings that came with the data and those of text analysis.
fn keep_ratings(study: &Study, annotator: &Annotator, facts: &Facts, given: [&Given; 2]) -> Result<()> {
    let mut writer = study.write_ratings()?;
    for rating in given.into_iter().flat_map(Given::values).flatten() {
        writer.push(rating)?;
    }
    let mut number = 0;
    for batch in study.pairs_without_texts()? {
        for pair in batch? {
            let fact = facts.of(number, &pair).ok_or_else(changed)?;
            for rating in annotator.rows(&pair.id, fact.ratings()) {
                writer.push_owned(rating)?;
            }
            number += 1;
        }
    }
    writer.finish()?;
    Ok(())
}

/// A slice in the making.
struct Making<'a> {
    options: &'a SliceOptions,
    annotator: &'a Annotator,
    chosen: &'a [&'static Property],
    given: &'a Given,
    others: &'a Given,
    /// Where each chosen property stands among those of text analysis.
    own: Vec<Option<usize>>,
    out: Slice,
    agreements: Agreements,
    inapplicable: HashSet<u32>,
    builder: SummaryBuilder,
    index: HashMap<String, u32>,
    /// The orders in which verdicts on each pair are taken.
    orders: Vec<u8>,
    /// Pairs of the study so far.
    seen: u64,
    names: Names,
    fields: BTreeSet<String>,
    subsets: Subsets,
    units: Units,
}

impl<'a> Making<'a> {
    fn new(
        options: &'a SliceOptions,
        annotator: &'a Annotator,
        chosen: &'a [&'static Property],
        given: &'a Given,
        others: &'a Given,
    ) -> Result<Self> {
        let place = |id: &str| annotator.properties().iter().position(|own| *own == id);
        let features = chosen.iter().map(|p| Feature { name: p.id.to_owned() }).collect();
        Ok(Self {
            options,
            annotator,
            chosen,
            given,
            others,
            own: chosen.iter().map(|property| place(property.id)).collect(),
            out: Slice {
                table: FeatureTable { features, ..FeatureTable::default() },
                data: DataSummary::default(),
                notes: Vec::new(),
                sizes: Vec::new(),
                ratings: Vec::new(),
                simulated: false,
                traits: Vec::new(),
                shown: Vec::new(),
                orphans: 0,
                inapplicable: 0,
                rows: Vec::new(),
            },
            agreements: Agreements::default(),
            inapplicable: HashSet::new(),
            builder: SummaryBuilder::default(),
            index: HashMap::new(),
            orders: Vec::new(),
            seen: 0,
            names: Names::default(),
            fields: BTreeSet::new(),
            subsets: Subsets::default(),
            units: Units::of(&options.cluster)?,
        })
    }

    fn group_field(&self) -> &str {
        self.options.group_by.as_deref().unwrap_or("scenario")
    }

    /// Takes a pair without its texts.
    fn pair(&mut self, pair: &Pair, fact: &Fact<'_>, row: u32, orders: u8) -> Result<()> {
        self.seen += 1;
        self.fields.extend(
            pair.metadata.keys().filter(|key| !self.fields.contains(*key)).cloned().collect::<Vec<_>>(),
        );
        if orders == 0 {
            self.index.insert(pair.id.clone(), OUTSIDE);
            return Ok(());
        }
        self.orders.push(orders);
        let words = self.own_rating(fact, "length").map_or((0.0, 0.0), sides);
        let lists = self.own_rating(fact, "lists").map(sides);
        self.compare(pair, fact);
        self.builder.pair(pair, fact.gist, fact.language, (words.0 as u32, words.1 as u32));
        self.out.simulated |= pair.metadata.get("simulated") == Some(&serde_json::Value::Bool(true));
        let groups = match self.group_field() {
            "annotator" => Vec::new(),
            "language" => fact.language.map(str::to_owned).into_iter().collect(),
            field => pair.fields(field),
        };
        self.units.pair(pair, fact.language);
        self.subsets.pair(pair);
        let table = &mut self.out.table;
        let from = table.memberships.len() as u32;
        table.memberships.extend(groups.iter().map(|group| self.names.group(group)));
        table.pairs.push(PairInfo {
            cluster: fact.gist.cluster,
            model_a: pair.response_a.model.as_deref().map(|model| self.names.model(model)),
            model_b: pair.response_b.model.as_deref().map(|model| self.names.model(model)),
            groups: (from, table.memberships.len() as u32),
        });
        if self.names.groups.list.len() > MOST_GROUPS {
            return Err(TooMany::Groups.into());
        }
        self.index.insert(pair.id.clone(), self.out.rows.len() as u32);
        self.out.rows.push(row);
        self.out.sizes.push(fact.gist.size);
        self.out
            .traits
            .push(Traits { longer: sign(words.0 - words.1), list: lists.map_or(0, |(a, b)| only_one(a, b)) });
        let of_pair = [self.given, self.others].map(|list| list.get(&pair.id).map_or(&[][..], Vec::as_slice));
        if of_pair.iter().any(|list| !list.is_empty()) {
            let own = self.annotator.rows(&pair.id, fact.ratings());
            self.agreements.add(&[of_pair[0], of_pair[1], &own]);
        }
        Ok(())
    }

    /// Adds the ratings of a pair and what they amount to.
    fn compare(&mut self, pair: &Pair, fact: &Fact<'_>) {
        let before = self.given.get(&pair.id).map_or(&[][..], Vec::as_slice);
        let mut features = Vec::with_capacity(self.chosen.len());
        let mut own_rating = Rating::default();
        for (property, own) in self.chosen.iter().zip(&self.own) {
            let given = before.iter().find(|rating| rating.property == property.id);
            let rating = given.or_else(|| {
                (own_rating.a, own_rating.b) = fact.rating((*own)?);
                Some(&own_rating)
            });
            self.out.ratings.push(rating.map_or((f32::NAN, f32::NAN), |rating| sides((rating.a, rating.b))));
            if property.rule == Rule::FewerIsBetter
                && rating.is_some_and(|rating| rating.a.is_none() || rating.b.is_none())
            {
                self.inapplicable.insert(self.out.rows.len() as u32);
            }
            let feature = rating.and_then(|rating| self.options.encoding.of_rating(property, rating));
            features.push(feature.unwrap_or(f64::NAN));
        }
        self.out.table.values.extend(features);
    }

    fn own_rating(&self, fact: &Fact<'_>, id: &str) -> Option<(Option<f64>, Option<f64>)> {
        self.annotator.properties().iter().position(|own| *own == id).map(|at| fact.rating(at))
    }

    /// Reads the verdicts, after all pairs.
    fn finish(mut self, study: &Study) -> Result<Slice> {
        let options = self.options;
        if let Some(filter) = &options.filter {
            has_keys(filter, &self.fields)?;
        }
        if let Some(filter) = options.filter.as_ref().filter(|_| self.out.rows.is_empty()) {
            return Err(Error::new(format!("no pair of {} is in the slice {filter}", self.seen)).remedy(
                Remedy::Filter(format!(
                    "names are case-sensitive; fields of these data are: {}",
                    known_fields("", &self.fields)
                )),
            ));
        }
        let table = &mut self.out.table;
        table.models = self.names.models.list;
        table.groups = self.names.groups.list;
        if options.group_by.as_deref() == Some("source") {
            table.groups = told_apart(&table.groups);
        }
        (table.subsets, table.subset_of) = self.subsets.finish();
        has_groups(options, table, &self.fields)?;
        table.units = self.units.finish().map_err(|why| no_units(why, &self.fields))?;
        let reader = VerdictReader {
            options,
            index: &self.index,
            orders: &self.orders,
            inapplicable: &self.inapplicable,
        };
        (self.out.orphans, self.out.inapplicable) =
            read_verdicts(study, &reader, &mut self.builder, table, &mut self.out.shown)?;
        self.out.data = self.builder.finish();
        self.out.data.slice = options
            .filter
            .as_ref()
            .map(|filter| SliceSummary { filter: filter.to_string(), of_pairs: self.seen });
        self.out.data.agreements = self.agreements.finish();
        self.out.notes = notes::notes(study, self.chosen, self.annotator, self.given, &self.out);
        Ok(self.out)
    }
}

/// Whether the field to group by has values.
fn has_groups(options: &SliceOptions, table: &FeatureTable, fields: &BTreeSet<String>) -> Result<()> {
    match &options.group_by {
        Some(field) if field != "annotator" && table.groups.is_empty() => {
            let known = known_fields(field, fields);
            Err(no_value(field)
                .words(format!("group by a field that has values; fields of these data are: {known}")))
        }
        _ => Ok(()),
    }
}

fn no_value(field: &str) -> Error {
    Error::new(format!("no pair has a value for the field `{field}`"))
}

/// What is said of a field that is no unit.
fn no_units(why: NoUnits, fields: &BTreeSet<String>) -> Error {
    match why {
        NoUnits::Missing(field) => no_value(&field)
            .words(format!("fields of these data are: prompt, annotator, {}", known_fields(&field, fields))),
        NoUnits::One(field) => {
            Error::new(format!("all pairs have the same `{field}`: one value says nothing about others"))
                .remedy(Remedy::OtherUnits)
        }
    }
}

/// The fields that pairs may have beside one that has no values.
fn known_fields(but: &str, fields: &BTreeSet<String>) -> String {
    let usual = ["scenario", "language", "model_a", "model_b", "source"];
    let all = usual.into_iter().chain(fields.iter().map(String::as_str));
    shown::list(all.filter(|name| *name != but))
}

fn sign(x: f32) -> i8 {
    i8::from(x > 0.0) - i8::from(x < 0.0)
}

/// 1 where A alone has any, -1 where B alone has.
fn only_one(a: f32, b: f32) -> i8 {
    i8::from(a > 0.0 && b == 0.0) - i8::from(b > 0.0 && a == 0.0)
}

fn sides((a, b): (Option<f64>, Option<f64>)) -> (f32, f32) {
    let to_f32 = |x: Option<f64>| x.map_or(f32::NAN, |x| x as f32);
    (to_f32(a), to_f32(b))
}
