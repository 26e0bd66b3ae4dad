//! OpenAI's chat completions, which most servers speak.

use serde_json::{Value, json};

use super::dialect::{Dialect, tokens};
use super::echo;
use super::left_out::{Change, Optional};
use super::next::next_of;
use crate::contract::Capabilities;
use crate::error::{CallError, Fault, Remedy};
use crate::question::{Answer, Enforce, Finish, Request, Usage, Want};
use crate::reasoning::Effort;

pub(super) struct OpenAi {
    /// OpenAI itself (and Azure): newer models know only the newer name of the token limit.
    pub(super) strict: bool,
    /// The model reasons first.
    pub(super) reasons: bool,
    /// A self-hosted server, whose chat templates have a separate switch for reasoning.
    pub(super) own: bool,
}

/// As many alternatives of a token as most servers allow.
const ALTERNATIVES: u32 = 20;

/// A limit of one token, where a server wants sixteen.
const LEAST: Optional = Optional {
    name: "limits below 16 tokens",
    at: "/max_tokens",
    words: &["max_tokens", "max_output_tokens", "max_completion_tokens", "max_new_tokens"],
    also: &["minimum", "at least", ">= 16", "greater than", "below"],
    change: Change::AtLeast(16),
    for_all: true,
};

impl Dialect for OpenAi {
    fn capabilities(&self) -> Capabilities {
        Capabilities { next: true, reasons: self.reasons, score: !self.strict, together: false }
    }

    fn reason(&self, _: &str, body: &mut Value, effort: Effort) -> bool {
        body["reasoning_effort"] = effort.as_str().into();
        if self.own && effort == Effort::None {
            body["chat_template_kwargs"] = json!({"enable_thinking": false});
        }
        true
    }

    fn optional(&self) -> &'static [Optional] {
        const {
            &[
                Optional::parameter("temperature", "/temperature", &["temperature"]),
                Optional::parameter("seed", "/seed", &["seed"]),
                Optional {
                    name: "20 alternatives of a token",
                    at: "/top_logprobs",
                    words: &["logprobs", "top_logprobs"],
                    also: &["max", "greater", "at most", "less than", "between", "exceed"],
                    change: Change::AtMost(5),
                    for_all: true,
                },
                Optional {
                    name: "system role",
                    at: "/messages",
                    words: &["system", "System", "roles", "role"],
                    also: &[
                        "system role",
                        "role system",
                        "'system'",
                        "roles must alternate",
                        "role: system",
                        "system message",
                    ],
                    change: Change::SystemIntoUser,
                    for_all: true,
                },
                LEAST,
                Optional { at: "/max_completion_tokens", ..LEAST },
                Optional {
                    name: "limits in schemas",
                    at: "/response_format/json_schema/schema",
                    words: &["schema", "response_format", "minimum", "maximum"],
                    also: &["minimum", "maximum", "maxitems", "minitems"],
                    change: Change::WithoutLimits,
                    for_all: true,
                },
                Optional {
                    name: "JSON schemas",
                    at: "/response_format/type",
                    words: &["response_format", "json_schema", "schema"],
                    also: &[],
                    change: Change::ObjectForSchema,
                    for_all: true,
                },
                Optional::parameter("JSON mode", "/response_format", &["response_format", "json_object"]),
            ]
        }
    }

    fn write(&self, model: &str, request: &Request, token_budget: u32) -> Value {
        if let Want::LogProbs { tokens, .. } = &request.want {
            return echo::write(model, tokens);
        }
        let messages: Vec<Value> = request
            .messages
            .iter()
            .map(|turn| json!({"role": turn.role.as_str(), "content": turn.content}))
            .collect();
        if request.want == Want::Score {
            return json!({"model": model, "messages": messages, "add_generation_prompt": false});
        }
        let limit = if self.strict { "max_completion_tokens" } else { "max_tokens" };
        let mut body = json!({"model": model, "messages": messages, "temperature": request.temperature});
        body[limit] = (request.max_tokens + token_budget).into();
        if let Some(seed) = request.seed {
            body["seed"] = seed.into();
        }
        match &request.want {
            Want::Text | Want::Score | Want::LogProbs { .. } => {}
            Want::Json(schema) => match schema.enforce {
                Enforce::Schema => {
                    body["response_format"] = json!({
                        "type": "json_schema",
                        "json_schema": {"name": schema.name, "schema": schema.schema, "strict": true},
                    });
                }
                Enforce::Object => body["response_format"] = json!({"type": "json_object"}),
                Enforce::Nothing => {}
            },
            Want::Next(_) => {
                body["logprobs"] = true.into();
                body["top_logprobs"] = ALTERNATIVES.into();
            }
        }
        body
    }

    fn read(&self, request: &Request, body: &Value) -> Result<Answer, CallError> {
        if request.want == Want::Score {
            return score(body);
        }
        if let Want::LogProbs { tokens, from } = &request.want {
            return echo::read(body, tokens.len(), *from);
        }
        let choice = body
            .pointer("/choices/0")
            .ok_or_else(|| CallError::new(Fault::Body, "the answer has no choices"))?;
        // Gateways pass on what failed behind them.
        if let Some(error) = choice.get("error").filter(|error| !error.is_null()) {
            let said = error.get("message").and_then(Value::as_str).unwrap_or("no reason");
            return Err(CallError::new(Fault::Server, format!("the provider behind it failed: {said}")));
        }
        let refusal = choice.pointer("/message/refusal").and_then(Value::as_str);
        let text = choice
            .pointer("/message/content")
            .and_then(written)
            .filter(|text| !text.trim().is_empty())
            .or_else(|| called(choice))
            .or(refusal.map(str::to_owned));
        let reason = choice.get("finish_reason").and_then(Value::as_str).unwrap_or("stop");
        let finish = finish(reason, refusal.is_some())?;
        let next = match &request.want {
            Want::Next(continuations) => {
                let alternatives = self.alternatives(body).ok_or_else(|| {
                    CallError::new(Fault::NoProbabilities, "the answer contains no token probabilities")
                        .remedy(Remedy::NotTold)
                })?;
                next_of(continuations, &alternatives)?
            }
            Want::Text | Want::Json(_) | Want::Score | Want::LogProbs { .. } => Vec::new(),
        };
        let usage = Usage {
            input: tokens(body, "/usage/prompt_tokens"),
            cached: tokens(body, "/usage/prompt_tokens_details/cached_tokens"),
            stored: tokens(body, "/usage/prompt_tokens_details/cache_write_tokens"),
            output: tokens(body, "/usage/completion_tokens"),
        };
        let text = text.unwrap_or_default();
        // A server that loads its model answers before it has read anything.
        if text.is_empty()
            && usage.input == 0
            && usage.output == 0
            && body.pointer("/usage/prompt_tokens").is_some()
        {
            return Err(CallError::new(
                Fault::Overloaded,
                "the answer is empty and no tokens were counted: is the model still loading?",
            ));
        }
        Ok(Answer { text, finish, next, usage })
    }

    fn alternatives(&self, body: &Value) -> Option<Vec<(String, f64)>> {
        let top = body.pointer("/choices/0/logprobs/content/0/top_logprobs")?.as_array()?;
        let told = top.iter().filter_map(|token| {
            let ln = token.get("logprob")?.as_f64().unwrap_or(f64::NEG_INFINITY);
            Some((token.get("token")?.as_str()?.to_owned(), ln))
        });
        Some(told.collect()).filter(|_| !top.is_empty())
    }

    fn fault(&self, status: u16, body: &Value) -> Option<Fault> {
        let error = body.get("error").filter(|error| !error.is_null())?;
        let field = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
        Some(match (field("code"), field("type"), field("param")) {
            ("insufficient_quota" | "billing_hard_limit_reached" | "billing_not_active", ..)
            | (_, "insufficient_quota", _) => Fault::Quota,
            ("rate_limit_exceeded", ..) => Fault::RateLimited,
            ("invalid_api_key", ..) | (_, "authentication_error", _) => Fault::Key,
            ("model_not_found", ..) => Fault::NoModel,
            ("content_filter" | "content_policy_violation", ..) => Fault::Filtered,
            ("context_length_exceeded" | "string_above_max_length", ..) => Fault::Request,
            (.., "logprobs" | "top_logprobs" | "response_format" | "reasoning_effort") if status == 400 => {
                Fault::Unsupported
            }
            // An error in a body that came with success.
            _ if status == 200 => Fault::Server,
            // Reasoning that used up all tokens may come as an error, too.
            _ if status == 400 && field("message").contains("output limit was reached") => Fault::NoRoom,
            _ if matches!(status, 400 | 422)
                && ["reasoning", "thinking"].iter().any(|word| field("message").contains(word)) =>
            {
                Fault::Unsupported
            }
            // Models that reason refuse probabilities as if a permission was missing, without a code.
            _ if matches!(status, 400 | 403) && field("message").contains("logprobs") => Fault::Unsupported,
            _ => return None,
        })
    }
}

/// What an answer says: its text, or the texts among its parts, without those of reasoning.
fn written(content: &Value) -> Option<String> {
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let text = |part: &Value| {
                let kind = part.get("type").and_then(Value::as_str);
                let own = kind.is_none_or(|kind| kind == "text" || kind == "output_text");
                part.get("text").and_then(Value::as_str).filter(|_| own).map(str::to_owned)
            };
            Some(parts.iter().filter_map(text).collect())
        }
        _ => None,
    }
}

/// The arguments of the only call of a tool: gateways ask for JSON in this way.
fn called(choice: &Value) -> Option<String> {
    let calls = choice.pointer("/message/tool_calls")?.as_array()?;
    let [call] = calls.as_slice() else { return None };
    let arguments = call.pointer("/function/arguments")?.as_str()?;
    serde_json::from_str::<Value>(arguments).ok()?.is_object().then(|| arguments.to_owned())
}

/// How many numbers there are where one score of a conversation, or one of each token or step, belongs.
fn many(data: &Value) -> usize {
    match data {
        Value::Array(items) if items.iter().all(Value::is_array) && !items.is_empty() => {
            items.iter().map(many).max().unwrap_or(0)
        }
        Value::Array(items) => items.len(),
        _ => 1,
    }
}

/// The score of the whole conversation: the only number, or the last of those for each token or step.
fn last_number(value: &Value) -> Option<f64> {
    match value {
        Value::Array(items) => last_number(items.last()?),
        other => other.as_f64(),
    }
}

/// The answer of a reward model: one number.
fn score(body: &Value) -> Result<Answer, CallError> {
    let data = body.pointer("/data/0/data");
    let none = |what: String| {
        CallError::new(Fault::Unsupported, what)
            .remedy("is this a reward model? vLLM serves one with --runner pooling")
    };
    let numbers = data.map_or(0, many);
    if numbers > 1 {
        return Err(none(format!(
            "the answer contains {numbers} numbers instead of one score: is it an embedding?"
        )));
    }
    let data = data.filter(|_| numbers > 0).ok_or_else(|| none("the answer contains no score".to_owned()))?;
    // One that is not a number is lost; others may be valid.
    let score = last_number(data)
        .ok_or_else(|| CallError::new(Fault::Request, "the score is not a number (NaN or null)"))?;
    let input = tokens(body, "/usage/prompt_tokens");
    Ok(Answer { text: score.to_string(), usage: Usage { input, ..Usage::default() }, ..Answer::default() })
}

/// How an answer ended, by the reason that the server gives.
fn finish(reason: &str, refused: bool) -> Result<Finish, CallError> {
    match reason {
        "content_filter" => Err(CallError::new(Fault::Filtered, "the provider's filter withheld the answer")),
        "error" | "network_error" | "insufficient_system_resource" | "abort" | "aborted" | "failed" => {
            Err(CallError::new(Fault::Server, format!("the answer broke off: {reason}")))
        }
        _ if refused => Ok(Finish::Refused),
        "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" | "tool_calls" | "function_call" | "" => {
            Ok(Finish::Stop)
        }
        // For an unknown reason, it is not certain that the answer is complete.
        _ => Ok(Finish::Length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::Schema;
    use predilect_types::Message;

    const OPENAI: OpenAi = OpenAi { strict: true, reasons: false, own: false };
    const SERVER: OpenAi = OpenAi { strict: false, reasons: false, own: true };

    fn request(want: Want) -> Request {
        Request { messages: vec![Message::user("q")], want, max_tokens: 1, temperature: 0.0, seed: Some(3) }
    }

    #[test]
    fn a_question_is_written_in_the_words_of_the_protocol() {
        let next = request(Want::Next(vec!["A".to_owned()]));
        let body = OPENAI.write("m", &next, 0);
        assert_eq!(
            body,
            json!({"model": "m", "messages": [{"role": "user", "content": "q"}], "temperature": 0.0, "seed": 3,
                   "max_completion_tokens": 1, "logprobs": true, "top_logprobs": 20})
        );
        let schema =
            Schema { name: "s".to_owned(), schema: json!({"type": "object"}), enforce: Enforce::Schema };
        let body = SERVER.write("m", &request(Want::Json(schema)), 100);
        assert_eq!(body["response_format"]["json_schema"]["strict"], true);
        assert_eq!(body["max_tokens"], 101);
    }

    #[test]
    fn an_answer_gives_text_probabilities_and_tokens() {
        let body = json!({"choices": [{"message": {"content": "A"}, "finish_reason": "length",
            "logprobs": {"content": [{"token": "A", "logprob": -0.1, "top_logprobs": [
                {"token": "A", "logprob": -0.1}, {"token": " B", "logprob": -2.5}]}]}}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3}}});
        let want = Want::Next(vec!["A".to_owned(), "B".to_owned()]);
        let answer = OPENAI.read(&request(want.clone()), &body).unwrap();
        assert!(
            (answer.next[0].unwrap() + 0.1).abs() < 1e-12 && (answer.next[1].unwrap() + 2.5).abs() < 1e-12
        );
        assert_eq!(
            (answer.finish, answer.usage),
            (Finish::Length, Usage { input: 9, cached: 4, stored: 3, output: 1 })
        );
        let without = json!({"choices": [{"message": {"content": "A"}, "logprobs": null}]});
        let error = OPENAI.read(&request(want), &without).unwrap_err();
        assert_eq!(error.fault, Fault::NoProbabilities);
        let failed =
            json!({"choices": [{"error": {"code": 502, "message": "behind"}, "finish_reason": "error"}]});
        assert_eq!(OPENAI.read(&request(Want::Text), &failed).unwrap_err().fault, Fault::Server);
    }

    #[test]
    fn an_effort_is_said_in_the_words_of_the_server() {
        let said = |model: &OpenAi, effort| {
            let mut body = json!({});
            assert!(model.reason("m", &mut body, effort));
            body
        };
        assert_eq!(said(&OPENAI, Effort::None), json!({"reasoning_effort": "none"}));
        assert_eq!(said(&SERVER, Effort::Low), json!({"reasoning_effort": "low"}));
        assert_eq!(said(&SERVER, Effort::None)["chat_template_kwargs"], json!({"enable_thinking": false}));
    }

    #[test]
    fn a_reward_model_gives_the_last_score() {
        let asked = request(Want::Score);
        let model = SERVER;
        let body = model.write("m", &asked, 100);
        assert_eq!((body["add_generation_prompt"].as_bool(), body.get("temperature")), (Some(false), None));
        let read = |data: Value| model.read(&asked, &json!({"data": [{"data": data}]})).map(|a| a.text);
        assert_eq!(read(json!([-1.25])).unwrap(), "-1.25");
        assert_eq!(read(json!([[0.5], [2.0]])).unwrap(), "2");
        assert_eq!(read(json!([])).unwrap_err().fault, Fault::Unsupported);
        assert_eq!(
            read(json!([0.5, 2.0, 1.0])).unwrap_err().message,
            "the answer contains 3 numbers instead of one score: is it an embedding?"
        );
        assert!(!OPENAI.capabilities().score && model.capabilities().score);
    }

    #[test]
    fn errors_are_told_by_their_codes() {
        let of = |status, error: Value| OPENAI.fault(status, &json!({ "error": error }));
        assert_eq!(of(429, json!({"code": "insufficient_quota"})), Some(Fault::Quota));
        assert_eq!(of(429, json!({"type": "requests"})), None);
        assert_eq!(of(400, json!({"param": "logprobs"})), Some(Fault::Unsupported));
        let forbidden = json!({"message": "You are not allowed to request logprobs from this model"});
        assert_eq!(of(403, forbidden), Some(Fault::Unsupported));
        let full = "Could not finish the message because max_tokens or model output limit was reached.";
        assert_eq!(of(400, json!({"message": full})), Some(Fault::NoRoom));
        assert_eq!(of(400, json!({"param": "reasoning_effort"})), Some(Fault::Unsupported));
        assert_eq!(of(404, json!({"code": "model_not_found"})), Some(Fault::NoModel));
        assert_eq!(of(200, json!({"message": "x"})), Some(Fault::Server));
        assert_eq!(of(200, Value::Null), None);
    }
}
