//! Which names in an address mean nothing here, and which are meant?

use maud::{Markup, html};
use predilect_workbench::nearest;

use super::parts::shown;
use crate::opened::About;
use crate::query::{NAMES, Query};

/// Says what of an address was left out, with the nearest names that there are.
pub(super) fn unknown(query: &Query, about: Option<&About>) -> Markup {
    let names = query.unknown.iter().map(|pair| pair.split_once('=').unwrap_or((pair, "")).0);
    let property = about.and_then(|about| missing_property(query, about));
    html! {
        @for name in names { (banner("is not a name that an address takes", name, nearest(name, NAMES))) }
        @if let Some((name, near)) = property { (banner("is not a property of these data", name, near)) }
    }
}

fn banner(what: &str, name: &str, near: Option<&str>) -> Markup {
    html! {
        div.row { p.problem { code { bdi { (shown(name)) } } " " (what) @match near {
            Some(near) => { "; did you mean " code { bdi { (shown(near)) } } "?" }
            None => { ". It is left out." }
        } } }
    }
}

/// A property that is asked about and that these data do not have, with the nearest one.
fn missing_property<'a>(query: &'a Query, about: &'a About) -> Option<(&'a str, Option<&'a str>)> {
    let known = || about.empty.properties.iter().map(|note| note.id.as_str());
    let name = query.property.as_deref()?;
    let tried = query.tried.iter().any(|trial| trial.to_string() == name);
    (!tried && known().all(|id| id != name)).then(|| (name, nearest(name, known())))
}
