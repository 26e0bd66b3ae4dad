//! What the data look like: counts, shares and lengths, gathered pair by pair.

use std::collections::{BTreeMap, HashMap, HashSet};

use predilect_types::hash::fixed;
use predilect_types::{Interner, Order, Pair, Role, TieKind};

use predilect_results::{DataSummary, JudgeSummary, LengthSummary, ModelSummary};

/// Gathers a [`DataSummary`] from a stream of pairs and then their verdicts.
#[derive(Debug, Clone, Default)]
pub struct SummaryBuilder {
    prompts: HashSet<u64>,
    pairs: u64,
    identical: u64,
    without_text: u64,
    multi_turn: u64,
    models: Vec<ModelCount>,
    model_names: Interner,
    languages: BTreeMap<String, u64>,
    scenarios: BTreeMap<String, u64>,
    words: Vec<(u32, u32)>,
    pair_models: Vec<(Option<usize>, Option<usize>)>,
    judges: BTreeMap<String, JudgeCount>,
}

#[derive(Debug, Clone, Default)]
struct ModelCount {
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

/// The facts about the texts of a pair that are needed later, so that the texts need not be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "facts that are independent of each other")]
pub struct Gist {
    /// The prompt as a number, or the pair's number if it has no prompt.
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

/// What of a pair is counted.
#[derive(Debug, Clone, Copy)]
pub struct PairSummary<'a> {
    /// The category of its prompt.
    pub scenario: Option<&'a str>,
    /// The models of A and B.
    pub models: [Option<&'a str>; 2],
    /// What its texts amount to.
    pub gist: &'a Gist,
    /// The language of its prompt.
    pub language: Option<&'a str>,
    /// Words of A and B.
    pub words: (u32, u32),
}

/// What of a verdict is counted.
#[derive(Debug, Clone, Copy)]
pub struct VerdictSummary<'a> {
    /// The number of its pair.
    pub pair: usize,
    /// Who judged.
    pub judge: &'a str,
    /// The preference for A as it was given.
    pub p_a: f64,
    /// The order of presentation.
    pub order: Order,
    /// The kind of tie.
    pub tie: Option<TieKind>,
    /// How much it counts.
    pub weight: f64,
    /// The value that the fits use, and what models win by.
    pub fitted: f64,
}

impl SummaryBuilder {
    /// Counts one pair; pairs are numbered in the order they come.
    pub fn pair(&mut self, pair: &PairSummary<'_>) {
        let PairSummary { scenario, models: [model_a, model_b], gist, language, words } = *pair;
        if gist.prompt {
            self.prompts.insert(gist.cluster);
        }
        self.pairs += 1;
        self.identical += u64::from(gist.identical);
        self.without_text += u64::from(!gist.text);
        self.multi_turn += u64::from(gist.multi_turn);
        *self.languages.entry(language.unwrap_or("unknown").to_owned()).or_default() += 1;
        if let Some(scenario) = scenario {
            *self.scenarios.entry(scenario.to_owned()).or_default() += 1;
        }
        let a = model_a.map(|model| self.count_model(model, true, words.0));
        let b = model_b.map(|model| self.count_model(model, false, words.1));
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
        let at = self.model_names.get(name) as usize;
        if at == self.models.len() {
            self.models.push(ModelCount::default());
        }
        let model = &mut self.models[at];
        model.responses += 1;
        model.side_a += u64::from(side_a);
        model.words += u64::from(words);
        at
    }

    /// Counts one verdict.
    pub fn verdict(&mut self, verdict: &VerdictSummary<'_>) {
        let VerdictSummary { pair, judge, p_a: p, order, tie: kind, weight, fitted } = *verdict;
        let count = match self.judges.get_mut(judge) {
            Some(count) => count,
            None => self.judges.entry(judge.to_owned()).or_default(),
        };
        let s = &mut count.summary;
        s.verdicts += 1;
        *s.orders.entry(order.as_str().to_owned()).or_default() += 1;
        let tie = (p - 0.5).abs() < 1e-12;
        s.prefers_a += u64::from(!tie && p > 0.5);
        s.prefers_b += u64::from(!tie && p < 0.5);
        s.ties += u64::from(tie);
        s.both_bad += u64::from(kind == Some(TieKind::BothBad));
        s.soft += u64::from(!tie && p > 0.0 && p < 1.0);
        let (a, b) = self.words[pair];
        if !tie && a != b {
            count.unequal += 1;
            count.longer += u64::from((p > 0.5) == (a > b));
        }
        let (model_a, model_b) = self.pair_models[pair];
        for (model, share) in [(model_a, fitted), (model_b, 1.0 - fitted)] {
            if let Some(at) = model {
                self.models[at].wins += share * weight;
                self.models[at].judged += weight;
            }
        }
    }

    /// Adds what is known of how a judge was asked; does nothing for a judge without verdicts.
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
            .zip(self.model_names.into_list())
            .map(|(m, name)| (m.texts(), m, name))
            .map(|((prompts, same_text), m, name)| ModelSummary {
                prompts,
                same_text,
                mean_words: m.words as f64 / m.responses as f64,
                win_rate: (m.judged > 0.0).then(|| m.wins / m.judged),
                model: name,
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
        for (a, b, language, words) in [("m", "n", Some("en"), (10, 5)), ("n", "m", None, (7, 7))] {
            let gist = Gist::of(&pair(a, b));
            s.pair(&PairSummary { scenario: None, models: [Some(a), Some(b)], gist: &gist, language, words });
        }
        for (pair, p_a, tie) in [(0, 1.0, None), (1, 0.5, Some(TieKind::BothBad)), (1, 0.25, None)] {
            let order = Order::Unknown;
            s.verdict(&VerdictSummary { pair, judge: "j", p_a, order, tie, weight: 1.0, fitted: p_a });
        }
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
