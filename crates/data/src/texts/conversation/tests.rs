//! Every shape that a conversation comes in, and the errors for what has none of them.

use proptest::prelude::*;
use serde_json::json;

use super::super::speaker::role;
use super::keys::{ANSWERED, ASKED, BOOKKEEPING, CONTENTS, CONVERSATIONS, ROLES, SYSTEM, THOUGHTS};
use super::*;

fn told(turns: &[(&str, &str)]) -> Vec<Message> {
    turns.iter().map(|(name, text)| Message { role: role(name), content: (*text).to_owned() }).collect()
}

fn read(value: Value) -> Vec<Message> {
    conversation("f", value, Role::User).unwrap()
}

/// What an error says, with field and value.
fn refused(value: Value) -> String {
    let error = conversation("f", value, Role::User).unwrap_err();
    crate::error::DataError::row("x", crate::error::At::Line(1), error).to_string()
}

#[test]
fn roles_by_all_their_names() {
    for (names, expected) in [
        (&["user", "Human", "PROMPTER", " customer "][..], Role::User),
        (&["assistant", "AI", "bot", "CHATBOT", "gpt", "model", "function_call"], Role::Assistant),
        (&["SYSTEM", "developer"], Role::System),
        (&["tool", "function", "observation", "ipython"], Role::Other("tool".into())),
        (&["Narrator"], Role::Other("Narrator".into())),
    ] {
        for name in names {
            assert_eq!(role(name), expected, "{name}");
        }
    }
}

#[test]
fn messages_under_many_keys() {
    let two = told(&[("user", "a"), ("assistant", "b")]);
    for value in [
        json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]),
        json!([{"role": "USER", "content": "a"}, {"role": "CHATBOT", "content": "b"}]),
        json!([{"from": "human", "value": "a"}, {"from": "gpt", "value": {"answer": "b"}}]),
        json!([{"role": "user", "parts": [{"text": "a"}]}, {"role": "model", "parts": [{"text": "b"}]}]),
        json!([{"sender": "human", "text": "a"}, {"author": {"role": "assistant"}, "message": "b"}]),
        json!([{"type": "human", "data": {"content": "a"}}, {"type": "ai", "content": "b"}]),
        json!([{"message": {"role": "user", "content": "a"}}, {"role": "ai", "message": {"text": "b"}}]),
        json!([{"user": "a"}, {"assistant": "b"}]),
        json!([{"human": "a", "assistant": "b"}]),
        json!([["a", "b"]]),
        json!([[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]]),
        json!({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}),
        json!({"role": ["user", "assistant"], "content": ["a", "b"]}),
        json!({"roles": ["user", "assistant"], "contents": ["a", "b"]}),
        json!({"conversations": {"from": ["human", "gpt"], "value": ["a", "b"]}}),
        json!({"question": "a", "answer": "b"}),
        json!([r#"{"role": "user", "content": "a"}"#, r#"{"role": "assistant", "content": "b"}"#]),
    ] {
        assert_eq!(read(value.clone()), two, "{value}");
    }
    assert_eq!(
        read(json!({"system": "s", "messages": [{"role": "user", "content": "a"}]})),
        told(&[("system", "s"), ("user", "a")])
    );
    assert_eq!(
        read(json!([{"instruction": "i", "input": "x", "output": "o"}])),
        told(&[("user", "i\n\nx"), ("assistant", "o")])
    );
    assert_eq!(read(json!([["a", null]])), told(&[("user", "a")]));
    assert_eq!(read(json!([])), told(&[]));
    assert_eq!(read(json!(3)), told(&[("user", "3")]));
}

#[test]
fn lists_of_texts() {
    assert_eq!(read(json!(["a"])), told(&[("user", "a")]));
    assert_eq!(read(json!(["a", "b", "c"])), told(&[("user", "a"), ("assistant", "b"), ("user", "c")]));
    assert_eq!(
        conversation("f", json!(["a", "b"]), Role::Assistant).unwrap(),
        told(&[("user", "a"), ("assistant", "b")])
    );
}

#[test]
fn objects_that_hold_one_text() {
    for value in [
        json!({"content": "a"}),
        json!({"text": "a"}),
        json!({"answer": "a"}),
        json!({"role": "user", "content": "a"}),
        json!([{"text": "a"}]),
        json!({"content": [{"type": "text", "text": {"value": "a", "annotations": []}}]}),
        json!({"choices": [{"index": 0, "message": {"role": "user", "content": "a"}}]}),
    ] {
        assert_eq!(read(value.clone()), told(&[("user", "a")]), "{value}");
    }
}

#[test]
fn parts_become_lines() {
    let value = json!([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image"},
        {"type": "image_url", "image_url": {"url": "data:"}}, "b", {"inlineData": {"mimeType": "audio/mp3"}},
        {"type": "text", "text": ""}]}]);
    assert_eq!(read(value), told(&[("user", "a\n[image]\n[image]\nb\n[audio]")]));
    assert_eq!(
        read(json!([{"type": "text", "text": "a"}, {"type": "image", "text": null}])),
        told(&[("user", "a\n[image]")])
    );
}

#[test]
fn calls_of_tools_are_one_line_whoever_wrote_them() {
    let line = r#"[call] search({"n": 2, "q": "x y"})"#;
    let text = r#"{"q":"x y","n":2}"#;
    for value in [
        json!({"role": "assistant", "content": null, "tool_calls":
            [{"id": "c", "type": "function", "function": {"name": "search", "arguments": text}}]}),
        json!({"role": "assistant", "tool_calls": [{"name": "search", "args": {"q": "x y", "n": 2}}]}),
        json!({"role": "assistant", "content": "", "function_call": {"name": "search", "arguments": text}}),
        json!({"role": "assistant", "content":
            [{"type": "tool_use", "id": "t", "name": "search", "input": {"q": "x y", "n": 2}}]}),
        json!({"role": "model", "parts": [{"functionCall": {"name": "search", "args": {"q": "x y", "n": 2}}}]}),
        json!({"from": "function_call", "value": r#"{"name": "search", "arguments": {"q": "x y", "n": 2}}"#}),
        json!({"type": "function_call", "call_id": "c", "name": "search", "arguments": text}),
    ] {
        assert_eq!(read(json!([value.clone()])), told(&[("assistant", line)]), "{value}");
    }
    let calls = json!([{"type": "function", "function": {"name": "search", "arguments": text}},
                       {"type": "function", "function": {"name": "stop", "arguments": "{}"}}]);
    assert_eq!(
        conversation("f", calls, Role::Assistant).unwrap(),
        told(&[("assistant", &format!("{line}\n[call] stop()"))])
    );
    let said = json!([{"role": "assistant", "content": "Let me see.", "tool_calls":
        [{"function": {"name": "f", "arguments": "not JSON"}}, {"x": 1}]}]);
    assert_eq!(read(said), told(&[("assistant", "Let me see.\n[call] f(not JSON)\n[call] {\"x\": 1}")]));
}

#[test]
fn results_of_tools() {
    let value = json!([
        {"role": "tool", "tool_call_id": "c", "content": "42"},
        {"from": "observation", "value": "43"},
        {"role": "tool", "content": {"t": 4}},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "44"}]}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"r": 45}}}]},
        {"type": "function_call_output", "call_id": "c", "output": "46"}]);
    assert_eq!(
        read(value),
        told(&[
            ("tool", "42"),
            ("tool", "43"),
            ("tool", "{\"t\": 4}"),
            ("user", "[result] 44"),
            ("user", "[result] f: {\"r\": 45}"),
            ("tool", "[result] 46")
        ])
    );
}

#[test]
fn reasoning_is_a_turn_before_its_answer() {
    for value in [
        json!({"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "b"}]}),
        json!({"role": "assistant", "content": "b", "reasoning_content": "hm"}),
        json!({"role": "assistant", "content": "b", "reasoning": "hm", "thinking": null}),
        json!({"role": "model", "parts": [{"text": "hm", "thought": true}, {"text": "b"}]}),
    ] {
        assert_eq!(read(json!([value.clone()])), told(&[("reasoning", "hm"), ("assistant", "b")]), "{value}");
    }
    let item = json!([{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
                      {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "b"}]}]);
    assert_eq!(read(item), told(&[("reasoning", "hm"), ("assistant", "b")]));
}

#[test]
fn empty_content_is_empty_but_no_content_is_an_error() {
    let empty = json!([{"role": "user", "content": null}, {"role": "user", "content": ""}, {"role": "user", "content": []}]);
    assert_eq!(read(empty), told(&[("user", ""), ("user", ""), ("user", "")]));
    assert_eq!(read(json!([{"role": "user", "content": "", "text": "a"}])), told(&[("user", "a")]));
    for (value, words) in [
        (json!([{"role": "user", "foo": "x"}]), ["f[0]", "`foo`, `role`"]),
        (json!([{"role": "user"}]), ["f[0]", "`role`"]),
        (json!([{"role": "user", "content": "a"}, {"content": "b"}]), ["f[1]", "does not say who speaks"]),
        (json!([{"text": "a"}, {"text": "b"}]), ["field `f`", "do not say who speaks"]),
        (json!([{"role": 1, "content": "b"}]), ["f[0].role", "text is expected"]),
        (json!([{"role": "user", "content": "a"}, "b"]), ["f[1]", "a message"]),
        (json!([{"role": "user", "content": [{"foo": 1}]}]), ["f[0].content", "`foo`"]),
        (json!([["a", "b", "c"], ["d"]]), ["field `f`", "a list of 2"]),
        (json!([null, "a"]), ["field `f`", "a list of messages or texts"]),
        (json!([1, 2]), ["field `f`", "a list of messages or texts"]),
        (json!({"foo": 1}), ["field `f`", "`foo`"]),
        (json!({}), ["field `f`", "none"]),
        (json!(null), ["field `f`", "missing"]),
    ] {
        let message = refused(value);
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    }
}

#[test]
fn lists_within_texts_are_decoded_or_refused() {
    let two = told(&[("user", "it's"), ("assistant", "b")]);
    for text in [
        r#"[{"role": "user", "content": "it's"}, {"role": "assistant", "content": "b"}]"#,
        r#" {"tools": [], "messages": [{"role": "user", "content": "it's"}, {"role": "assistant", "content": "b"}]}"#,
        r#"[{'role': 'user', 'content': "it's"}, {'role': 'assistant', 'content': 'b'}]"#,
        "[{'role': 'user', 'content': \"it's\"}\n {'content': 'b', 'role': 'assistant'}]",
        "array([{'from': 'human', 'value': \"it's\"}, {'from': 'gpt', 'value': 'b'}], dtype=object)",
        "{'content': array([\"it's\", 'b'], dtype=object), 'role': array(['user', 'assistant'], dtype=object)}",
    ] {
        assert_eq!(read(json!(text)), two, "{text}");
    }
    for text in [
        r#"[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"#,
        "[{'role': 'user', 'content': 'a'} ... {'role': 'assistant', 'content': 'b'}]",
        "[{'content': 'a', 'role': 'user'",
        r#"{"messages": [{"role": "user", "content": "a""#,
    ] {
        let message = refused(json!(text));
        assert!(message.contains("field `f`") && message.contains("Python"), "{message}");
    }
}

#[test]
fn answers_that_are_lists_stay_texts() {
    for text in [
        r#"["Brie", "Ricotta"]"#,
        r#"[{"author": "Wilde", "text": "Be yourself."}]"#,
        r#"[{"type": "circle", "value": 3}]"#,
        r#"[{"id": 1, "role": "user"}]"#,
        r#"{"answer": 42}"#,
        r#"{"type": "system", "message": "disk full"}"#,
        r#"[{"type": "system", "message": "disk full"}]"#,
        r#"{"author": "bot", "text": "hello"}"#,
        r#"[{"name": "x", "#,
        "{ body { color: red } }",
        "[1] a footnote",
        "an apple",
        "array([1, 2])",
        "",
        "  ",
    ] {
        assert_eq!(read(json!(text)), told(&[("user", text)]), "{text}");
    }
}

#[test]
fn templates_and_their_ends() {
    assert_eq!(read(json!("\n\nHuman: a\n\nAssistant: b")), told(&[("user", "a"), ("assistant", "b")]));
    assert_eq!(read(json!(["<|user|>\na\n<|assistant|>\nb"])), told(&[("user", "a"), ("assistant", "b")]));
    assert_eq!(read(json!("a<|im_end|>\n")), told(&[("user", "a")]));
}

#[test]
fn structured_reads_lists_of_any_kind() {
    assert_eq!(structured("['a', \"b\"]"), Some(json!(["a", "b"])));
    assert_eq!(structured(r#"["a"]"#), Some(json!(["a"])));
    assert_eq!(structured("3"), None);
    assert_eq!(structured("text"), None);
}

#[test]
fn keys_that_are_left_out() {
    for (value, expected) in [
        (
            json!([{"role": "user", "content": "a", "name": "Al", "weight": 0, "id": null, "tags": []}]),
            &["name", "weight"][..],
        ),
        (json!([{"role": "user", "content": "a", "text": "b"}]), &["text"]),
        (json!({"messages": [{"role": "user", "content": "a", "x": 1}], "tools": [{}]}), &["tools", "x"]),
        (json!({"role": ["user"], "content": ["a"], "mood": ["sad"]}), &["mood"]),
        (json!([{"message": {"role": "user", "content": "a", "x": 1}, "index": 0}]), &["index", "x"]),
        (json!(r#"[{"role": "user", "content": "a", "x": 1}]"#), &["x"]),
        (
            json!([{"role": "assistant", "content": null, "tool_calls": [{"name": "f"}], "reasoning": "r"}]),
            &[],
        ),
        (json!([{"type": "text", "text": "a"}]), &[]),
        (json!([{"human": "a", "assistant": "b"}]), &[]),
        (json!("a"), &[]),
    ] {
        assert_eq!(leftovers(&value), expected, "{value}");
    }
}

/// Values of the shapes above, with a mistake here and there.
fn values() -> impl Strategy<Value = Value> {
    let key = proptest::sample::select(
        [
            ROLES,
            CONTENTS,
            CONVERSATIONS,
            ASKED,
            ANSWERED,
            SYSTEM,
            THOUGHTS,
            BOOKKEEPING,
            &[
                "data",
                "choices",
                "function",
                "name",
                "arguments",
                "contents",
                "roles",
                "functionResponse",
                "thought",
                "x",
            ],
        ]
        .concat(),
    );
    let text = proptest::sample::select(vec![
        "user",
        "assistant",
        "system",
        "tool",
        "text",
        "image",
        "tool_use",
        "thinking",
        "tool_result",
        "function_call",
        "",
        "a",
        "[{'role': 'user', 'content': 'a'}]",
        "{\"name\": \"f\"}",
        "\n\nHuman: a",
        "[{\"role\": \"user\", \"content\"",
    ]);
    let leaf = prop_oneof![
        1 => Just(Value::Null), 1 => any::<bool>().prop_map(Value::from), 1 => any::<i64>().prop_map(Value::from),
        6 => text.prop_map(Value::from), 1 => ".{0,12}".prop_map(Value::from)];
    leaf.prop_recursive(6, 48, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..4).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            ))
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_value_panics(value in values()) {
        let _ = leftovers(&value);
        let _ = conversation("f", value, Role::Assistant);
    }

    #[test]
    fn no_text_panics(text in ".{0,120}") {
        let _ = conversation("f", Value::String(text), Role::User);
    }

    #[test]
    fn a_text_without_marks_comes_back(text in "[ \n]{0,3}[A-Za-z0-9é.,;'()*#\\[\\]{}-]{0,40}( [a-z.]{1,9}){0,12}\\PC?") {
        prop_assume!(!text.ends_with('>'));
        let turns = conversation("f", Value::String(text.clone()), Role::Assistant).unwrap();
        prop_assert_eq!(turns, [Message::assistant(text)]);
    }
}
