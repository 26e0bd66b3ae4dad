//! A leaderboard: by strength, by wins, or by length-controlled win rates.

use std::collections::BTreeMap;

use predilect_analysis::Encoding;
use predilect_analysis::limits::TooMany;
use predilect_analysis::ranking::{
    Battles, Difficulties, LcOptions, RankMethod, RankOptions, leaderboard, length_controlled_board,
};
use predilect_data::Judges;
use predilect_results::ranking::{LcBoard, Leaderboard};
use predilect_types::shown::list;
use serde::{Deserialize, Serialize};

use super::against::{AgainstBaseline, against_baseline};
use super::battles::{BattleOptions, FEW_VERDICTS, Gathered, LeftOut, controlled, plain};
use super::held::HELD_AS;
use super::refused::refused;
use crate::error::{Error, Remedy, Result};
use crate::filter::Filter;
use crate::inputs::Inputs;
use crate::slice::SliceOptions;
use crate::watch::{Event, Remark, Watch};

/// Models that the difficulty of prompts takes.
const FEW: usize = 5;
/// Resamples of a bootstrap if the method has no other interval.
const RESAMPLES: usize = 200;

/// Which models are ranked, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RankRequest {
    /// How scores are made.
    pub method: RankMethod,
    /// Properties that are held equal, by id.
    pub controls: Vec<String>,
    /// How controls become features.
    pub encoding: Encoding,
    /// A model whose score is fixed: its name, or its name, `=` and points.
    pub anchor: Option<String>,
    /// Precision of a normal prior on the scores in log-odds.
    pub prior: f64,
    /// Models with fewer verdicts are left out.
    pub min_verdicts: u64,
    /// Resamples of a bootstrap over prompts; `None`: intervals by the sandwich, where the method has one.
    pub bootstrap: Option<u32>,
    /// Verdicts on one prompt are independent of each other.
    pub independent: bool,
    /// Only pairs and verdicts that fulfil this.
    pub filter: Option<Filter>,
    /// Only the verdicts of these judges.
    pub judges: Vec<String>,
    /// Whether annotators are separate judges.
    pub people: Judges,
    /// Seed of the bootstrap.
    pub seed: u64,
}

impl Default for RankRequest {
    fn default() -> Self {
        Self {
            method: RankMethod::default(),
            controls: Vec::new(),
            encoding: HELD_AS,
            anchor: None,
            prior: 0.0,
            min_verdicts: 0,
            bootstrap: None,
            independent: false,
            filter: None,
            judges: Vec::new(),
            people: Judges::Auto,
            seed: 0,
        }
    }
}

impl RankRequest {
    /// What is wrong with a request from a file or another program; `None` if it is valid.
    pub(crate) fn problem(&self) -> Option<String> {
        let controls = &self.controls;
        if !(0.0..=1e6).contains(&self.prior) {
            return Some(format!("prior is {}, but must be from 0 to 1,000,000", self.prior));
        }
        if let Some(bootstrap) = self.bootstrap.filter(|count| !(10..=100_000).contains(count)) {
            return Some(format!("bootstrap is {bootstrap}, but must be from 10 to 100,000"));
        }
        let twice = controls.iter().enumerate().find(|(at, id)| controls[..*at].contains(id));
        twice.map(|(_, id)| format!("controls name {id} twice"))
    }
}

/// A leaderboard, and remarks on it.
#[derive(Debug, Clone)]
pub struct Ranked {
    /// The leaderboard.
    pub board: Leaderboard,
    /// With each control alone, where there are several.
    pub alone: Vec<Leaderboard>,
    /// What is left out, by reason.
    pub left_out: BTreeMap<String, u64>,
}

/// Which outputs are set against which baseline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LcRequest {
    /// The baseline; `None`: the model in every pair.
    pub baseline: Option<String>,
    /// Only the verdicts of these judges.
    pub judges: Vec<String>,
    /// Where the difficulties of prompts come from.
    pub difficulty: Difficulties,
    /// Models that are the baseline itself under other instructions.
    pub variants: Vec<String>,
}

/// Length-controlled win rates, and what is left out.
#[derive(Debug, Clone)]
pub struct RankedLc {
    /// The leaderboard.
    pub board: LcBoard,
    /// What is left out, by reason.
    pub left_out: BTreeMap<String, u64>,
}

/// Whether a method gives every model a strength, so that properties can be held equal.
pub fn by_strength(method: RankMethod) -> bool {
    matches!(method, RankMethod::BradleyTerry | RankMethod::RaoKupper | RankMethod::Davidson)
}

/// Ranks models by their verdicts.
///
/// # Errors
///
/// When the inputs cannot be read, fewer than two models have verdicts, or there are no finite scores.
pub fn rank(inputs: &Inputs<'_>, request: &RankRequest, watch: &dyn Watch) -> Result<Ranked> {
    let gathered = gathered(inputs, request, watch)?;
    let gathered = gathered.with_verdicts(request.min_verdicts);
    remarks(request, &gathered.battles, &gathered.left_out, watch);
    enough(request, &gathered)?;
    let Gathered { mut battles, judges, left_out, .. } = gathered;
    let constant = battles.leave_out_constant();
    if !constant.is_empty() {
        watch.event(Event::Remark(Remark::NeverDiffers(&list(&constant))));
    }
    let options = RankOptions {
        method: request.method,
        anchor: anchor(request, &battles.models)?,
        prior: request.prior,
        resamples: request
            .bootstrap
            .map_or(if request.method == RankMethod::Elo { RESAMPLES } else { 0 }, |n| n as usize),
        seed: request.seed,
    };
    let found = leaderboard(&battles, &options)
        .map_err(|error| refused(&error, &battles.models, battles.controls.len(), request.method))?;
    let board = Leaderboard { judges, ..found };
    if let Some(kind) = board.weights.as_deref() {
        watch.event(Event::Remark(Remark::Weighted { counts: kind == "counts" }));
    }
    // With several controls, what each does alone is shown next to what they do together.
    let controls = if battles.controls.len() > 1 { battles.controls.len() } else { 0 };
    let alone: Vec<Leaderboard> = (0..controls)
        .map(|control| leaderboard(&battles.with_control(control), &options))
        .collect::<Result<_, _>>()
        .map_err(|error| refused(&error, &battles.models, 1, request.method))?;
    Ok(Ranked { board, alone, left_out: reasons(&left_out) })
}

/// Whether there is anything to rank.
fn enough(request: &RankRequest, gathered: &Gathered) -> Result<()> {
    let Gathered { battles, judges, others, left_out, largest_least } = gathered;
    if battles.models.len() >= 2 {
        return if by_strength(request.method) { Ok(TooMany::models(battles.models.len())?) } else { Ok(()) };
    }
    if left_out.contains_key(FEW_VERDICTS) {
        let least = request.min_verdicts;
        return Err(Error::new(format!("fewer than two models have {least} verdicts on each other"))
            .remedy(Remedy::FewerVerdicts(*largest_least)));
    }
    if let Some(first) = request.judges.first().filter(|_| judges.is_empty()) {
        let none = Error::new(format!("there are no verdicts by {}", request.judges.join(" or ")));
        return Err(if others.is_empty() {
            none.remedy(Remedy::AnyJudge)
        } else {
            none.no_such_judge(first, others)
        });
    }
    Err(Error::new("the files name fewer than two models with verdicts between them")
        .remedy(Remedy::NameModels))
}

/// The verdicts between models, with ratings of what is to be held equal.
fn gathered(inputs: &Inputs<'_>, request: &RankRequest, watch: &dyn Watch) -> Result<Gathered> {
    let options = BattleOptions { judges: request.judges.clone(), independent: request.independent };
    if request.controls.is_empty() && request.filter.is_none() {
        return plain(inputs, &options, watch);
    }
    // Rated properties must be named: length costs nothing.
    let properties =
        if request.controls.is_empty() { vec!["length".to_owned()] } else { request.controls.clone() };
    let slice = SliceOptions {
        filter: request.filter.clone(),
        grammar: request.controls.iter().any(|id| id == "grammatical"),
        properties,
        encoding: request.encoding,
        people: request.people,
        judges: request.judges.clone(),
        ..SliceOptions::default()
    };
    controlled(inputs, &options, &slice, &request.controls, watch)
}

fn remarks(request: &RankRequest, battles: &Battles, left_out: &LeftOut, watch: &dyn Watch) {
    let bends = matches!(request.method, RankMethod::RaoKupper | RankMethod::Davidson);
    let soft = battles.votes.iter().filter(|vote| ![0.0, 0.5, 1.0].contains(&vote.y)).count() as u64;
    if bends && soft > 0 {
        watch.event(Event::Remark(Remark::SoftAsHard { method: request.method.name(), soft }));
    }
    say(left_out, watch);
}

fn say(left_out: &LeftOut, watch: &dyn Watch) {
    for (reason, count) in left_out {
        watch.event(Event::Remark(Remark::NotRanked { count: *count, reason }));
    }
}

fn anchor(request: &RankRequest, models: &[String]) -> Result<Option<(String, f64)>> {
    let Some(text) = &request.anchor else { return Ok(None) };
    let usual = if request.method == RankMethod::WinRate { 50.0 } else { 1000.0 };
    // A model's name may contain the sign itself.
    let (name, points) = match text.rsplit_once('=') {
        _ if models.contains(text) => (text.as_str(), usual),
        Some((name, points)) if models.iter().any(|model| model == name) => {
            let number = points.parse::<f64>().ok().filter(|points| points.is_finite());
            (
                name,
                number.ok_or_else(|| {
                    Error::new(format!("the anchor gives {name} `{points}` points, which is not a number"))
                        .remedy(Remedy::AnchorPoints(name.to_owned()))
                })?,
            )
        }
        Some((name, points)) if points.parse::<f64>().is_ok() => (name, usual),
        _ => (text.as_str(), usual),
    };
    if !models.iter().any(|model| model == name) {
        return Err(
            Error::new(format!("there is no model `{name}`")).words(format!("models are {}", list(models)))
        );
    }
    if request.method == RankMethod::WinRate {
        return Err(Error::new("a win rate has no anchor").remedy(Remedy::NoAnchor));
    }
    Ok(Some((name.to_owned(), points)))
}

/// Ranks models by their length-controlled win rates against a baseline.
///
/// # Errors
///
/// When the inputs cannot be read, no baseline can be determined, or length cannot be distinguished from the model.
pub fn rank_lc(inputs: &Inputs<'_>, request: &LcRequest, watch: &dyn Watch) -> Result<RankedLc> {
    let AgainstBaseline { baseline, outputs, judges, left_out } =
        against_baseline(inputs, &request.judges, request.baseline.as_deref(), watch)?;
    // A mean over two judge prompts is not a meaningful win rate: it is computed only if both are asked for.
    if judges.len() > 1 && request.judges.is_empty() {
        return Err(Error::new(format!("the verdicts are by {} judges: {}", judges.len(), list(judges)))
            .remedy(Remedy::ChooseJudge));
    }
    let beside = |name: &String| outputs.iter().all(|output| output.model != *name);
    if let Some(name) = request.variants.iter().find(|name| beside(name)) {
        return Err(
            Error::new(format!("there is no model `{name}` besides {baseline}")).remedy(Remedy::OtherVariant)
        );
    }
    let mut models: Vec<&str> = outputs.iter().map(|output| output.model.as_str()).collect();
    models.sort_unstable();
    models.dedup();
    if request.difficulty == Difficulties::Fitted && models.len() < FEW {
        return Err(Error::new(format!("{} models are too few to show how hard prompts are", models.len()))
            .remedy(Remedy::WithoutDifficulty(FEW)));
    }
    let options = LcOptions {
        difficulty: request.difficulty,
        variants: request.variants.clone(),
        ..LcOptions::default()
    };
    let board = LcBoard { judges, ..length_controlled_board(&baseline, &outputs, &options) };
    if board.ranking.is_empty() {
        let apart = outputs.first().map_or(0.0, |output| output.longer_by);
        if apart != 0.0 && outputs.iter().all(|output| output.longer_by == apart) {
            let more = if apart > 0.0 { "longer" } else { "shorter" };
            return Err(Error::new(format!(
                "every output is {} characters {more} than that of {baseline}: the effect of length cannot be told from that of the model",
                apart.abs()
            ))
            .remedy(Remedy::PlainRates));
        }
        return Err(Error::new(format!("no model besides {baseline} has preferences and texts"))
            .words("lc reads the texts of both outputs, as AlpacaEval's annotations.json contains them"));
    }
    models.retain(|model| !request.variants.iter().any(|name| name == model));
    models.retain(|model| board.ranking.iter().all(|row| row.model != *model));
    if !models.is_empty() {
        watch.event(Event::Remark(Remark::NoDifference(&list(&models))));
    }
    say(&left_out, watch);
    Ok(RankedLc { board, left_out: reasons(&left_out) })
}

/// Reasons as text.
fn reasons(left_out: &LeftOut) -> BTreeMap<String, u64> {
    left_out.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect()
}
