//! Which rules of English grammar does a text break?
//!
//! harper-core tags every sentence with a neural model, which costs more than all its rules together. Here the tokens
//! get their parts of speech and noun phrases from harper's rule-based taggers instead: an empty document is made, which
//! skips the neural model, and then filled. Of some 900 rules, those that find outright errors are run.

use std::cell::RefCell;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use harper_brill::{BrillChunker, BrillTagger, Chunker, FreqDict, Tagger, brill_chunker, brill_tagger};
use harper_core::linting::{FlatConfig, LintGroup};
use harper_core::parsers::{Parser, PlainEnglish};
use harper_core::spell::{Dictionary, FstDictionary};
use harper_core::{
    Dialect, Document, Lrc, OrdinalSuffix, Punctuation, Span, Token, TokenKind, TokenStringExt,
};

/// The rules that are run, by their names in harper-core, each with words of which it needs one (any text, if none).
///
/// A rule costs time on every clause, so only those are run that a text can break. The words are wider than the rules.
/// (`LookingForwardTo` of harper-core 3.0.0 prints to standard output: do not run it.)
pub(super) const RULES: &[(&str, &[&str])] = &[
    ("AccuseOf", &["accus"]),
    ("AdjectiveDoubleDegree", &["more", "most"]),
    ("AllowTo", &["allow"]),
    ("AllReady", &["all ready"]),
    ("AnA", &[]),
    ("AnAnother", &["another"]),
    ("AndIn", &["an in"]),
    ("APart", &["a part"]),
    ("Cant", &["cant"]),
    ("CriteriaPhenomena", &["criteria", "phenomena"]),
    ("DespiteItIs", &["despite"]),
    ("DespiteOf", &["despite"]),
    ("Didnt", &["did"]),
    ("DidPast", &["did"]),
    ("DoMistake", &["mistake"]),
    ("DontCan", &["don"]),
    ("ElsePossessive", &["else"]),
    ("Everybody", &["every body"]),
    ("Everyone", &["every one"]),
    ("FewUnitsOfTimeAgo", &["few"]),
    ("GetUsedTo", &["use"]),
    ("GoingTo", &["going"]),
    ("HavePassed", &["past"]),
    ("HeDos", &["dos"]),
    ("HopHope", &["hop"]),
    ("IAmAgreement", &["i are", "i is"]),
    ("InterestedIn", &["interest"]),
    ("IsBeenAuxSequence", &["been"]),
    ("ItAreTheOne", &["it are"]),
    ("ItsContraction", &["its"]),
    ("LongTimeAgo", &["long time ago"]),
    ("MayOfPronoun", &["may of"]),
    ("MissingTo", &["want", "need", "try", "learn"]),
    ("ModalOf", &["d of", "t of", "n of", "l of", "y of", "'ve of"]),
    ("ModalSeem", &["seem"]),
    ("MoreBetter", &["better"]),
    ("NounVerbConfusion", &["effect", "affect", "advice", "advise", "breath", "belie"]),
    ("OneOfTheSingular", &["one of the"]),
    ("OpenCompounds", &["alot", "afew", "upto", "aswell", "infact", "incase", "inspite"]),
    ("Payed", &["payed"]),
    ("PossessiveYour", &["your"]),
    ("PronounAre", &[]),
    ("PronounContraction", &[]),
    ("PronounInflectionBe", &[]),
    ("PronounVerbAgreement", &[]),
    ("RepeatedWords", &[]),
    ("SimplePastToPastParticiple", &["have", "has", "had"]),
    ("SupposedTo", &["suppose"]),
    ("TheAnother", &["the another"]),
    ("TheirToTheyre", &["their"]),
    ("TheMy", &["the my", "my the"]),
    ("ThenThan", &["then"]),
    ("ThereIsAgreement", &["there"]),
    ("ThereOwn", &["there own"]),
    ("ThereToTheir", &["there"]),
    ("ThesesThese", &["theses"]),
    ("TheyreConfusions", &["they"]),
    ("TheyreToTheir", &["they"]),
    ("ToLoseTooLoose", &["lose", "loose"]),
    ("TooTo", &["too"]),
    ("ToTo", &["to to"]),
    ("UseToUsedTo", &["use"]),
    ("WillNonLemma", &["will"]),
    ("WorseOrWorst", &["worse", "worst"]),
    ("WrongApostrophe", &["`", "\u{b4}"]),
    ("YourPredicateAdjective", &["your"]),
];

struct Rules {
    /// Finds the words that rules need.
    needs: Option<AhoCorasick>,
    /// For each of those words, the rule.
    needed_by: Vec<usize>,
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
        group.config = FlatConfig::default();
        let needs: Vec<(usize, &str)> = RULES
            .iter()
            .enumerate()
            .flat_map(|(rule, (_, words))| words.iter().map(move |&word| (rule, word)))
            .collect();
        let automaton =
            AhoCorasick::builder().ascii_case_insensitive(true).build(needs.iter().map(|(_, word)| word));
        let needed_by = needs.into_iter().map(|(rule, _)| rule).collect();
        Self {
            needs: automaton.ok(),
            needed_by,
            dictionary,
            tagger: brill_tagger(),
            chunker: brill_chunker(),
            group,
        }
    }

    /// The rules that a text can break.
    fn choice(&self, text: &str) -> FlatConfig {
        let mut config = FlatConfig::default();
        for (name, words) in RULES {
            if words.is_empty() || self.needs.is_none() {
                config.set_rule_enabled(name, true);
            }
        }
        let mut seen = [false; RULES.len()];
        for hit in self.needs.iter().flat_map(|needs| needs.find_overlapping_iter(text)) {
            let rule = self.needed_by[hit.pattern().as_usize()];
            if !std::mem::replace(&mut seen[rule], true) {
                config.set_rule_enabled(RULES[rule].0, true);
            }
        }
        config
    }

    fn count(&mut self, text: &str) -> usize {
        self.group.config = self.choice(text);
        let document = self.document(text);
        let source = document.get_source();
        let mut spans: Vec<(usize, usize)> = self
            .group
            .organized_lints(&document)
            .iter()
            .flat_map(|(rule, lints)| lints.iter().map(move |lint| (rule.as_str(), lint)))
            .filter(|(rule, lint)| sound(rule, source, lint.span.start))
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

/// Whether an objection is valid: two rules misread names and labels.
fn sound(rule: &str, source: &[char], start: usize) -> bool {
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
        _ => true,
    }
}

/// A parser that returns this many blanks, none next to another, for [`Rules::document`] to overwrite.
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
        for (rule, _) in RULES {
            assert!(known.contains(rule), "{rule}");
        }
    }

    #[test]
    fn choosing_rules_by_their_words_loses_no_error() {
        let mut rules = Rules::new();
        for (text, expected) in [
            ("You could of told me.", 1),
            ("Its a good dog.", 1),
            ("They was here.", 1),
            ("This is more better than that.", 1),
            ("He did not went home.", 1),
            ("It is bigger then the house.", 1),
            ("She looked at at the sky.", 1),
            ("I saw a owl.", 1),
            ("Despite of the rain, we left.", 1),
            ("Your welcome to come.", 0),
        ] {
            let chosen = rules.count(text);
            // The plain twin: all rules.
            for (name, _) in RULES {
                rules.group.config.set_rule_enabled(name, true);
            }
            let document = rules.document(text);
            let all = rules.group.organized_lints(&document).values().map(Vec::len).sum::<usize>();
            assert_eq!((chosen, all.min(1)), (expected, expected), "{text}");
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
