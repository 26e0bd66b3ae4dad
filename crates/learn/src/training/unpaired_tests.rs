//! Training on single completions: against training on pairs, and against a plain twin.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its fixtures has failed")]

use super::tests::{adapted, examples};
use super::{Degraded, Example, Trainer, TrainingOptions};
use crate::losses::spo::SpoOptions;
use crate::losses::{LossOptions, Objective};
use crate::model::{Model, Pass, Tree};

/// The completions of the pairs by themselves: the chosen one of each is desirable, the rejected one is not.
fn singles() -> Vec<Example> {
    let both = |example: Example| {
        let prompt = example.prompt;
        example.completions.into_iter().enumerate().map(move |(side, completion)| Example {
            prompt: prompt.clone(),
            completions: vec![completion],
            p: if side == 0 { 1.0 } else { 0.0 },
            weight: 1.0,
        })
    };
    examples().into_iter().flat_map(both).collect()
}

fn trainer(losses: &str, options: LossOptions, (examples, batch): (Vec<Example>, usize)) -> Trainer {
    let objective = Objective::new(losses.parse().unwrap(), options).unwrap();
    let pace = TrainingOptions {
        batch,
        steps: Some(6),
        learning_rate: 5e-3,
        warm_up: 0.0,
        shuffle: false,
        ..TrainingOptions::default()
    };
    Trainer::new(adapted(), objective, pace, (examples, Vec::new())).unwrap()
}

fn weights(model: &Model) -> Vec<f32> {
    model.store.trained().into_iter().flat_map(|id| model.store.get(id).value.clone()).collect()
}

fn options() -> LossOptions {
    LossOptions { beta: 0.5, ..LossOptions::default() }
}

#[test]
fn completions_of_pairs_train_as_the_pairs_do() {
    // The loss of a pair is the mean of its two, and a batch of pairs the mean over twice as many completions.
    for losses in ["apo_zero_unpaired", "bco", "bco:0.5,apo_zero_unpaired:0.5"] {
        let mut pairs = trainer(losses, options(), (examples(), 2));
        let mut alone = trainer(losses, options(), (singles(), 4));
        for _ in 0..6 {
            let (of_pairs, of_singles) = (pairs.step().unwrap(), alone.step().unwrap());
            assert!((of_pairs.loss - of_singles.loss).abs() < 1e-6, "{losses}: {of_pairs:?} {of_singles:?}");
            let rewards = |record: &super::StepRecord| record.rewards_chosen.unwrap();
            assert!((rewards(&of_pairs) - rewards(&of_singles)).abs() < 1e-6, "{losses}");
            assert!((of_pairs.margin.unwrap() - of_singles.margin.unwrap()).abs() < 1e-6, "{losses}");
        }
        for (one, other) in weights(&pairs.model).into_iter().zip(weights(&alone.model)) {
            assert!((one - other).abs() < 1e-4, "{losses}: {one} {other}");
        }
    }
}

/// `sum_t (ln pi - ln ref)` of a completion after a prompt.
fn ratio(model: &Model, prompt: &[u32], completion: &[u32]) -> f64 {
    let tree = Tree::new(prompt, &[completion]);
    let sum = |pass| model.forward(&tree, pass).logps.iter().map(|p| f64::from(*p)).sum::<f64>();
    sum(Pass::Score) - sum(Pass::Reference)
}

/// KTO as it is written (arXiv 2402.01306): the loss of a batch, with z0 from each prompt with the completion that follows of another prompt.
fn kto(model: &Model, batch: &[Example], options: &LossOptions) -> f64 {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let mismatched: Vec<f64> = (0..batch.len())
        .filter_map(|at| {
            let others = (1..batch.len()).map(|by| &batch[(at + by) % batch.len()]);
            let other = others.into_iter().find(|other| other.prompt != batch[at].prompt)?;
            Some(ratio(model, &batch[at].prompt, &other.completions[0]))
        })
        .collect();
    let z0 = (mismatched.iter().sum::<f64>() / mismatched.len() as f64).max(0.0);
    let loss = |example: &Example| {
        let a = ratio(model, &example.prompt, &example.completions[0]);
        if example.p >= 0.5 {
            options.desirable_weight * (1.0 - sigmoid(options.beta * (a - z0)))
        } else {
            options.undesirable_weight * (1.0 - sigmoid(options.beta * (z0 - a)))
        }
    };
    batch.iter().map(loss).sum::<f64>() / batch.len() as f64
}

#[test]
fn kto_of_single_completions_is_that_of_its_formula() {
    let options = LossOptions { desirable_weight: 1.33, undesirable_weight: 0.7, ..options() };
    // More undesirable completions than desirable ones, and no pair among them.
    let some: Vec<Example> = singles()
        .into_iter()
        .enumerate()
        .filter(|(at, _)| [0, 3, 5, 7].contains(at))
        .map(|(_, example)| example)
        .collect();
    let mut trainer = trainer("kto", options.clone(), (some.clone(), 4));
    let mut last = f64::INFINITY;
    for _ in 0..5 {
        let expected = kto(&trainer.model, &some, &options);
        let record = trainer.step().unwrap();
        assert!((record.loss - expected).abs() < 1e-5, "{} {expected}", record.loss);
        assert!(record.loss < last + 1e-6, "the loss falls");
        last = record.loss;
        assert!(record.rewards_chosen.is_some() && record.logp_rejected < 0.0);
    }
    assert!(trainer.step().unwrap().accuracy.unwrap() > 0.5);
}

#[test]
fn kto_is_evaluated_by_what_is_held_out() {
    let all = singles();
    let (held_out, some): (Vec<_>, Vec<_>) = all.into_iter().enumerate().partition(|(at, _)| at % 3 == 0);
    let [held_out, some] =
        [held_out, some].map(|part| part.into_iter().map(|(_, one)| one).collect::<Vec<_>>());
    let objective = Objective::new("kto".parse().unwrap(), options()).unwrap();
    let pace = TrainingOptions {
        batch: 2,
        steps: Some(3),
        learning_rate: 5e-3,
        warm_up: 0.0,
        ..TrainingOptions::default()
    };
    let mut trainer = Trainer::new(adapted(), objective, pace, (some, held_out.clone())).unwrap();
    for _ in 0..3 {
        trainer.step().unwrap();
        let expected = kto(&trainer.model, &held_out, &options());
        let found = trainer.evaluate().unwrap().unwrap();
        assert!((found.loss - expected).abs() < 1e-5, "{} {expected}", found.loss);
    }
}

/// The derivative by a weight of the adapter, against central differences of the loss.
#[test]
fn the_gradient_of_single_completions_is_that_of_the_loss() {
    let some = singles();
    let mut trainer = trainer("apo_zero_unpaired", options(), (some.clone(), some.len()));
    let batch: Vec<usize> = (0..some.len()).collect();
    trainer.gradients.clear();
    trainer.gradient(&batch).unwrap();
    let id = trainer.model.store.trained()[1];
    let found = trainer.gradients.get_mut(id).unwrap().to_vec();
    let at = (0..found.len()).max_by(|a, b| found[*a].abs().total_cmp(&found[*b].abs())).unwrap();
    let mut loss = |by: f32| {
        let old = trainer.model.store.get(id).value[at];
        trainer.model.store.get_mut(id).value[at] = old + by;
        let loss = trainer.gradient(&batch).unwrap().loss;
        trainer.model.store.get_mut(id).value[at] = old;
        loss
    };
    let step = 1e-2;
    let expected = (loss(step) - loss(-step)) / (2.0 * f64::from(step));
    assert!(
        (f64::from(found[at]) - expected).abs() < 2e-3 * expected.abs().max(1e-3),
        "{} {expected}",
        found[at]
    );
}

#[test]
fn a_batch_of_one_kind_says_nothing_of_the_other() {
    let desirable: Vec<Example> = singles().into_iter().filter(|example| example.p == 1.0).collect();
    let mut trainer = trainer("kto", options(), (desirable, 2));
    trainer.held_out = singles();
    let record = trainer.step().unwrap();
    assert!(record.rewards_chosen.is_some());
    assert_eq!((record.rewards_rejected, record.margin, record.accuracy), (None, None, None));
    assert!(record.logp_rejected.is_nan());
    let looked = trainer.evaluate().unwrap().unwrap();
    assert!(looked.accuracy.is_some() && looked.margin.is_some() && looked.loss.is_finite());
}

#[test]
fn pairs_and_losses_of_pairs_do_not_go_with_single_completions() {
    let begin = |losses: &str, examples: Vec<Example>| {
        let objective = Objective::new(losses.parse().unwrap(), options()).unwrap();
        Trainer::new(adapted(), objective, TrainingOptions::default(), (examples, Vec::new()))
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    assert!(begin("sigmoid", singles()).unwrap_err().starts_with("sigmoid needs pairs"));
    let mixed = [singles(), examples()].concat();
    assert!(begin("kto", mixed).unwrap_err().contains("cannot be trained on together"));
    let three = Example { completions: vec![vec![1], vec![2], vec![3]], ..examples().remove(0) };
    assert!(begin("kto", vec![three]).is_err());
    let mut alone = trainer("bco", options(), (singles(), 4));
    let degraded: Vec<Vec<Degraded>> = vec![Vec::new(); singles().len()];
    assert!(alone.degrees(&SpoOptions::default(), degraded).unwrap_err().to_string().contains("for pairs"));
}
