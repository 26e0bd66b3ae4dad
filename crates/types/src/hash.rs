//! One hash that never changes: for what is kept on disk, and for figures that must be the same with every compiler.

use std::hash::{Hash, Hasher};

use siphasher::sip::SipHasher13;

/// SipHash-1-3 with a key of zeros: the same on every machine and with every version of Rust.
#[derive(Debug, Clone)]
pub struct FixedHasher(SipHasher13);

impl Default for FixedHasher {
    fn default() -> Self {
        Self(SipHasher13::new())
    }
}

impl Hasher for FixedHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    fn finish(&self) -> u64 {
        self.0.finish()
    }
}

/// The hash of one value.
pub fn fixed(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = FixedHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_stay() {
        // As the standard library hashes by default today, so that figures are those of earlier versions.
        use std::hash::DefaultHasher;
        let usual = |value: &dyn Fn(&mut DefaultHasher)| {
            let mut hasher = DefaultHasher::new();
            value(&mut hasher);
            hasher.finish()
        };
        for text in ["", "What is heavy?", "granit\u{e9}", &"x".repeat(1000)] {
            assert_eq!(fixed(text), usual(&|hasher| text.hash(hasher)));
        }
        assert_eq!(fixed(&("a", 7_u64, 'c')), usual(&|hasher| ("a", 7_u64, 'c').hash(hasher)));
        let list = vec!["a".to_owned(), String::new()];
        assert_eq!(fixed(&list), usual(&|hasher| list.hash(hasher)));
    }
}
