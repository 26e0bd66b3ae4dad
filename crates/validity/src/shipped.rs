//! Which ordered pairs come with Predilect?

use crate::ordered::Ordered;
use crate::{by_rule, written};

/// All pairs that come with Predilect, in the order of the catalogue.
pub fn shipped() -> Vec<Ordered> {
    let mut all = written::pairs();
    all.extend(by_rule::pairs());
    let place = |id: &str| predilect_types::CATALOGUE.iter().position(|property| property.id == id);
    all.sort_by_key(|pair| place(&pair.property));
    all
}
