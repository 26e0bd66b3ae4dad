//! Several verdicts on one pair: whose they are, by what, in which order, and what a question about them proposes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::recipes::mapped;
use crate::{read_bytes, read_text};

/// Four prompts with two responses each, and what a record of each says further: `{A}` is the first response where the record's number is
/// even, `{B}` the other one.
fn lines(records: &[&str]) -> String {
    let mut text = String::new();
    for row in 0..4 {
        let (one, other) = if row % 2 == 0 { ("A", "B") } else { ("B", "A") };
        for further in records {
            let further = further.replace("{A}", one).replace("{B}", other).replace("{n}", &row.to_string());
            let _ = writeln!(
                text,
                r#"{{"prompt": "what is {row}?", "response_a": "an answer to {row}", "response_b": "a reply to {row}", {further}}}"#
            );
        }
    }
    text
}

/// Who said what, in the order of the names of people, else judges: `p_a` of each verdict.
fn said(name: &str, text: &str, claims: &[&str]) -> Vec<(String, Vec<f64>)> {
    let all =
        read_bytes(name, text.as_bytes(), &mapped(claims)).unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut found: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for verdict in all.verdicts {
        found.entry(verdict.annotator.unwrap_or(verdict.judge)).or_default().push(verdict.p_a);
    }
    found.into_iter().collect()
}

const FIRST: [f64; 4] = [1.0, 0.0, 1.0, 0.0];
const SECOND: [f64; 4] = [0.0, 1.0, 0.0, 1.0];

fn two(one: &str, other: &str) -> Vec<(String, Vec<f64>)> {
    vec![(one.to_owned(), FIRST.to_vec()), (other.to_owned(), SECOND.to_vec())]
}

#[test]
fn versions_and_settings_of_a_judge_are_asked_about_and_repeats_are_not() {
    for setting in [
        r#""judge_version": "v1""#,
        r#""version": 1"#,
        r#""prompt_template": "Which is the better one?""#,
        r#""temperature": 0.5"#,
        r#""cot": true"#,
        r#""run": "plain""#,
        r#""meta": {"template": "v1"}"#,
    ] {
        let other = setting
            .replace("v1", "v2")
            .replace(": 1", ": 2")
            .replace("better", "safer")
            .replace("0.5", "1.0")
            .replace("true", "false")
            .replace("plain", "careful");
        let records = [
            format!(r#""judge": "m", "winner": "{{A}}", {setting}"#),
            format!(r#""judge": "m", "winner": "{{B}}", {other}"#),
        ];
        let text = lines(&[&records[0], &records[1]]);
        let error = read_text("versions.jsonl", &text).expect_err(setting).to_string();
        assert!(error.contains("one judge has several verdicts"), "{setting}: {error}");
        let name = setting.split('"').nth(1).unwrap().replace("meta", "meta.template");
        assert_eq!(said("versions.jsonl", &text, &[&format!("criterion={name}")]).len(), 2, "{setting}");
        assert_eq!(said("versions.jsonl", &text, &["criterion=none"]).len(), 1, "{setting}");
    }
    for repeat in [r#""seed": 1"#, r#""judge_run": "run 1""#, r#""timestamp": "2024-01-01""#] {
        let other = repeat.replace('1', "2");
        let records = [
            format!(r#""judge": "m", "winner": "{{A}}", {repeat}"#),
            format!(r#""judge": "m", "winner": "{{B}}", {other}"#),
        ];
        let text = lines(&[&records[0], &records[1]]);
        assert_eq!(said("repeats.jsonl", &text, &[]).len(), 1, "{repeat}");
        let remarks = read_text("repeats.jsonl", &text).unwrap().summary.sources[0].remarks.join("; ");
        assert_eq!(remarks.contains("verdicts that it repeated"), !repeat.contains("timestamp"), "{remarks}");
    }
}

#[test]
fn what_follows_a_judge_in_a_list_tells_its_verdicts_apart() {
    let text = lines(&[
        r#""judge": ["m", "pair-v1"], "winner": "{A}""#,
        r#""judge": ["m", "pair-v2"], "winner": "{B}""#,
    ]);
    assert!(read_text("prompts.jsonl", &text).unwrap_err().to_string().contains("`judge[1]`"));
    assert_eq!(said("prompts.jsonl", &text, &["criterion=judge[1]"]), two("m (pair-v1)", "m (pair-v2)"));
    let text = lines(&[r#""judge": ["m", "pair-v1"], "winner": "{A}""#]);
    assert_eq!(said("prompts.jsonl", &text, &[]), [("m".to_owned(), FIRST.to_vec())]);
}

#[test]
fn lists_next_to_a_list_of_verdicts_say_whose_they_are() {
    for (further, judges) in [
        (
            r#""criteria": ["help", "safety"], "winners": ["{A}", "{B}"]"#,
            ("unnamed (help)", "unnamed (safety)"),
        ),
        (r#""judges": ["m", "n"], "verdicts": ["{A}", "{B}"]"#, ("m", "n")),
        (r#""annotators": ["w1", "w2"], "labels": ["{A}", "{B}"]"#, ("w1", "w2")),
        (r#""evaluators": ["m", "n"], "decisions": ["{A}", "{B}"]"#, ("m", "n")),
        (r#""judges": ["m", "n"], "judgments": [{"winner": "{A}"}, {"winner": "{B}"}]"#, ("m", "n")),
        (r#""winner": {"m": "{A}", "n": "{B}"}"#, ("m", "n")),
        (r#""all": {"judge": ["m", "n"], "verdict": ["{A}", "{B}"]}"#, ("m", "n")),
    ] {
        assert_eq!(said("lists.jsonl", &lines(&[further]), &[]), two(judges.0, judges.1), "{further}");
    }
    let text = lines(&[r#""who": ["m", "n"], "votes": ["{A}", "{B}"]"#]);
    assert!(read_text("lists.jsonl", &text).unwrap_err().to_string().contains("`who`"));
    assert_eq!(said("lists.jsonl", &text, &["judge=who"]), two("m", "n"));
    let text = lines(&[r#""judges": ["m", "n"], "verdicts": ["{A}", "{B}"]"#])
        + &lines(&[r#""judges": ["m", "n"], "verdicts": ["{A}"]"#]);
    let error = read_text("lists.jsonl", &text).unwrap_err().to_string();
    assert!(error.contains("1 verdict, but 2 values"), "{error}");
}

#[test]
fn verdicts_in_two_orders_are_asked_about() {
    for (one, other) in
        [("forward", "reverse"), ("ab", "ba"), ("order_1", "order_2"), ("original", "swapped")]
    {
        let text = lines(&[&format!(
            r#""judge": "m", "{one}": {{"winner": "{{A}}"}}, "{other}": {{"winner": "{{B}}"}}"#
        )]);
        let error = read_text("orders.jsonl", &text).unwrap_err();
        assert!(error.to_string().contains("two orders"), "{error}");
        let claims = [
            format!("winner(first order)={one}.winner"),
            format!("winner(second order)={other}.winner:A=B,B=A"),
        ];
        let read = said("orders.jsonl", &text, &[&claims[0], &claims[1]]);
        let wanted =
            [("m (first order)".to_owned(), FIRST.to_vec()), ("m (second order)".to_owned(), FIRST.to_vec())];
        assert_eq!(read, wanted, "{one}");
    }
    for other in [r#""winner_swapped": "{B}""#, r#""reverse": {"winner": "{B}"}"#] {
        let text = lines(&[&format!(r#""judge": "m", "winner": "{{A}}", {other}"#)]);
        assert!(read_text("orders.jsonl", &text).unwrap_err().to_string().contains("two orders"), "{other}");
        assert_eq!(said("orders.jsonl", &text, &["winner=winner"]), [("m".to_owned(), FIRST.to_vec())]);
    }
    // Names of models mean the same in either order.
    let text = lines(&[
        r#""judge": "m", "model_a": "x", "model_b": "y", "forward": {"winner": "x"}, "reverse": {"winner": "y"}"#,
    ]);
    assert_eq!(said("orders.jsonl", &text, &[])[0].1, [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
    let text = lines(&[
        r#""judge": "m", "judgments": {"forward": {"winner": "{A}"}, "reverse": {"winner": "{B}"}}"#,
    ]);
    assert!(read_text("orders.jsonl", &text).unwrap_err().to_string().contains("judgments.key"));
    let twice: Vec<f64> = FIRST.iter().flat_map(|p_a| [*p_a, *p_a]).collect();
    assert_eq!(said("orders.jsonl", &text, &["swapped=judgments.key"]), [("m".to_owned(), twice)]);
}

#[test]
fn single_verdicts_are_read_in_place_of_what_most_said() {
    let list =
        r#""annotations": [{"annotator": "w1", "winner": "{A}"}, {"annotator": "w2", "winner": "{B}"}]"#;
    for winner in ["{A}", "tie"] {
        let text = lines(&[&format!(r#""winner": "{winner}", {list}"#)]);
        assert_eq!(said("most.jsonl", &text, &[]), two("w1", "w2"), "{winner}");
    }
    for list in [
        list.replace("annotations", "meta\": {\"votes") + "}",
        list.replace("{A}", "1").replace("{B}", "2").replace(r#""1""#, "1").replace(r#""2""#, "2"),
    ] {
        let text = lines(&[&format!(r#""winner": "tie", {list}"#)]);
        let people: Vec<String> = said("most.jsonl", &text, &[]).into_iter().map(|(who, _)| who).collect();
        assert_eq!(people, ["w1", "w2"], "{list}");
    }
    let against =
        r#""annotations": [{"annotator": "w1", "winner": "{B}"}, {"annotator": "w2", "winner": "{B}"}]"#;
    let text = lines(&[&format!(r#""winner": "{{A}}", {against}"#)]);
    assert!(read_text("most.jsonl", &text).unwrap_err().to_string().contains("not what most"));
    assert_eq!(said("most.jsonl", &text, &["winner=winner"]), [("unnamed".to_owned(), FIRST.to_vec())]);
    assert_eq!(said("most.jsonl", &text, &["winner=annotations"]).len(), 2);
    // A judge is named, and people beside it: that is not what most of them said.
    let text = lines(&[&format!(r#""judge": "m", "winner": "{{A}}", {list}"#)]);
    assert!(read_text("most.jsonl", &text).unwrap_err().to_string().contains("different judges"));
}

#[test]
fn columns_that_count_go_with_those_who_judged() {
    for (further, judges) in [
        (r#""winner": "{A}", "annotator": "w1", "winner_2": "{B}", "annotator_2": "w2""#, ("w1", "w2")),
        (r#""winner_1": "{A}", "judge_1": "m", "winner_2": "{B}", "judge_2": "n""#, ("m", "n")),
    ] {
        assert_eq!(said("counted.jsonl", &lines(&[further]), &[]), two(judges.0, judges.1), "{further}");
    }
    let text = lines(&[r#""winner": "{A}", "winner_2": "{B}""#]);
    assert!(read_text("counted.jsonl", &text).unwrap_err().to_string().contains("whose verdicts"));
    assert_eq!(
        said("counted.jsonl", &text, &["winner=winner", "winner=winner_2"]),
        two("winner", "winner_2")
    );
}

#[test]
fn questions_are_criteria_by_what_they_ask() {
    let both = |one: &str, other: &str| lines(&[&format!(r#""{one}": "{{A}}", "{other}": "{{B}}""#)]);
    for (one, other, judges) in [
        (
            "Q1: Which is more helpful?",
            "Q2: Which is less harmful?",
            ("unnamed (more helpful)", "unnamed (less harmful)"),
        ),
        (
            "Q1. Which is more helpful?",
            "Q2. Which is more honest?",
            ("unnamed (helpful)", "unnamed (honest)"),
        ),
    ] {
        let mut wanted = two(judges.0, judges.1);
        wanted.sort_by(|x, y| x.0.cmp(&y.0));
        assert_eq!(said("form.jsonl", &both(one, other), &[]), wanted, "{one}");
    }
}

#[test]
fn a_score_of_a_failed_call_is_no_score() {
    let text = lines(&[r#""score_a": 7, "score_b": -1"#, r#""score_a": 3, "score_b": 8"#]);
    let all = read_text("failed.jsonl", &text).unwrap();
    assert_eq!(all.verdicts.iter().map(|verdict| verdict.p_a).collect::<Vec<_>>(), [0.0; 4]);
    assert_eq!(all.summary.dropped.values().sum::<u64>(), 4);
    let remarks = all.summary.sources[0].remarks.join("; ");
    assert!(remarks.contains("read as no score"), "{remarks}");
    // Rewards may be less than 0, and so may grades around it.
    for scores in [
        r#""score_a": 0.5, "score_b": -1"#,
        r#""score_a": 2, "score_b": -1"#,
        r#""score_a": 5, "score_b": -2"#,
    ] {
        let all = read_text("rewards.jsonl", &lines(&[scores])).unwrap();
        assert_eq!(all.verdicts.len(), 4, "{scores}");
    }
    // Nor is the number of a response less than 0.
    let text = lines(&[r#""winner": -1"#, r#""winner": 2"#]);
    assert!(read_text("failed.jsonl", &text).unwrap_err().to_string().contains("names neither"));
    assert_eq!(said("failed.jsonl", &text, &["winner=winner:-1=none"])[0].1, [0.0; 4]);
    let text = lines(&[r#""preference": 7"#, r#""preference": -1"#]);
    let all = said("failed.jsonl", &text, &["winner=preference:1..7,-1=none"]);
    assert_eq!(all[0].1, [0.0; 4]);
}
