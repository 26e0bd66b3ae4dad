//! What a failed call means, said so that it can be mended and without the key.

use serde_json::Value;

use super::left_out::{Optional, refused_by};
use super::said::message;
use super::{HttpModel, SECRET, body};
use crate::error::{CallError, Fault, Remedy};

impl HttpModel {
    /// The parameter that a refusal is about, where it was sent and a call can do without it.
    pub(super) fn refused_parameter(
        &self,
        status: u16,
        error: &Value,
        sent: impl Fn(&Optional) -> bool,
    ) -> Option<&'static Optional> {
        matches!(status, 400 | 422).then(|| refused_by(error, self.dialect.optional(), sent))?
    }

    /// The model reasoned until no tokens were left to answer.
    pub(super) fn no_room(&self, said: &str) -> CallError {
        CallError::new(Fault::NoRoom, format!("{} had no tokens left for an answer: {said}", self.name))
            .remedy(Remedy::MoreRoom)
    }

    /// A call to an address without a complete answer.
    pub(super) fn broken(&self, url: &str, error: &ureq::Error) -> CallError {
        use std::io::ErrorKind;
        let fault = match error {
            ureq::Error::Timeout(_) => Fault::Timeout,
            ureq::Error::Io(e) if matches!(e.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
                Fault::Timeout
            }
            ureq::Error::Io(e)
                if matches!(
                    e.kind(),
                    ErrorKind::ConnectionRefused
                        | ErrorKind::NetworkUnreachable
                        | ErrorKind::HostUnreachable
                        | ErrorKind::AddrNotAvailable
                ) =>
            {
                Fault::Unreachable
            }
            ureq::Error::ConnectionFailed => Fault::Unreachable,
            ureq::Error::BadUri(_) | ureq::Error::HostNotFound => Fault::NoModel,
            ureq::Error::BodyExceedsLimit(_) => Fault::Body,
            _ => Fault::Connection,
        };
        let why = match &error {
            ureq::Error::Io(e) => e.to_string(),
            other => other.to_string(),
        };
        let error = CallError::new(fault, self.clean(&format!("{}: no answer from {url}: {why}", self.name)));
        match fault {
            Fault::NoModel => error.remedy("check the address"),
            Fault::Connection | Fault::Unreachable => {
                error.remedy("check that the server runs and can be reached")
            }
            _ => error,
        }
    }

    /// An answer with another status than success.
    pub(super) fn refusal(&self, status: u16, body: &str) -> CallError {
        let json = body::json(body).unwrap_or(Value::Null);
        // What such a body says with status 200 is known already.
        let told = self.dialect.fault(status, &json).filter(|fault| *fault != Fault::Server || status >= 500);
        let fault = told.unwrap_or(match status {
            401 | 403 => Fault::Key,
            402 => Fault::Quota,
            300..=399 | 404 => Fault::NoModel,
            429 => Fault::RateLimited,
            503 | 529 => Fault::Overloaded,
            408 | 409 | 425 | 500.. => Fault::Server,
            _ => Fault::Request,
        });
        let said = body::web_page(body).unwrap_or_else(|| message(&json, body));
        self.fault(fault, Some(status), &said)
    }

    /// A failure of that kind, with what helps.
    pub(super) fn fault(&self, fault: Fault, status: Option<u16>, said: &str) -> CallError {
        if fault == Fault::NoRoom {
            return self.no_room(&self.clean(said));
        }
        let with = status.map_or_else(String::new, |status| format!("status {status}: "));
        let error = CallError::new(fault, self.clean(&format!("{}: {with}{said}", self.name)));
        let status = status.unwrap_or(200);
        let about = |words: &[&str]| words.iter().any(|word| said.contains(word));
        match fault {
            Fault::NoModel if (300..400).contains(&status) => error.remedy(
                "the address redirects elsewhere: give the address it redirects to; no key is sent there",
            ),
            Fault::Key => match (self.secret.is_some(), self.variable) {
                (true, variable) => error.remedy(format!("check the key in the environment variable {variable}")),
                (false, "") => error.remedy(
                    "Ollama takes no key; for a server that wants one, give its address as the model (http://HOST:PORT/v1#MODEL) \
                     and its key in the environment variable PREDILECT_API_KEY",
                ),
                (false, variable) => {
                    error.remedy(format!("the server wants a key: set it in the environment variable {variable}"))
                }
            },
            Fault::Quota => error.remedy("check the balance and limits of the account"),
            Fault::NoModel => error.remedy("check the model's name and the address"),
            Fault::Unsupported if about(&["response_format", "schema"]) => error.remedy(Remedy::LooserForm),
            Fault::Unsupported if about(&["reasoning", "hinking", "effort"]) => {
                error.remedy(Remedy::OtherReasoning)
            }
            Fault::Unsupported => error.remedy(Remedy::WriteInstead),
            _ if about(&["response_format", "schema"]) => error.remedy(Remedy::LooserForm),
            _ => error,
        }
    }

    /// A body without the key. A dummy such as `x` or `token` is not a secret, and would match text that is not a key.
    pub(super) fn received(&self, text: String) -> String {
        let real = self.secret.as_ref().is_some_and(|secret| secret.len() >= SECRET);
        if real { self.without_key(&text) } else { text }
    }

    /// A text without the key, which a server may echo: bodies are logged, and logs are shared.
    fn without_key(&self, text: &str) -> String {
        match self.secret.as_ref().filter(|secret| !secret.is_empty()) {
            Some(secret) => without(text, secret),
            None => text.to_owned(),
        }
    }

    /// A failure whose message came from outside.
    pub(super) fn cleaned(&self, mut error: CallError) -> CallError {
        error.message = self.clean(&error.message);
        error
    }

    /// A message without the key, on one line, of bearable length.
    pub(super) fn clean(&self, text: &str) -> String {
        let text = self.without_key(text);
        let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if line.chars().count() > 500 { line.chars().take(500).chain("...".chars()).collect() } else { line }
    }
}

/// A text without a secret, as it is or with some of its characters escaped as JSON allows, once or within a string of JSON.
fn without(text: &str, secret: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(behind) = after(rest, secret) {
            out.push_str("[key]");
            rest = behind;
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// What comes behind the secret that a text begins with.
fn after<'t>(text: &'t str, secret: &str) -> Option<&'t str> {
    secret.chars().try_fold(text, |rest, wanted| {
        if let Some(behind) = rest.strip_prefix(wanted).filter(|_| wanted != '\\') {
            return Some(behind);
        }
        let bare = rest.trim_start_matches('\\');
        if bare.len() == rest.len() {
            return None;
        }
        // A backslash of the secret itself is one of those that were taken away.
        let unicode = || {
            let digits = bare.strip_prefix('u')?.get(..4)?;
            (u32::from_str_radix(digits, 16).ok()? == u32::from(wanted)).then(|| &bare[5..])
        };
        unicode().or_else(|| if wanted == '\\' { Some(bare) } else { bare.strip_prefix(wanted) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_however_it_is_escaped() {
        let secret = "sk-a/b\"c\\d+42=";
        for echoed in [
            secret.to_owned(),
            serde_json::to_string(secret).expect("a string"),
            serde_json::to_string(&serde_json::to_string(secret).expect("a string")).expect("a string"),
            "sk-a\\/b\\u0022c\\\\d+42=".to_owned(),
            "\\u0073k-a/b\\\"c\\u005cd\\u002B42=".to_owned(),
        ] {
            let said = without(&format!("Bearer {echoed} is wrong"), secret);
            assert!(said.contains("[key]") && !said.contains("42="), "{echoed}: {said}");
        }
        assert_eq!(without("\\ sk-a \\u12", secret), "\\ sk-a \\u12");
        assert_eq!(without("keykey", "key"), "[key][key]");
    }
}
