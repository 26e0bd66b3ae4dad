//! What does a call cost? A dated table of list prices that users can override.

use std::path::Path;

use predilect_types::{Failure, Subject, parsed};
use serde::Deserialize;

use crate::question::Usage;

/// Prices of one model, in US dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Price {
    /// Tokens read.
    pub input: f64,
    /// Tokens read that the provider still knew; without it they cost as others.
    pub cached: Option<f64>,
    /// Tokens read that the provider stores for later calls without being asked; without it they cost as others.
    pub stored: Option<f64>,
    /// Tokens written.
    pub output: f64,
}

impl Price {
    /// What the same tokens cost in a batch, at OpenAI and Anthropic alike.
    #[must_use]
    pub fn in_batch(self) -> Self {
        let half = |price: f64| 0.5 * price;
        Self {
            input: half(self.input),
            cached: self.cached.map(half),
            stored: self.stored.map(half),
            output: half(self.output),
        }
    }

    /// The price of a call in US dollars.
    pub fn of(&self, usage: Usage) -> f64 {
        let cached = usage.cached.min(usage.input);
        let stored = usage.stored.min(usage.input - cached);
        let fresh = (usage.input - cached - stored) as f64 * self.input;
        let known = cached as f64 * self.cached.unwrap_or(self.input);
        let kept = stored as f64 * self.stored.unwrap_or(self.input);
        (fresh + known + kept + usage.output as f64 * self.output) / 1e6
    }
}

/// A table of prices.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Prices {
    /// The day on which they were looked up, `YYYY-MM-DD`.
    pub date: String,
    /// By model, as users name it.
    #[serde(default)]
    price: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Row {
    model: String,
    #[serde(flatten)]
    price: Price,
}

/// A table that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct PriceError {
    path: String,
    problem: String,
}

impl Failure for PriceError {
    fn remedy_key(&self) -> Option<&'static str> {
        Some("write-prices")
    }

    fn subject(&self) -> Subject {
        Subject::file(self.path.as_str())
    }
}

impl Prices {
    /// The table that comes with the program.
    ///
    /// # Panics
    ///
    /// Never: a test reads it.
    pub fn builtin() -> Self {
        toml::from_str(include_str!("prices.toml")).expect("the table of prices is valid")
    }

    /// Reads a table of the user's, which takes precedence over the program's own.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or a price is negative or not a number.
    pub fn with(mut self, path: &Path) -> Result<Self, PriceError> {
        let fail = |problem: String| PriceError { path: path.display().to_string(), problem };
        let text = std::fs::read_to_string(path).map_err(|e| fail(e.to_string()))?;
        let own: Self = toml::from_str(&text).map_err(|e| {
            let line = e.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let said = parsed::plain(e.message());
            fail(line.map_or_else(|| said.clone(), |line| format!("line {line}: {said}")))
        })?;
        let all = |p: &Price| {
            [Some(p.input), p.cached, p.stored, Some(p.output)].into_iter().flatten().all(|x| x >= 0.0)
        };
        if let Some(row) = own.price.iter().find(|row| !all(&row.price)) {
            return Err(fail(format!("a price of {} is negative or not a number", row.model)));
        }
        self.date = own.date;
        self.price = own.price.into_iter().chain(self.price).collect();
        Ok(self)
    }

    /// The price of a model: its own row, else that of the undated name if it is a dated release (`NAME-2025-04-14`). A server on this
    /// machine costs nothing.
    pub fn find(&self, model: &str) -> Option<Price> {
        let exact = self.price.iter().find(|row| row.model == model);
        let dated = || {
            self.price.iter().find(|row| {
                let rest = model.strip_prefix(row.model.as_str()).and_then(|rest| rest.strip_prefix('-'));
                rest.is_some_and(|rest| {
                    rest.len() >= 8 && rest.bytes().all(|b| b.is_ascii_digit() || b == b'-')
                })
            })
        };
        let here =
            || {
                let host = model.strip_prefix("http://").unwrap_or_default();
                let local =
                    ["localhost", "127.", "[::1]", "0.0.0.0"].iter().any(|name| host.starts_with(name));
                (local || ["ollama:", "gguf:", "hf:"].iter().any(|own| model.starts_with(own)))
                    .then_some(Price { input: 0.0, cached: None, stored: None, output: 0.0 })
            };
        exact.or_else(dated).map(|row| row.price).or_else(here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_table_reads_and_dated_releases_cost_as_their_model() {
        let prices = Prices::builtin();
        assert_eq!(prices.date.len(), 10);
        let plain = prices.find("openai:gpt-4.1").unwrap();
        assert_eq!(prices.find("openai:gpt-4.1-2025-04-14"), Some(plain));
        assert_ne!(prices.find("openai:gpt-4.1-mini"), Some(plain));
        assert_eq!(prices.find("openai:gpt-4.1-else"), None);
        assert_eq!(prices.find("http://localhost:8000/v1#m").map(|p| p.input), Some(0.0));
        assert_eq!(prices.find("http://example.org/v1#m"), None);
    }

    #[test]
    fn cached_tokens_have_a_price_of_their_own() {
        let price = Price { input: 2.0, cached: Some(0.5), stored: Some(2.5), output: 8.0 };
        let usage = Usage { input: 1_000_000, cached: 400_000, stored: 200_000, output: 100_000 };
        assert!((price.of(usage) - (0.8 + 0.2 + 0.5 + 0.8)).abs() < 1e-12);
        assert!((price.in_batch().of(usage) - 1.15).abs() < 1e-12);
        // A provider that counts one token twice is not believed.
        assert!(price.of(Usage { input: 1, cached: 1, stored: 1, output: 0 }) <= 0.5e-6);
    }

    #[test]
    fn a_table_of_the_users_stands_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prices.toml");
        let table =
            "date = \"2026-01-02\"\n[[price]]\nmodel = \"openai:gpt-4.1\"\ninput = 1.0\noutput = 2.0\n";
        std::fs::write(&path, table).unwrap();
        let prices = Prices::builtin().with(&path).unwrap();
        assert_eq!(prices.find("openai:gpt-4.1").unwrap().output, 2.0);
        std::fs::write(&path, table.replace("1.0", "-1.0")).unwrap();
        assert!(Prices::builtin().with(&path).unwrap_err().to_string().contains("negative"));
        std::fs::write(&path, table.replace("1.0", "cheap")).unwrap();
        let broken = Prices::builtin().with(&path).unwrap_err().to_string();
        assert!(broken.contains("line 4"), "{broken}");
    }
}
