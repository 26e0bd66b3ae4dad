//! Which pairs of a study a slice takes, and which of them is the N-th.

/// Pairs after which they are counted.
const BLOCK: usize = 1024;

/// The pairs of a slice: a byte for each pair of the study, empty if it takes all.
#[derive(Debug)]
pub(crate) struct Places {
    /// Pairs of the study.
    all: usize,
    /// The orders of presentation in which verdicts on each pair are taken, a bit each; 0: the pair is not in the slice.
    orders: Option<Vec<u8>>,
    /// How many are taken before each block.
    before: Vec<u32>,
    count: usize,
}

impl Places {
    /// Every pair.
    pub(crate) fn every(all: usize) -> Self {
        Self { all, orders: None, before: Vec::new(), count: all }
    }

    pub(crate) fn of(orders: Vec<u8>) -> Self {
        let mut count = 0;
        let mut before = Vec::with_capacity(orders.len().div_ceil(BLOCK));
        for block in orders.chunks(BLOCK) {
            before.push(count as u32);
            count += taken(block);
        }
        Self { all: orders.len(), orders: Some(orders), before, count }
    }

    /// The orders in which verdicts are taken; `None`: all on every pair.
    pub(crate) fn orders(&self) -> Option<&[u8]> {
        self.orders.as_deref()
    }

    /// How many pairs there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn has(&self, row: usize) -> bool {
        row < self.all && self.orders.as_ref().is_none_or(|orders| orders[row] != 0)
    }

    /// How many of its pairs come before this one in the order of the study.
    pub(crate) fn before(&self, row: usize) -> usize {
        let Some(orders) = &self.orders else { return row.min(self.all) };
        let row = row.min(orders.len());
        let start = row / BLOCK * BLOCK;
        let counted = self.before.get(row / BLOCK).map_or(self.count, |before| *before as usize);
        counted + taken(&orders[start..row])
    }

    /// Whether it takes the same pairs as another slice of the study.
    pub(crate) fn same_pairs(&self, other: &Self) -> bool {
        self.count == other.count && self.shared(other) == self.count
    }

    /// About `most` of its pairs, drawn at random once and for all: each pair has a fixed number, and those with the least are taken. So a
    /// slice has the same sample whenever it is asked about, and a smaller slice has all its pairs of the larger one's. `None`: there are fewer
    /// than twice as many, all of which are counted almost as soon.
    pub(crate) fn sampled(&self, most: usize) -> Option<Self> {
        if self.count < most.saturating_mul(2) {
            return None;
        }
        let below = most as f64 / self.count as f64;
        let taken = |row: usize| drawn(row) < below;
        let orders = match &self.orders {
            None => (0..self.all).map(|row| if taken(row) { u8::MAX } else { 0 }).collect(),
            Some(orders) => orders
                .iter()
                .enumerate()
                .map(|(row, orders)| if *orders != 0 && taken(row) { *orders } else { 0 })
                .collect(),
        };
        Some(Self::of(orders))
    }

    /// How many pairs both slices take.
    pub(crate) fn shared(&self, other: &Self) -> usize {
        match (&self.orders, &other.orders) {
            (None, _) => other.count,
            (_, None) => self.count,
            (Some(own), Some(other)) => own.iter().zip(other).filter(|(a, b)| **a != 0 && **b != 0).count(),
        }
    }

    /// Up to `most` pairs after the first `from`, in the order of the study.
    pub(crate) fn some(&self, from: usize, most: usize) -> Vec<u32> {
        let Some(orders) = &self.orders else {
            return (from.min(self.all)..from.saturating_add(most).min(self.all))
                .map(|row| row as u32)
                .collect();
        };
        // The last block with no more before it.
        let block = self.before.partition_point(|before| *before as usize <= from).saturating_sub(1);
        let passed = from - self.before.get(block).map_or(from, |before| *before as usize);
        let rows = (block * BLOCK..orders.len()).filter(|row| orders[*row] != 0);
        rows.skip(passed).take(most).map(|row| row as u32).collect()
    }
}

/// The fixed number of a pair, as good as uniform in 0..1: the finaliser of `SplitMix64` (Steele, Lea and Flood, 2014) on its place in the study.
pub(crate) fn drawn(row: usize) -> f64 {
    let mut z = (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    // As many digits as a number has.
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn taken(orders: &[u8]) -> usize {
    orders.iter().filter(|orders| **orders != 0).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_passed_over_by_blocks_is_what_is_counted(
            seed in 0_usize..40, all in 0_usize..5000, from in 0_usize..6000, most in 1_usize..300,
        ) {
            let orders: Vec<u8> = (0..all).map(|row| u8::from((row * row + seed) % (seed + 1) < 2)).collect();
            let plain: Vec<u32> = (0..all as u32).filter(|row| orders[*row as usize] != 0).collect();
            let places = Places::of(orders);
            prop_assert_eq!(places.count(), plain.len());
            let wanted: Vec<u32> = plain.iter().copied().skip(from).take(most).collect();
            prop_assert_eq!(places.some(from, most), wanted);
            let every: Vec<u32> = (0..all as u32).skip(from).take(most).collect();
            prop_assert_eq!(Places::every(all).some(from, most), every);
            for (nth, row) in plain.iter().enumerate() {
                prop_assert_eq!(places.before(*row as usize), nth);
            }
            prop_assert_eq!(places.before(all), plain.len());
            let every = Places::every(all);
            for whole in [&places, &every] {
                let Some(sample) = whole.sampled(most) else {
                    prop_assert!(whole.count() < 2 * most);
                    continue;
                };
                // Six standard deviations.
                let off = sample.count().abs_diff(most) as f64;
                prop_assert!(off <= 6.0 * (most as f64).sqrt() + 1.0, "{} of {most}", sample.count());
                prop_assert_eq!(sample.shared(whole), sample.count());
                prop_assert!(sample.same_pairs(&whole.sampled(most).expect("the same")));
                // A smaller slice keeps what the sample of the larger one has of it.
                if let (Some(larger), true) = (every.sampled(most), whole.count() < all) {
                    let kept = (0..all).filter(|row| larger.has(*row) && whole.has(*row));
                    prop_assert!(kept.into_iter().all(|row| sample.has(row)));
                }
            }
            prop_assert!(!places.has(all) && plain.iter().all(|row| places.has(*row as usize)));
        }
    }
}
