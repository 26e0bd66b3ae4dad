//! Chat templates: Jinja programs from model files, filled in as Hugging Face's transformers fills them in.
//!
//! They come from strangers. Rendering has a budget of steps and bytes, and a template cannot reach anything outside.

use super::error::TokensError;
use super::message::Message;
use super::python;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Output, State, Value, context};
use std::collections::BTreeMap;

/// Steps that any conversation may take, and for each of its messages; templates in use take some hundreds for a message.
///
/// A step is an instruction, or 64 bytes written or read. The limit is small, so that what a template nests can be dropped on the stack of
/// any thread.
const STEPS: u64 = 100_000;
const STEPS_FOR_A_MESSAGE: u64 = 5_000;
/// The longest templates in use have some tens of thousands of bytes.
const LONGEST: usize = 1 << 20;
/// Bytes of the stack on which templates are filled in; only what is used of them is ever real.
const STACK: usize = 256 << 20;

/// A model's chat template and the names of its special tokens.
pub(super) struct Template {
    /// Or why the template cannot be read, which is reported only when it is needed.
    program: Result<Environment<'static>, String>,
    source: String,
    names: Value,
}

/// A refusal in the template's own words, behind the error of the engine.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refusal(String);

impl Template {
    /// `names`: the values of the template's variables for special tokens, such as `bos_token`.
    pub(super) fn new(source: &str, names: Vec<(String, String)>) -> Self {
        Self {
            program: program(source),
            source: source.to_owned(),
            names: names.into_iter().collect::<BTreeMap<_, _>>().into(),
        }
    }

    /// As the model has it.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The conversation as text; `open`: ending where the model's answer begins.
    pub(super) fn render(&self, messages: &[Message], open: bool) -> Result<String, TokensError> {
        let result = self.fill(messages, open);
        let (Err(TokensError::Refused(why)), [system, user, rest @ ..]) = (&result, messages) else {
            return result;
        };
        if system.role != "system" || user.role != "user" {
            return result;
        }
        let content = format!("{}\n\n{}", system.content, user.content);
        let mut merged = vec![Message { role: user.role, content: &content }];
        merged.extend_from_slice(rest);
        if self.fill(&merged, open).is_ok() { Err(TokensError::SystemRefused(why.clone())) } else { result }
    }

    /// Fills the template in, on a separate stack, where what an untrusted template nests must be dropped too.
    fn fill(&self, messages: &[Message], open: bool) -> Result<String, TokensError> {
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(STACK);
            let filled = thread.spawn_scoped(scope, || self.filled(messages, open));
            let failed = |what: &str| Err(TokensError::Render(what.to_owned()));
            match filled.map(std::thread::ScopedJoinHandle::join) {
                Ok(Ok(done)) => done,
                Ok(Err(_)) => failed("its program is at odds with itself"),
                Err(error) => failed(&format!("no thread could be started: {error}")),
            }
        })
    }

    fn filled(&self, messages: &[Message], open: bool) -> Result<String, TokensError> {
        let mut program = self.program.clone().map_err(TokensError::Template)?;
        // Texts may be read or copied 64 times.
        let bytes: usize = messages.iter().map(|turn| turn.role.len() + turn.content.len()).sum();
        program.set_fuel(Some(STEPS + STEPS_FOR_A_MESSAGE * messages.len() as u64 + bytes as u64));
        let turns: Vec<Value> =
            messages.iter().map(|turn| context! { role => turn.role, content => turn.content }).collect();
        let conversation = context! {
            messages => turns,
            // Given as empty: templates distinguish undefined from empty.
            tools => (),
            documents => (),
            add_generation_prompt => open,
        };
        let names = self.names.clone();
        let filled =
            program.get_template("chat").and_then(|chat| chat.render(context! { ..conversation, ..names }));
        filled.map_err(|error| said(&error))
    }
}

/// What an error of the engine means.
fn said(error: &Error) -> TokensError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(one) = cause {
        if let Some(Refusal(words)) = one.downcast_ref() {
            return TokensError::Refused(words.clone());
        }
        if one.downcast_ref::<Error>().is_some_and(|e| e.kind() == ErrorKind::OutOfFuel) {
            return TokensError::Endless;
        }
        cause = one.source();
    }
    TokensError::Render(format!("{error:#}"))
}

fn program(source: &str) -> Result<Environment<'static>, String> {
    if source.len() > LONGEST {
        return Err(format!("it has {} bytes", source.len()));
    }
    let mut program = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    program.set_syntax(syntax.map_err(|error| error.to_string())?);
    program.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    program.set_formatter(write_value);
    program.add_filter("tojson", python::to_json);
    program.add_test("iterable", |value: &Value| value.kind() != ValueKind::None && value.try_iter().is_ok());
    program.add_function("strftime_now", |format: &str| python::date(format));
    program.add_function("raise_exception", |words: String| -> Result<Value, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, words.clone()).with_source(Refusal(words)))
    });
    program.add_template_owned("chat", without_generation(source)).map_err(|error| format!("{error:#}"))?;
    Ok(program)
}

/// Values as Python writes them.
fn write_value(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::None => out.write_str("None").map_err(Error::from),
        ValueKind::Bool => out.write_str(if value.is_true() { "True" } else { "False" }).map_err(Error::from),
        _ => minijinja::escape_formatter(out, state, value),
    }
}

/// The template with the marks of transformers around what the model says (`{% generation %}`) turned into blocks without effect.
fn without_generation(source: &str) -> String {
    let mut made = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find("{%") {
        let Some(length) = rest[at..].find("%}") else { break };
        let tag = &rest[at..at + length];
        made.push_str(&rest[..at]);
        let word = tag[2..].trim_matches(|c: char| c == '-' || c == '+' || c.is_whitespace());
        match word {
            "generation" => made.push_str(&tag.replacen("generation", "with", 1)),
            "endgeneration" => made.push_str(&tag.replacen("endgeneration", "endwith", 1)),
            _ => {
                // Only the beginning is taken: what looks like an end can be in a string of the tag.
                made.push_str("{%");
                rest = &rest[at + 2..];
                continue;
            }
        }
        rest = &rest[at + length..];
    }
    made.push_str(rest);
    made
}
