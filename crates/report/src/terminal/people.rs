//! How far do the people of a judge agree, and who of them does not? A table for the terminal.

use std::io;

use predilect_results::People;

use super::style::{BOLD, DIM, Out, WARN, paint};
use crate::format;
use crate::people;
use crate::text;

/// People that are listed.
const LISTED: usize = 12;

pub(super) fn people(all: &[People], out: &mut Out) -> io::Result<()> {
    for of in all {
        out.blank()?;
        let count = format::counted(of.annotators.len() as u64, "person", "people");
        out.line(&format!(
            "{}  {}",
            paint(BOLD, &format!("The people of {}", text::line(&of.judge))),
            paint(DIM, &count)
        ))?;
        out.wrapped(DIM, &people::ceiling(of))?;
        if let Some(sentence) = people::unreliable(of) {
            let loud = if of.annotators.iter().any(|person| person.unreliable) { WARN } else { DIM };
            out.wrapped(loud, &sentence)?;
        }
        out.blank()?;
        out.line(&format!(
            "{:<16} {:>6}  {:<20} {:>6} {:>7} {:>6}",
            "Person", "Votes", "Agreement", "Ties", "Longer", "First"
        ))?;
        for person in people::shown(of, LISTED) {
            let share = |share: Option<f64>| share.map_or(format::MISSING.to_owned(), format::share);
            let mark = if person.unreliable { "  unreliable" } else { "" };
            out.line(&format!(
                "{} {:>6}  {} {:>6} {:>7} {:>6}{mark}",
                text::left(&text::cut(&text::line(&person.annotator), 16), 16),
                format::count(person.votes),
                text::left(&people::share(&person.agreement), 20),
                format::share(person.ties),
                share(person.longer),
                share(person.first),
            ))?;
        }
        if of.annotators.len() > LISTED {
            out.wrapped(DIM, &format!("and {} more", of.annotators.len() - LISTED))?;
        }
        out.wrapped(DIM, people::MEANS)?;
    }
    Ok(())
}
