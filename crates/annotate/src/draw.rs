//! Which order does a pair get?

/// A fair draw that depends on the pair's id and the seed alone, so that a rerun asks the same.
pub(crate) fn drawn(id: &str, seed: u64) -> bool {
    let mut hash = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xcbf2_9ce4_8422_2325;
    for byte in id.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (hash ^ (hash >> 31)) & 1 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_orders_are_fair_and_the_same_again() {
        let first: Vec<bool> = (0..4000).map(|i| drawn(&format!("pair-{i}"), 7)).collect();
        let ab = first.iter().filter(|ab| **ab).count();
        assert!((1850..2150).contains(&ab), "{ab}");
        assert_eq!(first, (0..4000).map(|i| drawn(&format!("pair-{i}"), 7)).collect::<Vec<_>>());
        assert_ne!(first, (0..4000).map(|i| drawn(&format!("pair-{i}"), 8)).collect::<Vec<_>>());
    }
}
