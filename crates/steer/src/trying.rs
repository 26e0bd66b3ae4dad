//! Judges answer a few plain pairs before a run is paid for. What that says of each is kept with the settings of the run as soon as it is known,
//! so that a run that was killed pays nobody twice, and has it in its result.

use std::collections::BTreeMap;

use predilect_results::asked::{CallPlan, Spent};
use predilect_workbench::laboratory::Laboratory;
use predilect_workbench::{
    CallOptions, Event, JudgeRequest, Method, ModelSpec, Remark, Result, StudyLock, Watch, probe_kept,
    probe_plans,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where the settings keep it.
const TRIED: &str = "tried";

/// What a try of a judge said.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Trial {
    /// What speaks against it.
    cautions: Vec<String>,
    /// The method that suits it; `None` if nothing could be read.
    method: Option<String>,
}

/// What was said of each judge that was tried, by its model and how it was asked.
pub(crate) type Tried = BTreeMap<String, Trial>;

/// Which judges are tried, and how.
pub(crate) struct Tries<'a> {
    pub(crate) lab: &'a Laboratory,
    pub(crate) judges: &'a [ModelSpec],
    /// How they are asked, where the user or the protocol says it.
    pub(crate) method: Option<Method>,
    pub(crate) seed: u64,
    /// Whether anybody wants that.
    pub(crate) wanted: bool,
    pub(crate) calls: &'a CallOptions,
}

/// A run whose judges have been tried.
pub(crate) struct Begun {
    /// The right to write.
    pub(crate) lock: StudyLock,
    pub(crate) tried: Tried,
    /// What speaks against the judges.
    pub(crate) remarks: Vec<String>,
    /// What trying took.
    pub(crate) spent: Spent,
}

impl Tries<'_> {
    /// Under what it is kept: a judge who is asked otherwise may say otherwise.
    fn name(&self, judge: &ModelSpec) -> String {
        let method = self.method.map_or("as it can", Method::as_str);
        format!("{judge} ({method}, seed {})", self.seed)
    }

    /// What is known of judges from before.
    pub(crate) fn kept(&self) -> Tried {
        let kept = self.lab.settings().map(|kept| kept[TRIED].clone());
        kept.and_then(|kept| serde_json::from_value(kept).ok()).unwrap_or_default()
    }

    /// The judges that a run will try: none where nobody wants that, or nothing can be asked.
    fn untried(&self, tried: &Tried) -> Vec<ModelSpec> {
        if !self.wanted || self.calls.offline {
            return Vec::new();
        }
        self.judges.iter().filter(|judge| !tried.contains_key(&self.name(judge))).cloned().collect()
    }

    fn trial(&self, models: Vec<ModelSpec>, calls: CallOptions) -> JudgeRequest {
        JudgeRequest { models, method: self.method, seed: self.seed, calls, ..JudgeRequest::default() }
    }

    /// What trying would take.
    pub(crate) fn plans(&self, watch: &dyn Watch) -> Result<Vec<CallPlan>> {
        let calls = CallOptions { dry: true, budget: None, ..self.calls.clone() };
        probe_plans(&self.trial(self.untried(&self.kept()), calls), watch)
    }

    /// Takes the right to write as `verb`, keeps the settings, and tries the judges.
    pub(crate) fn begin(&self, verb: &str, settings: &Value, watch: &dyn Watch) -> Result<Begun> {
        let mut settings = settings.clone();
        settings[TRIED] = json!(self.kept());
        let lock = self.lab.hold(verb, &settings)?;
        let mut spent = Spent { price: Some(0.0), ..Spent::default() };
        let tried = self.run(&mut settings, &mut spent, watch)?;
        Ok(Begun { lock, remarks: self.said(&tried), tried, spent })
    }

    /// Tries the judges that have not been tried in that way; all that is known by then. `settings` are those of the run, which keep it; what it
    /// takes is added to `spent`.
    fn run(&self, settings: &mut Value, spent: &mut Spent, watch: &dyn Watch) -> Result<Tried> {
        let mut tried = self.kept();
        for judge in self.untried(&tried) {
            let calls = CallOptions { gone: spent.price.unwrap_or(0.0), ..self.calls.clone() };
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
                tried.insert(self.name(&judge), Trial { cautions: found.cautions, method: found.method });
            }
            settings[TRIED] = json!(tried);
            self.lab.note(settings)?;
        }
        Ok(tried)
    }

    /// How a judge is asked: as the user or the protocol says, else as suits it.
    pub(crate) fn method_of(&self, judge: &ModelSpec, tried: &Tried) -> Option<Method> {
        let found = || tried.get(&self.name(judge))?.method.clone();
        self.method.or_else(|| {
            let name = found()?;
            Method::ALL.into_iter().find(|(_, own)| *own == name).map(|(method, _)| method)
        })
    }

    /// What speaks against the judges, as remarks.
    fn said(&self, tried: &Tried) -> Vec<String> {
        let of = |judge: &ModelSpec| {
            tried.get(&self.name(judge)).map_or_else(Vec::new, |trial| said(judge, &trial.cautions))
        };
        self.judges.iter().flat_map(of).collect()
    }
}

fn said(judge: &ModelSpec, cautions: &[String]) -> Vec<String> {
    cautions.iter().map(|caution| format!("{judge}: {caution}")).collect()
}
