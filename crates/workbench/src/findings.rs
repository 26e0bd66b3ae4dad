//! What stands on top of every output? The findings of a comparison, a leaderboard and a dissection that can be said in a sentence, or why
//! nothing can.

use predilect_results::comparison::{Contrast, Interval, JudgeKind, JudgeRow, Measure};
use predilect_results::format::SURE;
use predilect_results::ranking::{Change, LcBoard, Leaderboard, Row};
use predilect_results::{
    ALL, Caution, Comparison, Debtor, Dissection, FALSE_DISCOVERIES, Fact, Finding, Leads, Leans, NoJudge,
    NotRewarded, NotWeighed, Owes, Standings, UseJudge, Weighs, Weight, adds_nothing,
};

/// Of a comparison: whom to use as judge, and what the reference rewards and a judge does not.
pub(crate) fn of_comparison(c: &Comparison) -> Vec<Finding> {
    // The published judges among themselves have no verdicts, and nobody is asked to be used.
    if c.judge_table.rows.is_empty() {
        return Vec::new();
    }
    let advice = advice(c);
    let advised = match &advice {
        Fact::UseJudge(found) => Some(found.judge.clone()),
        _ => None,
    };
    let mut all = vec![Finding::from(advice)];
    if !c.judge_table.reference.is_empty() {
        all.push(weighed(c, advised.as_deref()).into());
    }
    all
}

/// Of a dissection: where a judge departs from another, and what its comparison and leaderboard say.
pub(crate) fn of_dissection(d: &Dissection) -> Vec<Finding> {
    let judges = d.data.judges.len() as u64;
    if let [only] = d.data.judges.as_slice() {
        let mut all = vec![Finding::from(rewarded(d, &only.judge))];
        all.extend(owed(d));
        return all;
    }
    let departs = d.headline.clone().map_or(Fact::DepartsNowhere { judges }, Fact::Departs);
    let mut all = vec![Finding::from(departs)];
    all.extend(d.comparison.iter().filter(|_| judges > 1).flat_map(|found| found.findings.iter().cloned()));
    all.extend(owed(d));
    all
}

/// Which model owes most to what the leaderboard of a dissection holds equal, where one does.
fn owed(d: &Dissection) -> impl Iterator<Item = Finding> {
    let owes = |finding: &&Finding| matches!(finding.fact, Fact::Owes(_));
    d.ranking.iter().flat_map(|found| found.findings.iter()).filter(owes).cloned()
}

/// What the only judge rewards or penalises: the strongest of what is sure.
fn rewarded(d: &Dissection, judge: &str) -> Fact {
    let nothing = |why| Fact::RewardsNothing { judge: judge.to_owned(), why };
    let Some(fit) = d.fits.iter().find(|fit| fit.judge == judge && fit.group == ALL) else {
        return nothing(NotRewarded::NotFitted);
    };
    if adds_nothing(fit) {
        return nothing(NotRewarded::AddNothing);
    }
    let sure: Vec<&Weight> = fit.weights.iter().filter(|weight| weight.p_sign() >= SURE).collect();
    let Some(most) = sure.iter().max_by(|a, b| a.mean.abs().total_cmp(&b.mean.abs())) else {
        return nothing(NotRewarded::NothingSure);
    };
    let (low, high) = most.interval();
    Fact::Rewards {
        judge: judge.to_owned(),
        property: most.property.clone(),
        intensity: Interval { value: most.intensity(), low, high },
        sure: sure.len() as u64,
        predicts: fit.quality.as_ref().map(|q| q.gain_se.is_some_and(|se| q.gain > 2.0 * se)),
    }
}

/// Who is right most surely, and what that costs.
fn advice(c: &Comparison) -> Fact {
    let table = &c.judge_table;
    if table.reference.is_empty() {
        return Fact::NoJudge { why: NoJudge::NoReference };
    }
    let alone = |row: &&JudgeRow| row.kind == JudgeKind::Judge && row.figure("labels_needed").is_some();
    let single = table.rows.iter().filter(alone).filter_map(|row| Some((row, interval(row, "accuracy")?)));
    let single: Vec<(&JudgeRow, Interval)> = single.collect();
    let surely_helps = |(row, accuracy): &&(&JudgeRow, Interval)| {
        let gain = row.figure("gain").and_then(|gain| gain.low);
        !row.turned && accuracy.low > 0.5 && gain.is_some_and(|low| low > 0.0)
    };
    // By the accuracy that it has at least: of few pairs a high one tells little.
    let at_least = |a: &&(&JudgeRow, Interval), b: &&(&JudgeRow, Interval)| a.1.low.total_cmp(&b.1.low);
    let count = |row: &JudgeRow, id: &str| row.figure(id).map_or(0, |figure| figure.value as u64);
    let Some(&(row, accuracy)) = single.iter().filter(surely_helps).max_by(at_least) else {
        let why = match single.iter().max_by(at_least) {
            Some(&(row, accuracy)) => {
                let (judge, pairs) = (row.judge.clone(), count(row, "labels_there"));
                NoJudge::NoBetter { judge, accuracy, pairs }
            }
            None => NoJudge::FewLabels { reference: table.reference.clone() },
        };
        return Fact::NoJudge { why };
    };
    let count = |id: &str| count(row, id);
    let others = table.rows.iter().filter(|other| other.kind == JudgeKind::Judge && other.judge != row.judge);
    Fact::UseJudge(UseJudge {
        judge: row.judge.clone(),
        reference: table.reference.clone(),
        accuracy,
        pairs: count("labels_there"),
        margin: table.margin,
        labels_needed: count("labels_needed"),
        labels_there: count("labels_there"),
        labels_missing: count("labels_missing"),
        labels_alone: count("labels_alone"),
        not_surely_worse: others
            .filter(|other| !surely_worse(c, other, &row.judge, accuracy))
            .map(|other| other.judge.clone())
            .collect(),
    })
}

fn interval(row: &JudgeRow, id: &str) -> Option<Interval> {
    let figure = row.figure(id)?;
    Some(Interval { value: figure.value, low: figure.low?, high: figure.high? })
}

/// Whether a judge is surely less accurate than another: prompt by prompt on the pairs that both judged; where the two have not been compared so,
/// by intervals that do not meet.
fn surely_worse(c: &Comparison, other: &JudgeRow, best: &str, accuracy: Interval) -> bool {
    let is_both = |judges: &[String; 2]| {
        judges.iter().any(|judge| judge == best) && judges.iter().any(|judge| *judge == other.judge)
    };
    let compared = c.habits.iter().find(|found| found.measure == Measure::Accuracy && is_both(&found.judges));
    match compared {
        Some(found) => {
            let favours_best = (found.difference.value > 0.0) == (found.judges[0] == best);
            favours_best && found.q_value <= FALSE_DISCOVERIES
        }
        // One that nobody could measure is no alternative.
        None => interval(other, "accuracy").is_none_or(|own| own.high < accuracy.low),
    }
}

/// What the reference rewards and a judge does not, the judge that is advised before others.
fn weighed(c: &Comparison, advised: Option<&str>) -> Fact {
    let reference = &c.judge_table.reference;
    let adds_nothing = |judge: &String| {
        let among =
            |caution: &Caution| matches!(caution, Caution::AddNothing { judges } if judges.contains(judge));
        c.cautions.iter().any(among)
    };
    let departs = |found: &&Contrast| {
        found.group == ALL && found.judges.iter().filter(|judge| reference.contains(judge)).count() == 1
    };
    let of_reference: Vec<&Contrast> = c.contrasts.iter().filter(departs).collect();
    let told: Vec<&Contrast> =
        of_reference.iter().copied().filter(|found| !found.judges.iter().any(adds_nothing)).collect();
    if told.is_empty() {
        let why = if of_reference.is_empty() { NotWeighed::NotFitted } else { NotWeighed::AddNothing };
        return Fact::NotWeighed { why };
    }
    let sure: Vec<&Contrast> =
        told.iter().copied().filter(|found| found.q_value <= FALSE_DISCOVERIES).collect();
    let of_advised =
        sure.iter().find(|found| advised.is_some_and(|judge| found.judges.iter().any(|own| own == judge)));
    let Some(found) = of_advised.or(sure.first()) else {
        return Fact::WeighsAlike { of: told.len() as u64 };
    };
    let first_is_reference = reference.contains(&found.judges[0]);
    let [ours, theirs] =
        if first_is_reference { [0, 1] } else { [1, 0] }.map(|at: usize| found.judges[at].clone());
    let Interval { value, low, high } = Interval { value: found.mean, low: found.low, high: found.high };
    let difference = if first_is_reference {
        Interval { value, low, high }
    } else {
        Interval { value: -value, low: -high, high: -low }
    };
    match (leans(c, &ours, &found.property), leans(c, &theirs, &found.property)) {
        (Some(of_reference), Some(of_judge)) => Fact::Weighs(Weighs {
            property: found.property.clone(),
            reference: ours,
            of_reference,
            judge: theirs,
            of_judge,
            difference,
            sure: sure.len() as u64,
        }),
        _ => Fact::NotWeighed { why: NotWeighed::NotFitted },
    }
}

/// Which way a judge leans on a property, by its fit on all pairs.
fn leans(c: &Comparison, judge: &str, property: &str) -> Option<Leans> {
    let profile = c.dissections.iter().find(|profile| profile.judge == judge && profile.of == ALL)?;
    let found = profile.properties.iter().find(|own| own.property == property)?;
    Some(Leans { intensity: found.intensity, sure: found.is_sure()? })
}

/// Of leaderboards: who leads, and which model owes most to what is held equal.
pub fn of_standings(raw: &Leaderboard, controlled: Option<&Leaderboard>) -> Vec<Finding> {
    let held = controlled.filter(|board| !board.controls.is_empty());
    let shown = held.unwrap_or(raw);
    let mut all = Vec::new();
    if let Some(first) = leads(shown) {
        all.push(Finding::from(first));
    }
    all.push(held.map_or(Fact::NothingHeld, owes).into());
    // What is asked of a board with something held equal is who owes what.
    if held.is_some() {
        all.reverse();
    }
    all
}

impl crate::rank::Ranked {
    /// The findings of this board, or why nothing can be said.
    pub fn findings(&self) -> Vec<Finding> {
        let held = (!self.board.controls.is_empty()).then_some(&self.board);
        of_standings(&self.board, held)
    }
}

impl crate::rank::RankedLc {
    /// The finding of this board: who leads at equal length.
    pub fn findings(&self) -> Vec<Finding> {
        of_lc(&self.board)
    }
}

pub(crate) fn with_findings(standings: Standings) -> Standings {
    let findings = of_standings(&standings.raw, standings.controlled.as_ref());
    Standings { findings, ..standings }
}

fn leads(board: &Leaderboard) -> Option<Fact> {
    let first = board.ranking.first()?;
    let unit = if board.method == "win-rate" { "%" } else { "points" };
    let alike = board.ranking.iter().skip(1).filter(|row| row.rank_low == 1 || row.rank == 1);
    Some(Fact::Leads(Leads {
        models: std::iter::once(first).chain(alike).map(|row| row.model.clone()).collect(),
        score: Interval { value: first.score, low: first.low, high: first.high },
        unit: unit.to_owned(),
        baseline: None,
    }))
}

fn of_lc(board: &LcBoard) -> Vec<Finding> {
    let Some(first) = board.ranking.first() else { return Vec::new() };
    let alike = board.ranking.iter().skip(1).filter(|row| row.rank_low == 1 || row.rank == 1);
    vec![
        Fact::Leads(Leads {
            models: std::iter::once(first).chain(alike).map(|row| row.model.clone()).collect(),
            score: Interval { value: first.score, low: first.low, high: first.high },
            unit: "% at equal length".to_owned(),
            baseline: Some(board.baseline.clone()),
        })
        .into(),
    ]
}

/// Of the models whose score surely falls, the one that loses most points, and the one that falls by most places.
fn owes(board: &Leaderboard) -> Fact {
    let controls: Vec<String> = board.controls.iter().map(|control| control.name.clone()).collect();
    let changed: Vec<(&Row, Change)> =
        board.ranking.iter().filter_map(|row| Some((row, row.from_raw?))).collect();
    let sure: Vec<&(&Row, Change)> =
        changed.iter().filter(|(_, change)| change.q_value <= FALSE_DISCOVERIES).collect();
    let losers: Vec<&(&Row, Change)> =
        sure.iter().copied().filter(|(_, change)| change.change < 0.0).collect();
    let most = losers.iter().min_by(|a, b| a.1.change.total_cmp(&b.1.change));
    let Some(most) = most.map(|found| debtor(found)) else {
        return Fact::OwesNothing { controls, of: changed.len() as u64 };
    };
    // Places are judged by their ranges: by how many the whole range moves down.
    let fall = |debtor: &Debtor| {
        (debtor.after[0] as i64 - debtor.before[0] as i64)
            .min(debtor.after[1] as i64 - debtor.before[1] as i64)
    };
    let mut furthest: Option<Debtor> = None;
    for own in losers.iter().map(|found| debtor(found)) {
        if fall(&own) > fall(furthest.as_ref().unwrap_or(&most)) {
            furthest = Some(own);
        }
    }
    Fact::Owes(Owes { controls, most, furthest, sure: sure.len() as u64, of: changed.len() as u64 })
}

fn debtor((row, change): &(&Row, Change)) -> Debtor {
    Debtor {
        model: row.model.clone(),
        loses: Interval { value: -change.change, low: -change.high, high: -change.low },
        before: [change.raw_rank_low, change.raw_rank_high],
        after: [row.rank_low, row.rank_high],
    }
}

#[cfg(test)]
mod tests {
    use predilect_results::comparison::{Figure, Intensity, JudgeTable, Profile};
    use predilect_results::ranking::Control;

    use super::*;

    fn row(judge: &str, kind: JudgeKind, cells: &[(&str, f64, f64, f64)]) -> JudgeRow {
        let cells = cells.iter().map(|&(id, value, low, high)| {
            (id.to_owned(), Figure { value, low: Some(low), high: Some(high) })
        });
        JudgeRow { judge: judge.to_owned(), kind, turned: false, cells: cells.collect() }
    }

    /// People and two judges; `gain` is that of the better one with its lower end.
    fn comparison(gain: (f64, f64)) -> Comparison {
        let judge = |name: &str, accuracy: (f64, f64, f64), gain: (f64, f64)| {
            let (value, low, high) = accuracy;
            row(
                name,
                JudgeKind::Judge,
                &[
                    ("accuracy", value, low, high),
                    ("gain", gain.0, gain.1, 2.0 * gain.0 - gain.1),
                    ("labels_needed", 519.0, 519.0, 519.0),
                    ("labels_there", 419.0, 419.0, 419.0),
                    ("labels_alone", 1065.0, 1065.0, 1065.0),
                    ("labels_missing", 100.0, 100.0, 100.0),
                ],
            )
        };
        let rows = vec![
            row("human", JudgeKind::Reference, &[]),
            row(
                "jury: mean",
                JudgeKind::Jury,
                &[("accuracy", 0.9, 0.88, 0.92), ("labels_needed", 400.0, 400.0, 400.0)],
            ),
            judge("good", (0.845, 0.81, 0.87), gain),
            judge("near", (0.83, 0.79, 0.86), (0.2, 0.1)),
            judge("poor", (0.6, 0.55, 0.65), (0.05, 0.01)),
        ];
        let judge_table =
            JudgeTable { reference: vec!["human".to_owned()], margin: 0.03, rows, ..JudgeTable::default() };
        Comparison { judge_table, ..Comparison::default() }
    }

    #[test]
    fn the_single_judge_that_tells_most_is_advised_with_those_not_surely_worse() {
        let found = of_comparison(&comparison((0.29, 0.24)));
        let Fact::UseJudge(advised) = &found[0].fact else { panic!("{found:?}") };
        assert_eq!((advised.judge.as_str(), advised.labels_missing), ("good", 100));
        // Nobody has compared them prompt by prompt: intervals that meet tell nothing apart.
        assert_eq!(advised.not_surely_worse, ["near"]);
        assert_eq!(
            found[0].sentence,
            "Use good: it agrees with human in 85\u{a0}% [81, 87] of its verdicts on 419 pairs (90 % interval). A win rate within 3 points takes \
             519 labels beside it (1,065 without a judge); 419 are there, 100 are missing. Not surely worse: near."
        );
        let Fact::NotWeighed { why } = found[1].fact else { panic!("{found:?}") };
        assert_eq!(why, NotWeighed::NotFitted);
    }

    #[test]
    fn nobody_is_advised_who_may_be_no_better_than_chance() {
        let mut all = comparison((0.01, -0.01));
        all.judge_table.rows.retain(|row| !matches!(row.judge.as_str(), "near" | "poor"));
        let found = of_comparison(&all);
        assert!(
            matches!(&found[0].fact, Fact::NoJudge { why: NoJudge::NoBetter { judge, .. } } if judge == "good"),
            "{found:?}"
        );
        let mut nobody = comparison((0.29, 0.24));
        nobody.judge_table.reference.clear();
        let found = of_comparison(&nobody);
        assert!(matches!(found[0].fact, Fact::NoJudge { why: NoJudge::NoReference }), "{found:?}");
        assert_eq!(found.len(), 1, "both are said at once");
        // The published judges alone have no verdicts.
        assert_eq!(of_comparison(&Comparison::default()), []);
    }

    /// With what people and two judges reward; the surest contrast is that of `poor`.
    fn weighing() -> Comparison {
        let contrast = |judges: [&str; 2], mean: f64, q_value: f64| Contrast {
            judges: judges.map(str::to_owned),
            group: ALL.to_owned(),
            property: "length".to_owned(),
            mean,
            low: mean - 0.2,
            high: mean + 0.2,
            p_positive: 0.99,
            shared_units: 9,
            q_value,
        };
        let profile = |judge: &str, intensity: f64, p: f64| Profile {
            judge: judge.to_owned(),
            of: ALL.to_owned(),
            properties: vec![Intensity { property: "length".to_owned(), intensity, p_positive: Some(p) }],
        };
        Comparison {
            contrasts: vec![
                contrast(["poor", "human"], 1.1, 0.001),
                contrast(["human", "good"], -0.6, 0.01),
                contrast(["good", "poor"], -0.5, 0.01),
                contrast(["human", "near"], 0.1, 0.6),
            ],
            dissections: vec![
                profile("human", 40.7, 0.01),
                profile("good", 52.0, 0.8),
                profile("poor", 68.3, 0.999),
            ],
            ..comparison((0.29, 0.24))
        }
    }

    #[test]
    fn the_advised_judge_is_set_against_people_before_others() {
        let found = of_comparison(&weighing());
        let Fact::Weighs(weighs) = &found[1].fact else { panic!("{found:?}") };
        assert_eq!((weighs.reference.as_str(), weighs.judge.as_str(), weighs.sure), ("human", "good", 2));
        assert!(
            (weighs.difference.value + 0.6).abs() < 1e-12
                && weighs.of_reference.sure
                && !weighs.of_judge.sure
        );
        assert_eq!(
            found[1].sentence,
            "good rewards length more than human does, by 0.60 log-odds [0.40, 0.80] (90 % interval): good does not surely do either (52.0\u{a0}%), \
             human penalises it (40.7\u{a0}%). One more difference is sure like that."
        );
    }

    #[test]
    fn fits_that_add_nothing_are_no_ground_for_a_finding() {
        let mut all = weighing();
        all.cautions = vec![Caution::AddNothing { judges: vec!["good".to_owned(), "near".to_owned()] }];
        let found = of_comparison(&all);
        assert!(matches!(&found[1].fact, Fact::Weighs(weighs) if weighs.judge == "poor"), "{found:?}");
        all.cautions = vec![Caution::AddNothing { judges: vec!["human".to_owned()] }];
        let found = of_comparison(&all);
        assert!(matches!(found[1].fact, Fact::NotWeighed { why: NotWeighed::AddNothing }), "{found:?}");
        all.cautions.clear();
        all.contrasts.iter_mut().for_each(|contrast| contrast.q_value = 0.2);
        let found = of_comparison(&all);
        assert!(matches!(found[1].fact, Fact::WeighsAlike { of: 3 }), "{found:?}");
    }

    fn board(rows: &[(&str, [usize; 2], [usize; 2], f64, f64)]) -> Leaderboard {
        let row = |(at, &(model, before, after, change, q_value)): (
            usize,
            &(&str, [usize; 2], [usize; 2], f64, f64),
        )| Row {
            model: model.to_owned(),
            score: 1200.0 - at as f64,
            low: 1190.0 - at as f64,
            high: 1210.0 - at as f64,
            rank: at + 1,
            rank_low: after[0],
            rank_high: after[1],
            votes: 100,
            from_raw: Some(Change {
                raw_score: 1000.0,
                raw_rank: before[0],
                raw_rank_low: before[0],
                raw_rank_high: before[1],
                change,
                low: change - 20.0,
                high: change + 20.0,
                q_value,
            }),
        };
        Leaderboard {
            method: "bradley-terry".to_owned(),
            judges: Vec::new(),
            intervals: Some("sandwich".to_owned()),
            prior: 0.0,
            resamples: None,
            votes: 100,
            prompts: Some(50),
            weights: None,
            never_met: Vec::new(),
            ranking: rows.iter().enumerate().map(row).collect(),
            controls: vec![Control { name: "length".to_owned(), weight: 1.0, low: 0.9, high: 1.1 }],
            tie: None,
        }
    }

    #[test]
    fn who_loses_most_owes_most_and_who_falls_furthest_is_named_too() {
        let board = board(&[
            ("first", [1, 1], [1, 1], -207.0, 0.001),
            ("even", [2, 3], [2, 3], 10.0, 0.3),
            ("unsure", [2, 3], [5, 6], -400.0, 0.2),
            ("fallen", [3, 4], [5, 7], -136.0, 0.01),
        ]);
        let found = of_standings(&board, Some(&board));
        let Fact::Owes(owes) = &found[0].fact else { panic!("{found:?}") };
        assert_eq!((owes.most.model.as_str(), owes.sure, owes.of), ("first", 2, 4));
        assert_eq!(owes.furthest.as_ref().map(|other| other.model.as_str()), Some("fallen"));
        assert_eq!(
            found[0].sentence,
            "first owes most to length: with that held equal it loses 207 points [187, 227] (95 % interval) and stays in place 1. fallen falls \
             furthest: it loses 136 points [116, 156] and goes from places 3-4 to 5-7. 2 of 4 scores surely change."
        );
        assert_eq!(found[1].sentence, "first leads with 1,200 points [1,190, 1,210] (95 % interval).");
    }

    #[test]
    fn where_nothing_is_held_equal_or_nobody_loses_that_is_said() {
        let gains = board(&[("a", [1, 2], [1, 2], 30.0, 0.01), ("b", [1, 2], [1, 2], -30.0, 0.5)]);
        let found = of_standings(&gains, Some(&gains));
        assert!(matches!(&found[0].fact, Fact::OwesNothing { of: 2, .. }), "{found:?}");
        let raw = Leaderboard { controls: Vec::new(), ..gains };
        let found = of_standings(&raw, None);
        assert_eq!(
            found.iter().map(|one| one.sentence.as_str()).collect::<Vec<_>>(),
            [
                "a is first with 1,200 points [1,190, 1,210] (95 % interval), but not surely before b.",
                "Nothing is held equal here, so what a model owes to length or formatting is not known.",
            ]
        );
    }
}
