//! Interactive results from memory equal those of the full computation.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use predilect_analysis::compare::{JudgeApart, judge_apart, versus};
use predilect_analysis::{Engine, FitOptions};
use predilect_results::Caution;
use predilect_results::comparison::{SliceVersus, Versus};
use predilect_workbench::browse::{PageRequest, Sort};
use predilect_workbench::compare::{CompareOptions, DRAWS};
use predilect_workbench::explain::Asked;
use predilect_workbench::fits::{KeptDraws, fit_all};
use predilect_workbench::{
    Error, Event, Example, Inputs, Kind, Onto, Other, SliceOptions, Unwatched, Watch, Workbench, import,
};

const NEAR: f64 = 1e-9;

fn example(example: Example) -> Workbench {
    let options = predilect_data::ReadOptions::default();
    let files: Vec<PathBuf> = Vec::new();
    let inputs = Inputs { files: &files, example: Some(example), options: &options };
    Workbench::of(&inputs, None, &Unwatched).expect("the example")
}

fn slice(filter: &str) -> SliceOptions {
    let filter = (!filter.is_empty()).then(|| filter.parse().expect(filter));
    SliceOptions { filter, grammar: false, ..SliceOptions::default() }
}

fn by_ep() -> FitOptions {
    FitOptions { engine: Engine::Ep, ..FitOptions::default() }
}

/// A slice against another part the long way: two slices are made, each judge is fitted in both with check and draws.
fn the_long_way(
    bench: &Workbench,
    inside: &SliceOptions,
    other: &Other,
    fit: &FitOptions,
) -> (Versus, [u64; 2]) {
    let outside = match other {
        Other::Rest => inside.filter.as_ref().expect("a filter").complement(),
        Other::Where(filter) => filter.clone(),
    };
    let part = |options: &SliceOptions| {
        let mut slice = bench.slice(options, &Unwatched).expect("a slice");
        let table = &mut slice.table;
        table.groups.clear();
        table.memberships.clear();
        table.group_ends.clear();
        let mut draws = KeptDraws::new();
        let fit = FitOptions { folds: 0, ..fit.clone() };
        let fits = fit_all(table, fit, None, Some(&mut draws), &Unwatched).expect("fits");
        (fits.fits, draws, slice.rows.len() as u64)
    };
    let (first, first_draws, first_pairs) = part(inside);
    let (second, second_draws, second_pairs) =
        part(&SliceOptions { filter: Some(outside), ..inside.clone() });
    let mut judges: Vec<JudgeApart> = Vec::new();
    for fit in &first {
        let Some(other) = second.iter().find(|other| other.judge == fit.judge) else { continue };
        let own = |draws: &KeptDraws| {
            let own = draws.iter().find(|(judge, ..)| *judge == fit.judge).expect("draws").2.clone();
            assert_eq!(own.values.len(), DRAWS * own.names.len());
            own
        };
        judges.extend(judge_apart((fit, &own(&first_draws)), (other, &own(&second_draws))));
    }
    (versus(judges), [first_pairs, second_pairs])
}

fn same(found: &SliceVersus, (wanted, pairs): &(Versus, [u64; 2])) {
    let shown = format!("{} against {}", found.filter, found.versus);
    assert_eq!(found.pairs, *pairs, "{shown}");
    assert_eq!(found.found.judges.len(), wanted.judges.len(), "{shown}");
    for (found, wanted) in found.found.judges.iter().zip(&wanted.judges) {
        assert_eq!(
            (&found.judge, found.verdicts, found.prompts, found.shared_units),
            (&wanted.judge, wanted.verdicts, wanted.prompts, wanted.shared_units),
            "{shown}"
        );
    }
    assert_eq!(found.found.differences.len(), wanted.differences.len(), "{shown}");
    assert!(!wanted.differences.is_empty());
    for wanted in &wanted.differences {
        let same = |found: &&predilect_results::comparison::Difference| {
            (&found.judge, &found.property) == (&wanted.judge, &wanted.property)
        };
        let found = found.found.differences.iter().find(same).expect("the property");
        for (name, x, y) in [
            ("inside", found.inside, wanted.inside),
            ("outside", found.outside, wanted.outside),
            ("mean", found.mean, wanted.mean),
            ("low", found.low, wanted.low),
            ("high", found.high, wanted.high),
            ("p_positive", found.p_positive, wanted.p_positive),
            ("q_value", found.q_value, wanted.q_value),
        ] {
            assert!(
                (x - y).abs() < NEAR,
                "{shown}: {} {} {name}: {x} and {y}",
                wanted.judge,
                wanted.property
            );
        }
    }
}

#[test]
fn a_slice_against_another_part_is_what_two_slices_say() {
    let bench = example(Example::LocalJudge);
    // Prompts are shared, or not: then by draws; models and orders are terms; verdicts tell the parts apart.
    for (filter, other) in [
        ("words(a) > words(b)", "rest"),
        ("meta.prompt_id ~ /[02468]$/", "rest"),
        ("words(a) + words(b) > 150", "words(a) + words(b) < 140"),
    ] {
        let (options, other): (_, Other) = (slice(filter), other.parse().expect(other));
        for options in [options.clone(), SliceOptions { hard: true, ..options }] {
            let found = bench.versus(&options, &other, &by_ep(), &Unwatched).expect(filter);
            same(&found, &the_long_way(&bench, &options, &other, &by_ep()));
            let by_draws = found.found.judges.iter().all(|judge| judge.shared_units == 0);
            assert_eq!(by_draws, filter.contains("prompt_id"), "{filter}");
        }
    }
    // With the check, whichever engine it chooses.
    let (options, fit) = (slice("words(a) > words(b)"), FitOptions::default());
    let found = bench.versus(&options, &Other::Rest, &fit, &Unwatched).expect("a comparison");
    same(&found, &the_long_way(&bench, &options, &Other::Rest, &fit));
    // Every verdict alone: there are no units that both could share.
    let alone = FitOptions { independent: true, ..by_ep() };
    let found = bench.versus(&options, &Other::Rest, &alone, &Unwatched).expect("a comparison");
    assert!(found.found.judges.iter().all(|judge| judge.shared_units == 0));
    same(&found, &the_long_way(&bench, &options, &Other::Rest, &alone));
}

#[test]
fn a_slice_of_people_and_models_against_another_is_what_two_slices_say() {
    let bench = example(Example::Llmfao);
    for (filter, other, cluster) in [
        ("model(a) ~ /^[a-m]/", "rest", None),
        ("words(a) < 1.5 * words(b)", "rest", Some("model_a")),
        ("text(prompt) ~ /write/i", "rest", None),
    ] {
        let options =
            SliceOptions { cluster: cluster.map(str::to_owned).into_iter().collect(), ..slice(filter) };
        let other: Other = other.parse().expect(other);
        let found = bench.versus(&options, &other, &by_ep(), &Unwatched).expect(filter);
        same(&found, &the_long_way(&bench, &options, &other, &by_ep()));
    }
}

#[test]
fn two_parts_are_set_against_each_other_by_samples_of_both() {
    let bench = example(Example::Llmfao);
    let (options, fit) = (slice("words(a) > words(b)"), by_ep());
    let exact = bench.versus(&options, &Other::Rest, &fit, &Unwatched).expect("a comparison");
    assert_eq!(exact.sampled, None);
    let of =
        |most| bench.versus_sample(&options, &Other::Rest, (&fit, most), &Unwatched).expect("a comparison");
    assert_eq!(of(1_000_000), exact);
    let sample = of(200);
    assert_eq!((sample.pairs, sample.shared_pairs), (exact.pairs, exact.shared_pairs));
    for (sampled, all) in sample.sampled.expect("samples").iter().zip(exact.pairs) {
        assert!((150..250).contains(sampled) && *sampled < all, "{sampled} of {all}");
    }
    for (sample, exact) in sample.found.judges.iter().zip(&exact.found.judges) {
        assert_eq!(sample.judge, exact.judge);
        assert!(sample.verdicts.iter().sum::<u64>() < exact.verdicts.iter().sum::<u64>());
    }
}

#[test]
fn a_pair_is_explained_as_by_a_slice_that_is_made_for_it() {
    let bench = example(Example::LocalJudge);
    let judges = ["", "words(a) > words(b)"].map(|filter| {
        let options = slice(filter);
        let table = bench.slice(&options, &Unwatched).expect("a slice").table;
        (options, table.judges)
    });
    let fit = by_ep();
    for (options, judges) in judges {
        for judge in judges {
            let options = SliceOptions { judges: vec![judge], ..options.clone() };
            for pair in ["#1", "#2", "#17", "#320"] {
                let asked = Asked { pair, group: "all", fit: &fit };
                let both =
                    [bench.why(&options, &asked, &Unwatched), bench.explain(&options, &asked, &Unwatched)];
                match both {
                    [Ok(found), Ok(wanted)] => {
                        assert_eq!(found.pair, wanted.pair);
                        let (found, wanted) = (found.explanation, wanted.explanation);
                        assert_eq!((found.p_a, found.fitted), (wanted.p_a, wanted.fitted));
                        assert_eq!(found.contributions.len(), wanted.contributions.len());
                        let ends = |e: &predilect_results::Explanation| [e.value, e.low, e.high];
                        let near = |x: &[f64], y: &[f64]| x.iter().zip(y).all(|(x, y)| (x - y).abs() < NEAR);
                        assert!(near(&ends(&found), &ends(&wanted)), "{found:?} {wanted:?}");
                        for (found, wanted) in found.contributions.iter().zip(&wanted.contributions) {
                            assert_eq!(found.property, wanted.property);
                            assert!(near(
                                &[found.shap, found.low, found.high],
                                &[wanted.shap, wanted.low, wanted.high]
                            ));
                        }
                    }
                    [Err(found), Err(wanted)] => assert_eq!(found.message(), wanted.message()),
                    both => panic!("{pair}: {both:?}"),
                }
            }
        }
    }
    let missing = |asked: &Asked<'_>| {
        let said = |error: Error| error.message().to_owned();
        let options = slice("");
        (
            bench.why(&options, asked, &Unwatched).map(|_| ()).map_err(said),
            bench.explain(&options, asked, &Unwatched).map(|_| ()).map_err(said),
        )
    };
    for pair in ["nowhere", "#0", "#321"] {
        let (found, wanted) = missing(&Asked { pair, group: "all", fit: &fit });
        assert!(found.is_err());
        assert_eq!(found, wanted);
        assert_eq!(bench.pair(pair, &Unwatched).expect("a study"), None);
    }
    let third = bench.pair("#3", &Unwatched).expect("a study").expect("a pair");
    assert_eq!(bench.pair(&third.id, &Unwatched).expect("a study"), Some(third));
}

#[test]
fn pages_of_a_list_are_parts_of_it() {
    let bench = example(Example::Llmfao);
    for (filter, sort) in
        [("", Sort::Study), ("words(a) > 60", Sort::Study), ("words(a) > 60", Sort::Surprise)]
    {
        let options = slice(filter);
        let page = |from, most| {
            bench.browse(&options, &by_ep(), &PageRequest { sort, from, most }, &Unwatched).expect("a page")
        };
        let taken = bench.slice(&options, &Unwatched).expect("a slice").rows;
        let first = page(0, 200);
        assert_eq!(first.total, taken.len() as u64);
        if sort == Sort::Study {
            let numbers: Vec<u64> = first.rows.iter().map(|row| row.number - 1).collect();
            assert_eq!(numbers, taken[..200].iter().map(|row| u64::from(*row)).collect::<Vec<_>>());
        } else {
            let surprises: Vec<f64> = first.rows.iter().filter_map(|row| row.surprise).collect();
            assert_eq!(surprises.len(), 200);
            // A row shows the mean of a judge's verdicts; the order is by the farthest of them.
            assert!(surprises[0] > 0.8, "{surprises:?}");
        }
        let second = page(150, 50);
        let ids = |rows: &[predilect_results::browse::PairRow]| -> Vec<String> {
            rows.iter().map(|row| row.pair.clone()).collect()
        };
        assert_eq!(ids(&second.rows), ids(&first.rows[150..]));
        assert_eq!(second.next, Some(200));
        let beyond = page(taken.len(), 50);
        assert!(beyond.rows.is_empty() && beyond.next.is_none());
        assert_eq!(page(taken.len() - 1, 50).next, None);
        // What is kept is what was found.
        assert_eq!(ids(&page(0, 200).rows), ids(&first.rows));
    }
}

/// A caller that leaves after this many checks for cancellation.
struct Leaves {
    after: usize,
    looks: AtomicUsize,
}

impl Watch for Leaves {
    fn event(&self, _: Event<'_>) {}

    fn cancelled(&self) -> bool {
        self.looks.fetch_add(1, Ordering::SeqCst) >= self.after
    }
}

#[test]
fn a_comparison_ends_wherever_nobody_waits_any_more() {
    let bench = example(Example::LocalJudge);
    let options =
        CompareOptions { pooling: false, resamples: 50, looking: true, ..CompareOptions::default() };
    let compare = |after| {
        let watch = Leaves { after, looks: AtomicUsize::new(0) };
        let found = bench.compare(&slice(""), &by_ep(), &options, &watch);
        (found, watch.looks.into_inner())
    };
    // What is read first is read once.
    compare(usize::MAX).0.expect("a comparison");
    // The first reads the study too.
    let (found, _) = compare(usize::MAX);
    let (_, looks) = compare(usize::MAX);
    let found = found.expect("a comparison").comparison;
    assert!(!found.similarity.judges.is_empty() && !found.agreement.is_empty());
    // One look for each of 50 resamples, and some more.
    assert!(looks > 50, "{looks}");
    for after in [0, 2, looks / 2, looks - 1] {
        let (stopped, _) = compare(after);
        assert_eq!(
            stopped.map(|_| ()).map_err(|error| error.kind()),
            Err(Kind::Cancelled),
            "{after} of {looks}"
        );
    }
    // The weights equal those of a comparison that is not interactive, if its check passes.
    let slow = CompareOptions { looking: false, ..options };
    let plain = bench
        .compare(&slice(""), &FitOptions { folds: 0, ..by_ep() }, &slow, &Unwatched)
        .expect("a comparison");
    assert_eq!(plain.comparison.similarity, found.similarity);
    assert_eq!(plain.comparison.contrasts, found.contrasts);
}

#[test]
fn findings_of_a_comparison_are_the_same_while_somebody_looks() {
    // GPT-4's verdicts are not predicted here, so that its contrasts are left out of what is counted.
    let bench = example(Example::Llmfao);
    let found = |looking: bool| {
        let options = CompareOptions { pooling: false, resamples: 200, looking, ..CompareOptions::default() };
        bench
            .compare(&slice(""), &FitOptions::default(), &options, &Unwatched)
            .expect("a comparison")
            .comparison
    };
    let (live, plain) = (found(true), found(false));
    assert_eq!(live.findings, plain.findings);
    assert_eq!(live.cautions, plain.cautions);
    let nothing = |caution: &Caution| matches!(caution, Caution::AddNothing { .. });
    assert!(plain.cautions.iter().any(nothing), "{:?}", plain.cautions);
}

#[test]
fn reasons_are_the_same_while_somebody_looks() {
    let bench = example(Example::LocalJudge);
    let judged = SliceOptions { judges: vec!["smollm2-135m-instruct".to_owned()], ..slice("") };
    for pair in ["#1", "#7", "#250"] {
        let (checked, looked) = (FitOptions::default(), by_ep());
        let plain = bench.explain(&judged, &Asked { pair, group: "all", fit: &checked }, &Unwatched);
        let live = bench.why(&judged, &Asked { pair, group: "all", fit: &looked }, &Unwatched);
        let (plain, live) = (plain.expect("reasons").explanation, live.expect("reasons").explanation);
        assert_eq!(plain.contributions.len(), live.contributions.len(), "{pair}");
        let figures = |e: &predilect_results::Explanation| {
            let own = [e.value, e.low, e.high];
            own.into_iter()
                .chain(e.contributions.iter().flat_map(|c| [c.shap, c.low, c.high]))
                .collect::<Vec<f64>>()
        };
        let near = |(a, b): (f64, f64)| (a - b).abs() < NEAR;
        assert!(figures(&plain).into_iter().zip(figures(&live)).all(near), "{pair}: {plain:?} {live:?}");
    }
}

#[test]
fn what_is_kept_goes_when_the_study_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = folder.path().join("study");
    let write = |turned: bool| {
        let line = |at: usize| {
            let (a, b) = (["short.", "a good deal longer than that."][at % 2], "one more of them, yes.");
            let preferred = if at.is_multiple_of(2) == turned { "a" } else { "b" };
            let unsure = if at.is_multiple_of(7) { "b" } else { preferred };
            serde_json::json!({"id": format!("p{at}"), "prompt": format!("Question {at}?"), "response_a": a,
                "response_b": b, "preferred": unsure, "judge": "one"})
            .to_string()
        };
        let file = folder.path().join("made.jsonl");
        std::fs::write(&file, (0..200).map(|at| line(at) + "\n").collect::<String>()).expect("a file");
        let options = predilect_data::ReadOptions::default();
        import(&[file], &options, &study, Onto::Replace, &Unwatched).expect("a study");
    };
    write(false);
    let bench = Workbench::open(&study).expect("a study");
    let looked = || {
        let (options, fit) = (slice("words(a) > 0"), by_ep());
        let page = PageRequest { sort: Sort::Surprise, from: 0, most: 5 };
        let list = bench.browse(&options, &fit, &page, &Unwatched).expect("a list");
        let why =
            bench.why(&options, &Asked { pair: "p3", group: "all", fit: &fit }, &Unwatched).expect("why");
        (list, why.explanation, bench.verdicts_on("p3", &Unwatched).expect("verdicts"), bench.version())
    };
    let before = looked();
    assert_eq!(before.2, [("one".to_owned(), 1.0)]);
    assert!(before.1.value > 0.5, "{:?}", before.1);
    write(true);
    let after = looked();
    assert_eq!(after.2, [("one".to_owned(), 0.0)]);
    assert!(after.1.value < 0.5, "{:?}", after.1);
    assert_ne!(before.3, after.3);
    assert_ne!(before.0, after.0);
}
