//! What is exported and read again is what was there.

use predilect_data::{ExportFormat, ReadOptions, Study, export};
use predilect_types::{Message, Order, Pair, Response, Role, TieKind, Verdict, content_id};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{All, lay, read_paths, without_verdicts};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 .,\n\"\\\\\t]{0,40}",
        "\\PC{0,20}",
        Just(String::new()),
        Just("[{\"role\": \"user\", \"content\": \"x\"}]".to_owned())
    ]
}

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9-]{0,8}"
}

fn turns(last: Role) -> impl Strategy<Value = Vec<Message>> {
    (prop::collection::vec((text(), text()), 0..2), text()).prop_map(move |(before, end)| {
        let other = if last == Role::User { Role::Assistant } else { Role::User };
        let mut turns = Vec::new();
        for (x, y) in before {
            turns.push(Message { role: last.clone(), content: x });
            turns.push(Message { role: other.clone(), content: y });
        }
        turns.push(Message { role: last.clone(), content: end });
        turns
    })
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let p_a = prop_oneof![Just(0.0), Just(1.0), Just(0.5), 0.0..=1.0_f64];
    let order = prop::sample::select(vec![Order::Ab, Order::Ba, Order::Both, Order::Unknown]);
    let tie = prop::option::of(prop::sample::select(vec![TieKind::Tie, TieKind::BothBad, TieKind::BothGood]));
    let receipt = prop::option::of(prop_oneof![
        Just(json!({"raw": "A", "n": [1, 2.5]})),
        text().prop_map(Value::String)
    ]);
    (name(), p_a, order, tie, prop_oneof![Just(1.0), 0.0..9.0_f64], receipt).prop_map(
        |(judge, p_a, order, tie, weight, receipt)| {
            let (p_a, tie) = if p_a == 0.5 { (p_a, tie) } else { (p_a, None) };
            Verdict { order, tie, weight, receipt, ..Verdict::new("", judge, p_a) }
        },
    )
}

fn study() -> impl Strategy<Value = Vec<(Pair, Vec<Verdict>)>> {
    let meta = prop::collection::btree_map(
        "[a-z]{1,6}",
        prop_oneof![Just(json!(1)), Just(json!("x")), Just(json!([1, {"k": null}]))],
        0..3,
    );
    let pair = (
        turns(Role::User),
        (turns(Role::Assistant), turns(Role::Assistant)),
        (prop::option::of(name()), prop::option::of(name())),
        (prop::option::of(name()), prop::option::of(name())),
        meta,
        prop::collection::vec(verdict(), 0..4),
    );
    prop::collection::vec(pair, 1..5).prop_map(|rows| {
        rows.into_iter()
            .enumerate()
            .map(|(i, (prompt, (a, b), (model_a, model_b), (scenario, language), metadata, mut verdicts))| {
                verdicts.sort_by(|x, y| x.judge.cmp(&y.judge));
                verdicts.dedup_by(|x, y| x.judge == y.judge);
                let pair = Pair {
                    id: format!("p{i}"),
                    prompt,
                    response_a: Response { messages: a, model: model_a },
                    response_b: Response { messages: b, model: model_b },
                    scenario,
                    language,
                    metadata,
                    ..Pair::default()
                };
                for verdict in &mut verdicts {
                    verdict.pair.clone_from(&pair.id);
                }
                (pair, verdicts)
            })
            .collect()
    })
}

fn exported(rows: &[(Pair, Vec<Verdict>)], format: ExportFormat) -> (Vec<u8>, predilect_data::ExportSummary) {
    let folder = tempfile::tempdir().unwrap();
    let study = Study::create(folder.path().join("s")).unwrap();
    let (mut pairs, mut verdicts) = (study.write_pairs().unwrap(), study.write_verdicts().unwrap());
    for (pair, on) in rows {
        pairs.push(pair).unwrap();
        for verdict in on {
            verdicts.push(verdict).unwrap();
        }
    }
    pairs.finish().unwrap();
    verdicts.finish().unwrap();
    let mut out = Vec::new();
    let summary = export(&study, format, &|_, _| true, &mut out).unwrap();
    (out, summary)
}

fn written(rows: &[(Pair, Vec<Verdict>)], format: ExportFormat) -> (All, predilect_data::ExportSummary) {
    let (out, summary) = exported(rows, format);
    let (_folder, paths) = lay(&[("export", &out)]);
    let options = ReadOptions { format: Some(format.as_str().parse().unwrap()), ..without_verdicts() };
    let all =
        read_paths(&paths, &options).unwrap_or_else(|e| panic!("{e}\n{}", String::from_utf8_lossy(&out)));
    (all, summary)
}

/// What an export is taken for where nobody says.
fn detected(rows: &[(Pair, Vec<Verdict>)], format: ExportFormat) -> Vec<predilect_types::SourceSummary> {
    let (_folder, paths) = lay(&[("export.jsonl", &exported(rows, format).0)]);
    read_paths(&paths, &ReadOptions::default()).unwrap().summary.sources
}

fn bare(pair: &Pair) -> Pair {
    Pair { provenance: predilect_types::Provenance::default(), ..pair.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn pairs_and_annotated_pairs_lose_nothing(rows in study()) {
        for format in [ExportFormat::Pairs, ExportFormat::AnnotatedPairs] {
            let (all, summary) = written(&rows, format);
            prop_assert!(summary.lost.is_empty(), "{:?}", summary);
            let pairs: Vec<Pair> = rows.iter().map(|(pair, _)| bare(pair)).collect();
            prop_assert_eq!(all.pairs.iter().map(bare).collect::<Vec<_>>(), pairs);
            let verdicts: Vec<Verdict> = rows.iter().flat_map(|(_, on)| on.clone()).collect();
            prop_assert_eq!(&all.verdicts, &verdicts);
        }
    }

    #[test]
    fn trl_keeps_texts_sides_and_who_won(rows in study()) {
        let rows: Vec<_> = rows.into_iter().filter(|(p, on)| !p.identical() && on.iter().any(|v| v.p_a != 0.5)).collect();
        prop_assume!(!rows.is_empty());
        let (all, _) = written(&rows, ExportFormat::Trl);
        // Without being told, too: models in it make it no RewardBench.
        prop_assert!(detected(&rows, ExportFormat::Trl).iter().all(|source| source.format == "trl"));
        let bare = |p: &Pair| Pair { metadata: std::collections::BTreeMap::default(), ..bare(p) };
        prop_assert_eq!(all.pairs.iter().map(bare).collect::<Vec<_>>(), rows.iter().map(|(p, _)| bare(p)).collect::<Vec<_>>());
        let want: Vec<_> = rows
            .iter()
            .flat_map(|(p, on)| on.iter().filter(|v| v.p_a != 0.5).map(|v| (p.id.clone(), v.judge.clone(), v.p_a > 0.5)))
            .collect();
        let got: Vec<_> = all.verdicts.iter().map(|v| (v.pair.clone(), v.judge.clone(), v.p_a == 1.0)).collect();
        prop_assert_eq!(got, want);
    }

    #[test]
    fn alpaca_eval_keeps_texts_models_judges_and_preferences(rows in study()) {
        let single = |turns: &[Message]| turns.len() == 1 && !turns[0].content.trim_start().starts_with('[');
        let rows: Vec<_> = rows
            .into_iter()
            .filter(|(p, _)| single(&p.prompt) && single(&p.response_a.messages) && single(&p.response_b.messages))
            .collect();
        prop_assume!(!rows.is_empty());
        let (all, _) = written(&rows, ExportFormat::AlpacaEval);
        let want: Vec<_> = rows
            .iter()
            .flat_map(|(p, on)| on.iter().map(|v| (content_id(&p.prompt, &p.response_a, &p.response_b), v.judge.clone(), v.p_a)))
            .collect();
        prop_assert_eq!(all.verdicts.len(), want.len());
        for (got, want) in all.verdicts.iter().zip(want) {
            prop_assert_eq!((&got.pair, &got.judge), (&want.0, &want.1));
            // 2 - p_a has 52 bits below 2, so 2^-52 is the most that can be lost.
            prop_assert!((got.p_a - want.2).abs() <= f64::EPSILON);
        }
    }
}

#[test]
fn what_a_format_has_no_place_for_is_counted() {
    let pair = Pair {
        id: "1".to_owned(),
        prompt: vec![Message::user("q")],
        response_a: Response::new("x", None),
        response_b: Response::new("y", None),
        ..Pair::default()
    };
    let verdicts = vec![
        Verdict::tie("1", "j", TieKind::BothBad),
        Verdict::new("1", "k", 0.7),
        Verdict::new("1", "k", 0.2),
    ];
    let rows = [(pair, verdicts)];
    let (_, trl) = written(&rows, ExportFormat::Trl);
    assert_eq!(trl.lost["verdict that is a tie"], 1);
    assert_eq!(trl.lost["how soft a preference is"], 2);
    let (_, annotated) = written(&rows, ExportFormat::AnnotatedPairs);
    assert_eq!(annotated.lost["further verdict of one judge on one pair"], 1);
    let (_, alpaca) = written(&rows, ExportFormat::AlpacaEval);
    assert_eq!(alpaca.lost["kind of tie"], 1);
}

#[test]
fn annotated_pairs_name_every_metadata_field_first() {
    let folder = tempfile::tempdir().unwrap();
    let study = Study::create(folder.path().join("s")).unwrap();
    let mut pairs = study.write_pairs().unwrap();
    let pair = |id: &str, field: &str| Pair {
        id: id.to_owned(),
        prompt: vec![Message::user("q")],
        response_a: Response::new("x", None),
        response_b: Response::new("y", None),
        scenario: Some("advice".to_owned()),
        metadata: [(field.to_owned(), json!(1))].into(),
        ..Pair::default()
    };
    pairs.push(&pair("1", "topic")).unwrap();
    pairs.push(&pair("2", "source_id")).unwrap();
    pairs.finish().unwrap();
    study.write_verdicts().unwrap().finish().unwrap();
    let mut out = Vec::new();
    export(&study, ExportFormat::AnnotatedPairs, &|_, _| true, &mut out).unwrap();
    let document: Value = serde_json::from_slice(&out).unwrap();
    let keys = &document["metadata"]["available_metadata_keys_per_comparison"];
    assert_eq!(*keys, json!(["scenario", "source_id", "topic"]));
}
