//! Several responses to one prompt: what says which is better, where two things say it differently, and where nothing does.

use crate::recipes::mapped;
use crate::{read_bytes, read_text, without_verdicts};

#[test]
fn ranks_that_contradict_scores_stop() {
    let record = |at: usize, scores: [f64; 2]| {
        format!(
            "{{\"prompt\":\"what is {at}?\",\"responses\":[{{\"text\":\"an answer\",\"rank\":1,\"score\":{}}},{{\"text\":\"a reply\",\"rank\":2,\"score\":{}}}]}}\n",
            scores[0], scores[1]
        )
    };
    let (agree, against) = (record(1, [5.0, 2.0]), record(2, [2.0, 5.0]));
    assert!(read_text("ranks.jsonl", &agree).is_ok());
    let both = agree + &against;
    let error = read_text("ranks.jsonl", &both).unwrap_err().to_string();
    assert!(error.contains("`rank` and `score` both order"), "{error}");
    for (claim, second) in [("scores=none", 1.0), ("ranks=none", 0.0)] {
        let all = read_bytes("ranks.jsonl", both.as_bytes(), &mapped(&[claim])).unwrap();
        let answer_wins = |at: usize| {
            let answer_is_a =
                all.pairs[at].response_a.messages.iter().any(|turn| turn.content == "an answer");
            if answer_is_a { all.verdicts[at].p_a } else { 1.0 - all.verdicts[at].p_a }
        };
        assert_eq!([answer_wins(0), answer_wins(1)], [1.0, second], "{claim}");
    }
}

#[test]
fn a_winner_beside_a_list_that_says_otherwise_stops() {
    let lines = |fields: &[&str]| -> String {
        fields.iter().map(|fields| format!("{{\"prompt\":\"what?\",{fields}}}\n")).collect()
    };
    let stops = |fields: &str, said: &str| {
        let error = read_text("list.jsonl", &lines(&[fields])).unwrap_err().to_string();
        assert!(error.contains(said), "{fields}: {error}");
    };
    let rated = r#""responses":[{"text":"one","score":3,"model":"m"},{"text":"two","score":5,"model":"n"}]"#;
    stops(&format!(r#"{rated},"preferred":"A""#), "`preferred` and `score` both");
    stops(&format!(r#"{rated},"winner":"m""#), "`winner` and `score` both");
    stops(
        r#""candidates":[{"text":"one","score":1,"is_best":true},{"text":"two","score":9,"is_best":false}]"#,
        "`is_best` and `score` both",
    );
    stops(r#""responses":["one","two"],"swapped":true,"choice":0"#, "`swapped`");
    stops(r#""responses":["one","two"],"permutation":[1,0],"choice":0"#, "`permutation`");
    // What agrees is read, and so is what the user says.
    assert!(read_text("list.jsonl", &lines(&[&format!(r#"{rated},"preferred":"B""#)])).is_ok());
    let text = lines(&[&format!(r#"{rated},"preferred":"A""#)]);
    let all = read_bytes("list.jsonl", text.as_bytes(), &mapped(&["winner=preferred"])).unwrap();
    let (pair, verdict) = (&all.pairs[0], &all.verdicts[0]);
    let one_is_a = pair.response_a.messages.iter().any(|turn| turn.content == "one");
    assert_eq!(verdict.p_a, if one_is_a { 1.0 } else { 0.0 });
}

#[test]
fn several_responses_that_nobody_has_judged_are_pairs_without_verdicts() {
    let record = |at: usize, name: &str| {
        format!(
            "{{\"prompt\":\"what is {at}?\",\"{name}\":[\"one of {at}\",\"two of {at}\",\"three of {at}\"]}}\n"
        )
    };
    let text = record(1, "responses") + &record(2, "responses");
    assert!(read_text("several.jsonl", &text).unwrap_err().to_string().contains("no verdict"));
    let all = read_bytes("several.jsonl", text.as_bytes(), &without_verdicts()).unwrap();
    assert_eq!((all.pairs.len(), all.verdicts.len()), (6, 0));
    // What a question offers is no response to it.
    let text = record(1, "choices") + &record(2, "choices");
    assert!(read_bytes("several.jsonl", text.as_bytes(), &without_verdicts()).is_err());
}

#[test]
fn a_rank_or_a_mark_that_the_user_names_is_read_as_one() {
    let record =
        |text: &str, rest: &str| format!("{{\"prompt\":\"what?\",\"response\":\"{text}\",{rest}}}\n");
    let text = record("one", r#""rank":1,"chosen":false"#) + &record("two", r#""rank":2,"chosen":true"#);
    let wins = |claim: &str| {
        let all = read_bytes("single.jsonl", text.as_bytes(), &mapped(&[claim])).unwrap();
        let one_is_a = all.pairs[0].response_a.messages.iter().any(|turn| turn.content == "one");
        if one_is_a == (all.verdicts[0].p_a > 0.5) { "one" } else { "two" }
    };
    assert!(read_text("single.jsonl", &text).unwrap_err().to_string().contains("`rank` and `chosen` both"));
    assert_eq!((wins("winner=rank"), wins("winner=chosen")), ("one", "two"));
}
