//! One small valid file of each format that needs code, and of common ones.

/// One small valid file of each of these formats; `hostile` mutates them.
pub(crate) const SAMPLES: &[(&str, &str, &str)] = &[
    (
        "pairs",
        "pairs.jsonl",
        r#"{"prompt": "q1", "response_a": "x", "response_b": "y", "model_a": "m", "verdicts": [{"judge": "j", "p_a": 0.25, "order": "ab", "weight": 2, "receipt": {"raw": "B"}}, {"judge": "k", "preferred": "tie"}], "prompt_id": 7}
{"id": "two", "prompt": [{"role": "user", "content": "q2"}], "response_a": [{"role": "assistant", "content": "x"}], "response_b": "z", "judge": "j", "preferred": "b", "scenario": "s", "language": "en", "metadata": {"k": 1}}
{"prompt": "q3", "response_a": "same", "response_b": "same"}
"#,
    ),
    (
        "arena",
        "arena.jsonl",
        r#"{"question_id": "r1", "model_a": "m", "model_b": "n", "winner": "tie (bothbad)", "judge": "arena_user_9", "turn": 2, "anony": true, "language": "English", "conversation_a": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a1"}, {"role": "user", "content": "r"}, {"role": "assistant", "content": "a2"}], "conversation_b": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "b1"}, {"role": "user", "content": "r"}, {"role": "assistant", "content": "b2"}]}
{"id": "r2", "model_a": "m", "model_b": "n", "winner": "model_b", "language": "German", "conversation_a": [{"role": "user", "content": [{"type": "text", "text": "q"}, {"type": "image", "image": "i"}]}, {"role": "assistant", "content": [{"type": "text", "text": "a"}]}], "conversation_b": [{"role": "user", "content": [{"type": "text", "text": "q"}, {"type": "image", "image": "i"}]}, {"role": "assistant", "content": [{"type": "text", "text": "b"}]}]}
"#,
    ),
    (
        "alpaca_eval",
        "annotations.json",
        r#"[{"instruction": "q", "output_1": "x", "generator_1": "base", "output_2": "y", "generator_2": "m", "dataset": "d", "annotator": "gpt", "preference": "1.75", "price_per_example": 0.1, "raw_completion": {"t": "m"}},
 {"instruction": "q2", "output_1": "x", "generator_1": "base", "output_2": "y", "generator_2": "m", "annotator": "gpt", "preference": NaN},
 {"instruction": "q3", "output_1": "x", "generator_1": "base", "output_2": "y", "generator_2": "m", "annotator": "gpt", "preference": 0}]"#,
    ),
    (
        "reward_bench",
        "reward.jsonl",
        r#"{"prompt": "q", "chosen": "x", "rejected": "y", "chosen_model": "m", "rejected_model": "n", "subset": "s", "id": 3}
{"prompt": "q", "chosen": ["x"], "rejected": ["y", "z", "w"], "subset": "s", "num_correct": 1, "models": ["c", "r1", "r2", "r3"], "id": "4"}
"#,
    ),
    (
        "hh_rlhf",
        "hh.jsonl",
        "{\"chosen\": \"\\n\\nHuman: q\\n\\nAssistant: x\\n\\nHuman: r\\n\\nAssistant: good\", \"rejected\": \"\\n\\nHuman: q\\n\\nAssistant: x\\n\\nHuman: r\\n\\nAssistant: bad\"}\n",
    ),
    (
        "ultrafeedback",
        "uf.jsonl",
        r#"{"prompt": "q", "prompt_id": "p1", "chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "x"}], "rejected": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "y"}], "messages": [], "score_chosen": 8.5, "score_rejected": 8.5}
{"prompt": "q", "prompt_id": "p1", "chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "x2"}], "rejected": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "y2"}], "messages": [], "score_chosen": 9, "score_rejected": 2}
"#,
    ),
    (
        "trl",
        "trl.jsonl",
        r#"{"prompt": "q", "chosen": "x", "rejected": "y"}
{"chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "x2"}], "rejected": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "y2"}]}
{"prompt": [{"role": "user", "content": "q"}], "chosen": [{"role": "assistant", "content": "x1"}], "rejected": [{"role": "assistant", "content": "y1"}]}
"#,
    ),
    (
        "annotated_pairs",
        "ap.json",
        r#"{"metadata": {"version": "2.0"}, "annotators": {"a1": {"name": "Ann", "type": "human"}, "a2": {"name": "bot", "type": "unknown"}}, "comparisons": [
{"id": "c1", "prompt": "q", "response_a": {"text": "x", "model": "m"}, "response_b": {"text": "y", "model": null}, "annotations": {"a1": {"pref": "a"}, "a2": {"pref": null, "no_pref_reason": "tie"}}, "metadata": {"k": 1}},
{"id": "c2", "prompt": null, "response_a": {"text": "x"}, "response_b": {"text": "y"}, "annotations": {"a1": {"pref": null}}, "metadata": {}}]}"#,
    ),
    (
        "mt_bench",
        "human.jsonl",
        r#"{"question_id": 81, "model_a": "m", "model_b": "n", "winner": "model_a", "judge": "expert_1", "turn": 1, "conversation_a": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a1"}, {"role": "user", "content": "r"}, {"role": "assistant", "content": "a2"}], "conversation_b": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "b1"}, {"role": "user", "content": "r"}, {"role": "assistant", "content": "b2"}]}
"#,
    ),
    (
        "judge_bench",
        "jb.jsonl",
        r#"{"pair_id": "p", "original_id": "o", "source": "math", "question": "q", "response_model": "m", "response_A": "x", "response_B": "y", "label": "A>B", "judge_name": "j", "judgments": [{"decision": "A>B"}, {"decision": "A>B"}]}
"#,
    ),
    (
        "panda_lm",
        "panda.json",
        r#"[{"idx": 0, "motivation_app": "app", "cmp_key": "m_n", "instruction": "i", "input": "in", "response1": "x", "response2": "y", "annotator1": 1, "annotator2": 2, "annotator3": 0}]"#,
    ),
    (
        "bias_bench",
        "bias.json",
        r#"{"length bias": [{"bias": "length bias", "instruction": "i", "response1": "x", "response2": "y", "label": 1}], "other": [{"instruction": "i2", "response1": "x", "response2": "y", "label": 2}]}"#,
    ),
    (
        "llm_bar",
        "GPT-9_Plain.json",
        r#"[{"input": "i", "output_1": "x", "output_2": "y", "label": 2, "results": [{"swap = False": {"completion": ["a", "stop"], "winner": "1"}, "swap = True": {"completion": ["a", "stop"], "winner": "2"}}]},
 {"input": "i2", "output_1": "x", "output_2": "y", "label": 1, "results": [{"swap = False": {"completion": [], "winner": null}, "swap = True": {"completion": [], "winner": "1"}}]}]"#,
    ),
    (
        "auto_j",
        "autoj.jsonl",
        "{\"scenario\": \"s\", \"label\": 0, \"prompt\": \"q\", \"response 1\": \"x\", \"response 2\": \"y\"}\n{\"scenario\": \"s\", \"label\": \"2\", \"prompt\": \"q2\", \"response 1\": \"x\", \"response 2\": \"y\"}\n{\"scenario\": \"s\", \"label\": 1, \"prompt\": \"q3\", \"response 1\": \"x\", \"response 2\": \"y\"}\n",
    ),
    (
        "preference_dissection",
        "pd.jsonl",
        r#"{"query": "q", "scenario_auto-j": "x", "scenario_group": "Code", "response_1": {"content": "x", "model": "m", "num_words": 10}, "response_2": {"content": "y", "model": "n", "num_words": 20}, "gpt-4-turbo_reference": "ref", "clear intent": "Yes", "preference_labels": {"human": "response_1", "gpt": "response_2"}, "basic_response_1": {"friendly": 2, "repetitive": 1}, "basic_response_2": {"friendly": 1, "repetitive": 0, "unheard of": 3}, "errors_response_1": {"applicable or not": "applicable", "errors": [{"brief description": "b", "severity": "severe", "type": "factual error"}]}, "errors_response_2": {"applicable or not": "not applicable", "errors": []}, "query-specific_response_1": {"satisfying explicit constraints": [3, 0]}, "query-specific_response_2": {"satisfying explicit constraints": [3, 3]}}
"#,
    ),
    ("votes", "votes.csv", "left,right,winner,weight,worker\nm,n,left,2,7\nn,m,tie,,8\nm,o,o,1,9\n"),
    (
        "wide",
        "wide.csv",
        "question,preference,small,big,category_labels\nq1,big,\"line 1\nline 2\",y,Coding\nq2,small,x,y,Writing\nq3,tie,x,y,Writing\n",
    ),
];
