//! To which degree do the responses of a study have each property, by a language model's reading? Asked, counted, and kept in the study.

mod forecast;
mod job;
mod questions;
mod tables;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use predilect_annotate::rate::{RateOptions, is_rateable};
use predilect_data::{PropertySet, Study};
use predilect_llm::ModelSpec;
use predilect_results::asked::{AnnotatorRun, CallPlan, KnownValidity};
use predilect_types::{Property, Rule, shown};
use serde::{Deserialize, Serialize};

use crate::asking::{self, CallOptions, Ran};
use crate::error::{Error, Remedy, Result};
use crate::figures;
use crate::files::write_own;
use crate::filter::Filter;
use crate::judging::{Orders, Within, name_problem, no_probabilities};
use crate::studies::{Claim, Resumed, claim, is_study, note};
use crate::told::{as_toml, told};
use crate::watch::{Event, Remark, Watch};
use job::{Job, Reference};

pub use predilect_annotate::rate::Method as RateMethod;

/// Which model rates, and how. As JSON, what is left out but the model is as in [`AnnotateRequest::of`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnnotateRequest {
    /// The model.
    pub model: ModelSpec,
    /// Only pairs that match this filter.
    #[serde(default)]
    pub filter: Option<Filter>,
    /// The annotator's name in the study; `None`: the model's.
    #[serde(default)]
    pub name: Option<String>,
    /// The ids of the properties; empty: all that can be asked for.
    #[serde(default)]
    pub properties: Vec<String>,
    /// A file that removes, rewords or adds properties.
    #[serde(default)]
    pub property_set: Option<PathBuf>,
    /// How a rating is read; `None`: scored in this process, generated elsewhere.
    #[serde(default)]
    pub method: Option<RateMethod>,
    /// Each response is shown alone.
    #[serde(default)]
    pub single: bool,
    /// The order in which responses are shown.
    #[serde(default = "one_order")]
    pub orders: Orders,
    /// A model that answers each request: errors are counted against its answers.
    #[serde(default)]
    pub reference_model: Option<ModelSpec>,
    /// The field of the data that contains a reference answer.
    #[serde(default)]
    pub reference_field: Option<String>,
    /// Requests without a scenario are sorted into one.
    #[serde(default)]
    pub scenarios: bool,
    /// Seed of drawn orders, also sent to models that take one.
    #[serde(default)]
    pub seed: u64,
    /// How models are called.
    #[serde(default)]
    pub calls: CallOptions,
}

fn one_order() -> Orders {
    Orders::Random
}

impl AnnotateRequest {
    /// That model, asked in the usual way.
    pub fn of(model: ModelSpec) -> Self {
        Self {
            model,
            filter: None,
            name: None,
            properties: Vec::new(),
            property_set: None,
            method: None,
            single: false,
            orders: one_order(),
            reference_model: None,
            reference_field: None,
            scenarios: false,
            seed: 0,
            calls: CallOptions::default(),
        }
    }

    /// What cannot be asked, where a request comes from a file.
    pub(crate) fn problem(&self) -> Option<String> {
        self.name.as_deref().and_then(name_problem).or_else(|| self.calls.problem())
    }

    /// What asks the same again, in a study that keeps the set of properties.
    fn lasting(&self, job: &Job) -> Self {
        Self {
            name: Some(job.annotator.clone()),
            property_set: None,
            calls: self.calls.lasting(),
            ..self.clone()
        }
    }
}

/// An annotator that is ready to be asked about the pairs of a study: everything that can be refused was checked.
pub struct Annotating {
    job: Job,
    resumed: Resumed,
    settings: toml::Table,
    claimed: Claim,
    request: AnnotateRequest,
}

impl Annotating {
    /// Opens the models and the study.
    ///
    /// # Errors
    ///
    /// When a model cannot be asked in that way, the inputs cannot be read, or the name in the study means something else.
    pub fn begin(request: &AnnotateRequest, within: &Within<'_>, watch: &dyn Watch) -> Result<Self> {
        let job = job(request, within, watch)?;
        let resumed = within.resume("annotate", (request.filter.as_ref(), request.calls.dry), watch)?;
        let mut settings = settings(&job);
        let lasting = request.lasting(&job);
        settings.insert(
            "options".to_owned(),
            as_toml(&told(&lasting, &AnnotateRequest::of(lasting.model.clone()), &["model"])?)?,
        );
        let present = tables::annotators(&resumed.study)?.contains(&job.annotator);
        let claimed = claim(&resumed.study, &step(&job), &job.annotator, &settings, present)?;
        Ok(Self { job, resumed, settings, claimed, request: request.clone() })
    }

    /// What asks the same again.
    #[must_use]
    pub fn asked(&self) -> AnnotateRequest {
        self.request.lasting(&self.job)
    }

    /// What asking would take: for ratings, and for reference answers.
    ///
    /// # Errors
    ///
    /// When the study or its log cannot be read, or it was stopped.
    pub fn plans(&self) -> Result<Vec<CallPlan>> {
        forecast::plans(&self.job, &self.resumed.study)
    }

    /// Asks about all pairs and keeps the ratings in the study. Whatever ends it, what was answered is kept.
    ///
    /// # Errors
    ///
    /// When ratings outside of the filter would be lost, or the study cannot be written.
    pub fn run(&self, watch: &dyn Watch) -> Result<Ran<AnnotatorRun>> {
        let Self { job, resumed, claimed, request, .. } = self;
        let study = &resumed.study;
        let log = asking::log(study.folder())?;
        if *claimed == Claim::Outdated {
            self.loses_nothing(request.filter.is_some())?;
        }
        let (mut said, found, problem) = questions::ask_all(job, study, &log, watch)?;
        // An annotator that gave no answer, as with a wrong address, changes nothing, and its name is free. Old ratings that were asked for
        // in another way are replaced by new ones once all of these are there: until then the log has what was answered.
        let replaces = *claimed == Claim::Outdated && problem.is_none() && !found.ratings.is_empty();
        if replaces {
            watch.event(Event::Remark(Remark::RatingsReplaced(&job.annotator)));
        } else if *claimed == Claim::Outdated && !found.ratings.is_empty() {
            watch.event(Event::Remark(Remark::RatingsKept(&job.annotator)));
        }
        if replaces || (*claimed != Claim::Outdated && (!found.ratings.is_empty() || said.spent.any_answer()))
        {
            self.settle()?;
            tables::write(study, &job.annotator, &found.ratings)?;
        }
        tables::write_requests(study, &found.requests)?;
        said.validity = validity(job, study)?;
        Ok(Ran { found: said, stopped: problem.map(Error::resumable) })
    }

    /// Whether what is asked now takes the place of everything that was asked in another way.
    fn loses_nothing(&self, filtered: bool) -> Result<()> {
        let Self { job, resumed, .. } = self;
        let lost = |what: &str, remedy| {
            let message = format!(
                "{} was asked in another way before, and its ratings {what} would be lost",
                job.annotator
            );
            Err(Error::new(message).remedy(remedy))
        };
        if filtered {
            return lost("outside the filter", Remedy::KeepBoth);
        }
        let rated = tables::properties(&resumed.study, &job.annotator)?;
        let asked: HashSet<&str> = job.options.properties.iter().map(|property| property.id).collect();
        let others: Vec<&String> = rated.iter().filter(|id| !asked.contains(id.as_str())).collect();
        if others.is_empty() {
            return Ok(());
        }
        lost(&format!("of {}", shown::list(others)), Remedy::KeepBothOrRateAll)
    }

    /// Removes outdated ratings, then notes how the annotator was asked: in this order, so that a kill in between leaves no old ratings
    /// under new settings. It is done once there are answers: if a run ends before, the study is unchanged.
    fn settle(&self) -> Result<()> {
        let Self { job, resumed, settings, claimed, .. } = self;
        let study = &resumed.study;
        if *claimed == Claim::Outdated {
            tables::rewrite(study, |old| old.annotator != job.annotator, &[])?;
        }
        if !job.set.text().is_empty() {
            write_own(&study.folder().join(PropertySet::NAME), job.set.text().as_bytes())?;
        }
        note(study, &step(job), settings.clone())
    }
}

/// The name of an annotator's step in `study.toml`.
fn step(job: &Job) -> String {
    format!("annotate {}", job.annotator)
}

/// What is known of the validity of the ratings, by property; the study keeps it.
fn validity(job: &Job, study: &Study) -> Result<BTreeMap<String, KnownValidity>> {
    let known = figures::known();
    let how = figures::of_model(job.options.method.as_str(), job.options.single, job.options.orders.as_str());
    figures::note(study, &known, &job.annotator, &how)?;
    let of = |property: &&'static Property| {
        let row = known.of(&job.annotator, &how, property.id).into_iter().next()?;
        Some((property.id.to_owned(), KnownValidity { auc: row.auc, pairs: row.pairs }))
    };
    Ok(job.options.properties.iter().filter_map(of).collect())
}

fn job(request: &AnnotateRequest, within: &Within<'_>, watch: &dyn Watch) -> Result<Job> {
    let calls = &request.calls;
    let model = calls.model(&request.model, watch)?;
    let can = model.capabilities();
    // A model in this process reads a pair once for all its questions; a provider reads it for each.
    let usual = if can.together { RateMethod::Scored } else { RateMethod::Generated };
    let method = request.method.unwrap_or(usual);
    if method == RateMethod::Scored && !can.next {
        return Err(no_probabilities(&request.model));
    }
    let reference = match (&request.reference_model, &request.reference_field) {
        (Some(spec), _) => {
            Reference::Model { run: calls.run(spec, watch)?, model: calls.model(spec, watch)? }
        }
        (None, Some(field)) => Reference::Field(field.clone()),
        (None, None) => Reference::None,
    };
    let set = match &request.property_set {
        Some(path) => PropertySet::read(path)?,
        // A study keeps the set that it was annotated with.
        None => match within.inputs {
            [only] if is_study(only) => PropertySet::of_study(&Study::open(only)?)?,
            _ => PropertySet::default(),
        },
    };
    let properties = properties(&request.properties, &set, &reference)?;
    Ok(Job {
        annotator: request.name.clone().unwrap_or_else(|| calls.named(&request.model)),
        model,
        run: calls.run(&request.model, watch)?,
        reference,
        options: RateOptions {
            properties,
            method,
            single: request.single,
            orders: request.orders,
            seed: request.seed,
        },
        set,
        enforce: calls.enforce,
        scenarios: request.scenarios,
    })
}

fn properties(wanted: &[String], set: &PropertySet, reference: &Reference) -> Result<Vec<&'static Property>> {
    let rateable = || set.core().filter(|p| is_rateable(p));
    let known: Vec<&str> = rateable().map(|p| p.id).collect();
    if let Some(unknown) = wanted.iter().find(|id| !known.contains(&id.as_str())) {
        return Err(Error::new(format!("`{unknown}` is not a property that a model can rate"))
            .instead_of(unknown, &known));
    }
    let counted = |p: &Property| p.rule == Rule::FewerIsBetter;
    let none = matches!(reference, Reference::None);
    if wanted.is_empty() {
        return Ok(rateable().filter(|p| !(none && counted(p))).collect());
    }
    let chosen: Vec<&'static Property> = rateable().filter(|p| wanted.iter().any(|id| id == p.id)).collect();
    if none && let Some(errors) = chosen.iter().find(|p| counted(p)) {
        return Err(Error::new(format!("{} is counted against a reference answer", errors.id))
            .remedy(Remedy::GiveReference));
    }
    Ok(chosen)
}

/// The ids of the properties that a model is asked about if a request names none, and no reference answer is at hand.
pub fn asked_of_models() -> Vec<&'static str> {
    properties(&[], &PropertySet::default(), &Reference::None)
        .map_or_else(|_| Vec::new(), |all| all.into_iter().map(|property| property.id).collect())
}

/// What an annotator is noted by in `study.toml`. Which properties it has rated, the table of ratings says.
fn settings(job: &Job) -> toml::Table {
    let mut step = toml::Table::new();
    step.insert("model".to_owned(), job.model.name().into());
    step.insert("method".to_owned(), job.options.method.as_str().into());
    step.insert("single".to_owned(), job.options.single.into());
    step.insert("orders".to_owned(), job.options.orders.as_str().into());
    step.insert("seed".to_owned(), i64::try_from(job.options.seed).unwrap_or(i64::MAX).into());
    step.insert("enforce".to_owned(), job.enforce.as_str().into());
    if job.options.needs_reference() {
        let from = match &job.reference {
            Reference::None => String::new(),
            Reference::Field(field) => format!("the field {field}"),
            Reference::Model { model, .. } => model.name().to_owned(),
        };
        step.insert("reference".to_owned(), from.into());
    }
    if !job.set.text().is_empty() {
        // Other words ask for other ratings.
        step.insert("property_set".to_owned(), job.set.text().into());
    }
    step.insert("derived_from".to_owned(), vec!["pairs", "calls.sqlite"].into());
    step.insert("writes".to_owned(), vec!["ratings", "pairs"].into());
    step
}
