//! How byte-level tokenizers cut a text before they look for tokens, by the names that GGUF files have for it.
//!
//! The expressions are those of the models' `tokenizer.json`; the names and what belongs together are llama.cpp's
//! (`llama-vocab.cpp`). Normalisation is not in GGUF files and not done by llama.cpp, but the models were trained with it.

use super::TokensError;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::normalizer::SplitDelimiterBehavior;

const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN35: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const GPT4O: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Letters that are not composed are written by their numbers, or an editor would change them.
const DEEPSEEK_LLM: [&str; 6] = [
    r"[\r\n]",
    r"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\x{1F7D}ᾀ-ᾴᾶ-ᾼ\x{1FBE}ῂ-ῄῆ-ῌῐ-\x{1FD3}ῖ-\x{1FDB}ῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\x{2126}ℨ\x{212A}-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮ\x{2CF2}ⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+",
    r"\s?[!-/:-~！-／：-～‘-‟　-。]+",
    r"\s+$",
    r"[一-龥ࠀ-一가-퟿]+",
    r"\p{N}+",
];
const DEEPSEEK_CODER: [&str; 5] = [r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", r"[一-龥ࠀ-一가-퟿]+", r"\p{N}"];
const DEEPSEEK_V3: [&str; 3] = [
    r"\p{N}{1,3}",
    r"[一-龥぀-ゟ゠-ヿ]+",
    r##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##,
];

/// What a byte-level tokenizer does before it looks for tokens, and two related habits.
pub(super) struct Pre {
    cuts: Cuts,
    /// Texts are composed first (NFC).
    pub(super) composed: bool,
    /// A word that is a token is that token, whatever the merges say.
    pub(super) whole_words: bool,
    /// A text begins with the token that begins texts, unless the file says otherwise.
    pub(super) begins: bool,
}

enum Cuts {
    /// GPT-2's words.
    Words,
    /// Digits each for themselves, then GPT-2's words.
    DigitsAndWords,
    /// One expression after the other.
    Expressions(&'static [&'static str]),
}

impl Pre {
    /// The rules of a name.
    ///
    /// # Errors
    ///
    /// [`TokensError::Pretokenizer`] where the name is not known: a text cut otherwise gets tokens that the model never saw.
    pub(super) fn named(name: &str) -> Result<Self, TokensError> {
        let (cuts, composed) = match name {
            "gpt-2" | "phi-2" => (Cuts::Words, false),
            "olmo" | "mpt" => (Cuts::Words, true),
            "smollm" | "starcoder" | "refact" => (Cuts::DigitsAndWords, false),
            "command-r" => (Cuts::DigitsAndWords, true),
            "qwen2" | "megrez" => (Cuts::Expressions(&[QWEN2]), true),
            "deepseek-r1-qwen" => (Cuts::Expressions(&[QWEN2]), false),
            "qwen35" => (Cuts::Expressions(&[QWEN35]), true),
            "llama-bpe" | "llama3" | "llama-v3" | "falcon3" | "falcon-h1" | "lfm2" | "pixtral" | "dbrx"
            | "smaug-bpe" | "chatglm-bpe" | "glm4" => (Cuts::Expressions(&[LLAMA3]), false),
            "tekken" => (Cuts::Expressions(&[TEKKEN]), false),
            "gpt-4o" | "llama4" => (Cuts::Expressions(&[GPT4O]), false),
            "deepseek-llm" => (Cuts::Expressions(&DEEPSEEK_LLM), false),
            "deepseek-coder" => (Cuts::Expressions(&DEEPSEEK_CODER), false),
            "deepseek-v3" => (Cuts::Expressions(&DEEPSEEK_V3), false),
            _ => return Err(TokensError::Pretokenizer(name.to_owned())),
        };
        let begins = matches!(
            name,
            "llama-bpe" | "llama3" | "llama-v3" | "falcon3" | "falcon-h1" | "lfm2" | "pixtral" | "tekken"
        );
        Ok(Self { cuts, composed, whole_words: begins || name == "glm4", begins })
    }

    /// The rules as the tokenizer library has them; bytes become letters at the end.
    pub(super) fn build(&self) -> Result<PreTokenizerWrapper, TokensError> {
        let words = ByteLevel::new(false, true, true);
        let mut steps: Vec<PreTokenizerWrapper> = Vec::new();
        match self.cuts {
            Cuts::Words => return Ok(words.into()),
            Cuts::DigitsAndWords => {
                steps.push(Digits::new(true).into());
                steps.push(words.into());
            }
            Cuts::Expressions(expressions) => {
                for &expression in expressions {
                    let pattern = SplitPattern::Regex(expression.to_owned());
                    let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false)
                        .map_err(|e| TokensError::Tokenizer(e.to_string()))?;
                    steps.push(split.into());
                }
                steps.push(words.use_regex(false).into());
            }
        }
        Ok(Sequence::new(steps).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenizers::tokenizer::{OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer};

    fn cut(name: &str, text: &str) -> Vec<String> {
        let mut cut = PreTokenizedString::from(text);
        Pre::named(name).unwrap().build().unwrap().pre_tokenize(&mut cut).unwrap();
        let splits = cut.get_splits(OffsetReferential::Original, OffsetType::Byte);
        splits.iter().map(|(_, range, _)| text[range.0..range.1].to_owned()).collect()
    }

    #[test]
    fn every_known_name_has_expressions_that_compile() {
        for name in [
            "gpt-2",
            "olmo",
            "smollm",
            "command-r",
            "qwen2",
            "deepseek-r1-qwen",
            "qwen35",
            "llama-bpe",
            "tekken",
            "gpt-4o",
            "deepseek-llm",
            "deepseek-coder",
            "deepseek-v3",
        ] {
            assert_eq!(cut(name, "Ein  Wort, 12").concat(), "Ein  Wort, 12", "{name}");
        }
        assert!(
            matches!(Pre::named("none-such"), Err(TokensError::Pretokenizer(name)) if name == "none-such")
        );
    }

    #[test]
    fn texts_are_cut_as_the_models_learnt_them() {
        let text = "I'LL pay 12345€\n\n  now";
        assert_eq!(cut("gpt-2", text), ["I", "'", "LL", " pay", " 12345", "€", "\n\n ", " now"]);
        assert_eq!(
            cut("smollm", text),
            ["I", "'", "LL", " pay", " ", "1", "2", "3", "4", "5", "€", "\n\n ", " now"]
        );
        assert_eq!(cut("llama-bpe", text), ["I", "'LL", " pay", " ", "123", "45", "€\n\n", " ", " now"]);
        assert_eq!(
            cut("qwen2", text),
            ["I", "'LL", " pay", " ", "1", "2", "3", "4", "5", "€\n\n", " ", " now"]
        );
        assert_eq!(cut("tekken", "aBC dE"), ["a", "BC", " d", "E"]);
        assert_eq!(cut("deepseek-v3", "1234漢字kana!a"), ["123", "4", "漢字", "kana", "!a"]);
    }
}
