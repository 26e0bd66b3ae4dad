//! A tokenizer as the files that transformers reads.

use super::{Tokens, TokensError, guarded};
use serde_json::{Map, Value, json};
use tokenizers::processors::template::TemplateProcessing;

impl Tokens {
    /// The tokenizer as `tokenizer.json`, `tokenizer_config.json` and `generation_config.json`: what [`Tokens::from_folder`] reads back as
    /// the same, and `AutoTokenizer` of transformers as well.
    ///
    /// # Errors
    ///
    /// [`TokensError::Tokenizer`] where the library cannot write it.
    pub(crate) fn files(&self) -> Result<[(&'static str, Vec<u8>); 3], TokensError> {
        let mut tokenizer = self.tokenizer.clone();
        let around = guarded(|| self.around())?;
        if let Some(around) = around {
            tokenizer.with_post_processor(Some(around));
        }
        let whole = guarded(|| tokenizer.to_string(false))?;
        Ok([
            ("tokenizer.json", whole.into_bytes()),
            ("tokenizer_config.json", text(&self.config())),
            ("generation_config.json", text(&self.generation())),
        ])
    }

    /// What puts the tokens around plain texts, where there are any.
    fn around(&self) -> tokenizers::Result<Option<TemplateProcessing>> {
        if self.before.is_empty() && self.after.is_empty() {
            return Ok(None);
        }
        let named = |id: &u32| self.tokenizer.id_to_token(*id).map(|name| (name, *id));
        let [before, after] = [&self.before, &self.after].map(|ids| ids.iter().filter_map(named));
        let used: Vec<(String, u32)> = before.clone().chain(after.clone()).collect();
        let around = |inner: &str| -> Vec<String> {
            let names = before.clone().map(|(name, _)| name);
            names.chain([inner.to_owned()]).chain(after.clone().map(|(name, _)| name)).collect()
        };
        let two = [around("$A"), around("$B:1")].concat();
        let made = TemplateProcessing::builder()
            .try_single(around("$A"))?
            .try_pair(two)?
            .special_tokens(used)
            .build()?;
        Ok(Some(made))
    }

    fn config(&self) -> Value {
        let mut config = Map::new();
        config.insert("tokenizer_class".to_owned(), json!("PreTrainedTokenizerFast"));
        config.insert("clean_up_tokenization_spaces".to_owned(), json!(false));
        config.extend(self.names.iter().map(|(name, token)| (name.clone(), json!(token))));
        if let Some(template) = &self.template {
            config.insert("chat_template".to_owned(), json!(template.source()));
        }
        Value::Object(config)
    }

    fn generation(&self) -> Value {
        let mut generation = Map::new();
        if let Some(bos) = self.bos {
            generation.insert("bos_token_id".to_owned(), json!(bos));
        }
        // The first is the model's own.
        if !self.ends.is_empty() {
            generation.insert("eos_token_id".to_owned(), json!(self.ends));
        }
        Value::Object(generation)
    }
}

fn text(value: &Value) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).unwrap_or_default();
    text.push(b'\n');
    text
}
