//! Whether a model ranks pairs as their labels do: what preference learning really learnt (arXiv 2405.19534).

use std::path::Path;

use predilect_results::training::{PairCount, RankedPair, RankingJson};
use predilect_stats::log_sigmoid;
use predilect_stats::ratio::Ratio;
use predilect_types::Interner;
use predilect_workbench::{Error, Inputs, ModelSpec, Result, Watch, Workbench};

use crate::examples::Texts;
use crate::pairs::{Labelled, Purpose, judged};
use crate::rankers::{Rankers, Scored};
use crate::ready::nothing;
use crate::request::RankingRequest;

/// The 95th percentile of the standard normal distribution: the bounds of a 90 % interval.
const Z: f64 = 1.644_853_626_951_472_2;
/// A share of 0 or 1 is taken for this far from it, as in the paper.
const CLIP: f64 = 0.001;
/// What is said of a model that is no other than its reference.
const UNMOVED: &str = "model and reference find all responses equally probable, so that there is no reward accuracy: this may not be the trained model";
/// Why a pair is left out whose server failed.
const NOT_ANSWERED: &str = "not answered by the server";

/// `ln p_1 - ln p_2` of the best model: the reference's plus `logit(share) / beta`.
fn ideal(reference: [f64; 2], share: f64, beta: f64) -> f64 {
    let share = share.clamp(CLIP, 1.0 - CLIP);
    reference[0] - reference[1] + (share / (1.0 - share)).ln() / beta
}

/// One pair with all that is known of it.
struct Ranked {
    labelled: Labelled,
    own: Scored,
    reference: Option<Scored>,
}

impl Ranked {
    /// What both responses gained on the reference.
    fn gains(&self) -> [f64; 2] {
        [0, 1].map(|side| self.own.sums[side] - self.reference.map_or(0.0, |reference| reference.sums[side]))
    }

    fn told(&self, beta: f64) -> RankedPair {
        let sums = self.reference.map(|reference| reference.sums);
        RankedPair {
            id: self.labelled.pair.id.clone(),
            share: self.labelled.p,
            chosen: self.own.sums[0],
            rejected: self.own.sums[1],
            chosen_tokens: self.own.tokens[0] as u64,
            rejected_tokens: self.own.tokens[1] as u64,
            reference_chosen: sums.map(|sums| sums[0]),
            reference_rejected: sums.map(|sums| sums[1]),
            flip_threshold: sums.map(|sums| -log_sigmoid(beta * (sums[1] - sums[0]))),
        }
    }
}

/// Ranks pairs by a model.
///
/// # Errors
///
/// When pairs or models cannot be read, when no pair has a chosen side, and when it is stopped.
pub fn ranking(request: &RankingRequest, inputs: &Inputs<'_>, watch: &dyn Watch) -> Result<RankingJson> {
    if !(request.beta > 0.0 && request.beta.is_finite()) {
        return Err(Error::new("beta must be above 0"));
    }
    let bench = Workbench::of(inputs, None, watch)?;
    let chosen = judged(&bench, request.judge.as_deref(), &request.slice, Purpose::Rank, watch)?;
    let (rankers, tokens) = Rankers::open(request, watch)?;
    let mut texts = Texts::new(&tokens, &request.texts, rankers.context());
    let (mut labels, mut examples) = (Vec::new(), Vec::new());
    for labelled in &chosen.pairs {
        if let Some(example) = texts.example(labelled)? {
            labels.push(labelled);
            examples.push((labelled.pair.id.as_str(), example));
        }
    }
    let mut ranked = Vec::new();
    let (said, unanswered) = rankers.say(&examples, inputs, watch)?;
    for (labelled, said) in labels.into_iter().zip(said) {
        match said {
            Some((own, reference)) => ranked.push(Ranked { labelled: labelled.clone(), own, reference }),
            None => *texts.count.left_out.entry(NOT_ANSWERED.to_owned()).or_default() += 1,
        }
    }
    let mut remarks = texts.remarks();
    remarks.extend(unanswered.iter().cloned());
    let mut count = texts.count;
    count.read = chosen.read;
    for (why, number) in &chosen.left_out {
        *count.left_out.entry(why.clone()).or_default() += number;
    }
    if ranked.is_empty() {
        let error = nothing(&count, "ranked", false);
        return Err(match unanswered.first() {
            Some(why) => error.words(format!("see to the server first: {why}")),
            None => error,
        });
    }
    let mut found = summed(request, &ranked, rankers.refer());
    found.count = count;
    found.remarks.splice(0..0, remarks);
    Ok(found)
}

fn share(ranked: &[Ranked], right: impl Fn(&Ranked) -> bool) -> Vec<f64> {
    ranked.iter().map(|pair| if right(pair) { 1.0 } else { 0.0 }).collect()
}

/// A share of pairs with its 90 % interval on other prompts.
fn interval(values: &[f64], prompts: &[usize]) -> Share {
    let mut counts = Ratio::default();
    for (value, prompt) in values.iter().zip(prompts) {
        counts.add(*prompt as u64, *value, 1.0);
    }
    counts.estimate().map_or((f64::NAN, 0.0, 1.0), |found| {
        let (low, high) = found.share(Z);
        (found.value, low, high)
    })
}

/// The share of pairs whose chosen response gained more on the reference, with its interval: equal gains say nothing for either side, so
/// that they count one half. `None` where all are equal.
fn reward_accuracy(ranked: &[Ranked], prompts: &[usize]) -> Option<Share> {
    let of = |pair: &Ranked| {
        let [chosen, rejected] = pair.gains();
        if chosen == rejected { 0.5 } else { f64::from(u8::from(chosen > rejected)) }
    };
    let moved = ranked.iter().any(|pair| pair.gains()[0] != pair.gains()[1]);
    moved.then(|| interval(&ranked.iter().map(of).collect::<Vec<_>>(), prompts))
}

/// A share of pairs and its 90 % interval on other prompts.
type Share = (f64, f64, f64);

/// The accuracy of the ideal model on pairs whose shares are known, by sums or by means of log-probabilities as `of` has it, and by how much
/// it exceeds the model's; `None` without such pairs or a reference.
fn idealised(
    ranked: &[(&Ranked, usize)],
    beta: f64,
    of: impl Fn(Scored) -> [f64; 2],
) -> Option<(Share, Share)> {
    let (mut ideally, mut own) = (Ratio::default(), Ratio::default());
    for (pair, prompt) in ranked {
        let [chosen, rejected] = of(pair.own);
        let is_right = ideal(of(pair.reference?), pair.labelled.p, beta) > 0.0;
        ideally.add(*prompt as u64, f64::from(u8::from(is_right)), 1.0);
        own.add(*prompt as u64, f64::from(u8::from(chosen >= rejected)), 1.0);
    }
    let estimate = ideally.estimate()?;
    let (low, high) = estimate.share(Z);
    Some(((estimate.value, low, high), ideally.share_less(&own, Z)?))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The number of each pair's prompt, and how many prompts there are.
fn numbered(ranked: &[Ranked]) -> (Vec<usize>, usize) {
    let mut texts = Interner::default();
    let prompts = ranked.iter().map(|pair| texts.get(&pair.labelled.pair.prompt_text()) as usize).collect();
    (prompts, texts.list().len())
}

/// What a model is called: by its server, or its path.
fn called(server: Option<&ModelSpec>, path: &Path) -> String {
    server.map_or_else(|| path.display().to_string(), ToString::to_string)
}

/// What the reference is called, where there is one.
fn reference(request: &RankingRequest, referred: bool) -> Option<String> {
    let server = request.reference_server.as_ref();
    let path = request.reference.as_ref().map(|path| path.display().to_string());
    path.or_else(|| server.map(ToString::to_string))
        .or_else(|| referred.then(|| "the model without its adapter".to_owned()))
}

fn summed(request: &RankingRequest, ranked: &[Ranked], referred: bool) -> RankingJson {
    let (prompts, count) = numbered(ranked);
    let of = |right: &dyn Fn(&Ranked) -> bool| interval(&share(ranked, right), &prompts);
    let own = of(&|pair| pair.own.sums[0] >= pair.own.sums[1]);
    let per_token = of(&|pair| pair.own.per_token()[0] >= pair.own.per_token()[1]);
    let reward = if referred { reward_accuracy(ranked, &prompts) } else { None };
    let with_reference = |right: &dyn Fn(&Ranked, Scored) -> bool| {
        referred.then(|| mean(&share(ranked, |pair| pair.reference.is_some_and(|r| right(pair, r)))))
    };
    // One plain verdict is not a share: with it alone, nearly every ideal model is right.
    let known = ranked.iter().zip(prompts.iter().copied()).filter(|(pair, _)| pair.labelled.is_share);
    let shared: Vec<(&Ranked, usize)> = known.collect();
    let beta = request.beta;
    let (ideal, ideal_gap) = idealised(&shared, beta, |scored| scored.sums).unzip();
    let (by_token, token_gap) = idealised(&shared, beta, Scored::per_token).unzip();
    RankingJson {
        model: called(request.server.as_ref(), &request.model),
        reference: reference(request, referred),
        pairs: ranked.len() as u64,
        prompts: count as u64,
        accuracy: own.0,
        low: own.1,
        high: own.2,
        accuracy_per_token: per_token.0,
        per_token_low: per_token.1,
        per_token_high: per_token.2,
        reward_accuracy: reward.map(|r| r.0),
        reward_low: reward.map(|r| r.1),
        reward_high: reward.map(|r| r.2),
        beta,
        idealised: ideal.map(|i| i.0),
        idealised_low: ideal.map(|i| i.1),
        idealised_high: ideal.map(|i| i.2),
        idealised_per_token: by_token.map(|i| i.0),
        idealised_per_token_low: by_token.map(|i| i.1),
        idealised_per_token_high: by_token.map(|i| i.2),
        shared: shared.len() as u64,
        gap: ideal_gap.map(|g| g.0),
        gap_low: ideal_gap.map(|g| g.1),
        gap_high: ideal_gap.map(|g| g.2),
        gap_per_token: token_gap.map(|g| g.0),
        gap_per_token_low: token_gap.map(|g| g.1),
        gap_per_token_high: token_gap.map(|g| g.2),
        reference_accuracy: with_reference(&|_, r| r.sums[0] >= r.sums[1]),
        flipped: with_reference(&|pair, r| r.sums[0] < r.sums[1] && pair.own.sums[0] >= pair.own.sums[1]),
        count: PairCount::default(),
        each: if request.each { ranked.iter().map(|pair| pair.told(beta)).collect() } else { Vec::new() },
        remarks: (referred && reward.is_none()).then(|| UNMOVED.to_owned()).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// METHOD-LEARN 7.6: five pairs at four betas.
    #[test]
    fn the_ideal_model_of_the_worked_example() {
        let pairs = [
            ([-40.0, -50.0], 0.75),
            ([-60.0, -50.0], 0.75),
            ([-60.0, -50.0], 0.5),
            ([-60.0, -50.0], 1.0),
            ([-52.0, -50.0], 0.25),
        ];
        let expected = [
            (0.01, [119.8612, 99.8612, -10.0, 680.6755, -111.8612]),
            (0.1, [20.9861, 0.9861, -10.0, 59.0675, -12.9861]),
            (1.0, [11.0986, -8.9014, -10.0, -3.0932, -3.0986]),
            (5.0, [10.2197, -9.7803, -10.0, -8.6186, -2.2197]),
        ];
        for (beta, values) in expected {
            for ((reference, share), value) in pairs.iter().zip(values) {
                assert!((ideal(*reference, *share, beta) - value).abs() < 1e-4, "{beta} {share}");
            }
        }
    }

    #[test]
    fn the_ideal_model_and_the_gap_have_intervals_over_prompts() {
        let pair = |own: [f64; 2], reference: [f64; 2], share: f64| Ranked {
            labelled: Labelled::of(predilect_types::Pair::default(), share, true),
            own: Scored { sums: own, tokens: [10, 20] },
            reference: Some(Scored { sums: reference, tokens: [10, 20] }),
        };
        // Beta 1: the ideal is right on the first two and wrong on the third (METHOD-LEARN 7.6); the model on the first alone.
        let all = [
            pair([-30.0, -50.0], [-40.0, -50.0], 0.75),
            pair([-60.0, -50.0], [-50.1, -50.0], 0.75),
            pair([-60.0, -50.0], [-60.0, -50.0], 0.75),
        ];
        let on = |within: usize| {
            let copies = (0..30).map(|at| (&all[at / within % 3], at / within));
            idealised(&copies.collect::<Vec<(&Ranked, usize)>>(), 1.0, |scored| scored.sums).unwrap()
        };
        let ((accuracy, low, high), (gap, gap_low, gap_high)) = on(1);
        assert!((accuracy - 2.0 / 3.0).abs() < 1e-12 && (gap - 1.0 / 3.0).abs() < 1e-12);
        assert!(low < accuracy && accuracy < high && gap_low < gap && gap < gap_high);
        // Two pairs of each of 15 prompts, which agree, say less than 30 of as many.
        let ((same, two_low, two_high), (_, two_gap_low, two_gap_high)) = on(2);
        assert!(same == accuracy && two_low < low && two_high > high);
        assert!(two_gap_low < gap_low && two_gap_high > gap_high);
        assert_eq!(idealised(&[], 1.0, |scored| scored.sums), None);
        // By token the longer rejected responses are the likelier ones.
        let known: Vec<(&Ranked, usize)> = all.iter().zip(0..).collect();
        let ((by_token, ..), _) = idealised(&known, 1.0, Scored::per_token).unwrap();
        assert!(by_token < accuracy);
    }

    #[test]
    fn equal_gains_count_one_half() {
        let pair = |own: [f64; 2]| Ranked {
            labelled: Labelled::of(predilect_types::Pair::default(), 1.0, false),
            own: Scored { sums: own, tokens: [1, 1] },
            reference: Some(Scored { sums: [-1.0, -2.0], tokens: [1, 1] }),
        };
        let still = pair([-1.0, -2.0]);
        assert_eq!(reward_accuracy(&[still], &[0]), None);
        let of = |own: &[[f64; 2]]| {
            let ranked: Vec<Ranked> = own.iter().map(|own| pair(*own)).collect();
            let prompts: Vec<usize> = (0..ranked.len()).collect();
            reward_accuracy(&ranked, &prompts).unwrap().0
        };
        assert_eq!(of(&[[-1.0, -2.0], [-0.5, -2.0]]), 0.75);
        assert_eq!(of(&[[-2.0, -3.0], [-1.0, -1.5]]), 0.25);
    }

    #[test]
    fn the_flip_threshold_of_the_worked_example() {
        for (c, threshold) in
            [(-10.0, 1.313262), (0.0, std::f64::consts::LN_2), (10.0, 0.313262), (50.0, 0.006715)]
        {
            assert!((-log_sigmoid(0.1 * c) - threshold).abs() < 1e-6);
        }
    }
}
