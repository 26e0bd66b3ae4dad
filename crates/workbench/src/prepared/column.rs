//! Columns in memory: numbers and names, each as small as it can be without losing a digit.

use foldhash::{HashMap, HashMapExt};
use predilect_types::Interner;

/// No value.
pub(crate) const NONE: u32 = u32::MAX;

/// A column of names, each stored once; if all rows have the same name, only that is stored.
#[derive(Debug, Default)]
pub(crate) struct Names {
    known: Interner,
    rows: usize,
    /// Empty while all rows have the same.
    of: Vec<u32>,
    /// What all rows have so far.
    only: Option<u32>,
}

impl Names {
    pub(crate) fn push(&mut self, name: Option<&str>) {
        let code = name.map_or(NONE, |name| self.known.get(name));
        if self.of.is_empty() {
            if *self.only.get_or_insert(code) == code {
                self.rows += 1;
                return;
            }
            self.of = vec![self.only.unwrap_or(NONE); self.rows];
        }
        self.of.push(code);
        self.rows += 1;
    }

    pub(crate) fn shrink(&mut self) {
        self.of.shrink_to_fit();
    }

    /// The number of each row's name, [`NONE`] if it has none; `None` if all have the same.
    pub(crate) fn codes(&self) -> Option<&[u32]> {
        (!self.of.is_empty()).then_some(self.of.as_slice())
    }

    /// The number of a row's name, [`NONE`] if it has none.
    pub(crate) fn code(&self, row: usize) -> u32 {
        self.of.get(row).copied().or(self.only).unwrap_or(NONE)
    }

    pub(crate) fn get(&self, row: usize) -> Option<&str> {
        self.name(self.code(row))
    }

    pub(crate) fn name(&self, code: u32) -> Option<&str> {
        self.known.list().get(code as usize).map(String::as_str)
    }

    /// All names, each at its number.
    pub(crate) fn names(&self) -> &[String] {
        self.known.list()
    }
}

/// A sequence of texts.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    bytes: String,
    ends: Vec<u64>,
}

impl Texts {
    pub(crate) fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len() as u64);
    }

    pub(crate) fn get(&self, row: usize) -> &str {
        let from = if row == 0 { 0 } else { self.ends[row - 1] as usize };
        &self.bytes[from..self.ends[row] as usize]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|row| self.get(row))
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

/// Numbers: a byte each while there are at most 256 different ones.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    kind: NumberKind,
    index: HashMap<u64, u8>,
}

#[derive(Debug)]
enum NumberKind {
    Few(Vec<u8>, Vec<f64>),
    Many(Vec<f64>),
}

impl Default for NumberKind {
    fn default() -> Self {
        Self::Few(Vec::new(), Vec::new())
    }
}

impl Numbers {
    pub(crate) fn push(&mut self, number: f64) {
        if let NumberKind::Few(codes, values) = &mut self.kind {
            if let Some(code) = self.index.get(&number.to_bits()) {
                codes.push(*code);
                return;
            }
            if let Ok(code) = u8::try_from(values.len()) {
                self.index.insert(number.to_bits(), code);
                values.push(number);
                codes.push(code);
                return;
            }
            let all = codes.iter().map(|code| values[usize::from(*code)]).collect();
            self.kind = NumberKind::Many(all);
        }
        if let NumberKind::Many(all) = &mut self.kind {
            all.push(number);
        }
    }

    pub(crate) fn shrink(&mut self) {
        match &mut self.kind {
            NumberKind::Few(codes, _) => codes.shrink_to_fit(),
            NumberKind::Many(all) => all.shrink_to_fit(),
        }
    }

    pub(crate) fn get(&self, row: usize) -> f64 {
        match &self.kind {
            NumberKind::Few(codes, values) => values[usize::from(codes[row])],
            NumberKind::Many(all) => all[row],
        }
    }
}

/// The value on both sides of an unrated row, which is different from a missing rating.
const UNRATED: u64 = 0x7ff8_0000_0000_dead;

/// What was rated of A and B; NaN where a rating is missing.
pub(crate) type Sides = [f64; 2];

/// Ratings of A and B, row by row: a byte for both while there are at most 256 combinations, two bytes each while there are at most 65,536
/// different numbers.
#[derive(Debug, Clone)]
pub(crate) struct Rated {
    kind: RatedKind,
    combined: HashMap<[u64; 2], u8>,
    single: HashMap<u64, u16>,
}

#[derive(Debug, Clone)]
enum RatedKind {
    Combined(Vec<u8>, Vec<Sides>),
    Single(Vec<[u16; 2]>, Vec<f64>),
    Plain(Vec<Sides>),
}

impl Rated {
    /// With this many unrated rows.
    pub(crate) fn unrated(rows: usize) -> Self {
        let nobody = [f64::from_bits(UNRATED); 2];
        let mut combined = HashMap::new();
        combined.insert(nobody.map(f64::to_bits), 0);
        Self { kind: RatedKind::Combined(vec![0; rows], vec![nobody]), combined, single: HashMap::new() }
    }

    pub(crate) fn rows(&self) -> usize {
        match &self.kind {
            RatedKind::Combined(codes, _) => codes.len(),
            RatedKind::Single(codes, _) => codes.len(),
            RatedKind::Plain(all) => all.len(),
        }
    }

    pub(crate) fn shrink(&mut self) {
        match &mut self.kind {
            RatedKind::Combined(codes, _) => codes.shrink_to_fit(),
            RatedKind::Single(codes, _) => codes.shrink_to_fit(),
            RatedKind::Plain(all) => all.shrink_to_fit(),
        }
    }

    /// The ratings of a row; `None` if it is unrated.
    pub(crate) fn get(&self, row: usize) -> Option<Sides> {
        let sides = match &self.kind {
            RatedKind::Combined(codes, values) => values[usize::from(codes[row])],
            RatedKind::Single(codes, values) => codes[row].map(|code| values[usize::from(code)]),
            RatedKind::Plain(all) => all[row],
        };
        (sides[0].to_bits() != UNRATED).then_some(sides)
    }

    /// The combinations, where there are few of them; see [`Rated::code`].
    pub(crate) fn combinations(&self) -> Option<Vec<Option<Sides>>> {
        let RatedKind::Combined(_, values) = &self.kind else { return None };
        let known = |sides: &Sides| (sides[0].to_bits() != UNRATED).then_some(*sides);
        Some(values.iter().map(known).collect())
    }

    /// The number of a row's combination, where there are few of them.
    pub(crate) fn code(&self, row: usize) -> Option<u8> {
        match &self.kind {
            RatedKind::Combined(codes, _) => Some(codes[row]),
            _ => None,
        }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, sides: Sides) {
        let row = self.rows();
        match &mut self.kind {
            RatedKind::Combined(codes, _) => codes.push(0),
            RatedKind::Single(codes, _) => {
                // Unrated, until it is set.
                codes.push([0; 2]);
            }
            RatedKind::Plain(all) => all.push([f64::from_bits(UNRATED); 2]),
        }
        self.set(row, sides);
    }

    /// Notes the ratings of a row.
    pub(crate) fn set(&mut self, row: usize, sides: Sides) {
        // One bit pattern for all that is missing.
        let sides = sides.map(|x| if x.is_nan() { f64::NAN } else { x });
        let bits = sides.map(f64::to_bits);
        if let RatedKind::Combined(codes, values) = &mut self.kind {
            if let Some(code) = self.combined.get(&bits) {
                codes[row] = *code;
                return;
            }
            if let Ok(code) = u8::try_from(values.len()) {
                self.combined.insert(bits, code);
                values.push(sides);
                codes[row] = code;
                return;
            }
            self.widen();
        }
        if let RatedKind::Single(codes, values) = &mut self.kind {
            let mut code = |bits: u64| {
                if let Some(code) = self.single.get(&bits) {
                    Some(*code)
                } else {
                    let code = u16::try_from(values.len()).ok()?;
                    values.push(f64::from_bits(bits));
                    self.single.insert(bits, code);
                    Some(code)
                }
            };
            if let (Some(a), Some(b)) = (code(bits[0]), code(bits[1])) {
                codes[row] = [a, b];
                return;
            }
            let all = codes.iter().map(|two| two.map(|code| values[usize::from(code)])).collect();
            self.kind = RatedKind::Plain(all);
            self.single = HashMap::new();
        }
        if let RatedKind::Plain(all) = &mut self.kind {
            all[row] = sides;
        }
    }

    /// From combinations to single numbers; the first of them means unrated.
    fn widen(&mut self) {
        let RatedKind::Combined(codes, combinations) = &self.kind else { return };
        let mut values: Vec<f64> = Vec::new();
        let mut index: HashMap<u64, u16> = HashMap::new();
        let mut code = |x: f64| {
            *index.entry(x.to_bits()).or_insert_with(|| {
                values.push(x);
                (values.len() - 1) as u16
            })
        };
        let coded: Vec<[u16; 2]> = combinations.iter().map(|sides| sides.map(&mut code)).collect();
        let codes = codes.iter().map(|at| coded[usize::from(*at)]).collect();
        self.kind = RatedKind::Single(codes, values);
        self.single = index;
        self.combined = HashMap::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Few and many different numbers, set in any order: what was set is what is there.
        #[test]
        fn what_is_set_is_there(
            rows in prop::collection::vec((0_usize..400, -3_i32..60_000, prop::option::of(0_u8..3)), 1..900),
            spread in 1_i32..3000,
        ) {
            let mut column = Rated::unrated(400);
            let mut plain: Vec<Option<Sides>> = vec![None; 400];
            for (row, a, b) in rows {
                let sides = [f64::from(a % spread), b.map_or(f64::NAN, f64::from)];
                column.set(row, sides);
                plain[row] = Some(sides);
            }
            column.push([7.5, f64::NAN]);
            plain.push(Some([7.5, f64::NAN]));
            for (row, expected) in plain.iter().enumerate() {
                let bits = |sides: &Option<Sides>| sides.map(|sides| sides.map(f64::to_bits));
                prop_assert_eq!(bits(&column.get(row)), bits(expected));
            }
        }
    }

    #[test]
    fn more_different_numbers_than_two_bytes_tell_are_kept_as_they_are() {
        let mut column = Rated::unrated(0);
        let value = |row: u32| f64::from(row) * 0.1;
        (0..70_000).for_each(|row| column.push([value(row), -value(row)]));
        assert!(matches!(column.kind, RatedKind::Plain(_)));
        assert!((0..70_000).all(|row| column.get(row as usize) == Some([value(row), -value(row)])));
        let mut numbers = Numbers::default();
        (0..300).for_each(|row| numbers.push(value(row)));
        assert!((0..300).all(|row| numbers.get(row as usize) == value(row)));
    }

    #[test]
    fn texts_and_names_come_back() {
        let mut texts = Texts::default();
        for text in ["a", "", "häß"] {
            texts.push(text);
        }
        assert_eq!(texts.iter().collect::<Vec<_>>(), ["a", "", "häß"]);
        let mut names = Names::default();
        for name in [Some("x"), Some("x"), None, Some("y"), Some("x")] {
            names.push(name);
            assert_eq!(names.get(0), Some("x"));
        }
        assert_eq!(names.codes(), Some(&[0, 0, NONE, 1, 0][..]));
        assert_eq!((names.get(4), names.get(2), names.names().len()), (Some("x"), None, 2));
        let mut nothing = Names::default();
        nothing.push(None);
        assert_eq!((nothing.get(0), nothing.codes()), (None, None));
    }
}
