//! A cache of results: of several callers that ask for the same key at once, one does the work.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::watch::Watch;

/// How often a waiting caller checks whether its result is still wanted.
const LOOK: Duration = Duration::from_millis(20);

/// The last `most` values by their keys, those asked for last first.
#[derive(Debug)]
pub struct Kept<K, T> {
    most: usize,
    places: Mutex<Vec<(K, Arc<Place<T>>)>>,
}

#[derive(Debug)]
struct Place<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
enum State<T> {
    /// It is not being made: it was never asked for, or could not be made.
    Open,
    /// It is being made.
    Making,
    Made(Arc<T>),
}

impl<K: PartialEq, T> Kept<K, T> {
    /// A cache for this many values, at least one.
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), places: Mutex::default() }
    }

    /// The value of a key, made if it is missing. Callers that ask for the same key in the meantime wait for it; if it cannot be made, each
    /// of them tries in turn, and gets a separate error.
    ///
    /// Not to be called by work that is part of making a value, nor on a thread of a shared pool: it blocks.
    ///
    /// # Errors
    ///
    /// Those of `make`; when the result is no longer wanted.
    pub fn get(&self, key: K, watch: &dyn Watch, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        let place = self.place(key);
        let mut state = locked(&place.state);
        loop {
            match &*state {
                State::Made(made) => return Ok(Arc::clone(made)),
                State::Open => break,
                State::Making => {
                    if watch.cancelled() {
                        return Err(Error::cancelled());
                    }
                    let waited = place.changed.wait_timeout(state, LOOK);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
        *state = State::Making;
        drop(state);
        // Whatever the outcome, the next caller gets its turn.
        let mut turn = Turn { place: &place, made: None };
        let made = Arc::new(make()?);
        turn.made = Some(Arc::clone(&made));
        Ok(made)
    }

    /// The value of a key, if it is made.
    pub fn made(&self, key: &K) -> Option<Arc<T>> {
        let place = locked(&self.places)
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, place)| Arc::clone(place))?;
        match &*locked(&place.state) {
            State::Made(made) => Some(Arc::clone(made)),
            State::Open | State::Making => None,
        }
    }

    /// The place of a key, which comes first now; those beyond `most` are given up.
    fn place(&self, key: K) -> Arc<Place<T>> {
        let mut places = locked(&self.places);
        let known = places.iter().position(|(known, _)| *known == key);
        let found = known.map_or_else(
            || (key, Arc::new(Place { state: Mutex::new(State::Open), changed: Condvar::new() })),
            |at| places.remove(at),
        );
        let place = Arc::clone(&found.1);
        places.insert(0, found);
        places.truncate(self.most);
        place
    }
}

/// The guard of a caller that is making a value.
struct Turn<'a, T> {
    place: &'a Place<T>,
    made: Option<Arc<T>>,
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        *locked(&self.place.state) = self.made.take().map_or(State::Open, State::Made);
        self.place.changed.notify_all();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;

    use super::*;
    use crate::watch::{Event, Unwatched};
    use predilect_llm::Cancel;

    struct Gone;

    impl Watch for Gone {
        fn event(&self, _: Event<'_>) {}

        fn cancel(&self) -> Cancel {
            let cancel = Cancel::default();
            cancel.cancel();
            cancel
        }
    }

    #[test]
    fn one_of_those_who_ask_at_once_does_the_work() {
        let (kept, made) = (Kept::new(2), AtomicUsize::new(0));
        let (begun, wait) = channel();
        let (go, gate) = channel::<()>();
        std::thread::scope(|scope| {
            let first = scope.spawn(|| {
                kept.get("key", &Unwatched, move || {
                    begun.send(()).expect("somebody waits");
                    gate.recv().expect("the word");
                    Ok(1)
                })
            });
            wait.recv().expect("it has begun");
            let others: Vec<_> = (0..4)
                .map(|_| {
                    scope
                        .spawn(|| kept.get("key", &Unwatched, || Ok(1 + made.fetch_add(1, Ordering::SeqCst))))
                })
                .collect();
            // Another key does not wait, and a caller whose result is not wanted stops waiting.
            assert_eq!(*kept.get("other", &Unwatched, || Ok(7)).expect("made"), 7);
            assert!(kept.get("key", &Gone, || Ok(3)).is_err());
            go.send(()).expect("somebody waits");
            assert_eq!(*first.join().expect("no panic").expect("made"), 1);
            for other in others {
                assert_eq!(*other.join().expect("no panic").expect("made"), 1);
            }
        });
        assert_eq!(made.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn what_could_not_be_made_is_made_by_the_next() {
        let kept: Kept<u8, u8> = Kept::new(1);
        assert!(kept.get(1, &Unwatched, || Err(Error::new("no"))).is_err());
        let panicked = std::thread::scope(|scope| {
            scope.spawn(|| kept.get(1, &Unwatched, || panic!("in the middle"))).join().is_err()
        });
        assert!(panicked);
        assert_eq!(*kept.get(1, &Unwatched, || Ok(5)).expect("made"), 5);
        assert_eq!(*kept.get(1, &Unwatched, || Err(Error::new("known"))).expect("kept"), 5);
        // There is room for one.
        assert_eq!(*kept.get(2, &Unwatched, || Ok(6)).expect("made"), 6);
        assert_eq!(*kept.get(1, &Unwatched, || Ok(7)).expect("made again"), 7);
    }
}
