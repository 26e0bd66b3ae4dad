//! Which words name numbers, units and languages?

use super::constraint::Unit;

/// A number in digits or words, in English and the languages next to it.
pub(super) fn number(word: &str) -> Option<usize> {
    // "1,000".
    let thousands = word
        .split_once(',')
        .filter(|(_, rest)| rest.len() == 3)
        .map(|(first, rest)| format!("{first}{rest}"));
    if let Ok(n) = thousands.as_deref().unwrap_or(word).parse::<usize>() {
        return (n < 100_000).then_some(n);
    }
    let n = match word {
        "one" | "single" | "un" | "une" | "una" | "ein" | "eine" | "einem" | "einen" | "einer" => 1,
        "two" | "zwei" | "deux" | "dos" | "due" => 2,
        "three" | "drei" | "trois" | "tres" | "tre" => 3,
        "four" | "vier" | "quatre" | "cuatro" | "quattro" => 4,
        "five" | "fünf" | "cinq" | "cinco" | "cinque" => 5,
        "six" | "sechs" | "seis" | "sei" => 6,
        "seven" | "sieben" | "sept" | "siete" | "sette" => 7,
        "eight" | "acht" | "huit" | "ocho" | "otto" => 8,
        "nine" | "neun" | "neuf" | "nueve" | "nove" => 9,
        "ten" | "zehn" | "dix" | "diez" | "dieci" => 10,
        "eleven" => 11,
        "twelve" => 12,
        "thirteen" => 13,
        "fourteen" => 14,
        "fifteen" => 15,
        "sixteen" => 16,
        "seventeen" => 17,
        "eighteen" => 18,
        "nineteen" => 19,
        "twenty" | "zwanzig" | "vingt" | "veinte" => 20,
        "thirty" => 30,
        "forty" => 40,
        "fifty" => 50,
        "sixty" => 60,
        "eighty" => 80,
        "hundred" => 100,
        _ => return None,
    };
    Some(n)
}

/// A unit by its name.
pub(super) fn unit(word: &str) -> Option<Unit> {
    Some(match word {
        "word" | "words" | "wörter" | "wörtern" | "worte" | "worten" | "mots" | "palabras" | "parole"
        | "palavras" => Unit::Word,
        "sentence" | "sentences" | "satz" | "sätze" | "sätzen" | "phrase" | "phrases" | "frase"
        | "frases" | "frasi" => Unit::Sentence,
        "paragraph" | "paragraphs" | "absatz" | "absätze" | "absätzen" | "párrafos" | "paragraphes" => {
            Unit::Paragraph
        }
        "line" | "lines" | "zeilen" | "lignes" | "líneas" => Unit::Line,
        "character" | "characters" | "zeichen" | "caractères" | "caracteres" => Unit::Character,
        "item" | "items" | "bullet" | "bullets" | "entries" | "points" => Unit::Item,
        _ => return None,
    })
}

/// The code of a language by its English name.
pub(super) fn language(word: &str) -> Option<&'static str> {
    Some(match word {
        "english" => "en",
        "german" => "de",
        "french" => "fr",
        "spanish" | "español" => "es",
        "italian" => "it",
        "portuguese" => "pt",
        "dutch" => "nl",
        "swedish" => "sv",
        "russian" => "ru",
        "japanese" => "ja",
        "korean" => "ko",
        "chinese" | "mandarin" => "zh",
        "arabic" => "ar",
        "hindi" => "hi",
        "turkish" => "tr",
        "vietnamese" => "vi",
        _ => return None,
    })
}
