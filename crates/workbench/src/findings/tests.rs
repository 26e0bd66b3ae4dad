//! Are findings the right ones, and said rightly?

use predilect_results::comparison::{Figure, Intensity, JudgeTable, Profile};
use predilect_results::ranking::{Ahead, Control};

use super::*;

fn row(judge: &str, kind: JudgeKind, cells: &[(&str, f64, f64, f64)]) -> JudgeRow {
    let cells = cells
        .iter()
        .map(|&(id, value, low, high)| (id.to_owned(), Figure { value, low: Some(low), high: Some(high) }));
    JudgeRow { judge: judge.to_owned(), kind, turned: false, cells: cells.collect() }
}

/// People and two judges; `gain` is that of the better one with its lower end.
fn comparison(gain: (f64, f64)) -> Comparison {
    let judge = |name: &str, accuracy: (f64, f64, f64), gain: (f64, f64)| {
        let (value, low, high) = accuracy;
        row(
            name,
            JudgeKind::Judge,
            &[
                ("accuracy", value, low, high),
                ("gain", gain.0, gain.1, 2.0 * gain.0 - gain.1),
                ("labels_needed", 519.0, 519.0, 519.0),
                ("labels_there", 419.0, 419.0, 419.0),
                ("labels_alone", 1065.0, 1065.0, 1065.0),
                ("labels_missing", 100.0, 100.0, 100.0),
            ],
        )
    };
    let rows = vec![
        row("human", JudgeKind::Reference, &[]),
        row(
            "jury: mean",
            JudgeKind::Jury,
            &[("accuracy", 0.9, 0.88, 0.92), ("labels_needed", 400.0, 400.0, 400.0)],
        ),
        judge("good", (0.845, 0.81, 0.87), gain),
        judge("near", (0.83, 0.79, 0.86), (0.2, 0.1)),
        judge("poor", (0.6, 0.55, 0.65), (0.05, 0.01)),
    ];
    let judge_table =
        JudgeTable { reference: vec!["human".to_owned()], margin: 0.03, rows, ..JudgeTable::default() };
    Comparison { judge_table, ..Comparison::default() }
}

#[test]
fn the_single_judge_that_tells_most_is_advised_with_those_not_surely_worse() {
    let found = of_comparison(&comparison((0.29, 0.24)));
    let Fact::UseJudge(advised) = &found[0].fact else { panic!("{found:?}") };
    assert_eq!((advised.judge.as_str(), advised.labels_missing), ("good", 100));
    // They were not compared prompt by prompt: overlapping intervals do not distinguish them.
    assert_eq!(advised.not_surely_worse, ["near"]);
    assert_eq!(
        found[0].sentence,
        "Use good: it agrees with human in 85\u{a0}% [81, 87] of its verdicts on 419 pairs (90 % interval). With its help, a win rate within 3 points takes 519 labels (1,065 without a judge); 419 are available, 100 are missing. Not clearly worse: near."
    );
    let Fact::NotWeighed { why } = found[1].fact else { panic!("{found:?}") };
    assert_eq!(why, NotWeighed::NotFitted);
}

#[test]
fn nobody_is_advised_who_may_be_no_better_than_chance() {
    let mut all = comparison((0.01, -0.01));
    all.judge_table.rows.retain(|row| !matches!(row.judge.as_str(), "near" | "poor"));
    let found = of_comparison(&all);
    assert!(
        matches!(&found[0].fact, Fact::NoJudge { why: NoJudge::NoBetter { judge, .. } } if judge == "good"),
        "{found:?}"
    );
    let mut nobody = comparison((0.29, 0.24));
    nobody.judge_table.reference.clear();
    let found = of_comparison(&nobody);
    assert!(matches!(found[0].fact, Fact::NoJudge { why: NoJudge::NoReference }), "{found:?}");
    assert_eq!(found.len(), 1, "both are said at once");
    let mut people = comparison((0.29, 0.24));
    people.judge_table.reference = people.judge_table.rows.iter().map(|row| row.judge.clone()).collect();
    let found = of_comparison(&people);
    assert!(matches!(found[0].fact, Fact::NoJudge { why: NoJudge::OnlyReference { .. } }), "{found:?}");
    assert_eq!(found.len(), 1, "there is nobody else to weigh");
    // The published judges alone have no verdicts.
    assert_eq!(of_comparison(&Comparison::default()), []);
}

#[test]
fn why_no_judge_can_be_named_is_said_rightly() {
    let said = |pairs: u64, prompts: u64| {
        let mut all = comparison((0.29, 0.24));
        for row in &mut all.judge_table.rows {
            row.cells.remove("labels_needed");
        }
        let agreement = |judges: [&str; 2], pairs: u64, prompts: u64| {
            serde_json::from_value::<JudgeAgreement>(
                serde_json::json!({"judges": judges, "pairs": pairs, "prompts": prompts}),
            )
            .expect("an agreement")
        };
        all.agreement =
            vec![agreement(["good", "poor"], 900, 900), agreement(["human", "poor"], pairs, prompts)];
        of_comparison(&all)[0].sentence.clone()
    };
    for (pairs, prompts, words) in [
        (0, 0, "human and the judges share no pair."),
        (12, 12, "human and the judges share too few pairs (12 at most; 20 are needed)."),
        (419, 4, "human and the judges share 419 pairs, but on 4 prompts only, and 10 are needed"),
        (419, 80, "on the 419 pairs that human and the judges share, verdicts do not vary enough to tell."),
    ] {
        let sentence = said(pairs, prompts);
        assert!(sentence.contains(words), "{sentence}");
    }
}

/// With what people and two judges reward; the surest contrast is that of `poor`.
fn weighing() -> Comparison {
    let contrast = |judges: [&str; 2], mean: f64, q_value: f64| Contrast {
        judges: judges.map(str::to_owned),
        group: ALL.to_owned(),
        property: "length".to_owned(),
        mean,
        low: mean - 0.2,
        high: mean + 0.2,
        p_positive: 0.99,
        shared_units: 9,
        q_value,
    };
    let profile = |judge: &str, intensity: f64, p: f64| Profile {
        judge: judge.to_owned(),
        of: ALL.to_owned(),
        properties: vec![Intensity { property: "length".to_owned(), intensity, p_positive: Some(p) }],
    };
    Comparison {
        sampled: None,
        contrasts: vec![
            contrast(["poor", "human"], 1.1, 0.001),
            contrast(["human", "good"], -0.6, 0.01),
            contrast(["good", "poor"], -0.5, 0.01),
            contrast(["human", "near"], 0.1, 0.6),
        ],
        dissections: vec![
            profile("human", 40.7, 0.01),
            profile("good", 52.0, 0.8),
            profile("poor", 68.3, 0.999),
        ],
        ..comparison((0.29, 0.24))
    }
}

#[test]
fn the_advised_judge_is_set_against_people_before_others() {
    let found = of_comparison(&weighing());
    let Fact::Weighs(weighs) = &found[1].fact else { panic!("{found:?}") };
    assert_eq!((weighs.reference.as_str(), weighs.judge.as_str(), weighs.sure), ("human", "good", 2));
    assert!(
        (weighs.difference.value + 0.6).abs() < 1e-12 && weighs.of_reference.sure && !weighs.of_judge.sure
    );
    assert_eq!(
        found[1].sentence,
        "good rewards length more than human does, by 0.60 log-odds [0.40, 0.80] (90 % interval): good does not clearly do either (52.0\u{a0}%), \
         human penalises it (40.7\u{a0}%). One more difference is sure."
    );
}

#[test]
fn fits_that_add_nothing_are_no_ground_for_a_finding() {
    let mut all = weighing();
    all.cautions = vec![Caution::AddNothing { judges: vec!["good".to_owned(), "near".to_owned()] }];
    let found = of_comparison(&all);
    assert!(matches!(&found[1].fact, Fact::Weighs(weighs) if weighs.judge == "poor"), "{found:?}");
    all.cautions = vec![Caution::AddNothing { judges: vec!["human".to_owned()] }];
    let found = of_comparison(&all);
    assert!(matches!(found[1].fact, Fact::NotWeighed { why: NotWeighed::AddNothing }), "{found:?}");
    all.cautions.clear();
    all.contrasts.iter_mut().for_each(|contrast| contrast.q_value = 0.2);
    let found = of_comparison(&all);
    assert!(
        matches!(&found[1].fact, Fact::WeighsAlike { of: 3, without } if without.is_empty()),
        "{found:?}"
    );
    all.cautions = vec![Caution::AddNothing { judges: vec!["near".to_owned()] }];
    let found = of_comparison(&all);
    assert!(
        matches!(&found[1].fact, Fact::WeighsAlike { of: 2, without } if without == &["near"]),
        "{found:?}"
    );
    assert!(
        found[1].sentence.contains("none of 2 contrasts") && found[1].sentence.contains("near"),
        "{found:?}"
    );
}

/// A model, its places before and after, the change of its score and the false discovery rate.
type Moved = (&'static str, [usize; 2], [usize; 2], f64, f64);

fn board(rows: &[Moved]) -> Leaderboard {
    let row = |(at, &(model, before, after, change, q_value)): (usize, &Moved)| Row {
        model: model.to_owned(),
        score: 1200.0 - at as f64,
        low: 1190.0 - at as f64,
        high: 1210.0 - at as f64,
        rank: at + 1,
        rank_low: after[0],
        rank_high: after[1],
        votes: 100,
        from_raw: Some(Change {
            raw_score: 1000.0,
            raw_rank: before[0],
            raw_rank_low: before[0],
            raw_rank_high: before[1],
            change,
            low: change - 20.0,
            high: change + 20.0,
            q_value,
        }),
    };
    Leaderboard {
        method: "bradley-terry".to_owned(),
        judges: Vec::new(),
        intervals: Some("sandwich".to_owned()),
        prior: 0.0,
        resamples: None,
        votes: 100,
        prompts: Some(50),
        weights: None,
        never_met: Vec::new(),
        ranking: rows.iter().enumerate().map(row).collect(),
        controls: vec![Control {
            name: "length".to_owned(),
            weight: 1.0,
            low: 0.9,
            high: 1.1,
            ..Control::default()
        }],
        tie: None,
    }
}

#[test]
fn who_loses_most_owes_most_and_who_falls_furthest_is_named_too() {
    let board = board(&[
        ("first", [1, 1], [1, 1], -207.0, 0.001),
        ("even", [2, 3], [2, 3], 10.0, 0.3),
        ("unsure", [2, 3], [5, 6], -400.0, 0.2),
        ("fallen", [3, 4], [5, 7], -136.0, 0.01),
    ]);
    let found = of_standings(&board, Some(&board));
    let Fact::Owes(owes) = &found[0].fact else { panic!("{found:?}") };
    assert_eq!((owes.most.model.as_str(), owes.sure, owes.of), ("first", 2, 4));
    assert_eq!(owes.furthest.as_ref().map(|other| other.model.as_str()), Some("fallen"));
    assert_eq!(
        found[0].sentence,
        "first owes most to length: with that held equal it loses 207 points [187, 227] (95 % interval) and stays in place 1. fallen falls \
         furthest: it loses 136 points [116, 156] and goes from places 3-4 to 5-7. 2 of 4 scores clearly change."
    );
    assert_eq!(found[1].sentence, "first leads with 1,200 points [1,190, 1,210] (95 % interval).");
}

#[test]
fn what_cannot_be_told_from_the_models_is_owed_by_nobody() {
    let mut found =
        board(&[("long", [1, 1], [2, 2], -117.0, 0.001), ("short", [2, 2], [1, 1], 117.0, 0.001)]);
    let ahead = Ahead { model: "long".to_owned(), share: 0.97 };
    let held =
        Control { apart: Some(0.12), differs: Some(1.0), ahead: Some(ahead), ..found.controls[0].clone() };
    let sentence = |board: &Leaderboard| of_standings(board, Some(board))[0].sentence.clone();
    found.controls = vec![held.clone()];
    assert_eq!(
        sentence(&found),
        "Length cannot be separated from the models here: long is ahead on it in 97.0\u{a0}% of its verdicts on pairs that differ in it. \
         What a model owes to it is not known."
    );
    // What differs in few pairs moves no score by much, and a half is enough to tell.
    found.controls = vec![Control { differs: Some(0.05), ..held.clone() }];
    assert!(sentence(&found).contains("owes most to length"));
    found.controls = vec![Control { apart: Some(0.5), ..held }];
    assert!(sentence(&found).contains("owes most to length"));
}

#[test]
fn where_nothing_is_held_equal_or_nobody_loses_that_is_said() {
    let gains = board(&[("a", [1, 2], [1, 2], 30.0, 0.01), ("b", [1, 2], [1, 2], -30.0, 0.5)]);
    let found = of_standings(&gains, Some(&gains));
    assert!(matches!(&found[0].fact, Fact::OwesNothing { of: 2, .. }), "{found:?}");
    let raw = Leaderboard { controls: Vec::new(), ..gains };
    let found = of_standings(&raw, None);
    assert_eq!(
        found.iter().map(|one| one.sentence.as_str()).collect::<Vec<_>>(),
        [
            "a is first with 1,200 points [1,190, 1,210] (95 % interval), but not clearly ahead of b.",
            "Scores are not adjusted for length or formatting.",
        ]
    );
}
