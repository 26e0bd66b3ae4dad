//! How far the weights of a study have moved since they were kept.

use std::collections::HashMap;

use arrow_array::Float64Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use predilect_results::Fit;

use crate::open::Workbench;

/// The mean and the interval of one weight of a judge in a group.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptWeight {
    judge: String,
    group: String,
    property: String,
    /// Mean, 5 % and 95 % quantile.
    numbers: [f64; 3],
}

/// What has become of weights.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Moved {
    /// Weights that are the same to nine digits.
    pub same: u64,
    /// Weights that are not.
    pub moved: u64,
    /// Weights that are no longer fitted.
    pub gone: u64,
    /// Weights that were not fitted before.
    pub new: u64,
    /// The weight whose mean has moved furthest.
    pub furthest: Option<Furthest>,
}

/// A weight that has moved.
#[derive(Debug, Clone, PartialEq)]
pub struct Furthest {
    /// Whose.
    pub judge: String,
    /// In which group.
    pub group: String,
    /// Of what.
    pub property: String,
    /// Its mean before.
    pub before: f64,
    /// Its mean now.
    pub now: f64,
}

impl Workbench {
    /// The weights that the study keeps; `None` if their table does not exist or cannot be read.
    pub fn kept_weights(&self) -> Option<Vec<KeptWeight>> {
        let mut kept = Vec::new();
        let read = |table| self.study().read_table(table).ok();
        for batch in read("posteriors").or_else(|| read("posteriors_before"))? {
            let text = |name: &str| batch.column_by_name(name)?.as_string_opt::<i32>();
            let number = |name: &str| -> Option<&Float64Array> {
                batch.column_by_name(name)?.as_primitive_opt::<Float64Type>()
            };
            let (judge, group, property) = (text("judge")?, text("group")?, text("property")?);
            let numbers = [number("mean")?, number("q05")?, number("q95")?];
            kept.extend((0..batch.num_rows()).map(|row| KeptWeight {
                judge: judge.value(row).to_owned(),
                group: group.value(row).to_owned(),
                property: property.value(row).to_owned(),
                numbers: numbers.map(|column| column.value(row)),
            }));
        }
        Some(kept)
    }
}

impl Moved {
    /// From what was kept to these fits.
    pub fn between(before: &[KeptWeight], fits: &[Fit]) -> Self {
        let mut left: HashMap<(&str, &str, &str), [f64; 3]> =
            before.iter().map(|w| ((&*w.judge, &*w.group, &*w.property), w.numbers)).collect();
        let mut out = Self::default();
        let mut furthest = 0.0;
        for fit in fits {
            for weight in fit.weights.iter().chain(&fit.terms) {
                let Some(old) = left.remove(&(&*fit.judge, &*fit.group, &*weight.property)) else {
                    out.new += 1;
                    continue;
                };
                let new = [weight.mean, weight.q05, weight.q95];
                let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-3);
                if old.iter().zip(&new).all(near) {
                    out.same += 1;
                    continue;
                }
                out.moved += 1;
                let distance = (old[0] - new[0]).abs();
                if out.furthest.is_none() || distance > furthest {
                    furthest = distance;
                    out.furthest = Some(Furthest {
                        judge: fit.judge.clone(),
                        group: fit.group.clone(),
                        property: weight.property.clone(),
                        before: old[0],
                        now: new[0],
                    });
                }
            }
        }
        out.gone = left.len() as u64;
        out
    }
}
