//! Judges answer a few plain pairs before a run is paid for. What speaks against them is kept with the settings of the run, so that it is in
//! the result of a run that was killed and went on.

use std::collections::BTreeMap;

use predilect_workbench::{Event, JudgeRequest, Method, ModelSpec, Remark, Result, Watch, probe};

use super::Steering;

/// Where the settings keep it.
pub(super) const TRIED: &str = "tried";

/// What speaks against each judge that was tried, by its model and how it was asked.
pub(super) type Tried = BTreeMap<String, Vec<String>>;

impl Steering {
    /// Under what it is kept: a judge who is asked otherwise may say otherwise.
    fn tried_as(&self, judge: &ModelSpec, request: &JudgeRequest) -> String {
        let method = request.method.map_or("as it can", Method::as_str);
        format!("{judge} ({method}, seed {})", self.request.seed)
    }

    /// Tries the judges that have not been tried in that way; all that is known by then.
    pub(super) fn try_judges(&self, watch: &dyn Watch) -> Result<Tried> {
        let kept = self.lab.settings().map(|kept| kept[TRIED].clone());
        let mut tried: Tried = kept.and_then(|kept| serde_json::from_value(kept).ok()).unwrap_or_default();
        let request = self.judging(self.request.calls.clone());
        let new = |judge: &&ModelSpec| !tried.contains_key(&self.tried_as(judge, &request));
        let models: Vec<ModelSpec> = request.models.iter().filter(new).cloned().collect();
        if !self.request.probe || models.is_empty() || self.request.calls.offline {
            return Ok(tried);
        }
        let ran = probe(&JudgeRequest { models: models.clone(), ..request.clone() }, watch)?;
        if let Some(stopped) = ran.stopped {
            return Err(stopped);
        }
        for (judge, found) in models.iter().zip(ran.found) {
            // A user who reads it in time can still stop.
            for caution in said(judge, &found.cautions) {
                watch.event(Event::Remark(Remark::AgainstJudge(&caution)));
            }
            tried.insert(self.tried_as(judge, &request), found.cautions);
        }
        Ok(tried)
    }

    /// What speaks against the judges of this run, as remarks.
    pub(super) fn said_of_judges(&self, tried: &Tried) -> Vec<String> {
        let request = self.judging(self.request.calls.clone());
        let of = |judge: &ModelSpec| {
            tried.get(&self.tried_as(judge, &request)).map_or_else(Vec::new, |cautions| said(judge, cautions))
        };
        request.models.iter().flat_map(of).collect()
    }
}

fn said(judge: &ModelSpec, cautions: &[String]) -> Vec<String> {
    cautions.iter().map(|caution| format!("{judge}: {caution}")).collect()
}
