//! Pairs that a policy makes itself: rewards are differences of log-probabilities, and what cannot be judged gives no pair.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its fixtures has failed")]

use std::path::PathBuf;

use predilect_learn::model::{Model, Pass, SampleOptions, Tree};
use predilect_learn::spa_training::{ExpansionOptions, Initial, expand};

fn at(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/trl").join(name)
}

fn options(samples: usize, seed: u64) -> ExpansionOptions {
    let sampling = SampleOptions {
        temperature: 1.0,
        max_tokens: 12,
        stop: vec![1, 2, 3],
        seed,
        ..SampleOptions::default()
    };
    ExpansionOptions { samples, beta: 0.5, sampling }
}

#[test]
fn rewards_are_gains_since_the_beginning() {
    let bare = Model::open(&at("tiny-llama")).unwrap();
    let mut policy = bare.clone();
    policy.load_adapter(&at("adapter1")).unwrap();
    let prompt = [5, 9, 11];
    let found = expand(&policy, Initial::Bare, &prompt, &options(6, 1)).unwrap();
    assert_eq!(found, expand(&policy, Initial::Model(&bare), &prompt, &options(6, 1)).unwrap());
    assert_eq!(found.candidates.len() + found.repeated + found.empty, 6);
    let sum = |model: &Model, tokens: &[u32], pass| -> f64 {
        model.forward(&Tree::new(&prompt, &[tokens]), pass).logps.iter().map(|p| f64::from(*p)).sum()
    };
    for candidate in &found.candidates {
        let tokens = &candidate.sample.tokens;
        let gain = sum(&policy, tokens, Pass::Score) - sum(&bare, tokens, Pass::Score);
        assert!((candidate.reward - gain).abs() < 1e-4, "{} {gain}", candidate.reward);
        let drawn: f64 = candidate.sample.logps.iter().map(|p| f64::from(*p)).sum();
        assert!((drawn - sum(&policy, tokens, Pass::Score)).abs() < 1e-4);
    }
    let (best, worst) = found.pair.unwrap();
    let reward = |at: usize| found.candidates[at].reward;
    for at in 0..found.candidates.len() {
        assert!((reward(worst)..=reward(best)).contains(&reward(at)));
    }
    assert!((found.p - 1.0 / (1.0 + (0.5 * (reward(worst) - reward(best))).exp())).abs() < 1e-12);
    let example = found.example(&prompt, found.p).unwrap();
    assert_eq!((example.prompt, example.p), (prompt.to_vec(), found.p));
    assert_eq!(example.completions[0], found.candidates[best].sample.tokens);
}

#[test]
fn a_policy_that_has_not_learned_prefers_nothing() {
    let mut policy = Model::open(&at("tiny-llama")).unwrap();
    policy.adapt(&predilect_learn::model::LoraOptions::default(), 3).unwrap();
    let found = expand(&policy, Initial::Bare, &[5, 9, 11], &options(4, 1)).unwrap();
    assert!(found.candidates.len() > 1 && found.candidates.iter().all(|c| c.reward == 0.0));
    assert_eq!((found.pair, found.p), (None, 0.5));
    // At temperature 0 all are the same.
    let mut greedy = options(4, 1);
    greedy.sampling.temperature = 0.0;
    let found = expand(&policy, Initial::Bare, &[5, 9, 11], &greedy).unwrap();
    assert_eq!((found.repeated + found.empty + found.candidates.len(), found.pair), (4, None));
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let policy = Model::open(&at("tiny-llama")).unwrap();
    let other = Model::open(&at("tiny-qwen2")).unwrap();
    let refused =
        |initial: Initial<'_>, options: &ExpansionOptions| expand(&policy, initial, &[5], options).is_err();
    assert!(refused(Initial::Bare, &options(2, 0)), "without an adapter nothing was learned");
    assert!(refused(Initial::Model(&other), &options(2, 0)), "another vocabulary");
    assert!(refused(Initial::Model(&policy), &options(1, 0)));
    assert!(refused(Initial::Model(&policy), &ExpansionOptions { beta: f64::NAN, ..options(2, 0) }));
}
