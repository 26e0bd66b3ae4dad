//! How far annotators agree where several have rated the same pairs.

use foldhash::{HashMap, HashMapExt};
use predilect_results::AnnotatorAgreement;
use predilect_stats::agreement::Agreement;
use predilect_types::CATALOGUE;

use crate::error::Result;
use crate::prepared::column::{Rated, Sides};
use crate::prepared::{OfProperty, Prepared, Ratings};

/// The number of text analysis among annotators.
const TEXT: u32 = u32::MAX;

/// How far annotators agree, per property and two of them, in the order of the catalogue; with the text annotator alone there is no other
/// to agree with.
pub(super) fn agreements(
    prepared: &Prepared,
    ratings: &Ratings,
    rows: &[u32],
) -> Result<Vec<AnnotatorAgreement>> {
    let mut taken = vec![false; prepared.pairs().len()];
    for row in rows {
        taken[*row as usize] = true;
    }
    let names = ratings.annotators();
    let name = |number: u32| names.get(number as usize).map_or(prepared.annotator().name(), String::as_str);
    let mut found = Vec::new();
    for (property, of) in ratings.properties() {
        let own = prepared.own(property).map(|at| prepared.facts().column(at)).transpose()?;
        let sums = of_property(of, own, &taken, &name);
        let mut of_two: Vec<AnnotatorAgreement> = sums
            .into_iter()
            .filter(|(_, sums)| sums.units() > 0)
            .map(|((first, second), sums)| AnnotatorAgreement {
                property: property.to_owned(),
                annotators: [first, second].map(|number| name(number).to_owned()),
                responses: sums.units(),
                kappa: sums.kappa(),
                alpha: sums.alpha(),
            })
            .collect();
        of_two.sort_by(|a, b| a.annotators.cmp(&b.annotators));
        found.append(&mut of_two);
    }
    found.sort_by_key(|agreement| CATALOGUE.iter().position(|p| p.id == agreement.property));
    Ok(found)
}

/// Two annotators, by their names.
type Two = (u32, u32);

fn of_property<'n>(
    of: &OfProperty,
    own: Option<&Rated>,
    taken: &[bool],
    name: &impl Fn(u32) -> &'n str,
) -> HashMap<Two, Agreement> {
    let mut sums: HashMap<Two, Agreement> = HashMap::new();
    let mut add = |ratings: &[(u32, Sides)]| {
        for (at, (first, x)) in ratings.iter().enumerate() {
            for (second, y) in ratings[at + 1..].iter().filter(|(second, _)| second != first) {
                let turned = name(*first) > name(*second);
                let (two, x, y) = if turned { ((*second, *first), y, x) } else { ((*first, *second), x, y) };
                let sums = sums.entry(two).or_default();
                for side in 0..2 {
                    if !x[side].is_nan() && !y[side].is_nan() {
                        sums.add(x[side], y[side]);
                    }
                }
            }
        }
    };
    let text = |row: usize| own.and_then(|own| own.get(row)).map(|sides| (TEXT, sides));
    if let Some(only) = of.only() {
        for row in (0..taken.len()).filter(|row| taken[*row]) {
            if let (Some(sides), Some(text)) = (of.first().rated.get(row), text(row)) {
                add(&[(only, sides), text]);
            }
        }
        return sums;
    }
    let mut ratings: Vec<(u32, Sides)> = Vec::new();
    for of_pair in of.all().chunk_by(|a, b| a.row == b.row) {
        let row = of_pair[0].row as usize;
        if taken[row] {
            ratings.clear();
            ratings.extend(of_pair.iter().map(|one| (one.annotator, one.sides)));
            ratings.extend(text(row));
            add(&ratings);
        }
    }
    sums
}
