//! How a study in memory becomes a table that can be fitted: comparing, grouping, counting.

mod agreements;
mod features;
mod making;
mod notes;
pub(crate) mod said;
mod subsets;
mod tried;
mod units;
mod verdicts;
mod which;
mod whole;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use predilect_analysis::cautions::cautions;
use predilect_analysis::compare::{Shown, Traits};
use predilect_analysis::table::FeatureTable;
use predilect_analysis::{Encoding, FitOptions};
use predilect_data::{Judges, Study};
use predilect_results::{Caution, DataSummary, PropertyNote};
use predilect_types::shown;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::filter::Filter;
use crate::prepared::{Keep, Prepared, Wanted, changed};
use crate::trial::Trial;
use crate::watch::Watch;
pub(crate) use said::group_name;
pub(crate) use subsets::told_apart;
pub(crate) use which::taken;
pub(crate) use whole::{Whole, WholeKey};

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
    /// Properties that are tried beside those, by what texts contain.
    pub tried: Vec<Trial>,
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
            tried: Vec::new(),
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

    /// What to know of these data before any figure, whatever is fitted.
    pub fn cautions(&self, fit: &FitOptions) -> Vec<Caution> {
        cautions(&self.table, &self.traits, &self.data, &[], fit)
    }

    /// Pairs and verdicts of a study with everything that a fit needs. Ratings that came with the data (from people or language models)
    /// stand before those of text analysis.
    pub(crate) fn of(prepared: &Prepared, options: &SliceOptions, watch: &dyn Watch) -> Result<Self> {
        making::make(prepared, options, watch)
    }
}

impl SliceOptions {
    /// Whether grammar is needed, be it for the filter alone.
    pub(crate) fn needs_grammar(&self) -> bool {
        self.grammar || self.filter.as_ref().is_some_and(|filter| filter.properties().contains("grammatical"))
    }

    /// The verdict as it is fitted: as it is, or as the side that it favours.
    pub fn fitted(&self, p_a: f64) -> f64 {
        if !self.hard || p_a == 0.5 {
            return p_a;
        }
        if p_a > 0.5 { 1.0 } else { 0.0 }
    }

    /// Whether the judges that are named are among these.
    pub(crate) fn has_judges(&self, names: &[String]) -> Result<()> {
        let known: BTreeSet<&String> = names.iter().collect();
        match self.judges.iter().find(|judge| !known.contains(judge)) {
            None => Ok(()),
            Some(missing) => Err(Error::new(format!("there are no verdicts by the judge `{missing}`"))
                .words(format!("the judges of these data are: {}", shown::list(known)))),
        }
    }

    /// The columns of fields that are needed.
    pub(crate) fn fields(&self) -> BTreeSet<String> {
        let mut fields = self.filter.as_ref().map(Filter::columns).unwrap_or_default();
        let group = self.group_by.as_deref().unwrap_or("scenario");
        let named = self.cluster.iter().map(String::as_str).chain([group]);
        fields.extend(
            named.filter(|name| !["annotator", "language", "prompt"].contains(name)).map(str::to_owned),
        );
        fields
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
    let options = SliceOptions { filter: Some(filter.clone()), grammar: false, ..SliceOptions::default() };
    let ask = |anew| -> Result<(Prepared, Vec<u8>)> {
        let wanted = Wanted { grammar: options.needs_grammar(), fields: &filter.columns(), keep, anew };
        let prepared = Prepared::of(study, &wanted, watch)?;
        let taken = taken(filter, &prepared, people, None, watch)?;
        Ok((prepared, taken))
    };
    let (prepared, taken) = match ask(false) {
        Err(error) if error.kind() == Kind::Stale => ask(true)?,
        done => done?,
    };
    let rows: HashMap<u32, u8> = (0..).zip(taken).filter(|(_, orders)| *orders != 0).collect();
    if rows.is_empty() {
        return Err(said::no_pair(filter, &prepared));
    }
    Ok(rows)
}

/// Writes the ratings that came with the data and those of text analysis.
pub(crate) fn keep_ratings(prepared: &Prepared) -> Result<()> {
    let (study, annotator) = (prepared.study(), prepared.annotator());
    let mut writer = study.write_ratings()?;
    if study.has_table("ratings") {
        for batch in study.ratings_but(annotator.name())? {
            for rating in batch?.into_iter().filter(|rating| rating.annotator != annotator.name()) {
                writer.push(&rating)?;
            }
        }
    }
    let pairs = prepared.pairs();
    if pairs.len() != prepared.facts().len() {
        return Err(changed());
    }
    let columns = prepared.facts().columns()?;
    let known = |x: f64| (!x.is_nan()).then_some(x);
    for row in 0..pairs.len() {
        let of_row = columns.iter().map(|column| {
            let [a, b] = column.get(row).unwrap_or([f64::NAN; 2]);
            (known(a), known(b))
        });
        for rating in annotator.rows(pairs.id(row), of_row) {
            writer.push_owned(rating)?;
        }
    }
    writer.finish()?;
    Ok(())
}
