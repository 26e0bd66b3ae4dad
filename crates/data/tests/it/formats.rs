//! Formats that need code, and common ones, each by an invented file; `layouts` has the others.

use std::io::Write;

use predilect_data::{ErrorKind, ReadOptions, Reason};
use predilect_types::{Message, Order, Role, TieKind};
use serde_json::json;

use crate::samples::SAMPLES;
use crate::{All, lay, read_bytes, read_paths, read_text, without_verdicts};

fn sample(format: &str) -> All {
    let (_, name, text) = SAMPLES.iter().find(|(f, _, _)| *f == format).unwrap();
    let all = read_text(name, text).unwrap();
    assert_eq!(all.summary.sources[0].format, format, "{:?}", all.summary.sources);
    assert!(all.summary.sources[0].evidence.contains('`') || format == "bias_bench");
    all
}

#[test]
fn every_sample_is_detected_and_reads_the_same_when_forced() {
    for (format, name, text) in SAMPLES {
        let all = sample(format);
        let options = ReadOptions { format: format.parse().ok(), ..ReadOptions::default() };
        let forced = read_bytes(name, text.as_bytes(), &options).unwrap();
        assert_eq!(
            forced.pairs.iter().map(|p| &p.id).collect::<Vec<_>>(),
            all.pairs.iter().map(|p| &p.id).collect::<Vec<_>>()
        );
        assert_eq!(forced.verdicts, all.verdicts);
    }
}

#[test]
fn pairs() {
    let all = sample("pairs");
    assert_eq!(all.calls(), [("j", 0.25), ("k", 0.5), ("j", 0.0)]);
    assert_eq!((all.verdicts[0].order, all.verdicts[0].weight), (Order::Ab, 2.0));
    assert_eq!(all.verdicts[0].receipt, Some(json!({"raw": "B"})));
    assert_eq!(all.verdicts[1].tie, Some(TieKind::Tie));
    assert_eq!(all.pairs[0].metadata["prompt_id"], json!(7));
    assert_eq!(all.pairs[1].id, "two");
    assert_eq!(all.pairs[1].metadata["k"], json!(1));
    assert_eq!(all.pairs[1].scenario.as_deref(), Some("s"));
    assert!(all.pairs[2].identical());
    assert_eq!(all.pairs[2].provenance.record, 3);
}

#[test]
fn pairs_read_the_flat_form_of_arena_votes() {
    let text = r#"{"model_a": "m", "model_b": "n", "winner": "tie (bothbad)", "scenario": "s", "prompt": "q", "response_a": "x", "response_b": "y"}"#;
    let all = read_text("flat.jsonl", text).unwrap();
    assert_eq!(all.calls(), [("human", 0.5)]);
    assert_eq!(all.verdicts[0].tie, Some(TieKind::BothBad));
}

#[test]
fn pairs_as_a_table() {
    let text = "prompt,response_a,response_b,verdicts,judge,p_a,metadata\n\
        q,x,y,\"[{\"\"judge\"\": \"\"j\"\", \"\"p_a\"\": 1}]\",,,\"{\"\"k\"\": 2}\"\n\
        \"[{\"\"role\"\": \"\"user\"\", \"\"content\"\": \"\"q\"\"}]\",x,z,,k,0.5,\n";
    let all = read_text("table.csv", text).unwrap();
    assert_eq!(all.calls(), [("j", 1.0), ("k", 0.5)]);
    assert_eq!(all.pairs[0].metadata["k"], json!(2));
    assert_eq!(all.pairs[1].prompt, [Message::user("q")]);
    assert_eq!(all.pairs[1].response_b.text(), "z");
    // An empty cell is a missing response, an empty text of JSON is a response without words.
    let error = read_text("table.csv", &text.replace(",x,z,", ",x,,")).unwrap_err();
    assert_eq!(
        (error.kind(), error.field()),
        (ErrorKind::Row(Reason::MissingField), Some("response_b")),
        "{error}"
    );
    let record = r#"{"prompt": "q", "response_a": "x", "response_b": "", "judge": "k", "p_a": 1}"#;
    assert_eq!(read_text("record.jsonl", record).unwrap().pairs[0].response_b.text(), "");
}

#[test]
fn arena() {
    let all = sample("arena");
    assert_eq!(all.calls(), [("human", 0.5), ("human", 0.0)]);
    assert_eq!((all.verdicts[0].tie, all.verdicts[0].order), (Some(TieKind::BothBad), Order::Ab));
    // Who voted is kept with the judge that all voters together are.
    let voters: Vec<_> = all.verdicts.iter().map(|v| v.annotator.as_deref()).collect();
    assert_eq!(voters, [Some("arena_user_9"), None]);
    assert_eq!(all.pairs[0].id, "r1");
    assert_eq!((all.pairs[0].prompt.len(), all.pairs[0].response_a.messages.len()), (1, 3));
    assert_eq!(all.pairs[1].prompt_text(), "q\n[image]");
    assert_eq!(all.pairs[1].language.as_deref(), Some("German"));
}

#[test]
fn alpaca_eval() {
    let all = sample("alpaca_eval");
    assert_eq!(all.calls(), [("gpt", 0.25), ("gpt", 0.5)]);
    assert_eq!(all.verdicts[1].tie, Some(TieKind::Tie));
    assert_eq!(
        all.verdicts[0].receipt,
        Some(json!({"price_per_example": 0.1, "raw_completion": {"t": "m"}}))
    );
    assert_eq!((all.pairs.len(), all.dropped("verdict missing or not parsed")), (3, 1));
    assert_eq!(all.pairs[0].metadata["dataset"], json!("d"));
}

#[test]
fn alpaca_eval_outputs_become_pairs_of_models() {
    let outputs = |model: &str| {
        format!(r#"[{{"instruction": "q", "output": "{model} says", "generator": "{model}"}}]"#)
    };
    let (m, n) = (outputs("m"), outputs("n"));
    let (_folder, paths) = lay(&[("m.json", m.as_bytes()), ("n.json", n.as_bytes())]);
    let error = read_paths(&paths, &ReadOptions::default()).unwrap_err();
    assert!(error.to_string().contains("no verdict"), "{error}");
    assert!(error.remedy().unwrap().to_string().contains("without verdicts"), "{error}");
    let all = read_paths(&paths, &without_verdicts()).unwrap();
    assert_eq!((all.pairs.len(), all.verdicts.len()), (1, 0));
    assert_eq!(all.pairs[0].response_b.text(), "n says");
}

#[test]
fn a_pair_that_two_files_annotate_is_one_pair() {
    let annotation = |annotator: &str| {
        format!(
            r#"[{{"instruction": "q", "output_1": "x", "output_2": "y", "annotator": "{annotator}", "preference": 2.0}}]"#
        )
    };
    let (g, h) = (annotation("g"), annotation("h"));
    let again = h.replace("2.0", "2");
    let (_folder, paths) =
        lay(&[("a.json", g.as_bytes()), ("b.json", h.as_bytes()), ("c.json", again.as_bytes())]);
    let all = read_paths(&paths, &ReadOptions::default()).unwrap();
    // Whoever says the same in two files has said it twice.
    assert_eq!(all.calls(), [("g", 0.0), ("h", 0.0), ("h", 0.0)]);
    assert_eq!(all.pairs.len(), 1);
    assert_eq!(all.summary.merged, [("further record on a pair already read".to_owned(), 2)].into());
    assert!(all.summary.dropped.is_empty(), "{:?}", all.summary.dropped);
}

#[test]
fn a_file_that_is_given_twice_is_read_once_and_named() {
    let (_, name, text) = SAMPLES.iter().find(|(f, _, _)| *f == "llm_bar").unwrap();
    let (folder, paths) = lay(&[(name, text.as_bytes())]);
    let one = read_paths(&paths, &ReadOptions::default()).unwrap();
    for again in [paths[0].clone(), folder.path().join(".").join(name)] {
        let all = read_paths(&[paths[0].clone(), again], &ReadOptions::default()).unwrap();
        assert_eq!((all.verdicts, all.summary.rows), (one.verdicts.clone(), one.summary.rows));
        let left_out: Vec<_> = all.summary.sources.iter().filter(|s| s.format == "skipped").collect();
        assert!(left_out.len() == 1 && left_out[0].evidence.contains("given twice"), "{left_out:?}");
    }
}

#[test]
fn chosen_lands_on_either_side() {
    let all = sample("reward_bench");
    assert_eq!(all.pairs.len(), 4);
    for (pair, verdict) in all.pairs.iter().zip(&all.verdicts) {
        let chosen = if verdict.p_a == 1.0 { &pair.response_a } else { &pair.response_b };
        assert_eq!(chosen.text(), "x");
        assert_eq!(pair.metadata["swapped"], json!(verdict.p_a == 0.0));
        assert_eq!((pair.scenario.as_deref(), verdict.judge.as_str()), (Some("s"), "gold"));
    }
    let text: String = (0..200)
        .map(|i| format!("{{\"prompt\": \"{i}\", \"chosen\": \"x\", \"rejected\": \"y\"}}\n"))
        .collect();
    let first = read_text("t.jsonl", &text).unwrap().verdicts.iter().filter(|v| v.p_a == 1.0).count();
    // Half of 200 within four standard deviations (7.07 each).
    assert!((72..=128).contains(&first), "{first}");
}

#[test]
fn hh_rlhf_ultrafeedback_and_trl() {
    let all = sample("hh_rlhf");
    assert_eq!(all.pairs[0].prompt, [Message::user("q"), Message::assistant("x"), Message::user("r")]);
    assert_eq!(all.verdicts[0].judge, "human");
    let all = sample("ultrafeedback");
    assert_eq!(all.verdicts[0].tie, Some(TieKind::Tie));
    assert_eq!(all.verdicts[1].receipt, Some(json!({"score_chosen": 9, "score_rejected": 2})));
    assert_eq!(all.pairs[0].prompt, [Message::user("q")]);
    let all = sample("trl");
    // Two conversations begin with their prompt; two texts that begin alike do not.
    assert_eq!(all.pairs[1].prompt, [Message::user("q")]);
    let mut second = [all.pairs[1].response_a.text(), all.pairs[1].response_b.text()];
    second.sort_unstable();
    assert_eq!(second, ["x2", "y2"]);
    assert_eq!(all.pairs[2].prompt, [Message::user("q")]);
    let alike = "{\"chosen\": \"The sky is blue.\", \"rejected\": \"The sky is green.\"}\n";
    let error = read_text("alike.jsonl", alike).unwrap_err();
    assert_eq!(
        (error.kind(), error.field()),
        (ErrorKind::Row(Reason::MissingField), Some("prompt")),
        "{error}"
    );
    assert!(error.remedy().unwrap().to_string().contains("map prompt=none"), "{error}");
    let unpaired = "{\"prompt\": \"q\", \"completion\": \"x\", \"label\": true}\n{\"prompt\": \"q\", \"completion\": \"y\", \"label\": false}\n\
        {\"prompt\": \"q\", \"completion\": \"z\", \"label\": false}\n{\"prompt\": \"r\", \"completion\": \"z\", \"label\": true}\n";
    let all = read_text("kto.jsonl", unpaired).unwrap();
    assert_eq!((all.pairs.len(), all.dropped("completion without a counterpart")), (1, 2));
}

#[test]
fn annotated_pairs() {
    let all = sample("annotated_pairs");
    assert_eq!(all.calls(), [("Ann", 1.0), ("bot", 0.5)]);
    assert_eq!(all.verdicts[0].receipt, Some(json!({"type": "human"})));
    assert_eq!(all.verdicts[1].tie, Some(TieKind::Tie));
    assert_eq!(all.dropped("verdict missing or not parsed"), 1);
    let table = "text_a,text_b,preferred_text,input,model_a,model_b\nx,y,text_b,q,m,n\n";
    assert_eq!(read_text("ap.csv", table).unwrap().calls(), [("unnamed", 0.0)]);
}

#[test]
fn mt_bench() {
    let all = sample("mt_bench");
    assert_eq!(all.calls(), [("expert_1", 1.0)]);
    assert_eq!(all.pairs[0].response_a.messages, [Message::assistant("a1")]);
    let question = r#"{"question_id": 81, "category": "writing", "turns": ["q", "r"]}"#;
    let answer = |model: &str| {
        format!(
            r#"{{"question_id": 81, "answer_id": "x", "model_id": "{model}", "choices": [{{"index": 0, "turns": ["{model}1", "{model}2"]}}], "tstamp": 1}}"#
        )
    };
    let (m, n) = (answer("m"), answer("n"));
    let pair = r#"{"question_id": 81, "model_1": "n", "model_2": "m", "g1_winner": "model_1", "g2_winner": "error", "judge": ["gpt-4", "pair-v2"], "g1_user_prompt": "", "g1_judgment": "", "turn": 2}"#;
    let single = "{\"question_id\": 81, \"model\": \"m\", \"judge\": [\"gpt-4\", \"single-v1\"], \"user_prompt\": \"\", \"judgment\": \"\", \"score\": 8, \"turn\": 1}\n{\"question_id\": 81, \"model\": \"n\", \"judge\": [\"gpt-4\", \"single-v1\"], \"user_prompt\": \"\", \"judgment\": \"\", \"score\": 9.5, \"turn\": 1}\n";
    let (_folder, paths) = lay(&[
        ("pair.jsonl", pair.as_bytes()),
        ("single.jsonl", single.as_bytes()),
        ("m.jsonl", m.as_bytes()),
        ("n.jsonl", n.as_bytes()),
        ("question.jsonl", question.as_bytes()),
    ]);
    let all = read_paths(&paths, &ReadOptions::default()).unwrap();
    assert_eq!(all.calls(), [("gpt-4", 1.0), ("gpt-4", 0.0)]);
    assert_eq!(all.verdicts[0].order, Order::Ab);
    assert_eq!(all.pairs[0].response_a.messages.len(), 3);
    assert_eq!(all.pairs[0].scenario.as_deref(), Some("writing"));
    assert_eq!(all.pairs[1].response_a.messages, [Message::assistant("m1")]);
    let none = read_paths(&paths[..1], &ReadOptions::default()).unwrap_err();
    assert!(none.remedy().unwrap().to_string().contains("answers of two models"), "{none}");
}

#[test]
fn arena_hard() {
    let question = r#"{"uid": "u", "category": "arena-hard-v0.1", "cluster": "Puzzles", "prompt": "q"}"#;
    let answer = |model: &str| {
        format!(
            r#"{{"uid": "u", "ans_id": "x", "model": "{model}", "messages": [{{"role": "user", "content": "q"}}, {{"role": "assistant", "content": {{"answer": "{model} says"}}}}], "tstamp": 1}}"#
        )
    };
    let (m, n) = (answer("base"), answer("new"));
    let judgment = r#"{"uid": "u", "model": "new", "judge": "gpt", "baseline": "base", "games": [{"score": "B>>A", "judgment": "", "prompt": ""}, {"score": "B>A", "judgment": "", "prompt": ""}]}"#;
    let files = [
        ("a.jsonl", m.as_bytes()),
        ("b.jsonl", n.as_bytes()),
        ("q.jsonl", question.as_bytes()),
        ("j.jsonl", judgment.as_bytes()),
    ];
    let (_folder, paths) = lay(&files);
    let all = read_paths(&paths, &ReadOptions::default()).unwrap();
    // Game 1: B (new) wins three times over; game 2, swapped: B (base) wins once.
    assert_eq!(all.calls(), [("gpt", 0.25)]);
    assert_eq!((all.verdicts[0].order, all.pairs[0].scenario.as_deref()), (Order::Both, Some("Puzzles")));
    let error = read_paths(&paths[..3], &ReadOptions::default()).unwrap_err();
    assert!(error.remedy().unwrap().to_string().contains("without verdicts"), "{error}");
    let all = read_paths(&paths[..3], &without_verdicts()).unwrap();
    assert_eq!((all.pairs.len(), all.verdicts.len()), (1, 0));
}

#[test]
fn judge_bench() {
    let all = sample("judge_bench");
    // The second decision was made on swapped responses: A>B there is B>A here.
    assert_eq!(all.calls(), [("gold", 1.0), ("j", 0.5)]);
    assert_eq!((all.verdicts[1].order, all.verdicts[1].tie), (Order::Both, None));
    assert_eq!(all.pairs[0].id, "p");
}

#[test]
fn panda_lm_with_its_results_first() {
    let all = sample("panda_lm");
    assert_eq!(all.calls(), [("annotator1", 1.0), ("annotator2", 0.0), ("annotator3", 0.5)]);
    assert_eq!(all.pairs[0].prompt_text(), "i\n\nin");
    assert_eq!(all.pairs[0].response_b.model.as_deref(), Some("n"));
    let (_, name, text) = SAMPLES.iter().find(|(f, _, _)| *f == "panda_lm").unwrap();
    let results = r#"[{"idx": 0, "gpt_result": "Tie", "gpt_reason": "r"}, {"idx": 0, "gpt_result": "garbage"}, {"idx": 5, "gpt_result": "1"}]"#;
    let (_folder, paths) = lay(&[("a.json", results.as_bytes()), (name, text.as_bytes())]);
    let all = read_paths(&paths, &ReadOptions::default()).unwrap();
    assert_eq!(all.calls().last(), Some(&("gpt", 0.5)));
    assert_eq!((all.dropped("verdict without a pair"), all.dropped("verdict missing or not parsed")), (1, 1));
    let alone = read_paths(&paths[..1], &ReadOptions::default()).unwrap_err();
    assert!(alone.remedy().unwrap().to_string().contains("name the file with their pairs"), "{alone}");
}

#[test]
fn bias_bench_and_llm_bar_and_auto_j() {
    let all = sample("bias_bench");
    assert_eq!(all.calls(), [("gold", 1.0), ("gold", 0.0)]);
    assert_eq!(all.pairs[1].scenario.as_deref(), Some("other"));
    let all = sample("llm_bar");
    assert_eq!(all.calls(), [("gold", 0.0), ("GPT-9_Plain", 0.5), ("gold", 1.0), ("GPT-9_Plain", 1.0)]);
    assert_eq!((all.verdicts[1].order, all.verdicts[3].order), (Order::Both, Order::Ba));
    let all = sample("auto_j");
    assert_eq!(all.calls(), [("human", 1.0), ("human", 0.5), ("human", 0.0)]);
    // 0 and 2 without any 1 may be A and a tie, or the two sides as another file numbers them.
    let (_, name, text) = SAMPLES.iter().find(|(f, _, _)| *f == "auto_j").unwrap();
    let two_values: String = text.lines().take(2).map(|line| format!("{line}\n")).collect();
    let error = read_text(name, &two_values).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input, "{error}");
    assert!(error.to_string().contains("`label`"), "{error}");
    let remedy = error.remedy().unwrap().to_string();
    assert!(remedy.contains("map winner=label:0=A,1=B or map winner=label:1=A,2=B,0=tie"), "{remedy}");
}

#[test]
fn preference_dissection() {
    let all = sample("preference_dissection");
    assert_eq!(all.verdicts.len(), 2);
    assert_eq!(all.pairs[0].scenario.as_deref(), Some("Code"));
    let rating =
        |id: &str| all.ratings.iter().find(|r| r.property == id).map(|r| (r.annotator.as_str(), r.a, r.b));
    assert_eq!(rating("friendly"), Some(("gpt-4-turbo", Some(2.0), Some(1.0))));
    assert_eq!(rating("non_repetitive"), Some(("gpt-4-turbo", Some(2.0), Some(3.0))));
    assert_eq!(rating("no_severe_errors"), Some(("gpt-4-turbo", Some(1.0), None)));
    assert_eq!(rating("satisfies_constraints"), Some(("gpt-4-turbo", Some(1.5), Some(3.0))));
    assert_eq!(rating("length"), Some(("file", Some(10.0), Some(20.0))));
    assert_eq!(all.dropped("rating of an unknown property or type"), 1);
}

#[test]
fn votes_and_wide() {
    let all = sample("votes");
    assert_eq!(all.calls(), [("human", 1.0), ("human", 0.5), ("human", 0.0)]);
    assert_eq!((all.verdicts[0].weight, all.pairs[0].id.as_str()), (2.0, "votes-1"));
    assert!(all.pairs[0].prompt.is_empty());
    let voters: Vec<_> = all.verdicts.iter().map(|v| v.annotator.as_deref()).collect();
    assert_eq!(voters, [Some("7"), Some("8"), Some("9")]);
    let all = sample("wide");
    let used = |column: &str| {
        let found = all.summary.sources[0].columns.iter().find(|c| c.column == column);
        found.map(|c| c.used_as.as_str())
    };
    assert_eq!((used("question"), used("preference")), (Some("prompt"), Some("verdict")));
    assert_eq!((used("small"), used("category_labels")), (Some("response of small"), Some("scenario")));
    assert_eq!(all.calls(), [("human", 0.0), ("human", 1.0), ("human", 0.5)]);
    assert_eq!(all.pairs[0].response_a.messages[0].role, Role::Assistant);
    assert_eq!(all.pairs[0].response_a.text(), "line 1\nline 2");
    assert_eq!(all.pairs[0].response_b.model.as_deref(), Some("big"));
    assert_eq!(all.pairs[0].scenario.as_deref(), Some("Coding"));
}

#[test]
fn models_are_called_by_their_names_and_not_by_their_numbers() {
    let rows = "0,8,97,98,58,tie,m,n\n0,8,97,98,83,right,m,n\n1,8,98,99,58,left,n,o\n";
    let headers = [
        "id,prompt,model_x,model_y,worker,winner,left,right",
        "id,prompt,model_1,model_2,worker,preference,left,right",
        "id,prompt,model_a_id,model_b_id,worker,preference,model_a_name,model_b_name",
    ];
    for header in headers {
        let all = read_text("crowd.csv", &format!("{header}\n{rows}")).unwrap();
        let models =
            |at: usize| [&all.pairs[at].response_a, &all.pairs[at].response_b].map(|r| r.model.as_deref());
        assert_eq!((models(0), models(1)), ([Some("m"), Some("n")], [Some("n"), Some("o")]), "{header}");
        assert_eq!(all.calls(), [("human", 0.5), ("human", 0.0), ("human", 1.0)], "{header}");
        let voters: Vec<_> = all.verdicts.iter().map(|v| v.annotator.as_deref()).collect();
        assert_eq!(voters, [Some("58"), Some("83"), Some("58")], "{header}");
        assert_eq!(all.pairs[0].metadata[header.split(',').nth(2).unwrap()], json!("97"));
    }
    // What goes with no one number may be anything.
    let text = format!("{}\n{}", headers[1], rows.replace("right,m,n", "right,n,m"));
    let all = read_text("crowd.csv", &text).unwrap();
    assert_eq!(all.pairs[0].response_a.model.as_deref(), Some("97"));
}

#[test]
fn short_answers_on_the_left_and_right_are_not_names_of_models() {
    let text =
        "prompt,left,right,winner\nhow many,four,five,left\nwhich sea,the Barents Sea,a bathtub,left\n";
    for text in [text.to_owned(), text.replace("winner", "preference")] {
        let all = read_text("answers.csv", &text).unwrap();
        let sides: Vec<_> =
            all.pairs.iter().map(|p| [p.prompt_text(), p.response_a.text(), p.response_b.text()]).collect();
        assert_eq!(sides, [["how many", "four", "five"], ["which sea", "the Barents Sea", "a bathtub"]]);
        assert_eq!((all.pairs[0].response_a.model.as_deref(), all.calls()[0].1), (None, 1.0));
    }
    let names = "prompt,left,right,winner\nhow many,m,n,left\nwhich sea,n,m,left\n";
    let all = read_text("votes.csv", names).unwrap();
    assert_eq!((all.calls().len(), all.pairs[1].response_a.model.as_deref()), (2, Some("n")));
}

#[test]
fn a_pair_shown_the_other_way_round_is_one_pair() {
    let record = |a: &str, b: &str, label: u8, straight: &str, swapped: &str| {
        format!(
            r#"[{{"input": "i", "output_1": "{a}", "output_2": "{b}", "label": {label}, "results": [{{"swap = False": {{"winner": "{straight}"}}, "swap = True": {{"winner": "{swapped}"}}}}]}}]"#
        )
    };
    // The second file's judge prefers whatever comes first; the third's says nothing where `y` comes second.
    let (one, two) = (record("x", "y", 1, "1", "1"), record("y", "x", 2, "1", "2"));
    let three = record("y", "x", 2, "2", "none").replace("\"none\"", "null");
    let (_folder, paths) =
        lay(&[("one.json", one.as_bytes()), ("two.json", two.as_bytes()), ("three.json", three.as_bytes())]);
    let all = read_paths(&paths, &ReadOptions::default()).unwrap();
    assert_eq!((all.pairs.len(), &*all.pairs[0].response_a.text()), (1, "x"));
    assert_eq!(all.calls(), [("gold", 1.0), ("one", 1.0), ("two", 0.5), ("three", 1.0)]);
    let orders = |at: usize| &all.verdicts[at].receipt.as_ref().unwrap()["orders"];
    assert_eq!((orders(1), orders(2)), (&json!({"ab": 1.0, "ba": 1.0}), &json!({"ab": 1.0, "ba": 0.0})));
    assert_eq!((orders(3), all.verdicts[3].order), (&json!({"ab": null, "ba": 1.0}), Order::Ba));
    assert_eq!(all.dropped("right answer given again"), 2);
}

#[test]
fn compressed_files_read_the_same_whatever_their_name() {
    let (_, _, text) = SAMPLES[0];
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    let zst = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let plain = read_text("p.jsonl", text).unwrap();
    for (name, bytes) in [("p.jsonl.gz", gz.finish().unwrap()), ("p.jsonl.zst", zst.clone()), ("p.bin", zst)]
    {
        let all = read_bytes(name, &bytes, &ReadOptions::default()).unwrap();
        assert_eq!(all.verdicts, plain.verdicts, "{name}");
    }
}

#[test]
fn a_folder_is_read_in_order_and_names_what_it_leaves_out() {
    let record = |q: &str| {
        format!(
            "{{\"prompt\": \"{q}\", \"response_a\": \"x\", \"response_b\": \"y\", \"preferred\": \"a\"}}\n"
        )
    };
    let (one, two) = (record("1"), record("2"));
    let (folder, _) = lay(&[
        ("b/two.jsonl", two.as_bytes()),
        ("a.jsonl", one.as_bytes()),
        ("README.md", b"# read me"),
        ("board.csv", b"model,score\nm,1\n"),
        ("empty.json", b""),
    ]);
    let all = read_paths(&[folder.path().to_owned()], &ReadOptions::default()).unwrap();
    assert_eq!(all.pairs.iter().map(|p| p.prompt_text()).collect::<Vec<_>>(), ["1", "2"]);
    let skipped: Vec<_> = all.summary.sources.iter().filter(|s| s.format == "skipped").collect();
    assert_eq!(skipped.len(), 3, "{skipped:?}");
}

#[test]
fn a_damaged_file_of_a_folder_stops_or_is_counted() {
    let record = "{\"prompt\": \"q\", \"response_a\": \"x\", \"response_b\": \"y\", \"preferred\": \"a\"}\n";
    let whole = crate::study::small_parquet();
    for (name, bytes) in [
        ("cut.parquet", &whole[..whole.len() / 2]),
        ("utf16.jsonl", b"\xff\xfe{\0\"\0".as_slice()),
        ("torn.json", b"[{\"prompt\": \"q\", \"respon".as_slice()),
    ] {
        let (folder, _) = lay(&[("a.jsonl", record.as_bytes()), (name, bytes)]);
        let error =
            read_paths(&[folder.path().to_owned()], &ReadOptions::default()).map(|_| ()).expect_err(name);
        assert!(error.to_string().contains(name), "{error}");
        let options = ReadOptions { on_bad_row: predilect_data::OnBadRow::Skip, ..ReadOptions::default() };
        let all = read_paths(&[folder.path().to_owned()], &options).unwrap();
        assert_eq!(all.summary.dropped.get("file that cannot be read"), Some(&1), "{name}");
        assert_eq!(all.pairs.len(), 1, "{name}");
    }
}

#[test]
fn a_first_record_larger_than_the_prefix_is_recognised() {
    let long = "word ".repeat(300_000);
    let record = format!(
        "{{\"response_a\": \"{long}\", \"response_b\": \"y\", \"prompt\": \"q\", \"preferred\": \"a\"}}\n"
    );
    let all = read_bytes("x.jsonl", record.repeat(2).as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!((all.summary.rows, all.pairs.len()), (2, 1));
    let huge = format!("{{\"other\": \"{}\"", "x".repeat(17 << 20));
    let error = read_bytes("x.jsonl", huge.as_bytes(), &ReadOptions::default()).err().unwrap();
    assert!(error.to_string().contains("line 1") || error.to_string().contains("cut short"), "{error}");
}

#[test]
fn a_limit_ends_the_reading_and_a_name_is_given_to_unnamed_judges() {
    let text: String = (0..50).map(|i| format!("{{\"prompt\": \"{i}\", \"response_a\": \"x\", \"response_b\": \"y\", \"preferred\": \"a\"}}\n")).collect();
    let options = ReadOptions { limit: Some(7), judge: Some("me".to_owned()), ..ReadOptions::default() };
    let all = read_bytes("x.jsonl", text.as_bytes(), &options).unwrap();
    assert_eq!((all.pairs.len(), all.verdicts.len(), all.summary.rows), (7, 7, 7));
    assert_eq!(all.verdicts[0].judge, "me");
}

#[test]
fn ids_that_files_count_from_0_are_told_apart() {
    let record = |q: &str| {
        format!("{{\"id\": 0, \"prompt\": \"{q}\", \"response_a\": \"x\", \"response_b\": \"y\"}}\n")
    };
    let (one, two) = (record("q 1"), record("q 2"));
    let (_folder, paths) = lay(&[("one.jsonl", one.as_bytes()), ("two.jsonl", two.as_bytes())]);
    let all = read_paths(&paths, &without_verdicts()).unwrap();
    assert_eq!(all.pairs.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["0", "two:0"]);
}
