//! The catalogue of recipes: every example is read by its own recipe, every recipe reads back as a mapping, and whatever a user
//! maps, reading ends in records or an error.

use std::fmt::Write as _;

use predilect_data::{
    Format, Mapping, OnBadRow, Onto, ReadOptions, Recipe, Shape, import, preview, read_with_votes,
};
use proptest::prelude::*;

use crate::{lay, read_bytes, read_paths, read_text};

fn without_verdicts() -> ReadOptions {
    ReadOptions { without_verdicts: true, ..ReadOptions::default() }
}

/// Shapes whose records say nothing alone.
fn needs_others(recipe: &Recipe) -> bool {
    let parts = format!("{:?}", recipe.part) != "Pairs";
    parts
        || matches!(
            recipe.shape,
            Shape::Unpaired
                | Shape::Scored
                | Shape::Tree
                | Shape::Wide
                | Shape::MtBench
                | Shape::ArenaHard
                | Shape::AlpacaEval
        )
}

#[test]
fn every_example_is_read_by_its_own_recipe() {
    let mut wrong = Vec::new();
    for recipe in Format::all().flat_map(Format::recipes) {
        let Some(example) = &recipe.example else { continue };
        if needs_others(recipe) {
            serde_json::from_str::<serde_json::Value>(example).expect("JSON");
            continue;
        }
        // Two lines, so that nobody takes one record for a document.
        let text = format!("{example}\n{example}\n");
        match read_bytes("example.jsonl", text.as_bytes(), &without_verdicts()) {
            Ok(all) if all.summary.sources[0].format == recipe.name => {}
            Ok(all) => wrong.push(format!("{} is read as {}", recipe.name, all.summary.sources[0].format)),
            // One object with everything in it.
            Err(_) if recipe.shape == Shape::AnnotatedPairs => match read_text("example.json", example) {
                Ok(all) if all.summary.sources[0].format == recipe.name => {}
                other => wrong.push(format!("{}: {:?}", recipe.name, other.map(|all| all.summary.sources))),
            },
            Err(error) => wrong.push(format!("{}: {error}", recipe.name)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_recipe_reads_back_as_a_mapping() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mapping.toml");
    for recipe in Format::all().flat_map(Format::recipes) {
        std::fs::write(&path, recipe.to_toml().unwrap()).unwrap();
        assert_eq!(&Recipe::from_file(&path).unwrap(), recipe);
    }
    std::fs::write(&path, "shape = \"pair\"\nprompts = \"x\"\n").unwrap();
    let error = Recipe::from_file(&path).unwrap_err();
    assert!(error.to_string().contains("line 2") && error.to_string().contains("prompts"), "{error}");
}

#[test]
fn several_judges_and_reward_models_of_judge_bench_stay_apart() {
    let record = |pair: usize, method: &str, model: &str, first: &str, second: &str| {
        serde_json::json!({
            "pair_id": format!("p{pair}"), "original_id": "o", "source": "mmlu-pro", "question": format!("question {pair}"),
            "response_model": "m", "response_A": format!("answer {pair}"), "response_B": format!("other {pair}"), "label": "A>B",
            "judge_name": method,
            "judgments": [
                { "judgment": { "judge_model": model, "response": "..." }, "decision": first },
                { "judgment": { "judge_model": model, "response": "..." }, "decision": second },
            ],
        })
        .to_string()
    };
    let file = |method: &str, model: &str, calls: [&str; 2]| {
        (0..4).map(|pair| record(pair, method, model, calls[0], calls[1]) + "\n").collect::<String>()
    };
    let files = [
        ("a.jsonl", file("reward_model", "org/rm-1", ["A>B", "B>A"])),
        ("b.jsonl", file("reward_model", "org/rm-2", ["A>B", "B>A"])),
        ("c.jsonl", file("arena_hard", "judge-1", ["A>B", "A>B"])),
        ("d.jsonl", file("arena_hard", "judge-2", ["B>A", "A>B"])),
    ];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let (_folder, paths) = lay(&files);
    let all = read_paths(&paths, &ReadOptions::default()).unwrap();
    let count =
        |judge: &str, p_a: f64| all.verdicts.iter().filter(|v| v.judge == judge && v.p_a == p_a).count();
    assert_eq!(all.pairs.len(), 4);
    assert_eq!(
        [
            count("org/rm-1", 1.0),
            count("org/rm-2", 1.0),
            count("judge-1", 0.5),
            count("judge-2", 0.0),
            count("gold", 1.0)
        ],
        [4; 5]
    );
    assert_eq!(all.verdicts.len(), 20);
}

/// A table of votes, with blanks, quotes, other judges and weights.
fn votes() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["m1", "m2", "model three", "left", "\"quoted, name\"", "mä", ""]);
    let word = prop::sample::select(vec![
        "left", "right", "tie", "m1", "m2", "", "both_bad", "nobody", "1", " Left ",
    ]);
    let weight = prop::sample::select(vec!["1", "2.5", "", "0", "-1"]);
    let judge = prop::sample::select(vec!["", "j", "k"]);
    let end = prop::sample::select(vec!["\n", "\r\n"]);
    prop::collection::vec((name.clone(), name, word, weight, judge, end), 1..40).prop_map(|rows| {
        let lines: String =
            rows.iter().map(|(a, b, w, n, j, end)| format!("{a},{b},{w},{n},{j}{end}")).collect();
        format!("left,right,winner,weight,judge\n{lines}")
    })
}

/// The judges of an input, each once.
fn judges(files: &[(&str, &str)], options: &ReadOptions) -> Vec<String> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let (_folder, paths) = lay(&files);
    let all = read_paths(&paths, options).expect("readable");
    let mut judges: Vec<String> = all.verdicts.into_iter().map(|verdict| verdict.judge).collect();
    judges.sort();
    judges.dedup();
    judges
}

pub(crate) fn mapped(claims: &[&str]) -> ReadOptions {
    let mut mapping = Mapping::default();
    for claim in claims {
        mapping.extend(claim.parse().expect("a claim"));
    }
    ReadOptions { mapping, ..ReadOptions::default() }
}

const GRADED: &str = "prompt,response_a,response_b,winner,grader\nq,x,y,A,ann\nq2,x,y,B,bob\n";

#[test]
fn a_mapping_is_not_overruled_by_columns() {
    let file = [("votes.csv", GRADED)];
    assert_eq!(judges(&file, &ReadOptions::default()), ["ann", "bob"]);
    assert_eq!(judges(&file, &mapped(&["judge='x'"])), ["x"]);
    assert_eq!(judges(&file, &mapped(&["judge=none"])), ["unnamed"]);
}

#[test]
fn several_columns_of_winners_are_several_judges() {
    let file = [("p.csv", "prompt,response_a,response_b,ann,bob\nq,x,y,1,2\nq2,x,y,2,1\n")];
    let options = mapped(&["winner=ann:1=A,2=B", "winner=bob:1=A,2=B"]);
    assert_eq!(judges(&file, &options), ["ann", "bob"]);
}

#[test]
fn files_of_one_name_are_told_apart_by_their_folders() {
    let vote = |side: &str| format!("prompt,response_a,response_b,winner\nq,x,y,{side}\n");
    let (one, two) = (vote("A"), vote("B"));
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [("ann", &one), ("bob", &two)] {
        std::fs::create_dir(folder.path().join(name)).expect("a folder");
        std::fs::write(folder.path().join(name).join("labels.csv"), text).expect("written");
    }
    let all = read_paths(&[folder.path().to_owned()], &ReadOptions::default()).expect("readable");
    let mut judges: Vec<&str> = all.verdicts.iter().map(|verdict| verdict.judge.as_str()).collect();
    judges.sort_unstable();
    assert_eq!(judges, ["ann/labels", "bob/labels"]);
}

#[test]
fn names_of_models_mean_the_same_whatever_was_shown_first() {
    let record = |winner: &str| {
        format!(
            "{{\"prompt\":\"q\",\"response_a\":\"x\",\"response_b\":\"y\",\"model_a\":\"m-x\",\"model_b\":\"m-y\",\"winner\":\"{winner}\",\"turned\":true}}\n"
        )
    };
    for (winner, p_a) in [("m-x", 1.0), ("m-y", 0.0), ("A", 0.0), ("B", 1.0), ("tie", 0.5)] {
        let (_folder, paths) = lay(&[("p.jsonl", record(winner).as_bytes())]);
        let all = read_paths(&paths, &mapped(&["swapped=turned", "winner=winner"])).expect("readable");
        let found: Vec<_> =
            all.verdicts.iter().map(|verdict| (verdict.p_a, verdict.order.as_str())).collect();
        assert_eq!(found, [(p_a, "ba")], "{winner}");
    }
}

#[test]
fn winner_and_loser_are_votes_of_which_the_first_wins() {
    let text = "winner,loser,draw\nm1,m2,0\nm2,m1,0\nm1,m3,1\n";
    let all = read_text("games.csv", text).unwrap();
    let calls: Vec<f64> = all.verdicts.iter().map(|verdict| verdict.p_a).collect();
    assert_eq!(calls, [1.0, 1.0, 0.5]);
    assert!(all.verdicts.iter().all(|verdict| verdict.order == predilect_types::Order::Unknown));
    assert_eq!(all.pairs[1].response_a.model.as_deref(), Some("m2"));
}

#[test]
fn counts_of_votes_and_probabilities_are_graded() {
    let text = "prompt,response_a,response_b,votes_a,votes_b,votes_tie\nq 1,x y,z w,3,1,0\nq 2,x y,z w,0,4,0\nq 3,x y,z w,0,0,2\n\
        q 4,x y,z w,1,1,2\nq 5,x y,z w,0,0,0\n";
    let all = read_text("votes.csv", text).unwrap();
    let calls: Vec<(f64, bool)> = all.verdicts.iter().map(|v| (v.p_a, v.tie.is_some())).collect();
    assert_eq!(calls, [(0.75, false), (0.0, false), (0.5, true), (0.5, false)]);
    assert_eq!(all.summary.dropped.values().sum::<u64>(), 1);
    let text = "prompt,response_a,response_b,prob_b\nq 1,x y,z w,0.2\nq 2,x y,z w,0.9\n";
    let calls: Vec<f64> = read_text("p.csv", text).unwrap().verdicts.iter().map(|v| v.p_a).collect();
    assert!((calls[0] - 0.8).abs() < 1e-12 && (calls[1] - 0.1).abs() < 1e-12, "{calls:?}");
    let text = "prompt,response_a,response_b,prob_a,prob_b\nq 1,x y,z w,0.2,0.5\nq 2,x y,z w,0.6,0.3\n";
    let error = read_text("p.csv", text).unwrap_err().to_string();
    assert!(error.contains("do not add up to 1"), "{error}");
}

#[test]
fn a_list_in_order_is_read_from_the_end_that_is_named() {
    let text = r#"{"prompt": "q", "ranked_responses": ["one", "two", "three"]}"#;
    assert!(read_text("r.jsonl", text).is_err());
    for (order, best) in [("best_first", "one"), ("worst_first", "three")] {
        let options = mapped(&["responses=ranked_responses", &format!("order={order}")]);
        let all = read_bytes("r.jsonl", text.as_bytes(), &options).unwrap();
        for (pair, verdict) in all.pairs.iter().zip(&all.verdicts) {
            let (a, b) = (pair.response_a.text(), pair.response_b.text());
            let won = if verdict.p_a == 1.0 { &a } else { &b };
            assert!(!(a == best || b == best) || won == best, "{order}: {a} {b} {}", verdict.p_a);
        }
        assert_eq!(all.verdicts.len(), 3);
    }
}

#[test]
fn numbers_of_responses_count_as_the_columns_do() {
    let text = "prompt,response_0,response_1,choice\nq 1,x y,z w,0\nq 2,x y,z w,1\n";
    let calls: Vec<f64> = read_text("c.csv", text).unwrap().verdicts.iter().map(|v| v.p_a).collect();
    assert_eq!(calls, [1.0, 0.0]);
    // A truth value may be about either of them.
    let text = text.replace("choice", "is_better");
    assert!(read_text("c.csv", &text).is_err());
    let text = "prompt,response_0,response_1,response_1_preferred\nq 1,x y,z w,0\nq 2,x y,z w,1\n";
    let calls: Vec<f64> = read_text("c.csv", text).unwrap().verdicts.iter().map(|v| v.p_a).collect();
    assert_eq!(calls, [1.0, 0.0]);
}

#[test]
fn a_tie_among_columns_of_two_models_is_one() {
    let text = "question,gpt_answer,llama_answer,winner\nq 1,x y z,z w,gpt\nq 2,x y z,z w,tie\nq 3,x y z,z w,llama\n";
    let all = read_text("wide.csv", text).unwrap();
    let calls: Vec<f64> = all.verdicts.iter().map(|v| v.p_a).collect();
    assert_eq!(calls, [1.0, 0.5, 0.0]);
    assert!(all.verdicts[1].tie.is_some());
    assert_eq!(all.pairs[0].response_b.model.as_deref(), Some("llama"));
}

/// One slip among many names of columns is that record's, and no reason not to know the layout; too many are.
#[test]
fn a_winner_that_is_no_column_is_named_with_its_line() {
    let file = |slips: usize| {
        let row = |i: usize| {
            let winner = if i < slips { "perhaps" } else { ["gpt", "llama"][i % 2] };
            format!("question {i},the one {i},another {i},{winner}\n")
        };
        format!("question,gpt,llama,winner\n{}", (0..20).map(row).collect::<String>())
    };
    let found = read_text("wide.csv", &file(1)).unwrap_err().to_string();
    assert!(found.contains("wide.csv:2") && found.contains("winner") && found.contains("perhaps"), "{found}");
    let found = read_text("wide.csv", &file(5)).unwrap_err().to_string();
    assert!(found.contains("not a known format"), "{found}");
}

/// Reading notes on which side it has put a chosen response; in a file that is longer than what is looked at first, that note is no column.
#[test]
fn long_files_of_chosen_and_rejected_are_read_to_their_end() {
    let mut text = String::new();
    for row in 0..5000 {
        writeln!(
            text,
            r#"{{"prompt": "what is {row}?", "chosen": "a good answer to {row}", "rejected": "a reply"}}"#
        )
        .unwrap();
    }
    let all = read_text("long.jsonl", &text).unwrap();
    assert_eq!((all.pairs.len(), all.verdicts.len()), (5000, 5000));
    // Each verdict is for the chosen one, on whichever side that is.
    let sides = all.verdicts.iter().filter(|verdict| verdict.p_a == 1.0).count();
    assert!((2000..3000).contains(&sides), "{sides}");
    for (pair, verdict) in all.pairs.iter().zip(&all.verdicts) {
        let won = if verdict.p_a == 1.0 { &pair.response_a } else { &pair.response_b };
        assert!(won.text().starts_with("a good answer"), "{pair:?}");
    }
}

#[test]
fn positions_count_from_where_the_file_or_the_user_says() {
    let list = |best: [u8; 2]| {
        best.map(|best| format!(r#"{{"prompt": "q", "responses": ["one", "two", "three"], "best": {best}}}"#))
            .join("\n")
    };
    let winner = |options: &ReadOptions, best: [u8; 2]| {
        read_bytes("list.jsonl", list(best).as_bytes(), options).map(|all| {
            let verdict = &all.verdicts[0];
            let pair = all.pairs.iter().find(|pair| pair.id == verdict.pair).unwrap();
            if verdict.p_a == 1.0 { pair.response_a.text() } else { pair.response_b.text() }.into_owned()
        })
    };
    assert!(winner(&ReadOptions::default(), [1, 2]).unwrap_err().to_string().contains("from 0 or from 1"));
    assert_eq!(winner(&ReadOptions::default(), [1, 0]).unwrap(), "two");
    assert_eq!(winner(&ReadOptions::default(), [1, 3]).unwrap(), "one");
    assert_eq!(winner(&mapped(&["winner=best:from=1"]), [1, 2]).unwrap(), "one");
    assert_eq!(winner(&mapped(&["winner=best:from=0"]), [1, 2]).unwrap(), "two");
}

#[test]
fn a_list_of_responses_has_no_a_and_b() {
    let text = "{\"prompt\":\"q\",\"responses\":[\"x\",\"y\"],\"best\":1}\n";
    let (_folder, paths) = lay(&[("p.jsonl", text.as_bytes())]);
    let best = read_paths(&paths, &mapped(&["responses=responses", "winner=best"])).expect("readable");
    assert_eq!(best.verdicts.len(), 1);
    for claim in ["winner=best:1=A,2=B", "winner=best > best"] {
        assert!(read_paths(&paths, &mapped(&["responses=responses", claim])).is_err(), "{claim}");
    }
}

#[test]
fn votes_find_the_text_of_their_models_among_those_of_one_key() {
    let texts = "{\"id\":\"p\",\"prompt\":\"q\",\"model_a\":\"m1\",\"model_b\":\"m2\",\"response_a\":\"x\",\"response_b\":\"y\"}\n\
        {\"id\":\"p\",\"prompt\":\"q\",\"model_a\":\"m1\",\"model_b\":\"m3\",\"response_a\":\"x\",\"response_b\":\"z\"}\n";
    let votes = "id,model_a,model_b,winner\np,m1,m2,model_a\np,m3,m1,model_a\np,m1,m4,model_a\n";
    let (_folder, paths) = lay(&[("texts.jsonl", texts.as_bytes()), ("votes.csv", votes.as_bytes())]);
    let all = read_paths(&paths, &ReadOptions::default()).expect("readable");
    assert_eq!(all.verdicts.iter().map(|verdict| verdict.p_a).collect::<Vec<_>>(), [1.0, 0.0]);
    assert_eq!(all.dropped("vote on other models than those of the text"), 1);
}

#[test]
fn what_a_second_record_says_stays_with_its_verdict() {
    let text = "prompt,response_a,response_b,winner,annotator,reason\nq,x,y,A,ann,R1\nq,x,y,B,bob,R2\nq,x,y,B,cid,R1\n";
    let (_folder, paths) = lay(&[("p.csv", text.as_bytes())]);
    let all = read_paths(&paths, &ReadOptions::default()).expect("readable");
    assert_eq!(all.pairs[0].metadata["reason"], "R1");
    let receipts: Vec<_> = all.verdicts.iter().map(|verdict| verdict.receipt.clone()).collect();
    assert_eq!(receipts, [None, Some(serde_json::json!({"reason": "R2"})), None]);
}

#[test]
fn what_stands_beside_responses_needs_them() {
    let (_folder, paths) = lay(&[("p.csv", GRADED.as_bytes())]);
    let error = read_paths(&paths, &mapped(&["ranks=winner"])).map(|_| ()).expect_err("no list of responses");
    assert!(error.to_string().contains("responses=COLUMN"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The columnar way of votes and the way of records say the same.
    #[test]
    fn votes_in_blocks_are_votes_in_records(text in votes()) {
        let options = ReadOptions { on_bad_row: OnBadRow::Skip, without_verdicts: true, ..ReadOptions::default() };
        let (_folder, paths) = lay(&[("votes.csv", text.as_bytes())]);
        let (mut records, mut models) = (Vec::new(), std::collections::HashMap::new());
        let mut blocks = Vec::new();
        let plain = read_paths(&paths, &options);
        let fast = read_with_votes(&paths, &options, &mut |_| {}, &mut |record| {
            match record {
                predilect_data::Record::Pair(pair) => {
                    models.insert(pair.id.clone(), (pair.response_a.model.unwrap_or_default(), pair.response_b.model.unwrap_or_default()));
                }
                predilect_data::Record::Verdict(v) => {
                    let (a, b) = models.get(&v.pair).cloned().unwrap_or_default();
                    records.push((a, b, v.judge, v.p_a as f32, v.weight as f32));
                }
                predilect_data::Record::Rating(_) => {}
            }
            Ok(())
        }, &mut |block| {
            for vote in &block.votes {
                let name = |at: u32| block.names.get(at as usize).cloned().unwrap_or_else(|| block.judge.clone());
                blocks.push((name(vote.a), name(vote.b), name(vote.judge), vote.p_a, vote.weight));
            }
        });
        blocks.extend(records);
        match (plain, fast) {
            (Ok(plain), Ok(fast)) => {
                let of = |id: &str| plain.pairs.iter().find(|pair| pair.id == id).map(|pair| {
                    (pair.response_a.model.clone().unwrap_or_default(), pair.response_b.model.clone().unwrap_or_default())
                }).unwrap_or_default();
                let expected: Vec<_> = plain.verdicts.iter().map(|v| {
                    let (a, b) = of(&v.pair);
                    (a, b, v.judge.clone(), v.p_a as f32, v.weight as f32)
                }).collect();
                prop_assert_eq!(blocks, expected);
                prop_assert_eq!(fast.rows, plain.summary.rows);
                prop_assert_eq!(fast.dropped, plain.summary.dropped);
            }
            (plain, fast) => prop_assert_eq!(plain.is_err(), fast.is_err(), "{:?}", text),
        }
    }

    /// Whatever is mapped onto whatever file: no panic, and no study where the import fails.
    #[test]
    fn arbitrary_mappings(
        claims in prop::collection::vec("(prompt|system|input|history|response_a|response_b|chosen|rejected|responses|scores|winner|winner\\(x\\)|judge|annotator|criterion|weight|id)=(a|b|c|d\\.e|d\\[0\\]|none|'x'|a > b|c:1=A,2=B|c:0\\.\\.1|c:x=0\\.3|a,b)", 0..5),
        values in prop::collection::vec((any::<Option<u8>>(), "[a-z ]{0,8}", prop::option::of("[AB12]|tie|0\\.5"), -2_i8..3), 1..6),
    ) {
        let text: String = values.iter().map(|(a, b, c, d)| {
            serde_json::json!({ "a": a, "b": b, "c": c, "d": { "e": d }, "f": [a, d] }).to_string() + "\n"
        }).collect();
        let mut mapping = Mapping::default();
        for claim in &claims {
            if let Ok(claim) = claim.parse::<Mapping>() {
                mapping.extend(claim);
            }
        }
        let (folder, paths) = lay(&[("f.jsonl", text.as_bytes())]);
        let options = ReadOptions { mapping, ..ReadOptions::default() };
        let place = folder.path().join("study");
        let done = import(&paths, &options, &place, Onto::New, &mut |_| {});
        prop_assert_eq!(done.is_ok(), place.exists());
        let _ = preview(&paths, &options);
    }
}

#[test]
fn a_record_of_bare_votes_weighs_as_many_as_it_counts() {
    let weights = |text: &str| -> Vec<f64> {
        read_text("votes.csv", text).unwrap().verdicts.iter().map(|verdict| verdict.weight).collect()
    };
    assert_eq!(weights("model_a,model_b,winner,count\nx,y,x,12\nx,y,y,5\ny,z,tie,3\n"), [12.0, 5.0, 3.0]);
    assert_eq!(weights("model_a,model_b,wins_a,wins_b,ties\nx,y,12,5,3\ny,z,0,2,0\n"), [20.0, 2.0]);
    // Where records may be single votes, it is asked.
    let twice = "model_a,model_b,winner,count\nx,y,x,12\nx,y,x,5\ny,z,tie,3\n";
    assert!(read_text("votes.csv", twice).unwrap_err().to_string().contains("number of votes"));
    let all = read_bytes("votes.csv", twice.as_bytes(), &mapped(&["weight=none"])).unwrap();
    assert!(all.verdicts.iter().all(|verdict| verdict.weight == 1.0));
    // A name for anything, or numbers that count the records, are metadata.
    assert_eq!(
        weights("model_a,model_b,winner,n,tstamp\nx,y,x,12,1\nx,y,y,5,2\ny,z,tie,3,3\n"),
        [1.0, 1.0, 1.0]
    );
    assert_eq!(weights("n,model_a,model_b,winner\n1,x,y,x\n2,x,y,y\n3,y,z,tie\n"), [1.0, 1.0, 1.0]);
    assert_eq!(weights("model_a,model_b,wins_a,wins_b,ties,n\nx,y,4,1,0,5\ny,z,3,0,1,4\n"), [5.0, 4.0]);
}

#[test]
fn a_prompt_may_repeat_an_earlier_turn() {
    let line = |turns: &str, prompt: &str| {
        format!(
            r#"{{"messages": [{turns}], "prompt": "{prompt}", "response_a": "yes", "response_b": "no", "winner": "A"}}"#
        )
    };
    let user = |text: &str| format!(r#"{{"role": "user", "content": "{text}"}}"#);
    let model = |text: &str| format!(r#"{{"role": "assistant", "content": "{text}"}}"#);
    let earlier =
        format!("{}, {}, {}, {}", user("go on"), model("One."), user("and then?"), model("Two, yes."));
    // As the last turn of the messages, before a response in them, or not in them.
    for turns in [
        format!("{earlier}, {}", user("go on")),
        format!("{earlier}, {}, {}", user("go on"), model("yes")),
        earlier.clone(),
    ] {
        let all =
            read_text("turns.jsonl", &[line(&turns, "go on"), line(&turns, "go on")].join("\n")).unwrap();
        let said: Vec<&str> = all.pairs[0].prompt.iter().map(|turn| turn.content.as_str()).collect();
        assert_eq!(said, ["go on", "One.", "and then?", "Two, yes.", "go on"], "{turns}");
    }
    // Another answer to the prompt is neither.
    let other = format!("{}, {}", user("go on"), model("A reference."));
    let all = read_text("other.jsonl", &[line(&other, "go on"), line(&other, "go on")].join("\n")).unwrap();
    assert_eq!(all.pairs[0].prompt.len(), 1);
}
