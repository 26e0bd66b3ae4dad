//! How are scores and a leaderboard made?

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::unknown::UnknownWord;

/// How scores are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RankMethod {
    /// Bradley-Terry, a tie half a win.
    #[default]
    BradleyTerry,
    /// Bradley-Terry with ties as Rao and Kupper model them.
    RaoKupper,
    /// Bradley-Terry with ties as Davidson models them.
    Davidson,
    /// Elo, in the order of the verdicts.
    Elo,
    /// The share of wins, a tie half.
    WinRate,
    /// AlpacaEval's length-controlled win rate against a baseline; see [`super::length_controlled_board`].
    #[serde(rename = "lc")]
    LengthControlled,
}

impl RankMethod {
    /// All, with their names in flags and JSON.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::BradleyTerry, "bradley-terry"),
        (Self::RaoKupper, "rao-kupper"),
        (Self::Davidson, "davidson"),
        (Self::Elo, "elo"),
        (Self::WinRate, "win-rate"),
        (Self::LengthControlled, "lc"),
    ];

    /// The name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(method, _)| *method == self).map_or("", |(_, name)| name)
    }
}

impl std::fmt::Display for RankMethod {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for RankMethod {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let known = Self::ALL.iter().find(|(_, name)| *name == text);
        known.map(|(method, _)| *method).ok_or_else(|| UnknownWord {
            given: text.to_owned(),
            what: "a method of ranking",
            known: None,
        })
    }
}

/// How a leaderboard is made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RankOptions {
    /// How scores are made.
    pub method: RankMethod,
    /// The competitor whose score is fixed, and at what; without, the mean score is 1000.
    pub anchor: Option<(String, f64)>,
    /// Precision of a normal prior on the scores, in log-odds; 0: no prior.
    pub prior: f64,
    /// Resamples of a bootstrap over prompts; 0: intervals by the sandwich (Elo has none without a bootstrap).
    pub resamples: usize,
    /// Its seed.
    pub seed: u64,
}
