//! Win rates against a baseline with length held equal.

use std::collections::HashMap;
use std::sync::OnceLock;

use predilect_results::ranking::{LcBoard, LcRow};
use predilect_stats::ranking::{
    Beside, Difficulty, Faced, LengthControlled, Variant, instruction_difficulty, length_controlled, ranks,
    standardised,
};
use predilect_types::Interner;
use rayon::prelude::*;

use super::method::RankMethod;
use super::scale::Z;

/// The weight of an output of a variant, where one of the model counts 1: AlpacaEval's figure.
const VARIANT_WEIGHT: f64 = 0.1;

/// Up to this many models each has the others fitted separately; beyond, one of them hardly counts.
const MOST_ALONE: usize = 60;

/// One output against the baseline's on one prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Against {
    /// Whose output.
    pub model: String,
    /// Outputs on one prompt have the same number.
    pub prompt: u64,
    /// The preference for it over the baseline's, 0..1; `None` if the judge gave none.
    pub preference: Option<f64>,
    /// Its characters less those of the baseline's output.
    pub longer_by: f64,
    /// How hard the prompt is against AlpacaEval's baseline ([`published_difficulty`]); `None` where that is not known.
    pub difficulty: Option<f64>,
}

/// The baseline that the published difficulties are against.
pub const PUBLISHED_BASELINE: &str = "gpt4_1106_preview";
/// A length effect beyond this separates verdicts: from the shortest to the longest output the odds change by e^80.
const SEPARATED: f64 = 20.0;
/// Hexadecimal digits of the SHA-256 of a prompt by which difficulties are found.
const DIGITS: usize = 16;
/// Mean and sd of the published models' length effects, the prior of another model's.
const PUBLISHED_LENGTH: (f64, f64) = (1.5, 0.4);

/// The difficulty of a prompt of AlpacaEval 2.0 by the SHA-256 of its text, in hexadecimal digits: what a unit of a model's psi adds to the
/// log-odds that its output is preferred over that of `gpt4_1106_preview`. Recovered from published figures by
/// `scripts/lc_difficulty.py`; with the published weights they give the published board within .14 points on average.
pub fn published_difficulty(sha256: &str) -> Option<f64> {
    static TABLE: OnceLock<HashMap<&'static str, f64>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let rows = include_str!("../../data/alpaca_eval_difficulty.csv").lines().skip(1);
        rows.filter_map(|line| {
            let (digest, value) = line.split_once(',')?;
            Some((digest, value.parse().ok()?))
        })
        .collect()
    });
    table.get(sha256.get(..DIGITS)?).copied()
}

/// Where the difficulties of prompts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difficulties {
    /// AlpacaEval's difficulties if the baseline is its baseline and every prompt has one, else no difficulties.
    #[default]
    Published,
    /// Fitted over the other models, with a prior of what length does.
    Fitted,
    /// No difficulties: the minimal form.
    Minimal,
}

/// What the fit of a model takes from other models.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LcOptions {
    /// Where the difficulties of prompts come from.
    pub difficulty: Difficulties,
    /// Models that are the baseline itself under other instructions; they are part of every fit but get no row.
    pub variants: Vec<String>,
    /// Whether nothing is penalised. AlpacaEval's own rate has a penalty, which draws the rates of few outputs to one half.
    pub unpenalised: bool,
}

/// Outputs of one model, in their order.
struct Entrant<'a> {
    model: &'a str,
    prompts: Vec<usize>,
    preferences: Vec<f64>,
    differences: Vec<f64>,
    difficulties: Vec<f64>,
}

/// What is found of one model, without its rank.
fn row(entrant: &Entrant<'_>, fit: &LengthControlled) -> LcRow {
    let (lc, se) = (100.0 * fit.lc_win_rate, 100.0 * fit.lc_standard_error);
    let raw = (100.0 * fit.interval.0, 100.0 * fit.interval.1);
    let own = if se.is_finite() { (lc - Z * se, lc + Z * se) } else { (0.0, 100.0) };
    let shrunk = fit.theta == 0.0 && fit.psi == 0.0;
    let ends = if fit.phi.abs() > SEPARATED {
        // Length predicts every verdict: what is left at equal length is unknown.
        (0.0, 100.0)
    } else if shrunk || (fit.phi == 0.0 && lc == 100.0 * fit.win_rate) {
        // The penalty drew the rate to one half, and its standard error does not know that; or there was nothing to control.
        (own.0.min(raw.0), own.1.max(raw.1))
    } else {
        own
    };
    LcRow {
        model: entrant.model.to_owned(),
        win_rate: 100.0 * fit.win_rate,
        standard_error: 100.0 * fit.standard_error,
        lc_win_rate: lc,
        lc_standard_error: se,
        score: lc,
        low: ends.0,
        high: ends.1,
        rank: 1,
        rank_low: 1,
        rank_high: 1,
        length_effect: fit.phi,
        difficulty_effect: fit.psi,
        votes: entrant.preferences.iter().filter(|y| !y.is_nan()).count() as u64,
    }
}

/// Length-controlled win rates of every model against the baseline; models whose fit is not defined are left out.
#[expect(clippy::too_many_lines, reason = "one fit of each model, by what the others say")]
pub fn length_controlled_board(baseline: &str, outputs: &[Against], options: &LcOptions) -> LcBoard {
    let (entrants, prompts) = entrants(outputs);
    let published = options.difficulty == Difficulties::Published
        && baseline == PUBLISHED_BASELINE
        && options.variants.is_empty()
        && outputs.iter().all(|output| output.difficulty.is_some());
    let joint = (options.difficulty == Difficulties::Fitted)
        .then(|| instruction_difficulty(&faced(&entrants, None), entrants.len(), prompts));
    // A model's verdicts must not decide what is expected of it: for each model, the others are fitted again.
    let of_others = |at: usize| -> Option<Difficulty> {
        let joint = joint.as_ref()?;
        Some(if entrants.len() > MOST_ALONE {
            joint.clone()
        } else {
            instruction_difficulty(&faced(&entrants, Some(at)), entrants.len(), prompts)
        })
    };
    let is_variant = |entrant: &&Entrant<'_>| options.variants.iter().any(|name| name == entrant.model);
    let gamma: &[f64] = joint.as_ref().map_or(&[], |joint| &joint.gamma);
    let variants: Vec<Variant> =
        entrants.iter().filter(is_variant).flat_map(|entrant| variants(entrant, gamma)).collect();
    // Variants say what length does; without any, the other models do.
    let length = joint.as_ref().filter(|_| variants.is_empty()).map(|joint| joint.length);
    let rivals: Vec<(usize, &Entrant<'_>)> =
        entrants.iter().enumerate().filter(|(_, entrant)| !is_variant(entrant)).collect();
    let mut ranking: Vec<LcRow> = rivals
        .par_iter()
        .filter_map(|(at, entrant)| {
            let others = of_others(*at);
            let difficulty: Vec<f64> = if published {
                entrant.difficulties.clone()
            } else {
                others
                    .iter()
                    .flat_map(|others| entrant.prompts.iter().map(|&prompt| others.gamma[prompt]))
                    .collect()
            };
            // Another model is drawn from where the mean of the others is known, with that mean's own error.
            let drawn = |others: &Difficulty| {
                let (mean, sd) = others.length;
                (mean, sd * (1.0 + 1.0 / (entrants.len() - 1).max(1) as f64).sqrt())
            };
            let length = if published {
                Some(PUBLISHED_LENGTH)
            } else {
                others.as_ref().filter(|_| variants.is_empty()).map(drawn)
            };
            let prompts: Vec<u64> = entrant.prompts.iter().map(|&prompt| prompt as u64).collect();
            let beside = Beside {
                difficulty: &difficulty,
                variants: &variants,
                prompts: &prompts,
                length,
                unpenalised: options.unpenalised,
            };
            let fit = length_controlled(&entrant.preferences, &entrant.differences, beside)?;
            Some(row(entrant, &fit))
        })
        .collect();
    place(&mut ranking);
    LcBoard {
        judges: Vec::new(),
        method: RankMethod::LengthControlled.name().to_owned(),
        baseline: baseline.to_owned(),
        difficulties: match (published, &joint) {
            (true, _) => "published",
            (false, Some(_)) => "fitted",
            (false, None) => "none",
        }
        .to_owned(),
        difficulty_sd: joint.as_ref().map(|joint| joint.sd),
        length_prior: if published { Some(PUBLISHED_LENGTH) } else { length },
        ranking,
    }
}

fn entrants(outputs: &[Against]) -> (Vec<Entrant<'_>>, usize) {
    let mut prompts: HashMap<u64, usize> = HashMap::new();
    let mut models = Interner::default();
    let mut entrants: Vec<Entrant<'_>> = Vec::new();
    for output in outputs {
        let next = prompts.len();
        let prompt = *prompts.entry(output.prompt).or_insert(next);
        let place = models.get(&output.model) as usize;
        if place == entrants.len() {
            let (prompts, preferences, differences, difficulties) = Default::default();
            entrants.push(Entrant { model: &output.model, prompts, preferences, differences, difficulties });
        }
        let entrant = &mut entrants[place];
        entrant.prompts.push(prompt);
        entrant.preferences.push(output.preference.unwrap_or(f64::NAN));
        entrant.differences.push(output.longer_by);
        entrant.difficulties.push(output.difficulty.unwrap_or(0.0));
    }
    entrants.sort_by(|a, b| a.model.cmp(b.model));
    (entrants, prompts.len())
}

/// The outputs of all models but one.
fn faced(entrants: &[Entrant<'_>], without: Option<usize>) -> Vec<Faced> {
    let mut all = Vec::new();
    for (model, entrant) in entrants.iter().enumerate().filter(|(model, _)| Some(*model) != without) {
        let Some(longer) = standardised(&entrant.differences) else { continue };
        for (at, &preference) in entrant.preferences.iter().enumerate().filter(|(_, y)| !y.is_nan()) {
            all.push(Faced { model, prompt: entrant.prompts[at], preference, longer: longer[at] });
        }
    }
    all
}

fn variants(entrant: &Entrant<'_>, difficulty: &[f64]) -> Vec<Variant> {
    let longer = standardised(&entrant.differences).unwrap_or_default();
    let rows = entrant.preferences.iter().zip(&entrant.prompts).zip(longer);
    rows.filter(|((y, _), _)| !y.is_nan())
        .map(|((&preference, &prompt), longer)| Variant {
            preference,
            longer,
            difficulty: difficulty.get(prompt).copied().unwrap_or(0.0),
            weight: VARIANT_WEIGHT,
        })
        .collect()
}

/// Places by intervals, models taken as independent, and order.
fn place(ranking: &mut [LcRow]) {
    for row in ranking.iter_mut() {
        (row.low, row.high) = (row.low.max(0.0), row.high.min(100.0));
    }
    let scores: Vec<f64> = ranking.iter().map(|row| row.score).collect();
    let ends: Vec<(f64, f64)> = ranking.iter().map(|row| (row.low, row.high)).collect();
    let n = ranking.len();
    // Surely better: the difference exceeds both reaches toward each other, squared and added.
    let better = |i: usize, j: usize| {
        let reach = (scores[i] - ends[i].0).hypot(ends[j].1 - scores[j]);
        i != j && scores[i] - scores[j] > reach
    };
    for (i, (row, rank)) in ranking.iter_mut().zip(ranks(&scores)).enumerate() {
        row.rank = rank;
        row.rank_low = 1 + (0..n).filter(|&j| better(j, i)).count();
        row.rank_high = n - (0..n).filter(|&j| better(i, j)).count();
    }
    ranking.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.model.cmp(&b.model)));
}
