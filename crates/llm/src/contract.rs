//! What is asked of a language model, and what it answers.

use crate::batch::Batch;
use crate::error::CallError;
use crate::question::{Answer, Request, Want};

/// What a model can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question with yes or no for an answer")]
pub struct Capabilities {
    /// Reports probabilities of next tokens, as far as its protocol has them.
    pub next: bool,
    /// Reasons before it answers, as far as its name shows: then it rarely reports probabilities.
    pub reasons: bool,
    /// Scores conversations, as a reward model does.
    pub score: bool,
    /// Gains from questions that begin alike being asked together: [`Model::send_together`].
    pub together: bool,
}

/// A language model.
///
/// [`Model::send`] is the only step that costs time or money; what it returns is logged unchanged, and [`Model::read`] can read it again at
/// any time.
pub trait Model: Send + Sync {
    /// Its full name, such as `openai:gpt-4.1`: part of every key.
    fn name(&self) -> &str;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Asks once, without retries, and returns the body of the answer as it came.
    ///
    /// # Errors
    ///
    /// A [`CallError`] whose [`Fault`](crate::Fault) says whether asking again may help.
    fn send(&self, request: &Request) -> Result<String, CallError>;

    /// Asks several questions at once, as [`Model::send`] asks one. A model in this process reads what they share only once.
    ///
    /// What comes back may differ in its last digits from what each question alone would give; the same questions together
    /// always give the same. They are logged together, so that a run that was killed repeats all of them or none.
    fn send_together(&self, requests: &[&Request]) -> Vec<Result<String, CallError>> {
        requests.iter().map(|request| self.send(request)).collect()
    }

    /// The tokens that it may write beyond those of an answer of that kind, such as those it writes for itself before it. What it does not
    /// need costs nothing. Not part of any key: it only changes where an answer is cut off.
    fn token_budget(&self, _: &Want) -> u32 {
        0
    }

    /// Names of parameters that it is asked without.
    fn left_out(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Those of them that it has refused itself: kept in the call log, for later runs.
    fn refused(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Leaves out what earlier runs have seen it refuse.
    fn leave_out(&self, _: &[String]) {}

    /// What its user should know of how it was asked, one sentence each.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }

    /// Its batches, where its provider has them.
    fn batch(&self) -> Option<&dyn Batch> {
        None
    }

    /// Reads the body of an answer to that request.
    ///
    /// # Errors
    ///
    /// When it is not a valid answer: cut off, an error in disguise, withheld by a filter.
    fn read(&self, request: &Request, body: &str) -> Result<Answer, CallError>;

    /// About how many tokens a text has: four ASCII characters or one other character each, unless the model knows better.
    fn count_tokens(&self, text: &str) -> u64 {
        let ascii = text.bytes().filter(u8::is_ascii).count() as u64;
        ascii.div_ceil(4) + (text.chars().count() as u64 - ascii)
    }
}

impl Request {
    /// About how many tokens the model will read.
    pub fn input_tokens(&self, model: &dyn Model) -> u64 {
        // Every turn has a few additional tokens around it.
        if let Want::LogProbs { tokens, .. } = &self.want {
            return tokens.len() as u64;
        }
        self.messages.iter().map(|turn| model.count_tokens(&turn.content) + 4).sum()
    }

    /// The most tokens that the model may write, its own included.
    pub fn most_output_tokens(&self, model: &dyn Model) -> u64 {
        u64::from(self.max_tokens) + u64::from(model.token_budget(&self.want))
    }
}
