//! What do the published judges reward in a scenario?

use predilect_results::{PublishedCell, PublishedDifference, PublishedRewards, PublishedRow, intensity};

use super::weights::WeightTable;

/// Pairs of each scenario and case, by `group_indexes.json` of the published data (Li et al., 2024); a pair belongs to
/// one scenario and any number of cases.
const PAIRS: [(&str, u64); 16] = [
    ("express_feeling", 121),
    ("intent_unclear", 459),
    ("w_constraints", 1418),
    ("w_mistakes", 401),
    ("w_stances", 388),
    ("Functional Writing", 400),
    ("Others", 820),
    ("Knowledge-aware", 820),
    ("Code", 400),
    ("Advice", 400),
    ("Daily Tasks", 400),
    ("NLP Tasks", 400),
    ("Creative Writing", 400),
    ("Unsafe Queries", 400),
    ("Exam Questions", 400),
    ("Communication", 400),
];

/// All pairs: those of the scenarios.
const ALL_PAIRS: u64 = 5240;

/// The published weights of these judges in this scenario or case, as intensities; without one, the mean of the intensities over the
/// scenarios, as profiles have it. Means only: nothing was published that intervals could come from. `None` where a judge or the scenario
/// is not there.
pub fn published_rewards(judges: &[String], scenario: Option<&str>) -> Option<PublishedRewards> {
    let table = WeightTable::published();
    let place = |names: &[String], name: &str| names.iter().position(|known| known == name);
    let at: Vec<usize> = judges.iter().map(|judge| place(&table.judges, judge)).collect::<Option<_>>()?;
    let group = match scenario {
        Some(name) => Some(place(&table.groups, name)?),
        None => None,
    };
    let scenarios = table.scenarios();
    let means = table.intensities();
    let weight = |judge: usize, group: usize, property: usize| Some(table.get(judge, group)?[property]);
    let cell = |judge: usize, property: usize| match group {
        Some(group) => {
            let weight = weight(judge, group, property)?;
            Some(PublishedCell { intensity: intensity(weight), weight: Some(weight) })
        }
        None => Some(PublishedCell { intensity: means[judge].as_ref()?[property], weight: None }),
    };
    let row = |(property, id): (usize, &String)| {
        let cells: Vec<PublishedCell> =
            at.iter().map(|&judge| cell(judge, property)).collect::<Option<_>>()?;
        let difference = match (at.as_slice(), cells.as_slice()) {
            ([one, other, ..], [first, second, ..]) => {
                let points = first.intensity - second.intensity;
                let apart =
                    |&group: &usize| Some(weight(*one, group, property)? - weight(*other, group, property)?);
                let alike = scenarios.iter().filter_map(apart).filter(|own| own * points > 0.0).count();
                Some(PublishedDifference { points, alike: alike as u64 })
            }
            _ => None,
        };
        Some(PublishedRow { property: id.clone(), cells, difference })
    };
    let pairs = match scenario {
        None => ALL_PAIRS,
        Some(name) => PAIRS.iter().find(|(own, _)| *own == name)?.1,
    };
    Some(PublishedRewards {
        pairs,
        scenario: scenario.map(str::to_owned),
        scenarios: scenarios.len() as u64,
        judges: judges.to_vec(),
        rows: table.properties.iter().enumerate().map(row).collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(judges: &[&str], scenario: Option<&str>) -> Option<PublishedRewards> {
        let judges: Vec<String> = judges.iter().map(|&judge| judge.to_owned()).collect();
        published_rewards(&judges, scenario)
    }

    #[test]
    fn judges_stand_side_by_side_in_a_scenario() {
        let found = of(&["gpt-4-1106-preview", "human"], Some("Code")).expect("both are published");
        assert_eq!((found.rows.len(), found.scenarios, found.pairs), (29, 11, 400));
        let table = WeightTable::published();
        let place = |names: &[String], name: &str| names.iter().position(|own| own == name);
        let [gpt, human] =
            ["gpt-4-1106-preview", "human"].map(|name| place(&table.judges, name).expect(name));
        let code = place(&table.groups, "Code").expect("Code");
        for (at, row) in found.rows.iter().enumerate() {
            let [one, other] = [gpt, human].map(|judge| table.get(judge, code).expect("weights")[at]);
            assert_eq!(row.cells[0].weight, Some(one));
            let apart = row.difference.expect("two judges");
            assert!((apart.points - (intensity(one) - intensity(other))).abs() < 1e-12);
            assert!(apart.alike <= 11);
        }
        // Code itself is one of the scenarios whose sign is counted.
        assert!(found.rows.iter().all(|row| row.difference.is_some_and(|apart| apart.alike >= 1)));
    }

    #[test]
    fn every_group_has_its_pairs_and_scenarios_have_all() {
        let table = WeightTable::published();
        assert!(table.groups.iter().all(|group| PAIRS.iter().any(|(own, _)| own == group)));
        let scenarios = table.scenarios().into_iter().map(|at| &table.groups[at]);
        let of = |group: &String| PAIRS.iter().find(|(own, _)| own == group).expect("its pairs").1;
        assert_eq!(scenarios.map(of).sum::<u64>(), ALL_PAIRS);
    }

    #[test]
    fn without_a_scenario_means_are_those_of_profiles() {
        let found = of(&["human"], None).expect("published");
        let errors = found.rows.iter().find(|row| row.property == "no_severe_errors").expect("a row");
        // As `predilect compare --published` has it.
        assert!((errors.cells[0].intensity - 62.86).abs() < 0.01 && errors.cells[0].weight.is_none());
        assert_eq!(errors.difference, None);
        assert_eq!(of(&["nobody"], None), None);
        assert_eq!(of(&["human"], Some("nowhere")), None);
    }
}
