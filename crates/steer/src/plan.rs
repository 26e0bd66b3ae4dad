//! Which properties are asked for: those that move the judge most, of which a prompt can show something.

use std::collections::BTreeMap;

use predilect_results::steering::Ask;
use predilect_types::{Applies, property};
use predilect_workbench::GroupWeights;
use serde::{Deserialize, Serialize};

use crate::messages::Messages;

/// How properties are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choose {
    /// Those with the largest weights of either sign: the aligned arm asks for each in the direction that the judge rewards, the opposed
    /// arm for the reverse.
    #[default]
    Strongest,
    /// As Li et al. (2024): the aligned arm asks for more of those with the highest weights, the opposed arm for more of those with the
    /// lowest, whatever their signs.
    Paper,
}

impl Choose {
    /// Every choice with its name.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Strongest, "strongest"), (Self::Paper, "paper")];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(choose, _)| *choose == self).map_or("", |(_, name)| name)
    }
}

/// What limits the choice.
#[derive(Debug, Clone, Copy)]
pub struct Limits<'a> {
    /// Maximum number of properties.
    pub top: usize,
    /// The least probability of a weight's sign; published weights have none and are taken by their means.
    pub sure: f64,
    /// How they are chosen.
    pub choose: Choose,
    /// Properties that are not asked for.
    pub without: &'a [String],
}

/// What the prompts of a group can show.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shows {
    /// Whether an answer can be right or wrong: there is a reference, or it is mathematics, reasoning, code or extraction.
    pub checkable: bool,
    /// The case that all its prompts are, where the group is one.
    pub case: Option<Applies>,
}

/// What is asked for in one group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chosen {
    /// What the judge rewards.
    pub aligned: Vec<Ask>,
    /// What it punishes.
    pub opposed: Vec<Ask>,
    /// What hardly moves it.
    pub placebo: Vec<Ask>,
    /// Properties that are among the first but are not asked for, with the reason.
    pub left_out: BTreeMap<String, String>,
}

/// The query-specific case of that name, as published groups have it.
pub(crate) fn case_of(group: &str) -> Option<Applies> {
    Some(match group {
        "express_feeling" => Applies::ExpressFeeling,
        "intent_unclear" => Applies::IntentUnclear,
        "w_constraints" => Applies::WithConstraints,
        "w_mistakes" => Applies::WithMistakes,
        "w_stances" => Applies::WithStances,
        _ => return None,
    })
}

/// Chooses what to ask for.
pub fn choose(weights: &GroupWeights, messages: &Messages, shows: Shows, limits: Limits<'_>) -> Chosen {
    let mut chosen = Chosen::default();
    let mut by_mean: Vec<usize> = (0..weights.properties.len()).collect();
    by_mean.sort_by(|&a, &b| weights.mean[b].total_cmp(&weights.mean[a]));
    let mut by_size = by_mean.clone();
    by_size.sort_by(|&a, &b| weights.mean[b].abs().total_cmp(&weights.mean[a].abs()));
    let picker = Picker { weights, messages, shows, limits };
    let left_out = &mut chosen.left_out;
    match limits.choose {
        Choose::Strongest => {
            chosen.aligned = picker.pick(by_size.iter().copied(), |mean| Some(mean > 0.0), left_out);
            chosen.opposed = picker.pick(by_size.iter().copied(), |mean| Some(mean < 0.0), left_out);
        }
        Choose::Paper => {
            let liked = |mean: f64| (mean > 0.0).then_some(true);
            chosen.aligned = picker.pick(by_mean.iter().copied(), liked, left_out);
            // The least preferred, whatever the signs of their weights; never what the other arm asks for.
            let aligned: Vec<&str> = chosen.aligned.iter().map(|ask| ask.property.as_str()).collect();
            let others = by_mean.iter().rev().copied();
            let others = others.filter(|at| !aligned.contains(&weights.properties[*at].as_str()));
            chosen.opposed = picker.pick(others, |_| Some(true), left_out);
        }
    }
    let mut by_reach = by_size.clone();
    let reach: Vec<f64> = (0..weights.mean.len()).map(|at| weights.reach(at)).collect();
    by_reach.sort_by(|&a, &b| {
        reach[a].total_cmp(&reach[b]).then(weights.mean[a].abs().total_cmp(&weights.mean[b].abs()))
    });
    let idle = by_reach.into_iter().filter(|&at| {
        let id = weights.properties[at].as_str();
        property(id).is_some_and(|p| p.part_of.is_none() && p.applies == Applies::Any)
            && !is_of_errors(id)
            && !limits.without.iter().any(|other| other == id)
            && messages.line(id, true).is_some()
            && !chosen.aligned.iter().chain(&chosen.opposed).any(|ask| ask.property == id)
    });
    chosen.placebo = idle.take(limits.top).map(|at| picker.ask(at, true)).collect();
    chosen
}

struct Picker<'a> {
    weights: &'a GroupWeights,
    messages: &'a Messages,
    shows: Shows,
    limits: Limits<'a>,
}

impl Picker<'_> {
    /// The first that can be asked for; `direction` says whether more of one with that mean is asked for, and ends the search with `None`.
    fn pick(
        &self,
        order: impl Iterator<Item = usize>,
        direction: impl Fn(f64) -> Option<bool>,
        left_out: &mut BTreeMap<String, String>,
    ) -> Vec<Ask> {
        let mut asks = Vec::new();
        for at in order {
            let mean = self.weights.mean[at];
            let Some(more) = direction(mean).filter(|_| asks.len() < self.limits.top && mean != 0.0) else {
                break;
            };
            match self.reason(at, more) {
                None => asks.push(self.ask(at, more)),
                Some(reason) => _ = left_out.insert(self.weights.properties[at].clone(), reason),
            }
        }
        asks
    }

    fn ask(&self, at: usize, more: bool) -> Ask {
        Ask {
            property: self.weights.properties[at].clone(),
            more,
            weight: self.weights.mean[at],
            p_sign: self.p_sign(at),
        }
    }

    fn p_sign(&self, at: usize) -> Option<f64> {
        let p = self.weights.p_positive.as_ref()?[at];
        Some(p.max(1.0 - p))
    }

    /// Why a property cannot be asked for.
    fn reason(&self, at: usize, more: bool) -> Option<String> {
        let id = self.weights.properties[at].as_str();
        if self.limits.without.iter().any(|other| other == id) {
            return Some("left out on request".to_owned());
        }
        let Some(known) = property(id).filter(|_| self.messages.properties.contains_key(id)) else {
            return Some("there is no wording for it".to_owned());
        };
        if self.p_sign(at).is_some_and(|p| p < self.limits.sure) {
            return Some(format!("the sign of the weight is less sure than {}", self.limits.sure));
        }
        if known.applies != Applies::Any && self.shows.case != Some(known.applies) {
            return Some(format!("only some prompts can show it: {}", condition(known.applies)));
        }
        if is_of_errors(id) && !self.shows.checkable {
            return Some("it needs prompts whose answers can be checked".to_owned());
        }
        if self.messages.line(id, more).is_none() {
            let direction = if more { "more" } else { "less" };
            return Some(format!("no message asks for {direction} of it"));
        }
        None
    }
}

fn is_of_errors(id: &str) -> bool {
    id.starts_with("no_") && id.ends_with("_errors")
}

fn condition(applies: Applies) -> &'static str {
    match applies {
        Applies::Any => "any",
        Applies::IntentUnclear => "those whose intent is unclear",
        Applies::ExpressFeeling => "those that express feelings",
        Applies::WithConstraints => "those with constraints",
        Applies::WithStances => "those with stances",
        Applies::WithMistakes => "those with mistakes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(of: &[(&str, f64, f64)]) -> GroupWeights {
        GroupWeights {
            group: "all".to_owned(),
            properties: of.iter().map(|(id, ..)| (*id).to_owned()).collect(),
            mean: of.iter().map(|(_, mean, _)| *mean).collect(),
            p_positive: Some(of.iter().map(|(.., p)| *p).collect()),
            draws: Vec::new(),
            rows: 100,
        }
    }

    fn named(asks: &[Ask]) -> Vec<(&str, bool)> {
        asks.iter().map(|ask| (ask.property.as_str(), ask.more)).collect()
    }

    #[test]
    fn the_strongest_sure_weights_are_asked_for_in_both_directions() {
        let weights = weights(&[
            ("length", 0.8, 1.0),
            ("polite", -0.5, 0.01),
            ("funny", 0.3, 0.7),
            ("empathetic", 0.9, 1.0),
            ("no_severe_errors", 1.2, 1.0),
            ("paragraphs", 0.4, 0.99),
            ("harmless", 0.2, 0.99),
            ("novel", 0.01, 0.55),
            ("complex", -0.02, 0.45),
        ]);
        let own = Messages::own();
        let limits = Limits { top: 3, sure: 0.9, choose: Choose::Strongest, without: &[] };
        let chosen = choose(&weights, &own, Shows::default(), limits);
        assert_eq!(named(&chosen.aligned), [("length", true), ("polite", false), ("harmless", true)]);
        // No arm asks for harm.
        assert_eq!(named(&chosen.opposed), [("length", false), ("polite", true)]);
        assert_eq!(named(&chosen.placebo), [("novel", true), ("complex", true), ("funny", true)]);
        let why = |id: &str| chosen.left_out.get(id).cloned().unwrap_or_default();
        assert!(why("empathetic").contains("express feelings"));
        assert!(why("no_severe_errors").contains("checked"));
        assert!(why("funny").contains("less sure than 0.9"));
        assert!(why("paragraphs").contains("no wording"));
        assert!(why("harmless").contains("less"));
        let checkable = Shows { checkable: true, case: Some(Applies::ExpressFeeling) };
        let chosen = choose(&weights, &own, checkable, limits);
        assert_eq!(
            named(&chosen.aligned),
            [("no_severe_errors", true), ("empathetic", true), ("length", true)]
        );
        let without = ["length".to_owned()];
        let chosen = choose(&weights, &own, Shows::default(), Limits { without: &without, ..limits });
        assert_eq!(named(&chosen.aligned), [("polite", false), ("harmless", true)]);
    }

    #[test]
    fn as_in_the_paper_the_lowest_are_asked_for_too() {
        let weights = weights(&[("length", 0.8, 1.0), ("polite", -0.5, 0.01), ("clear", 0.3, 0.99)]);
        let limits = Limits { top: 2, sure: 0.9, choose: Choose::Paper, without: &[] };
        let chosen = choose(&weights, &Messages::own(), Shows::default(), limits);
        assert_eq!(named(&chosen.aligned), [("length", true), ("clear", true)]);
        assert_eq!(named(&chosen.opposed), [("polite", true)]);
        // Where every weight is positive, as of published judges, the lowest are the least preferred.
        let weights = self::weights(&[
            ("length", 0.8, 1.0),
            ("polite", 0.1, 0.95),
            ("clear", 0.3, 0.99),
            ("novel", 0.2, 0.95),
        ]);
        let chosen = choose(&weights, &Messages::own(), Shows::default(), limits);
        assert_eq!(named(&chosen.aligned), [("length", true), ("clear", true)]);
        assert_eq!(named(&chosen.opposed), [("polite", true), ("novel", true)]);
    }
}
