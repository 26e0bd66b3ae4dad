//! What several stages of a training did together.

use predilect_results::training::{EvaluationRow, StepRow, TrainJson};

/// The sums of some stages, one after the other.
#[derive(Default)]
pub(crate) struct Stages {
    /// All steps that are noted, numbered and timed on.
    pub(crate) curve: Vec<StepRow>,
    evaluations: Vec<EvaluationRow>,
    made: u64,
    /// Steps to be made.
    pub(crate) planned: u64,
    seconds: f64,
    tokens: f64,
    remarks: Vec<String>,
}

impl Stages {
    /// Puts one stage behind those before it.
    pub(crate) fn add(&mut self, stage: &TrainJson) {
        let (seconds, epoch) = self.curve.last().map_or((0.0, 0.0), |row| (row.seconds, row.epoch));
        let made = self.made;
        self.curve.extend(stage.curve.iter().map(|row| StepRow {
            step: made + row.step,
            seconds: seconds + row.seconds,
            epoch: epoch + row.epoch,
            ..row.clone()
        }));
        let looks = stage.evaluations.iter();
        self.evaluations.extend(looks.map(|look| EvaluationRow { step: made + look.step, ..look.clone() }));
        self.made += stage.steps;
        self.planned += stage.steps_planned;
        self.seconds += stage.seconds;
        self.tokens += stage.tokens_per_second.unwrap_or(0.0) * stage.seconds;
        for remark in &stage.remarks {
            if !self.remarks.contains(remark) {
                self.remarks.push(remark.clone());
            }
        }
    }

    /// The whole run, of which everything else is known.
    pub(crate) fn of(self, rest: TrainJson) -> TrainJson {
        let mut remarks = self.remarks;
        remarks.extend(
            rest.remarks.iter().filter(|remark| !remarks.contains(remark)).cloned().collect::<Vec<_>>(),
        );
        TrainJson {
            steps: self.made,
            steps_planned: self.planned,
            curve: self.curve,
            evaluations: self.evaluations,
            seconds: self.seconds,
            tokens_per_second: (self.tokens > 0.0 && self.seconds > 0.0).then(|| self.tokens / self.seconds),
            remarks,
            ..rest
        }
    }
}
