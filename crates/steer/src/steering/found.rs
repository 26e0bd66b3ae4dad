//! The results of a run: every judge's rows, and further facts about them.

use std::collections::BTreeMap;

use predilect_results::asked::{JudgeRun, Spent};
use predilect_results::steering::{ArmRow, FEW_PROMPTS, Flip, ResponseCount, SteerJson};
use predilect_types::{Pair, property};
use predilect_workbench::laboratory::verdicts_of;
use predilect_workbench::{PairRatings, Result, Study};

use super::ready::Steering;
use super::writing::Asked;
use crate::arms::{Group, PLAIN};
use crate::measure::{Measured, prediction_fit};
use crate::position::by_position;
use crate::request::SteerRequest;
use crate::responses::{Responses, is_written};

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
        remarks.extend(parts.judges.iter().filter_map(|judge| by_position(judge, self.request.slice.hard)));
        remarks.extend(self.judging_themselves());
        remarks.extend(without_verdicts(&silent));
        remarks.extend(alone(&rows));
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
fn messages(groups: &[Group]) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut messages: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for group in groups {
        for (arm, told) in &group.messages {
            messages.entry(arm.clone()).or_default().insert(group.name.clone(), told.clone());
        }
    }
    messages
}

/// What is to be known of groups without a fit or a message.
pub(super) fn said_of_groups(request: &SteerRequest, groups: &[Group]) -> Vec<String> {
    let mut said = Vec::new();
    if request.by_group && groups.iter().all(|group| group.name == predilect_results::ALL) {
        said.push("no prompt belongs to a group for which the judge has weights: its weights over all pairs are used throughout".to_owned());
    }
    for group in groups {
        for arm in request.arms.iter().filter(|arm| group.asked.get(*arm).is_some_and(Vec::is_empty)) {
            said.push(format!(
                "there is nothing to ask for in the arm {arm} of {}: there it is the same as the plain one",
                if group.name == predilect_results::ALL { "all prompts" } else { &group.name }
            ));
        }
    }
    if request.sure <= 0.5 && !request.published {
        said.push("properties are taken by their means, however unsure their signs are".to_owned());
    }
    said
}

/// Judges of which no prompt has a verdict in every arm.
fn without_verdicts(silent: &[String]) -> Option<String> {
    (!silent.is_empty()).then(|| {
        format!(
            "no prompt has a verdict in every arm by {}: nothing is known of how it sees them",
            silent.join(" or ")
        )
    })
}

/// Whether nobody is held out.
fn alone(rows: &[ArmRow]) -> Option<String> {
    (!rows.is_empty() && rows.iter().all(|row| row.target)).then(|| {
        "no held-out judge: it is not known whether a shift is one of quality or only of this judge"
            .to_owned()
    })
}

/// Whether a judge saw few prompts.
fn few(rows: &[ArmRow]) -> Option<String> {
    let least = rows.iter().min_by_key(|row| row.prompts).filter(|row| row.prompts < FEW_PROMPTS)?;
    let prompts =
        if least.prompts == 1 { "1 prompt".to_owned() } else { format!("{} prompts", least.prompts) };
    Some(format!(
        "with {prompts} by {}, resampled intervals are too narrow: on other prompts the shift may well differ, and nothing is concluded",
        least.judge
    ))
}

/// The arm of which most responses have no text.
fn empty(responses: &[ResponseCount]) -> Option<String> {
    let worst = responses.iter().filter(|row| 2 * row.empty > row.responses).max_by_key(|row| row.empty)?;
    let all = responses.iter().filter(|row| is_written(&row.arm)).all(|row| row.empty == row.responses);
    Some(if all {
        "no response of the model under test has any text".to_owned()
    } else {
        format!("{} of {} {} responses have no text", worst.empty, worst.responses, worst.arm)
    })
}

/// The arm that writes what the plain one writes on most prompts: the message did nothing.
fn unchanged(responses: &Responses, complete: &[usize]) -> Option<String> {
    let same = |arm: usize| {
        let text = |arm: usize, at: usize| responses.made[arm][at].as_ref().map(crate::responses::Made::text);
        complete.iter().filter(|at| text(arm, **at) == text(0, **at)).count()
    };
    let written = (1..responses.arms.len()).filter(|arm| is_written(&responses.arms[*arm]));
    let (arm, same) = written
        .map(|arm| (arm, same(arm)))
        .filter(|(_, same)| 2 * same > complete.len())
        .max_by_key(|(_, same)| *same)?;
    Some(format!(
        "{same} of {} {} responses are word for word the plain ones: the message hardly changes what the model writes",
        complete.len(),
        responses.arms[arm]
    ))
}

/// The arm whose responses begin with a refusal much more or much less often than the plain ones do, if any: a tenth of them, and three at
/// least.
fn declining(responses: &[ResponseCount]) -> Option<String> {
    let plain = responses.iter().find(|row| row.arm == PLAIN)?;
    let apart = |row: &&ResponseCount| row.declined.abs_diff(plain.declined);
    let other = responses
        .iter()
        .filter(|row| row.responses == plain.responses && is_written(&row.arm))
        // Of several the first: arms are in the order in which they were asked for.
        .rev()
        .max_by_key(apart)?;
    let enough = apart(&other) >= 3 && 10 * apart(&other) >= plain.responses;
    let answers = if other.declined < plain.declined { "answers at all" } else { "refuses when told" };
    enough.then(|| {
        format!(
            "{} of {} plain responses begin with a refusal, and {} of {} {} ones: part of the shift may be that the model {answers}",
            plain.declined, plain.responses, other.declined, other.responses, other.arm
        )
    })
}

/// What to know where most responses of an arm end because they had to.
fn cut_off(responses: &[ResponseCount], most: u32) -> Option<String> {
    let worst = responses.iter().filter(|row| 2 * row.cut > row.responses).max_by_key(|row| row.cut)?;
    Some(format!(
        "{} of {} {} responses were cut off at {most} tokens: length could hardly move; let responses be longer",
        worst.cut, worst.responses, worst.arm
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arm_that_refuses_otherwise_is_named() {
        let row = |arm: &str, declined| ResponseCount {
            arm: arm.to_owned(),
            responses: 30,
            declined,
            ..ResponseCount::default()
        };
        let said = declining(&[row("plain", 11), row("aligned", 1), row("null", 0)]).expect("a remark");
        assert!(
            said.starts_with("11 of 30 plain responses begin with a refusal, and 1 of 30 aligned ones"),
            "{said}"
        );
        assert_eq!(declining(&[row("plain", 2), row("aligned", 0)]), None);
        assert_eq!(declining(&[row("aligned", 9)]), None);
    }
}
