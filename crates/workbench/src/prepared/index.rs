//! The position of a pair in the study, by its id.

use std::collections::HashSet;
use std::hash::BuildHasher;

/// Half of each id's hash above the number of its row, ascending: eight bytes a pair.
#[derive(Debug)]
pub(super) struct Index(Vec<u64>);

impl Index {
    /// Of all ids in their order.
    pub(super) fn of<'a>(ids: impl Iterator<Item = &'a str>) -> Self {
        let mut places: Vec<u64> =
            ids.zip(0_u64..).map(|(id, row)| u64::from(half(id)) << 32 | row).collect();
        places.sort_unstable();
        Self(places)
    }

    /// A row whose id an earlier row has, by the ids of the rows.
    pub(super) fn repeated<'a>(&self, id: impl Fn(usize) -> &'a str) -> Option<usize> {
        let alike = self.0.chunk_by(|one, next| upper(*one) == upper(*next)).filter(|alike| alike.len() > 1);
        alike.into_iter().find_map(|alike| {
            let rows = || alike.iter().map(|place| *place as u32 as usize);
            let mut seen = HashSet::new();
            rows().find(|row| !seen.insert(id(*row)))
        })
    }

    /// The rows, ascending, whose id may be this one.
    pub(super) fn rows(&self, id: &str) -> impl Iterator<Item = usize> {
        let half = half(id);
        let from = self.0.partition_point(|place| upper(*place) < half);
        self.0[from..]
            .iter()
            .take_while(move |place| upper(**place) == half)
            .map(|place| *place as u32 as usize)
    }
}

fn half(id: &str) -> u32 {
    upper(foldhash::fast::FixedState::default().hash_one(id))
}

fn upper(place: u64) -> u32 {
    (place >> 32) as u32
}
