//! How long does a new filter take, from the question to one posterior of 29 properties with intervals over prompts, and what does a study
//! take in memory?
//!
//! Generated studies of pairs with ratings on all 29 properties, by two judges, queried warm: the study is in memory, the filter is new.
//! `RAYON_NUM_THREADS=1 cargo bench -p predilect-workbench --bench slices [-- PAIRS]`

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::alloc::{GlobalAlloc, Layout};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use mimalloc::MiMalloc;
use predilect_analysis::FitOptions;
use predilect_data::{Onto, ReadOptions, Study};
use predilect_types::{Property, Rating, core_properties};
use predilect_workbench::{SliceOptions, Unwatched, Workbench, import};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The program's allocator, with the sum of what is allocated.
struct Counted;

static HELD: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counted = Counted;

#[allow(unsafe_code, reason = "an allocator that hands everything on to another")]
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { MiMalloc.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { MiMalloc.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        HELD.fetch_add(size, Ordering::Relaxed);
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { MiMalloc.realloc(place, layout, size) }
    }
}

const SCENARIOS: [&str; 5] = ["code", "math", "letters", "chat", "summaries"];

/// Filters that take all pairs, most of them, half, and a few.
const FILTERS: [&str; 6] = [
    "words(a) > 0",
    "scenario in (code, math, chat)",
    "words(a) > 1.2 * words(b)",
    "judge(gpt-4) > .5",
    "meta.level >= 3 and not scenario = code",
    "rating(polite) != 0 and words(a) + words(b) < 30",
];

fn main() {
    let wanted: Option<usize> = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let sizes = wanted.map_or_else(|| vec![10_000, 100_000, 1_000_000], |pairs| vec![pairs]);
    for pairs in sizes {
        let folder = tempfile::tempdir().expect("a folder");
        let study = folder.path().join("study");
        make(folder.path(), &study, pairs);
        ask(&study, pairs);
    }
}

fn properties() -> Vec<&'static Property> {
    core_properties().collect()
}

fn ask(study: &Path, pairs: usize) {
    // The first look rates texts and keeps what it found.
    let question = SliceOptions {
        grammar: false,
        judges: vec!["human".to_owned()],
        properties: properties().iter().map(|property| property.id.to_owned()).collect(),
        ..SliceOptions::default()
    };
    let fit = FitOptions::default();
    Workbench::open(study).and_then(|bench| bench.ask(&question, &fit, &Unwatched)).expect("facts");
    let before = HELD.load(Ordering::Relaxed);
    let start = Instant::now();
    let bench = Workbench::open(study).expect("the study");
    let whole = bench.ask(&question, &fit, &Unwatched).expect("an answer");
    println!("{pairs} pairs: opened and asked for the first time in {:.2} s", start.elapsed().as_secs_f64());
    assert_eq!(whole.fits[0].weights.len(), 29);
    for filter in FILTERS {
        let question = SliceOptions { filter: Some(filter.parse().expect("a filter")), ..question.clone() };
        let mut times = Vec::new();
        let mut rows = 0;
        for _ in 0..9 {
            let start = Instant::now();
            let answer = bench.ask(&question, &fit, &Unwatched).expect("an answer");
            times.push(start.elapsed().as_secs_f64() * 1e3);
            rows = answer.verdicts;
        }
        times.sort_by(f64::total_cmp);
        println!("  {filter}: {rows} verdicts, asked again {:.1} ms, new {:.1} ms", times[4], times[8]);
    }
    let after = HELD.load(Ordering::Relaxed);
    println!("  {:.0} bytes a pair in memory", (after as f64 - before as f64) / pairs as f64);
}

/// A study of that many pairs, three a prompt, rated on all properties.
fn make(folder: &Path, place: &Path, pairs: usize) {
    let mut rng = ChaCha8Rng::seed_from_u64(pairs as u64);
    let properties = properties();
    let mut lines = String::new();
    let mut ratings: Vec<[u8; 2]> = Vec::with_capacity(pairs * properties.len());
    let weights: Vec<f64> = properties.iter().map(|_| rng.random_range(-0.5..0.5)).collect();
    for pair in 0..pairs {
        let own: Vec<[u8; 2]> =
            weights.iter().map(|_| [rng.random_range(0..4), rng.random_range(0..4)]).collect();
        let sign = |[a, b]: &[u8; 2]| f64::from(i8::from(a > b) - i8::from(a < b));
        let f: f64 = own.iter().zip(&weights).map(|(sides, w)| w * sign(sides)).sum();
        let p = 1.0 / (1.0 + (-f).exp());
        let mut text = |least: usize| "word ".repeat(least + rng.random_range(0..20));
        let (a, b) = (text(1), text(2));
        let scenario = SCENARIOS[rng.random_range(0..SCENARIOS.len())];
        let level = rng.random_range(0..6);
        for judge in ["human", "gpt-4"] {
            let label = if rng.random::<f64>() < p { "A" } else { "B" };
            let _ = writeln!(
                lines,
                r#"{{"id":"pair-{pair}","prompt":"What is {}?","response_a":"{pair} {a}","response_b":"{pair} {b}","judge":"{judge}","preference":"{label}","scenario":"{scenario}","level":{level}}}"#,
                pair / 3
            );
        }
        ratings.extend(own);
    }
    let file = folder.join("pairs.jsonl");
    std::fs::write(&file, lines).expect("a file");
    import(&[file], &ReadOptions::default(), place, Onto::New, &Unwatched).expect("a study");
    let study = Study::open(place).expect("a study");
    let mut writer = study.write_ratings().expect("a table");
    for (pair, own) in ratings.chunks_exact(properties.len()).enumerate() {
        for (property, [a, b]) in properties.iter().zip(own) {
            let rating = Rating {
                pair: format!("pair-{pair}"),
                property: property.id.to_owned(),
                annotator: "somebody".to_owned(),
                a: Some(f64::from(*a)),
                b: Some(f64::from(*b)),
                ..Rating::default()
            };
            writer.push_owned(rating).expect("a rating");
        }
    }
    writer.finish().expect("a table");
}
