//! Tokenizers small enough to be written down.

use super::{Message, Remark, Tokens, TokensError};
use candle_core::quantized::gguf_file::{self, Content, Value};
use serde_json::{Value as Json, json};
use std::io::Cursor;
use std::path::Path;

/// A file's metadata, written and read again.
fn gguf(entries: &[(&str, Value)]) -> Content {
    let entries: Vec<(&str, &Value)> = entries.iter().map(|(key, value)| (*key, value)).collect();
    let mut bytes = Cursor::new(Vec::new());
    gguf_file::write(&mut bytes, &entries, &[]).unwrap();
    Content::read(&mut Cursor::new(bytes.into_inner())).unwrap()
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn texts(items: &[impl AsRef<str>]) -> Value {
    Value::Array(items.iter().map(|item| text(item.as_ref())).collect())
}

/// The letters that represent the 256 bytes in byte-level vocabularies.
fn letters() -> Vec<String> {
    let plain = |b: u32| (33..=126).contains(&b) || (161..=172).contains(&b) || (174..=255).contains(&b);
    let mut next = 256;
    (0..256)
        .map(|b| {
            let letter = if plain(b) { b } else { next };
            next += u32::from(!plain(b));
            char::from_u32(letter).unwrap().to_string()
        })
        .collect()
}

const TEMPLATE: &str = "{% for m in messages %}\n<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}\n{% if add_generation_prompt %}\n<|im_start|>assistant\n{% endif %}\n";

/// Bytes by their own numbers, then 256 `he`, 257 `ll`, 258 `Ġh`, 259 `12`, 260 and 261 the marks of turns, 262 a name.
fn byte_level(pre: &str, template: &str) -> Vec<(&'static str, Value)> {
    let mut tokens = letters();
    tokens.extend(["he", "ll", "Ġh", "12", "<|im_start|>", "<|im_end|>", "<name>"].map(str::to_owned));
    let mut kinds = vec![Value::I32(1); 260];
    kinds.extend([3, 3, 4].map(Value::I32));
    vec![
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text(pre)),
        ("tokenizer.ggml.tokens", texts(&tokens)),
        ("tokenizer.ggml.token_type", Value::Array(kinds)),
        ("tokenizer.ggml.merges", texts(&["h e", "l l", "Ġ h", "1 2"])),
        ("tokenizer.ggml.eos_token_id", Value::U32(261)),
        ("tokenizer.ggml.bos_token_id", Value::U32(4_294_967_295)),
        ("tokenizer.chat_template", text(template)),
    ]
}

fn small(template: &str) -> Tokens {
    Tokens::from_gguf(&gguf(&byte_level("gpt-2", template))).unwrap()
}

fn with(key: &'static str, value: Value) -> Result<Tokens, TokensError> {
    let mut entries = byte_level("gpt-2", TEMPLATE);
    entries.retain(|(known, _)| *known != key);
    entries.push((key, value));
    Tokens::from_gguf(&gguf(&entries))
}

const ASKED: [Message; 1] = [Message { role: "user", content: "hi" }];
const BRIEF: [Message; 2] = [Message { role: "system", content: "be brief" }, ASKED[0]];

#[test]
fn byte_level_tokens_are_merged_and_special_ones_kept_whole() {
    let tokens = small(TEMPLATE);
    assert_eq!(tokens.encode("hello 12 he h").unwrap(), [256, 257, 111, 32, 259, 32, 256, 258]);
    assert_eq!(tokens.encode("<|im_end|><name>he\u{e9}").unwrap(), [261, 262, 256, 195, 169]);
    assert_eq!(tokens.encode("").unwrap(), [0; 0]);
    assert_eq!(
        tokens.decode(&[260, 256, 257, 195, 169, 258, 262, 9999]).unwrap(),
        "<|im_start|>hellé h<name>"
    );
    assert_eq!(tokens.decode(&[195]).unwrap(), "\u{fffd}");
    assert_eq!((tokens.size(), tokens.bos(), tokens.eos()), (263, None, Some(261)));
    assert_eq!(tokens.ends(), [261]);
    let digits = Tokens::from_gguf(&gguf(&byte_level("smollm", TEMPLATE))).unwrap();
    assert_eq!(digits.encode("12").unwrap(), [49, 50]);
}

#[test]
fn a_composed_text_is_what_qwen_was_trained_on() {
    let of = |pre| Tokens::from_gguf(&gguf(&byte_level(pre, TEMPLATE))).unwrap().encode("e\u{301}").unwrap();
    assert_eq!(of("qwen2"), [195, 169]);
    assert_eq!(of("gpt-2"), [101, 204, 129]);
}

/// What `sentencepiece` makes of it: 3 is `<0x00>`, 259 the space, then letters and pieces.
fn by_scores(spaced: bool) -> Tokens {
    let mut tokens: Vec<String> = ["<unk>", "<s>", "</s>"].map(str::to_owned).to_vec();
    tokens.extend((0..256).map(|b| format!("<0x{b:02X}>")));
    tokens.extend(["▁", "a", "b", "c", "ab", "bc", "▁a", "▁▁", "<|user|>", "  "].map(str::to_owned));
    let mut kinds = vec![2, 3, 3];
    kinds.extend([6; 256]);
    kinds.extend([1, 1, 1, 1, 1, 1, 1, 1, 3, 4]);
    let mut scores = vec![0.0; 259];
    scores.extend([-10.0, -11.0, -12.0, -13.0, -3.0, -1.0, -4.0, -2.0, 0.0, 0.0]);
    Tokens::from_gguf(&gguf(&[
        ("tokenizer.ggml.model", text("llama")),
        ("tokenizer.ggml.tokens", texts(&tokens)),
        ("tokenizer.ggml.token_type", Value::Array(kinds.into_iter().map(Value::I32).collect())),
        ("tokenizer.ggml.scores", Value::Array(scores.into_iter().map(Value::F32).collect())),
        ("tokenizer.ggml.bos_token_id", Value::U32(1)),
        ("tokenizer.ggml.eos_token_id", Value::U32(2)),
        ("tokenizer.ggml.add_space_prefix", Value::Bool(spaced)),
    ]))
    .unwrap()
}

#[test]
fn pieces_of_better_scores_are_merged_first() {
    let tokens = by_scores(true);
    assert_eq!(tokens.encode("abc").unwrap(), [265, 264], "▁a and bc, since bc has the best score");
    assert_eq!(tokens.encode("ab").unwrap(), [259, 263]);
    assert_eq!(
        tokens.encode("<|user|>a\n").unwrap(),
        [267, 265, 13],
        "a space before what follows a special token"
    );
    assert_eq!(tokens.encode("bé").unwrap(), [259, 261, 198, 172]);
    assert_eq!(tokens.decode(&[265, 264, 198, 172]).unwrap(), "abcé");
    let bare = by_scores(false);
    assert_eq!(bare.encode("abc").unwrap(), [260, 264]);
    assert_eq!(bare.encode("a  c").unwrap(), [260, 268, 262], "a run of spaces that the file defines");
    assert!(!bare.has_template());
    assert!(matches!(bare.conversation(&ASKED, "x"), Err(TokensError::NoTemplate)));
}

#[test]
fn plain_texts_begin_and_end_as_the_model_learnt() {
    let example = by_scores(false).plain("a", "c").unwrap();
    assert_eq!((example.prompt, example.completion, example.remark), (vec![1, 260], vec![262, 2], None));
    let named = by_scores(false).plain("a", "c</s>").unwrap();
    assert_eq!(named.completion, [262, 2], "not ended twice");
    let mut seam = by_scores(false).plain("ca", "b").unwrap();
    assert_eq!((seam.prompt.as_slice(), seam.completion.as_slice()), (&[1, 262][..], &[263, 2][..]));
    assert_eq!(seam.remark, Some(Remark::Parts { left_out: 1, text: "a".to_owned() }));
    assert!(seam.remark.as_ref().unwrap().to_string().contains("\"a\""));
    seam.cut_prompt(1);
    assert_eq!((seam.prompt.as_slice(), seam.completion.as_slice()), (&[1][..], &[262, 263, 2][..]));
    seam.cut_prompt(9);
    assert_eq!(seam.prompt, [1]);
}

#[test]
fn a_completion_is_what_the_whole_has_after_the_prompt() {
    let tokens = small(TEMPLATE);
    let example = tokens.conversation(&BRIEF, "<he>").unwrap();
    assert_eq!(
        tokens.decode(&example.prompt).unwrap(),
        "<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    );
    assert_eq!(tokens.decode(&example.completion).unwrap(), "<he><|im_end|>\n");
    assert_eq!(example.remark, None);
    assert!(matches!(tokens.conversation(&[], "x"), Err(TokensError::Empty)));
}

#[test]
fn a_template_that_shows_the_prompt_otherwise_is_remarked() {
    let tokens = small(
        "{% for m in messages %}[{{ m.content }}]{% endfor %}{% if add_generation_prompt %}<think>{% endif %}",
    );
    let example = tokens.conversation(&ASKED, "yes").unwrap();
    assert_eq!(tokens.decode(&example.prompt).unwrap(), "[hi]");
    assert_eq!(tokens.decode(&example.completion).unwrap(), "[yes]");
    assert_eq!(example.remark, Some(Remark::Parts { left_out: 7, text: "<think>".to_owned() }));
}

#[test]
fn a_refused_system_message_is_told_from_other_refusals() {
    let refuses = small(
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('System role not supported') }}{% elif m.role == 'tool' %}{{ raise_exception('no tools') }}{% endif %}{{ m.content }}{% endfor %}",
    );
    let refused = |messages: &[Message]| refuses.conversation(messages, "x").unwrap_err();
    assert!(matches!(refused(&BRIEF), TokensError::SystemRefused(why) if why == "System role not supported"));
    let tool = Message { role: "tool", content: "" };
    assert!(matches!(refused(&[ASKED[0], tool]), TokensError::Refused(why) if why == "no tools"));
    assert!(matches!(refused(&[BRIEF[0], ASKED[0], tool]), TokensError::Refused(_)));
    assert!(refuses.conversation(&ASKED, "x").is_ok());
}

#[test]
fn templates_have_what_transformers_gives_them() {
    let shown = |template: &str| small(template).render(&ASKED, true).unwrap();
    assert_eq!(shown("{{ bos_token }}{{ eos_token }}"), "<|im_end|>");
    assert_eq!(
        shown("{{ strftime_now('%d %b %Y') }} {{ tools is defined }} {{ tools }}"),
        "26 Jul 2024 True None"
    );
    assert_eq!(shown("{{ messages|tojson }}"), "[{\"role\": \"user\", \"content\": \"hi\"}]");
    assert_eq!(shown("  {%- generation %}\n x{% endgeneration -%}  {{ '{%' }}"), " x{%");
    assert_eq!(shown("{{ messages[0]['content'].split('h')[-1].strip() }}"), "i");
    assert_eq!(
        shown("{{ tools is iterable }}{{ messages is iterable }}{{ 'a' is iterable }}"),
        "FalseTrueTrue"
    );
    assert_eq!(
        shown("{% for i in range(9) %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}"),
        "01"
    );
}

#[test]
fn a_template_that_is_no_template_only_stops_conversations() {
    let tokens = small("{% nonsense %}");
    assert!(tokens.has_template());
    assert_eq!(tokens.encode("he").unwrap(), [256]);
    assert!(matches!(tokens.conversation(&ASKED, "x"), Err(TokensError::Template(_))));
    assert!(matches!(small("{{ 1 / 0 }}").render(&ASKED, true), Err(TokensError::Render(_))));
}

#[test]
fn a_template_cannot_go_on_for_ever_or_fill_the_memory() {
    for endless in [
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% set n = namespace(x='ab') %}{% for a in range(90) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        "{{ 'x' * 100000000 }}",
        "{% set n = namespace(x=[]) %}{% for a in range(99999) %}{% set n.x = [n.x] %}{% endfor %}",
    ] {
        let failed = small(endless).conversation(&ASKED, "x");
        assert!(matches!(failed, Err(TokensError::Endless)), "{failed:?}");
    }
    let deep = "{% set n = namespace(x=[]) %}{% for a in range(5000) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x }}{{ n.x|tojson }}";
    assert!(matches!(small(deep).render(&ASKED, true), Err(TokensError::Render(_) | TokensError::Endless)));
    assert!(matches!(small(&" ".repeat(2 << 20)).render(&ASKED, true), Err(TokensError::Template(_))));
}

#[test]
fn a_long_conversation_has_steps_enough() {
    let content = "word ".repeat(200_000);
    let turn = Message { role: "user", content: &content };
    let long = small(TEMPLATE).conversation(&[turn, turn], "x").unwrap();
    assert!(long.prompt.len() > 1_000_000);
    let many = vec![ASKED[0]; 3000];
    assert!(small(TEMPLATE).conversation(&many, "x").is_ok());
}

#[test]
fn broken_files_are_refused() {
    assert!(matches!(with("tokenizer.ggml.model", text("t5")), Err(TokensError::Kind(kind)) if kind == "t5"));
    assert!(matches!(with("tokenizer.ggml.pre", text("new")), Err(TokensError::Pretokenizer(_))));
    for (key, value) in [
        ("tokenizer.ggml.model", Value::U8(1)),
        ("tokenizer.ggml.tokens", Value::Array(Vec::new())),
        ("tokenizer.ggml.tokens", texts(&["a"])),
        ("tokenizer.ggml.tokens", texts(&["a".repeat(2000)])),
        ("tokenizer.ggml.token_type", texts(&["a"])),
        ("tokenizer.ggml.merges", texts(&["he"])),
        ("tokenizer.ggml.merges", texts(&["he zz"])),
        ("tokenizer.ggml.merges", texts(&[""])),
        ("tokenizer.ggml.eos_token_id", text("2")),
        ("tokenizer.ggml.add_bos_token", text("yes")),
        ("tokenizer.chat_template", Value::U8(1)),
    ] {
        let made = with(key, value.clone());
        assert!(matches!(made, Err(TokensError::Broken { .. })), "{key} {value:?}: {made:?}");
    }
    let nothing = Tokens::from_gguf(&gguf(&[("tokenizer.ggml.model", text("gpt2"))]));
    assert!(matches!(nothing, Err(TokensError::Missing("tokenizer.ggml.tokens"))));
}

/// `a`, `b`, `ab`, `<s>`, `</s>`; texts begin with `<s>`.
fn folder(files: &[(&str, Json)]) -> Result<Tokens, TokensError> {
    let tokenizer = json!({
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0},
        "padding": null,
        "added_tokens": [
            {"id": 3, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
            {"id": 4, "content": "</s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        ],
        "normalizer": null, "pre_tokenizer": null, "decoder": {"type": "Fuse"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [3], "tokens": ["<s>"]}},
        },
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]},
    });
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("tokenizer.json"), tokenizer.to_string()).unwrap();
    for (name, content) in files {
        let content = content.as_str().map_or_else(|| content.to_string(), str::to_owned);
        std::fs::write(dir.path().join(name), content).unwrap();
    }
    Tokens::from_folder(dir.path())
}

#[test]
fn a_folder_is_read_with_all_that_lies_in_it() {
    let config = json!({
        "bos_token": {"content": "<s>", "special": true}, "eos_token": "</s>", "pad_token": null,
        "added_tokens_decoder": {"5": {"content": "<|eot_id|>", "special": true}, "4": {"content": "</s>", "special": true}},
        "chat_template": [{"name": "tool_use", "template": "no"}, {"name": "default", "template": "{{ bos_token }}{{ messages[-1].content }}"}],
    });
    let tokens = folder(&[
        ("tokenizer_config.json", config.clone()),
        ("generation_config.json", json!({"eos_token_id": [4, 2]})),
    ])
    .unwrap();
    assert_eq!(
        (tokens.bos(), tokens.eos(), tokens.ends(), tokens.size()),
        (Some(3), Some(4), &[4, 2, 5][..], 6)
    );
    assert_eq!(tokens.encode("ababab<|eot_id|>b").unwrap(), [2, 2, 2, 5, 1], "no limit of length");
    assert_eq!(tokens.render(&ASKED, true).unwrap(), "<s>hi");
    let plain = tokens.plain("a", "a").unwrap();
    assert_eq!((plain.prompt, plain.completion), (vec![3, 0], vec![0, 4]));

    let jinja = folder(&[("tokenizer_config.json", config), ("chat_template.jinja", json!("ab"))]).unwrap();
    assert_eq!(jinja.render(&ASKED, true).unwrap(), "ab");
}

#[test]
fn a_folder_with_little_in_it_will_do() {
    let bare = folder(&[]).unwrap();
    assert_eq!((bare.bos(), bare.eos(), bare.ends(), bare.size()), (None, None, &[4][..], 5));
    assert_eq!(bare.plain("a", "b").unwrap().completion, [2]);
    let map = folder(&[
        ("special_tokens_map.json", json!({"eos_token": {"content": "</s>"}})),
        ("tokenizer_config.json", json!({"chat_template": "{{ 1 }}"})),
        ("generation_config.json", json!({"bos_token_id": 3, "eos_token_id": 4})),
    ])
    .unwrap();
    assert_eq!((map.bos(), map.eos(), map.has_template()), (Some(3), Some(4), true));
}

#[test]
fn folders_that_lack_or_break_a_file_say_which() {
    let none = Tokens::from_folder(Path::new("/nonexistent")).unwrap_err();
    assert!(matches!(&none, TokensError::Read { path, .. } if path.ends_with("tokenizer.json")), "{none}");
    for (file, content) in [
        ("tokenizer.json", "{\"model\": 3}"),
        ("tokenizer.json", "nothing"),
        ("tokenizer_config.json", "[]"),
        // The library cuts a part's beginning off and panics.
        (
            "tokenizer.json",
            "{\"added_tokens\": [], \"model\": {\"type\": \"BPE\", \"continuing_subword_prefix\": \"##long\", \"vocab\": {\"a\": 0, \"b\": 1}, \"merges\": [\"a b\"]}}",
        ),
    ] {
        let failed = folder(&[(file, json!(content))]).unwrap_err();
        assert!(matches!(&failed, TokensError::File { path, .. } if path.ends_with(file)), "{failed:?}");
    }
}

#[test]
fn tokens_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Tokens>();
}

/// The same tokenizer, written for transformers and read again.
pub(super) fn written(tokens: &Tokens) -> Tokens {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in tokens.files().unwrap() {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    Tokens::from_folder(folder.path()).unwrap()
}

#[test]
fn a_tokenizer_is_written_as_it_is_read() {
    let around = |key: &'static str| with(key, Value::Bool(true)).unwrap();
    for tokens in [
        small(TEMPLATE),
        around("tokenizer.ggml.add_eos_token"),
        Tokens::from_gguf(&gguf(&byte_level("smollm", TEMPLATE))).unwrap(),
        Tokens::from_gguf(&gguf(&byte_level("qwen2", TEMPLATE))).unwrap(),
        by_scores(true),
        by_scores(false),
    ] {
        let again = written(&tokens);
        for text in
            ["", "hello 12 he h", "<|im_end|><name>he\u{e9}", "e\u{301}", "a  c", "<|user|>a\n", "b\u{e9}"]
        {
            let own = tokens.encode(text).unwrap();
            assert_eq!(own, again.encode(text).unwrap(), "{text:?}");
            assert_eq!(tokens.decode(&own).unwrap(), again.decode(&own).unwrap(), "{text:?}");
        }
        assert_eq!(
            (tokens.bos(), tokens.eos(), tokens.ends(), tokens.size(), tokens.has_template()),
            (again.bos(), again.eos(), again.ends(), again.size(), again.has_template())
        );
        assert_eq!(tokens.plain("a", "c").unwrap(), again.plain("a", "c").unwrap());
        if tokens.has_template() {
            assert_eq!(
                tokens.conversation(&BRIEF, "<he>").unwrap(),
                again.conversation(&BRIEF, "<he>").unwrap()
            );
        }
    }
}
