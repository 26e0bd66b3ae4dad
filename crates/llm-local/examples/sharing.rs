//! What sharing is worth: thirty questions about one pair, each alone and all together, on one thread.
//!
//! `cargo run --release -p predilect-llm-local --features local --example sharing -- MODEL.gguf [THREADS]`
//!
//! The shape is that of rating one pair on thirty properties: some 600 tokens that all questions begin with, and 30 to 50 specific ones.
#![allow(clippy::print_stdout)]

use std::path::Path;
use std::time::Instant;

#[cfg(feature = "local")]
fn main() {
    use predilect_llm::{Model, Request, Want};
    use predilect_llm_local::{LocalModel, LocalOptions};
    use predilect_types::Message;

    let path = std::env::args().nth(1).expect("the path of a GGUF file");
    let threads = std::env::args().nth(2).map_or(1, |n| n.parse().expect("a number of threads"));
    let options = LocalOptions { context: 4096, threads: Some(threads) };
    let model = LocalModel::load(Path::new(&path), &options).expect("a model");
    let pair =
        "The harbour was quiet, and the boats lay in rows beside the stones of the old pier. ".repeat(32);
    let ask = |i: usize| {
        let text = format!(
            "{pair}\n\nA property of texts, number {i}: how well does the second text say where the boats lie? \
             Answer with one digit from 0 to 3, and nothing else."
        );
        let want = Want::Next(["0", "1", "2", "3"].map(str::to_owned).to_vec());
        Request { messages: vec![Message::user(text)], want, max_tokens: 1, temperature: 0.0, seed: None }
    };
    let questions: Vec<Request> = (0..30).map(ask).collect();
    let together: Vec<&Request> = questions.iter().collect();
    // The first use of a model reads it from the disk.
    model.send(&questions[0]).expect("an answer");
    let start = Instant::now();
    let shared = model.send_together(&together);
    let shared_time = start.elapsed().as_secs_f64();
    let usage =
        |i: usize| model.read(&questions[i], shared[i].as_ref().expect("an answer")).expect("read").usage;
    let read: u64 = (0..30).map(|i| usage(i).input - usage(i).cached).sum();
    let start = Instant::now();
    let few = 5;
    for (i, question) in questions.iter().take(few).enumerate() {
        // Something else in between empties the cache.
        let mut other = ask(99);
        other.messages[0].content.insert_str(0, "Hello. ");
        other.messages[0].content.truncate(40);
        model.send(&other).expect("an answer");
        let alone = model.read(question, &model.send(question).expect("an answer")).expect("read");
        let shared = model.read(question, shared[i].as_ref().expect("an answer")).expect("read");
        let most = alone
            .next
            .iter()
            .zip(&shared.next)
            .map(|(a, b)| (a.unwrap_or(f64::MIN).exp() - b.unwrap_or(f64::MIN).exp()).abs())
            .fold(0.0, f64::max);
        println!("question {i}: alone and together differ by {most:.4} in probability");
    }
    let alone_time = start.elapsed().as_secs_f64() / few as f64 * 30.0;
    let length = usage(0).input;
    println!("{length} tokens a question; {read} tokens read for 30 questions together");
    println!(
        "together {shared_time:.2} s; each alone {alone_time:.1} s (30 times the mean of {few}); ratio {:.1}",
        alone_time / shared_time
    );
    println!("reading {:.0} tokens a second", length as f64 * few as f64 / (alone_time / 30.0 * few as f64));
}

#[cfg(not(feature = "local"))]
fn main() {
    let _ = (Path::new(""), Instant::now());
    println!("build it with --features local");
}
