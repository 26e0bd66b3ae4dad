//! How biased is each judge? Position, length, lists, its own kind, ties, inconsistency, and AlpacaEval's figures of an evaluator.

use std::collections::{BTreeMap, BTreeSet};

use predilect_results::comparison::{BiasCard, Excess, Interval};
use predilect_stats::logit::logit;
use predilect_stats::ratio::Ratio;
use predilect_stats::sigmoid;

use super::accuracy::{agrees, majority};
use super::families::{family, same_model};
use crate::table::FeatureTable;

/// Standard errors to either side of a 90 % interval, like all intervals of a comparison.
const Z: f64 = 1.644_853_626_951_472_7;
/// A weak penalty: one half of a squared weight keeps a judge that always follows length finite.
const RIDGE: f64 = 0.1;
/// With fewer verdicts than this no bias is estimated.
const LEAST: usize = 20;

/// What the texts of a pair show, independent of the judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traits {
    /// 1 where A has more words, -1 where B has, 0 where they have equally many.
    pub longer: i8,
    /// 1 where A alone has a list, -1 where B alone has one, else 0.
    pub list: i8,
}

/// One answer of a judge to one presentation of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    /// Index of the pair.
    pub pair: u32,
    /// Index of the judge.
    pub judge: u32,
    /// The preference for A in 0..1.
    pub p_a: f64,
    /// Whether A was presented first.
    pub a_first: bool,
}

/// Judges that represent people, by their names, as data formats give them.
pub fn usual_reference(judges: &[String]) -> Vec<String> {
    let human = |name: &&String| {
        let name = name.to_ascii_lowercase();
        name == "gold"
            || ["human", "people", "annotator", "expert"].iter().any(|word| {
                name.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphabetic()))
            })
    };
    judges.iter().filter(human).cloned().collect()
}

/// Fewer verdicts of all people together than this are no reference where another judge has more.
const FEW_OF_PEOPLE: usize = 50;

/// Those of them by whom others are judged: nobody where people have few verdicts and another judge has more, as when somebody has just begun
/// to label. `judges`: each with its number of verdicts.
pub fn counted_reference<'j>(judges: impl IntoIterator<Item = (&'j String, usize)>) -> Vec<String> {
    let (names, counts): (Vec<String>, Vec<usize>) =
        judges.into_iter().map(|(name, count)| (name.clone(), count)).unzip();
    let people = usual_reference(&names);
    let (mut own, mut most) = (0, 0);
    for (name, count) in names.iter().zip(counts) {
        if people.contains(name) { own += count } else { most = most.max(count) }
    }
    if own < FEW_OF_PEOPLE && most > own { Vec::new() } else { people }
}

/// The same of a table.
pub fn reference_of(table: &FeatureTable) -> Vec<String> {
    let mut counts = vec![0; table.judges.len()];
    table.verdicts.iter().for_each(|verdict| counts[verdict.judge as usize] += 1);
    counted_reference(table.judges.iter().zip(counts))
}

/// Verdicts on one pair by judge.
type ByJudge = BTreeMap<u32, Vec<f64>>;

/// One card per judge, in the order of the table.
///
/// `shown` contains every answer whose order of presentation is known; `reference` names the judges by whose verdicts quality is judged.
pub fn audit(
    table: &FeatureTable,
    traits: &[Traits],
    shown: &[Shown],
    reference: &[String],
) -> Vec<BiasCard> {
    let mut by_pair: BTreeMap<u32, ByJudge> = BTreeMap::new();
    // A verdict of weight 0 does not count; other weights are a matter of fits.
    for verdict in table.verdicts.iter().filter(|verdict| verdict.weight > 0.0) {
        by_pair.entry(verdict.pair).or_default().entry(verdict.judge).or_default().push(verdict.p_a);
    }
    let is_reference: Vec<bool> = table.judges.iter().map(|judge| reference.contains(judge)).collect();
    let all = All { table, traits, by_pair: &by_pair, is_reference: &is_reference };
    (0..table.judges.len() as u32)
        .map(|judge| {
            let mut card = all.card(judge);
            position(&mut card, table, shown.iter().filter(|shown| shown.judge == judge));
            card
        })
        .collect()
}

/// What all cards are made from.
struct All<'a> {
    table: &'a FeatureTable,
    traits: &'a [Traits],
    by_pair: &'a BTreeMap<u32, ByJudge>,
    is_reference: &'a [bool],
}

/// Rows of a regression on quality and one trait.
#[derive(Default)]
struct Equal {
    x: Vec<f64>,
    y: Vec<f64>,
    clusters: Vec<u64>,
}

impl Equal {
    fn add(&mut self, quality: f64, trait_: i8, y: f64, cluster: u64) {
        self.x.extend([quality, f64::from(trait_)]);
        self.y.push(y);
        self.clusters.push(cluster);
    }

    /// Sigmoid of the trait's weight.
    fn share(&self) -> Option<Interval> {
        if self.x.iter().skip(1).step_by(2).filter(|x| **x != 0.0).count() < LEAST {
            return None;
        }
        let fit = logit(&self.x, &self.y, &self.clusters, RIDGE)?;
        if fit.covariance[3].is_nan() {
            return None;
        }
        // Near separation residuals vanish, and with them the sandwich.
        let (w, se) = (fit.weights[1], fit.covariance[3].max(fit.naive[3]).sqrt());
        se.is_finite().then(|| Interval {
            value: sigmoid(w),
            low: sigmoid(w - Z * se),
            high: sigmoid(w + Z * se),
        })
    }
}

impl All<'_> {
    #[expect(clippy::too_many_lines, reason = "one pass over the pairs, whose counts all go onto one card")]
    fn card(&self, judge: u32) -> BiasCard {
        let name = &self.table.judges[judge as usize];
        let (mut ties, mut longer, mut lists) = (Ratio::default(), Ratio::default(), Ratio::default());
        let (mut agreement, mut bias, mut variance) = (Ratio::default(), Ratio::default(), Ratio::default());
        let (mut equal_length, mut equal_list) = (Equal::default(), Equal::default());
        let (mut verdicts, mut pairs) = (0_u64, 0_u64);
        for (&pair, judges) in self.by_pair {
            let Some(own) = judges.get(&judge) else { continue };
            let cluster = self.table.pairs[pair as usize].cluster;
            let traits = self.traits.get(pair as usize).copied().unwrap_or_default();
            pairs += 1;
            verdicts += own.len() as u64;
            let others: Vec<f64> = judges
                .iter()
                .filter(|(other, _)| **other != judge && self.is_reference[**other as usize])
                .flat_map(|(_, verdicts)| verdicts.iter().copied())
                .collect();
            for &p in own {
                let tie = p == 0.5;
                ties.add(cluster, f64::from(u8::from(tie)), 1.0);
                for (ratio, side) in [(&mut longer, traits.longer), (&mut lists, traits.list)] {
                    if side != 0 && !tie {
                        ratio.add(cluster, f64::from(u8::from((p > 0.5) == (side > 0))), 1.0);
                    }
                }
                if !others.is_empty() {
                    agreement.add(cluster, agrees(p, majority(&others)), 1.0);
                    let quality = 2.0 * mean(&others) - 1.0;
                    equal_length.add(quality, traits.longer, p, cluster);
                    equal_list.add(quality, traits.list, p, cluster);
                }
            }
            if own.len() > 1 {
                if !others.is_empty() {
                    bias.add(cluster, 1.0 - agrees(majority(own), majority(&others)), 1.0);
                }
                let alone = self.is_reference[judge as usize] && others.is_empty();
                for (at, &p) in own.iter().enumerate() {
                    let rest: Vec<f64> =
                        own.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, p)| *p).collect();
                    let count = own.len() as f64;
                    if alone {
                        agreement.add(cluster, agrees(p, majority(&rest)), 1.0);
                    }
                    variance.add(cluster, (1.0 - agrees(p, majority(&rest))) / count, 1.0 / count);
                }
            }
        }
        let whole = self.by_pair.len().max(1) as f64;
        BiasCard {
            judge: name.clone(),
            reference: self.is_reference[judge as usize],
            verdicts,
            pairs,
            missing: 1.0 - pairs as f64 / whole,
            ties: share(&ties),
            prefers_longer: share(&longer),
            longer_at_equal_quality: equal_length.share(),
            prefers_lists: share(&lists),
            lists_at_equal_quality: equal_list.share(),
            own_model: self.excess(judge, &|other| same_model(name, other)),
            own_family: family(name).and_then(|own| self.excess(judge, &|other| family(other) == Some(own))),
            agreement: share(&agreement),
            bias: share(&bias).filter(|_| known(&bias)),
            variance: share(&variance).filter(|_| known(&variance)),
            ..BiasCard::default()
        }
    }

    /// How much more than others this judge prefers the models of its own family. Judges of that family do not count as others: compared
    /// with them, what all of them favour would not be seen, and what one favours more than the other would be taken for it.
    fn excess(&self, judge: u32, own: &dyn Fn(&str) -> bool) -> Option<Excess> {
        let is_own: Vec<bool> = self.table.models.iter().map(|model| own(model)).collect();
        if self.is_reference[judge as usize] || !is_own.contains(&true) {
            return None;
        }
        let any_reference = self.is_reference.contains(&true);
        let kin: Vec<bool> = self.table.judges.iter().map(|other| own(other)).collect();
        let other = |other: u32| {
            let at = other as usize;
            other != judge && if any_reference { self.is_reference[at] } else { !kin[at] }
        };
        let mut ratio = Ratio::default();
        let mut models: BTreeSet<u32> = BTreeSet::new();
        for (&pair, judges) in self.by_pair {
            let info = self.table.pairs[pair as usize];
            let (Some(a), Some(b), Some(verdicts)) = (info.model_a, info.model_b, judges.get(&judge)) else {
                continue;
            };
            if is_own[a as usize] == is_own[b as usize] {
                continue;
            }
            let others: Vec<f64> = judges
                .iter()
                .filter(|(judge, _)| other(**judge))
                .map(|(_, verdicts)| mean(verdicts))
                .collect();
            if others.is_empty() {
                continue;
            }
            let sign = if is_own[a as usize] { 1.0 } else { -1.0 };
            models.insert(if is_own[a as usize] { a } else { b });
            ratio.add(info.cluster, sign * (mean(verdicts) - mean(&others)), 1.0);
        }
        let found = ratio.estimate().filter(|found| found.weight >= LEAST as f64 && found.se.is_finite())?;
        let (low, high) = found.interval(Z);
        Some(Excess {
            models: models.iter().map(|&model| self.table.models[model as usize].clone()).collect(),
            pairs: found.weight as u64,
            excess: Interval { value: found.value, low, high },
            beside: if any_reference { "reference" } else { "other judges" }.to_owned(),
        })
    }
}

fn position<'a>(card: &mut BiasCard, table: &FeatureTable, shown: impl Iterator<Item = &'a Shown>) {
    let mut by_pair: BTreeMap<u32, [Vec<f64>; 2]> = BTreeMap::new();
    for answer in shown {
        by_pair.entry(answer.pair).or_default()[usize::from(!answer.a_first)].push(answer.p_a);
    }
    let (mut both, mut any, mut turned) = (Ratio::default(), Ratio::default(), Ratio::default());
    let mut firsts = [0_usize; 2];
    for (&pair, [ab, ba]) in &by_pair {
        let cluster = table.pairs[pair as usize].cluster;
        for (answers, a_first) in [(ab, true), (ba, false)] {
            firsts[usize::from(a_first)] += answers.len();
            for p in answers {
                any.add(cluster, favours_first(*p, a_first), 1.0);
            }
        }
        if !ab.is_empty() && !ba.is_empty() {
            let (ab, ba) = (mean(ab), mean(ba));
            both.add(cluster, favours_first(ab, true) + favours_first(ba, false), 2.0);
            turned.add(cluster, f64::from(u8::from((ab - 0.5) * (ba - 0.5) < 0.0)), 1.0);
        }
    }
    card.inconsistent = share(&turned);
    // A few pairs in both orders say less than many in varied ones.
    let enough = both.estimate().is_some_and(|found| found.weight >= 2.0 * LEAST as f64);
    // One order throughout cannot separate position from quality.
    let varied = firsts[0].min(firsts[1]) * 5 >= firsts[0].max(firsts[1]).max(1);
    (card.prefers_first, card.orders) = match (share(&both).filter(|_| enough), share(&any)) {
        (Some(found), _) => (Some(found), Some("both orders".to_owned())),
        (None, Some(found)) if varied && firsts[0] + firsts[1] >= LEAST => {
            (Some(found), Some("varied orders".to_owned()))
        }
        _ => (None, None),
    };
}

/// 1 where the answer favours the response presented first, a tie half.
pub(super) fn favours_first(p_a: f64, a_first: bool) -> f64 {
    let p = if a_first { p_a } else { 1.0 - p_a };
    if p == 0.5 { 0.5 } else { f64::from(u8::from(p > 0.5)) }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Whether there is enough of it to say anything.
fn known(ratio: &Ratio) -> bool {
    ratio.estimate().is_some_and(|found| found.weight >= LEAST as f64)
}

fn share(ratio: &Ratio) -> Option<Interval> {
    let found = ratio.estimate()?;
    let (low, high) = found.share(Z);
    Some(Interval { value: found.value, low, high })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{PairInfo, VerdictRow};
    use predilect_types::Order;

    /// 200 pairs, each with a separate prompt, of a gpt-4 and a llama response; A is gpt-4's in every other one.
    fn table(judges: &[&str], verdicts: &[(u32, u32, f64, Order)]) -> FeatureTable {
        let pair =
            |i: u32| PairInfo { cluster: u64::from(i), model_a: Some(i % 2), model_b: Some(1 - i % 2) };
        let row = |&(pair, judge, p_a, order): &(u32, u32, f64, Order)| VerdictRow {
            pair,
            judge,
            p_a,
            weight: 1.0,
            order,
            annotator: None,
            group: None,
        };
        FeatureTable {
            pairs: (0..200).map(pair).collect(),
            verdicts: verdicts.iter().map(row).collect(),
            judges: judges.iter().map(|&name| name.to_owned()).collect(),
            models: vec!["gpt-4-0613".to_owned(), "llama-2-7b-chat".to_owned()],
            ..FeatureTable::default()
        }
    }

    /// Every verdict is an answer in its own order.
    fn shown_by_verdicts(table: &FeatureTable) -> Vec<Shown> {
        let of = |v: &VerdictRow| {
            let a_first = match v.order {
                Order::Ab => true,
                Order::Ba => false,
                Order::Both | Order::Unknown => return None,
            };
            Some(Shown { pair: v.pair, judge: v.judge, p_a: v.p_a, a_first })
        };
        table.verdicts.iter().filter_map(of).collect()
    }

    #[test]
    fn every_bias_is_found_where_it_was_put() {
        let mut verdicts = Vec::new();
        let mut traits = Vec::new();
        for pair in 0..200 {
            // The better side, the longer one and the own one, all independent of each other.
            let (good, long, own) = (pair / 2 % 2, pair / 4 % 2, pair % 2);
            let human = f64::from(good);
            traits.push(Traits { longer: if long == 1 { 1 } else { -1 }, list: 0 });
            verdicts.push((pair, 0, human, Order::Unknown));
            // gpt-4: own model always, whatever people say.
            verdicts.push((pair, 1, f64::from(u8::from(own == 0)), Order::Ab));
            // vicuna: the longer one except for one in ten; in both orders.
            let wordy = f64::from(u8::from((long == 1) != (pair % 10 == 7)));
            verdicts.extend([(pair, 2, wordy, Order::Ab), (pair, 2, wordy, Order::Ba)]);
            // first: always what it sees first.
            verdicts.extend([(pair, 3, 1.0, Order::Ab), (pair, 3, 0.0, Order::Ba)]);
        }
        let table = table(&["human", "gpt-4", "vicuna-13b", "first"], &verdicts);
        let reference = usual_reference(&table.judges);
        assert_eq!(reference, ["human"]);
        let cards = audit(&table, &traits, &shown_by_verdicts(&table), &reference);
        let near = |interval: Option<Interval>, value: f64| {
            let found = interval.unwrap();
            assert!((found.value - value).abs() < 0.02, "{found:?} {value}");
            assert!(found.low <= found.value && found.value <= found.high, "{found:?}");
        };
        let [human, gpt, vicuna, first] = &cards[..] else { panic!("{cards:?}") };
        assert!(human.reference && human.agreement.is_none() && human.own_model.is_none());
        near(gpt.agreement, 0.5);
        let own = gpt.own_model.as_ref().unwrap();
        assert_eq!(
            (own.models.clone(), own.pairs, own.beside.as_str()),
            (vec!["gpt-4-0613".to_owned()], 200, "reference")
        );
        near(Some(own.excess), 0.5);
        // One order throughout gives no information about position.
        assert!(gpt.prefers_first.is_none() && gpt.inconsistent.is_none());
        near(vicuna.prefers_longer, 0.9);
        near(vicuna.longer_at_equal_quality, 0.9);
        near(vicuna.prefers_first, 0.5);
        near(vicuna.inconsistent, 0.0);
        near(vicuna.variance, 0.0);
        assert!(vicuna.own_model.is_none() && vicuna.own_family.is_some(), "llama is vicuna's family");
        near(first.prefers_first, 1.0);
        near(first.inconsistent, 1.0);
        near(first.variance, 1.0);
        assert_eq!(first.orders.as_deref(), Some("both orders"));
    }

    #[test]
    fn quality_is_not_mistaken_for_length() {
        // People prefer the longer one nine times in ten, and the judge follows people, not length.
        let mut verdicts = Vec::new();
        let mut traits = Vec::new();
        for pair in 0..200 {
            let long = pair % 2 == 0;
            let good = long != (pair % 10 == 3);
            traits.push(Traits { longer: if long { 1 } else { -1 }, list: 0 });
            verdicts.push((pair, 0, f64::from(u8::from(good)), Order::Unknown));
            verdicts.push((pair, 1, f64::from(u8::from(good != (pair % 7 == 0))), Order::Unknown));
        }
        let cards = audit(&table(&["human", "judge"], &verdicts), &traits, &[], &["human".to_owned()]);
        assert!(cards[1].prefers_longer.unwrap().value > 0.7);
        let equal = cards[1].longer_at_equal_quality.unwrap();
        assert!(equal.low < 0.5 && equal.high > 0.5, "{equal:?}");
    }

    #[test]
    fn little_to_go_by_gives_no_certainty() {
        // Three lists in 200 pairs, all preferred: once called sure at 94 %.
        let mut verdicts = Vec::new();
        let mut traits = Vec::new();
        for pair in 0..200 {
            traits.push(Traits { longer: 1, list: i8::from(pair < 3) });
            verdicts.push((pair, 0, f64::from(pair % 2), Order::Unknown));
            // Always the longer one: the residuals vanish, the doubt must not.
            verdicts.push((pair, 1, 1.0, Order::Unknown));
        }
        // One pair in both orders among many in varied ones.
        let mut shown: Vec<Shown> =
            (0..100).map(|pair| Shown { pair, judge: 1, p_a: 1.0, a_first: pair % 2 == 0 }).collect();
        shown.push(Shown { pair: 0, judge: 1, p_a: 1.0, a_first: false });
        let cards = audit(&table(&["human", "judge"], &verdicts), &traits, &shown, &["human".to_owned()]);
        assert_eq!(cards[1].lists_at_equal_quality, None);
        let longer = cards[1].longer_at_equal_quality.unwrap();
        assert!(longer.high - longer.low > 0.005, "{longer:?}");
        assert_eq!(cards[1].orders.as_deref(), Some("varied orders"));
    }

    #[test]
    fn a_labeller_who_has_just_begun_judges_nobody() {
        let names = ["human:Ada", "gpt-4"].map(str::to_owned);
        let of = |counts: [usize; 2]| counted_reference(names.iter().zip(counts));
        assert!(of([19, 12_000]).is_empty());
        assert_eq!(of([50, 12_000]), ["human:Ada"]);
        assert_eq!(of([19, 10]), ["human:Ada"], "nobody else has more");
        assert!(of([0, 5]).is_empty());
    }

    #[test]
    fn names_of_people_are_known() {
        let names = ["human", "human-1", "annotator2", "gold", "humanizer", "gpt-4", "people", "experts"];
        let names: Vec<String> = names.map(str::to_owned).to_vec();
        assert_eq!(usual_reference(&names), ["human", "human-1", "annotator2", "gold", "people"]);
    }
}
