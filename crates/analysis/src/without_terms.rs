//! What a fit would say with fewer nuisance terms in addition to the properties: where the choice of terms changes an answer, both are
//! reported.

use predilect_stats::Prior;

use crate::fit_options::{FitOptions, TERM_SD};
use crate::refit::refit;
use crate::rows::Rows;
use crate::table::{FeatureTable, VerdictRow};
use crate::terms::Design;
use predilect_results::Weight;

/// Answers that are turned, and named.
const NAMED: usize = 4;
/// A property that moves by this many points is named even if it is as sure as before.
const FAR: f64 = 5.0;

/// The same fit with fewer terms.
pub(crate) struct WithoutTerms {
    /// The terms that are left out, in words.
    left_out: String,
    /// The properties' weights.
    pub(crate) weights: Vec<Weight>,
}

/// The fit without the strength of models if sides or order have terms too, else without any term. `None` if it does not converge.
pub(crate) fn without_terms(
    table: &FeatureTable,
    rows: &[VerdictRow],
    design: &Design,
    options: &FitOptions,
) -> Option<WithoutTerms> {
    let rest = Design { models: Vec::new(), reference: None, ..design.clone() };
    let rest = if design.models.is_empty() { Design::default() } else { rest };
    let each = Rows::of(table, rows, &rest);
    let properties = table.features.len();
    let mut priors = vec![options.prior(); properties];
    priors.resize(each.width, Prior::Normal { sd: TERM_SD });
    let (mut weights, _) = refit(table, rows, &each, &priors, options)?;
    weights.truncate(properties);
    for (weight, feature) in weights.iter_mut().zip(&table.features) {
        weight.property.clone_from(&feature.name);
    }
    Some(WithoutTerms { left_out: left_out(table, design), weights })
}

fn left_out(table: &FeatureTable, design: &Design) -> String {
    if design.models.is_empty() {
        let kinds = [("the side term", design.side), ("the order term", design.order)];
        return kinds
            .into_iter()
            .filter(|(_, on)| *on)
            .map(|(kind, _)| kind)
            .collect::<Vec<_>>()
            .join(" and ");
    }
    let against =
        design.reference.map_or_else(|| "the rarer models".to_owned(), |m| table.models[m as usize].clone());
    match design.models.as_slice() {
        [one] => format!("the strength of {} against {against}", table.models[*one as usize]),
        many => format!("the strength of {} models against {against}", many.len()),
    }
}

impl WithoutTerms {
    /// Which answers the terms change, in a sentence; `None` if no displayed digit changes.
    pub(crate) fn note(&self, table: &FeatureTable, with: &[Weight]) -> Option<String> {
        let moved = |at: usize| (with[at].intensity() - self.weights[at].intensity()).abs();
        let mut order: Vec<usize> = (0..with.len()).filter(|&at| moved(at) >= 0.05).collect();
        order.sort_by(|&a, &b| moved(b).total_cmp(&moved(a)));
        let largest = *order.first()?;
        let label = |at: usize| {
            let name = &table.features[at].name;
            predilect_types::property(name).map_or(name.as_str(), |p| p.label)
        };
        let sure = |weight: &Weight| weight.p_sign() >= 0.95;
        let turned = |at: usize| {
            let (a, b) = (&with[at], &self.weights[at]);
            sure(a) != sure(b)
                || (sure(a) && sure(b) && (a.mean > 0.0) != (b.mean > 0.0))
                || (table.features[at].name == "length" && moved(at) >= FAR)
        };
        let told = |weight: &Weight| {
            format!("{:.1} % ({})", weight.intensity(), if sure(weight) { "sure" } else { "not sure" })
        };
        let both = |at: usize| {
            format!("{} reads {} instead of {}", label(at), told(&self.weights[at]), told(&with[at]))
        };
        let mut named: Vec<usize> = order.iter().copied().filter(|&at| turned(at)).collect();
        let more = named.len().saturating_sub(NAMED);
        named.truncate(NAMED);
        if named.is_empty() {
            return Some(format!(
                "Without {}, no property moves by more than {:.1} points ({}), and no direction becomes sure or unsure.",
                self.left_out,
                moved(largest),
                label(largest),
            ));
        }
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        Some(format!(
            "The choice of terms changes answers: without {}, {}{more}.",
            self.left_out,
            named.into_iter().map(both).collect::<Vec<_>>().join("; "),
        ))
    }
}
