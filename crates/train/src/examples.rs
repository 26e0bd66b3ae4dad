//! Pairs and single completions as a model's tokens: by its chat template or plainly, cut where they are too long.

use std::collections::BTreeSet;

use predilect_learn::keywords::degrees;
use predilect_learn::tokens::{Example as Tokenised, Message, Tokens, TokensError};
use predilect_learn::{Degraded, Example};
use predilect_results::training::PairCount;
use predilect_types::Pair;
use predilect_workbench::{Error, Result};

use crate::pairs::Labelled;
use crate::request::TextOptions;

/// Why a pair is left out whose conversation the chat template refuses.
pub(crate) const BY_TEMPLATE: &str = "conversation rejected by the chat template";

/// Makes tokens of pairs, and counts what became of them.
pub(crate) struct Texts<'a> {
    pub(crate) tokens: &'a Tokens,
    pub(crate) options: &'a TextOptions,
    pub(crate) count: PairCount,
    /// The most tokens of a prompt and one response.
    pub(crate) most: usize,
    remarks: BTreeSet<String>,
    /// Texts that the tokenizer cannot write whole.
    lossy: u64,
}

impl<'a> Texts<'a> {
    /// `context`: tokens that the model was made for.
    pub(crate) fn new(tokens: &'a Tokens, options: &'a TextOptions, context: usize) -> Self {
        let mut remarks = BTreeSet::new();
        if options.template && !tokens.has_template() {
            remarks
                .insert("the model has no chat template: prompts and responses are concatenated".to_owned());
        }
        let most = options.max_length.min(context);
        Self { tokens, options, count: PairCount::default(), most, remarks, lossy: 0 }
    }

    /// What was unusual.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let lossy = (self.lossy > 0)
            .then(|| format!("the tokenizer cannot represent all the text of {} responses", self.lossy));
        self.remarks.iter().cloned().chain(lossy).collect()
    }

    /// Whether the tokens of a text say all of it.
    fn is_whole(&self, text: &str) -> bool {
        // Letters and digits only: tokenizers may put accents and letters together, or begin with a space.
        let said = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
        let back = self.tokens.encode(text).and_then(|ids| self.tokens.decode(&ids));
        back.is_ok_and(|back| said(&back) >= said(text))
    }

    /// A pair as tokens; `None` if nothing is left to learn from.
    pub(crate) fn example(&mut self, labelled: &Labelled) -> Result<Option<Example>> {
        let mut sides = Vec::with_capacity(2);
        for text in labelled.completions() {
            self.lossy += u64::from(!self.is_whole(text));
            match self.tokenised(&labelled.pair, text) {
                Ok(side) => sides.push(side),
                Err(TokensError::Refused(why)) => {
                    self.leave_out(&format!("{BY_TEMPLATE} ({why})"));
                    return Ok(None);
                }
                Err(error) => return Err(untokenised(&labelled.pair.id, &error)),
            }
        }
        let ends = self.tokens.ends();
        let speaks = |side: &Tokenised| {
            // The token that ends a turn is at its end, followed by at most a line break.
            let inner = side.completion.len().saturating_sub(2);
            side.completion[..inner].iter().any(|token| ends.contains(token))
        };
        if sides.iter().any(speaks) {
            self.remarks.insert(
                "some texts contain names of the model's control tokens, which are tokenised as such (as in TRL): drop such pairs if the data are untrusted"
                    .to_owned(),
            );
        }
        // As TRL: both sides begin with the same tokens, and part where the first of them does.
        let shared = sides.iter().map(|side| side.prompt.len()).min().unwrap_or(0);
        for side in &mut sides {
            if let Some(remark) = &side.remark {
                self.remarks.insert(format!("in some pairs, {remark}"));
            }
            side.cut_prompt(shared);
        }
        self.cut(labelled, sides)
    }

    fn tokenised(&mut self, pair: &Pair, completion: &str) -> std::result::Result<Tokenised, TokensError> {
        if !self.options.template || !self.tokens.has_template() {
            return self.tokens.plain(&pair.prompt_text(), completion);
        }
        let roles: Vec<(String, &str)> =
            pair.prompt.iter().map(|turn| (turn.role.to_string(), turn.content.as_str())).collect();
        let turns: Vec<Message<'_>> = roles.iter().map(|(role, content)| Message { role, content }).collect();
        let said = self.tokens.conversation(&turns, completion);
        match said {
            Err(TokensError::SystemRefused(_)) | Ok(_)
                if said.is_err() || ignores_system(self.tokens, &turns) =>
            {
                self.remarks.insert(
                    "the chat template does not support system messages: they were moved into the first user turn"
                        .to_owned(),
                );
                let text = merged_system(&turns);
                let turns: Vec<Message<'_>> =
                    text.iter().map(|(role, content)| Message { role, content }).collect();
                self.tokens.conversation(&turns, completion)
            }
            other => other,
        }
    }

    /// What is left of the chosen response without growing shares of its key phrases, as tokens (SPO).
    pub(crate) fn degraded(
        &mut self,
        labelled: &Labelled,
        most: usize,
        shares: &[f64],
    ) -> Result<Vec<Degraded>> {
        let mut found = Vec::new();
        for (class, text) in degrees(labelled.texts()[0], shares) {
            let tokenised = self.tokenised(&labelled.pair, &text);
            let mut tokens = tokenised.map_err(|e| untokenised(&labelled.pair.id, &e))?.completion;
            tokens.truncate(most);
            if !tokens.is_empty() {
                found.push(Degraded { tokens, class });
            }
        }
        Ok(found)
    }

    /// Prompts lose their beginning before completions lose their end; a quarter of the length is always the prompt's.
    fn cut(&mut self, labelled: &Labelled, mut sides: Vec<Tokenised>) -> Result<Option<Example>> {
        let most = self.most;
        if most < 8 {
            return Err(Error::new(format!("a maximum length of {most} tokens is too short")));
        }
        let mut prompt = sides.first_mut().map(|side| std::mem::take(&mut side.prompt)).unwrap_or_default();
        let mut completions: Vec<Vec<u32>> = sides.into_iter().map(|side| side.completion).collect();
        let longest = completions.iter().map(Vec::len).max().unwrap_or(0);
        let room = most.saturating_sub(longest).max(most / 4);
        if prompt.len() + longest > most && most < self.options.max_length {
            self.remarks
                .insert(format!("longer pairs were truncated to the model's context of {most} tokens"));
        }
        if prompt.len() > room {
            prompt.drain(..prompt.len() - room);
            self.count.prompts_cut += 1;
        }
        let left = most - prompt.len();
        for completion in &mut completions {
            if completion.len() > left {
                completion.truncate(left);
                self.count.completions_cut += 1;
            }
        }
        if prompt.is_empty() || completions.iter().any(Vec::is_empty) {
            self.leave_out("empty after tokenising");
            return Ok(None);
        }
        if matches!(&completions[..], [chosen, rejected] if chosen == rejected) {
            self.leave_out("identical responses after truncation");
            return Ok(None);
        }
        // Of a single completion, the probability that it is desirable.
        let p = if labelled.is_single() && !labelled.a_is_chosen { 1.0 - labelled.p } else { labelled.p };
        Ok(Some(Example { prompt, completions, p, weight: 1.0 }))
    }

    fn leave_out(&mut self, why: &str) {
        *self.count.left_out.entry(why.to_owned()).or_default() += 1;
    }
}

/// Why a pair has no tokens. A template that cannot be read is not a matter of the pair.
fn untokenised(id: &str, error: &TokensError) -> Error {
    const TEMPLATE: &str = "the fault is in the model's chat template: replace it by that of the model's authors, or train without it";
    // What follows the first line is the template and the conversation.
    let said = error.to_string();
    let first = said.lines().next().unwrap_or_default();
    match error {
        TokensError::Template(_) => Error::new(first).words(TEMPLATE),
        TokensError::Render(_) | TokensError::Endless => {
            Error::new(format!("pair {id}: {first}")).words(TEMPLATE)
        }
        _ => Error::new(format!("pair {id}: {error}")),
    }
}

/// Whether the chat template takes a system message and says nothing of it.
fn ignores_system(tokens: &Tokens, turns: &[Message<'_>]) -> bool {
    let system: Vec<&str> =
        turns.iter().filter(|turn| turn.role == "system").map(|turn| turn.content.trim()).collect();
    !system.is_empty()
        && tokens.render(turns, true).is_ok_and(|text| system.iter().any(|system| !text.contains(system)))
}

/// Whether the chat template refuses the system message of a pair, or leaves it out.
pub(crate) fn refuses_system(tokens: &Tokens, pair: &Pair) -> bool {
    let roles: Vec<(String, &str)> =
        pair.prompt.iter().map(|turn| (turn.role.to_string(), turn.content.as_str())).collect();
    let turns: Vec<Message<'_>> = roles.iter().map(|(role, content)| Message { role, content }).collect();
    turns.iter().any(|turn| turn.role == "system")
        && (matches!(tokens.render(&turns, true), Err(TokensError::SystemRefused(_)))
            || ignores_system(tokens, &turns))
}

/// The pair with its system texts in the first user's turn.
pub(crate) fn without_system(mut labelled: Labelled) -> Labelled {
    let roles: Vec<(String, String)> = {
        let prompt = &labelled.pair.prompt;
        let roles: Vec<(String, &str)> =
            prompt.iter().map(|turn| (turn.role.to_string(), turn.content.as_str())).collect();
        let turns: Vec<Message<'_>> = roles.iter().map(|(role, content)| Message { role, content }).collect();
        merged_system(&turns)
    };
    let turn = |(role, content): (String, String)| {
        if role == "assistant" {
            predilect_types::Message::assistant(content)
        } else {
            predilect_types::Message::user(content)
        }
    };
    labelled.pair.prompt = roles.into_iter().map(turn).collect();
    labelled
}

/// System texts before the text of the first user's turn.
fn merged_system(turns: &[Message<'_>]) -> Vec<(String, String)> {
    let system: Vec<&str> =
        turns.iter().filter(|turn| turn.role == "system").map(|turn| turn.content).collect();
    let mut before = system.join("\n\n");
    let mut merged = Vec::new();
    for turn in turns.iter().filter(|turn| turn.role != "system") {
        let content = if turn.role == "user" && !before.is_empty() {
            format!("{}\n\n{}", std::mem::take(&mut before), turn.content)
        } else {
            turn.content.to_owned()
        };
        merged.push((turn.role.to_owned(), content));
    }
    if !before.is_empty() {
        merged.insert(0, ("user".to_owned(), before));
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_texts_begin_the_first_turn() {
        let turns = [
            Message { role: "system", content: "Be brief." },
            Message { role: "user", content: "Why?" },
            Message { role: "assistant", content: "So." },
            Message { role: "user", content: "How?" },
        ];
        let merged = merged_system(&turns);
        assert_eq!(merged[0], ("user".to_owned(), "Be brief.\n\nWhy?".to_owned()));
        assert_eq!((merged.len(), merged[2].1.as_str()), (3, "How?"));
    }
}
