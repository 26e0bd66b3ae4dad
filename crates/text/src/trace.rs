//! Where in a response was each word and element read?

use std::ops::Range;

use crate::seen::{Element, Mark, Structure, Surface};
use crate::words::{Piece, split};

/// A piece of the block that is being read, and where it is from.
#[derive(Debug)]
struct Segment {
    /// Where it begins in the block.
    at: usize,
    /// Where that is in what is read.
    read: Range<usize>,
}

/// Where in the source each word and element was read.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// Each word.
    pub(crate) words: Vec<Range<usize>>,
    /// Each element.
    pub(crate) elements: Vec<(Element, Range<usize>)>,
    /// The piece between white space that each mark is in.
    pub(crate) marks: Vec<(Mark, Range<usize>)>,
    segments: Vec<Segment>,
    /// Where what is read goes on after a formula that was replaced, and where the source does.
    shifts: Vec<(usize, usize)>,
}

impl Trace {
    pub(crate) fn with_shifts(shifts: Vec<(usize, usize)>) -> Self {
        Self { shifts, ..Self::default() }
    }

    /// The block goes on with this piece of what is read.
    pub(crate) fn goes_on(&mut self, at: usize, read: &Range<usize>) {
        self.segments.push(Segment { at, read: read.clone() });
    }

    /// The block has ended.
    pub(crate) fn ended(&mut self) {
        self.segments.clear();
    }

    /// The elements that were counted between then and now are at `read`.
    pub(crate) fn elements(&mut self, before: &Structure, now: &Structure, read: &Range<usize>) {
        for ((element, before), (_, now)) in Element::counts(before).into_iter().zip(Element::counts(now)) {
            if now > before {
                self.element(element, read);
            }
        }
    }

    pub(crate) fn element(&mut self, element: Element, read: &Range<usize>) {
        self.elements.push((element, self.shifted(read.start)..self.shifted(read.end)));
    }

    /// An address stands in the block.
    pub(crate) fn address(&mut self, in_block: &Range<usize>) {
        let place = self.source(in_block);
        self.elements.push((Element::Link, place));
    }

    /// The words and marks of a piece between white space, which begins there in the block; `words` of it were taken.
    pub(crate) fn chunk(&mut self, chunk: &str, at: usize, words: usize, [before, now]: [&Surface; 2]) {
        let here = self.source(&(at..at + chunk.len()));
        for ((mark, before), (_, now)) in Mark::counts(before).into_iter().zip(Mark::counts(now)) {
            self.marks.extend((before..now).map(|_| (mark, here.clone())));
        }
        if words == 0 {
            return;
        }
        let mut done = 0;
        split(chunk, |piece| match piece {
            Piece::Word(word) => {
                let place = self.source(&(at + done..at + done + word.len()));
                self.words.push(place);
                done += word.len();
            }
            Piece::Gap(gap) => done += gap.len(),
        });
    }

    /// Where a part of the block is in the source.
    fn source(&self, part: &Range<usize>) -> Range<usize> {
        let place = |at: usize| {
            let next = self.segments.partition_point(|segment| segment.at <= at);
            let segment = &self.segments[next.checked_sub(1)?];
            let end = self.segments.get(next).map(|next| next.at);
            // Entities are shorter than what was written for them.
            let alike = end.is_none_or(|end| end - segment.at == segment.read.len());
            Some(if alike {
                let at = (segment.read.start + at - segment.at).min(segment.read.end);
                at..(at + 1).min(segment.read.end)
            } else {
                segment.read.clone()
            })
        };
        let first = place(part.start).map_or(0, |at| at.start);
        let last = place(part.end.saturating_sub(1)).map_or(first, |at| at.end);
        self.shifted(first)..self.shifted(last.max(first))
    }

    fn shifted(&self, read: usize) -> usize {
        let next = self.shifts.partition_point(|(in_read, _)| *in_read <= read);
        match next.checked_sub(1).map(|before| self.shifts[before]) {
            Some((in_read, in_source)) => read - in_read + in_source,
            None => read,
        }
    }

    /// From the first to the last of these words.
    pub(crate) fn of_words(&self, words: Range<usize>) -> Option<Range<usize>> {
        let first = self.words.get(words.start)?;
        let last = self.words.get(words.end.checked_sub(1)?)?;
        Some(first.start..last.end.max(first.end))
    }
}
