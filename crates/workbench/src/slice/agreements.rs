//! How far annotators agree where several have rated the same pairs.

use std::collections::BTreeMap;

use predilect_analysis::result::AnnotatorAgreement;
use predilect_stats::agreement::Agreement;
use predilect_types::{CATALOGUE, Rating};

/// How far annotators agree, per property and two of them.
#[derive(Default)]
pub(super) struct Agreements(BTreeMap<(String, String, String), Agreement>);

impl Agreements {
    /// Counts the ratings of one pair, of whoever has rated it.
    pub(super) fn add(&mut self, lists: &[&[Rating]]) {
        // With the text annotator alone there is nobody to agree with.
        if lists.iter().filter(|list| !list.is_empty()).count() < 2
            && lists.last().is_some_and(|last| !last.is_empty())
        {
            return;
        }
        let ratings: Vec<&Rating> = lists.iter().copied().flatten().collect();
        for (at, first) in ratings.iter().enumerate() {
            for second in &ratings[at + 1..] {
                if first.property != second.property || first.annotator == second.annotator {
                    continue;
                }
                let (x, y) =
                    if first.annotator < second.annotator { (first, second) } else { (second, first) };
                let key = (x.property.clone(), x.annotator.clone(), y.annotator.clone());
                let sums = self.0.entry(key).or_default();
                for (a, b) in [(x.a, y.a), (x.b, y.b)] {
                    if let (Some(a), Some(b)) = (a, b) {
                        sums.add(a, b);
                    }
                }
            }
        }
    }

    /// In the order of the catalogue.
    pub(super) fn finish(self) -> Vec<AnnotatorAgreement> {
        let mut all: Vec<AnnotatorAgreement> = self
            .0
            .into_iter()
            .filter(|(_, sums)| sums.units() > 0)
            .map(|((property, first, second), sums)| AnnotatorAgreement {
                property,
                annotators: [first, second],
                responses: sums.units(),
                kappa: sums.kappa(),
                alpha: sums.alpha(),
            })
            .collect();
        all.sort_by_key(|agreement| CATALOGUE.iter().position(|p| p.id == agreement.property));
        all
    }
}
