//! What the arms did: measured by every judge, paired by prompt, with what was expected.

use std::collections::{BTreeMap, HashMap};

use predilect_results::steering::{ArmRow, Compliance, Flip, PredictionFit};
use predilect_stats::ratio::Ratio;
use predilect_types::{Pair, Verdict, property};
use predilect_workbench::PairRatings;
use predilect_workbench::rank::{Against, difficulty_of};

use crate::arms::{Group, PLACEBO, PLAIN};
use crate::equal_length::{AtEqualLength, at_equal_length};
use crate::predict::{Case, Clusters, Expected, Range, correlation, expected, hardness, resampled};
use crate::prompts::{Prompt, Protocol};
use crate::responses::{Responses, first_turn_of, id_of};

/// What follows a property's id where less of it is asked for, and more as well in another group.
const LESS: &str = " (less)";
/// Standard errors to either side of a 90 % interval.
const Z: f64 = 1.644_854;
/// Flips that are shown.
const FLIPS: usize = 12;

/// Everything that was measured.
pub(crate) struct Measured<'a> {
    pub(crate) protocol: Protocol,
    /// What responses are compared with.
    pub(crate) against: &'a str,
    pub(crate) prompts: &'a [Prompt],
    /// Numbers of the prompts with every response.
    pub(crate) complete: &'a [usize],
    pub(crate) responses: &'a Responses,
    pub(crate) groups: &'a [Group],
    pub(crate) group_of: &'a [usize],
    /// The rows of the pairs by their ids, and how they are rated.
    pub(crate) rows: HashMap<String, usize>,
    pub(crate) ratings: &'a PairRatings,
    pub(crate) seed: u64,
}

/// What one judge said: on each complete prompt the score of each arm, and the preference over the opponent.
struct OfJudge {
    /// Prompts with a value in every arm: their places among the complete ones.
    at: Vec<usize>,
    /// By arm: win rates in %, or grades.
    scores: Vec<Vec<f64>>,
    /// By arm: the preference over the opponent, 0..1.
    preferences: Vec<Vec<f64>>,
}

impl Measured<'_> {
    /// The rows of one judge.
    ///
    /// `target`: the verdicts of the judge whose weights were used, for one that is held out.
    pub(crate) fn rows(&self, judge: &str, verdicts: &[Verdict], target: Option<&[Verdict]>) -> Vec<ArmRow> {
        let own = self.of_judge(verdicts);
        let of_target = target.map(|verdicts| self.of_judge(verdicts));
        if own.at.is_empty() {
            return Vec::new();
        }
        let at_length = self.at_equal_length(&own);
        let plain =
            if self.responses.baseline.is_none() { Some(&AtEqualLength::EVEN) } else { at_length.get(PLAIN) };
        let rows = self.responses.arms.iter().enumerate().filter_map(|(arm, name)| {
            let each = Clusters::each(own.at.len());
            let score = resampled(&own.scores[arm], &each, self.seed)?;
            let shift = self.apart(&own, arm, 0)?;
            // Of the plain arm every judge's shift is nothing.
            let target_of = of_target.as_ref().filter(|_| name != PLAIN);
            let beyond = target_of.and_then(|target| self.beyond(target, &own, arm));
            let over_placebo = self.over_placebo(&own, arm);
            let (predicted, found) = self.expected(arm, &own);
            let own_lc =
                if name == PLAIN { plain } else { at_length.get(name.as_str()) }.filter(|own| own.told);
            let lc_shift = own_lc.and_then(|own| self.lc_shift(name, own));
            let preferred = own.preferences[arm].iter().map(|p| 100.0 * p).collect::<Vec<f64>>();
            let preferred = resampled(&preferred, &each, self.seed)?;
            Some(ArmRow {
                arm: name.clone(),
                protocol: self.protocol.as_str().to_owned(),
                judge: judge.to_owned(),
                target: target.is_none(),
                prompts: own.at.len() as u64,
                score: score.mean,
                low: score.low,
                high: score.high,
                shift: shift.mean,
                shift_low: shift.low,
                shift_high: shift.high,
                lc: own_lc.map(|own| own.rate.mean),
                lc_low: own_lc.map(|own| own.rate.low),
                lc_high: own_lc.map(|own| own.rate.high),
                lc_shift: lc_shift.map(|shift| shift.mean),
                lc_shift_low: lc_shift.map(|shift| shift.low),
                lc_shift_high: lc_shift.map(|shift| shift.high),
                preferred: preferred.mean,
                preferred_low: Some(preferred.low),
                preferred_high: Some(preferred.high),
                predicted: predicted.map(|change| change.mean.mean),
                predicted_low: predicted.map(|change| change.mean.low),
                predicted_high: predicted.map(|change| change.mean.high),
                found: found.map(|change| change.mean.mean),
                found_low: found.map(|change| change.mean.low),
                found_high: found.map(|change| change.mean.high),
                predictive_low: found.map(|change| change.measured.low),
                predictive_high: found.map(|change| change.measured.high),
                beyond: beyond.map(|range| range.mean),
                beyond_low: beyond.map(|range| range.low),
                beyond_high: beyond.map(|range| range.high),
                over_placebo: over_placebo.map(|range| range.mean),
                over_placebo_low: over_placebo.map(|range| range.low),
                over_placebo_high: over_placebo.map(|range| range.high),
                compliance: self.compliance(arm),
            })
        });
        rows.collect()
    }

    /// The shift of an arm at equal length.
    fn lc_shift(&self, arm: &str, own: &AtEqualLength) -> Option<Range> {
        match (arm, &self.responses.baseline) {
            (PLAIN, _) => own.told.then_some(Range { mean: 0.0, low: 0.0, high: 0.0 }),
            (_, None) => own.over_even(),
            (_, Some(_)) => own.shift,
        }
    }

    /// The shift by the target judge less another's, on the prompts that both judged.
    fn beyond(&self, target: &OfJudge, other: &OfJudge, arm: usize) -> Option<Range> {
        let shift = |of: &OfJudge, at: usize| of.scores[arm][at] - of.scores[0][at];
        let differences: Vec<f64> = other
            .at
            .iter()
            .enumerate()
            .filter_map(|(at, place)| {
                let theirs = target.at.iter().position(|own| own == place)?;
                Some(shift(target, theirs) - shift(other, at))
            })
            .collect();
        resampled(&differences, &Clusters::each(differences.len()), self.seed)
    }

    /// The score of an arm less that of the placebo, prompt by prompt.
    fn over_placebo(&self, own: &OfJudge, arm: usize) -> Option<Range> {
        let placebo = self.responses.arms.iter().position(|name| name == PLACEBO)?;
        if arm == placebo || self.responses.arms[arm] == PLAIN {
            return None;
        }
        self.apart(own, arm, placebo)
    }

    /// The score of an arm less that of another, prompt by prompt.
    fn apart(&self, own: &OfJudge, arm: usize, other: usize) -> Option<Range> {
        let differences: Vec<f64> =
            own.scores[arm].iter().zip(&own.scores[other]).map(|(own, other)| own - other).collect();
        resampled(&differences, &Clusters::each(differences.len()), self.seed)
    }

    fn of_judge(&self, verdicts: &[Verdict]) -> OfJudge {
        let by_pair: HashMap<&str, &Verdict> = verdicts.iter().map(|v| (v.pair.as_str(), v)).collect();
        let arms = self.responses.arms.len();
        let mut own =
            OfJudge { at: Vec::new(), scores: vec![Vec::new(); arms], preferences: vec![Vec::new(); arms] };
        for (place, &prompt) in self.complete.iter().enumerate() {
            let values: Option<Vec<(f64, f64)>> =
                (0..arms).map(|arm| self.value(arm, &self.prompts[prompt], &by_pair)).collect();
            let Some(values) = values else { continue };
            own.at.push(place);
            for (arm, (score, preference)) in values.into_iter().enumerate() {
                own.scores[arm].push(score);
                own.preferences[arm].push(preference);
            }
        }
        own
    }

    /// The score of an arm on a prompt, and its preference over the opponent.
    fn value(&self, arm: usize, prompt: &Prompt, verdicts: &HashMap<&str, &Verdict>) -> Option<(f64, f64)> {
        let name = &self.responses.arms[arm];
        let alone = self.responses.baseline.is_none() && name == PLAIN;
        if self.protocol != Protocol::MtBench {
            if alone {
                return Some((50.0, 0.5));
            }
            let p_a = verdicts.get(id_of(name, prompt).as_str())?.p_a;
            return Some((100.0 * p_a, p_a));
        }
        if alone {
            // Its grades are in the pairs of any other arm.
            let mut others = self.responses.arms[1..].iter();
            return others.find_map(|other| Some((self.graded(other, prompt, "b", verdicts)?.0, 0.5)));
        }
        self.graded(name, prompt, "a", verdicts)
    }

    /// The grade of one side of an arm's pair, and the preference for A: the mean over its turns, where each is graded.
    fn graded(
        &self,
        arm: &str,
        prompt: &Prompt,
        side: &str,
        verdicts: &HashMap<&str, &Verdict>,
    ) -> Option<(f64, f64)> {
        let of = |id: &str| {
            let verdict = verdicts.get(id)?;
            Some((grade(verdict, side)?, verdict.p_a))
        };
        let last = of(&id_of(arm, prompt))?;
        let first = first_turn_of(arm, prompt);
        if !self.rows.contains_key(&first) {
            return Some(last);
        }
        let first = of(&first)?;
        Some((f64::midpoint(first.0, last.0), f64::midpoint(first.1, last.1)))
    }

    /// Win rates at equal length, by arm; grades have none.
    fn at_equal_length(&self, own: &OfJudge) -> BTreeMap<String, AtEqualLength> {
        if self.protocol == Protocol::MtBench {
            return BTreeMap::new();
        }
        let plain = &self.responses.made[0];
        let mut outputs = Vec::new();
        for (arm, name) in self.responses.arms.iter().enumerate() {
            if self.responses.baseline.is_none() && name == PLAIN {
                continue;
            }
            for (&place, &preference) in own.at.iter().zip(&own.preferences[arm]) {
                let prompt = self.complete[place];
                let other = self.responses.baseline.as_ref().map_or(&plain[prompt], |all| &all[prompt]);
                let (Some(text), Some(other)) = (&self.responses.made[arm][prompt], other) else { continue };
                let characters = |text: String| text.chars().count() as f64;
                outputs.push(Against {
                    model: name.clone(),
                    prompt: place as u64,
                    preference: Some(preference),
                    longer_by: characters(text.text()) - characters(other.text()),
                    difficulty: self.difficulty(prompt),
                });
            }
        }
        at_equal_length(self.against, &outputs, self.seed)
    }

    /// AlpacaEval's difficulty of a prompt.
    fn difficulty(&self, prompt: usize) -> Option<f64> {
        let pair = Pair { prompt: self.prompts[prompt].messages.clone(), ..Pair::default() };
        difficulty_of(&pair.prompt_text())
    }

    /// What was expected of an arm: with every comparison as asked for, and by those really found.
    fn expected(&self, arm: usize, own: &OfJudge) -> (Option<Expected>, Option<Expected>) {
        let name = &self.responses.arms[arm];
        let alone = name == PLAIN;
        if alone && self.responses.baseline.is_none() {
            return (None, None);
        }
        let mut asked = Vec::new();
        let mut found = Vec::new();
        for &place in &own.at {
            let prompt = self.complete[place];
            let group = &self.groups[self.group_of[prompt]];
            let columns = &group.weights.properties;
            let before = match self.responses.baseline {
                Some(_) if !alone => self.comparisons(0, place, columns),
                // The plain response against the baseline's: what it wins over a draw.
                _ => vec![0.0; columns.len()],
            };
            // Without a baseline the plain response would be compared with itself.
            let verdict_before = |before: &[f64]| {
                if self.responses.baseline.is_some() && !alone { before.to_vec() } else { Vec::new() }
            };
            let after = self.comparisons(arm, place, columns);
            if let Some(asks) = group.asked.get(name) {
                let mut wished = before.clone();
                for ask in asks {
                    if let Some(column) = columns.iter().position(|id| *id == ask.property) {
                        wished[column] = if ask.more { 1.0 } else { -1.0 };
                    }
                }
                asked.push(Case {
                    draws: &group.weights.draws,
                    before: verdict_before(&before),
                    after: wished,
                });
            }
            found.push(Case { draws: &group.weights.draws, before: verdict_before(&before), after });
        }
        let rated = self.groups.iter().flat_map(|group| &group.weights.properties);
        if !rated.into_iter().any(|id| self.ratings.column(id).is_some()) {
            found.clear();
        }
        // How far single verdicts of this judge vary around what is expected of them.
        let hard = hardness(&found, &own.preferences[arm]);
        let of = |cases: &[Case<'_>]| {
            expected(cases, (&Clusters::each(cases.len()), hard), self.seed).map(|change| change.times(100.0))
        };
        (of(&asked), of(&found))
    }

    /// How the response of an arm compares with the opponent's, in the order of these properties; 0 where it is not rated.
    fn comparisons(&self, arm: usize, place: usize, columns: &[String]) -> Vec<f64> {
        let Some(row) = self.row(arm, place) else { return vec![0.0; columns.len()] };
        let of = |id: &String| {
            let column = self.ratings.column(id)?;
            self.ratings.comparison(row, column).map(f64::from)
        };
        columns.iter().map(|id| of(id).unwrap_or(0.0)).collect()
    }

    /// The row of an arm's pair on a prompt.
    fn row(&self, arm: usize, place: usize) -> Option<usize> {
        self.rows.get(&id_of(&self.responses.arms[arm], &self.prompts[self.complete[place]])).copied()
    }

    /// How far the responses of an arm did what was asked for, over all complete prompts.
    fn compliance(&self, arm: usize) -> BTreeMap<String, Compliance> {
        let name = &self.responses.arms[arm];
        let mut sums: BTreeMap<String, (bool, u64, u64, u64)> = BTreeMap::new();
        for (place, &prompt) in self.complete.iter().enumerate() {
            for ask in self.groups[self.group_of[prompt]].asked.get(name).into_iter().flatten() {
                let Some(moved) = self.moved(arm, place, &ask.property) else { continue };
                let key = if ask.more { ask.property.clone() } else { format!("{}{LESS}", ask.property) };
                let (_, prompts, followed, against) = sums.entry(key).or_insert((ask.more, 0, 0, 0));
                let way = if ask.more { moved } else { -moved };
                *prompts += 1;
                *followed += u64::from(way > 0);
                *against += u64::from(way < 0);
            }
        }
        // Where groups ask for both directions, each is one row.
        let both: Vec<String> =
            sums.keys().filter(|key| sums.contains_key(&format!("{key}{LESS}"))).cloned().collect();
        sums.into_iter()
            .map(|(id, (more, prompts, followed, against))| {
                let (did, reverse) = (share(followed, prompts), share(against, prompts));
                let compliance = Compliance {
                    asked: if more { "more" } else { "less" }.to_owned(),
                    prompts,
                    followed: did.mean,
                    followed_low: Some(did.low),
                    followed_high: Some(did.high),
                    against: reverse.mean,
                    against_low: Some(reverse.low),
                    against_high: Some(reverse.high),
                };
                let plain = id.trim_end_matches(LESS);
                let name = if both.iter().any(|id| id == plain) { id.clone() } else { plain.to_owned() };
                (name, compliance)
            })
            .collect()
    }

    /// Whether the response of an arm has more of a property than the plain one: 1, 0 or -1.
    fn moved(&self, arm: usize, place: usize, id: &str) -> Option<i8> {
        let column = self.ratings.column(id)?;
        let row = self.row(arm, place)?;
        if self.responses.baseline.is_none() {
            return self.ratings.comparison(row, column);
        }
        let of = |row: usize| self.ratings.rows.get(row)?.get(column)?.0;
        Some(property(id)?.rule.compare(of(row)?, of(self.row(0, place)?)?))
    }

    /// Prompts on which an arm turned the verdict, by the target judge.
    pub(crate) fn flips(&self, verdicts: &[Verdict]) -> Vec<Flip> {
        let own = self.of_judge(verdicts);
        let mut flips: Vec<Flip> = Vec::new();
        for (arm, name) in self.responses.arms.iter().enumerate().skip(1) {
            for (number, &place) in own.at.iter().enumerate() {
                let (after, before) = (own.preferences[arm][number], own.preferences[0][number]);
                if (after > 0.5) == (before > 0.5) && (after < 0.5) == (before < 0.5) {
                    continue;
                }
                let prompt = self.complete[place];
                let text =
                    |arm: usize| self.responses.made[arm][prompt].as_ref().map(crate::responses::Made::text);
                flips.push(Flip {
                    pair: id_of(name, &self.prompts[prompt]),
                    arm: name.clone(),
                    prompt: self.prompts[prompt].text().to_owned(),
                    response: text(arm).unwrap_or_default(),
                    plain: text(0).unwrap_or_default(),
                    preference: 100.0 * after,
                    plain_preference: 100.0 * before,
                });
            }
        }
        let size = |flip: &Flip| (flip.preference - flip.plain_preference).abs();
        flips.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.pair.cmp(&b.pair)));
        flips.truncate(FLIPS);
        flips
    }
}

/// The grade of one side in a verdict's receipt.
fn grade(verdict: &Verdict, side: &str) -> Option<f64> {
    verdict.receipt.as_ref()?.get(side)?.get("grade")?.as_f64()
}

/// Predicted against measured shifts of the target judge, by the comparisons found.
pub(crate) fn prediction_fit(rows: &[ArmRow]) -> Option<PredictionFit> {
    let both: Vec<(f64, f64, bool, bool)> = rows
        .iter()
        .filter(|row| row.target && row.arm != PLAIN)
        .filter_map(|row| {
            let measured = row.measured();
            let (low, high) = (row.predictive_low?, row.predictive_high?);
            Some((row.found?, measured, low <= measured && measured <= high, low > 0.0 || high < 0.0))
        })
        .collect();
    let (x, y): (Vec<f64>, Vec<f64>) = both.iter().map(|(x, y, ..)| (*x, *y)).unzip();
    let squares: f64 = x.iter().map(|x| x * x).sum();
    (both.len() > 2 && squares > 0.0).then(|| PredictionFit {
        arms: both.len() as u64,
        slope: x.iter().zip(&y).map(|(x, y)| x * y).sum::<f64>() / squares,
        correlation: correlation(&x, &y),
        covered: Some(both.iter().filter(|(_, _, within, _)| *within).count() as f64 / both.len() as f64),
        told: both.iter().filter(|(.., told)| *told).count() as u64,
    })
}

/// The share of prompts, with Wilson's interval over them.
fn share(count: u64, of: u64) -> Range {
    let mut ratio = Ratio::default();
    (0..of).for_each(|prompt| ratio.add(prompt, f64::from(u8::from(prompt < count)), 1.0));
    let Some(found) = ratio.estimate() else { return Range { mean: 0.0, low: 0.0, high: 1.0 } };
    // One prompt says nothing of others.
    let (low, high) = if of > 1 { found.share(Z) } else { (0.0, 1.0) };
    Range { mean: found.value, low, high }
}
