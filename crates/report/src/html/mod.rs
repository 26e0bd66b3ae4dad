//! What does a dissection look like as one file that a browser opens without a network?

mod brief;
mod charts;
pub mod live;
mod page;
mod parts;
mod published;
mod sections;
mod steering;
mod training;
mod validity;
mod verifying;
mod versus;

use predilect_results::Comparison;
use predilect_results::comparison::SliceVersus;
use predilect_results::ranking::LcBoard;
use predilect_results::steering::SteerJson;
use predilect_results::training::{RankingJson, TrainJson};
use predilect_results::verifying::VerifyJson;
use predilect_results::{Dissection, Finding, PublishedRewards, Settings, Standings};

use crate::validity::Rater;
use crate::view::View;

/// The whole report as one HTML document: styles, charts and script inside, without external resources.
///
/// Readable without script, on a phone, on paper, in light and dark. All text from the data is escaped, and a content
/// security policy forbids every load and every script but the report's own.
pub fn html(d: &Dissection) -> String {
    page::page(&View::new(d)).into_string()
}

/// A comparison of judges alone as one such document; of the settings, the version and whether data are simulated are shown.
pub fn html_comparison(c: &Comparison, settings: &Settings) -> String {
    page::comparison_page(c, settings).into_string()
}

/// What is rewarded differently in a slice than in another part as one such document, made with that version of the program.
pub fn html_versus(found: &SliceVersus, version: &str) -> String {
    versus::page(found, version).into_string()
}

/// What published judges reward as one such document. `property`: the one that is asked about.
pub fn html_published(found: &PublishedRewards, property: Option<&str>) -> String {
    published::page(found, property).into_string()
}

/// A leaderboard alone as one such document; of the settings, the version and whether data are simulated are shown.
pub fn html_leaderboard(standings: &Standings, settings: &Settings) -> String {
    page::board_page(standings, settings).into_string()
}

/// A run of `steer` as one such document.
pub fn html_steering(found: &SteerJson) -> String {
    steering::page(found).into_string()
}

/// A run of `train` as one such document.
pub fn html_training(found: &TrainJson) -> String {
    training::page(found).into_string()
}

/// How a model ranks pairs, as one such document.
pub fn html_ranking_accuracy(found: &RankingJson) -> String {
    training::ranking_page(found).into_string()
}

/// A run of `verify` as one such document.
pub fn html_verifying(found: &VerifyJson) -> String {
    verifying::page(found).into_string()
}

/// The same on one printed page: findings, one plot, one table, three cautions; everything else is folded away and not printed.
pub fn html_brief(d: &Dissection) -> String {
    brief::page(&View::new(d)).into_string()
}

/// A comparison of judges on one printed page.
pub fn html_comparison_brief(c: &Comparison, settings: &Settings) -> String {
    brief::comparison_page(c, settings).into_string()
}

/// A leaderboard on one printed page.
pub fn html_leaderboard_brief(standings: &Standings, settings: &Settings) -> String {
    brief::board_page(standings, settings).into_string()
}

/// Length-controlled win rates as one document, on one printed page where `brief`.
pub fn html_lc(board: &LcBoard, findings: &[Finding], brief: bool, settings: &Settings) -> String {
    page::lc_page(board, findings, brief, settings).into_string()
}

/// The page on the validity of ratings as one HTML document, like a report: no external resources, all text escaped.
pub fn html_validity(raters: &[Rater]) -> String {
    validity::page(raters).into_string()
}
