//! Does a response meet what the request explicitly demands?

use super::measure::Measure;
use crate::demands::Checked;
use crate::document::Document;

pub(crate) static SATISFIES_CONSTRAINTS: Measure = Measure {
    id: "satisfies_constraints",
    definition: "3 times the share of the request's demands that are kept, of those that a program finds and can check: how many words, \
        sentences, paragraphs, lines, items or characters; JSON, CSV, a table, a list, one line, only code, a number or yes and no; letters, \
        words and marks that must or must not occur; how it begins and ends; lower or upper case; alphabetical order; the language. A count \
        that is missed is worth up to half, the more the nearer it is.",
    blind_spots: "Demands in words that our rules do not know, and all that no program can check (tone, audience, rhyme), are not seen. Of a \
        request of more than 1,100 bytes only the first 300 and the last 200 are read. A number in quoted material can pass for a demand. Rules are for \
        English; counts are found in German, French, Spanish and Italian as well. Not rated where no demand is found.",
    proxy: true,
    signs: &[],
    rate,
};

fn rate(doc: &Document<'_>) -> Option<f64> {
    let constraints = &doc.request?.constraints;
    if constraints.is_empty() || doc.raw.trim().is_empty() {
        return None;
    }
    let response = Checked::new(doc);
    let kept: Vec<f64> = constraints.iter().filter_map(|constraint| constraint.kept(&response)).collect();
    (!kept.is_empty()).then(|| 3.0 * kept.iter().sum::<f64>() / kept.len() as f64)
}
