//! Does somebody still wait for a long work?

/// Asked before every part of a long work: whether somebody still waits for it.
pub type GoOn<'a> = &'a (dyn Fn() -> bool + Sync);
