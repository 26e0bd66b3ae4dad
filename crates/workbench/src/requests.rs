//! A request as data: it is kept with each result, and can be run again.

use predilect_analysis::FitOptions;
use predilect_data::{Study, StudyToml};
use predilect_types::parsed;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::annotating::AnnotateRequest;
use crate::compare::CompareOptions;
use crate::dissect::DissectRequest;
use crate::error::{Error, Remedy, Result};
use crate::features::FeaturesRequest;
use crate::judging::JudgeRequest;
use crate::rank::{LcRequest, RankRequest};
use crate::slice::SliceOptions;
use crate::told::{as_toml, told};
use crate::versus::Other;

/// One question with all that decides its figures. As JSON it names its verb, and what is left out is as usual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case")]
pub enum Request {
    /// What each judge rewards.
    Dissect(DissectRequest),
    /// What is rewarded otherwise in a part of the study.
    Versus(VersusRequest),
    /// What published judges reward.
    Published(PublishedRequest),
    /// How judges differ.
    Compare(CompareRequest),
    /// Which model is how strong.
    Rank(RankRequest),
    /// The same by length-controlled win rates.
    RankLc(LcRequest),
    /// Why one verdict came out as it did.
    Explain(ExplainRequest),
    /// What verdicts reward among the columns of a table.
    Fit(FeaturesRequest),
    /// What language models prefer.
    Judge(JudgeRequest),
    /// To which degree responses have properties, by a language model's reading.
    Annotate(AnnotateRequest),
}

/// What of a study is set against what.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VersusRequest {
    /// One part.
    pub slice: SliceOptions,
    /// The other.
    pub versus: Other,
    /// How fits are made.
    pub fit: FitOptions,
}

/// Which published judges are asked about, and where.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PublishedRequest {
    /// The judges.
    pub judges: Vec<String>,
    /// A scenario or case; `None`: the mean over the scenarios.
    pub scenario: Option<String>,
    /// The property that is asked about.
    pub property: Option<String>,
}

/// Whose verdicts are compared, and how.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompareRequest {
    /// What is compared, grouped and counted.
    pub slice: SliceOptions,
    /// How fits are made.
    pub fit: FitOptions,
    /// What is found between judges.
    pub judges: CompareOptions,
    /// The published judges alone, without any data.
    pub alone: bool,
}

/// Which verdict is explained, and by which fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplainRequest {
    /// The pair: its id, or `#N` for the N-th of the study.
    pub pair: String,
    /// The group of the fit; `all`: every pair.
    #[serde(default = "all")]
    pub group: String,
    /// What is compared, grouped and counted.
    #[serde(default)]
    pub slice: SliceOptions,
    /// How the fit is made.
    #[serde(default)]
    pub fit: FitOptions,
}

fn all() -> String {
    predilect_analysis::dissect::ALL.to_owned()
}

/// The verbs of which a study keeps one result, each with its step in `study.toml`.
const KEPT: [&str; 5] = ["dissect", "versus", "compare", "rank", "rank-lc"];

/// The verbs of which it keeps a result by each model, in steps such as `judge gpt-4`.
const OF_MODELS: [&str; 2] = ["judge", "annotate"];

/// The verb of a step.
fn verb_of(step: &str) -> &str {
    step.split_once(' ').map(|(verb, _)| verb).filter(|verb| OF_MODELS.contains(verb)).unwrap_or(step)
}

impl Request {
    /// The verb that it is of.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Dissect(_) => "dissect",
            Self::Versus(_) => "versus",
            Self::Published(_) => "published",
            Self::Compare(_) => "compare",
            Self::Rank(_) => "rank",
            Self::RankLc(_) => "rank-lc",
            Self::Explain(_) => "explain",
            Self::Fit(_) => "fit",
            Self::Judge(_) => "judge",
            Self::Annotate(_) => "annotate",
        }
    }

    /// Its verb and what differs from the usual.
    ///
    /// # Errors
    ///
    /// When a value cannot be represented in JSON.
    pub fn told(&self) -> Result<Value> {
        // An explanation is about a pair and ratings are by a model, which have no default.
        told(self, &self.usual(), &["verb", "pair", "model"])
    }

    /// What differs from the usual.
    pub(crate) fn options(&self) -> Result<Value> {
        let mut options = self.told()?;
        if let Some(options) = options.as_object_mut() {
            options.remove("verb");
        }
        Ok(options)
    }

    /// The same verb, asked in the usual way.
    fn usual(&self) -> Self {
        match self {
            Self::Dissect(_) => Self::Dissect(DissectRequest::default()),
            Self::Versus(_) => Self::Versus(VersusRequest::default()),
            Self::Published(_) => Self::Published(PublishedRequest::default()),
            Self::Compare(_) => Self::Compare(CompareRequest::default()),
            Self::Rank(_) => Self::Rank(RankRequest::default()),
            Self::RankLc(_) => Self::RankLc(LcRequest::default()),
            Self::Explain(_) => Self::Explain(ExplainRequest {
                pair: String::new(),
                group: all(),
                slice: SliceOptions::default(),
                fit: FitOptions::default(),
            }),
            Self::Fit(_) => Self::Fit(FeaturesRequest::default()),
            Self::Judge(_) => Self::Judge(JudgeRequest::default()),
            Self::Annotate(of) => Self::Annotate(AnnotateRequest::of(of.model.clone())),
        }
    }

    /// The request that a result carries.
    ///
    /// # Errors
    ///
    /// When it is not a request, or asks for what no fit accepts.
    pub fn read(value: Value) -> Result<Self> {
        let wrong = |why: String| Error::new(format!("these options cannot be used: {why}"));
        let request: Self = serde_json::from_value(value).map_err(|e| wrong(parsed::json(&e)))?;
        let fit = match &request {
            Self::Dissect(DissectRequest { fit, .. })
            | Self::Versus(VersusRequest { fit, .. })
            | Self::Compare(CompareRequest { fit, .. })
            | Self::Explain(ExplainRequest { fit, .. })
            | Self::Fit(FeaturesRequest { fit, .. }) => Some(fit),
            Self::Published(_) | Self::Rank(_) | Self::RankLc(_) | Self::Judge(_) | Self::Annotate(_) => None,
        };
        let problem = fit.and_then(FitOptions::problem).or_else(|| match &request {
            Self::Compare(of) => of.judges.problem(),
            Self::Rank(of) => of.problem(),
            Self::Judge(of) => of.problem(),
            Self::Annotate(of) => of.problem(),
            _ => None,
        });
        problem.map_or(Ok(request), |problem| Err(wrong(problem)))
    }

    /// Notes in a study what its tables of that verb were made by. A folder for tables alone gets no such note.
    ///
    /// # Errors
    ///
    /// When `study.toml` cannot be written.
    pub fn keep(&self, study: &Study, command: &[String]) -> Result<()> {
        if !study.has_table("pairs") {
            return Ok(());
        }
        let mut step = toml::Table::new();
        step.insert("version".to_owned(), env!("CARGO_PKG_VERSION").into());
        step.insert("command".to_owned(), command.to_vec().into());
        step.insert("options".to_owned(), as_toml(&self.options()?)?);
        step.insert("derived_from".to_owned(), vec!["pairs", "verdicts", "ratings"].into());
        let mut manifest = StudyToml::load_or_new(study)?;
        manifest.steps.insert(self.verb().to_owned(), step);
        Ok(manifest.save(study)?)
    }

    /// The steps of which a study keeps results, in the order in which they are listed: a verb's one result, or `judge NAME` and
    /// `annotate NAME` where the options are kept.
    ///
    /// # Errors
    ///
    /// When `study.toml` cannot be read.
    pub fn kept_in(study: &Study) -> Result<Vec<String>> {
        let manifest = StudyToml::load(study)?;
        let one = KEPT.into_iter().filter(|verb| manifest.steps.contains_key(*verb)).map(str::to_owned);
        let of_models = manifest
            .steps
            .iter()
            .filter(|(step, kept)| verb_of(step) != step.as_str() && kept.contains_key("options"))
            .map(|(step, _)| step.clone());
        Ok(one.chain(of_models).collect())
    }

    /// Whether a step's result is what models answered, so that making it again may cost something.
    #[must_use]
    pub fn asks_models(step: &str) -> bool {
        OF_MODELS.contains(&verb_of(step))
    }

    /// The request that a study's results of a step were made by: a verb, or `judge NAME` and `annotate NAME`, whose name may be left out
    /// where there is one.
    ///
    /// # Errors
    ///
    /// When the study has no such results, there are several, or they were made before requests were kept.
    pub fn of_study(study: &Study, step: &str) -> Result<Self> {
        let manifest = StudyToml::load(study)?;
        let folder = study.folder().display();
        let kept = Self::kept_in(study)?;
        let named: Vec<&String> = if OF_MODELS.contains(&step) {
            manifest.steps.keys().filter(|kept| verb_of(kept) == step && *kept != step).collect()
        } else {
            Vec::new()
        };
        let name = match named[..] {
            [] => step,
            [only] => only,
            [..] => {
                return Err(Error::new(format!("{folder} keeps several results of {step}")).choose(&named));
            }
        };
        let verb = verb_of(name);
        let Some(step) = manifest.steps.get(name) else {
            return Err(match verb {
                "dissect" if kept.iter().all(|kept| Self::asks_models(kept)) => {
                    Error::new(format!("{folder} has not been dissected yet")).remedy(Remedy::DissectFirst)
                }
                _ if !kept.is_empty() => {
                    Error::new(format!("{folder} keeps no result of {name}")).choose(&kept)
                }
                _ => Error::new(format!("{folder} keeps no result of {name}"))
                    .words("a study keeps a result when it is named as the place for it, too"),
            });
        };
        let Some(options) = step.get("options") else {
            if Self::asks_models(name) {
                return Err(Error::new(format!("how {name} was asked is not kept in {folder}"))
                    .words("ask it once more as it was asked then: from then on that is kept"));
            }
            return Err(Error::new(format!(
                "the results in {folder} were made by a version of Predilect that kept its options in words only"
            ))
            .remedy(Remedy::DissectFirst));
        };
        let wrong = |why: &str| {
            Error::new(format!("the options in {} cannot be used: {why}", study.toml_path().display())).words(
                format!(
                    "correct them under [steps.{}.options], or make the results again with the options you want",
                    key(name)
                ),
            )
        };
        let mut options = serde_json::to_value(options).map_err(|e| wrong(&e.to_string()))?;
        if let Some(options) = options.as_object_mut() {
            options.insert("verb".to_owned(), verb.into());
        }
        let mut request = Self::read(options)
            .map_err(|e| wrong(e.message().trim_start_matches("these options cannot be used: ")))?;
        // Whatever the options say, what is made again is that step.
        let own = name.split_once(' ').map(|(_, own)| own.to_owned());
        match &mut request {
            Self::Judge(of) if of.juries.is_empty() => of.name = own,
            Self::Annotate(of) => of.name = own,
            _ => {}
        }
        Ok(request)
    }

    /// The command that a study's results of a step were made by, as words.
    pub fn command_of(study: &Study, step: &str) -> Vec<String> {
        let manifest = StudyToml::load(study).unwrap_or_default();
        let words = manifest.steps.get(step).and_then(|step| step.get("command")?.as_array().cloned());
        let word = |word: toml::Value| word.as_str().map(str::to_owned);
        words.into_iter().flatten().filter_map(word).collect()
    }
}

/// A name as a key of TOML: in quotation marks where it has other letters than keys may have.
fn key(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    // JSON escapes as a basic string of TOML does.
    if name.chars().all(plain) { name.to_owned() } else { Value::from(name).to_string() }
}

#[cfg(test)]
mod tests {
    use predilect_analysis::ranking::{Difficulties, RankMethod};
    use predilect_data::{FeatureColumns, OnBadRow};
    use predilect_stats::similarity::Measure;

    use super::*;
    use crate::asking::CallOptions;
    use crate::judging::{Jury, Orders};

    /// A slice in which much differs from the usual.
    fn slice() -> SliceOptions {
        SliceOptions {
            filter: Some("scenario in (code, math) and words(a) > 2 * words(b)".parse().unwrap()),
            judges: vec!["human".to_owned()],
            hard: true,
            tried: vec!["count(a, \"!\")".parse().unwrap()],
            ..SliceOptions::default()
        }
    }

    fn fit() -> FitOptions {
        FitOptions { terms: "side,models".parse().unwrap(), prior_scale: 0.25, ..FitOptions::default() }
    }

    /// Those that ask models.
    fn of_models() -> [Request; 2] {
        [
            Request::Judge(JudgeRequest {
                models: vec![
                    "http://localhost:8000/v1#m".parse().unwrap(),
                    "openai:gpt-4.1".parse().unwrap(),
                ],
                orders: Orders::Ab,
                juries: vec![Jury::Majority],
                calls: CallOptions { timeout: Some(7), ..CallOptions::default() },
                ..JudgeRequest::default()
            }),
            Request::Annotate(AnnotateRequest {
                properties: vec!["polite".to_owned()],
                single: true,
                ..AnnotateRequest::of("openai:gpt-4.1".parse().unwrap())
            }),
        ]
    }

    fn requests() -> Vec<Request> {
        let (slice, fit) = (slice(), fit());
        let columns = FeatureColumns {
            label: "won".to_owned(),
            judge: Some("who".to_owned()),
            ..FeatureColumns::default()
        };
        vec![
            Request::Dissect(DissectRequest { slice: slice.clone(), fit: fit.clone(), gains: true }),
            Request::Versus(VersusRequest {
                slice: slice.clone(),
                versus: "scenario = code".parse().unwrap(),
                fit: fit.clone(),
            }),
            Request::Compare(CompareRequest {
                slice: slice.clone(),
                fit: fit.clone(),
                judges: CompareOptions {
                    measure: Measure::L1,
                    published: true,
                    reference: vec!["human".to_owned()],
                    margin: 0.05,
                    ..CompareOptions::default()
                },
                alone: false,
            }),
            Request::Rank(RankRequest {
                method: RankMethod::RaoKupper,
                controls: vec!["length".to_owned()],
                anchor: Some("gpt-4=1000".to_owned()),
                bootstrap: Some(50),
                filter: slice.filter.clone(),
                ..RankRequest::default()
            }),
            Request::RankLc(LcRequest {
                baseline: Some("gpt-4".to_owned()),
                difficulty: Difficulties::Minimal,
                ..LcRequest::default()
            }),
            Request::Explain(ExplainRequest {
                pair: "#7".to_owned(),
                group: "code".to_owned(),
                slice,
                fit: fit.clone(),
            }),
            Request::Fit(FeaturesRequest { columns, on_bad_row: OnBadRow::Skip, standardise: true, fit }),
        ]
    }

    #[test]
    fn what_is_kept_is_what_was_asked() {
        let all: Vec<Request> = requests().into_iter().chain(of_models()).collect();
        // Judges without a model cannot be asked.
        let usual: Vec<Request> =
            all.iter().map(Request::usual).filter(|usual| !matches!(usual, Request::Judge(_))).collect();
        for request in all.into_iter().chain(usual) {
            let told = request.told().unwrap();
            assert_eq!(Request::read(told.clone()).unwrap(), request, "{told}");
            // As in study.toml, which has no nulls.
            let table = toml::Table::try_from(&told).unwrap();
            assert_eq!(Request::read(serde_json::to_value(&table).unwrap()).unwrap(), request, "{table}");
        }
    }

    #[test]
    fn what_is_usual_is_not_told() {
        let told = |request: Request| request.told().unwrap();
        assert_eq!(told(Request::Compare(CompareRequest::default())), serde_json::json!({"verb": "compare"}));
        let one = ExplainRequest {
            pair: "#1".to_owned(),
            group: all(),
            slice: SliceOptions::default(),
            fit: FitOptions::default(),
        };
        assert_eq!(told(Request::Explain(one)), serde_json::json!({"verb": "explain", "pair": "#1"}));
    }

    #[test]
    fn what_nobody_asked_is_refused() {
        for wrong in [
            serde_json::json!({}),
            serde_json::json!({"verb": "guess"}),
            serde_json::json!({"verb": "compare", "judgs": {}}),
            serde_json::json!({"verb": "explain"}),
            serde_json::json!({"verb": "dissect", "fit": {"prior_scale": -1.0}}),
            serde_json::json!({"verb": "rank", "method": "best"}),
            serde_json::json!({"verb": "judge", "calls": {"concurrency": 0}}),
            serde_json::json!({"verb": "judge", "calls": {"retry_wait": -1.0}}),
            serde_json::json!({"verb": "annotate"}),
        ] {
            assert!(Request::read(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
