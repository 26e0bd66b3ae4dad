//! What is answered from memory is what a dissection finds.

use std::path::PathBuf;

use predilect_analysis::FitOptions;
use predilect_results::Weight;
use predilect_workbench::{DissectOptions, Example, Inputs, SliceOptions, Unwatched, Workbench};

/// As close as EP comes to its fixed point.
fn near(asked: &Weight, found: &Weight) {
    assert_eq!(asked.property, found.property);
    let scale = found.sd.max(1e-9);
    for (name, x, y) in [
        ("mean", asked.mean, found.mean),
        ("sd", asked.sd, found.sd),
        ("q05", asked.q05, found.q05),
        ("q50", asked.q50, found.q50),
        ("q95", asked.q95, found.q95),
    ] {
        assert!((x - y).abs() < 1e-5 * scale, "{} {name}: {x} and {y}", asked.property);
    }
    assert!((asked.p_positive - found.p_positive).abs() < 1e-5, "{}", asked.property);
}

fn same(example: Example, questions: &[SliceOptions]) {
    let options = predilect_data::ReadOptions::default();
    let files: Vec<PathBuf> = Vec::new();
    let inputs = Inputs { files: &files, example: Some(example), options: &options };
    let bench = Workbench::of(&inputs, None, &Unwatched).expect("the example");
    for question in questions {
        let fit = FitOptions { engine: predilect_analysis::Engine::Ep, folds: 0, ..FitOptions::default() };
        let asked = bench.ask(question, &fit, &Unwatched).unwrap_or_else(|e| panic!("{question:?}: {e:?}"));
        let options = DissectOptions { fit, ..DissectOptions::default() };
        let mut found = bench.dissect(question, options, &Unwatched).expect("a dissection").dissection;
        if question.group_by.is_none() {
            // A dissection fits scenarios apart, unasked.
            found.fits.retain(|fit| fit.group == "all");
            found.skipped.retain(|skipped| skipped.group == "all");
        }
        let shown = question.filter.as_ref().map(ToString::to_string);
        assert_eq!((asked.pairs, asked.fits.len()), (found.data.pairs, found.fits.len()), "{shown:?}");
        assert_eq!(
            asked.skipped,
            found.skipped.into_iter().filter(|s| s.group != predilect_results::NONE).collect::<Vec<_>>()
        );
        for (asked, found) in asked.fits.iter().zip(&found.fits) {
            let both = [asked, found].map(|fit| {
                (
                    fit.judge.clone(),
                    fit.group.clone(),
                    fit.rows,
                    fit.pairs,
                    fit.prompts,
                    fit.reference_model.clone(),
                )
            });
            assert_eq!(both[0], both[1], "{shown:?}");
            assert_eq!(asked.intervals_over, found.intervals_over);
            assert_eq!(asked.terms.len(), found.terms.len(), "{shown:?}");
            for (asked, found) in
                asked.weights.iter().chain(&asked.terms).zip(found.weights.iter().chain(&found.terms))
            {
                near(asked, found);
            }
        }
    }
}

fn slice(filter: &str) -> SliceOptions {
    let filter = (!filter.is_empty()).then(|| filter.parse().expect(filter));
    SliceOptions { filter, grammar: false, ..SliceOptions::default() }
}

#[test]
fn of_two_models_as_judges() {
    let filters = [
        "",
        "words(a) > words(b)",
        "rating(lists) != 0 or not words(b) < 100",
        "order = both",
        "id ~ /[0-4]$/",
    ];
    let mut questions: Vec<SliceOptions> = filters.into_iter().map(slice).collect();
    questions.push(SliceOptions { hard: true, ..slice("words(a) + words(b) > 150") });
    questions.push(SliceOptions { encoding: predilect_analysis::Encoding::Normalised, ..slice("") });
    questions.push(SliceOptions { group_by: Some("language".to_owned()), ..slice("") });
    same(Example::LocalJudge, &questions);
}

#[test]
fn of_many_people_and_models() {
    let filters =
        ["", "model(a) ~ /^[a-m]/ and words(a) < 1.5 * words(b)", "language = en", "text(prompt) ~ /write/i"];
    let mut questions: Vec<SliceOptions> = filters.into_iter().map(slice).collect();
    questions.push(SliceOptions { cluster: vec!["prompt".to_owned()], ..slice("words(a) > 20") });
    questions.push(SliceOptions { cluster: vec!["model_a".to_owned()], ..slice("") });
    questions.push(SliceOptions {
        group_by: Some("model_a".to_owned()),
        judges: vec!["human".to_owned()],
        ..slice("")
    });
    questions.push(SliceOptions { properties: vec!["length".to_owned(), "lists".to_owned()], ..slice("") });
    same(Example::Llmfao, &questions);
}

#[test]
fn a_sample_says_what_all_pairs_say_less_surely() {
    let options = predilect_data::ReadOptions::default();
    let files: Vec<PathBuf> = Vec::new();
    let inputs = Inputs { files: &files, example: Some(Example::Llmfao), options: &options };
    // Every verdict alone: 13 prompts are as many in a sample.
    let fit = FitOptions {
        engine: predilect_analysis::Engine::Ep,
        folds: 0,
        independent: true,
        terms: "none".parse().expect("no terms"),
        ..FitOptions::default()
    };
    let of = |bench: &Workbench, question: &SliceOptions, most| {
        bench.ask_sample(question, (&fit, most), &Unwatched).expect("an answer")
    };
    let bench = Workbench::of(&inputs, None, &Unwatched).expect("the example");
    for question in [slice(""), slice("words(a) > words(b)")] {
        let sample = of(&bench, &question, 200);
        let sampled = sample.sampled.expect("fewer than all");
        assert!((150..250).contains(&sampled), "{sampled} pairs");
        assert_eq!(sample, of(&bench, &question, 200), "the same pairs are drawn again");
        assert_eq!(of(&bench, &question, 1_000_000).sampled, None);
        let exact = bench.ask(&question, &fit, &Unwatched).expect("an answer");
        assert_eq!((sample.pairs, sample.of_pairs, exact.sampled), (exact.pairs, exact.of_pairs, None));
        assert!(sample.verdicts < exact.verdicts);
        assert_eq!(of(&bench, &question, 200), exact, "what is known exactly is said exactly");
        let [mut widths, mut weights] = [0.0, 0.0];
        for (sample, exact) in sample.fits.iter().zip(&exact.fits) {
            assert_eq!(sample.judge, exact.judge);
            assert!(sample.pairs <= sampled && sample.pairs < exact.pairs);
            for (sample, exact) in sample.weights.iter().zip(&exact.weights) {
                let off = (sample.mean - exact.mean).abs() / sample.sd.hypot(exact.sd);
                // What is rare in the sample is drawn to 0 by the prior.
                let rare = sample.mean.abs() < 0.1 * exact.mean.abs();
                assert!(rare || off < 4.5, "{} {}: {} and {}", exact.property, off, sample.mean, exact.mean);
                widths += sample.sd / exact.sd;
                weights += 1.0;
            }
        }
        assert!(widths > 1.2 * weights, "intervals are those of fewer pairs: {}", widths / weights);
    }
}

#[test]
fn a_fixed_share_of_the_pairs_is_a_filter() {
    let options = predilect_data::ReadOptions::default();
    let files: Vec<PathBuf> = Vec::new();
    let inputs = Inputs { files: &files, example: Some(Example::Llmfao), options: &options };
    let bench = Workbench::of(&inputs, None, &Unwatched).expect("the example");
    let of = |filter: &str| bench.pairs_in(&slice(filter), &Unwatched).expect(filter);
    let (all, some, more) = (of("draw() >= 0"), of("draw() < 0.3"), of("draw() < 0.6"));
    assert_eq!(all, of("draw() < 1"));
    // Six standard deviations.
    for (count, share) in [(some, 0.3), (more, 0.6)] {
        let off = (count as f64 - share * all as f64).abs();
        assert!(off < 6.0 * (all as f64 * share * (1.0 - share)).sqrt(), "{count} of {all}");
    }
    assert_eq!(of("draw() < 0.6 and draw() < 0.3"), some, "the smaller share is part of the larger one");
    assert_eq!(some + of("draw() >= 0.3"), all);
    // What a sample has.
    let fit = FitOptions { engine: predilect_analysis::Engine::Ep, folds: 0, ..FitOptions::default() };
    let sample = bench.ask_sample(&slice(""), (&fit, 200), &Unwatched).expect("a sample");
    let share = 200.0 / all as f64;
    let mut same = bench.ask(&slice(&format!("draw() < {share}")), &fit, &Unwatched).expect("an answer");
    assert_eq!(sample.sampled, Some(same.pairs));
    (same.pairs, same.sampled) = (sample.pairs, sample.sampled);
    assert_eq!(sample, same);
}
