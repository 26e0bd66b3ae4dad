//! The results of a run: every judge's rows, and further facts about them.

use std::collections::BTreeMap;

use predilect_results::asked::{JudgeRun, Spent};
use predilect_results::steering::{ArmRow, Flip, SteerJson};
use predilect_types::{Pair, property};
use predilect_workbench::laboratory::verdicts_of;
use predilect_workbench::{PairRatings, Result, Study};

use super::ready::Steering;
use super::remarks::{alone, cut_off, declining, empty, few, unchanged, without_verdicts};
use super::writing::Asked;
use crate::arms::Group;
use crate::measure::{Measured, prediction_fit};
use crate::position::of_the_blind;
use crate::responses::Responses;

/// What the parts of a run found.
pub(super) struct Parts<'a> {
    pub(super) responses: &'a Responses,
    pub(super) complete: &'a [usize],
    pub(super) pairs: &'a [Pair],
    pub(super) ratings: &'a PairRatings,
    pub(super) study: &'a Study,
    pub(super) judges: Vec<JudgeRun>,
    pub(super) asked: Asked,
    pub(super) trying: Spent,
    pub(super) rating: Option<Spent>,
    pub(super) remarks: Vec<String>,
    pub(super) stopped: Option<String>,
}

impl Steering {
    /// Sets everything together.
    pub(super) fn found(&self, mut parts: Parts<'_>) -> Result<SteerJson> {
        let measured = Measured {
            protocol: self.protocol,
            against: self.baseline.name(),
            prompts: &self.prompts.all,
            complete: parts.complete,
            responses: parts.responses,
            groups: &self.groups,
            group_of: &self.group_of,
            rows: parts.pairs.iter().enumerate().map(|(row, pair)| (pair.id.clone(), row)).collect(),
            ratings: parts.ratings,
            seed: self.request.seed,
        };
        let mut remarks = std::mem::take(&mut parts.remarks);
        let target = self.target(&parts.judges, &mut remarks);
        let (rows, flips, silent) = self.rows(&measured, &parts, target)?;
        remarks.extend(parts.judges.iter().filter_map(|judge| of_the_blind(judge, self.request.slice.hard)));
        remarks.extend(self.judging_themselves());
        remarks.extend(without_verdicts(&silent));
        remarks.extend(alone(&rows, self.request.judge_models.len() > 1));
        remarks.extend(self.unrated(parts.ratings));
        let mut responses = parts.responses.count(parts.complete);
        remarks.extend(cut_off(&responses, self.request.max_tokens));
        remarks.extend(declining(&responses));
        remarks.extend(empty(&responses));
        remarks.extend(unchanged(parts.responses, parts.complete));
        remarks.extend(few(&rows));
        responses.extend(parts.responses.count_baseline(self.baseline.name(), parts.complete));
        let mut count = self.prompts.count.clone();
        count.complete = parts.complete.len() as u64;
        Ok(SteerJson {
            fit: prediction_fit(&rows),
            arms: rows,
            messages: messages(&self.groups),
            judge: self.weights.judge.clone(),
            filter: self.request.slice.filter.as_ref().map(ToString::to_string),
            published: self.weights.published,
            model: self.request.model.model.clone(),
            model_key: self.writer.name().to_owned(),
            protocol: self.protocol.as_str().to_owned(),
            against: self.baseline.name().to_owned(),
            prompts: count,
            plan: self.groups.iter().map(Group::plan).collect(),
            responses,
            flips,
            spent: parts.asked.spent,
            trying: parts.trying,
            rating: parts.rating,
            paid: None,
            seconds: 0.0,
            failures: parts.asked.failures,
            judges: parts.judges,
            remarks,
            stopped: parts.stopped,
        })
    }

    /// The rows of all judges, the target's first, with its flips; and the judges without any.
    fn rows(
        &self,
        measured: &Measured<'_>,
        parts: &Parts<'_>,
        target: Option<usize>,
    ) -> Result<(Vec<ArmRow>, Vec<Flip>, Vec<String>)> {
        let (mut rows, mut flips, mut silent) = (Vec::new(), Vec::new(), Vec::new());
        let of = |judge: &JudgeRun| verdicts_of(parts.study, &judge.judge, &self.request.slice);
        let judge = target.and_then(|target| parts.judges.get(target));
        let of_target = judge.map(of).transpose()?.unwrap_or_default();
        let mut take = |judge: &JudgeRun, own: Vec<ArmRow>| {
            silent.extend(own.is_empty().then(|| judge.judge.clone()));
            rows.extend(own);
        };
        if let Some(judge) = judge {
            take(judge, measured.rows(&judge.judge, &of_target, None));
            flips.extend(measured.flips(&of_target));
        }
        for (_, other) in parts.judges.iter().enumerate().filter(|(number, _)| Some(*number) != target) {
            take(other, measured.rows(&other.judge, &of(other)?, Some(&of_target)));
        }
        Ok((rows, flips, silent))
    }

    /// Which of the judges that were asked is the one whose weights say what to ask for; where no judge model is it, the first one is in its
    /// place. `None` if it was not reached: then nobody is.
    fn target(&self, judges: &[JudgeRun], remarks: &mut Vec<String>) -> Option<usize> {
        let named = |run: &JudgeRun| {
            run.judge == self.request.judge
                || run.model == self.request.judge
                || run.model.rsplit([':', '/', '#']).next() == Some(self.request.judge.as_str())
        };
        let spec = |at: usize| {
            self.request.judge_models.get(at).is_some_and(|spec| spec.model == self.request.judge)
        };
        let found = judges.iter().position(named).or_else(|| (0..judges.len()).find(|at| spec(*at)));
        // Judges are asked in the order in which they were named.
        let to_come = (judges.len()..self.request.judge_models.len()).any(spec);
        match judges.first() {
            Some(first) if found.is_none() && !to_come => {
                remarks.push(format!(
                    "none of the judge models is called {}, whose weights were used: {} is used in its place",
                    self.request.judge, first.judge
                ));
                Some(0)
            }
            _ => {
                remarks.extend((found.is_none() && to_come).then(|| {
                    format!(
                        "{}, whose weights were used, has not judged yet: nothing is known of how far it can be moved",
                        self.request.judge
                    )
                }));
                found
            }
        }
    }

    /// Judges that see responses of their own.
    fn judging_themselves(&self) -> Option<String> {
        let model = &self.request.model;
        self.request.judge_models.contains(model).then(|| {
            format!(
                "{} judges what it wrote itself: how it sees the arms need not be how others do",
                model.model
            )
        })
    }

    /// Properties that are asked for and not rated.
    fn unrated(&self, ratings: &PairRatings) -> Option<String> {
        let mut ids: Vec<&str> = self
            .groups
            .iter()
            .flat_map(|group| group.asked.values().flatten())
            .map(|ask| ask.property.as_str())
            .filter(|id| ratings.column(id).is_none())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        (!ids.is_empty()).then(|| {
            let ids: Vec<&str> = ids.iter().map(|id| property(id).map_or(*id, |known| known.label)).collect();
            format!(
                "{}: not rated in the responses, so that it is not known how far the model did it; what is predicted as asked for counts on it, \
                 what is predicted as found leaves it out",
                ids.join(", ")
            )
        })
    }
}

/// The instructions to the model, by arm and group.
pub(super) fn messages(groups: &[Group]) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut messages: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for group in groups {
        for (arm, told) in &group.messages {
            messages.entry(arm.clone()).or_default().insert(group.name.clone(), told.clone());
        }
    }
    messages
}
