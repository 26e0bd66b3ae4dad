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
        let error = nothing(&count, "ranked");
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
fn interval(values: &[f64], prompts: &[usize]) -> (f64, f64, f64) {
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
fn reward_accuracy(ranked: &[Ranked], prompts: &[usize]) -> Option<(f64, f64, f64)> {
    let of = |pair: &Ranked| {
        let [chosen, rejected] = pair.gains();
        if chosen == rejected { 0.5 } else { f64::from(u8::from(chosen > rejected)) }
    };
    let moved = ranked.iter().any(|pair| pair.gains()[0] != pair.gains()[1]);
    moved.then(|| interval(&ranked.iter().map(of).collect::<Vec<_>>(), prompts))
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
    let shared: Vec<&Ranked> = ranked.iter().filter(|pair| pair.labelled.is_share).collect();
    let beta = request.beta;
    let ideally = |of: &dyn Fn(Scored) -> [f64; 2]| {
        let right = |pair: &&Ranked| {
            let reference = pair.reference.map(of);
            reference.is_some_and(|sums| ideal(sums, pair.labelled.p, beta) > 0.0)
        };
        (referred && !shared.is_empty())
            .then(|| mean(&shared.iter().map(|pair| f64::from(u8::from(right(pair)))).collect::<Vec<_>>()))
    };
    let own_of = |of: &dyn Fn(Scored) -> [f64; 2]| {
        let right = |pair: &&Ranked| of(pair.own)[0] >= of(pair.own)[1];
        mean(&shared.iter().map(|pair| f64::from(u8::from(right(pair)))).collect::<Vec<_>>())
    };
    let idealised = ideally(&|scored| scored.sums);
    let idealised_per_token = ideally(&|scored| scored.per_token());
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
        idealised,
        idealised_per_token,
        shared: shared.len() as u64,
        gap: idealised.map(|ideal| ideal - own_of(&|scored| scored.sums)),
        gap_per_token: idealised_per_token.map(|ideal| ideal - own_of(&|scored| scored.per_token())),
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
