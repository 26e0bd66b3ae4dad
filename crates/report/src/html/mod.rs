//! What does a dissection look like as one file that a browser opens without a network?

mod charts;
pub mod live;
mod page;
mod parts;
mod sections;
mod validity;

use predilect_results::Comparison;
use predilect_results::{Dissection, Settings, Standings};

use crate::validity::Rater;
use crate::view::View;

/// The whole report as one HTML document: styles, charts and script inside, nothing loaded from anywhere.
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

/// A leaderboard alone as one such document; of the settings, the version and whether data are simulated are shown.
pub fn html_leaderboard(standings: &Standings, settings: &Settings) -> String {
    page::board_page(standings, settings).into_string()
}

/// The page of what is known of the validity of ratings as one HTML document, like a report: nothing is loaded from anywhere, all text is
/// escaped.
pub fn html_validity(raters: &[Rater]) -> String {
    validity::page(raters).into_string()
}
