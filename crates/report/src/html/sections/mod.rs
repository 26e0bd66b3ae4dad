//! Which questions does the report answer, and in which order?

mod data;
mod examples;
mod findings;
mod groups;
mod intensities;
mod method;
mod properties;
mod quality;
mod reading;
mod terms;

use crate::view::View;

use super::parts::Section;

/// All sections; each is there even when it has nothing to show, and then says so.
pub(super) fn all(view: &View) -> Vec<Section> {
    vec![
        findings::section(view),
        intensities::section(view),
        groups::section(view),
        quality::section(view),
        terms::section(view),
        data::section(view),
        reading::section(view),
        examples::section(view),
        properties::section(view),
        method::section(view),
    ]
}
