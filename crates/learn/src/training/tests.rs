//! Refined labels and the degree loss in a training: against slow twins, finite differences, and themselves after an interruption.

use std::path::{Path, PathBuf};

use super::scores::{right, widened};
use super::*;
use crate::degree_head::DEGREE_HEAD;
use crate::losses::spa::{SpaOptions, decoupled_log_probability};
use crate::losses::spo::{SpoOptions, class_cross_entropy};
use crate::losses::{LossOptions, Mixture, Objective};
use crate::model::{LoraOptions, Model, Pass, Target, Tree};

fn at(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/trl").join(name)
}

fn whole(name: &str) -> Model {
    let mut model = Model::open(&at(name)).unwrap();
    model.store.train_all(true);
    model
}

pub(super) fn adapted() -> Model {
    let mut model = Model::open(&at("tiny-llama")).unwrap();
    model.load_adapter(&at("adapter0")).unwrap();
    model
}

pub(super) fn examples() -> Vec<Example> {
    let example = |prompt: &[u32], chosen: &[u32], rejected: &[u32]| Example {
        prompt: prompt.to_vec(),
        completions: vec![chosen.to_vec(), rejected.to_vec()],
        p: 1.0,
        weight: 1.0,
    };
    vec![
        example(&[3, 4, 5], &[6, 7, 1], &[8, 9, 10, 1]),
        example(&[11, 12], &[13, 14, 15, 16, 1], &[17, 1]),
        example(&[20, 21, 22, 23], &[24, 1], &[25, 26, 1]),
        example(&[30], &[31, 32, 1], &[33, 34, 35, 1]),
    ]
}

fn degraded() -> Vec<Vec<Degraded>> {
    let one = |tokens: &[u32], class| Degraded { tokens: tokens.to_vec(), class };
    vec![
        vec![one(&[6, 7, 1], 0), one(&[6, 1], 1), one(&[1], 3)],
        vec![one(&[13, 14, 15, 16, 1], 0), one(&[13, 15, 1], 2)],
        Vec::new(),
        vec![one(&[31, 1], 1)],
    ]
}

fn trainer(model: Model, losses: &str) -> Trainer {
    let mixture: Mixture = losses.parse().unwrap();
    let objective = Objective::new(mixture, LossOptions { beta: 0.5, ..LossOptions::default() }).unwrap();
    let options = TrainingOptions {
        batch: 2,
        steps: Some(8),
        learning_rate: 5e-3,
        warm_up: 0.0,
        ..TrainingOptions::default()
    };
    let mut trainer = Trainer::new(model, objective, options, (examples(), Vec::new())).unwrap();
    let bare = !trainer.model.adapter().is_empty();
    for number in trainer.to_prepare(bare) {
        trainer.prepare(number);
    }
    trainer
}

fn refinement() -> Refinement {
    let options = SpaOptions { window: 2, warm_up: 0.25, share: 0.5, ..SpaOptions::default() };
    Refinement { options, ..Refinement::of_round(1) }
}

/// ln p of every token of the vocabulary behind each token of a completion but the last.
fn rows(model: &Model, prompt: &[u32], completion: &[u32], pass: Pass) -> Vec<Vec<f32>> {
    let row = |at: usize| {
        let before = [prompt, &completion[..at]].concat();
        let of = |token: u32| model.forward(&Tree::new(&before, &[&[token]]), pass).logps[0];
        (0..model.config.vocab as u32).map(of).collect()
    };
    (0..completion.len()).map(row).collect()
}

#[test]
fn decoupled_log_probabilities_are_those_of_whole_rows_of_logits() {
    let model = adapted();
    let example = &examples()[0];
    let tree = example.tree();
    let (own, other) = (model.forward(&tree, Pass::Train), model.forward(&tree, Pass::Reference));
    for lambda in [0.0, 0.5, 0.125] {
        let found = model.decoupled(&tree, &own, (&model, &other), lambda);
        for side in [0, 1] {
            let completion = &example.completions[side];
            let policy = rows(&model, &example.prompt, completion, Pass::Score);
            let reference = rows(&model, &example.prompt, completion, Pass::Reference);
            for (at, (token, found)) in completion.iter().zip(&found[tree.completion(side)]).enumerate() {
                // What a row's logits have in common does not matter: log-probabilities are logits.
                let expected =
                    decoupled_log_probability(&policy[at], &reference[at], lambda, *token as usize).unwrap();
                assert!((f64::from(*found) - expected).abs() < 1e-5, "{lambda}: {found} {expected}");
            }
        }
    }
}

#[test]
fn the_divergence_is_that_of_whole_rows_and_nothing_before_the_first_step() {
    let mut trainer = trainer(adapted(), "sigmoid");
    assert_eq!(trainer.divergence(), None);
    trainer.keep_reference();
    assert!(trainer.divergence().unwrap() < 1e-7, "{:?}", trainer.divergence());
    let before = trainer.model.clone();
    let mut last = 0.0;
    for _ in 0..4 {
        trainer.step().unwrap();
        let found = trainer.divergence().unwrap();
        assert!(found > last, "{found} after {last}");
        last = found;
    }
    // The slow way: each row of probabilities by single tokens. Of five tokens the four that are evenly spread are looked at.
    let (mut sum, mut count) = (0.0, 0);
    for example in examples() {
        for completion in &example.completions {
            let policy = rows(&trainer.model, &example.prompt, completion, Pass::Score);
            let reference = rows(&before, &example.prompt, completion, Pass::Score);
            let looked_at = (0..completion.len()).filter(|at| completion.len() <= 4 || *at != 4);
            for at in looked_at {
                let of = |(p, q): (&f32, &f32)| f64::from(*p).exp() * f64::from(p - q);
                sum += policy[at].iter().zip(&reference[at]).map(of).sum::<f64>();
                count += 1;
            }
        }
    }
    let expected = sum / f64::from(count);
    assert!((last - expected).abs() < 1e-5 * (1.0 + expected), "{last} {expected}");
}

#[test]
fn a_reference_of_its_own_counts_as_the_model_without_its_adapter_does() {
    let run = |reference: Option<Model>| {
        let mut trainer = trainer(adapted(), "soft");
        trainer.refine(refinement(), reference).unwrap();
        (0..8).map(|_| trainer.step().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(run(None), run(Some(Model::open(&at("tiny-llama")).unwrap())));
}

#[test]
fn a_model_that_has_not_moved_is_right_by_half() {
    let mut model = Model::open(&at("tiny-llama")).unwrap();
    model.adapt(&LoraOptions { rank: 2, alpha: 4.0, targets: Target::ALL.to_vec() }, 1).unwrap();
    let mut trainer = trainer(model, "sigmoid");
    trainer.held_out = examples();
    assert_eq!(trainer.evaluate().unwrap().unwrap().accuracy, Some(0.5));
    assert_eq!(trainer.step().unwrap().accuracy, Some(0.5));
    assert_eq!(
        [right(2.0, 1.0), right(1.0, 1.0), right(1.0, 2.0), right(f64::NAN, 1.0)],
        [1.0, 0.5, 0.0, 0.0]
    );
}

/// `h` of an example, with the policy's logits de-coupled by `lambda`.
fn margin(trainer: &Trainer, number: usize, lambda: f64) -> f64 {
    let tree = trainer.examples[number].tree();
    let own = trainer.model.forward(&tree, Pass::Score);
    let other = trainer.model.forward(&tree, Pass::Reference);
    let policy = trainer.model.decoupled(&tree, &own, (&trainer.model, &other), lambda);
    let sum = |values: &[f32], side| -> f64 { widened(&values[tree.completion(side)]).iter().sum() };
    let gain = |side| sum(&policy, side) - sum(&other.logps, side);
    gain(0) - gain(1)
}

#[test]
fn doubtful_labels_are_smoothed_after_the_warm_up() {
    for losses in ["soft", "soft:1,sft:0.25"] {
        let mut trainer = trainer(adapted(), losses);
        trainer.refine(refinement(), None).unwrap();
        let mut means: Vec<f64> = Vec::new();
        let mut doubtful = 0;
        for step in 0..8 {
            let batch = trainer.batch();
            let threshold = match &means[means.len().saturating_sub(2)..] {
                [a, b] => {
                    // Half of two is entry 1 from 0, and there is no next.
                    a.max(*b)
                }
                _ => 0.0,
            };
            let decoupled: Vec<f64> = batch.iter().map(|n| 0.5 * margin(&trainer, *n, 0.5)).collect();
            let plain: Vec<f64> = batch.iter().map(|n| 0.5 * margin(&trainer, *n, 0.0)).collect();
            let a = if step < 2 { 0.0 } else { 0.1 };
            let mut expected = 0.0;
            for (decoupled, plain) in decoupled.iter().zip(&plain) {
                let z = f64::from(u8::from(*decoupled > threshold));
                let ln = |x: f64| -(-x).exp().ln_1p();
                expected -= 0.5 * ((1.0 - a + a * z) * ln(*plain) + a * (1.0 - z) * ln(-plain));
                doubtful += usize::from(z == 0.0 && a > 0.0);
            }
            let record = trainer.step().unwrap();
            let spa = record.spa.unwrap();
            let mean = f64::midpoint(decoupled[0], decoupled[1]);
            assert!((spa.margin - mean).abs() < 1e-5, "{} {mean}", spa.margin);
            assert_eq!((spa.smoothing, record.degree_loss), (a, None));
            assert!((spa.threshold - threshold).abs() < 1e-5);
            if losses == "soft" {
                assert!((record.loss - expected).abs() < 1e-5, "step {step}: {} {expected}", record.loss);
            }
            means.push(spa.margin);
        }
        assert!((1..12).contains(&doubtful), "{doubtful} of 12 labels were smoothed");
    }
}

/// The cross-entropy of an example's degraded completions, each by a separate pass.
fn cross_entropy(trainer: &Trainer, number: usize) -> f64 {
    let head = trainer.model.store.get(trainer.model.store.named(DEGREE_HEAD).unwrap());
    let hidden = trainer.model.config.hidden;
    let prompt = &trainer.examples[number].prompt;
    let all = &degraded()[number];
    let of = |completion: &Degraded| {
        let tree = Tree::new(prompt, &[]).and_silent([completion.tokens.as_slice()].into_iter());
        let forward = trainer.model.forward(&tree, Pass::Score);
        let count = completion.tokens.len() as f64;
        let logit = |w: &[f32]| -> f64 {
            let rows = forward.silent().chunks(hidden);
            rows.flat_map(|row| row.iter().zip(w)).map(|(x, w)| f64::from(*x) * f64::from(*w)).sum::<f64>()
                / count
        };
        let logits: Vec<f64> = head.value.chunks(hidden).map(logit).collect();
        class_cross_entropy(&logits, completion.class).unwrap().value
    };
    all.iter().map(of).sum::<f64>() / all.len().max(1) as f64
}

#[test]
fn the_degree_loss_is_that_of_each_completion_alone_and_leaves_the_other_as_it_is() {
    for losses in ["soft", "soft:1,sft:0.25"] {
        let mut plain = trainer(adapted(), losses);
        let mut with = trainer(adapted(), losses);
        with.degrees(&SpoOptions::default(), degraded()).unwrap();
        for batch in [[0, 1], [2, 3], [3, 0]] {
            let (alone, both) = (plain.gradient(&batch).unwrap(), with.gradient(&batch).unwrap());
            let expected = batch.iter().map(|n| cross_entropy(&with, *n)).sum::<f64>() / 2.0;
            assert!((both.degree_loss.unwrap() - expected).abs() < 1e-5);
            assert!((both.loss - alone.loss - 0.5 * expected).abs() < 1e-5);
            // Pairs are computed together in one and apart in the other.
            assert!((both.logp_chosen - alone.logp_chosen).abs() < 1e-5);
        }
    }
    let mut weightless = trainer(adapted(), "soft");
    weightless.degrees(&SpoOptions { weight: 0.0, ..SpoOptions::default() }, degraded()).unwrap();
    let mut plain = trainer(adapted(), "soft");
    for _ in 0..3 {
        assert!((weightless.step().unwrap().loss - plain.step().unwrap().loss).abs() < 1e-6);
    }
}

#[test]
fn gradients_with_the_degree_loss_are_differences_of_it() {
    let models = [("tiny-llama", "soft"), ("tiny-gemma3", "soft:1,sft:0.25"), ("tiny-qwen3", "soft")];
    for (name, losses) in models {
        let mut trainer = trainer(whole(name), losses);
        trainer.degrees(&SpoOptions { weight: 3.0, ..SpoOptions::default() }, degraded()).unwrap();
        let batch = [0, 1, 2, 3];
        trainer.gradients.clear();
        trainer.gradient(&batch).unwrap();
        let found = trainer.gradients.clone();
        let ids = trainer.model.store.trained();
        assert!(ids.contains(&trainer.model.store.named(DEGREE_HEAD).unwrap()));
        for id in ids {
            let gradient = found.get(id).unwrap();
            let norm = gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
            let kept = trainer.model.store.get(id).value.clone();
            let mut loss = |by: f64| {
                for ((w, kept), g) in
                    trainer.model.store.get_mut(id).value.iter_mut().zip(&kept).zip(gradient)
                {
                    *w = kept + (by * f64::from(*g) / norm) as f32;
                }
                trainer.gradient(&batch).unwrap().loss
            };
            let slope = (loss(1e-2) - loss(-1e-2)) / 2e-2;
            loss(0.0);
            let label = &trainer.model.store.get(id).name;
            assert!((slope - norm).abs() < 5e-3 * norm + 2e-4, "{name}, {label}: {slope} {norm}");
        }
    }
}

fn kept(trainer: &Trainer, folder: &Path) {
    for (name, bytes) in trainer.checkpoint().unwrap() {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

#[test]
fn an_interrupted_training_goes_on_with_the_same_numbers() {
    for losses in ["soft", "soft:1,sft:0.25"] {
        let new = || {
            let mut trainer = trainer(adapted(), losses);
            trainer.refine(refinement(), None).unwrap();
            trainer.degrees(&SpoOptions::default(), degraded()).unwrap();
            trainer
        };
        let (mut through, mut first, mut second) = (new(), new(), new());
        let folder = tempfile::tempdir().unwrap();
        let all: Vec<StepRecord> = (0..8).map(|_| through.step().unwrap()).collect();
        let mut parts: Vec<StepRecord> = (0..4).map(|_| first.step().unwrap()).collect();
        kept(&first, folder.path());
        second.restore(folder.path()).unwrap();
        assert_eq!(second.spa_state(), first.spa_state());
        parts.extend((0..4).map(|_| second.step().unwrap()));
        assert_eq!(parts, all);
        let text = serde_json::to_string(&all[3]).unwrap();
        assert_eq!(serde_json::from_str::<StepRecord>(&text).unwrap(), all[3]);

        let mut other = trainer(adapted(), losses);
        other.degrees(&SpoOptions::default(), degraded()).unwrap();
        assert!(other.restore(folder.path()).is_err(), "labels are not refined");
        other.refine(Refinement::of_round(2), None).unwrap();
        assert!(other.restore(folder.path()).is_err(), "they are refined otherwise");
        let mut without = trainer(adapted(), losses);
        kept(&without, folder.path());
        assert!(second.restore(folder.path()).is_err());
        without.restore(folder.path()).unwrap();
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut trainer = trainer(adapted(), "soft");
    let refused = |trainer: &mut Trainer, refinement| trainer.refine(refinement, None).is_err();
    let right = refinement();
    assert!(refused(&mut trainer, Refinement { lambda: f64::NAN, ..right }));
    for options in [
        SpaOptions { smoothing: 0.6, ..right.options },
        SpaOptions { window: 0, ..right.options },
        SpaOptions { share: -0.1, ..right.options },
        SpaOptions { warm_up: 1.1, ..right.options },
    ] {
        assert!(refused(&mut trainer, Refinement { options, ..right }));
    }
    let spo = SpoOptions::default();
    assert!(trainer.degrees(&spo, Vec::new()).is_err());
    for (tokens, class) in [(vec![], 0), (vec![160], 0), (vec![1], 4)] {
        let mut completions = degraded();
        completions[2] = vec![Degraded { tokens, class }];
        assert!(trainer.degrees(&spo, completions).is_err());
    }
    assert!(trainer.degrees(&SpoOptions { weight: f64::NAN, ..spo.clone() }, degraded()).is_err());
    trainer.degrees(&spo, degraded()).unwrap();
    assert!(trainer.degrees(&spo, degraded()).is_err(), "twice");
    trainer.step().unwrap();
    assert!(refused(&mut trainer, right), "too late");
    assert!(refused(&mut super::tests::trainer(adapted(), "sigmoid"), right), "no use of labels");
    let mut all = super::tests::trainer(whole("tiny-llama"), "soft");
    assert!(refused(&mut all, right), "no reference");
    all.refine(right, Some(whole("tiny-llama"))).unwrap();
    all.step().unwrap();
}
