//! Judges answer a few plain pairs before a run is paid for. What speaks against them is kept with the settings of the run, so that it is in
//! the result of a run that was killed and went on.

use std::collections::BTreeMap;

use predilect_workbench::{Event, JudgeRequest, Remark, Result, Watch, probe};

use super::Steering;

/// Where the settings keep it.
pub(super) const TRIED: &str = "tried";

/// What speaks against each judge that was tried, by its model.
pub(super) type Tried = BTreeMap<String, Vec<String>>;

/// The same as remarks.
pub(super) fn said_of_judges(tried: &Tried) -> Vec<String> {
    let of = |(model, cautions): (&String, &Vec<String>)| {
        cautions.iter().map(|caution| format!("{model}: {caution}")).collect::<Vec<_>>()
    };
    tried.iter().flat_map(of).collect()
}

impl Steering {
    /// Tries the judges that have not been tried.
    pub(super) fn try_judges(&self, watch: &dyn Watch) -> Result<Tried> {
        let kept = self.lab.settings().map(|kept| kept[TRIED].clone());
        let mut tried: Tried = kept.and_then(|kept| serde_json::from_value(kept).ok()).unwrap_or_default();
        let judges = &self.request.judge_models;
        tried.retain(|model, _| judges.iter().any(|spec| spec.to_string() == *model));
        let models: Vec<_> =
            judges.iter().filter(|spec| !tried.contains_key(&spec.to_string())).cloned().collect();
        if !self.request.probe || models.is_empty() || self.request.calls.offline {
            return Ok(tried);
        }
        let ran = probe(
            &JudgeRequest { models: models.clone(), ..self.judging(self.request.calls.clone()) },
            watch,
        )?;
        if let Some(stopped) = ran.stopped {
            return Err(stopped);
        }
        let found: Tried = models
            .iter()
            .map(ToString::to_string)
            .zip(ran.found.into_iter().map(|found| found.cautions))
            .collect();
        // A user who reads it in time can still stop.
        for caution in &said_of_judges(&found) {
            watch.event(Event::Remark(Remark::AgainstJudge(caution)));
        }
        tried.extend(found);
        Ok(tried)
    }
}
