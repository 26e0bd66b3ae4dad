//! The findings at the top of every output: those of a comparison, a leaderboard and a dissection that can be said in a sentence, or the
//! reason that there are none.

use std::collections::BTreeSet;

use predilect_results::comparison::{Contrast, Interval, JudgeAgreement, JudgeKind, JudgeRow, Measure};
use predilect_results::format::SURE;
use predilect_results::ranking::{Change, LcBoard, Leaderboard, Row};
use predilect_results::{
    ALL, Caution, Comparison, Debtor, Dissection, FALSE_DISCOVERIES, Fact, Finding, Leads, Leans, NoJudge,
    NotRewarded, NotWeighed, Owes, Standings, UseJudge, Weighs, Weight, adds_nothing,
};

/// Of a comparison: which judge to use, and what the reference rewards and a judge does not.
pub(crate) fn of_comparison(c: &Comparison) -> Vec<Finding> {
    // The published judges among themselves have no verdicts, so there is no judge to recommend.
    if c.judge_table.rows.is_empty() {
        return Vec::new();
    }
    let reference = &c.judge_table.reference;
    let is_other = |row: &JudgeRow| row.kind == JudgeKind::Judge && !reference.contains(&row.judge);
    if !reference.is_empty() && !c.judge_table.rows.iter().any(is_other) {
        let why = NoJudge::OnlyReference { reference: reference.clone() };
        return vec![Fact::NoJudge { why }.into()];
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

/// Which model owes most to what the leaderboard of a dissection holds equal, if any does, or that this cannot be known.
fn owed(d: &Dissection) -> impl Iterator<Item = Finding> {
    let owes = |finding: &&Finding| matches!(finding.fact, Fact::Owes(_) | Fact::CannotSeparate { .. });
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
    // By the lower bound of accuracy: with few pairs a high value means little.
    let at_least = |a: &&(&JudgeRow, Interval), b: &&(&JudgeRow, Interval)| a.1.low.total_cmp(&b.1.low);
    let count = |row: &JudgeRow, id: &str| row.figure(id).map_or(0, |figure| figure.value as u64);
    let Some(&(row, accuracy)) = single.iter().filter(surely_helps).max_by(at_least) else {
        let why = match single.iter().max_by(at_least) {
            Some(&(row, accuracy)) => {
                let (judge, pairs) = (row.judge.clone(), count(row, "labels_there"));
                NoJudge::NoBetter { judge, accuracy, pairs }
            }
            None => few_labels(c),
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

/// How much the reference and any judge share.
fn few_labels(c: &Comparison) -> NoJudge {
    let reference = &c.judge_table.reference;
    let shared =
        |found: &&JudgeAgreement| found.judges.iter().filter(|judge| reference.contains(judge)).count() == 1;
    let most = c.agreement.iter().filter(shared).max_by_key(|found| (found.pairs, found.prompts));
    let (pairs, prompts) = most.map_or((0, 0), |found| (found.pairs, found.prompts));
    NoJudge::FewLabels { reference: reference.clone(), pairs, prompts }
}

fn interval(row: &JudgeRow, id: &str) -> Option<Interval> {
    let figure = row.figure(id)?;
    Some(Interval { value: figure.value, low: figure.low?, high: figure.high? })
}

/// Whether a judge is surely less accurate than another: prompt by prompt on the pairs that both judged; where the two have not been
/// compared so, by intervals that do not meet.
fn surely_worse(c: &Comparison, other: &JudgeRow, best: &str, accuracy: Interval) -> bool {
    let is_both =
        |judges: &[String; 2]| judges.iter().any(|judge| judge == best) && judges.contains(&other.judge);
    let compared = c.habits.iter().find(|found| found.measure == Measure::Accuracy && is_both(&found.judges));
    match compared {
        Some(found) => {
            let favours_best = (found.difference.value > 0.0) == (found.judges[0] == best);
            favours_best && found.q_value <= FALSE_DISCOVERIES
        }
        // A judge that could not be measured is not an alternative.
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
        let others = of_reference.iter().flat_map(|found| &found.judges);
        let without: BTreeSet<&String> = others.filter(|judge| adds_nothing(judge)).collect();
        return Fact::WeighsAlike { of: told.len() as u64, without: without.into_iter().cloned().collect() };
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

/// Of leaderboards: which model leads, and which owes most to what is held equal.
pub fn of_standings(raw: &Leaderboard, controlled: Option<&Leaderboard>) -> Vec<Finding> {
    let held = controlled.filter(|board| !board.controls.is_empty());
    let inseparable = held.and_then(Leaderboard::inseparable);
    // What cannot be told from the models is better not held equal.
    let shown = if inseparable.is_some() { raw } else { held.unwrap_or(raw) };
    let mut all = Vec::new();
    // Of a board that is known with something held equal only, nothing is said of who leads without that.
    let known = inseparable.is_none() || raw.controls.is_empty();
    if let Some(first) = leads(shown).filter(|_| known) {
        all.push(Finding::from(first));
    }
    all.push(match (inseparable, held) {
        (Some((control, ahead)), _) => {
            Fact::CannotSeparate { control: control.name.clone(), ahead: ahead.clone() }.into()
        }
        (None, held) => held.map_or(Fact::NothingHeld, owes).into(),
    });
    // For a board with controls the question is which model owes what.
    if held.is_some() {
        all.reverse();
    }
    all
}

impl crate::rank::Ranked {
    /// The findings of this board, or the reason that there are none.
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
        let down = |end: usize| debtor.after[end].saturating_sub(debtor.before[end]);
        down(0).min(down(1))
    };
    // Of those that fall equally far, the one that loses most points.
    let further = losers.iter().map(|found| debtor(found)).filter(|own| fall(own) > fall(&most));
    let furthest = further.max_by(|a, b| {
        fall(a).cmp(&fall(b)).then_with(|| a.loses.value.abs().total_cmp(&b.loses.value.abs()))
    });
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
mod tests;
