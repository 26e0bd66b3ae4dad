//! What can be rated: the catalogue of properties, their scales and how two ratings compare.

mod catalogue;
mod entry;

pub use catalogue::CATALOGUE;
pub use entry::{Applies, Property, Rule, Scale};

/// The 29 properties, without their parts.
pub fn core_properties() -> impl Iterator<Item = &'static Property> {
    CATALOGUE.iter().filter(|p| p.part_of.is_none())
}

/// Whether a property is in a fit if none are named: the 29, and the parts that add to them on unseen verdicts (`benchmarks/RESULTS.md`).
pub fn in_every_fit(property: &Property) -> bool {
    property.part_of.is_none() || ["paragraphs", "request_words"].contains(&property.id)
}

/// The parts of one property.
pub fn parts_of(id: &str) -> impl Iterator<Item = &'static Property> {
    CATALOGUE.iter().filter(move |p| p.part_of == Some(id))
}

/// The property of that id.
pub fn property(id: &str) -> Option<&'static Property> {
    CATALOGUE.iter().find(|p| p.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_holds_the_29_in_the_order_of_the_weight_files() {
        let indices: Vec<u8> = CATALOGUE.iter().filter_map(|p| p.index).collect();
        assert_eq!(indices, (0..29).collect::<Vec<u8>>());
        assert_eq!(core_properties().count(), 29);
        let mut ids: Vec<_> = CATALOGUE.iter().map(|p| p.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), CATALOGUE.len());
        assert!(CATALOGUE.iter().filter_map(|p| p.part_of).all(|whole| property(whole).is_some()));
    }

    #[test]
    fn a_property_has_one_name() {
        assert!(CATALOGUE.iter().all(|p| p.short == p.label.to_lowercase()));
    }

    #[test]
    fn length_needs_a_noticeable_margin() {
        let longer = |s, l| Rule::Length.compare(l, s);
        // Short ones, by the table.
        for (s, reach) in [(0, 1), (1, 3), (2, 5), (3, 7), (4, 8), (5, 10), (11, 19)] {
            assert_eq!(longer(f64::from(s), f64::from(reach)), 1, "{s} {reach}");
            assert_eq!(longer(f64::from(s), f64::from(reach - 1)), 0, "{s} {reach}");
        }
        // 0.7 x 40 = 28, difference 12; 0.8 x 100 = 80, difference 20; 0.9 x 400 = 360, difference 40.
        assert_eq!(longer(28.0, 40.0), 1);
        assert_eq!(longer(29.0, 40.0), 0);
        assert_eq!(longer(80.0, 100.0), 1);
        assert_eq!(longer(81.0, 100.0), 0);
        assert_eq!(longer(360.0, 400.0), 1);
        assert_eq!(longer(361.0, 400.0), 0);
        assert_eq!(Rule::Length.compare(28.0, 40.0), -1);
    }

    #[test]
    fn relevance_and_error_counts_have_rules_of_their_own() {
        assert_eq!(Rule::Relevance.compare(1.0, 0.0), 1);
        assert_eq!(Rule::Relevance.compare(3.0, 1.0), 0);
        assert_eq!(Rule::Relevance.compare(0.0, 0.0), 0);
        assert_eq!(Rule::FewerIsBetter.compare(0.0, 2.0), 1);
        assert_eq!(Rule::Sign.compare(f64::NAN, 1.0), 0);
    }
}
