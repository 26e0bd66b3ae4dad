//! What the data look like: counts, shares and lengths, gathered pair by pair.

use std::collections::{BTreeMap, HashMap, HashSet};

use predilect_types::hash::fixed;
use predilect_types::{Pair, Role, TieKind, Verdict};

use crate::result::{DataSummary, JudgeSummary, LengthSummary, ModelSummary};

/// Gathers a [`DataSummary`] from a stream of pairs and then their verdicts.
#[derive(Debug, Clone, Default)]
pub struct SummaryBuilder {
    prompts: HashSet<u64>,
    pairs: u64,
    identical: u64,
    without_text: u64,
    multi_turn: u64,
    models: Vec<ModelCount>,
    model_index: HashMap<String, usize>,
    languages: BTreeMap<String, u64>,
    scenarios: BTreeMap<String, u64>,
    words: Vec<(u32, u32)>,
    pair_models: Vec<(Option<usize>, Option<usize>)>,
    judges: BTreeMap<String, JudgeCount>,
}

#[derive(Debug, Clone, Default)]
struct ModelCount {
    name: String,
    responses: u64,
    side_a: u64,
    words: u64,
    wins: f64,
    judged: f64,
    /// Prompts and texts, as hashes: each text once for a prompt.
    answers: HashSet<(u64, u64)>,
}

impl ModelCount {
    /// Different prompts, and how many of them the commonest text answers.
    fn texts(&self) -> (u64, u64) {
        let prompts: HashSet<u64> = self.answers.iter().map(|(prompt, _)| *prompt).collect();
        let mut of_text: HashMap<u64, u64> = HashMap::new();
        for (_, text) in &self.answers {
            *of_text.entry(*text).or_default() += 1;
        }
        (prompts.len() as u64, of_text.into_values().max().unwrap_or(0))
    }
}

#[derive(Debug, Clone, Default)]
struct JudgeCount {
    summary: JudgeSummary,
    longer: u64,
    unequal: u64,
}

/// What the texts of a pair amount to, so that nobody needs them again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "facts that are independent of each other")]
pub struct Gist {
    /// The prompt, or the pair itself where it has none, as a number.
    pub cluster: u64,
    /// Whether there is a prompt.
    pub prompt: bool,
    /// Whether both responses are the same.
    pub identical: bool,
    /// Whether there is any response.
    pub text: bool,
    /// Whether the person speaks more than once.
    pub multi_turn: bool,
    /// The responses of A and B as numbers.
    pub responses: (u64, u64),
    /// Bytes of prompt and responses.
    pub size: u32,
}

impl Gist {
    /// Of a pair with its texts.
    pub fn of(pair: &Pair) -> Self {
        let prompt = pair.prompt_text();
        let (a, b) = (pair.response_a.text(), pair.response_b.text());
        let user_turns =
            pair.prompt.iter().chain(&pair.response_a.messages).filter(|m| m.role == Role::User).count();
        Self {
            // Pairs without any prompt are their own cluster.
            cluster: if prompt.is_empty() { fixed(&pair.id) } else { fixed(&prompt) },
            prompt: !pair.prompt.is_empty(),
            identical: pair.identical(),
            text: pair.has_text(),
            multi_turn: user_turns > 1,
            responses: (fixed(&a), fixed(&b)),
            size: u32::try_from(prompt.len() + a.len() + b.len()).unwrap_or(u32::MAX),
        }
    }
}

impl SummaryBuilder {
    /// Counts one pair, whose texts are not looked at; pairs are numbered in the order they come. `words` are those of response A and B.
    pub fn pair(&mut self, pair: &Pair, gist: &Gist, language: Option<&str>, words: (u32, u32)) {
        if gist.prompt {
            self.prompts.insert(gist.cluster);
        }
        self.pairs += 1;
        self.identical += u64::from(gist.identical);
        self.without_text += u64::from(!gist.text);
        self.multi_turn += u64::from(gist.multi_turn);
        *self.languages.entry(language.unwrap_or("unknown").to_owned()).or_default() += 1;
        if let Some(scenario) = &pair.scenario {
            *self.scenarios.entry(scenario.clone()).or_default() += 1;
        }
        let a = pair.response_a.model.as_deref().map(|m| self.count_model(m, true, words.0));
        let b = pair.response_b.model.as_deref().map(|m| self.count_model(m, false, words.1));
        if gist.text {
            for (at, response) in [(a, gist.responses.0), (b, gist.responses.1)] {
                if let Some(at) = at {
                    self.models[at].answers.insert((gist.cluster, response));
                }
            }
        }
        self.pair_models.push((a, b));
        self.words.push(words);
    }

    fn count_model(&mut self, name: &str, side_a: bool, words: u32) -> usize {
        let at = *self.model_index.entry(name.to_owned()).or_insert_with(|| {
            self.models.push(ModelCount { name: name.to_owned(), ..ModelCount::default() });
            self.models.len() - 1
        });
        let model = &mut self.models[at];
        model.responses += 1;
        model.side_a += u64::from(side_a);
        model.words += u64::from(words);
        at
    }

    /// Counts one verdict on the pair of that number; `fitted` is the value that the fits use, and what models win by.
    pub fn verdict(&mut self, pair: usize, verdict: &Verdict, fitted: f64) {
        let count = self.judges.entry(verdict.judge.clone()).or_default();
        let s = &mut count.summary;
        let p = verdict.p_a;
        s.verdicts += 1;
        *s.orders.entry(verdict.order.as_str().to_owned()).or_default() += 1;
        let tie = (p - 0.5).abs() < 1e-12;
        s.prefers_a += u64::from(!tie && p > 0.5);
        s.prefers_b += u64::from(!tie && p < 0.5);
        s.ties += u64::from(tie);
        s.both_bad += u64::from(verdict.tie == Some(TieKind::BothBad));
        s.soft += u64::from(!tie && p > 0.0 && p < 1.0);
        let (a, b) = self.words[pair];
        if !tie && a != b {
            count.unequal += 1;
            count.longer += u64::from((p > 0.5) == (a > b));
        }
        let (model_a, model_b) = self.pair_models[pair];
        for (model, share) in [(model_a, fitted), (model_b, 1.0 - fitted)] {
            if let Some(at) = model {
                self.models[at].wins += share * verdict.weight;
                self.models[at].judged += verdict.weight;
            }
        }
    }

    /// Adds what is known of how a judge was asked; nothing for a judge without verdicts.
    pub fn asked(&mut self, judge: &str, fill: impl FnOnce(&mut JudgeSummary)) {
        if let Some(count) = self.judges.get_mut(judge) {
            fill(&mut count.summary);
        }
    }

    /// The summary.
    pub fn finish(self) -> DataSummary {
        let mut judges: Vec<JudgeSummary> = self
            .judges
            .into_iter()
            .map(|(judge, count)| JudgeSummary {
                judge,
                prefers_longer: (count.unequal > 0).then(|| count.longer as f64 / count.unequal as f64),
                ..count.summary
            })
            .collect();
        judges.sort_by_key(|j| std::cmp::Reverse(j.verdicts));
        let mut models: Vec<ModelSummary> = self
            .models
            .into_iter()
            .map(|m| (m.texts(), m))
            .map(|((prompts, same_text), m)| ModelSummary {
                prompts,
                same_text,
                mean_words: m.words as f64 / m.responses as f64,
                win_rate: (m.judged > 0.0).then(|| m.wins / m.judged),
                model: m.name,
                responses: m.responses,
                side_a: m.side_a,
            })
            .collect();
        models.sort_by(|a, b| b.responses.cmp(&a.responses).then(a.model.cmp(&b.model)));
        DataSummary {
            slice: None,
            pairs: self.pairs,
            prompts: self.prompts.len() as u64,
            identical: self.identical,
            without_text: self.without_text,
            multi_turn: self.multi_turn,
            judges,
            agreements: Vec::new(),
            models,
            languages: by_count(self.languages),
            scenarios: by_count(self.scenarios),
            words_a: lengths(self.words.iter().map(|w| w.0)),
            words_b: lengths(self.words.iter().map(|w| w.1)),
        }
    }
}

fn by_count(counts: BTreeMap<String, u64>) -> Vec<(String, u64)> {
    let mut out: Vec<_> = counts.into_iter().collect();
    out.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    out
}

fn lengths(words: impl Iterator<Item = u32>) -> LengthSummary {
    let mut sorted: Vec<f64> = words.map(f64::from).collect();
    if sorted.is_empty() {
        return LengthSummary::default();
    }
    sorted.sort_by(f64::total_cmp);
    let quantile = |q| predilect_stats::posterior::sorted_quantile(&sorted, q);
    LengthSummary {
        mean: sorted.iter().sum::<f64>() / sorted.len() as f64,
        q05: quantile(0.05),
        q50: quantile(0.5),
        q95: quantile(0.95),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use predilect_types::{Message, Response};

    #[test]
    fn a_worked_example() {
        let pair = |a: &str, b: &str| Pair {
            prompt: vec![Message::user("hi")],
            response_a: Response::new("x", Some(a.to_owned())),
            response_b: Response::new("y", Some(b.to_owned())),
            ..Pair::default()
        };
        let mut s = SummaryBuilder::default();
        s.pair(&pair("m", "n"), &Gist::of(&pair("m", "n")), Some("en"), (10, 5));
        s.pair(&pair("n", "m"), &Gist::of(&pair("n", "m")), None, (7, 7));
        s.verdict(0, &Verdict::new("0", "j", 1.0), 1.0);
        s.verdict(1, &Verdict::tie("1", "j", TieKind::BothBad), 0.5);
        s.verdict(1, &Verdict::new("1", "j", 0.25), 0.25);
        let d = s.finish();
        assert_eq!((d.pairs, d.prompts, d.identical), (2, 1, 0));
        let j = &d.judges[0];
        assert_eq!((j.verdicts, j.prefers_a, j.prefers_b, j.ties, j.both_bad, j.soft), (3, 1, 1, 1, 1, 1));
        assert_eq!(j.prefers_longer, Some(1.0));
        let m = d.models.iter().find(|m| m.model == "m").unwrap();
        // 1 + 0.5 + 0.75 of 3.
        assert_eq!((m.responses, m.side_a, m.win_rate), (2, 1, Some(0.75)));
        assert!((d.words_a.mean - 8.5).abs() < 1e-12);
    }
}
