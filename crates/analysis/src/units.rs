//! Which verdicts depend on each other: those on one prompt, by one person, or with one value of a field.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use predilect_types::hash::FixedHasher;

use crate::table::{FeatureTable, Unit, VerdictRow};

/// The clusters of some verdicts in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) name: String,
    /// One per row.
    pub(crate) of_row: Vec<u64>,
}

impl Way {
    pub(crate) fn count(&self) -> usize {
        let mut values = self.of_row.clone();
        values.sort_unstable();
        values.dedup();
        values.len()
    }
}

/// The ways in which these rows depend on each other, one or two: those that the table names, else prompts, plus annotators where some of
/// them have judged on several prompts.
pub(crate) fn ways(table: &FeatureTable, rows: &[VerdictRow]) -> Vec<Way> {
    if !table.units.is_empty() {
        // A judge without annotators, such as a model among people, stays with its prompts.
        let nobody = rows.iter().all(|row| row.annotator.is_none());
        let asked = table.units.iter().filter(|unit| !(nobody && **unit == Unit::Annotator));
        let mut found: Vec<Way> = asked.map(|unit| way(table, unit, rows)).collect();
        if found.is_empty() {
            found.push(way(table, &Unit::Prompt, rows));
        }
        return found;
    }
    let mut found = vec![way(table, &Unit::Prompt, rows)];
    if annotators_repeat(table, rows) {
        found.push(way(table, &Unit::Annotator, rows));
    }
    found
}

/// What a row belongs to in two ways at once.
pub(crate) fn cells(first: &Way, second: &Way) -> Vec<u64> {
    first.of_row.iter().zip(&second.of_row).map(hash).collect()
}

fn way(table: &FeatureTable, unit: &Unit, rows: &[VerdictRow]) -> Way {
    let one = |(at, row): (usize, &VerdictRow)| match unit {
        Unit::Prompt => table.pairs[row.pair as usize].cluster,
        // A verdict without an annotator is its own unit.
        Unit::Annotator => row.annotator.map_or_else(|| hash((row.judge, row.pair, at, "nobody")), u64::from),
        Unit::Field { of_pair, .. } => of_pair[row.pair as usize],
    };
    Way { name: unit.name().to_owned(), of_row: rows.iter().enumerate().map(one).collect() }
}

/// Whether there are several people, at least one of whom has judged on several prompts.
fn annotators_repeat(table: &FeatureTable, rows: &[VerdictRow]) -> bool {
    let mut first: HashMap<u32, u64> = HashMap::new();
    let mut repeats = false;
    for row in rows {
        let Some(annotator) = row.annotator else { continue };
        let prompt = table.pairs[row.pair as usize].cluster;
        repeats |= *first.entry(annotator).or_insert(prompt) != prompt;
    }
    repeats && first.len() > 1
}

fn hash(what: impl Hash) -> u64 {
    let mut hasher = FixedHasher::default();
    what.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::table::PairInfo;
    use predilect_types::Order;

    fn table(verdicts: &[(u32, Option<u32>)]) -> FeatureTable {
        let pair = |i: u64| PairInfo { cluster: i / 2, model_a: None, model_b: None };
        let row = |&(pair, annotator): &(u32, Option<u32>)| VerdictRow {
            pair,
            judge: 0,
            p_a: 1.0,
            weight: 1.0,
            order: Order::Unknown,
            annotator,
            group: None,
        };
        FeatureTable {
            pairs: (0..6).map(pair).collect(),
            verdicts: verdicts.iter().map(row).collect(),
            ..FeatureTable::default()
        }
    }

    fn names(table: &FeatureTable) -> Vec<String> {
        ways(table, &table.verdicts).into_iter().map(|way| way.name).collect()
    }

    #[test]
    fn people_count_where_they_judge_on_several_prompts() {
        assert_eq!(names(&table(&[(0, None), (2, None)])), ["prompt"]);
        // Two people on one prompt each; one person on two prompts; two people, one of them on two prompts.
        assert_eq!(names(&table(&[(0, Some(0)), (1, Some(0)), (2, Some(1))])), ["prompt"]);
        assert_eq!(names(&table(&[(0, Some(0)), (2, Some(0))])), ["prompt"]);
        assert_eq!(names(&table(&[(0, Some(0)), (2, Some(0)), (4, Some(1))])), ["prompt", "annotator"]);
    }

    #[test]
    fn what_the_table_names_counts_alone() {
        let units = vec![Unit::Field { name: "source".to_owned(), of_pair: vec![5, 5, 5, 6, 6, 6] }];
        let table = FeatureTable { units, ..table(&[(0, Some(0)), (2, Some(0)), (4, Some(1))]) };
        let found = ways(&table, &table.verdicts);
        assert_eq!((found.len(), found[0].count(), found[0].of_row.clone()), (1, 2, vec![5, 5, 6]));
        let cells = cells(&found[0], &Way { name: String::new(), of_row: vec![1, 2, 2] });
        assert_eq!(cells.iter().collect::<HashSet<_>>().len(), 3);
    }
}
