//! How a dissection is shown to people: tables in a terminal, one HTML file in a browser.
//!
//! This crate does not fit anything. Every number passes through [`mod@format`] on its way out, so that both views, and other code that
//! prints a number, round alike; every word from the data passes through one function that makes control characters visible.
//!
//! ```
//! use predilect_report::format;
//!
//! assert_eq!(format::counted(2139, "pair", "pairs"), "2,139 pairs");
//! ```

mod cautions;
mod gains;
mod html;
pub mod judge_table;
mod judging;
mod length;
mod people;
mod predicts;
mod published;
mod ranking;
mod steering;
mod terminal;
mod text;
mod training;
mod units;
pub mod validity;
mod verifying;
mod view;
mod words;

pub use cautions::caution;
pub use html::{
    html, html_brief, html_comparison, html_comparison_brief, html_lc, html_leaderboard,
    html_leaderboard_brief, html_published, html_ranking_accuracy, html_steering, html_training,
    html_validity, html_verifying, html_versus, live,
};
pub use predilect_results::format;
pub use terminal::{
    never_met, print_pair, print_reading, terminal, terminal_comparison, terminal_controls_alone,
    terminal_explanation, terminal_fits, terminal_instructions, terminal_lc, terminal_leaderboard,
    terminal_losses, terminal_published, terminal_ranking_accuracy, terminal_steering, terminal_training,
    terminal_verifying, terminal_versus,
};

/// Text in lines of at most `width` columns, as all views for a terminal break it.
#[must_use]
pub fn wrapped(text: &str, width: u16) -> Vec<String> {
    text::wrap(text, usize::from(width))
}
