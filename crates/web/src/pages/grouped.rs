//! How does what is rewarded change from group to group?

use maud::{Markup, html};
use predilect_report::live;

use crate::asking::Waiting;
use crate::opened::Opened;
use crate::problem::Problem;
use crate::query::Query;

/// The groups of the field that an address names, as the report shows them; nothing if it names none.
pub(super) fn grouped(opened: &Opened, query: &Query, waiting: &Waiting) -> Result<Markup, Problem> {
    let Some(field) = &query.group else { return Ok(html! {}) };
    let (mut found, _) = opened.dissect(query, waiting)?;
    found.settings.group_by.clone_from(field);
    Ok(live::groups(&found))
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
