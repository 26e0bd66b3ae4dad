//! Tokenizers from the metadata of GGUF files.

use super::pre::Pre;
use super::template::Template;
use super::{Tokens, TokensError, ends, guarded};
use candle_core::quantized::gguf_file::{Content, Value};
use std::collections::HashMap;
use tokenizers::decoders::byte_fallback::ByteFallback;
use tokenizers::decoders::fuse::Fuse;
use tokenizers::decoders::sequence::Sequence as Decoders;
use tokenizers::decoders::strip::Strip;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::{NFC, Prepend, Replace, Sequence};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, Tokenizer};

const KIND: &str = "tokenizer.ggml.model";
const TOKENS: &str = "tokenizer.ggml.tokens";
const MERGES: &str = "tokenizer.ggml.merges";
const SCORES: &str = "tokenizer.ggml.scores";
/// The character for a space in the pieces of `SentencePiece`.
const SPACE: &str = "▁";
const TYPES: &str = "tokenizer.ggml.token_type";
/// Ten times the vocabulary of any tokenizer in use.
const MOST_TOKENS: usize = 4_000_000;
/// Runs of spaces or dashes are the longest pieces, at most a few hundred bytes.
const LONGEST_PIECE: usize = 1024;

/// The kinds of tokens that matter here, by llama.cpp's numbers.
mod kind {
    pub(super) const NORMAL: i64 = 1;
    pub(super) const UNKNOWN: i64 = 2;
    pub(super) const CONTROL: i64 = 3;
    pub(super) const USER: i64 = 4;
    pub(super) const UNUSED: i64 = 5;
}

impl Tokens {
    /// The tokenizer and the chat template that a GGUF file describes.
    ///
    /// Read are byte-level tokenizers (`gpt2`, as those of Qwen, Llama 3 and `SmolLM`) and those of `SentencePiece` that merge by
    /// scores (`llama`, as those of Llama 2, Mistral and Gemma).
    ///
    /// # Errors
    ///
    /// [`TokensError::Kind`] and [`TokensError::Pretokenizer`] where the file has a tokenizer that is not read here,
    /// [`TokensError::Missing`] and [`TokensError::Broken`] where its metadata are incomplete. A chat template that cannot be read is not
    /// an error here: [`Tokens::conversation`] says so.
    pub fn from_gguf(content: &Content) -> Result<Self, TokensError> {
        let file = File(content);
        let vocabulary = Vocabulary::read(&file)?;
        let (mut tokenizer, begins) = match file.text(KIND)?.ok_or(TokensError::Missing(KIND))? {
            "gpt2" => byte_level(&file, &vocabulary)?,
            "llama" => by_scores(&file, &vocabulary)?,
            other => return Err(TokensError::Kind(other.to_owned())),
        };
        guarded(|| {
            tokenizer.add_special_tokens(&vocabulary.added(kind::CONTROL));
            tokenizer.add_special_tokens(&vocabulary.added(kind::UNKNOWN));
            tokenizer.add_tokens(&vocabulary.added(kind::USER));
            Ok(())
        })?;

        let id = |key| file.id(key, &vocabulary);
        let bos = id("tokenizer.ggml.bos_token_id")?;
        let eos = id("tokenizer.ggml.eos_token_id")?;
        let named = [
            ("bos_token", bos),
            ("eos_token", eos),
            ("unk_token", id("tokenizer.ggml.unknown_token_id")?),
            ("pad_token", id("tokenizer.ggml.padding_token_id")?),
        ];
        let token = |(name, id): (&str, Option<u32>)| {
            Some((name.to_owned(), vocabulary.tokens.get(id? as usize)?.to_string()))
        };
        let names: Vec<(String, String)> = named.into_iter().filter_map(token).collect();
        let template =
            file.text("tokenizer.chat_template")?.map(|source| Template::new(source, names.clone()));
        let more = [id("tokenizer.ggml.eot_token_id")?, id("tokenizer.ggml.eom_token_id")?];
        let added = tokenizer.get_added_vocabulary().get_vocab();
        let ends = ends(eos, more.into_iter().flatten(), |name| added.get(name).copied());
        let begins = file.flag("tokenizer.ggml.add_bos_token")?.unwrap_or(begins);
        let stops = file.flag("tokenizer.ggml.add_eos_token")?.unwrap_or(false);
        Ok(Self {
            before: bos.filter(|_| begins).into_iter().collect(),
            after: eos.filter(|_| stops).into_iter().collect(),
            size: vocabulary.tokens.len(),
            tokenizer,
            bos,
            eos,
            ends,
            names,
            template,
        })
    }
}

/// The metadata, read by name.
struct File<'a>(&'a Content);

impl<'a> File<'a> {
    fn text(&self, key: &'static str) -> Result<Option<&'a str>, TokensError> {
        match self.0.metadata.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(broken(key, "is not text")),
        }
    }

    fn flag(&self, key: &'static str) -> Result<Option<bool>, TokensError> {
        match self.0.metadata.get(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(broken(key, "is neither true nor false")),
        }
    }

    fn list(&self, key: &'static str) -> Result<Option<&'a [Value]>, TokensError> {
        match self.0.metadata.get(key) {
            None => Ok(None),
            Some(Value::Array(values)) => Ok(Some(values)),
            Some(_) => Err(broken(key, "is not a list")),
        }
    }

    fn texts(&self, key: &'static str) -> Result<Option<Vec<&'a str>>, TokensError> {
        let Some(values) = self.list(key)? else { return Ok(None) };
        let text = |value: &'a Value| match value {
            Value::String(text) => Ok(text.as_str()),
            _ => Err(broken(key, "contains something that is not text")),
        };
        values.iter().map(text).collect::<Result<_, _>>().map(Some)
    }

    /// The number of a token. One beyond the vocabulary, as some files have for a token that the model lacks, counts as missing.
    fn id(&self, key: &'static str, vocabulary: &Vocabulary) -> Result<Option<u32>, TokensError> {
        let Some(value) = self.0.metadata.get(key) else { return Ok(None) };
        let id = whole(value).ok_or_else(|| broken(key, "is not a number"))?;
        Ok(u32::try_from(id).ok().filter(|&id| (id as usize) < vocabulary.tokens.len()))
    }
}

fn whole(value: &Value) -> Option<i64> {
    match *value {
        Value::U8(n) => Some(n.into()),
        Value::I8(n) => Some(n.into()),
        Value::U16(n) => Some(n.into()),
        Value::I16(n) => Some(n.into()),
        Value::U32(n) => Some(n.into()),
        Value::I32(n) => Some(n.into()),
        Value::U64(n) => i64::try_from(n).ok(),
        Value::I64(n) => Some(n),
        _ => None,
    }
}

fn broken(key: &'static str, message: impl Into<String>) -> TokensError {
    TokensError::Broken { key, message: message.into() }
}

/// The tokens of a file in their order, each with its kind.
struct Vocabulary<'a> {
    tokens: Vec<&'a str>,
    kinds: Vec<i64>,
}

impl<'a> Vocabulary<'a> {
    fn read(file: &File<'a>) -> Result<Self, TokensError> {
        let tokens = file.texts(TOKENS)?.ok_or(TokensError::Missing(TOKENS))?;
        if tokens.is_empty() || tokens.len() > MOST_TOKENS {
            return Err(broken(TOKENS, format!("has {} entries", tokens.len())));
        }
        if let Some(token) = tokens.iter().find(|token| token.len() > LONGEST_PIECE) {
            return Err(broken(TOKENS, format!("has a token of {} bytes", token.len())));
        }
        let kinds = match file.list(TYPES)? {
            None => vec![kind::NORMAL; tokens.len()],
            Some(values) => values
                .iter()
                .map(|value| {
                    whole(value).ok_or_else(|| broken(TYPES, "contains something that is not a number"))
                })
                .collect::<Result<_, _>>()?,
        };
        if kinds.len() == tokens.len() {
            Ok(Self { tokens, kinds })
        } else {
            Err(broken(TYPES, format!("has {} entries for {} tokens", kinds.len(), tokens.len())))
        }
    }

    /// The tokens of one kind that are found in texts before all others and never split.
    fn added(&self, kind: i64) -> Vec<AddedToken> {
        let special = kind != kind::USER;
        let of_kind =
            self.tokens.iter().zip(&self.kinds).filter(|&(token, &k)| k == kind && !token.is_empty());
        of_kind.map(|(&token, _)| AddedToken::from(token, special).normalized(false)).collect()
    }

    /// Tokens and their numbers; of two alike, the first counts.
    fn numbers(&self) -> Vocab {
        let numbered = self.tokens.iter().enumerate().rev();
        numbered.map(|(id, &token)| (token.to_owned(), id as u32)).collect()
    }
}

fn byte_level(file: &File, vocabulary: &Vocabulary) -> Result<(Tokenizer, bool), TokensError> {
    const PRE: &str = "tokenizer.ggml.pre";
    let pre = Pre::named(file.text(PRE)?.ok_or(TokensError::Missing(PRE))?)?;
    let merges = file.texts(MERGES)?.ok_or(TokensError::Missing(MERGES))?;
    let merges = merges
        .into_iter()
        .map(|merge| {
            // A first part can begin with a space, but has no other.
            let space = merge.char_indices().skip(1).find(|&(_, c)| c == ' ').map(|(at, _)| at);
            let parts = space.map(|at| (merge[..at].to_owned(), merge[at + 1..].to_owned()));
            parts.ok_or_else(|| broken(MERGES, format!("has {merge:?}, which is not two parts")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let builder =
        BPE::builder().vocab_and_merges(vocabulary.numbers(), merges).ignore_merges(pre.whole_words);
    let model = guarded(|| builder.build()).map_err(|e| broken(MERGES, format!("cannot be used: {e}")))?;
    let mut tokenizer = Tokenizer::new(model);
    if pre.composed {
        tokenizer.with_normalizer(Some(NFC));
    }
    tokenizer.with_pre_tokenizer(Some(pre.build()?));
    tokenizer.with_decoder(Some(ByteLevel::default()));
    Ok((tokenizer, pre.begins))
}

/// A tokenizer that joins the two neighbours whose union has the best score, again and again.
///
/// The library merges by rank. A union's rank is that of its score, for each of the ways to make it; this is how Hugging Face turns
/// such tokenizers into its own.
fn by_scores(file: &File, vocabulary: &Vocabulary) -> Result<(Tokenizer, bool), TokensError> {
    let scores = file.list(SCORES)?.ok_or(TokensError::Missing(SCORES))?;
    if scores.len() != vocabulary.tokens.len() {
        return Err(broken(
            SCORES,
            format!("has {} entries for {} tokens", scores.len(), vocabulary.tokens.len()),
        ));
    }
    let scores: Vec<f32> = scores
        .iter()
        .map(|score| match *score {
            Value::F32(score) => Ok(score),
            Value::I32(score) => Ok(score as f32),
            _ => Err(broken(SCORES, "contains something that is not a number")),
        })
        .collect::<Result<_, _>>()?;
    let unknown = vocabulary.kinds.iter().position(|&k| k == kind::UNKNOWN);
    let mut builder = BPE::builder()
        .vocab_and_merges(vocabulary.numbers(), merges_by_scores(vocabulary, &scores))
        .byte_fallback(true)
        .fuse_unk(true);
    if let Some(unknown) = unknown {
        builder = builder.unk_token(vocabulary.tokens[unknown].to_owned());
    }
    let model = guarded(|| builder.build()).map_err(|e| broken(SCORES, format!("cannot be used: {e}")))?;
    let spaced = file.flag("tokenizer.ggml.add_space_prefix")?.unwrap_or(true);
    let fails = |e: tokenizers::Error| TokensError::Tokenizer(e.to_string());
    let mut tokenizer = Tokenizer::new(model);
    let mut normalizers = vec![Replace::new(" ", SPACE).map_err(fails)?.into()];
    let mut decoders =
        vec![Replace::new(SPACE, " ").map_err(fails)?.into(), ByteFallback::new().into(), Fuse::new().into()];
    if spaced {
        normalizers.insert(0, Prepend::new(SPACE.to_owned()).into());
        decoders.push(Strip::new(' ', 1, 0).into());
    }
    tokenizer.with_normalizer(Some(Sequence::new(normalizers)));
    tokenizer.with_decoder(Some(Decoders::new(decoders)));
    Ok((tokenizer, true))
}

/// Every way to make a piece of two others, the pieces of the best scores first.
fn merges_by_scores(vocabulary: &Vocabulary, scores: &[f32]) -> Vec<(String, String)> {
    let mergeable = |kind: i64| matches!(kind, kind::NORMAL | kind::UNUSED);
    let pieces: HashMap<&str, usize> = vocabulary
        .tokens
        .iter()
        .enumerate()
        .rev()
        .filter(|&(id, _)| mergeable(vocabulary.kinds[id]))
        .map(|(id, &token)| (token, id))
        .collect();
    let mut ids: Vec<usize> = pieces.values().copied().collect();
    ids.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    let mut merges = Vec::new();
    let mut ways = Vec::new();
    for id in ids {
        let piece = vocabulary.tokens[id];
        let cuts = piece.char_indices().skip(1).map(|(at, _)| piece.split_at(at));
        ways.extend(cuts.filter_map(|(left, right)| Some((pieces.get(left)?, pieces.get(right)?))));
        ways.sort_unstable();
        merges.extend(ways.drain(..).map(|(&left, &right)| {
            (vocabulary.tokens[left].to_owned(), vocabulary.tokens[right].to_owned())
        }));
    }
    merges
}
