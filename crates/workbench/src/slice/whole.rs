//! All pairs of a study as a table, whatever part of it is asked about: a filter then only chooses verdicts.

use foldhash::{HashMap, HashMapExt};
use predilect_analysis::Encoding;
use predilect_analysis::table::{Feature, FeatureTable, PairInfo};
use predilect_data::PropertySet;
use predilect_types::Rule;

use super::features::{has_rated, sources};
use super::options::SliceOptions;
use super::said::no_units;
use super::tried::Tried;
use super::units::Units;
use crate::error::Result;
use crate::prepared::Prepared;
use crate::prepared::column::NONE;
use crate::watch::Watch;

/// All pairs, without verdicts and groups.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) table: FeatureTable,
    /// Pairs to which accuracy does not apply: their verdicts are not fitted.
    pub(crate) inapplicable: Vec<bool>,
}

/// Identifies such a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WholeKey {
    annotator: Option<String>,
    encoding: Encoding,
    properties: Vec<String>,
    tried: Vec<String>,
    cluster: Vec<String>,
}

impl WholeKey {
    pub(crate) fn of(options: &SliceOptions) -> Self {
        Self {
            annotator: options.annotator.clone(),
            encoding: options.encoding,
            properties: options.properties.clone(),
            tried: options.tried.iter().map(ToString::to_string).collect(),
            cluster: options.cluster.clone(),
        }
    }
}

impl Whole {
    pub(crate) fn of(prepared: &Prepared, options: &SliceOptions, watch: &dyn Watch) -> Result<Self> {
        let set = PropertySet::of_study(prepared.study())?;
        let ratings = prepared.ratings()?;
        let annotator = options.annotator.as_deref();
        has_rated(prepared, ratings, annotator)?;
        let sources = sources(&options.properties, &set, prepared, ratings, (annotator, options.encoding))?;
        let (pairs, facts) = (prepared.pairs(), prepared.facts());
        let tried = Tried::of(prepared, options, watch)?;
        let mut units = Units::of(&options.cluster, prepared, watch)?;
        let mut numbers: HashMap<u64, u32> = HashMap::new();
        let mut table = FeatureTable {
            features: sources
                .iter()
                .map(|s| Feature { name: s.property.id.to_owned() })
                .chain(tried.features())
                .collect(),
            models: pairs.models().to_vec(),
            annotators: prepared.verdicts(watch)?.annotators().to_vec(),
            pairs: Vec::with_capacity(pairs.len()),
            prompts: Vec::with_capacity(pairs.len()),
            ..FeatureTable::default()
        };
        let mut inapplicable = Vec::with_capacity(pairs.len());
        let fewer: Vec<_> = sources.iter().filter(|s| s.property.rule == Rule::FewerIsBetter).collect();
        for row in 0..pairs.len() {
            let [model_a, model_b] = pairs.models_of(row).map(|model| Some(model).filter(|m| *m != NONE));
            let cluster = facts.cluster(row);
            table.pairs.push(PairInfo { cluster, model_a, model_b });
            let next = numbers.len() as u32;
            table.prompts.push(*numbers.entry(cluster).or_insert(next));
            table.values.extend(sources.iter().map(|source| source.feature(row).unwrap_or(f64::NAN)));
            table.values.extend(tried.values(row, options.encoding));
            units.pair(row, prepared);
            let missing = |([a, b], _): ([f64; 2], _)| a.is_nan() || b.is_nan();
            inapplicable.push(fewer.iter().any(|source| source.rating(row).is_some_and(missing)));
        }
        table.values.shrink();
        table.units = units.finish().map_err(|why| no_units(why, pairs.keys()))?;
        Ok(Self { table, inapplicable })
    }
}
