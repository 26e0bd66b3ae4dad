//! How rows lie in memory: groups of rows, column by column, aligned to cache lines, padded with zeros.

use pulp::bytemuck::Pod;

/// Bytes of one column of one group: eight vectors of the widest instruction set.
const GROUP_BYTES: usize = 512;

/// A vector whose first element lies on a cache line, so that no wide load crosses two.
#[derive(Debug)]
pub(crate) struct Aligned<T> {
    buffer: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Copy> Aligned<T> {
    pub(crate) fn new(value: T, len: usize) -> Self {
        let buffer = vec![value; len + 64 / size_of::<T>()];
        let start = buffer.as_ptr().align_offset(64).min(buffer.len() - len);
        Self { buffer, start, len }
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        &self.buffer[self.start..self.start + self.len]
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.buffer[self.start..self.start + self.len]
    }
}

impl<T: Copy + Pod> Clone for Aligned<T> {
    fn clone(&self) -> Self {
        let mut copy = Self::new(T::zeroed(), self.len);
        copy.as_mut_slice().copy_from_slice(self.as_slice());
        copy
    }
}

/// Rows in groups of [`RowPack::GROUP`]: element (row, column) lies at
/// `(row / GROUP * columns + column) * GROUP + row % GROUP`. Rows past the last are zero.
#[derive(Debug, Clone)]
pub(crate) struct RowPack<T: Copy + Pod> {
    pub(crate) data: Aligned<T>,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl<T: Copy + Pod> RowPack<T> {
    /// Rows of one group.
    pub(crate) const GROUP: usize = GROUP_BYTES / size_of::<T>();

    pub(crate) fn groups(&self) -> usize {
        self.rows.div_ceil(Self::GROUP)
    }

    /// Rows with the padding.
    pub(crate) fn padded(&self) -> usize {
        self.groups() * Self::GROUP
    }

    /// One group: `columns * GROUP` elements, column after column.
    #[inline(always)]
    pub(crate) fn group(&self, index: usize) -> &[T] {
        let len = self.columns * Self::GROUP;
        &self.data.as_slice()[index * len..(index + 1) * len]
    }

    /// A per-row vector, padded with `fill`.
    pub(crate) fn per_row(&self, values: impl Iterator<Item = T>, fill: T) -> Aligned<T> {
        let mut out = Aligned::new(fill, self.padded());
        for (slot, value) in out.as_mut_slice()[..self.rows].iter_mut().zip(values) {
            *slot = value;
        }
        out
    }

    fn index(&self, row: usize, column: usize) -> usize {
        (row / Self::GROUP * self.columns + column) * Self::GROUP + row % Self::GROUP
    }
}

impl RowPack<f64> {
    /// Packs the rows `kept` of a row-major table.
    pub(crate) fn new(x: &[f64], columns: usize, kept: &[usize]) -> Self {
        let rows = kept.len();
        let groups = rows.div_ceil(Self::GROUP);
        let mut pack = Self { data: Aligned::new(0.0, groups * Self::GROUP * columns), rows, columns };
        for (row, &source) in kept.iter().enumerate() {
            for column in 0..columns {
                let index = pack.index(row, column);
                pack.data.as_mut_slice()[index] = x[source * columns + column];
            }
        }
        pack
    }

    pub(crate) fn plain(&self) -> Vec<Vec<f64>> {
        let data = self.data.as_slice();
        (0..self.rows)
            .map(|row| (0..self.columns).map(|column| data[self.index(row, column)]).collect())
            .collect()
    }

    /// The same rows in single precision.
    pub(crate) fn narrow(&self) -> RowPack<f32> {
        let (wide, half) = (RowPack::<f32>::GROUP, Self::GROUP);
        let groups = self.rows.div_ceil(wide);
        let mut data = Aligned::new(0.0_f32, groups * wide * self.columns);
        // A group of f32 holds the rows of two groups of f64, one after the other in every column.
        for g in 0..self.groups() {
            let from = self.group(g).chunks_exact(half);
            let start = g / 2 * wide * self.columns + g % 2 * half;
            let to = data.as_mut_slice()[start..].chunks_mut(wide);
            for (to, from) in to.zip(from) {
                for (to, &from) in to[..half].iter_mut().zip(from) {
                    *to = from as f32;
                }
            }
        }
        RowPack { data, rows: self.rows, columns: self.columns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_keeps_every_value_in_its_place() {
        let x: Vec<f64> = (0..3 * 200).map(f64::from).collect();
        let kept: Vec<usize> = (0..200).filter(|row| row % 7 != 0).collect();
        let pack = RowPack::new(&x, 3, &kept);
        let plain = pack.plain();
        for (row, &source) in kept.iter().enumerate() {
            assert_eq!(plain[row], x[source * 3..source * 3 + 3]);
        }
        assert_eq!(pack.data.as_slice().as_ptr().align_offset(64), 0);
        assert_eq!(pack.padded() % 64, 0);
        let narrow = pack.narrow();
        assert_eq!(narrow.padded() % 128, 0);
        for (row, &source) in kept.iter().enumerate() {
            for column in 0..3 {
                let got = narrow.data.as_slice()[narrow.index(row, column)];
                assert_eq!(f64::from(got), x[source * 3 + column]);
            }
        }
    }
}
