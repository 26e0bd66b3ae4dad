//! The numbers of all pairs: one byte each while all of them are comparisons, eight from the first other number.

/// Marks a missing number.
pub(crate) const MISSING: i8 = i8::MIN;

/// A sequence of numbers; NaN where one is missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Values(Kind);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// Whole numbers from -127 to 127, such as the comparisons -1, 0 and 1.
    Small(Vec<i8>),
    Wide(Vec<f64>),
}

impl Default for Values {
    fn default() -> Self {
        Self(Kind::Small(Vec::new()))
    }
}

impl Values {
    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Kind::Small(values) => values.len(),
            Kind::Wide(values) => values.len(),
        }
    }

    /// Whether there are no numbers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, if each is a byte; [`MISSING`] for missing ones.
    pub(crate) fn small(&self) -> Option<&[i8]> {
        match &self.0 {
            Kind::Small(values) => Some(values),
            Kind::Wide(_) => None,
        }
    }

    /// The number there.
    ///
    /// # Panics
    ///
    /// Beyond the last.
    pub fn at(&self, index: usize) -> f64 {
        match &self.0 {
            Kind::Small(values) => widened(values[index]),
            Kind::Wide(values) => values[index],
        }
    }

    /// The numbers from `from` on, `count` of them.
    ///
    /// # Panics
    ///
    /// Beyond the last.
    pub fn some(&self, from: usize, count: usize) -> impl ExactSizeIterator<Item = f64> + Clone + '_ {
        (from..from + count).map(|index| self.at(index))
    }

    /// All numbers.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = f64> + Clone + '_ {
        self.some(0, self.len())
    }

    /// Gives back what was reserved for more of them.
    pub fn shrink(&mut self) {
        match &mut self.0 {
            Kind::Small(values) => values.shrink_to_fit(),
            Kind::Wide(values) => values.shrink_to_fit(),
        }
    }

    /// Adds one.
    pub fn push(&mut self, value: f64) {
        match (&mut self.0, narrowed(value)) {
            (Kind::Wide(values), _) => values.push(value),
            (Kind::Small(values), Some(small)) => values.push(small),
            (Kind::Small(values), None) => {
                let mut wide: Vec<f64> = values.iter().map(|small| widened(*small)).collect();
                wide.push(value);
                self.0 = Kind::Wide(wide);
            }
        }
    }
}

impl Extend<f64> for Values {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.push(value));
    }
}

impl FromIterator<f64> for Values {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut out = Self::default();
        out.extend(values);
        out
    }
}

fn widened(small: i8) -> f64 {
    if small == MISSING { f64::NAN } else { f64::from(small) }
}

/// `None` if a byte cannot represent it. A negative zero is a zero: no difference.
fn narrowed(value: f64) -> Option<i8> {
    if value.is_nan() {
        return Some(MISSING);
    }
    (value.fract() == 0.0 && value.abs() <= 127.0).then_some(value as i8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out(numbers in prop::collection::vec(
            prop_oneof![Just(f64::NAN), (-130_i16..130).prop_map(f64::from), -2.0_f64..2.0, Just(f64::INFINITY)], 0..60,
        )) {
            let values: Values = numbers.iter().copied().collect();
            prop_assert_eq!(values.len(), numbers.len());
            for (found, number) in values.iter().zip(&numbers) {
                prop_assert!(found == *number || (found.is_nan() && number.is_nan()), "{} {}", found, number);
            }
        }
    }

    #[test]
    fn comparisons_take_a_byte_each() {
        let mut values: Values = [1.0, -1.0, 0.0, -0.0, f64::NAN].into_iter().collect();
        assert!(matches!(&values.0, Kind::Small(bytes) if *bytes == [1, -1, 0, 0, MISSING]));
        values.push(0.5);
        assert!(matches!(values.0, Kind::Wide(_)));
        assert!(values.at(4).is_nan() && values.at(1) == -1.0 && values.at(5) == 0.5);
    }
}
