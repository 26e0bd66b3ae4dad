//! What may be read in two ways stops, even where it shows late; what is clear is read; what the file itself discards is reported.

use std::fmt::Write as _;

use crate::recipes::mapped;
use crate::{read_bytes, read_text};

/// A column with the two values that its cells have.
type Cells = (&'static str, [&'static str; 2]);
/// A judge with its verdicts on four pairs.
type Said = (&'static str, [f64; 4]);

/// The models of all pairs.
const MODELS: [Cells; 2] = [("model_a", ["m1", "m1"]), ("model_b", ["m2", "m2"])];

/// Who judged, by name.
const JUDGE: Cells = ("judge", ["gpt-4o", "gpt-4o"]);

/// A table of four pairs with these further columns; of each `1` or `2` says which of two values a row has.
fn pairs_with(columns: &[Cells]) -> String {
    let mut text = format!(
        "prompt,response_a,response_b,{}\n",
        columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",")
    );
    for (row, side) in [0, 1, 1, 0].into_iter().enumerate() {
        let cells: Vec<&str> = columns.iter().map(|(_, values)| values[side]).collect();
        let _ = writeln!(text, "what is {row}?,an answer to {row},a reply to {row},{}", cells.join(","));
    }
    text
}

#[test]
fn what_may_be_read_in_two_ways_stops() {
    let refused: &[(&[Cells], &str)] = &[
        // The column names the worse one.
        (&[("less_preferred", ["A", "B"])], "lost"),
        (&[("downvoted", ["A", "B"])], "lost"),
        (&[("which_more_toxic", ["A", "B"])], "lost"),
        (&[("which_hallucinates_more", ["A", "B"])], "lost"),
        // Numbers of which less may be better.
        (&[("toxicity_score_a", ["1", "2"]), ("toxicity_score_b", ["2", "1"])], "larger"),
        (&[("error_rate_a", ["1", "2"]), ("error_rate_b", ["2", "1"])], "larger"),
        (&[("zap_score_a", ["1", "2"]), ("zap_score_b", ["2", "1"])], "larger"),
        (&[("model_a_rank", ["3", "17"]), ("model_b_rank", ["7", "1"])], "larger"),
        // A code, whatever accompanies it.
        (&[("label", ["0", "1"]), ("prob_a", ["0.2", "0.9"])], "`label`"),
        (&[("label", ["0", "1"]), ("which_is_gpt4", ["A", "B"])], "`label`"),
        // Shown the other way round.
        (&[("winner", ["A", "B"]), ("order", ["AB", "BA"])], "`order`"),
        (&[("winner", ["A", "B"]), ("order", ["A;B", "B;A"])], "`order`"),
        (&[("winner", ["A", "B"]), ("model_order_swapped", ["0", "1"])], "model_order_swapped"),
        (&[("winner", ["A", "B"]), ("shuffle", ["0", "1"])], "`shuffle`"),
        (&[("winner", ["A", "B"]), ("randomized", ["original", "reversed"])], "`randomized`"),
        (&[("winner", ["A", "B"]), ("key", ["AB", "BA"])], "`key`"),
        (&[("winner", ["A", "B"]), ("game", ["1", "2"])], "`game`"),
        (&[("winner", ["A", "B"]), ("model_a_first", ["true", "false"])], "`model_a_first`"),
        (&[("winner", ["A", "B"]), ("model_a_position", ["A", "B"])], "`model_a_position`"),
        (&[("winner", ["A", "B"]), ("position_a", ["0", "1"]), ("position_b", ["1", "0"])], "`position_a`"),
        (
            &[
                ("winner", ["A", "B"]),
                ("assignment", ["\"A=m1,B=m2\"", "\"A=m2,B=m1\""]),
                MODELS[0],
                MODELS[1],
            ],
            "`assignment`",
        ),
        (&[("winner", ["A", "B"]), ("A_model", ["m1", "m2"]), MODELS[0], MODELS[1]], "`A_model`"),
        (&[("winner", ["left", "right"]), ("left_is", ["A", "B"])], "left_is"),
        (&[("initial_choice", ["A", "B"]), ("final_choice", ["B", "A"])], "may both say"),
        (&[("winner_ab", ["A", "B"]), ("winner_ba", ["B", "A"])], "two orders"),
        // A label that somebody gave, and what the named judge itself said.
        (&[("winner", ["A", "B"]), JUDGE, ("predicted_winner", ["B", "A"])], "`predicted_winner`"),
        (&[("winner", ["A", "B"]), JUDGE, ("parsed", ["B", "A"])], "`parsed`"),
        (&[("winner", ["A", "B"]), JUDGE, ("judge_winner", ["B", "A"])], "`judge_winner`"),
        (&[("winner", ["A", "B"]), JUDGE, ("judge_raw", ["response_b", "response_a"])], "`judge_raw`"),
        (&[("winner", ["A", "B"]), JUDGE, ("output", ["Shorter: [[B]]", "I say [[A]]"])], "`output`"),
        (&[("winner", ["A", "B"]), JUDGE, ("model_prediction", ["2", "1"])], "`model_prediction`"),
        (&[("gold", ["A", "B"]), JUDGE, ("correct", ["0", "1"])], "`correct`"),
        (&[("winner", ["A", "B"]), ("perm", ["\"[0, 1]\"", "\"[1, 0]\""])], "`perm`"),
        (&[("winner", ["A", "B"]), ("seq", ["1-2", "2-1"])], "`seq`"),
        (&[("winner", ["A", "B"]), ("is_inverse", ["true", "false"])], "`is_inverse`"),
        (&[("judgment_1", ["A", "B"]), ("judgment_2", ["B", "A"]), JUDGE], "two orders"),
        // A key to who wrote which.
        (&[("gpt4", ["A", "B"]), ("claude", ["B", "A"])], "something else"),
        (
            &[("handedness", ["left", "right"]), ("first_seen", ["A", "B"]), ("human_written", ["A", "B"])],
            "verdict",
        ),
    ];
    for (columns, said) in refused {
        let text = pairs_with(columns);
        match read_text("doubt.csv", &text) {
            Ok(all) => panic!("{columns:?} was read: {:?}", all.calls()),
            Err(error) => assert!(error.to_string().contains(said), "{columns:?}: {error}"),
        }
    }
}

#[test]
fn what_can_be_read_in_one_way_is_read() {
    let a_then_b = [1.0, 0.0, 0.0, 1.0];
    let read: &[(&[Cells], &[Said])] = &[
        (&[("better_than_b", ["true", "false"])], &[("unnamed", a_then_b)]),
        (&[("loser", ["B", "A"])], &[("unnamed", a_then_b)]),
        (&[("not_better", ["B", "A"])], &[("unnamed", a_then_b)]),
        (&[("least_toxic", ["A", "B"]), ("winner", ["A", "B"])], &[("unnamed", a_then_b)]),
        (
            &[
                ("helpfulness_score_a", ["2", "1"]),
                ("helpfulness_score_b", ["1", "2"]),
                ("toxicity_score_a", ["9", "1"]),
                ("toxicity_score_b", ["1", "9"]),
            ],
            &[("unnamed (helpfulness)", a_then_b)],
        ),
        (
            &[
                ("human_score_a", ["2", "1"]),
                ("human_score_b", ["1", "2"]),
                ("judge_score_a", ["1", "2"]),
                ("judge_score_b", ["2", "1"]),
            ],
            &[("human", a_then_b), ("judge", [0.0, 1.0, 1.0, 0.0])],
        ),
        (
            &[("preferred_response", ["A", "B"]), ("dispreferred_response", ["B", "A"])],
            &[("unnamed", a_then_b)],
        ),
        (&[("winner", ["A", "B"]), ("tie", ["0", "1"])], &[("unnamed", [1.0, 0.5, 0.5, 1.0])]),
        (
            &[("human_1", ["A", "B"]), ("human_2", ["A", "B"]), ("judge", ["B", "A"])],
            &[("human_1", a_then_b), ("human_2", a_then_b), ("judge", [0.0, 1.0, 1.0, 0.0])],
        ),
        // What never says that the two were shown the other way round.
        (&[("winner", ["A", "B"]), ("game", ["2", "3"])], &[("unnamed", a_then_b)]),
        (&[("winner", ["A", "B"]), ("degree", ["BA", "BA"])], &[("unnamed", a_then_b)]),
        (
            &[("winner", ["A", "B"]), ("first_model", ["m1", "m1"]), MODELS[0], MODELS[1]],
            &[("human", a_then_b)],
        ),
        // The names of models say who won whatever was shown first.
        (
            &[("winner", ["m1", "m2"]), ("first_model", ["m1", "m2"]), MODELS[0], MODELS[1]],
            &[("human", a_then_b)],
        ),
        // Other judges in addition to the one that is called the winner.
        (
            &[("winner", ["A", "B"]), ("gpt4_verdict", ["B", "A"])],
            &[("unnamed", a_then_b), ("gpt4", [0.0, 1.0, 1.0, 0.0])],
        ),
        (
            &[("human_label", ["A", "B"]), ("llm_label", ["A", "B"])],
            &[("human", a_then_b), ("llm", a_then_b)],
        ),
        // A model's verdict is not the annotator's who is named beside it.
        (&[("annotator", ["w1", "w1"]), ("gpt4_winner", ["A", "B"])], &[("gpt4", a_then_b)]),
        (
            &[("annotator", ["w1", "w1"]), ("winner", ["A", "B"]), ("gpt4_winner", ["B", "A"])],
            &[("human", a_then_b), ("gpt4", [0.0, 1.0, 1.0, 0.0])],
        ),
        // Beside a named judge, what says where a response stood or how long it is calls nothing.
        (&[("winner", ["A", "B"]), JUDGE, ("longer", ["B", "A"])], &[("gpt-4o", a_then_b)]),
        (&[("winner", ["A", "B"]), JUDGE, ("parsed", ["A", "B"])], &[("gpt-4o", a_then_b)]),
        (
            &[("anna_winner", ["A", "B"]), ("ben_winner", ["A", "B"])],
            &[("anna", a_then_b), ("ben", a_then_b)],
        ),
        (
            &[("helpfulness_preference", ["A", "B"]), ("safety_preference", ["A", "B"])],
            &[("unnamed (helpfulness)", a_then_b), ("unnamed (safety)", a_then_b)],
        ),
        (
            &[("clarity_winner", ["A", "B"]), ("style_winner", ["B", "A"])],
            &[("unnamed (clarity)", a_then_b), ("unnamed (style)", [0.0, 1.0, 1.0, 0.0])],
        ),
        (
            &[("annotator_1", ["1", "2"]), ("annotator_2", ["1", "2"])],
            &[("annotator_1", a_then_b), ("annotator_2", a_then_b)],
        ),
    ];
    for (columns, wanted) in read {
        let all = match read_text("sure.csv", &pairs_with(columns)) {
            Ok(all) => all,
            Err(error) => panic!("{columns:?}: {error}"),
        };
        for (judge, calls) in *wanted {
            let said: Vec<f64> = all.verdicts.iter().filter(|v| v.judge == *judge).map(|v| v.p_a).collect();
            assert_eq!(said, calls, "{columns:?} {judge}: {:?}", all.calls());
        }
        assert_eq!(all.verdicts.len(), wanted.len() * 4, "{columns:?}");
    }
}

#[test]
fn a_swap_that_comes_late_stops_as_well() {
    let mut text = "prompt,response_a,response_b,winner,swapped\n".to_owned();
    for row in 0..4000 {
        let _ = writeln!(text, "what is {row}?,an answer to {row},a reply to {row},A,{}", row > 3000);
    }
    let error = read_text("late.csv", &text).unwrap_err();
    assert!(error.to_string().contains("late.csv:3003") && error.to_string().contains("swapped"), "{error}");
    assert!(error.remedy().unwrap().to_string().contains("map swapped=none"), "{error}");
    let all = read_bytes("late.csv", text.as_bytes(), &mapped(&["swapped=swapped"])).unwrap();
    assert_eq!(all.verdicts.iter().filter(|verdict| verdict.p_a == 0.0).count(), 999);
}

#[test]
fn a_field_of_a_swap_that_comes_late_stops_as_well() {
    let mut text = String::new();
    for row in 0..4000 {
        let late = if row >= 3500 { r#", "swapped": true"# } else { "" };
        let _ = writeln!(
            text,
            r#"{{"prompt": "what is {row}?", "response_a": "an answer", "response_b": "a reply", "winner": "A"{late}}}"#
        );
    }
    let error = read_text("late.jsonl", &text).unwrap_err();
    assert!(
        error.to_string().contains("late.jsonl:3501") && error.to_string().contains("swapped"),
        "{error}"
    );
    let all = read_bytes("late.jsonl", text.as_bytes(), &mapped(&["swapped=swapped"])).unwrap();
    assert_eq!(all.verdicts.iter().filter(|verdict| verdict.p_a == 0.0).count(), 500);
    let error =
        read_bytes("late.jsonl", text.as_bytes(), &mapped(&["weight=trust", "swapped=none"])).unwrap_err();
    assert!(error.to_string().contains("`trust`, which no record has"), "{error}");
    let all = read_bytes("late.jsonl", text.as_bytes(), &mapped(&["swapped=none"])).unwrap();
    assert_eq!(all.verdicts.iter().filter(|verdict| verdict.p_a == 0.0).count(), 0);
}

#[test]
fn columns_that_agree_at_first_and_not_later_stop() {
    let mut text = "prompt,response_a,response_b,winner,human_preference\n".to_owned();
    for row in 0..4000 {
        let other = if row < 3000 { "A" } else { "B" };
        let _ = writeln!(text, "what is {row}?,an answer to {row},a reply to {row},A,{other}");
    }
    let error = read_text("late.csv", &text).unwrap_err();
    assert!(
        error.to_string().contains("late.csv:3002") && error.to_string().contains("contradict"),
        "{error}"
    );
    assert!(error.remedy().unwrap().to_string().contains("map winner=human_preference"), "{error}");
    let all = read_bytes("late.csv", text.as_bytes(), &mapped(&["winner=human_preference"])).unwrap();
    assert_eq!(all.verdicts.iter().filter(|verdict| verdict.p_a == 0.0).count(), 1000);
}

#[test]
fn fields_that_come_late_are_told_of() {
    let mut text = String::new();
    for row in 0..4000 {
        let late = if row >= 3500 { r#", "annotator_3": "B""# } else { "" };
        let _ = writeln!(
            text,
            r#"{{"prompt": "what is {row}?", "response_a": "an answer", "response_b": "a reply", "winner": "A"{late}}}"#
        );
    }
    let all = read_text("late.jsonl", &text).unwrap();
    let remarks = all.summary.sources[0].remarks.join("; ");
    assert!(remarks.contains("`annotator_3`") && remarks.contains("from record 3501 on"), "{remarks}");
    let whole = read_text("whole.jsonl", text.lines().last().unwrap()).unwrap();
    assert!(whole.summary.sources[0].remarks.is_empty(), "{:?}", whole.summary.sources[0].remarks);
}

#[test]
fn verdicts_that_the_file_itself_discards_are_told_of() {
    let remarks = |columns: &[Cells]| {
        let all = read_text("flags.csv", &pairs_with(columns)).unwrap();
        all.summary.sources.iter().flat_map(|source| source.remarks.clone()).collect::<Vec<_>>().join("\n")
    };
    let winner = ("winner", ["A", "B"]);
    assert!(remarks(&[winner, ("valid", ["true", "false"])]).contains("`valid` marks 2 records"));
    assert!(remarks(&[winner, ("is_spam", ["0", "1"])]).contains("`is_spam` marks 2 records"));
    assert!(
        remarks(&[winner, ("AssignmentStatus", ["Approved", "Rejected"])]).contains("`AssignmentStatus`")
    );
    assert!(!remarks(&[winner, ("status", ["done", "open"])]).contains("marks"));
    assert!(!remarks(&[winner, ("valid", ["true", "true"])]).contains("marks"));
}

#[test]
fn what_was_shown_first_turns_verdicts_if_the_user_says_so() {
    let models = r#""model_a": "m1", "model_b": "m2", "winner": "A""#;
    for (straight, other, column) in [
        (r#""first_model": "m1""#, r#""first_model": "m2""#, "first_model"),
        (r#""shown": {"A": "m1", "B": "m2"}"#, r#""shown": {"A": "m2", "B": "m1"}"#, "shown"),
        (r#""order": ["m1", "m2"]"#, r#""order": ["m2", "m1"]"#, "order"),
        (r#""position_b": 1"#, r#""position_b": 0"#, "position_b"),
        (r#""meta": {"swapped": false}"#, r#""meta": {"swapped": true}"#, "meta.swapped"),
        (r#""b_first": "no""#, r#""b_first": "yes""#, "b_first"),
    ] {
        let record = |row: usize, said: &str| {
            format!(
                r#"{{"prompt": "what is {row}?", "response_a": "an answer", "response_b": "a reply", {models}, {said}}}"#
            )
        };
        let text = format!("{}\n{}\n", record(0, straight), record(1, other));
        let error = read_text("shown.jsonl", &text).unwrap_err();
        assert!(error.to_string().contains(&format!("`{column}`")), "{error}");
        let all =
            read_bytes("shown.jsonl", text.as_bytes(), &mapped(&[&format!("swapped={column}")])).unwrap();
        assert_eq!(
            all.verdicts.iter().map(|verdict| verdict.p_a).collect::<Vec<_>>(),
            [1.0, 0.0],
            "{column}"
        );
    }
}

#[test]
fn another_model_first_that_comes_late_stops_as_well() {
    let mut text = "prompt,response_a,response_b,model_a,model_b,winner,first_model\n".to_owned();
    for row in 0..4000 {
        let first = if row > 3000 { "m2" } else { "m1" };
        let _ = writeln!(text, "what is {row}?,an answer to {row},a reply to {row},m1,m2,A,{first}");
    }
    let error = read_text("late.csv", &text).unwrap_err();
    assert!(
        error.to_string().contains("late.csv:3003") && error.to_string().contains("first_model"),
        "{error}"
    );
}

#[test]
fn bare_votes_that_were_turned_late_stop_as_well() {
    let mut text = "model_a,model_b,winner,swapped\n".to_owned();
    for row in 0..4000 {
        let _ = writeln!(text, "m{},n{},model_a,{}", row % 7, row % 5, row > 3000);
    }
    let error = read_text("late.csv", &text).unwrap_err();
    assert!(error.to_string().contains("swapped"), "{error}");
}

#[test]
fn a_judge_who_disagrees_late_is_not_credited_with_the_choice() {
    for (column, first, last) in
        [("judge_choice", "\"chosen\"", "\"rejected\""), ("correct", "true", "false")]
    {
        let mut text = String::new();
        for row in 0..4000 {
            let said = if row > 3500 { last } else { first };
            let _ = writeln!(
                text,
                r#"{{"prompt": "what is {row}?", "chosen": "an answer", "rejected": "a reply", "judge": "judge-1", "{column}": {said}}}"#
            );
        }
        let error = read_text("late.jsonl", &text).unwrap_err();
        assert!(
            error.to_string().contains("late.jsonl:3502") && error.to_string().contains(column),
            "{error}"
        );
        assert!(error.remedy().unwrap().to_string().contains("map judge=none"), "{error}");
        let all = read_bytes("late.jsonl", text.as_bytes(), &mapped(&["judge=none"])).unwrap();
        assert!(all.verdicts.iter().all(|verdict| verdict.judge == "unnamed"));
    }
}

/// Four prompts, each judged twice on the same two responses; of each column the values of the first and of the second record.
fn judged_twice(columns: &[Cells]) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mut text = format!("prompt,response_a,response_b,winner,{}\n", names.join(","));
    for record in 0..8 {
        let (row, time) = (record / 2, record % 2);
        let number = record.to_string();
        let cell =
            |(_, values): &Cells| if values[time] == "#" { number.clone() } else { values[time].to_owned() };
        let cells: Vec<String> = columns.iter().map(cell).collect();
        let winner = if record % 3 == 0 { "A" } else { "B" };
        let _ =
            writeln!(text, "what is {row}?,an answer to {row},a reply to {row},{winner},{}", cells.join(","));
    }
    text
}

#[test]
fn what_tells_the_verdicts_of_one_judge_apart_is_asked_about() {
    for name in ["axis", "task", "question_type", "perspective", "name", "quality", "eval_type"] {
        let text = judged_twice(&[(name, ["helpful", "harmless"])]);
        let error = read_text("twice.csv", &text).unwrap_err();
        assert!(error.to_string().contains(&format!("`{name}` (helpful, harmless)")), "{error}");
        let claim = format!("criterion={name}");
        let all = read_bytes("twice.csv", text.as_bytes(), &mapped(&[&claim])).unwrap();
        let mut judges: Vec<String> = all.verdicts.iter().map(|verdict| verdict.judge.clone()).collect();
        judges.sort();
        judges.dedup();
        assert_eq!((judges.len(), all.pairs.len()), (2, 4), "{judges:?}");
    }
    // Another judge's, another person's, another time's, and a word that only describes the prompt.
    for columns in [
        &[("judge", ["m1", "m2"]), ("note", ["fine", "odd"])],
        &[("annotator", ["w1", "w2"]), ("note", ["fine", "odd"])],
        &[("seed", ["1", "2"]), ("run", ["first", "second"])],
        &[("topic", ["arts", "arts"]), ("kind", ["open", "open"])],
    ] {
        let all = read_text("twice.csv", &judged_twice(columns))
            .unwrap_or_else(|error| panic!("{columns:?}: {error}"));
        assert_eq!((all.pairs.len(), all.verdicts.len()), (4, 8), "{columns:?}");
    }
}

#[test]
fn an_id_of_each_record_does_not_split_a_pair() {
    for name in ["id", "uid", "pair_id", "comparison_id", "item_id", "example_id", "sample_id"] {
        let text = judged_twice(&[(name, ["#", "#"]), ("annotator", ["w1", "w2"])]);
        let all = read_text("ids.csv", &text).unwrap();
        assert_eq!((all.pairs.len(), all.verdicts.len()), (4, 8), "{name}");
        assert!(all.pairs.iter().all(|pair| pair.metadata.contains_key(name)), "{name}");
    }
    // Nobody is named: two records with ids of their own are two pairs, though they say the same.
    let text = judged_twice(&[("id", ["#", "#"])]);
    assert_eq!(read_text("ids.csv", &text).unwrap().pairs.len(), 8);
}

#[test]
fn a_table_without_names_of_columns_is_refused_and_loses_no_record() {
    for text in [
        "gpt-4,llama,model_a\ngpt-4,llama,model_b\ngpt-4,llama,model_a\n",
        "what is 1?,an answer,a reply,A\nwhat is 2?,another answer,another reply,B\nwhat is 3?,more,less,A\n",
    ] {
        let error = read_text("bare.csv", text).unwrap_err();
        assert!(error.to_string().contains("first line is a record"), "{error}");
    }
    // Tables that were put one behind another with their names: the value is what stops.
    let names = "prompt,response_a,response_b,winner\n";
    let text = format!("{names}q,x,y,A\nr,x,y,B\n{names}s,x,y,A\n");
    let error = read_text("twice.csv", &text).unwrap_err();
    assert!(error.to_string().contains("names neither"), "{error}");
}

#[test]
fn what_a_refusal_proposes_is_read() {
    // A judge's whole answers beside a label: either is the verdict, as the user says.
    let text = pairs_with(&[("winner", ["A", "B"]), JUDGE, ("output", ["Shorter: [[B]]", "I say [[A]]"])]);
    for (claim, calls) in [("winner=winner", [1.0, 0.0, 0.0, 1.0]), ("winner=output", [0.0, 1.0, 1.0, 0.0])] {
        let all = read_bytes("said.csv", text.as_bytes(), &mapped(&[claim])).unwrap();
        let said: Vec<f64> = all.verdicts.iter().map(|verdict| verdict.p_a).collect();
        assert_eq!((said, all.verdicts[0].judge.as_str()), (calls.to_vec(), "gpt-4o"), "{claim}");
    }
}

#[test]
fn a_value_that_is_explained_leaves_the_others_understood() {
    let text = "prompt,response_a,response_b,winner\nw?,x,y,A\nv?,x,y,B\nu?,x,y,meh\n";
    assert!(read_text("meh.csv", text).is_err());
    let all = read_bytes("meh.csv", text.as_bytes(), &mapped(&["winner=winner:meh=tie"])).unwrap();
    assert_eq!(all.verdicts.iter().map(|verdict| verdict.p_a).collect::<Vec<_>>(), [1.0, 0.0, 0.5]);
}

#[test]
fn a_label_of_0_and_1_beside_a_choice_stops() {
    let text = "prompt,chosen,rejected,label\nwhat?,one,two,1\nwho?,three,four,0\n";
    assert!(read_text("label.csv", text).unwrap_err().to_string().contains("`label`"));
}
