//! Tokenizers from the folders of models as Hugging Face lays them out.

use super::template::Template;
use super::{Tokens, TokensError, ends, guarded};
use crate::files;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::io::{ErrorKind, Read};
use std::path::Path;
use tokenizers::{AddedToken, PostProcessorWrapper, Tokenizer};

/// The largest `tokenizer.json` in use have some 40 million bytes.
const LARGEST: u64 = 256 << 20;
/// Settings and templates.
const LARGEST_SETTINGS: u64 = 32 << 20;
const CONFIG: &str = "tokenizer_config.json";
const NAMES: [&str; 7] =
    ["bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token"];

impl Tokens {
    /// The tokenizer and the chat template in a model's folder.
    ///
    /// Only `tokenizer.json` is required. Read if present: `tokenizer_config.json`, `special_tokens_map.json`, `generation_config.json` and
    /// `chat_template.jinja`, which takes precedence over the template in the settings. Of several templates, the one named `default` is
    /// taken. Limits of length and padding in the files are ignored.
    ///
    /// # Errors
    ///
    /// [`TokensError::Read`], [`TokensError::TooLarge`] or [`TokensError::File`] for a file that cannot be used. A chat template that
    /// cannot be read is not an error here: [`Tokens::conversation`] says so.
    pub fn from_folder(dir: &Path) -> Result<Self, TokensError> {
        let path = dir.join("tokenizer.json");
        let bytes = read(&path, LARGEST)?;
        let mut tokenizer = guarded(|| Tokenizer::from_bytes(&bytes)).map_err(|e| wrong(&path, &e))?;
        drop(bytes);
        let config = object(&dir.join(CONFIG))?;
        let map = object(&dir.join("special_tokens_map.json"))?;
        let generation = object(&dir.join("generation_config.json"))?;

        let names: Vec<(String, String)> = NAMES
            .iter()
            .filter_map(|&name| {
                let token = config.get(name).and_then(content).or_else(|| map.get(name).and_then(content))?;
                Some((name.to_owned(), token.to_owned()))
            })
            .collect();
        guarded(|| {
            tokenizer.with_padding(None);
            tokenizer.with_truncation(None)?;
            add(&mut tokenizer, &config, &names);
            Ok(())
        })
        .map_err(|e| wrong(&path, &e))?;

        let id = |name: &str| {
            let named = names.iter().find(|(known, _)| known == name);
            named.and_then(|(_, token)| tokenizer.token_to_id(token))
        };
        let bos = id("bos_token").or_else(|| numbers(&generation, "bos_token_id").next());
        let eos = id("eos_token").or_else(|| numbers(&generation, "eos_token_id").next());
        let added = tokenizer.get_added_vocabulary().get_vocab();
        let ends = ends(eos, numbers(&generation, "eos_token_id"), |name| added.get(name).copied());
        let template = source(dir, &config)?.map(|source| Template::new(&source, names.clone()));
        let (before, after) = around(&mut tokenizer)?;
        let last = guarded(|| Ok(tokenizer.get_vocab(true).into_values().max()))?;
        let size = last.map_or(0, |last| last as usize + 1);
        Ok(Self { tokenizer, bos, eos, ends, before, after, size, names, template })
    }
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>, TokensError> {
    let failed = |source| TokensError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    files::open(path).map_err(failed)?.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        Err(TokensError::TooLarge { path: path.to_owned(), limit })
    } else {
        Ok(bytes)
    }
}

/// A file that need not be there.
fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, TokensError> {
    match read(path, LARGEST_SETTINGS) {
        Err(TokensError::Read { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// The object in a JSON file, or an empty one if it does not exist.
fn object(path: &Path) -> Result<Map<String, Value>, TokensError> {
    let Some(bytes) = read_if_there(path)? else { return Ok(Map::new()) };
    serde_json::from_slice(&bytes).map_err(|e| wrong(path, &e))
}

fn wrong(path: &Path, why: &impl ToString) -> TokensError {
    TokensError::File { path: path.to_owned(), message: why.to_string() }
}

/// A token's text: files have it as a string or in an object with other facts about the token.
fn content(token: &Value) -> Option<&str> {
    token.as_str().or_else(|| token.get("content")?.as_str()).filter(|text| !text.is_empty())
}

/// One number or several.
fn numbers<'a>(object: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = u32> + 'a {
    let value = object.get(key);
    let one = value.into_iter().filter(|value| value.is_number());
    let several = value.and_then(Value::as_array).into_iter().flatten();
    one.chain(several).filter_map(|value| u32::try_from(value.as_u64()?).ok())
}

/// Adds the tokens that only the settings name, in the order of their numbers, as transformers does.
fn add(tokenizer: &mut Tokenizer, config: &Map<String, Value>, names: &[(String, String)]) {
    let mut numbered: Vec<(u32, AddedToken)> = config
        .get("added_tokens_decoder")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(id, token)| {
            let flag = |name: &str| token.get(name).and_then(Value::as_bool).unwrap_or(false);
            let special = flag("special");
            let made = AddedToken::from(content(token)?, special)
                .lstrip(flag("lstrip"))
                .rstrip(flag("rstrip"))
                .single_word(flag("single_word"))
                .normalized(token.get("normalized").and_then(Value::as_bool).unwrap_or(!special));
            Some((id.parse().ok()?, made))
        })
        .collect();
    numbered.sort_by_key(|&(id, _)| id);
    let more = ["additional_special_tokens", "extra_special_tokens"];
    let more = more.iter().filter_map(|key| config.get(*key)?.as_array()).flatten().filter_map(content);
    let named = names.iter().map(|(_, token)| token.as_str()).chain(more);
    let named = named.map(|token| AddedToken::from(token, true));
    let known = tokenizer.get_added_vocabulary().get_vocab();
    let mut seen: HashSet<String> = known.keys().cloned().collect();
    let mut missing: Vec<AddedToken> = numbered.into_iter().map(|(_, token)| token).chain(named).collect();
    missing.retain(|token| seen.insert(token.content.clone()));
    tokenizer.add_tokens(&missing);
}

/// The source of the chat template.
fn source(dir: &Path, config: &Map<String, Value>) -> Result<Option<String>, TokensError> {
    let path = dir.join("chat_template.jinja");
    if let Some(bytes) = read_if_there(&path)? {
        return String::from_utf8(bytes).map(Some).map_err(|e| wrong(&path, &e));
    }
    let whole = |template: &Value| template.as_str().map(str::to_owned);
    match config.get("chat_template") {
        Some(Value::Array(several)) => {
            let named =
                |name: &str| several.iter().find(|one| one.get("name").and_then(Value::as_str) == Some(name));
            let one = named("default").or(if several.len() == 1 { several.first() } else { None });
            Ok(one.and_then(|one| whole(one.get("template")?)))
        }
        Some(template @ Value::String(_)) => Ok(whole(template)),
        _ => Ok(object(&dir.join("chat_template.json"))?.get("chat_template").and_then(whole)),
    }
}

/// What is added before and after plain texts, such as the token that begins them. The tokenizer no longer adds it itself.
///
/// The rule is that of `tokenizer.json`: where there is one, transformers 5 does not heed `add_bos_token` in the settings.
fn around(tokenizer: &mut Tokenizer) -> Result<(Vec<u32>, Vec<u32>), TokensError> {
    let ids = |added| guarded(|| Ok(tokenizer.encode_fast("a", added)?.get_ids().to_vec()));
    let (bare, whole) = (ids(false)?, ids(true)?);
    tokenizer.with_post_processor(None::<PostProcessorWrapper>);
    let at = whole.windows(bare.len().max(1)).position(|part| part == bare).unwrap_or(0);
    Ok((whole[..at].to_vec(), whole.get(at + bare.len()..).unwrap_or_default().to_vec()))
}
