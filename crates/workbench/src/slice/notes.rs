//! What each feature is: who rated it, how, how validly, and on how many pairs.

use predilect_data::StudyToml;
use predilect_results::PropertyNote;

use super::features::Source;
use super::made::Slice;
use crate::error::Result;
use crate::figures;
use crate::prepared::Prepared;

pub(super) fn notes(prepared: &Prepared, sources: &[Source<'_>], slice: &Slice) -> Result<Vec<PropertyNote>> {
    let (study, annotator) = (prepared.study(), prepared.annotator());
    let ratings = prepared.ratings()?;
    let own = annotator.annotations();
    let figures = figures::of_study(study);
    let manifest = StudyToml::load_or_new(study).unwrap_or_default();
    let valid = |name: &str, property: &str| {
        let how = figures::way(&manifest, name)?;
        let auc = figures.of(name, &how, property).first().map(|row| row.auc);
        Some((figures.sentence(name, &how, property)?, auc))
    };
    // Tried properties come after these.
    let width = slice.table.features.len();
    let count = slice.table.pairs.len().max(1) as f64;
    let note = |(at, source): (usize, &Source<'_>)| {
        let p = source.property;
        let foreign =
            source.annotator(prepared.pairs()).map(|number| ratings.annotators()[number as usize].clone());
        let own = own.iter().find(|a| a.property == p.id).filter(|_| foreign.is_none());
        let column = || slice.ratings.iter().skip(at).step_by(width);
        let both = column().filter(|(a, b)| !a.is_nan() && !b.is_nan()).count();
        let (mut sum, mut rated) = (0.0, 0_u64);
        for x in column().flat_map(|&(a, b)| [a, b]).filter(|x| !x.is_nan()) {
            sum += f64::from(x);
            rated += 1;
        }
        let values = slice.table.values.iter().skip(at).step_by(width);
        let differs = values.filter(|v| !v.is_nan() && *v != 0.0).count();
        let known = valid(foreign.as_deref().unwrap_or(annotator.name()), p.id);
        let (validity, auc) = known.unwrap_or_default();
        PropertyNote {
            id: p.id.to_owned(),
            label: p.label.to_owned(),
            short: p.short.to_owned(),
            description: p.description.to_owned(),
            annotator: foreign.clone().unwrap_or_else(|| annotator.name().to_owned()),
            definition: own.map_or_else(|| "as rated in the data".to_owned(), |a| a.definition.clone()),
            blind_spots: own.map_or_else(String::new, |a| a.blind_spots.clone()),
            proxy: own.is_some_and(|a| a.proxy),
            validity,
            auc,
            coverage: both as f64 / count,
            differs: differs as f64 / count,
            mean_rating: (rated > 0).then(|| sum / rated as f64),
        }
    };
    Ok(sources.iter().enumerate().map(note).collect())
}
