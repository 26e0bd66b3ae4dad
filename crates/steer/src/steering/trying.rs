//! Judges answer a few plain pairs before a run is paid for. What that says of each is kept with the settings of the run as soon as it is known,
//! so that a run that was killed pays nobody twice, and has it in its result.

use std::collections::BTreeMap;

use predilect_results::asked::Spent;
use predilect_workbench::{
    CallOptions, Event, JudgeRequest, Method, ModelSpec, Remark, Result, Watch, probe_kept,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Steering;

/// Where the settings keep it.
pub(super) const TRIED: &str = "tried";

/// What a try of a judge said.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Trial {
    /// What speaks against it.
    cautions: Vec<String>,
    /// The method that suits it; `None` if nothing could be read.
    method: Option<String>,
}

/// What was said of each judge that was tried, by its model and how it was asked.
pub(super) type Tried = BTreeMap<String, Trial>;

impl Steering {
    /// Under what it is kept: a judge who is asked otherwise may say otherwise.
    fn tried_as(&self, judge: &ModelSpec) -> String {
        let method = self.method().map_or("as it can", Method::as_str);
        format!("{judge} ({method}, seed {})", self.request.seed)
    }

    /// What is known of judges from before.
    pub(super) fn kept_tries(&self) -> Tried {
        let kept = self.lab.settings().map(|kept| kept[TRIED].clone());
        kept.and_then(|kept| serde_json::from_value(kept).ok()).unwrap_or_default()
    }

    /// The judges that a run will try: none where nobody wants that, or nothing can be asked.
    pub(super) fn untried(&self, tried: &Tried) -> Vec<ModelSpec> {
        if !self.request.probe || self.request.calls.offline {
            return Vec::new();
        }
        let new = |judge: &&ModelSpec| !tried.contains_key(&self.tried_as(judge));
        self.request.judge_models.iter().filter(new).cloned().collect()
    }

    /// How a try asks.
    pub(super) fn trial(&self, models: Vec<ModelSpec>, calls: CallOptions) -> JudgeRequest {
        JudgeRequest {
            models,
            method: self.method(),
            seed: self.request.seed,
            calls,
            ..JudgeRequest::default()
        }
    }

    /// Tries the judges that have not been tried in that way; all that is known by then. `settings` are those of the run, which keep it; what it
    /// takes is added to `spent`.
    pub(super) fn try_judges(
        &self,
        settings: &mut Value,
        spent: &mut Spent,
        watch: &dyn Watch,
    ) -> Result<Tried> {
        let mut tried = self.kept_tries();
        for judge in self.untried(&tried) {
            let calls = CallOptions { gone: spent.price.unwrap_or(0.0), ..self.request.calls.clone() };
            let ran = probe_kept(&self.trial(vec![judge.clone()], calls), self.lab.folder(), watch)?;
            for found in &ran.found {
                *spent += Spent {
                    calls: found.ways.iter().map(|way| way.calls).sum(),
                    tokens: found.ways.iter().map(|way| way.tokens).sum(),
                    price: found.price,
                    ..Spent::default()
                };
            }
            if let Some(stopped) = ran.stopped {
                return Err(stopped);
            }
            for found in ran.found {
                // A user who reads it in time can still stop.
                for caution in said(&judge, &found.cautions) {
                    watch.event(Event::Remark(Remark::AgainstJudge(&caution)));
                }
                tried.insert(self.tried_as(&judge), Trial { cautions: found.cautions, method: found.method });
            }
            settings[TRIED] = json!(tried);
            self.lab.note(settings)?;
        }
        Ok(tried)
    }

    /// How a judge is asked: as the user or the protocol says, else as suits it.
    pub(super) fn method_of(&self, judge: &ModelSpec, tried: &Tried) -> Option<Method> {
        let found = || tried.get(&self.tried_as(judge))?.method.clone();
        self.method().or_else(|| {
            let name = found()?;
            Method::ALL.into_iter().find(|(_, own)| *own == name).map(|(method, _)| method)
        })
    }

    /// What speaks against the judges of this run, as remarks.
    pub(super) fn said_of_judges(&self, tried: &Tried) -> Vec<String> {
        let of = |judge: &ModelSpec| {
            tried.get(&self.tried_as(judge)).map_or_else(Vec::new, |trial| said(judge, &trial.cautions))
        };
        self.request.judge_models.iter().flat_map(of).collect()
    }
}

fn said(judge: &ModelSpec, cautions: &[String]) -> Vec<String> {
    cautions.iter().map(|caution| format!("{judge}: {caution}")).collect()
}
