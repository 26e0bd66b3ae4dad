//! The engine against numbers of TRL, transformers and PEFT, which `tests/trl/parity.py` makes.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its fixtures has failed")]

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use predilect_learn::model::{Gradients, LoraOptions, Model, Pass, Target, Tree};
use predilect_learn::optimise::{AdamW, clip};
use serde_json::Value;

fn at(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/trl").join(name)
}

fn json(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(at(name)).unwrap()).unwrap()
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| u32::try_from(id.as_u64().unwrap()).unwrap()).collect()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn tensors(name: &str) -> HashMap<String, Vec<f32>> {
    let bytes = fs::read(at(name)).unwrap();
    let read = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let of = |view: safetensors::tensor::TensorView<'_>| {
        view.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
    };
    read.iter().map(|(name, view)| (name.to_owned(), of(view))).collect()
}

#[test]
fn log_probabilities_are_those_of_transformers() {
    for case in json("forward.json").as_array().unwrap() {
        let name = case["model"].as_str().unwrap();
        let folder = at(name);
        let model = match case.get("rope_parameters") {
            None => Model::open(&folder).unwrap(),
            Some(rope) => {
                let made = tempfile::tempdir().unwrap();
                let mut config = json(&format!("{name}/config.json"));
                config["rope_parameters"] = rope.clone();
                fs::write(made.path().join("config.json"), config.to_string()).unwrap();
                fs::copy(folder.join("model.safetensors"), made.path().join("model.safetensors")).unwrap();
                Model::open(made.path()).unwrap()
            }
        };
        let ids = ids(&case["ids"]);
        let found = model.forward(&Tree::new(&[], &[&ids]), Pass::Score).logps;
        let expected = floats(&case["logps"]);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert!((f64::from(*found) - expected).abs() < 5e-6, "{name}: {found} {expected}");
        }
    }
}

struct Pair {
    tree: Tree,
}

fn pairs(model: &str) -> Vec<Pair> {
    let all = json("step.json");
    let pairs = all["pairs"][model].as_array().unwrap();
    pairs
        .iter()
        .map(|pair| {
            let (prompt, chosen, rejected) =
                (ids(&pair["prompt_ids"]), ids(&pair["chosen_ids"]), ids(&pair["rejected_ids"]));
            Pair { tree: Tree::new(&prompt, &[&chosen, &rejected]) }
        })
        .collect()
}

fn sums(tree: &Tree, logps: &[f32]) -> [f64; 2] {
    [0, 1].map(|side| logps[tree.completion(side)].iter().map(|p| f64::from(*p)).sum())
}

/// One step of DPO at beta 0.1: the loss, with its gradients added.
fn dpo(model: &Model, reference: &Model, pairs: &[Pair], gradients: &mut Gradients, pass: Pass) -> f64 {
    let mut loss = 0.0;
    for pair in pairs {
        let kept = sums(&pair.tree, &reference.forward(&pair.tree, Pass::Reference).logps);
        let forward = model.forward(&pair.tree, pass);
        let own = sums(&pair.tree, &forward.logps);
        let h = (own[0] - kept[0]) - (own[1] - kept[1]);
        loss += (-0.1 * h).exp().ln_1p() / pairs.len() as f64;
        let slope = -0.1 / (1.0 + (0.1 * h).exp()) / pairs.len() as f64;
        let mut coefficients = vec![0.0; forward.logps.len()];
        coefficients[pair.tree.completion(0)].fill(slope as f32);
        coefficients[pair.tree.completion(1)].fill(-slope as f32);
        model.backward(&pair.tree, forward, &coefficients, gradients);
    }
    loss
}

fn close(found: f64, expected: f64, within: f64, what: &str) {
    assert!((found - expected).abs() < within, "{what}: {found} instead of {expected}");
}

#[test]
fn five_steps_of_an_adapter_are_those_of_trl() {
    let all = json("step.json");
    for record in all["lora"].as_array().unwrap() {
        let name = record["model"].as_str().unwrap();
        let mut model = Model::open(&at(name)).unwrap();
        model.load_adapter(&at(record["adapter"].as_str().unwrap())).unwrap();
        let pairs = pairs(name);
        let expected = tensors(record["grads"].as_str().unwrap());
        let mut optimiser = AdamW::new(&model.store, 0.0);
        for (step, expected_loss) in floats(&record["losses"]).into_iter().enumerate() {
            let mut gradients = Gradients::zeros(&model.store);
            let pass = if step % 2 == 0 { Pass::Train } else { Pass::TrainFrugally };
            let loss = dpo(&model, &model, &pairs, &mut gradients, pass);
            close(loss, expected_loss, 2e-6, &format!("{name}, loss of step {step}"));
            if step == 0 {
                let mut seen = 0;
                for (id, tensor) in model.store.all().filter(|(_, tensor)| tensor.trained) {
                    let expected = &expected[&format!("base_model.model.{}", tensor.name)];
                    for (found, expected) in gradients.get(id).unwrap().iter().zip(expected) {
                        close(f64::from(*found), f64::from(*expected), 2e-6, &tensor.name);
                    }
                    seen += 1;
                }
                assert_eq!(seen, expected.len());
            }
            let norm = clip(&mut gradients, Some(1.0));
            if step == 0 {
                close(norm, record["grad_norm"].as_f64().unwrap(), 1e-5, "length of the gradient");
            }
            optimiser.step(&mut model.store, &gradients, 1e-3);
        }
        let after =
            tensors(&format!("{}/adapter_model.safetensors", record["adapter_after"].as_str().unwrap()));
        for id in model.adapter() {
            let tensor = model.store.get(id);
            let expected = &after[&format!("base_model.model.{}", tensor.name)];
            for (found, expected) in tensor.value.iter().zip(expected) {
                close(f64::from(*found), f64::from(*expected), 3e-6, &tensor.name);
            }
        }
    }
}

#[test]
fn five_steps_of_all_weights_are_those_of_trl() {
    let record = &json("step.json")["full"];
    let name = record["model"].as_str().unwrap();
    let reference = Model::open(&at(name)).unwrap();
    let mut model = reference.clone();
    model.store.train_all(true);
    let pairs = pairs(name);
    let mut optimiser = AdamW::new(&model.store, 0.0);
    for (step, expected) in floats(&record["losses"]).into_iter().enumerate() {
        let mut gradients = Gradients::zeros(&model.store);
        let loss = dpo(&model, &reference, &pairs, &mut gradients, Pass::Train);
        close(loss, expected, 5e-6, &format!("loss of step {step}"));
        if step == 0 {
            for (name, expected) in record["tensors"].as_object().unwrap() {
                let found = gradients.get(model.store.named(name).unwrap()).unwrap();
                let at = ids(&expected["at"]);
                for (at, value) in at.iter().zip(floats(&expected["values"])) {
                    close(f64::from(found[*at as usize]), value, 2e-6, name);
                }
            }
        }
        clip(&mut gradients, Some(1.0));
        optimiser.step(&mut model.store, &gradients, 1e-3);
    }
}

#[test]
fn an_adapter_on_some_maps_learns_as_it_would_beside_others() {
    let gradients = |targets: &[Target]| {
        let mut model = Model::open(&at("tiny-llama")).unwrap();
        model.adapt(&LoraOptions { targets: targets.to_vec(), ..LoraOptions::default() }, 0).unwrap();
        for id in model.adapter() {
            let tensor = model.store.get_mut(id);
            // As every new adapter: b is zero, so that the other maps' adapters change nothing.
            let a = tensor.name.contains("lora_A");
            tensor
                .value
                .iter_mut()
                .enumerate()
                .for_each(|(at, v)| *v = if a { (at % 7) as f32 } else { 0.0 });
        }
        let mut gradients = Gradients::zeros(&model.store);
        dpo(&model, &model, &pairs("tiny-llama"), &mut gradients, Pass::Train);
        let named = model
            .adapter()
            .into_iter()
            .map(|id| (model.store.get(id).name.clone(), gradients.get(id).unwrap().to_vec()));
        named.collect::<HashMap<String, Vec<f32>>>()
    };
    let (some, all) = (gradients(&[Target::QProj, Target::VProj]), gradients(&Target::ALL));
    assert!(!some.is_empty() && some.values().flatten().any(|g| *g != 0.0));
    for (name, found) in some {
        for (found, expected) in found.iter().zip(&all[&name]) {
            close(f64::from(*found), f64::from(*expected), 1e-6, &name);
        }
    }
}
