//! How far annotators agree where several have rated the same pairs.

use predilect_results::AnnotatorAgreement;
use predilect_stats::agreement::Agreement;
use predilect_types::CATALOGUE;

use crate::error::Result;
use crate::prepared::column::Rated;
use crate::prepared::{Prepared, Ratings};

/// How far annotators agree, per property and two of them, in the order of the catalogue; with the text annotator alone there is nobody to
/// agree with.
pub(super) fn agreements(
    prepared: &Prepared,
    ratings: &Ratings,
    rows: &[u32],
) -> Result<Vec<AnnotatorAgreement>> {
    let mut found = Vec::new();
    for (property, columns) in ratings.columns() {
        let names = ratings.annotators();
        let mut raters: Vec<(&str, &Rated)> = columns
            .iter()
            .map(|(number, column)| (names[*number as usize].as_str(), &column.rated))
            .collect();
        if let Some(at) = prepared.own(property) {
            raters.push((prepared.annotator().name(), prepared.facts().column(at)?));
        }
        raters.sort_by_key(|(name, _)| *name);
        for (at, (first, x)) in raters.iter().enumerate() {
            for (second, y) in &raters[at + 1..] {
                let mut sums = Agreement::default();
                for &row in rows {
                    let (Some(x), Some(y)) = (x.get(row as usize), y.get(row as usize)) else { continue };
                    for side in 0..2 {
                        if !x[side].is_nan() && !y[side].is_nan() {
                            sums.add(x[side], y[side]);
                        }
                    }
                }
                if sums.units() > 0 {
                    found.push(AnnotatorAgreement {
                        property: property.to_owned(),
                        annotators: [(*first).to_owned(), (*second).to_owned()],
                        responses: sums.units(),
                        kappa: sums.kappa(),
                        alpha: sums.alpha(),
                    });
                }
            }
        }
    }
    found.sort_by_key(|agreement| CATALOGUE.iter().position(|p| p.id == agreement.property));
    Ok(found)
}
