//! How are ratings written into a study?

use crate::error::Result;
use crate::prepared::{Prepared, changed};

/// Writes the ratings that came with the data and those of text analysis.
pub(crate) fn keep_ratings(prepared: &Prepared) -> Result<()> {
    let (study, annotator) = (prepared.study(), prepared.annotator());
    let mut writer = study.write_ratings()?;
    if study.has_table("ratings") {
        for batch in study.ratings_but(annotator.name())? {
            for rating in batch?.into_iter().filter(|rating| rating.annotator != annotator.name()) {
                writer.push(&rating)?;
            }
        }
    }
    let pairs = prepared.pairs();
    if pairs.len() != prepared.facts().len() {
        return Err(changed());
    }
    let columns = prepared.facts().columns()?;
    let known = |x: f64| (!x.is_nan()).then_some(x);
    for row in 0..pairs.len() {
        let of_row = columns.iter().map(|column| {
            let [a, b] = column.get(row).unwrap_or([f64::NAN; 2]);
            (known(a), known(b))
        });
        for rating in annotator.rows(pairs.id(row), of_row) {
            writer.push_owned(rating)?;
        }
    }
    writer.finish()?;
    Ok(())
}
