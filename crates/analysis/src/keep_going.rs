//! Interrupting long computations.

/// Asked before every part of a long computation: whether its result is still wanted.
pub type KeepGoing<'a> = &'a (dyn Fn() -> bool + Sync);
