//! Which rules of English grammar does a text break?
//!
//! harper-core tags every sentence with a neural model, which costs more than all its rules together. Here the tokens
//! get their parts of speech and noun phrases from harper's rule-based taggers instead: an empty document is made, which
//! skips the neural model, and then filled. Of some 900 rules, those that find outright errors are run.

use std::cell::RefCell;
use std::sync::Arc;

use harper_brill::{BrillChunker, BrillTagger, Chunker, FreqDict, Tagger, brill_chunker, brill_tagger};
use harper_core::linting::{FlatConfig, LintGroup};
use harper_core::parsers::{Parser, PlainEnglish};
use harper_core::spell::{Dictionary, FstDictionary};
use harper_core::{
    Dialect, Document, Lrc, OrdinalSuffix, Punctuation, Span, Token, TokenKind, TokenStringExt,
};

/// The rules that are run, by their names in harper-core.
pub(super) const RULES: &[&str] = &[
    "AccuseOf",
    "AdjectiveDoubleDegree",
    "AllowTo",
    "AllReady",
    "AnA",
    "AnAnother",
    "AndIn",
    "APart",
    "Cant",
    "CapitalizePersonalPronouns",
    "CompoundSubjectI",
    "CorrectNumberSuffix",
    "CriteriaPhenomena",
    "DespiteItIs",
    "DespiteOf",
    "DidPast",
    "Didnt",
    "DoMistake",
    "DontCan",
    "DoubleModal",
    "ElsePossessive",
    "GetUsedTo",
    "GoingTo",
    "HaveNegNoAny",
    "HavePassed",
    "HavePronoun",
    "HeDos",
    "HopHope",
    "IAmAgreement",
    "InterestedIn",
    "IsBeenAuxSequence",
    "ItAreTheOne",
    "ItsContraction",
    "LookingForwardTo",
    "MayOfPronoun",
    "ModalOf",
    "ModalSeem",
    "MoreBetter",
    "PassedPast",
    "Payed",
    "PossessiveYour",
    "PronounAre",
    "PronounContraction",
    "PronounInflectionBe",
    "PronounVerbAgreement",
    "RepeatedWords",
    "SimplePastToPastParticiple",
    "SingleBe",
    "SubjectPronoun",
    "SupposedTo",
    "TheAnother",
    "TheMy",
    "TheirToTheyre",
    "ThenThan",
    "ThereIsAgreement",
    "ThereOwn",
    "ThesesThese",
    "TheyreConfusions",
    "TheyreToTheir",
    "ToLoseTooLoose",
    "ToTo",
    "TooTo",
    "TransposedSpace",
    "UseToUsedTo",
    "WillNonLemma",
    "WorseOrWorst",
    "YourPredicateAdjective",
];

struct Rules {
    dictionary: Arc<FstDictionary>,
    tagger: Arc<BrillTagger<FreqDict>>,
    chunker: Arc<BrillChunker>,
    group: LintGroup,
}

thread_local! {
    static RULES_HERE: RefCell<Option<Box<Rules>>> = const { RefCell::new(None) };
}

/// The number of places where prose breaks a rule.
pub(super) fn count(text: &str) -> usize {
    RULES_HERE.with_borrow_mut(|slot| slot.get_or_insert_with(|| Box::new(Rules::new())).count(text))
}

/// Drops this thread's rules, so that the next text gets fresh ones.
pub(super) fn forget() {
    RULES_HERE.with(|slot| {
        if let Ok(mut slot) = slot.try_borrow_mut() {
            *slot = None;
        }
    });
}

impl Rules {
    fn new() -> Self {
        let dictionary = FstDictionary::curated();
        let mut group = LintGroup::new_curated(dictionary.clone(), Dialect::American);
        let mut config = FlatConfig::default();
        for rule in RULES {
            config.set_rule_enabled(rule, true);
        }
        group.config = config;
        Self { dictionary, tagger: brill_tagger(), chunker: brill_chunker(), group }
    }

    fn count(&mut self, text: &str) -> usize {
        let document = self.document(text);
        let source = document.get_source();
        let mut spans: Vec<(usize, usize)> = self
            .group
            .organized_lints(&document)
            .iter()
            .flat_map(|(rule, lints)| lints.iter().map(move |lint| (rule.as_str(), lint)))
            .filter(|(rule, lint)| sound(rule, source, lint.span.start, lint.span.end))
            .map(|(_, lint)| (lint.span.start, lint.span.end))
            .collect();
        // Two rules that object to the same words find one error.
        spans.sort_unstable();
        let (mut errors, mut last) = (0, 0);
        for (start, end) in spans {
            if errors == 0 || start >= last {
                errors += 1;
                last = end;
            } else {
                last = last.max(end);
            }
        }
        errors
    }

    fn document(&self, text: &str) -> Document {
        let source: Lrc<[char]> = text.chars().collect();
        let mut tokens = joined(&source, PlainEnglish.parse(&source));
        self.tag(&source, &mut tokens);
        let mut document = Document::new_from_chars(source, &Blanks(tokens.len()), &self.dictionary);
        let places = document.tokens_mut();
        if places.len() == tokens.len() {
            places.clone_from_slice(&tokens);
        }
        document
    }

    /// Gives every word its entry in the dictionary, its part of speech and its place in a noun phrase.
    fn tag(&self, source: &[char], tokens: &mut [Token]) {
        for sentence in tokens.split_inclusive_mut(|token| token.kind.is_sentence_terminator()) {
            let strings: Vec<String> =
                sentence.iter().filter(|t| !t.kind.is_whitespace()).map(|t| t.get_str(source)).collect();
            if strings.is_empty() {
                continue;
            }
            let tags = self.tagger.tag_sentence(&strings);
            let phrases = self.chunker.chunk_sentence(&strings, &tags);
            for (i, token) in sentence.iter_mut().filter(|t| !t.kind.is_whitespace()).enumerate() {
                let TokenKind::Word(slot) = &mut token.kind else { continue };
                *slot = self.dictionary.get_word_metadata(token.span.get_content(source)).map(|entry| {
                    let mut entry = entry.into_owned();
                    entry.pos_tag = tags.get(i).copied().flatten().or_else(|| entry.infer_pos_tag());
                    entry.np_member = phrases.get(i).copied();
                    entry
                });
            }
        }
    }
}

/// Whether an objection holds: three rules misread names, labels and variables.
fn sound(rule: &str, source: &[char], start: usize, end: usize) -> bool {
    let capital = source.get(start).is_some_and(|c| c.is_uppercase());
    match rule {
        // "Party A and Party B".
        "AnA" => {
            !capital
                || start == 0
                || source.get(start.saturating_sub(2)).is_some_and(|c| ".?!\n".contains(*c))
        }
        // "The Mau Mau".
        "RepeatedWords" => !capital,
        // "for i in 0..9", "the i-th".
        "CapitalizePersonalPronouns" => {
            let next: String = source
                .iter()
                .skip(end)
                .skip_while(|c| **c == ' ')
                .take_while(|c| c.is_alphabetic())
                .collect();
            source.get(end) == Some(&' ')
                && !matches!(next.as_str(), "" | "in" | "of" | "is" | "from" | "to" | "and" | "th" | "equals")
        }
        _ => true,
    }
}

/// A parser that gives so many blanks, none next to another, for [`Rules::document`] to overwrite.
struct Blanks(usize);

impl Parser for Blanks {
    fn parse(&self, _: &[char]) -> Vec<Token> {
        (0..self.0).map(|i| Token::new(Span::new(i, i), TokenKind::Space(1))).collect()
    }
}

/// Joins tokens that belong together: `3` `rd`, `e` `.` `g` `.`, `.` `.` `.`; and turns blank lines into breaks.
fn joined(source: &[char], tokens: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    while let Some(mut token) = rest.next() {
        match &mut token.kind {
            TokenKind::Newline(lines) if *lines >= 2 => token.kind = TokenKind::ParagraphBreak,
            TokenKind::Number(number) => {
                if let Some(next) = rest.peek()
                    && next.kind.is_word()
                    && let Some(suffix) = OrdinalSuffix::from_chars(next.get_ch(source))
                {
                    number.suffix = Some(suffix);
                    token.span.end = next.span.end;
                    rest.next();
                }
            }
            TokenKind::Punctuation(Punctuation::Period) => {
                while rest.next_if(|next| next.kind.is_period()).is_some_and(|next| {
                    token.span.end = next.span.end;
                    true
                }) {}
                if token.span.len() > 1 {
                    token.kind = TokenKind::Punctuation(Punctuation::Ellipsis);
                } else if let [.., first, stop, last] = out.as_mut_slice()
                    && [&*first, &*last].iter().all(|t| t.kind.is_word())
                    && stop.kind.is_period()
                    && (first.span.len(), last.span.len()) == (1, 1)
                    && first.span.end == stop.span.start
                    && stop.span.end == last.span.start
                {
                    // "e", ".", "g" and this ".": one word; "U.S.A." grows from "U.S.".
                    first.span.end = token.span.end;
                    out.truncate(out.len() - 2);
                    continue;
                } else if let [.., first, last] = out.as_mut_slice()
                    && [&*first, &*last].iter().all(|t| t.kind.is_word())
                    && last.span.len() == 1
                    && first.span.end == last.span.start
                {
                    first.span.end = token.span.end;
                    out.truncate(out.len() - 1);
                    continue;
                }
            }
            _ => {}
        }
        out.push(token);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_exists() {
        let rules = Rules::new();
        let known: Vec<&str> = rules.group.iter_keys().collect();
        for rule in RULES {
            assert!(known.contains(rule), "{rule}");
        }
    }

    #[test]
    fn filled_documents_hold_the_tokens() {
        let rules = Rules::new();
        let text = "On the 3rd day, e.g. today, it rained... In the U.S.A. it did not.\n\nEnd.";
        let document = rules.document(text);
        let words: Vec<String> = document.iter_words().map(|t| t.get_str(document.get_source())).collect();
        assert_eq!(
            words,
            [
                "On", "the", "day", "e.g.", "today", "it", "rained", "In", "the", "U.S.A.", "it", "did",
                "not", "End"
            ]
        );
    }
}
