//! Building a slice: its pairs in order, then the verdicts on them.

use std::sync::Arc;

use predilect_analysis::compare::Traits;
use predilect_analysis::limits::{MOST_GROUPS, TooMany};
use predilect_analysis::summary::{PairSummary, SummaryBuilder};
use predilect_analysis::table::{Feature, FeatureTable, PairInfo};
use predilect_data::PropertySet;
use predilect_results::{DataSummary, SliceSummary};
use predilect_types::Rule;

use super::agreements::agreements;
use super::features::{Source, has_rated, sources};
use super::made::Slice;
use super::notes;
use super::options::SliceOptions;
use super::said::{group_name, no_groups, no_pair, no_units, no_verdict};
use super::subsets::{Subsets, told_apart};
use super::tried::Tried;
use super::units::Units;
use super::verdicts::{OUTSIDE, VerdictReader, read_verdicts};
use super::which::taken;
use crate::error::Result;
use crate::prepared::column::{NONE, Rated};
use crate::prepared::{Field, Prepared};
use crate::watch::{Event, Remark, Watch};
use predilect_types::Interner;

impl Slice {
    /// Pairs and verdicts of a study with everything that a fit needs. Ratings that came with the data (from people or language models)
    /// take precedence over those of text analysis.
    ///
    /// # Errors
    ///
    /// When there are no verdicts, too.
    pub(crate) fn of(prepared: &Prepared, options: &SliceOptions, watch: &dyn Watch) -> Result<Self> {
        // More scenarios than can be fitted one by one, which nobody has asked for, are no reason to fit nothing.
        let scenarios = prepared.pairs().scenarios().names().len();
        let divided = options.group_by.is_some() || scenarios <= MOST_GROUPS;
        if !divided {
            watch.event(Event::Remark(Remark::Undivided(scenarios as u64)));
        }
        let slice = make(prepared, options, divided, watch)?;
        if slice.table.verdicts.is_empty() {
            return Err(no_verdict(options.filter.is_some()));
        }
        Ok(slice)
    }

    /// The same as one group, however many values the usual field of groups has, and if need be without verdicts.
    pub(crate) fn undivided(prepared: &Prepared, options: &SliceOptions, watch: &dyn Watch) -> Result<Self> {
        make(prepared, options, false, watch)
    }
}

/// Makes a slice, divided into groups or not.
fn make(prepared: &Prepared, options: &SliceOptions, divided: bool, watch: &dyn Watch) -> Result<Slice> {
    let set = PropertySet::of_study(prepared.study())?;
    let ratings = prepared.ratings()?;
    let annotator = options.annotator.as_deref();
    has_rated(prepared, ratings, annotator)?;
    let sources = sources(&options.properties, &set, prepared, ratings, (annotator, options.encoding))?;
    let orders = match &options.filter {
        Some(filter) => Some(taken(filter, prepared, options.people, annotator, watch)?),
        None => None,
    };
    let rows: Vec<u32> = match &orders {
        Some(orders) => (0..).zip(orders).filter(|(_, taken)| **taken != 0).map(|(row, _)| row).collect(),
        None => (0..prepared.pairs().len() as u32).collect(),
    };
    if let Some(filter) = options.filter.as_ref().filter(|_| rows.is_empty()) {
        return Err(no_pair(filter, prepared));
    }
    let tried = Tried::of(prepared, options, watch)?;
    let mut making = Making::new(prepared, options, &sources, &tried, watch)?;
    making.group_field = making.group_field.filter(|_| divided);
    making.models(&rows);
    for &row in &rows {
        making.pair(row)?;
    }
    making.out.data.agreements = agreements(prepared, ratings, &rows)?;
    making.finish(orders.as_deref(), rows, watch)
}

/// A slice in the making.
struct Making<'a> {
    prepared: &'a Prepared,
    options: &'a SliceOptions,
    sources: &'a [Source<'a>],
    tried: &'a Tried,
    out: Slice,
    /// Pairs to which accuracy does not apply.
    inapplicable: Vec<bool>,
    builder: SummaryBuilder,
    /// The number of each model of the study in the slice.
    model_of: Vec<u32>,
    groups: Interner,
    group_field: Option<Arc<Field>>,
    subsets: Subsets,
    units: Units,
    /// Words and lists as text analysis rates them, and responses as numbers.
    words: Option<&'a Rated>,
    lists: Option<&'a Rated>,
    responses: &'a [(u64, u64)],
}

impl<'a> Making<'a> {
    fn new(
        prepared: &'a Prepared,
        options: &'a SliceOptions,
        sources: &'a [Source<'a>],
        tried: &'a Tried,
        watch: &dyn Watch,
    ) -> Result<Self> {
        let features = sources.iter().map(|s| Feature { name: s.property.id.to_owned() });
        let features = features.chain(tried.features()).collect();
        let group_field = match options.group_by.as_deref().unwrap_or("scenario") {
            "annotator" | "language" => None,
            field => Some(prepared.field_or_turn(field, watch)?),
        };
        let own = |id: &str| prepared.own(id).map(|at| prepared.facts().column(at)).transpose();
        Ok(Self {
            prepared,
            options,
            sources,
            tried,
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
            inapplicable: Vec::new(),
            builder: SummaryBuilder::default(),
            model_of: Vec::new(),
            groups: Interner::default(),
            group_field,
            subsets: Subsets::default(),
            units: Units::of(&options.cluster, prepared, watch)?,
            words: own("length")?,
            lists: own("lists")?,
            responses: prepared.facts().responses()?,
        })
    }

    /// Numbers the models of these pairs, in the order of the whole study: the same two models come in the same order in every slice.
    fn models(&mut self, rows: &[u32]) {
        let pairs = self.prepared.pairs();
        let mut used = vec![false; pairs.models().len()];
        for &row in rows {
            pairs
                .models_of(row as usize)
                .into_iter()
                .filter(|m| *m != NONE)
                .for_each(|m| used[m as usize] = true);
        }
        self.model_of = vec![NONE; used.len()];
        for (model, _) in used.into_iter().enumerate().filter(|(_, used)| *used) {
            self.model_of[model] = self.out.table.models.len() as u32;
            self.out.table.models.push(pairs.models()[model].clone());
        }
    }

    /// Takes a pair.
    fn pair(&mut self, row: u32) -> Result<()> {
        let at = row as usize;
        let (pairs, facts) = (self.prepared.pairs(), self.prepared.facts());
        let of_row = |rated: &Rated| rated.get(at).map_or((f32::NAN, f32::NAN), sides);
        let words = self.words.map_or((0.0, 0.0), of_row);
        let lists = self.lists.map(of_row);
        self.compare(at);
        let gist = facts.gist(at, self.responses[at]);
        let language = facts.languages().get(at);
        let models = pairs.models_of(at);
        self.builder.pair(&PairSummary {
            scenario: pairs.scenarios().get(at),
            models: models.map(|model| pairs.model_name(model)),
            gist: &gist,
            language,
            words: (words.0 as u32, words.1 as u32),
        });
        self.out.simulated |= pairs.is_simulated(at);
        self.units.pair(at, self.prepared);
        self.subsets.pair(pairs.sources().get(at).unwrap_or_default());
        let table = &mut self.out.table;
        let mut group = |name: &str| self.groups.get(group_name(name));
        match &self.group_field {
            Some(field) => table.memberships.extend(field.get(at).texts.iter().map(|name| group(name))),
            None if self.options.group_by.as_deref() == Some("language") => {
                table.memberships.extend(language.map(group));
            }
            None => {}
        }
        let model = |model: u32| self.model_of.get(model as usize).copied();
        table.pairs.push(PairInfo {
            cluster: gist.cluster,
            model_a: model(models[0]),
            model_b: model(models[1]),
        });
        if self.group_field.is_some() || self.options.group_by.as_deref() == Some("language") {
            table.group_ends.push(table.memberships.len() as u32);
        }
        if self.groups.list().len() > MOST_GROUPS {
            return Err(TooMany::Groups.into());
        }
        self.out.sizes.push(gist.size);
        self.out
            .traits
            .push(Traits { longer: sign(words.0 - words.1), list: lists.map_or(0, |(a, b)| only_one(a, b)) });
        Ok(())
    }

    /// Adds the ratings of a pair and what they amount to.
    fn compare(&mut self, row: usize) {
        let mut inapplicable = false;
        for source in self.sources {
            let rating = source.rating(row).map(|(rating, _)| rating);
            self.out.ratings.push(rating.map_or((f32::NAN, f32::NAN), sides));
            inapplicable |= source.property.rule == Rule::FewerIsBetter
                && rating.is_some_and(|[a, b]| a.is_nan() || b.is_nan());
        }
        self.inapplicable.push(inapplicable);
        self.out
            .table
            .values
            .extend(self.sources.iter().map(|source| source.feature(row).unwrap_or(f64::NAN)));
        self.out.ratings.extend(self.tried.row(row).iter().map(|rating| sides(*rating)));
        self.out.table.values.extend(self.tried.values(row, self.options.encoding));
    }

    /// Reads the verdicts, after all pairs.
    fn finish(mut self, orders: Option<&[u8]>, rows: Vec<u32>, watch: &dyn Watch) -> Result<Slice> {
        let (options, prepared) = (self.options, self.prepared);
        let fields = prepared.pairs().keys();
        let table = &mut self.out.table;
        table.groups = self.groups.into_list();
        if options.group_by.as_deref() == Some("source") {
            table.groups = told_apart(&table.groups);
        }
        (table.subsets, table.subset_of) = self.subsets.finish();
        if let Some(field) = options.group_by.as_deref().filter(|field| *field != "annotator")
            && table.groups.is_empty()
        {
            return Err(no_groups(field, fields));
        }
        table.units = self.units.finish().map_err(|why| no_units(why, fields))?;
        let mut place = vec![OUTSIDE; prepared.pairs().len()];
        rows.iter().zip(0..).for_each(|(row, at)| place[*row as usize] = at);
        let reader = VerdictReader {
            options,
            verdicts: prepared.verdicts(watch)?,
            place: &place,
            orders,
            inapplicable: &self.inapplicable,
        };
        (self.out.orphans, self.out.inapplicable) =
            read_verdicts(&reader, &mut self.builder, table, &mut self.out.shown)?;
        let agreements = std::mem::take(&mut self.out.data.agreements);
        self.out.data = self.builder.finish();
        self.out.data.agreements = agreements;
        self.out.data.slice = options.filter.as_ref().map(|filter| SliceSummary {
            filter: filter.to_string(),
            of_pairs: prepared.pairs().len() as u64,
        });
        self.out.rows = rows;
        self.out.notes = notes::notes(prepared, self.sources, &self.out)?;
        self.out.notes.extend(self.tried.notes(&self.out.rows));
        Ok(self.out)
    }
}

fn sign(x: f32) -> i8 {
    i8::from(x > 0.0) - i8::from(x < 0.0)
}

/// 1 where A alone has any, -1 where B alone has.
fn only_one(a: f32, b: f32) -> i8 {
    i8::from(a > 0.0 && b == 0.0) - i8::from(b > 0.0 && a == 0.0)
}

fn sides([a, b]: [f64; 2]) -> (f32, f32) {
    (a as f32, b as f32)
}
