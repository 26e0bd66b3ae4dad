//! How far long work is, and whether it is still wanted: one type, from reading to fitting.

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Files are read, counted in bytes.
    Reading,
    /// Responses are rated, counted in pairs.
    Rating,
    /// Preference models are fitted, counted in fits.
    Fitting,
    /// Verdicts are explained, counted in pairs.
    Explaining,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A step begins; of how many, where that is known.
    Begin(Step, Option<u64>),
    /// It is known now of how many.
    Total(u64),
    /// So many are done.
    At(u64),
    /// So many more are done.
    More(u64),
    /// The step has ended.
    End,
}

/// Who looks on: a progress bar, a page, a notebook.
pub trait Watch: Sync {
    /// Takes note of what happened.
    fn event(&self, event: Event);

    /// Whether the work is to stop at the next safe place. What is written until then stays.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn event(&self, _: Event) {}
}
