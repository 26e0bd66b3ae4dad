//! What a reader has to know before any figure: few prompts, one text for everything, sides that are models, properties that add no
//! information.

use std::collections::{BTreeMap, HashSet};

use predilect_results::{ALL, Caution, adds_nothing, few_units};
use predilect_types::Order;

use crate::compare::{Traits, usual_reference};
use crate::fit_options::FitOptions;
use crate::table::FeatureTable;
use crate::terms::{Design, Terms, fixed, sides};
use predilect_results::{DataSummary, Fit};

/// A text given to this many prompts, and to this share of a model's prompts, is not an answer to them.
const SAME_PROMPTS: u64 = 10;
const SAME_SHARE: f64 = 0.2;
/// One side is the longer one so often that length can hardly be distinguished from side.
const MOSTLY: f64 = 0.85;
/// A judge that has several verdicts on a larger share of its pairs is asked several times on purpose.
const SEVERAL: f64 = 0.2;
/// Judges with fewer of their pairs in common than that are not compared on the same task.
const COMMON: f64 = 0.5;

/// What to watch out for in these data and fits.
pub fn cautions(
    table: &FeatureTable,
    traits: &[Traits],
    data: &DataSummary,
    fits: &[Fit],
    options: &FitOptions,
) -> Vec<Caution> {
    let mut found = Vec::new();
    let prompts = main(fits).map(|fit| fit.prompts).max().unwrap_or(0);
    let verdicts = main(fits).map(|fit| fit.rows).max().unwrap_or(0);
    if options.independent && prompts > 0 && prompts < verdicts {
        found.push(Caution::Independent { prompts, verdicts });
    }
    if options.terms != Terms::Auto {
        let usual = Design::choose(Terms::Auto, table, &table.verdicts);
        let chosen = Design::choose(options.terms, table, &table.verdicts);
        // With one opponent throughout a side term is the strength under another name.
        let by_side = chosen.side && usual.models.len() == 1;
        if chosen.models.is_empty() && !usual.models.is_empty() && !by_side {
            let models = usual.models.len() as u64 + u64::from(usual.reference.is_some());
            found.push(Caution::StrengthLeftOut { models });
        }
    }
    found.extend(side_is_model(table, traits));
    found.extend(data.models.iter().filter_map(|model| {
        let (prompts, same) = (model.prompts, model.same_text);
        (same >= SAME_PROMPTS && same as f64 >= SAME_SHARE * prompts as f64).then(|| Caution::OneText {
            model: model.model.clone(),
            prompts,
            same,
        })
    }));
    found.extend(few_units(fits));
    let nothing: Vec<String> =
        main(fits).filter(|fit| adds_nothing(fit)).map(|fit| fit.judge.clone()).collect();
    if !nothing.is_empty() {
        found.push(Caution::AddNothing { judges: nothing });
    }
    found.extend(other_pairs(table));
    found.extend(contradictions(table));
    found
}

fn main(fits: &[Fit]) -> impl Iterator<Item = &Fit> {
    fits.iter().filter(|fit| fit.group == ALL)
}

fn side_is_model(table: &FeatureTable, traits: &[Traits]) -> Option<Caution> {
    let sides = sides(table, &table.verdicts);
    let n = table.verdicts.len();
    fixed(&sides, n)?;
    let always = |of: fn(&(usize, usize)) -> usize| {
        let at = sides.iter().position(|side| of(side) == n)?;
        Some(table.models[at].clone())
    };
    let count = |sign: i8| traits.iter().filter(|traits| traits.longer == sign).count() as f64;
    let (a, b) = (count(1), count(-1));
    let share = a.max(b) / (a + b).max(1.0);
    let longer = (share >= MOSTLY).then_some((if a > b { 'A' } else { 'B' }, share));
    Some(Caution::SideIsModel { a: always(|side| side.0), b: always(|side| side.1), longer })
}

/// Of all judges' pairs, the two that share least.
fn other_pairs(table: &FeatureTable) -> Option<Caution> {
    let mut pairs: BTreeMap<u32, HashSet<u32>> = BTreeMap::new();
    for verdict in &table.verdicts {
        pairs.entry(verdict.judge).or_default().insert(verdict.pair);
    }
    let mut least: Option<(f64, u32, u32)> = None;
    let judges: Vec<u32> = pairs.keys().copied().collect();
    // Beyond that many, every two of them would take long, and they are people.
    for (i, a) in judges.iter().take(100).enumerate() {
        for b in judges.iter().take(100).skip(i + 1) {
            let (small, large) = if pairs[a].len() <= pairs[b].len() {
                (&pairs[a], &pairs[b])
            } else {
                (&pairs[b], &pairs[a])
            };
            let common = small.iter().filter(|pair| large.contains(pair)).count() as f64 / small.len() as f64;
            if common < COMMON && least.is_none_or(|(least, ..)| common < least) {
                least = Some((common, *a, *b));
            }
        }
    }
    let (common, a, b) = least?;
    let name = |judge: u32| table.judges[judge as usize].clone();
    Some(Caution::OtherPairs { judges: [name(a), name(b)], common })
}

/// Judges with no people among them that have one verdict on nearly every pair and two contradicting ones on some.
fn contradictions(table: &FeatureTable) -> Vec<Caution> {
    // Per judge and pair: verdicts, and whether any is for A and any for B.
    let mut seen: Vec<BTreeMap<u32, (u32, bool, bool)>> = vec![BTreeMap::new(); table.judges.len()];
    let named = usual_reference(&table.judges);
    // Of people, several may have judged a pair; a gold label is one.
    let mut people: Vec<bool> =
        table.judges.iter().map(|judge| named.contains(judge) && judge != "gold").collect();
    for verdict in table.verdicts.iter().filter(|verdict| verdict.weight > 0.0) {
        people[verdict.judge as usize] |= verdict.annotator.is_some();
        // With the sides exchanged a judge may change its mind.
        if matches!(verdict.order, Order::Ab | Order::Ba) {
            continue;
        }
        let (count, a, b) = seen[verdict.judge as usize].entry(verdict.pair).or_default();
        *count += 1;
        *a |= verdict.p_a > 0.5;
        *b |= verdict.p_a < 0.5;
    }
    let mut found = Vec::new();
    for ((judge, pairs), people) in table.judges.iter().zip(&seen).zip(people) {
        let several = pairs.values().filter(|(count, ..)| *count > 1).count() as f64;
        let against = pairs.values().filter(|(_, a, b)| *a && *b).count() as u64;
        if !people && against > 0 && several <= SEVERAL * pairs.len() as f64 {
            found.push(Caution::ContradictsItself {
                judge: judge.clone(),
                pairs: against,
                of: pairs.len() as u64,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{PairInfo, VerdictRow};
    use predilect_results::ModelSummary;

    fn table(models: &[(u32, u32)], judges: &[u32]) -> FeatureTable {
        let pair = |(i, &(a, b)): (usize, &(u32, u32))| PairInfo {
            cluster: i as u64,
            model_a: Some(a),
            model_b: Some(b),
        };
        let row = |(i, &judge): (usize, &u32)| VerdictRow {
            pair: (i % models.len()) as u32,
            judge,
            p_a: 1.0,
            weight: 1.0,
            order: Order::Unknown,
            annotator: None,
            group: None,
        };
        FeatureTable {
            pairs: models.iter().enumerate().map(pair).collect(),
            verdicts: judges.iter().enumerate().map(row).collect(),
            judges: ["x", "y"].map(str::to_owned).to_vec(),
            models: ["base", "one", "two"].map(str::to_owned).to_vec(),
            ..FeatureTable::default()
        }
    }

    fn told(table: &FeatureTable, data: &DataSummary) -> Vec<Caution> {
        cautions(table, &[], data, &[], &FitOptions::default())
    }

    #[test]
    fn a_side_that_is_a_model_and_a_text_for_everything_are_told() {
        let model = |name: &str, same_text| ModelSummary {
            model: name.to_owned(),
            prompts: 50,
            same_text,
            ..ModelSummary::default()
        };
        let data =
            DataSummary { models: vec![model("null", 50), model("short", 9)], ..DataSummary::default() };
        let found = told(&table(&[(0, 1), (0, 2)], &[0, 0]), &data);
        assert_eq!(
            found,
            [
                Caution::SideIsModel { a: Some("base".to_owned()), b: None, longer: None },
                Caution::OneText { model: "null".to_owned(), prompts: 50, same: 50 },
            ]
        );
        assert_eq!(told(&table(&[(0, 1), (1, 0)], &[0, 0]), &DataSummary::default()), []);
    }

    #[test]
    fn judges_of_other_pairs_are_told() {
        let found = told(&table(&[(0, 1), (1, 0)], &[0, 1]), &DataSummary::default());
        assert_eq!(found, [Caution::OtherPairs { judges: ["x", "y"].map(str::to_owned), common: 0.0 }]);
        let both = table(&[(0, 1), (1, 0), (0, 1)], &[0, 0, 1, 1, 1, 1]);
        assert_eq!(told(&both, &DataSummary::default()), []);
    }

    #[test]
    fn two_labels_on_one_pair_are_told_where_one_is_usual() {
        let mut once = table(&[(0, 1), (1, 2), (0, 2), (2, 0), (1, 0), (2, 1)], &[0; 7]);
        once.verdicts[6].p_a = 0.0;
        let expected = Caution::ContradictsItself { judge: "x".to_owned(), pairs: 1, of: 6 };
        assert_eq!(told(&once, &DataSummary::default()), [expected]);
        // Asked twice throughout, it may change its mind.
        let mut twice = table(&[(0, 1), (1, 2), (2, 0)], &[0; 6]);
        twice.verdicts[5].p_a = 0.0;
        assert_eq!(told(&twice, &DataSummary::default()), []);
        // Two people may differ.
        let mut people = once.clone();
        people.verdicts.iter_mut().for_each(|verdict| verdict.annotator = Some(0));
        assert_eq!(told(&people, &DataSummary::default()), []);
        let mut orders = once.clone();
        orders.verdicts.iter_mut().for_each(|verdict| verdict.order = Order::Ab);
        orders.verdicts[6].order = Order::Ba;
        assert_eq!(told(&orders, &DataSummary::default()), []);
        once.verdicts[6].p_a = 1.0;
        assert_eq!(told(&once, &DataSummary::default()), []);
    }
}
