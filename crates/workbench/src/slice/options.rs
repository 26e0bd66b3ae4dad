//! What is compared, grouped and counted, and by which part of a study?

use std::collections::BTreeSet;

use predilect_analysis::Encoding;
use predilect_data::Judges;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::trial::Trial;

/// What to compare, group and count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SliceOptions {
    /// Which pairs and verdicts; `None`: all.
    pub filter: Option<Filter>,
    /// Whether grammar and spelling are rated, by far the slowest rating.
    pub grammar: bool,
    /// Property ids; empty: every property that is rated and not part of another.
    pub properties: Vec<String>,
    /// Tried properties in addition to those, by what texts contain.
    pub tried: Vec<Trial>,
    /// How two ratings become a feature.
    pub encoding: Encoding,
    /// The field whose values are fitted separately; `None`: the scenario, if the data name one.
    pub group_by: Option<String>,
    /// What intervals are over; empty: prompts, and annotators where they repeat.
    pub cluster: Vec<String>,
    /// Whose ratings count; `None`: each pair's first annotator in the data.
    pub annotator: Option<String>,
    /// Whether people are separate judges.
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

impl SliceOptions {
    /// Whether grammar is needed, be it for the filter alone.
    pub(crate) fn needs_grammar(&self) -> bool {
        self.grammar || self.filter.as_ref().is_some_and(|filter| filter.properties().contains("grammatical"))
    }

    /// The verdict for the fit: unchanged, or as the side that it favours.
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
                .no_such_judge(missing, known)),
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
