//! Completions that the engine writes: their log-probabilities are those of a forward pass over the whole, in every family.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its fixtures has failed")]

use std::path::PathBuf;

use predilect_learn::model::{Model, Pass, SampleOptions, Tree};
use rayon::prelude::*;

fn at(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/trl").join(name)
}

const FAMILIES: [&str; 4] = ["tiny-llama", "tiny-qwen2", "tiny-qwen3", "tiny-gemma3"];

fn model(name: &str) -> Model {
    let mut model = Model::open(&at(name)).unwrap();
    model.threads = 2;
    if name == "tiny-llama" {
        model.load_adapter(&at("adapter1")).unwrap();
    }
    model
}

#[test]
fn log_probabilities_are_those_of_a_pass_over_the_whole() {
    for name in FAMILIES {
        let model = model(name);
        // Gemma's window has 8 tokens: both its borders are crossed, in the prompt and behind it.
        for prompt in [&[5_u32, 9, 11][..], &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]] {
            let options = SampleOptions { temperature: 1.0, max_tokens: 25, ..SampleOptions::default() };
            for sample in model.sample(prompt, 3, &options).unwrap() {
                assert_eq!((sample.tokens.len(), sample.ended), (25, false));
                let found = model.forward(&Tree::new(prompt, &[&sample.tokens]), Pass::Score).logps;
                for (at, (drawn, whole)) in sample.logps.iter().zip(&found).enumerate() {
                    assert!((drawn - whole).abs() < 1e-5, "{name}, token {at}: {drawn} {whole}");
                }
            }
        }
    }
}

#[test]
fn a_completion_does_not_depend_on_those_beside_it() {
    let model = model("tiny-qwen3");
    let options =
        SampleOptions { temperature: 1.2, top_p: 0.9, max_tokens: 20, stop: vec![7, 8, 9], seed: 4 };
    let many = model.sample(&[5, 9, 11], 5, &options).unwrap();
    assert!(many.iter().any(|sample| sample.ended), "one ends before the others");
    for sample in &many {
        let stops = sample.tokens.iter().filter(|token| options.stop.contains(token)).count();
        assert_eq!(stops, usize::from(sample.ended));
        assert_eq!(sample.tokens.len(), sample.logps.len());
    }
    assert_eq!(model.sample(&[5, 9, 11], 2, &options).unwrap(), many[..2]);
    let other = SampleOptions { seed: 5, ..options };
    assert_ne!(model.sample(&[5, 9, 11], 5, &other).unwrap(), many);
}

#[test]
fn at_temperature_zero_the_likeliest_token_follows() {
    for name in FAMILIES {
        let model = model(name);
        let options = SampleOptions { temperature: 0.0, max_tokens: 6, ..SampleOptions::default() };
        let samples = model.sample(&[5, 9], 2, &options).unwrap();
        assert_eq!(samples[0], samples[1]);
        let mut prompt = vec![5, 9];
        for (token, logp) in samples[0].tokens.iter().zip(&samples[0].logps) {
            let all = (0..model.config.vocab as u32)
                .map(|other| model.forward(&Tree::new(&prompt, &[&[other]]), Pass::Score).logps[0]);
            let most = all.fold(f32::NEG_INFINITY, f32::max);
            assert!((most - logp).abs() < 1e-5, "{name}");
            prompt.push(*token);
        }
    }
}

#[test]
fn frequencies_are_probabilities() {
    let model = model("tiny-llama");
    let options = SampleOptions { temperature: 1.0, max_tokens: 1, ..SampleOptions::default() };
    let drawn = model.sample(&[5, 9, 11], 4000, &options).unwrap();
    for token in 0..model.config.vocab as u32 {
        let p = f64::from(model.forward(&Tree::new(&[5, 9, 11], &[&[token]]), Pass::Score).logps[0]).exp();
        let share = drawn.iter().filter(|sample| sample.tokens == [token]).count() as f64 / 4000.0;
        assert!((share - p).abs() < 4.5 * (p / 4000.0).sqrt() + 1e-3, "{token}: {share} {p}");
    }
}

#[test]
fn odd_wishes_are_refused_and_the_context_is_the_end() {
    let model = model("tiny-gemma3");
    let options = SampleOptions::default();
    let refused = |prompt: &[u32], options: &SampleOptions| model.sample(prompt, 1, options).is_err();
    assert!(refused(&[], &options) && refused(&[64], &options) && refused(&[1; 128], &options));
    for (temperature, top_p, max_tokens) in [(-1.0, 1.0, 1), (f64::NAN, 1.0, 1), (1.0, 0.0, 1), (1.0, 1.0, 0)]
    {
        assert!(refused(&[1], &SampleOptions { temperature, top_p, max_tokens, ..options.clone() }));
    }
    assert!(model.sample(&[1], 0, &options).unwrap().is_empty());
    let cut = model.sample(&[2; 120], 1, &options).unwrap();
    assert_eq!((cut[0].tokens.len(), cut[0].ended), (8, false));
}

/// How fast a small model writes; run by hand, in release, with the file's name in `PREDILECT_GGUF`.
#[test]
#[ignore = "measures; needs a model"]
fn tokens_a_second() {
    let Ok(path) = std::env::var("PREDILECT_GGUF") else { return };
    let mut model = Model::open(&PathBuf::from(path)).unwrap();
    let weights: usize = model.store.all().map(|(_, tensor)| tensor.value.len() * 4).sum();
    model.threads = std::env::var("THREADS").map_or(2, |threads| threads.parse().unwrap());
    for _ in 0..3 {
        let start = std::time::Instant::now();
        let all: f32 = (model.store.all())
            .map(|(_, tensor)| {
                let sum = |part: &[f32]| {
                    let lanes = part.as_chunks::<32>().0.iter().fold([0.0_f32; 32], |mut sums, lane| {
                        sums.iter_mut().zip(lane).for_each(|(sum, value)| *sum += value);
                        sums
                    });
                    lanes.iter().sum::<f32>()
                };
                tensor.value.par_chunks(1 << 18).map(sum).sum::<f32>()
            })
            .sum();
        println!("read at {:.1} GB/s ({all})", weights as f64 / start.elapsed().as_secs_f64() / 1e9);
    }
    for count in [1, 2, 4, 8] {
        let options = SampleOptions { temperature: 0.7, max_tokens: 64, seed: 1, ..SampleOptions::default() };
        let prompt: Vec<u32> = (1000..1200).collect();
        let start = std::time::Instant::now();
        let mut sampling = model.sampling(&prompt, count, &options).unwrap();
        let first = start.elapsed().as_secs_f64();
        let start = std::time::Instant::now();
        let mut steps = 0;
        while sampling.advance().unwrap() {
            steps += 1;
        }
        let took = start.elapsed().as_secs_f64();
        let reading = weights as f64 * f64::from(steps) / took / 1e9;
        println!(
            "{count}: prompt {first:.2} s, {:.1} tokens/s, weights read at {reading:.1} GB/s",
            sampling.tokens() as f64 / took
        );
    }
}
