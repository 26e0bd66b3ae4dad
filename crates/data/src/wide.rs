//! Where is a field of a record with very many of them?

use std::borrow::Cow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// A field: its name, and its value unless that was taken.
pub(crate) type Field = (Cow<'static, str>, Option<Value>);

/// Fields up to which looking at each of them is as quick.
const FEW: usize = 64;
/// Looks at a record after which it is worth while to sort its names. A record that is imported is looked at less often; whoever finds out what
/// the columns are asks for each of them.
const OFTEN: u32 = 32;
/// Fields that are taken, likewise: of a record that is imported a few hundred at most, of one of a table of features all.
const TAKEN: u32 = 512;

/// The fields of a record by their names, made once it is looked at often.
#[derive(Debug, Default)]
pub(crate) struct Index {
    asked: AtomicU32,
    taken: AtomicU32,
    /// The places of the fields, sorted by name and then by place.
    sorted: OnceLock<Box<[u32]>>,
}

impl Clone for Index {
    /// A copy of a record is made to be changed: it begins anew.
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// The places of fields, sorted by name.
pub(crate) struct Sorted<'a>(&'a [u32]);

impl Index {
    /// The index of these fields; `None` where looking at each of them is quicker.
    pub(crate) fn of(&self, fields: &[Field]) -> Option<Sorted<'_>> {
        self.after(fields, &self.asked, OFTEN)
    }

    /// The same for who takes a field.
    pub(crate) fn to_take(&self, fields: &[Field]) -> Option<Sorted<'_>> {
        self.after(fields, &self.taken, TAKEN)
    }

    fn after(&self, fields: &[Field], asked: &AtomicU32, often: u32) -> Option<Sorted<'_>> {
        if fields.len() <= FEW || u32::try_from(fields.len()).is_err() {
            return None;
        }
        if self.sorted.get().is_none() && asked.fetch_add(1, Ordering::Relaxed) < often {
            return None;
        }
        let sorted = self.sorted.get_or_init(|| {
            let mut places: Vec<u32> = (0..fields.len() as u32).collect();
            places.sort_by(|a, b| name(fields, *a).cmp(name(fields, *b)));
            places.into_boxed_slice()
        });
        Some(Sorted(sorted))
    }
}

impl<'a> Sorted<'a> {
    /// The places of a name, in their order.
    pub(crate) fn all(&self, fields: &[Field], wanted: &str) -> &'a [u32] {
        let from = self.0.partition_point(|at| name(fields, *at) < wanted);
        let rest = self.0.get(from..).unwrap_or_default();
        rest.get(..rest.partition_point(|at| name(fields, *at) == wanted)).unwrap_or_default()
    }

    /// The last place of a name that fulfils a condition.
    pub(crate) fn last(
        &self,
        fields: &[Field],
        wanted: &str,
        is_there: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        self.all(fields, wanted).iter().rev().map(|at| *at as usize).find(|at| is_there(*at))
    }
}

fn name(fields: &[Field], at: u32) -> &str {
    fields.get(at as usize).map_or("", |(name, _)| name.as_ref())
}
