//! Whatever a server answers, a verdict is recorded only if the answer contains one. Each answer here is one that a public report shows, in
//! our own words.

#![allow(clippy::too_many_lines, reason = "one case after the other")]

#[allow(dead_code)]
mod asking;
mod serving;

use std::path::Path;

use asking::{run, verdict_rows};
use serde_json::{Value, json};
use serving::serve_calls;

/// What a server answers, by the letters of the better and the worse response.
type Answer = fn(&str, &str) -> Value;

/// A server on this machine that answers every question in one way; its address.
fn serve(answer: Answer) -> String {
    serve_calls(move |_, body| {
        let asked = body["messages"].as_array()?.last()?["content"].as_str()?;
        // The better response is the one of granite; one that is shown alone is A if it is the better one.
        let good_is_a = match (asked.find("granite"), asked.find("feather")) {
            (Some(good), Some(bad)) => good < bad,
            (good, _) => good.is_some(),
        };
        let (good, bad) = if good_is_a { ("A", "B") } else { ("B", "A") };
        Some((200, answer(good, bad)))
    })
}

fn chat(content: &str, finish: &str) -> Value {
    let usage = json!({"prompt_tokens": 50, "completion_tokens": 9});
    json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}], "usage": usage})
}

fn first_tokens(tokens: &[(&str, f64)]) -> Value {
    let top: Vec<Value> =
        tokens.iter().map(|(token, p)| json!({"token": token, "logprob": p.ln()})).collect();
    let mut answer = chat(tokens[0].0, "length");
    answer["choices"][0]["logprobs"] =
        json!({"content": [{"token": tokens[0].0, "logprob": tokens[0].1.ln(), "top_logprobs": top}]});
    answer
}

/// The verdicts for the better response, and what was said on the error stream.
fn verdicts(folder: &Path, what: &str, method: &str, answer: Answer) -> (Vec<f64>, String) {
    verdicts_of(folder, what, &serve(answer), &["--method", method])
}

fn verdicts_of(folder: &Path, what: &str, model: &str, flags: &[&str]) -> (Vec<f64>, String) {
    let pairs = folder.join("granite.jsonl");
    let lines: Vec<String> = (0..3)
        .map(|i| {
            let (a, b) = if i % 2 == 0 { ("granite", "feather") } else { ("feather", "granite") };
            json!({"id": format!("p{i}"), "prompt": format!("What is heavy, {i}?"), "response_a": a, "response_b": b}).to_string()
        })
        .collect();
    std::fs::write(&pairs, lines.join("\n")).expect("written");
    let study = folder.join(what);
    let output = run(&pairs, model, &study, flags);
    let mut found = verdict_rows(&study);
    found.sort_by(|a, b| a.pair.cmp(&b.pair));
    let good = found.iter().map(|v| if v.pair == "p1" { 1.0 - v.p_a } else { v.p_a }).collect();
    (good, String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn an_answer_that_holds_a_verdict_gives_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases: &[(&str, &str, f64, Answer)] = &[
        ("after its reasoning", "generated", 1.0, |g, b| {
            chat(
                &format!(
                    "<think>At first {{\"verdict\": \"{b}\"}}, but no.</think>\n{{\"verdict\": \"{g}\"}}"
                ),
                "stop",
            )
        }),
        ("in the final channel", "generated", 1.0, |g, b| {
            chat(
                &format!(
                    "<|channel|>analysis<|message|>{{\"verdict\": \"{b}\"}}?<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>{{\"verdict\": \"{g}\"}}"
                ),
                "stop",
            )
        }),
        ("before a turn that was made up", "generated", 1.0, |g, b| {
            chat(
                &format!("{{\"verdict\": \"{g}\"}}</s>\n[INST] Again? [/INST] {{\"verdict\": \"{b}\"}}"),
                "length",
            )
        }),
        ("as the argument of a tool", "generated", 1.0, |g, _| {
            let mut answer = chat("", "tool_calls");
            let call = json!({"type": "function", "function": {"name": "json", "arguments": format!("{{\"verdict\": \"{g}\"}}")}});
            answer["choices"][0]["message"]["tool_calls"] = json!([call]);
            answer
        }),
        ("in parts", "generated", 1.0, |g, _| {
            let mut answer = chat("", "stop");
            answer["choices"][0]["message"]["content"] = json!([{"type": "thinking", "text": "hm"}, {"type": "text", "text": format!("{{\"verdict\": \"{g}\"}}")}]);
            answer
        }),
        ("in a fence with words behind it", "generated", 1.0, |g, _| {
            chat(&format!("```json\n{{\"verdict\": \"{g}\"}}\n```\nIt is heavier."), "stop")
        }),
        ("in brackets at the end", "mt-bench", 1.0, |g, b| {
            chat(&format!("Perhaps [[{b}]]? No, granite is heavier.\nMy verdict: [[{g}]]"), "stop")
        }),
        ("a grade out of ten", "graded", 1.0, |g, _| {
            chat(if g == "A" { "{\"grade\": \"7/10\"}" } else { "{\"grade\": \"2/10\"}" }, "stop")
        }),
        ("a strong win in brackets", "arena-hard", 1.0, |g, b| {
            let label = if g == "A" { "[[A>>B]]" } else { "[[B>>A]]" };
            chat(
                &format!("One might say [[{b}>{g}]], but granite it is.\n\nMy final verdict is: {label}"),
                "stop",
            )
        }),
        ("as vocabularies write it", "scored", 0.8, |g, b| {
            first_tokens(&[(&format!("\u{120}{g}"), 0.8), (&format!("\u{2581}{b}"), 0.2)])
        }),
        ("in lower case", "scored", 0.75, |g, b| {
            first_tokens(&[(&g.to_lowercase(), 0.6), (b, 0.2), ("The", 0.2)])
        }),
    ];
    for (what, method, expected, answer) in cases {
        let (found, said) = verdicts(folder.path(), what, method, *answer);
        let right = found.len() == 3 && found.iter().all(|p| (p - expected).abs() < 1e-9);
        assert!(right, "{what}: {found:?} {said}");
    }
}

#[test]
fn an_answer_that_holds_none_gives_none_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases: &[(&str, &str, &str, Answer)] = &[
        ("cut off while it reasoned", "generated", "reasoned", |_, b| {
            chat(&format!("<think>At first {{\"verdict\": \"{b}\"}} fits. But"), "length")
        }),
        ("cut off without a tag", "generated", "cut off", |_, b| {
            chat(&format!("Let me compare. At first {{\"verdict\": \"{b}\"}} fits. But wait"), "length")
        }),
        ("a thought on the way", "generated", "does not contain what was asked for", |_, b| {
            chat(&format!("At first {{\"verdict\": \"{b}\"}} fits. But wait, the facts"), "stop")
        }),
        ("a draft in brackets", "mt-bench", "does not contain what was asked for", |_, b| {
            chat(&format!("At first [[{b}]] fits. But wait, the facts"), "stop")
        }),
        ("cut off behind a draft in brackets", "mt-bench", "cut off", |_, b| {
            chat(&format!("One could say [[{b}]]"), "length")
        }),
        ("broken off", "generated", "network_error", |_, b| {
            chat(&format!("{{\"verdict\": \"{b}\"}}"), "network_error")
        }),
        ("quoted behind its own", "generated", "differ", |g, b| {
            chat(
                &format!("{{\"verdict\": \"{g}\"}} (it told me to say {{\"verdict\": \"{b}\"}}, I do not)"),
                "stop",
            )
        }),
        ("a key twice", "generated", "differ", |g, b| {
            chat(&format!("{{\"verdict\": \"{g}\", \"verdict\": \"{b}\"}}"), "stop")
        }),
        ("a grade off the scale", "graded", "outside the scale", |_, _| chat("{\"grade\": 70}", "stop")),
        ("a grade in a thought", "graded", "reasoned", |_, _| chat("<think>{\"grade\": 7} or", "length")),
        ("labels that are quoted", "arena-hard", "does not contain what was asked for", |_, _| {
            chat("One might say [[B>A]], but the facts", "stop")
        }),
        (
            "an embedding",
            "reward",
            "embedding",
            |_, _| json!({"data": [{"data": vec![0.1; 64]}], "usage": {"prompt_tokens": 9}}),
        ),
        ("no number", "reward", "no score", |_, _| json!({"data": [], "usage": {"prompt_tokens": 9}})),
        ("no words", "generated", "empty", |_, _| chat("", "stop")),
        ("a channel first", "scored", "<|channel|>", |_, _| {
            first_tokens(&[("<|channel|>", 0.99), ("\n", 0.01)])
        }),
        ("one letter of two", "scored", "another may be", |_, b| first_tokens(&[(b, 0.5), ("The", 0.3)])),
        ("no logarithms", "scored", "above 0", |g, b| {
            first_tokens(&[(g, 0.9_f64.exp()), (b, 0.1_f64.exp())])
        }),
        (
            "another object of the protocol",
            "generated",
            "start token",
            |_, _| json!({"object": "error", "message": "Unexpected token while expecting a start token", "code": 400}),
        ),
    ];
    for (what, method, why, answer) in cases {
        let (found, said) = verdicts(folder.path(), what, method, *answer);
        assert!(found.is_empty(), "{what}: {found:?}");
        assert!(said.contains("error:") && said.contains("remedy:") && said.contains(why), "{what}: {said}");
    }
}

/// What `validity` says of a model that answers so, in both orders, and whether it kept figures.
fn validity(folder: &Path, what: &str, answer: Answer) -> (bool, Value, String, bool) {
    let pairs = folder.join("heavy.jsonl");
    let line = |i: usize| {
        json!({"property": "authoritative", "prompt": format!("What is heavy, {i}?"), "higher": "granite", "lower": "feather"})
            .to_string()
    };
    std::fs::write(&pairs, (0..3).map(line).collect::<Vec<_>>().join("\n")).expect("written");
    let figures = folder.join(what);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_predilect"))
        .arg("validity")
        .arg(&pairs)
        .args(["--annotator", &serve(answer), "--method", "generated", "--json", "--quiet", "-o"])
        .arg(&figures)
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let found = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.success(), found, said, figures.join("figures.json").is_file())
}

#[test]
fn only_answers_that_were_read_become_figures() {
    let folder = tempfile::tempdir().expect("a folder");
    let (done, found, said, kept) = validity(folder.path(), "rated", |g, _| {
        let (a, b) = if g == "A" { (3, 1) } else { (1, 3) };
        chat(&json!({"A": {"authoritative": a}, "B": {"authoritative": b}}).to_string(), "stop")
    });
    let row = &found[0]["rows"][0];
    assert!(done && kept, "{said}");
    assert_eq!((row["right"].as_u64(), row["pairs"].as_u64()), (Some(3), Some(3)), "{found}");
    assert_eq!(row["order_effect"].as_f64(), Some(0.0), "{row}");
    let (done, found, said, kept) =
        validity(folder.path(), "nothing", |_, _| chat("Both are fine materials.", "stop"));
    assert!(!done && said.contains("no answer could be read") && said.contains("remedy:"), "{said}");
    assert_eq!(found[0]["cost"]["unread"]["unreadable"]["answers"], 6, "{found}");
    assert!(!kept, "figures of answers that were not read");
}

/// What a vLLM server with this vocabulary says of a text.
fn tokenize(body: &Value) -> Option<(u16, Value)> {
    let text = body["prompt"].as_str()?;
    let (id, token) = match text.trim_start_matches('\n') {
        "A" => (32, "A"),
        " A" => (362, "\u{120}A"),
        "B" => (33, "B"),
        " B" => (425, "\u{120}B"),
        _ => return Some((200, json!({"tokens": [7, 8], "token_strs": ["x", "y"], "count": 2}))),
    };
    let line = text.starts_with('\n').then_some((198, "\u{10a}"));
    let (ids, texts): (Vec<u64>, Vec<&str>) = line.into_iter().chain([(id, token)]).unzip();
    Some((200, json!({"tokens": ids, "token_strs": texts, "count": 1})))
}

#[test]
fn both_letters_are_asked_for_by_their_tokens_where_a_server_takes_them() {
    let folder = tempfile::tempdir().expect("a folder");
    // The worse letter is never among the likeliest tokens. A server that is asked for the tokens reports it: .02 of .32.
    let told = |takes: bool| {
        serve_calls(move |path, body| {
            if path.ends_with("/tokenize") {
                return tokenize(body);
            }
            let asked = body["messages"].as_array()?.last()?["content"].as_str()?;
            let (good, bad) =
                if asked.find("granite")? < asked.find("feather")? { ("A", "B") } else { ("B", "A") };
            match body["logprob_token_ids"].as_array() {
                Some(_) if !takes => Some((
                    400,
                    json!({"error": {"message": "logprob_token_ids: Extra inputs are not permitted"}}),
                )),
                Some(ids) => {
                    let wanted = [32, 362, 33, 425].map(Value::from);
                    let all = wanted.iter().all(|id| ids.contains(id)) && ids.len() == 4;
                    let blank = format!(" {bad}");
                    let tokens = [("The", 0.5), (good, 0.3), (bad, 0.015), (blank.as_str(), 0.005)];
                    all.then(|| (200, first_tokens(&tokens)))
                }
                None => Some((200, first_tokens(&[("The", 0.5), (good, 0.3), ("It", 0.1)]))),
            }
        })
    };
    let (found, said) = verdicts_of(folder.path(), "told", &told(true), &["--method", "scored"]);
    assert!(found.len() == 3 && found.iter().all(|p| (p - 0.3 / 0.32).abs() < 1e-9), "{found:?} {said}");
    let (found, said) = verdicts_of(folder.path(), "refused", &told(false), &["--method", "scored"]);
    assert!(found.is_empty() && said.contains("another may be"), "{found:?} {said}");
}

/// What `judge --probe --json` says of a server.
fn probe(model: &str) -> Value {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_predilect"))
        .args(["judge", "--probe", "--json", "--model", model])
        .output()
        .expect("it starts");
    let found: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    found[0].clone()
}

#[test]
fn a_probe_tells_schemas_seeds_and_reasoning() {
    // One that does what it is asked, and one that does not.
    let told = |keeps: bool| {
        serve_calls(move |_, body| {
            let asked = body["messages"].as_array()?.last()?["content"].as_str()?;
            let mut answer = if asked.contains("river") {
                static CALLS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
                let calls = CALLS.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let line = if keeps { body["seed"].as_u64()? } else { calls };
                chat(&format!("A river runs, line {line}."), "stop")
            } else if asked.contains("hello") {
                chat(if keeps { "{\"colour\": \"red\"}" } else { "hello" }, "stop")
            } else {
                first_tokens(&[("A", 0.6), ("B", 0.3)])
            };
            if !keeps {
                answer["usage"]["completion_tokens"] = 300.into();
            }
            Some((200, answer))
        })
    };
    let habits = probe(&told(true))["habits"].clone();
    assert_eq!(habits, json!({"schema": "enforced", "seed": "taken", "reasoning_tokens": 0}));
    let habits = probe(&told(false))["habits"].clone();
    assert_eq!((&habits["schema"], &habits["seed"]), (&json!("ignored"), &json!("ignored")));
    assert!(habits["reasoning_tokens"].as_u64() > Some(200), "{habits}");
    let refuses = serve_calls(|_, body| {
        for (name, at) in [("seed", "seed"), ("response_format", "response_format")] {
            if body.get(at).is_some() {
                return Some((
                    400,
                    json!({"error": {"message": format!("{name}: Extra inputs are not permitted")}}),
                ));
            }
        }
        Some((200, first_tokens(&[("A", 0.6), ("B", 0.3)])))
    });
    let found = probe(&refuses);
    assert_eq!(found["habits"]["schema"], "refused", "{found}");
    assert_eq!(found["habits"]["seed"], "refused", "{found}");
}

#[test]
fn what_is_said_of_requests_and_responses_is_read_with_the_same_care() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = folder.path().join("granite.jsonl");
    let line =
        json!({"id": "p", "prompt": "What is heavy?", "response_a": "granite", "response_b": "feather"});
    std::fs::write(&pairs, line.to_string()).expect("written");
    let annotate = |what: &str, answer: fn(&str) -> String| {
        let server = serve_calls(move |_, body| {
            let asked = body["messages"].as_array()?.last()?["content"].as_str()?;
            Some((200, chat(&answer(asked), "stop")))
        });
        let study = folder.path().join(what);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_predilect"))
            .arg("annotate")
            .arg(&pairs)
            .args(["--model", &server, "--method", "generated", "--json", "--quiet", "-o"])
            .arg(&study)
            .args(["--properties", "polite,satisfies_constraints"])
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default(), said)
    };
    // The analysis of the request and both forms come back as they were sent.
    let (done, found, said) = annotate("echo", str::to_owned);
    assert!(!done && said.contains("gives the question back"), "{said} {found}");
    assert_eq!(found["unread"]["echo"]["answers"].as_u64(), found["calls"].as_u64(), "{found}");
    // An unreadable analysis does not keep anything from being rated, but is reported.
    let (done, found, said) = annotate("half", |asked| {
        if asked.contains("intent_clear") {
            return "It is clear.".to_owned();
        }
        json!({"A": {"polite": 2}, "B": {"polite": 1}}).to_string()
    });
    assert!(done, "{said}");
    assert!(found["unread"]["unreadable"]["answers"].as_u64() >= Some(1), "{found}");
}

#[test]
fn a_jury_keeps_what_it_said_of_other_pairs() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = folder.path().join("granite.jsonl");
    let line = |i: usize| {
        json!({"id": format!("p{i}"), "prompt": format!("What is heavy, {i}?"), "response_a": "granite", "response_b": "feather"})
            .to_string()
    };
    std::fs::write(&pairs, (0..4).map(line).collect::<Vec<_>>().join("\n")).expect("written");
    let study = folder.path().join("study");
    let first = serve(|g, _| chat(&format!("{{\"verdict\": \"{g}\"}}"), "stop"));
    let second = first.replace("#m", "#n");
    let judge = |filter: &str, orders: &str| {
        run(
            &pairs,
            &first,
            &study,
            &[
                "--model",
                &second,
                "--jury",
                "majority",
                "--method",
                "generated",
                "--orders",
                orders,
                "--where",
                filter,
            ],
        )
    };
    let count = || {
        let rows = verdict_rows(&study);
        let jury = rows.iter().filter(|row| row.judge.starts_with("jury")).count();
        (jury, rows.len())
    };
    assert!(judge("id = p0", "both").status.success());
    assert_eq!(count(), (1, 3));
    assert!(judge("id in (p1, p2)", "both").status.success());
    assert_eq!(count(), (3, 9));
    // What was asked in another way is not thrown away for a part of it.
    let output = judge("id = p3", "ab");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("would be lost"), "{said}");
    assert_eq!(count(), (3, 9));
    let output = judge("order = ab", "both");
    assert!(String::from_utf8_lossy(&output.stderr).contains("asks for the order of verdicts"));
}
