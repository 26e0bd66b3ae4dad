//! How does what is rewarded change from group to group?

use maud::{Markup, html};
use predilect_report::live;

use super::parts::trouble;
use crate::asking::Waiting;
use crate::opened::Opened;
use crate::problem::Problem;
use crate::query::Query;

/// The groups of the field that an address names, as the report shows them; nothing if it names none.
pub(super) fn grouped(opened: &Opened, query: &Query, waiting: &Waiting) -> Markup {
    let Some(field) = &query.group else { return html! {} };
    match opened.dissect(query, waiting) {
        Ok((mut found, _)) => {
            found.settings.group_by.clone_from(field);
            live::groups(&found)
        }
        // What cannot be grouped by is said, and the whole is shown all the same.
        Err(error) => html! {
            section #groups { h2 { "Groups" } (trouble(&Problem::from(error))) }
        },
    }
}

/// The field that is grouped by, to be chosen among those of the data.
pub(super) fn chooser(query: &Query, fields: &[(String, Vec<(String, u64)>)]) -> Markup {
    let own = query.group.as_deref();
    let other = own.filter(|own| fields.iter().all(|(field, _)| field != own));
    html! {
        @if own.is_some() || !fields.is_empty() {
            label { "Groups "
                select name="group" {
                    option value="" { "none" }
                    @for (field, _) in fields { option value=(field) selected[own == Some(field.as_str())] { (field) } }
                    @if let Some(other) = other { option value=(other) selected { (super::parts::shown(other)) } }
                }
            }
        }
    }
}
