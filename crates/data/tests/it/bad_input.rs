//! Each kind of bad input: what it says by default, and what is counted when the import goes on.

use std::time::Instant;

use predilect_data::{At, ErrorKind, OnBadRow, ReadOptions, Reason};

use crate::{read_bytes, read_text, without_verdicts};

const GOOD: &str =
    "{\"prompt\": \"q\", \"response_a\": \"x\", \"response_b\": \"y\", \"preferred\": \"a\"}\n";

fn skip() -> ReadOptions {
    ReadOptions { on_bad_row: OnBadRow::Skip, ..ReadOptions::default() }
}

/// A bad record between two good ones: its reason, field and part of its message.
const ROWS: &[(&str, Reason, Option<&str>, &str)] = &[
    ("{\"prompt\": \"q", Reason::Truncated, None, "ends before"),
    ("{\"prompt\": \"q\",, }", Reason::InvalidJson, None, "column"),
    ("[1, 2]", Reason::WrongType, None, "not an object"),
    ("{\"prompt\": \"p\", \"response_a\": \"x\"}", Reason::MissingField, Some("response_b"), "missing"),
    (
        "{\"prompt\": \"p\", \"response_a\": null, \"response_b\": \"y\"}",
        Reason::MissingField,
        Some("response_a"),
        "null",
    ),
    (
        "{\"prompt\": {\"a\": 1}, \"response_a\": \"x\", \"response_b\": \"y\"}",
        Reason::MissingField,
        Some("prompt"),
        "no content: its keys are `a`",
    ),
    (
        "{\"prompt\": [{\"role\": \"user\", \"content\": \"hello\"}, {\"role\": \"user\", \"a\": 1}], \"response_a\": \"x\", \"response_b\": \"y\"}",
        Reason::MissingField,
        Some("prompt[1]"),
        "no content: its keys are `a`",
    ),
    (
        "{\"prompt\": \"p\", \"response_a\": \"x\", \"response_b\": \"y\", \"p_a\": 1.7}",
        Reason::VerdictOutOfRange,
        Some("p_a"),
        "1.7",
    ),
    (
        "{\"prompt\": \"p\", \"response_a\": \"x\", \"response_b\": \"y\", \"p_a\": \"much\"}",
        Reason::WrongType,
        Some("p_a"),
        "\"much\"",
    ),
    (
        "{\"prompt\": \"p\", \"response_a\": \"x\", \"response_b\": \"y\", \"winner\": \"nobody\\u0007\"}",
        Reason::UnknownWinner,
        Some("winner"),
        "nobody\\u{7}",
    ),
    (
        "{\"prompt\": \"p\", \"response_a\": \"x\", \"response_b\": \"y\", \"p_a\": 1, \"verdicts\": []}",
        Reason::Contradiction,
        Some("verdicts"),
        "both `verdicts` and a separate verdict",
    ),
    (
        "{\"prompt\": \"p\", \"response_a\": \"x\", \"response_b\": \"y\", \"p_a\": 1, \"preferred\": \"b\"}",
        Reason::Contradiction,
        Some("preferred"),
        "contradict each other",
    ),
    (
        "{\"prompt\": \"p\", \"response_a\": \"x\", \"response_b\": \"y\", \"preferred\": \"b\", \"weight\": \"nan\"}",
        Reason::BadWeight,
        Some("weight"),
        "0 or more",
    ),
    (
        "{\"prompt\": \"p\", \"response_a\": \"x\", \"response_b\": \"y\", \"winner\": \"no\u{200b}body\u{a0}\u{fe0f}\"}",
        Reason::UnknownWinner,
        Some("winner"),
        "no⟨U+200B⟩body⟨U+00A0⟩⟨U+FE0F⟩",
    ),
    (
        "{\"prompt\": \"p\", \"response_a\": \"x\", \"response_b\": \"y\", \"verdicts\": [{\"judge\": \"j\", \"p_a\": 1, \"weight\": -1}]}",
        Reason::BadWeight,
        Some("verdicts[0].weight"),
        "a number of 0 or more",
    ),
];

#[test]
fn a_bad_record_stops_with_line_field_and_value_or_is_counted() {
    for (bad, reason, field, message) in ROWS {
        let text = format!("{GOOD}{bad}\n{}", GOOD.replace('q', "r"));
        let error = read_text("f.jsonl", &text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Row(*reason), "{error}");
        assert_eq!(error.at(), Some(At::Line(2)), "{error}");
        assert_eq!(error.field(), *field, "{error}");
        assert!(error.to_string().contains(message), "{error}");
        assert!(error.to_string().contains("f.jsonl:2: "), "{error}");
        assert!(error.remedy().is_some());
        let all = read_bytes("f.jsonl", text.as_bytes(), &skip()).unwrap();
        assert_eq!((all.summary.rows, all.pairs.len()), (3, 2), "{bad}");
        assert_eq!(all.dropped(reason.as_str()), 1, "{bad}: {:?}", all.summary.dropped);
    }
}

#[test]
fn a_missing_verdict_is_counted_and_stops_where_there_is_no_other() {
    let text = "{\"prompt\": \"q\", \"response_a\": \"x\", \"response_b\": \"y\", \"winner\": null}\n\
        {\"prompt\": \"r\", \"response_a\": \"x\", \"response_b\": \"y\", \"judge\": \"j\", \"p_a\": NaN}\n";
    let all = read_bytes("f.jsonl", text.as_bytes(), &without_verdicts()).unwrap();
    assert_eq!((all.pairs.len(), all.verdicts.len()), (2, 0));
    assert_eq!(all.dropped("verdict missing or not parsed"), 2);
    let error = read_text("f.jsonl", text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input, "{error}");
    assert!(error.to_string().contains("2 x verdict missing or not parsed"), "{error}");
    assert!(
        error.details().iter().any(|line| line.to_string().starts_with("winner")),
        "{:?}",
        error.details()
    );
    assert!(error.remedy().unwrap().to_string().contains("map winner=COLUMN"), "{error}");
    let all = read_text("f.jsonl", &format!("{text}{}", GOOD.replace('q', "s"))).unwrap();
    assert_eq!((all.pairs.len(), all.verdicts.len()), (3, 1));
    assert_eq!(all.dropped("verdict missing or not parsed"), 2);
}

#[test]
fn files_that_are_no_data_say_what_they_are() {
    for (name, bytes, message) in [
        ("f.jsonl", b"".as_slice(), "empty"),
        ("f.jsonl", b"  \n ", "empty"),
        ("f.bin", b"\x7fELF\0\0\0\x01", "binary"),
        ("f.txt", b"\xff\xfeh\0i\0", "not a known format"),
        ("f.csv", b"model,win_rate\nm,1\n", "`win_rate`"),
        ("f.json", b"[\"A\", \"B\"]", "not a known format"),
        ("f.parquet", b"PAR1 and no more", "Parquet file cannot be read"),
        ("f.csv", b"left,right,winner\n", "no pair was found"),
    ] {
        let error = read_bytes(name, bytes, &ReadOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{error}");
        assert!(error.to_string().contains(message), "{error}");
        assert!(error.remedy().is_some(), "{error}");
    }
    let error = read_bytes("f.gz", &[0x1f, 0x8b, 8, 0, 1], &ReadOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    let error = crate::read_paths(&["/no/such/file".into()], &ReadOptions::default()).unwrap_err();
    assert!(error.to_string().contains("/no/such/file"), "{error}");
}

#[test]
fn invalid_utf8_is_a_bad_record() {
    let mut bytes = GOOD.as_bytes().to_vec();
    bytes.extend_from_slice(b"{\"prompt\": \"\xff\xfe\", \"response_a\": \"x\", \"response_b\": \"y\"}\n");
    let error = read_bytes("f.jsonl", &bytes, &ReadOptions::default()).unwrap_err();
    assert_eq!(
        (error.kind(), error.at()),
        (ErrorKind::Row(Reason::InvalidUtf8), Some(At::Line(2))),
        "{error}"
    );
    let table = b"left,right,winner\nm\xff,n,left\nm,n,left\n";
    let all = read_bytes("f.csv", table, &skip()).unwrap();
    assert_eq!(all.dropped(Reason::InvalidUtf8.as_str()), 1);
}

#[test]
fn a_list_that_is_cut_short_keeps_what_came_before() {
    let text = format!("[{}, {{\"prompt\": \"x", GOOD.trim());
    let error = read_text("f.json", &text).unwrap_err();
    assert_eq!(
        (error.kind(), error.at()),
        (ErrorKind::Row(Reason::Truncated), Some(At::Record(2))),
        "{error}"
    );
    let all = read_bytes("f.json", text.as_bytes(), &skip()).unwrap();
    assert_eq!((all.pairs.len(), all.dropped(Reason::Truncated.as_str())), (1, 1));
}

#[test]
fn ids_used_twice() {
    let text = "{\"id\": \"1\", \"prompt\": \"q\", \"response_a\": \"x\", \"response_b\": \"y\", \"preferred\": \"a\"}\n\
        {\"id\": \"1\", \"prompt\": \"other\", \"response_a\": \"x\", \"response_b\": \"y\"}\n\
        {\"id\": \"1\", \"prompt\": \"q\", \"response_a\": \"x\", \"response_b\": \"y\", \"preferred\": \"b\"}\n";
    let all = read_text("f.jsonl", text).unwrap();
    // What is said of the third record is said of the first one's pair; the second is a separate pair.
    assert_eq!(all.pairs.len(), 2);
    assert_eq!((all.pairs[0].id.as_str(), &*all.pairs[0].prompt_text()), ("1", "q"));
    assert!(all.pairs[1].id.starts_with("1-"), "{}", all.pairs[1].id);
    assert_eq!(all.pairs[1].prompt_text(), "other");
    assert_eq!(all.pairs[1].metadata["id"], "1");
    assert_eq!(all.calls(), [("unnamed", 1.0), ("unnamed", 0.0)]);
    assert!(all.verdicts.iter().all(|v| v.pair == "1"));
    assert_eq!(all.dropped("one id used for several pairs, distinguished by their content"), 1);
    assert_eq!(all.dropped("further record on a pair already read"), 1);
}

#[test]
fn tables_with_ragged_rows_and_open_quotes() {
    let text = "left,right,winner\nm,n,left\nm,n\nn,m,right\n";
    let error = read_text("f.csv", text).unwrap_err();
    assert_eq!((error.kind(), error.at()), (ErrorKind::Row(Reason::Columns), Some(At::Line(3))), "{error}");
    assert_eq!(read_bytes("f.csv", text.as_bytes(), &skip()).unwrap().pairs.len(), 2);
    let open = format!("left,right,winner\nm,n,left\n\"{}", "x,".repeat(2 << 20));
    let options = ReadOptions { max_record_bytes: 1 << 20, ..skip() };
    let all = read_bytes("f.csv", open.as_bytes(), &options).unwrap();
    assert_eq!((all.pairs.len(), all.dropped(Reason::TooLarge.as_str())), (1, 1));
}

#[test]
fn a_line_of_200_mb_is_one_bad_record() {
    let start = Instant::now();
    let (folder, _) = crate::lay(&[]);
    let path = folder.path().join("f.jsonl");
    let mut bytes = GOOD.as_bytes().to_vec();
    bytes.extend_from_slice(b"{\"prompt\": \"");
    bytes.resize(200 << 20, b'x');
    bytes.extend_from_slice(b"\", \"response_a\": \"x\", \"response_b\": \"y\"}\n");
    bytes.extend_from_slice(GOOD.replace('q', "r").as_bytes());
    std::fs::write(&path, &bytes).unwrap();
    drop(bytes);
    let all = crate::read_paths(std::slice::from_ref(&path), &skip()).unwrap();
    assert_eq!((all.pairs.len(), all.dropped(Reason::TooLarge.as_str())), (2, 1));
    let error = crate::read_paths(&[path], &ReadOptions::default()).unwrap_err();
    assert_eq!(error.at(), Some(At::Line(2)), "{error}");
    assert!(error.value().is_some_and(|v| v.chars().count() < 90));
    assert!(start.elapsed().as_secs() < 60);
}

#[test]
fn json_nested_without_end_is_refused() {
    let deep = format!("{{\"prompt\": {}", "[".repeat(1 << 20));
    let text = format!("{GOOD}{deep}\n");
    assert!(read_text("f.jsonl", &text).is_err());
    assert!(read_text("f.json", &"[".repeat(1 << 20)).is_err());
}

#[test]
fn a_forced_format_says_which_field_it_misses() {
    let options = ReadOptions { format: Some("auto_j".parse().unwrap()), ..ReadOptions::default() };
    let error = read_bytes("f.jsonl", GOOD.as_bytes(), &options).unwrap_err();
    assert_eq!(error.field(), Some("response 1"), "{error}");
}

#[test]
fn a_sink_can_stop_the_reading() {
    let (_folder, paths) = crate::lay(&[("f.jsonl", GOOD.as_bytes())]);
    let stop = predilect_data::read(&paths, &ReadOptions::default(), &mut |_| {}, &mut |_| {
        Err(predilect_data::DataError::sink("enough"))
    });
    assert_eq!(stop.unwrap_err().kind(), ErrorKind::Sink);
}

#[test]
fn a_file_cut_inside_its_first_record_is_said_to_be_cut() {
    for (name, text) in
        [("cut.json", r#"[{"prompt": "q", "response_a": "x"#), ("cut.jsonl", r#"{"prompt": "q", "resp"#)]
    {
        let error = read_text(name, text).unwrap_err();
        let said = format!("{error} {}", error.remedy().map(ToString::to_string).unwrap_or_default());
        assert!(said.contains("cut short") && said.contains(name), "{said}");
    }
}

#[test]
fn lines_of_csv_are_counted_as_editors_count_them() {
    let head = "text_a,text_b,preferred_text,input";
    for (end, last) in [("\n", "\n"), ("\n", ""), ("\r\n", "\r\n"), ("\r\n", "")] {
        // A blank line, a field over two lines, then the bad record on line 6.
        let rows = [head, "a,b,text_a,q1", "", "\"a", "b\",b,text_b,q2", "a,b,nobody,q3"];
        let text = rows.join(end) + last;
        let Err(error) = read_bytes("x.csv", text.as_bytes(), &ReadOptions::default()) else {
            panic!("a winner that is nobody was read");
        };
        assert!(error.to_string().contains("x.csv:6:"), "{end:?} {last:?}: {error}");
    }
}

/// Files of several formats, each with one value in `?` that the format does not define, and the field that has it.
const UNDEFINED: &[(&str, &str, &str, &str)] = &[
    (
        "pairs.jsonl",
        r#"{"prompt": "q", "response_a": "x", "response_b": "y", "preferred": "?"}"#,
        "preferred",
        "c both draw d",
    ),
    (
        "list.jsonl",
        r#"{"prompt": "q", "response_a": "x", "response_b": "y", "verdicts": [{"judge": "j", "preferred": "?"}]}"#,
        "verdicts[0].preferred",
        "c neither",
    ),
    (
        "by_person.csv",
        "prompt,response_a,response_b,annotator,criterion,winner\nq,x,y,ann,helpful,?\nr,x,y,ann,helpful,response_a\n",
        "winner",
        "c d",
    ),
    ("votes.csv", "left,right,winner\nm,n,left\nn,m,?\n", "winner", "c o"),
    (
        "tie.csv",
        "prompt,response_a,response_b,model_a,model_b,annotator,winner,tie\nq,x,y,m,n,ann,model_a,no\nr,x,y,m,n,ann,model_b,?\n",
        "tie",
        "perhaps 2",
    ),
    ("table.csv", "text_a,text_b,preferred_text,input\nx,y,?,q\n", "preferred_text", "c same"),
    (
        "ap.json",
        r#"{"metadata": {}, "annotators": {"j": {}}, "comparisons": [{"id": "c1", "prompt": "q", "response_a": {"text": "x"}, "response_b": {"text": "y"}, "annotations": {"j": {"pref": "?"}}, "metadata": {}}]}"#,
        "annotations.j.pref",
        "c",
    ),
    (
        "human.jsonl",
        r#"{"question_id": 81, "model_a": "m", "model_b": "n", "winner": "?", "judge": "expert", "turn": 1, "conversation_a": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "x"}], "conversation_b": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "y"}]}"#,
        "winner",
        "c",
    ),
    (
        "pd.jsonl",
        r#"{"query": "q", "response_1": {"content": "x"}, "response_2": {"content": "y"}, "preference_labels": {"j": "?"}}"#,
        "preference_labels.j",
        "c equal",
    ),
    (
        "auto_j.jsonl",
        r#"{"scenario": "s", "label": "?", "prompt": "q", "response 1": "x", "response 2": "y"}"#,
        "label",
        "c 3",
    ),
    (
        "single.jsonl",
        r#"{"question_id": 81, "model": "m", "judge": ["j", "p"], "judgment": "", "score": "?", "turn": 1}"#,
        "score",
        "-2",
    ),
    (
        "prism.jsonl",
        r#"{"user_id": "u", "opening_prompt": "q", "conversation_history": [{"role": "user", "content": "q"}, {"role": "model", "content": "x", "if_chosen": "?"}, {"role": "model", "content": "y", "if_chosen": false}]}"#,
        "conversation_history[1]",
        "maybe 2",
    ),
    (
        "oasst.jsonl",
        r#"{"message_tree_id": "t", "prompt": {"message_id": "t", "text": "q", "role": "prompter", "replies": [{"text": "x", "role": "assistant", "rank": "?"}, {"text": "y", "role": "assistant", "rank": 1}]}}"#,
        "replies.rank",
        "best",
    ),
    (
        "best.jsonl",
        r#"{"prompt": "q", "responses": ["x", "y"], "best": "?"}
{"prompt": "r", "responses": ["x", "y"], "best": "x"}"#,
        "best",
        "c",
    ),
];

#[test]
fn a_value_that_the_format_does_not_define_is_refused_or_counted() {
    for (name, text, field, values) in UNDEFINED {
        for value in values.split(' ') {
            let text = text.replace('?', value) + "\n";
            let Err(error) = read_text(name, &text) else { panic!("{name}: {value} was read") };
            let said = format!("{error}");
            assert_eq!(error.field(), Some(*field), "{name} {value}: {said}");
            assert!(matches!(error.kind(), ErrorKind::Row(_)) && error.at().is_some(), "{said}");
            assert!(error.value().is_some_and(|said| said.contains(value)), "{said}");
            assert!(error.remedy().is_some(), "{said}");
            let ErrorKind::Row(reason) = error.kind() else { unreachable!() };
            // Where nothing else is in the file, the count is in the message.
            match read_bytes(name, text.as_bytes(), &skip()) {
                Ok(all) => assert_eq!(all.dropped(reason.as_str()), 1, "{name} {value}"),
                Err(error) => {
                    let counted = format!("dropped: 1 {}", reason.as_str());
                    assert!(error.to_string().contains(&counted), "{name} {value}: {error}");
                }
            }
        }
    }
}

#[test]
fn a_turn_with_nothing_chosen_is_counted() {
    let turn = |chosen| {
        format!(
            r#"{{"role": "user", "content": "q"}}, {{"role": "model", "content": "x", "if_chosen": {chosen}}}, {{"role": "model", "content": "y", "if_chosen": false}}"#
        )
    };
    let of = |turns: &str| {
        format!("{{\"user_id\": \"u\", \"opening_prompt\": \"q\", \"conversation_history\": [{turns}]}}\n")
    };
    let text = of(&format!("{}, {}", turn("false"), turn("true")));
    let all = read_text("prism.jsonl", &text).unwrap();
    assert_eq!((all.pairs.len(), all.dropped("verdict missing or not parsed")), (1, 1));
    let error = read_text("prism.jsonl", &of(&turn("null"))).unwrap_err();
    assert!(error.to_string().contains("dropped: 1 verdict missing or not parsed"), "{error}");
    let error = read_text("prism.jsonl", &text.replace("false", "true")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Row(Reason::UnknownWinner), "{error}");
}
