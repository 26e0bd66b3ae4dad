//! Models that were written, read again: by the engine itself, in every kind of numbers.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its fixtures has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use predilect_learn::model::{FolderNumbers, GgufNumbers, LoraOptions, Model, Pass, SIDE_FILES, Tree};
use serde_json::{Value, json};

const MODELS: [&str; 4] = ["tiny-llama", "tiny-qwen2", "tiny-qwen3", "tiny-gemma3"];

fn at(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/trl").join(name)
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn logps(model: &Model) -> Vec<f32> {
    let ids: Vec<u32> = (0..40).map(|at| (at * 37 + 11) % model.config.vocab.min(60) as u32).collect();
    model.forward(&Tree::new(&[], &[&ids]), Pass::Score).logps
}

/// The largest difference of two models' log-probabilities.
fn apart(a: &Model, b: &Model) -> f32 {
    logps(a).iter().zip(logps(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// A tokenizer of byte pairs with two tokens fewer than this, which the embedding has in excess.
fn tokenizer(vocab: usize) -> Value {
    let letter = |at: usize| char::from_u32(0x100 + at as u32).unwrap().to_string();
    let words: serde_json::Map<String, Value> =
        (0..vocab - 4).map(|at| (letter(at), json!(at + 2))).chain([("<s>".to_owned(), json!(0))]).collect();
    json!({
        "normalizer": null,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]},
        "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}}]},
        "added_tokens": [{"id": 0, "content": "<s>", "special": true}, {"id": 1, "content": "</s>", "special": false}],
        "model": {"type": "BPE", "vocab": words, "merges": [[letter(0), letter(1)], format!("{} {}", letter(2), letter(3))]},
    })
}

/// A fixture as a folder that can become a GGUF file, with another `config.json`.
fn folder(name: &str, change: impl Fn(&mut Value)) -> tempfile::TempDir {
    let made = tempfile::tempdir().unwrap();
    let mut config = read(&at(name).join("config.json"));
    // llama.cpp knows no scale of queries but that of the head's width.
    if config.get("query_pre_attn_scalar").is_some() {
        config["query_pre_attn_scalar"] = config["head_dim"].clone();
    }
    change(&mut config);
    fs::write(made.path().join("config.json"), config.to_string()).unwrap();
    fs::copy(at(name).join("model.safetensors"), made.path().join("model.safetensors")).unwrap();
    let vocab = config["vocab_size"].as_u64().unwrap() as usize;
    fs::write(made.path().join("tokenizer.json"), tokenizer(vocab).to_string()).unwrap();
    let choices =
        json!({"bos_token": "<s>", "eos_token": {"content": "</s>"}, "chat_template": "{{ messages }}"});
    fs::write(made.path().join("tokenizer_config.json"), choices.to_string()).unwrap();
    made
}

#[test]
fn a_folder_is_read_as_the_model_that_was_written() {
    for name in MODELS {
        let source = at(name);
        let model = Model::open(&source).unwrap();
        for (numbers, most) in
            [(FolderNumbers::F32, 1e-6), (FolderNumbers::F16, 1e-2), (FolderNumbers::Bf16, 1e-1)]
        {
            let made = tempfile::tempdir().unwrap();
            let written = model.write_folder(made.path(), numbers, &source).unwrap();
            assert_eq!(written, ["config.json", "model.safetensors", "generation_config.json"]);
            let found = apart(&model, &Model::open(made.path()).unwrap());
            assert!(found <= most, "{name} {numbers:?}: {found}");
            let config = read(&made.path().join("config.json"));
            assert_eq!(config["dtype"], numbers.as_str());
            let bytes = fs::read(made.path().join("model.safetensors")).unwrap();
            let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
            assert_eq!(tensors.tensor("lm_head.weight").is_ok(), !model.config.tied);
            assert_eq!(tensors.tensor("model.norm.weight").unwrap().shape(), [model.config.hidden]);
        }
    }
}

#[test]
fn a_file_that_cannot_be_written_is_the_one_that_is_named() {
    let source = folder("tiny-llama", |_| {});
    let model = Model::open(source.path()).unwrap();
    let made = tempfile::tempdir().unwrap();
    // What is copied there cannot take the place of a folder.
    fs::create_dir(made.path().join("tokenizer.json")).unwrap();
    let error = model.write_folder(made.path(), FolderNumbers::F32, source.path()).unwrap_err().to_string();
    assert!(error.starts_with(&made.path().join("tokenizer.json").display().to_string()), "{error}");
    assert!(error.contains("cannot be written"), "{error}");
}

#[test]
fn a_model_is_called_by_its_path_where_its_file_names_no_repository() {
    let source = folder("tiny-llama", |_| {});
    let path = source.path().join("model.gguf");
    let model = Model::open(source.path()).unwrap();
    model.write_gguf(&path, GgufNumbers::F32, source.path()).unwrap();
    for path in [source.path(), &path] {
        assert_eq!(predilect_learn::called(path), path.canonicalize().unwrap().display().to_string());
    }
}

#[test]
fn a_gguf_file_is_read_as_the_model_that_was_written() {
    for name in MODELS {
        let source = folder(name, |_| {});
        let model = Model::open(source.path()).unwrap();
        let made = tempfile::tempdir().unwrap();
        let path = made.path().join("first.gguf");
        for (numbers, most) in [(GgufNumbers::Q8_0, 0.3), (GgufNumbers::F16, 1e-2), (GgufNumbers::F32, 1e-6)]
        {
            model.write_gguf(&path, numbers, source.path()).unwrap();
            let found = apart(&model, &Model::open(&path).unwrap());
            assert!(found <= most, "{name} {numbers:?}: {found}");
        }
        // From that file to another, and back to a folder.
        let read_again = Model::open(&path).unwrap();
        assert_eq!(read_again.config.windowed, model.config.windowed);
        let second = made.path().join("second.gguf");
        read_again.write_gguf(&second, GgufNumbers::F32, &path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), fs::read(&second).unwrap(), "{name}");
        let back = tempfile::tempdir().unwrap();
        let written = read_again.write_folder(back.path(), FolderNumbers::F32, &path).unwrap();
        assert_eq!(written, ["config.json", "model.safetensors"]);
        assert!(apart(&model, &Model::open(back.path()).unwrap()) <= 1e-6, "{name}");
        let config = read(&back.path().join("config.json"));
        assert_eq!([&config["bos_token_id"], &config["eos_token_id"]], [&json!(0), &json!(1)]);
        assert!(config["pad_token_id"].is_null());
    }
}

#[test]
fn stretched_positions_and_windows_go_with_a_model() {
    type Change = fn(&mut Value);
    let llama3: Change = |config| {
        config["rope_parameters"] = json!({"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 8192});
    };
    let linear: Change = |config| {
        config["rope_parameters"]["full_attention"] =
            json!({"rope_type": "linear", "rope_theta": 1000000.0, "factor": 4.0});
        config["rope_parameters"]["sliding_attention"]["rope_theta"] = json!(500.0);
        config["layer_types"] = json!(["full_attention", "sliding_attention"]);
    };
    for (name, change) in [("tiny-llama", llama3), ("tiny-gemma3", linear)] {
        let source = folder(name, change);
        let model = Model::open(source.path()).unwrap();
        let made = tempfile::tempdir().unwrap();
        let path = made.path().join("made.gguf");
        model.write_gguf(&path, GgufNumbers::F32, source.path()).unwrap();
        let again = Model::open(&path).unwrap();
        assert!(apart(&model, &again) <= 2e-6, "{name}: {}", apart(&model, &again));
        again.write_folder(made.path(), FolderNumbers::F32, &path).unwrap();
        assert!(apart(&model, &Model::open(made.path()).unwrap()) <= 2e-6, "{name}");
    }
    let window: Change = |config| {
        config["model_type"] = json!("mistral");
        config["sliding_window"] = json!(4);
    };
    let source = folder("tiny-llama", window);
    let model = Model::open(source.path()).unwrap();
    let path = source.path().join("made.gguf");
    let refusal = model.write_gguf(&path, GgufNumbers::F32, source.path()).unwrap_err();
    assert!(refusal.to_string().contains("4 tokens back"), "{refusal}");
    // Gemma's own scale of queries, which llama.cpp does not know.
    let source = folder("tiny-gemma3", |config| config["query_pre_attn_scalar"] = json!(24));
    let model = Model::open(source.path()).unwrap();
    let refusal = model.write_gguf(&path, GgufNumbers::F32, source.path()).unwrap_err();
    assert!(refusal.to_string().contains("queries are scaled"), "{refusal}");
}

#[test]
fn what_cannot_be_written_rightly_is_refused() {
    let source = folder("tiny-llama", |_| {});
    let mut model = Model::open(source.path()).unwrap();
    let made = tempfile::tempdir().unwrap();
    let path = made.path().join("made.gguf");
    // Over the source; of another model; to where nothing can be.
    assert!(model.write_folder(source.path(), FolderNumbers::F32, source.path()).is_err());
    assert!(model.write_gguf(&path, GgufNumbers::F32, &at("tiny-qwen3")).is_err());
    assert!(model.write_folder(made.path(), FolderNumbers::F32, &at("tiny-qwen3")).is_err());
    assert!(model.write_gguf(&made.path().join("no/such.gguf"), GgufNumbers::F32, source.path()).is_err());
    assert!(model.write_gguf(&path, GgufNumbers::F32, &made.path().join("none")).is_err());
    // Without a tokenizer there is no GGUF file.
    assert!(model.write_gguf(&path, GgufNumbers::F32, &at("tiny-llama")).is_err());
    assert!(!path.exists());
    model.write_gguf(&path, GgufNumbers::F32, source.path()).unwrap();
    let from_file = Model::open(&path).unwrap();
    assert!(from_file.write_gguf(&path, GgufNumbers::F32, &path).is_err());
    // An adapter is merged first; what a merged one leaves is not written.
    model.adapt(&LoraOptions::default(), 1).unwrap();
    assert!(model.write_gguf(&path, GgufNumbers::F32, source.path()).is_err());
    model.merge();
    model.write_gguf(&path, GgufNumbers::F32, source.path()).unwrap();
    assert!(apart(&model, &Model::open(&path).unwrap()) <= 1e-6);
    // Numbers that are not finite.
    let id = model.store.named("model.norm.weight").unwrap();
    model.store.get_mut(id).value[0] = f32::NAN;
    let refusal = model.write_gguf(&path, GgufNumbers::F32, source.path()).unwrap_err();
    assert!(refusal.to_string().contains("model.norm") || refusal.to_string().contains("output_norm"));
}

#[test]
fn tokenizers_that_llama_cpp_would_read_otherwise_are_refused() {
    let source = folder("tiny-qwen2", |_| {});
    let model = Model::open(source.path()).unwrap();
    let path = source.path().join("made.gguf");
    let whole = tokenizer(64);
    let with = |pointer: &str, value: Value| {
        let mut changed = whole.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        changed.pointer_mut(parent).unwrap()[key] = value;
        fs::write(source.path().join("tokenizer.json"), changed.to_string()).unwrap();
        model.write_gguf(&path, GgufNumbers::F16, source.path()).map_err(|e| e.to_string())
    };
    let bytes = |prefix: bool| json!({"type": "ByteLevel", "add_prefix_space": prefix, "use_regex": true});
    with("/pre_tokenizer", bytes(false)).unwrap();
    for (pointer, value, says) in [
        ("/pre_tokenizer", bytes(true), "splits words"),
        ("/pre_tokenizer", json!({"type": "Metaspace"}), "splits words"),
        ("/pre_tokenizer", json!(null), "splits words"),
        ("/pre_tokenizer", json!({"type": "Sequence", "pretokenizers": []}), "splits words"),
        ("/normalizer", json!({"type": "Lowercase"}), "changes the text"),
        ("/model/type", json!("Unigram"), "Unigram"),
        ("/model/byte_fallback", json!(true), "SentencePiece"),
        ("/model/ignore_merges", json!(true), "ignore_merges"),
        ("/model/merges", json!(["a b c"]), "has a merge"),
        ("/model/merges", json!([["a b", "c"]]), "has a merge"),
        ("/model/vocab", json!([]), "no vocabulary"),
        ("/model/vocab", json!({"a": 64}), "64 tokens"),
        ("/model/vocab", json!({"a": -1}), "64 tokens"),
        ("/added_tokens", json!([{"id": 1e300, "content": "x"}]), "64 tokens"),
        ("/added_tokens", json!([{"id": 1}]), "without a text"),
        ("/post_processor/single", json!([{"SpecialToken": {"id": "</s>"}}]), "not its bos"),
        (
            "/post_processor/single",
            json!([{"SpecialToken": {"id": "<s>"}}, {"SpecialToken": {"id": "x"}}]),
            "next to",
        ),
    ] {
        let refusal = with(pointer, value.clone()).unwrap_err();
        assert!(refusal.contains(says), "{pointer} {value}: {refusal}");
    }
    for text in ["", "[]", "{", "null", r#"{"model": {"type": "BPE", "vocab": {}, "merges": []}}"#] {
        fs::write(source.path().join("tokenizer.json"), text).unwrap();
        assert!(model.write_gguf(&path, GgufNumbers::F16, source.path()).is_err());
    }
    assert!(SIDE_FILES.contains(&"tokenizer.json"));
}

/// A real model, where there is one: its head is carried over, and its answers stay.
#[test]
fn a_real_model_stays_itself() {
    let name = "SmolLM2-135M-Instruct.Q4_1.gguf";
    let folders = std::env::var_os("PREDILECT_MODELS").unwrap_or_default();
    let Some(source) =
        std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.exists())
    else {
        println!("skipped: PREDILECT_MODELS names no folder with {name}");
        return;
    };
    let model = Model::open(&source).unwrap();
    let made = tempfile::tempdir().unwrap();
    let path = made.path().join("made.gguf");
    // The tokens are not text, which makes the differences larger than in use.
    for (numbers, most) in [(GgufNumbers::F32, 1e-6), (GgufNumbers::F16, 5e-3), (GgufNumbers::Q8_0, 0.2)] {
        model.write_gguf(&path, numbers, &source).unwrap();
        let (own, read) = (logps(&model), logps(&Model::open(&path).unwrap()));
        let found = own.iter().zip(&read).map(|(a, b)| (a - b).abs()).sum::<f32>() / own.len() as f32;
        println!("{numbers:?}: {found:e} on average");
        assert!(found <= most, "{numbers:?}: {found}");
    }
    model.write_folder(made.path(), FolderNumbers::F32, &source).unwrap();
    let found = apart(&model, &Model::open(made.path()).unwrap());
    assert!(found <= 1e-6, "{found}");
}

/// A head with any of its bytes broken is refused or read, as a model and as the source of one.
#[test]
fn broken_heads_are_no_panic() {
    let source = folder("tiny-llama", |_| {});
    let model = Model::open(source.path()).unwrap();
    let path = source.path().join("made.gguf");
    let broken = source.path().join("broken.gguf");
    let target = source.path().join("target.gguf");
    model.write_gguf(&path, GgufNumbers::Q8_0, source.path()).unwrap();
    let whole = fs::read(&path).unwrap();
    let head = whole.len() - model.store.all().map(|(_, t)| t.value.len()).sum::<usize>();
    for at in (0..head).step_by(29) {
        for byte in [0, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            fs::write(&broken, &bytes).unwrap();
            let _ = Model::open(&broken);
            let _ = model.write_gguf(&target, GgufNumbers::Q8_0, &broken);
        }
    }
}
