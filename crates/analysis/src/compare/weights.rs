//! What judges reward, as vectors that can be compared.

use predilect_types::CATALOGUE;

use crate::Draws;
use predilect_results::{ALL, Fit, intensity};

/// Mean weights of judges in groups, all of the same properties.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WeightTable {
    /// The properties' ids.
    pub properties: Vec<String>,
    /// The judges.
    pub judges: Vec<String>,
    /// The groups.
    pub groups: Vec<String>,
    /// Judge after judge, group after group; `None` where a judge was not fitted in a group.
    weights: Vec<Option<Vec<f64>>>,
    /// In the same order, posterior draws where there are any: draw after draw, property after property.
    draws: Vec<Option<Vec<f32>>>,
    /// In the same order, what leaving out one prompt after the other changes.
    left_out: Vec<Option<LeftOut>>,
    /// In the same order, P(w > 0) of each property, where weights come from fits.
    p_positive: Vec<Option<Vec<f64>>>,
}

/// What leaving out one unit after the other changes in a judge's weights in a group.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LeftOut {
    /// The units.
    pub(super) ids: Vec<u64>,
    /// Per unit, property after property: the change of the mean.
    pub(super) changes: Vec<f64>,
    /// The same for each unit's part in the variance.
    pub(super) parts: Vec<f32>,
    /// Per property: the variance that a second unit adds.
    pub(super) added: Vec<f64>,
    /// Per property: the prior's precision.
    pub(super) prior: Vec<f64>,
    /// What the rows say of the properties, row-major.
    pub(super) information: Vec<f64>,
}

impl LeftOut {
    /// Of these properties alone.
    fn of(draws: &Draws, properties: &[String]) -> Option<Self> {
        let over = draws.over.as_ref()?;
        let at = places(&draws.names, properties)?;
        let width = draws.names.len().max(1);
        Some(Self {
            ids: over.ids.clone(),
            changes: over.changes.chunks(width).flat_map(|row| at.iter().map(|&at| row[at])).collect(),
            parts: over.parts.chunks(width).flat_map(|row| at.iter().map(|&at| row[at])).collect(),
            added: at.iter().map(|&at| over.added[at]).collect(),
            prior: at.iter().map(|&at| over.prior[at]).collect(),
            information: over.information(&at)?,
        })
    }
}

impl WeightTable {
    /// The 33 judges whose weights Li et al. (2024) published, in the 11 scenarios and 5 query-specific cases; see
    /// `data/README.md` in this crate. Posterior means without uncertainty.
    pub fn published() -> Self {
        let mut table = Self {
            properties: CATALOGUE.iter().filter(|p| p.index.is_some()).map(|p| p.id.to_owned()).collect(),
            ..Self::default()
        };
        let rows: Vec<(&str, &str, Vec<f64>)> = PUBLISHED
            .lines()
            .filter_map(|line| {
                let (judge, rest) = line.split_once(',')?;
                let (group, numbers) = rest.split_once(',')?;
                let weights = numbers.split(',').map(str::parse).collect::<Result<_, _>>().ok()?;
                Some((judge, group, weights))
            })
            .collect();
        for (judge, group, _) in &rows {
            table.judge(judge);
            table.group(group);
        }
        table.make_room();
        for (judge, group, weights) in rows {
            let (judge, group) = (table.judge(judge), table.group(group));
            table.set(judge, group, weights);
        }
        table
    }

    /// The posterior means of fits, with their draws where they were kept (one entry per fit, or an empty slice). Properties that some fit
    /// lacks are left out.
    pub fn of_fits(fits: &[Fit], draws: &[Option<&Draws>]) -> Self {
        let mut table = Self::default();
        let Some(first) = fits.first() else { return table };
        let has = |fit: &Fit, id: &str| fit.weights.iter().any(|weight| weight.property == id);
        table.properties = first
            .weights
            .iter()
            .map(|weight| weight.property.clone())
            .filter(|id| fits.iter().all(|fit| has(fit, id)))
            .collect();
        for fit in fits {
            table.judge(&fit.judge);
            table.group(&fit.group);
        }
        table.make_room();
        for (at, fit) in fits.iter().enumerate() {
            let mean = |id: &String| {
                fit.weights.iter().find(|weight| weight.property == *id).map(|weight| weight.mean)
            };
            let (judge, group) = (table.judge(&fit.judge), table.group(&fit.group));
            if let Some(weights) = table.properties.iter().map(mean).collect() {
                table.set(judge, group, weights);
                let own = draws.get(at).copied().flatten();
                table.set_draws(judge, group, own.and_then(|own| picked(own, &table.properties)));
                let at = judge * table.groups.len() + group;
                table.left_out[at] = own.and_then(|own| LeftOut::of(own, &table.properties));
                let p_positive = |id: &String| {
                    fit.weights.iter().find(|weight| weight.property == *id).map(|weight| weight.p_positive)
                };
                table.p_positive[at] = table.properties.iter().map(p_positive).collect();
            }
        }
        table
    }

    /// Both tables as one, by the properties that both have. A judge of `other` whose name this one has too is marked `(published)`. Groups
    /// that the published table does not know are left out, and a judge without a fit in any of its scenarios is represented in each of
    /// them by its fit on all pairs.
    #[must_use]
    pub fn with_published(&self, published: &Self) -> Self {
        let shared = |id: &&String| published.properties.contains(id);
        let properties: Vec<String> = self.properties.iter().filter(shared).cloned().collect();
        let mut joined = Self { properties, ..Self::default() };
        for judge in &self.judges {
            joined.judge(judge);
        }
        let known = |name: &String| name == ALL || published.groups.contains(name);
        for group in self.groups.iter().filter(|name| known(name)).chain(&published.groups) {
            joined.group(group);
        }
        let name = |judge: &String| {
            if self.judges.contains(judge) { format!("{judge} (published)") } else { judge.clone() }
        };
        for judge in &published.judges {
            joined.judge(&name(judge));
        }
        joined.make_room();
        for (source, name) in [(self, None), (published, Some(name))] {
            let at: Vec<usize> = joined
                .properties
                .iter()
                .filter_map(|id| source.properties.iter().position(|own| own == id))
                .collect();
            let width = source.properties.len();
            let picked = |weights: &[f64]| at.iter().map(|&at| weights[at]).collect::<Vec<f64>>();
            let draws = |group: usize, judge: usize| {
                let own = source.draws(judge, group)?;
                Some(
                    own.chunks(width.max(1))
                        .flat_map(|draw| at.iter().map(|&at| draw[at]))
                        .collect::<Vec<f32>>(),
                )
            };
            for (judge, own_name) in source.judges.iter().enumerate() {
                let place =
                    joined.judge(&name.as_ref().map_or_else(|| own_name.clone(), |name| name(own_name)));
                for (group, group_name) in source.groups.iter().enumerate().filter(|(_, name)| known(name)) {
                    if let Some(weights) = source.get(judge, group) {
                        let to = joined.group(group_name);
                        joined.set(place, to, picked(weights));
                        joined.set_draws(place, to, draws(group, judge));
                        let slot = place * joined.groups.len() + to;
                        joined.p_positive[slot] = source.p_positive(judge, group).map(picked);
                    }
                }
                if let (Some((all, from)), true) =
                    (source.all_alone(judge, published), source.groups != published.groups)
                {
                    for group_name in published.groups.iter().filter(|name| !CASES.contains(&name.as_str())) {
                        let to = joined.group(group_name);
                        joined.set(place, to, picked(all));
                        joined.set_draws(place, to, draws(from, judge));
                    }
                }
            }
        }
        joined
    }

    /// The weights on all pairs of a judge without any in a published scenario, and the index of that group.
    fn all_alone(&self, judge: usize, published: &Self) -> Option<(&[f64], usize)> {
        let all = self.groups.iter().position(|name| name == ALL)?;
        let scenario = |(at, name): (usize, &String)| {
            at != all
                && !CASES.contains(&name.as_str())
                && published.groups.contains(name)
                && self.get(judge, at).is_some()
        };
        let none = !self.groups.iter().enumerate().any(scenario);
        self.get(judge, all).filter(|_| none).map(|weights| (weights, all))
    }

    /// How strongly each judge rewards each property: the preference intensity, 100 sigmoid(w), as the mean over the scenarios (over `all`
    /// without scenarios); judge after judge, property after property. `None` for a judge without any.
    pub fn intensities(&self) -> Vec<Option<Vec<f64>>> {
        let scenarios = self.scenarios();
        (0..self.judges.len())
            .map(|judge| {
                let fitted: Vec<&[f64]> =
                    scenarios.iter().filter_map(|&group| self.get(judge, group)).collect();
                let mean =
                    |at: usize| fitted.iter().map(|w| intensity(w[at])).sum::<f64>() / fitted.len() as f64;
                (!fitted.is_empty()).then(|| (0..self.properties.len()).map(mean).collect())
            })
            .collect()
    }

    /// The groups that means run over: the scenarios, or `all` without scenarios.
    pub(super) fn scenarios(&self) -> Vec<usize> {
        let groups = || self.groups.iter().enumerate();
        let scenarios: Vec<usize> = groups()
            .filter(|(_, name)| *name != ALL && !CASES.contains(&name.as_str()))
            .map(|(at, _)| at)
            .collect();
        if scenarios.is_empty() {
            return groups().filter(|(_, name)| *name == ALL).map(|(at, _)| at).collect();
        }
        scenarios
    }

    /// The weights of a judge in a group.
    pub fn get(&self, judge: usize, group: usize) -> Option<&[f64]> {
        self.weights.get(judge * self.groups.len() + group)?.as_deref()
    }

    /// Posterior draws of them, draw after draw, where there are any.
    pub fn draws(&self, judge: usize, group: usize) -> Option<&[f32]> {
        self.draws.get(judge * self.groups.len() + group)?.as_deref()
    }

    /// P(w > 0) of each property, where the weights come from a fit.
    pub(super) fn p_positive(&self, judge: usize, group: usize) -> Option<&[f64]> {
        self.p_positive.get(judge * self.groups.len() + group)?.as_deref()
    }

    /// What leaving out one unit after the other changes in them, where that is known.
    pub(super) fn left_out(&self, judge: usize, group: usize) -> Option<&LeftOut> {
        self.left_out.get(judge * self.groups.len() + group)?.as_ref()
    }

    fn make_room(&mut self) {
        let places = self.judges.len() * self.groups.len();
        self.weights = vec![None; places];
        self.draws = vec![None; places];
        self.left_out = vec![None; places];
        self.p_positive = vec![None; places];
    }

    fn set_draws(&mut self, judge: usize, group: usize, draws: Option<Vec<f32>>) {
        let at = judge * self.groups.len() + group;
        if let Some(slot) = self.draws.get_mut(at) {
            *slot = draws;
        }
    }

    fn set(&mut self, judge: usize, group: usize, weights: Vec<f64>) {
        let at = judge * self.groups.len() + group;
        if let Some(slot) = self.weights.get_mut(at) {
            *slot = Some(weights);
        }
    }

    /// The place of a judge, who gets one.
    fn judge(&mut self, name: &str) -> usize {
        place(&mut self.judges, name)
    }

    fn group(&mut self, name: &str) -> usize {
        place(&mut self.groups, name)
    }
}

const PUBLISHED: &str = include_str!("../../data/published_weights.csv");

/// The query-specific cases of the paper: groups that overlap its scenarios, and are not part of means over scenarios.
pub const CASES: [&str; 5] =
    ["express_feeling", "intent_unclear", "w_constraints", "w_mistakes", "w_stances"];

/// The draws of these properties alone.
fn picked(draws: &Draws, properties: &[String]) -> Option<Vec<f32>> {
    let at = places(&draws.names, properties)?;
    let rows = draws.values.chunks(draws.names.len().max(1));
    Some(rows.flat_map(|draw| at.iter().map(|&at| draw[at] as f32)).collect())
}

/// The index of each property among the names; `None` if one is missing.
fn places(names: &[String], properties: &[String]) -> Option<Vec<usize>> {
    properties.iter().map(|id| names.iter().position(|name| name == id)).collect()
}

fn place(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_table_is_whole() {
        let table = WeightTable::published();
        assert_eq!((table.judges.len(), table.groups.len(), table.properties.len()), (33, 16, 29));
        for judge in 0..33 {
            for group in 0..16 {
                assert!(
                    table.get(judge, group).is_some_and(|w| w.len() == 29 && w.iter().all(|w| w.abs() < 3.0))
                );
            }
        }
        let intensities = table.intensities();
        let of = |judge: &str, property: &str| {
            let judge = table.judges.iter().position(|name| name == judge).unwrap();
            let property = table.properties.iter().position(|id| id == property).unwrap();
            intensities[judge].as_ref().unwrap()[property]
        };
        for (property, human, gpt) in [
            ("no_severe_errors", 62.86, 76.19),
            ("admit_limits", 46.24, 50.34),
            ("clear", 53.51, 59.58),
            ("harmless", 48.57, 50.70),
        ] {
            assert!((of("human", property) - human).abs() < 0.01, "{property}: {}", of("human", property));
            assert!((of("gpt-4-1106-preview", property) - gpt).abs() < 0.01, "{property}");
        }
        assert!(CASES.iter().all(|case| table.groups.iter().any(|group| group == case)));
    }

    #[test]
    fn own_judges_stand_among_the_published() {
        let published = WeightTable::published();
        let fit = |judge: &str, group: &str, sign: f64| {
            let human =
                published.get(published.judges.iter().position(|j| j == "human").unwrap(), 0).unwrap();
            let weights = published.properties.iter().zip(human).filter(|(id, _)| *id != "novel");
            Fit {
                weights: weights.map(|(id, w)| weight(id, sign * w)).collect(),
                ..Fit { judge: judge.to_owned(), group: group.to_owned(), ..none() }
            }
        };
        let own = WeightTable::of_fits(
            &[fit("human", ALL, 1.0), fit("mine", ALL, -1.0), fit("mine", "Advice", 1.0)],
            &[],
        );
        assert_eq!((own.properties.len(), own.judges.len(), own.groups.len()), (28, 2, 2));
        let joined = own.with_published(&published);
        assert_eq!((joined.properties.len(), joined.judges.len(), joined.groups.len()), (28, 35, 17));
        let place = |name: &str| joined.judges.iter().position(|judge| judge == name).unwrap();
        let group = |name: &str| joined.groups.iter().position(|group| group == name).unwrap();
        let at = |judge: &str, name: &str| joined.get(place(judge), group(name));
        // On all pairs only: the same in every scenario, but in no case. With a fitted scenario: there only.
        assert_eq!(at("human", "Advice"), at("human", ALL));
        assert_eq!(at("human", "Code"), at("human", ALL));
        assert_eq!(at("human", "w_mistakes"), None);
        assert_eq!(at("mine", "Code"), None);
        assert_eq!(at("mine", "Advice"), at("human (published)", "Advice"));
        // With scenarios that the published table does not have: in every published one, by all pairs; the others are left out.
        let strange = WeightTable::of_fits(&[fit("own", ALL, -1.0), fit("own", "Coding", 1.0)], &[]);
        let joined = strange.with_published(&published);
        assert_eq!(joined.scenarios().len(), 11);
        let own = joined.judges.iter().position(|judge| judge == "own").unwrap();
        assert!(
            joined
                .scenarios()
                .iter()
                .all(|&group| joined.get(own, group) == strange.get(0, 0).map(|w| &w[..28]))
        );
        assert_eq!(at("zephyr-7b-beta", "w_mistakes").unwrap().len(), 28);
    }

    fn weight(id: &str, mean: f64) -> predilect_results::Weight {
        let (property, p_positive) = (id.to_owned(), 0.5);
        let (rhat, ess_bulk, ess_tail, mcse_mean) = (None, None, None, None);
        predilect_results::Weight {
            property,
            mean,
            sd: 0.1,
            q05: mean,
            q50: mean,
            q95: mean,
            p_positive,
            rhat,
            ess_bulk,
            ess_tail,
            mcse_mean,
            effective_units: None,
        }
    }

    fn none() -> Fit {
        serde_json::from_value(
            serde_json::json!({"judge": "", "group": "", "rows": 1, "engine": "ep", "converged": true,
            "weights": [], "terms": []}),
        )
        .unwrap()
    }
}
