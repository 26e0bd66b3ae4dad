//! The memory layout of rows: groups of rows, column by column, aligned to cache lines, padded with zeros.

use std::sync::Arc;

use pulp::bytemuck::Pod;

use crate::lanes::Narrow;

/// Bytes of one column of one group: eight vectors of the widest instruction set.
const GROUP_BYTES: usize = 512;

/// A vector whose first element is aligned to a cache line, so that no wide load crosses two.
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

/// Rows of a group of bytes: the most that a group of floats has.
const SMALL_GROUP: usize = GROUP_BYTES / size_of::<f32>();

/// Rows in groups of [`RowPack::GROUP`]: element (row, column) is at `(row / GROUP * columns + column) * GROUP + row % GROUP`. Rows past
/// the last are zero.
#[derive(Debug, Clone)]
pub(crate) struct RowPack<T: Copy + Pod> {
    data: Data<T>,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

#[derive(Debug, Clone)]
enum Data<T: Copy + Pod> {
    Wide(Aligned<T>),
    /// Whole numbers of a byte in groups of [`SMALL_GROUP`], made floats group by group while these are in the nearest cache: an eighth of
    /// the memory, and not slower.
    Small(Arc<Aligned<i8>>),
}

impl<T: Copy + Pod + Narrow> RowPack<T> {
    /// Rows of one group.
    pub(crate) const GROUP: usize = GROUP_BYTES / size_of::<T>();

    /// Space for the floats of one group; empty if they are in memory already.
    pub(crate) fn buffer(&self) -> Aligned<T> {
        let len = if matches!(self.data, Data::Small(_)) { self.columns * Self::GROUP } else { 0 };
        Aligned::new(T::zeroed(), len)
    }

    pub(crate) fn groups(&self) -> usize {
        self.rows.div_ceil(Self::GROUP)
    }

    /// Rows with the padding.
    pub(crate) fn padded(&self) -> usize {
        self.groups() * Self::GROUP
    }

    /// One group: `columns * GROUP` elements, column after column; `buffer` is [`RowPack::buffer`]'s.
    #[inline(always)]
    pub(crate) fn group<'a>(&'a self, index: usize, buffer: &'a mut Aligned<T>) -> &'a [T] {
        let len = self.columns * Self::GROUP;
        match &self.data {
            Data::Wide(data) => &data.as_slice()[index * len..(index + 1) * len],
            Data::Small(data) => {
                let row = index * Self::GROUP;
                let start = row / SMALL_GROUP * SMALL_GROUP * self.columns + row % SMALL_GROUP;
                let from = data.as_slice()[start..].chunks(SMALL_GROUP);
                for (to, from) in buffer.as_mut_slice().chunks_exact_mut(Self::GROUP).zip(from) {
                    for (to, from) in to.iter_mut().zip(&from[..Self::GROUP]) {
                        *to = T::small(*from);
                    }
                }
                buffer.as_slice()
            }
        }
    }

    /// Every n-th whole group of rows.
    pub(crate) fn part(&self, share: usize) -> Self {
        let len = self.columns * Self::GROUP;
        let groups = (self.rows / Self::GROUP).div_ceil(share);
        let mut data = Aligned::new(T::zeroed(), groups * len);
        let mut buffer = self.buffer();
        for (to, group) in data.as_mut_slice().chunks_exact_mut(len).zip((0..).step_by(share)) {
            to.copy_from_slice(self.group(group, &mut buffer));
        }
        Self { data: Data::Wide(data), rows: groups * Self::GROUP, columns: self.columns }
    }

    /// A per-row vector, padded with `fill`.
    pub(crate) fn per_row(&self, values: impl Iterator<Item = T>, fill: T) -> Aligned<T> {
        let mut out = Aligned::new(fill, self.padded());
        for (slot, value) in out.as_mut_slice()[..self.rows].iter_mut().zip(values) {
            *slot = value;
        }
        out
    }
}

fn index(group: usize, columns: usize, row: usize, column: usize) -> usize {
    (row / group * columns + column) * group + row % group
}

impl RowPack<f64> {
    /// Packs the rows `kept` of a row-major table.
    pub(crate) fn new(x: &[f64], columns: usize, kept: &[usize]) -> Self {
        let rows = kept.len();
        let groups = rows.div_ceil(Self::GROUP);
        let mut data = Aligned::new(0.0, groups * Self::GROUP * columns);
        let to = data.as_mut_slice();
        for (row, &source) in kept.iter().enumerate() {
            for column in 0..columns {
                to[index(Self::GROUP, columns, row, column)] = x[source * columns + column];
            }
        }
        Self { data: Data::Wide(data), rows, columns }
    }

    /// Packs the rows `kept` of a row-major table of small whole numbers.
    pub(crate) fn small(x: &[i8], columns: usize, kept: &[usize]) -> Self {
        let rows = kept.len();
        let mut data = Aligned::new(0_i8, rows.div_ceil(SMALL_GROUP) * SMALL_GROUP * columns);
        let to = data.as_mut_slice();
        for (row, &source) in kept.iter().enumerate() {
            let start = index(SMALL_GROUP, columns, row, 0);
            let own = &x[source * columns..(source + 1) * columns];
            for (to, from) in to[start..].iter_mut().step_by(SMALL_GROUP).zip(own) {
                *to = *from;
            }
        }
        Self { data: Data::Small(Arc::new(data)), rows, columns }
    }

    /// The same rows as floats in memory.
    pub(crate) fn wide(&self) -> Self {
        let mut data = Aligned::new(0.0, self.groups() * Self::GROUP * self.columns);
        let mut buffer = self.buffer();
        let groups = data.as_mut_slice().chunks_exact_mut(Self::GROUP * self.columns);
        for (index, to) in groups.enumerate() {
            to.copy_from_slice(self.group(index, &mut buffer));
        }
        Self { data: Data::Wide(data), ..*self }
    }

    pub(crate) fn plain(&self) -> Vec<Vec<f64>> {
        let mut buffer = self.buffer();
        let mut rows = Vec::with_capacity(self.rows);
        for index in 0..self.groups() {
            let group = self.group(index, &mut buffer);
            let left = (self.rows - rows.len()).min(Self::GROUP);
            rows.extend((0..left).map(|row| group[row..].iter().step_by(Self::GROUP).copied().collect()));
        }
        rows
    }

    /// The same rows in single precision.
    pub(crate) fn narrow(&self) -> RowPack<f32> {
        let data = match &self.data {
            Data::Wide(_) => Data::Wide(self.narrowed()),
            Data::Small(data) => Data::Small(Arc::clone(data)),
        };
        RowPack { data, rows: self.rows, columns: self.columns }
    }

    fn narrowed(&self) -> Aligned<f32> {
        let (wide, half) = (RowPack::<f32>::GROUP, Self::GROUP);
        let mut buffer = self.buffer();
        let groups = self.rows.div_ceil(wide);
        let mut data = Aligned::new(0.0_f32, groups * wide * self.columns);
        // A group of f32 contains the rows of two groups of f64, consecutive in every column.
        for g in 0..self.groups() {
            let from = self.group(g, &mut buffer).chunks_exact(half);
            let start = g / 2 * wide * self.columns + g % 2 * half;
            let to = data.as_mut_slice()[start..].chunks_mut(wide);
            for (to, from) in to.zip(from) {
                for (to, &from) in to[..half].iter_mut().zip(from) {
                    *to = from as f32;
                }
            }
        }
        data
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
        assert_eq!(pack.group(0, &mut pack.buffer()).as_ptr().align_offset(64), 0);
        assert_eq!(pack.padded() % 64, 0);
        let narrow = pack.narrow();
        assert_eq!(narrow.padded() % 128, 0);
        let mut buffer = narrow.buffer();
        for (row, &source) in kept.iter().enumerate() {
            for column in 0..3 {
                let group = narrow.group(row / RowPack::<f32>::GROUP, &mut buffer);
                let at = super::index(RowPack::<f32>::GROUP, 3, row, column);
                let got = group[at % group.len()];
                assert_eq!(f64::from(got), x[source * 3 + column]);
            }
        }
    }

    #[test]
    fn bytes_become_the_same_floats_of_either_width() {
        let x: Vec<i8> = (0..5 * 300_i32).map(|i| (i * 7 % 255 - 127) as i8).collect();
        let floats: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
        let kept: Vec<usize> = (0..300).filter(|row| row % 5 != 1).collect();
        let (small, wide) = (RowPack::small(&x, 5, &kept), RowPack::new(&floats, 5, &kept));
        assert_eq!(small.plain(), wide.plain());
        assert_eq!(small.wide().plain(), wide.plain());
        let (small, wide) = (small.narrow(), wide.narrow());
        assert_eq!(small.padded(), wide.padded());
        let mut buffers = [small.buffer(), wide.buffer()];
        let [first, second] = &mut buffers;
        for group in 0..small.groups() {
            assert_eq!(small.group(group, first), wide.group(group, second));
        }
    }
}
