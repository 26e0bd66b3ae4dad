//! How probable a server finds a text: OpenAI's older completions, which return the prompt's log-probabilities with `echo`.

use serde_json::{Value, json};

use super::dialect::tokens;
use crate::error::{CallError, Fault};
use crate::question::{Answer, Usage};

/// What helps where a server does not say it.
pub(super) const SERVER: &str = "name a server whose /v1/completions takes `echo` with `logprobs`, such as vLLM's, or a model in this process";

/// The question. Tokens and not their text: another tokenizer run could cut it elsewhere. One token is written, since some servers take 0 for
/// no limit.
pub(super) fn write(model: &str, tokens: &[u32]) -> Value {
    json!({"model": model, "prompt": tokens, "max_tokens": 1, "temperature": 0.0, "echo": true, "logprobs": 1})
}

/// The sum over the tokens from one place on, of as many as were sent.
pub(super) fn read(body: &Value, count: usize, from: usize) -> Result<Answer, CallError> {
    let refused = |what: String| CallError::new(Fault::NoProbabilities, what).remedy(SERVER);
    let told = body
        .pointer("/choices/0/logprobs/token_logprobs")
        .and_then(Value::as_array)
        .ok_or_else(|| refused("the answer contains no log-probabilities of the text".to_owned()))?;
    // Those of the text and of the token that was written; servers that do not echo return the latter alone.
    if !(count..=count + 1).contains(&told.len()) {
        let told = told.len();
        return Err(refused(format!(
            "the answer contains log-probabilities of {told} tokens instead of the text's {count}"
        )));
    }
    let mut sum = 0.0;
    for (at, one) in told.iter().enumerate().take(count).skip(from) {
        let ln = one.as_f64().filter(|ln| ln.is_finite()).ok_or_else(|| {
            CallError::new(Fault::Request, format!("the log-probability of token {at} is not a number"))
        })?;
        // Rounding may leave a certain token a hair above 0; a probability or a score does not pass for a logarithm.
        if ln > 0.01 {
            let what = format!("the log-probability of token {at} is {ln}, and none is above 0");
            return Err(CallError::new(Fault::Request, what).remedy(SERVER));
        }
        sum += ln.min(0.0);
    }
    let usage = Usage {
        input: tokens(body, "/usage/prompt_tokens"),
        cached: tokens(body, "/usage/prompt_tokens_details/cached_tokens"),
        output: tokens(body, "/usage/completion_tokens"),
        ..Usage::default()
    };
    Ok(Answer { next: vec![Some(sum)], usage, ..Answer::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_over_the_tokens_from_a_place_on_without_the_one_that_was_written() {
        // As vLLM answers: nothing comes before the first token.
        let body = json!({"choices": [{"text": "abcd", "logprobs": {
            "tokens": ["a", "b", "c", "d"], "token_logprobs": [null, -1.0, -0.25, -9.0], "text_offset": [0, 1, 2, 3]}}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 1}});
        let answer = read(&body, 3, 1).unwrap();
        assert_eq!((answer.next, answer.usage.input), (vec![Some(-1.25)], 3));
        assert_eq!(read(&body, 3, 2).unwrap().next, [Some(-0.25)]);
        assert!(read(&body, 3, 0).unwrap_err().message.contains("token 0"));
        let told = read(&body, 8, 1).unwrap_err();
        assert!(told.fault == Fault::NoProbabilities && told.message.contains("4 tokens"), "{told}");
        assert!(read(&json!({"choices": [{"text": "x", "logprobs": null}]}), 3, 1).is_err());
        // A probability is no logarithm of one.
        let body = json!({"choices": [{"logprobs": {"token_logprobs": [null, -1.0, 0.25]}}]});
        assert!(read(&body, 3, 1).unwrap_err().message.contains("token 2 is 0.25"));
    }
}
