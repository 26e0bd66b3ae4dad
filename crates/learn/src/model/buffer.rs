//! Room for the numbers of a pass, used again and again: fresh memory would have to be cleared by the system and again by us, though nearly
//! all of it is overwritten.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Buffers that are not in use at the moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spare(Arc<Mutex<Vec<Vec<f32>>>>);

/// Numbers that return to their pool when they are dropped.
#[derive(Debug)]
pub(crate) struct Buffer {
    data: Vec<f32>,
    length: usize,
    home: Spare,
}

impl Spare {
    fn all(&self) -> MutexGuard<'_, Vec<Vec<f32>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A buffer of this length with arbitrary contents: to be written before it is read.
    ///
    /// The smallest room that is large enough; without one, the largest that is too small is given back to the system for new room, so that
    /// there is never more of it than was in use at once.
    pub(crate) fn take(&self, length: usize) -> Buffer {
        let mut all = self.all();
        let large = (0..all.len()).filter(|at| all[*at].len() >= length).min_by_key(|at| all[*at].len());
        let data = if let Some(at) = large {
            all.swap_remove(at)
        } else {
            if let Some(at) = (0..all.len()).max_by_key(|at| all[*at].len()) {
                all.swap_remove(at);
            }
            vec![0.0; length]
        };
        Buffer { data, length, home: self.clone() }
    }

    /// A buffer of this length with zeros.
    pub(crate) fn zeros(&self, length: usize) -> Buffer {
        let mut buffer = self.take(length);
        buffer.fill(0.0);
        buffer
    }

    /// A copy.
    pub(crate) fn copy(&self, of: &[f32]) -> Buffer {
        let mut buffer = self.take(of.len());
        buffer.copy_from_slice(of);
        buffer
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.data[..self.length]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.data[..self.length]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if !self.data.is_empty() {
            self.home.all().push(std::mem::take(&mut self.data));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_used_again_and_does_not_grow() {
        let spare = Spare::default();
        drop([spare.take(10), spare.take(20)]);
        {
            let small = spare.zeros(8);
            assert_eq!((&*small, small.data.len()), (&[0.0; 8][..], 10));
            assert_eq!(spare.copy(&[1.0, 2.0])[..], [1.0, 2.0]);
        }
        assert_eq!(spare.all().len(), 2);
        assert_eq!(spare.take(30).len(), 30);
        let mut lengths: Vec<usize> = spare.all().iter().map(Vec::len).collect();
        lengths.sort_unstable();
        assert_eq!(lengths, [10, 30]);
    }
}
