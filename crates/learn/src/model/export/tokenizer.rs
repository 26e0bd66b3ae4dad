//! A folder's tokenizer as entries of a GGUF file: byte pairs over bytes, which is what llama.cpp calls `gpt2`.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use crate::error::{LearnError, Result, broken, file};
use crate::model::entries::Entry;

/// Words are split so before pairs are merged, by the pattern in `tokenizer.json`, and llama.cpp's name of it.
const PATTERNS: [(&str, &str); 2] = [
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        "qwen2",
    ),
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        "llama-bpe",
    ),
];

/// llama.cpp's kinds of tokens.
const NORMAL: i32 = 1;
const CONTROL: i32 = 3;
const OWN: i32 = 4;
const UNUSED: i32 = 5;

fn refused(what: impl std::fmt::Display) -> LearnError {
    LearnError::Unsupported(format!("the tokenizer {what}, which a GGUF file made here cannot express"))
}

/// A JSON file; an empty object if it does not exist.
fn json(path: &Path) -> Result<Value> {
    if !path.exists() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    let text = std::fs::read_to_string(path).map_err(file(path))?;
    serde_json::from_str(&text).map_err(|e| broken(path, e.to_string()))
}

/// The entries of a folder's tokenizer and chat template, for a model with this vocabulary size.
pub(super) fn entries(folder: &Path, config: &str, vocab: usize) -> Result<Vec<Entry>> {
    let path = folder.join("tokenizer.json");
    if !path.exists() {
        return Err(broken(folder, "has no tokenizer.json, without which no GGUF file can be made"));
    }
    let tokenizer = json(&path)?;
    let pre = pre(&tokenizer)?;
    let (tokens, kinds) = tokens(&tokenizer, vocab).map_err(|what| broken(&path, what))?;
    let merges = merges(&tokenizer).map_err(|what| broken(&path, what))?;
    let choices = json(&folder.join("tokenizer_config.json"))?;
    let maps = json(&folder.join("special_tokens_map.json"))?;
    let config: Value = serde_json::from_str(config).unwrap_or_default();
    let special = Special { choices: &choices, maps: &maps, config: &config, tokens: &tokens };
    let mut all = vec![
        Entry::text("tokenizer.ggml.model", "gpt2"),
        Entry::text("tokenizer.ggml.pre", pre),
        Entry::texts("tokenizer.ggml.tokens", &tokens),
        Entry::i32s("tokenizer.ggml.token_type", &kinds),
        Entry::texts("tokenizer.ggml.merges", &merges),
    ];
    let names = [("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding")];
    for (name, theirs) in names {
        if let Some(id) = special.id(name) {
            all.push(Entry::u32(&format!("tokenizer.ggml.{theirs}_token_id"), id));
        }
    }
    let [bos, eos] = special.added(&tokenizer)?;
    all.push(Entry::bool("tokenizer.ggml.add_bos_token", bos));
    all.push(Entry::bool("tokenizer.ggml.add_eos_token", eos));
    all.push(Entry::bool("tokenizer.ggml.add_space_prefix", false));
    if let Some(template) = template(folder, &choices)? {
        all.push(Entry::text("tokenizer.chat_template", &template));
    }
    Ok(all)
}

/// How words are split, by llama.cpp's name; all that llama.cpp would do otherwise is refused.
fn pre(tokenizer: &Value) -> Result<&'static str> {
    let model = &tokenizer["model"];
    let on = |key: &str| model[key].as_bool() == Some(true);
    if model["type"].as_str().is_some_and(|kind| kind != "BPE") || !model["merges"].is_array() {
        return Err(refused(format_args!("is of the kind {}", model["type"])));
    }
    if on("byte_fallback") {
        return Err(refused("is one of SentencePiece's (it falls back to bytes)"));
    }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
        if model[key].as_str().is_some_and(|mark| !mark.is_empty()) {
            return Err(refused(format_args!("has a `{key}`")));
        }
    }
    if model["dropout"].as_f64().is_some_and(|dropout| dropout > 0.0) {
        return Err(refused("leaves merges out at random"));
    }
    let name = split(&tokenizer["pre_tokenizer"]).ok_or_else(|| {
        refused("splits words in a way other than those of smollm, qwen2, llama-bpe and gpt-2")
    })?;
    // llama.cpp takes whole words of the vocabulary first for `llama-bpe` alone.
    if on("ignore_merges") && name != "llama-bpe" {
        return Err(refused(format_args!("has `ignore_merges` on and splits words as {name}")));
    }
    match &tokenizer["normalizer"] {
        Value::Null => Ok(name),
        // Qwen's; llama.cpp leaves it out, and text is nearly always composed already.
        Value::Object(normalizer)
            if name == "qwen2" && normalizer.get("type") == Some(&Value::from("NFC")) =>
        {
            Ok(name)
        }
        _ => Err(refused("changes the text before it splits it")),
    }
}

fn split(pre: &Value) -> Option<&'static str> {
    let own = std::slice::from_ref(pre);
    let steps = if pre["type"] == "Sequence" { pre["pretokenizers"].as_array()?.as_slice() } else { own };
    let (bytes, before) = steps.split_last()?;
    if bytes["type"] != "ByteLevel" || bytes["add_prefix_space"].as_bool() != Some(false) {
        return None;
    }
    let splits = bytes["use_regex"].as_bool() != Some(false);
    match before {
        [] if splits => Some("gpt-2"),
        [digits] if splits && digits["type"] == "Digits" && digits["individual_digits"] == true => {
            Some("smollm")
        }
        [step] if !splits && step["type"] == "Split" => {
            let plain = step["behavior"] == "Isolated" && step["invert"] != true;
            let pattern = step["pattern"]["Regex"].as_str()?;
            PATTERNS.iter().find(|(known, _)| plain && *known == pattern).map(|(_, name)| *name)
        }
        _ => None,
    }
}

/// All tokens in their order, and their kinds.
fn tokens(tokenizer: &Value, vocab: usize) -> Result<(Vec<String>, Vec<i32>), String> {
    let mut found: Vec<Option<(&str, i32)>> = vec![None; vocab];
    let words = tokenizer["model"]["vocab"].as_object().ok_or("has no vocabulary")?;
    let place = |id: &Value, token: &str| {
        let at = id.as_u64().and_then(|id| usize::try_from(id).ok()).filter(|at| *at < vocab);
        at.ok_or_else(|| format!("gives the token {token:?} the id {id}; the model has {vocab} tokens"))
    };
    for (token, id) in words {
        found[place(id, token)?] = Some((token, NORMAL));
    }
    for token in tokenizer["added_tokens"].as_array().into_iter().flatten() {
        let text = token["content"].as_str().ok_or("has an added token without a text")?;
        let kind = if token["special"] == true { CONTROL } else { OWN };
        found[place(&token["id"], text)?] = Some((text, kind));
    }
    let named = |(at, token): (usize, Option<(&str, i32)>)| match token {
        Some((token, kind)) => (token.to_owned(), kind),
        // The embedding has more rows than the tokenizer has tokens.
        None => (format!("[PAD{at}]"), UNUSED),
    };
    Ok(found.into_iter().enumerate().map(named).unzip())
}

/// Merges, each as two parts with a space between.
fn merges(tokenizer: &Value) -> Result<Vec<String>, String> {
    let all = tokenizer["model"]["merges"].as_array().ok_or("has no merges")?;
    let one = |merge: &Value| match merge {
        Value::String(text) if text.split(' ').count() == 2 => Ok(text.clone()),
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(a), Value::String(b)] if !a.contains(' ') && !b.contains(' ') => {
                Ok(format!("{a} {b}"))
            }
            _ => Err(format!("has a merge {merge}")),
        },
        _ => Err(format!("has a merge {merge}")),
    };
    all.iter().map(one).collect()
}

/// Where special tokens are named.
struct Special<'a> {
    choices: &'a Value,
    maps: &'a Value,
    config: &'a Value,
    tokens: &'a [String],
}

impl Special<'_> {
    /// The id of a special token: by its text where the tokenizer's files name it, else as `config.json` has it.
    fn id(&self, name: &str) -> Option<u32> {
        let key = format!("{name}_token");
        let text = |value: &Value| {
            let value = &value[&key];
            value.as_str().or_else(|| value["content"].as_str()).map(str::to_owned)
        };
        let by_text = text(self.choices).or_else(|| text(self.maps));
        let at = by_text.and_then(|text| self.tokens.iter().position(|token| *token == text));
        let of_config = || {
            let value = &self.config[format!("{name}_token_id")];
            let id = value.as_u64().or_else(|| value.as_array()?.first()?.as_u64())?;
            usize::try_from(id).ok().filter(|id| *id < self.tokens.len())
        };
        u32::try_from(at.or_else(of_config)?).ok()
    }

    /// Whether the tokenizer puts the first token before a text and the last after it.
    fn added(&self, tokenizer: &Value) -> Result<[bool; 2]> {
        let names = Self::around(&tokenizer["post_processor"])?;
        let name = |name: &str| self.id(name).and_then(|id| self.tokens.get(id as usize));
        let mut added = [false, false];
        for (at, (found, kind)) in names.iter().zip(["bos", "eos"]).enumerate() {
            added[at] = found.is_some();
            if found.is_some() && found.as_ref() != name(kind) {
                return Err(refused(format_args!(
                    "puts {found:?} around texts, which is not its {kind} token"
                )));
            }
            if let Some(choice) = self.choices[format!("add_{kind}_token")].as_bool() {
                added[at] = choice;
            }
        }
        Ok(added)
    }

    /// Special tokens that a template puts before and after a text.
    fn around(after: &Value) -> Result<[Option<String>; 2]> {
        let own = std::slice::from_ref(after);
        let steps = if after["type"] == "Sequence" {
            after["processors"].as_array().map_or(own, Vec::as_slice)
        } else {
            own
        };
        let mut around = [None, None];
        for step in steps.iter().filter(|step| step["type"] == "TemplateProcessing") {
            let mut seen = 0;
            for part in step["single"].as_array().into_iter().flatten() {
                match part["SpecialToken"]["id"].as_str() {
                    None => seen = 1,
                    Some(token) if around[seen].is_none() => around[seen] = Some(token.to_owned()),
                    Some(token) => return Err(refused(format_args!("puts {token:?} next to another token"))),
                }
            }
        }
        Ok(around)
    }
}

fn template(folder: &Path, choices: &Value) -> Result<Option<String>> {
    let path = folder.join("chat_template.jinja");
    if path.exists() {
        return std::fs::read_to_string(&path).map(Some).map_err(file(&path));
    }
    let named: HashMap<&str, &str> = choices["chat_template"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| Some((one["name"].as_str()?, one["template"].as_str()?)))
        .collect();
    let plain = choices["chat_template"].as_str().or_else(|| named.get("default").copied());
    Ok(plain.map(str::to_owned))
}
