//! What there is to do with pairs that nobody has judged.

use maud::html;
use predilect_report::format;

use super::parts::{Said, place};
use crate::opened::Opened;
use crate::query::Query;
use crate::studies::Served;

/// The page in place of one that answers from verdicts.
pub(super) fn unjudged(served: &Served, opened: &Opened, query: &Query, title: &str) -> Said {
    let query = &Query { filter: query.filter.clone(), name: query.name.clone(), ..Query::default() };
    let main = html! {
        h1 { "No verdicts yet" }
        p {
            (format::counted(opened.about.empty.data.pairs, "pair was", "pairs were"))
            " read, and nothing that says which response is better. What a judge rewards, how judges compare and how models rank follows from verdicts: "
            "give some yourself, or ask a model for them."
        }
        ul.tiles aria-label="Ways to verdicts" {
            li { a href=(place(served, "/label", query)) { b { "Judge pairs yourself" } span { "Blind, the most informative pair first; what you reward appears as you go." } } }
            li { a href=(place(served, "/runs", query)) { b { "Ask a model" } span { "Its verdicts on these pairs, with a forecast of what they cost." } } }
            li { a href=(place(served, "/pairs", query)) { b { "Read the pairs" } span { "Both responses side by side, with what differs." } } }
            li { a href=(place(served, "/data", query)) { b { "How the data were read" } span { "Which column is used as what, and which are not used." } } }
        }
        @if !served.keeps_votes() {
            p.hint { "Votes given under Label are kept by this server alone and are seen there only: import the data into a study, and they are verdicts like all others." }
        }
        p.hint {
            "If the file does say which response is better, its column was not recognised. Name it: " code { "--map winner=COLUMN" }
            " where the file is given on a command line, or on the form of a file that is sent here."
        }
    };
    Said { title: title.to_owned(), main }
}
