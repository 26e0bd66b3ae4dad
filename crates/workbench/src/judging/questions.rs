//! A judge's questions about a study's pairs, and the verdicts that its answers make.

use predilect_annotate::judge::{Ask, Method, Tally, asks, judged};
use predilect_llm::{CallLog, Outcome, Runner, Stop, Totals};
use predilect_results::asked::{Failures, JudgeRun, Unread};
use predilect_types::{Pair, Verdict};

use super::judge::{Judge, requests};
use crate::asking::{Cut, Failed, Unreadable, add, ask_again, merge_stop, spent, stopped, telling, windows};
use crate::error::{Error, Result};
use crate::studies::Chosen;
use crate::watch::{Event, Step, Watch};

/// Below this share of probability on the two letters, scored verdicts rest on hardly anything.
const LITTLE: f64 = 0.05;

/// What is read of the answers, a window of pairs at a time.
struct Asking<'a> {
    judge: &'a Judge,
    log: &'a CallLog,
    total: Totals,
    tally: Tally,
    verdicts: Vec<Verdict>,
    stop: Option<Stop>,
    failures: Failures,
    unread: Unread,
    cut: Cut,
    /// Of a reward model: the first score, their number, and whether all are that one.
    scores: Option<(f64, u64, bool)>,
    questions: u64,
}

/// Asks a judge about all pairs, within what is left of the budget once `spent` is gone; its verdicts, and why it stopped early.
pub(super) fn ask_all(
    judge: &Judge,
    study: &Chosen,
    log: &CallLog,
    spent: f64,
    watch: &dyn Watch,
) -> Result<(JudgeRun, Vec<Verdict>, Option<Error>)> {
    watch.event(Event::Begin(Step::Asking(&judge.name), Some(0)));
    let mut asking = Asking {
        judge,
        log,
        total: Totals { price: judge.run.price.map(|_| 0.0), ..Totals::default() },
        tally: Tally::default(),
        verdicts: Vec::new(),
        stop: None,
        failures: Failures::default(),
        unread: Unread::default(),
        cut: Cut::default(),
        scores: None,
        questions: 0,
    };
    windows(study, |pairs| asking.window(pairs, spent, watch))?;
    watch.event(Event::End);
    Ok(asking.finish())
}

/// The verdicts of a judge that the log gives, without asking.
pub(super) fn logged(
    judge: &Judge,
    study: &Chosen,
    log: &CallLog,
    watch: &dyn Watch,
) -> Result<Vec<Verdict>> {
    let runner = Runner { model: judge.model.as_ref(), log, options: judge.run.clone() };
    let mut verdicts = Vec::new();
    windows(study, |pairs| {
        if watch.cancelled() {
            return Err(Error::cancelled());
        }
        let asks: Vec<Vec<Ask>> = pairs.iter().map(|pair| asks(pair, &judge.options)).collect();
        let groups: Vec<_> = asks.iter().map(|asks| requests(asks, judge.enforce)).collect();
        for ((pair, asks), own) in pairs.iter().zip(&asks).zip(runner.logged(&groups)?) {
            if own.iter().all(Option::is_some) {
                verdicts.extend(judged(&pair.id, &judge.name, asks, &own, &judge.options).verdict);
            }
        }
        Ok(true)
    })?;
    Ok(verdicts)
}

impl Asking<'_> {
    fn window(&mut self, pairs: &[Pair], spent: f64, watch: &dyn Watch) -> Result<bool> {
        let judge = self.judge;
        let questions: Vec<(&Pair, Vec<Ask>)> =
            pairs.iter().map(|pair| (pair, asks(pair, &judge.options))).collect();
        let groups: Vec<_> = questions.iter().map(|(_, asks)| requests(asks, judge.enforce)).collect();
        self.questions += groups.iter().map(|group| group.len() as u64).sum::<u64>();
        watch.event(Event::Total(self.questions));
        let mut options = judge.run.clone();
        options.gone += spent + self.total.price.unwrap_or(0.0);
        let runner = Runner { model: judge.model.as_ref(), log: self.log, options };
        let mut report = runner.run(&groups, &telling(watch));
        let is_read = |at: usize, own: &[Option<Outcome>]| {
            let (pair, asks) = &questions[at];
            let result = judged(&pair.id, &judge.name, asks, own, &judge.options);
            result.calls.iter().map(|call| call.parse.is_read()).collect()
        };
        ask_again(&runner, &groups, &mut report, &is_read, watch)?;
        self.cut.add(&runner, &groups, &report.outcomes);
        for ((pair, asks), own) in questions.iter().zip(&report.outcomes) {
            // A pair of which only some questions were settled waits for the next run.
            if own.iter().any(Option::is_none) {
                continue;
            }
            let result = judged(&pair.id, &judge.name, asks, own, &judge.options);
            self.tally.add(&result);
            self.unread.count(own, result.calls.iter().map(|call| call.parse));
            for score in result.calls.iter().filter_map(|call| call.value) {
                let (first, count, same) = self.scores.unwrap_or((score, 0, true));
                self.scores = Some((first, count + 1, same && score == first));
            }
            self.verdicts.extend(result.verdict);
        }
        self.failures.add(&report.outcomes);
        add(&mut self.total, &report.totals);
        Ok(merge_stop(&mut self.stop, report.stop))
    }

    fn finish(self) -> (JudgeRun, Vec<Verdict>, Option<Error>) {
        let judge = self.judge;
        let [clean, wrapped, _] = self.tally.answers();
        let problem = self
            .stop
            .map(|stop| stopped(stop, judge.run.budget))
            .or_else(|| self.failures.nothing_but(clean + wrapped))
            .or_else(|| self.unread.nothing_read(clean + wrapped));
        let figures = self.tally.finish();
        let mut remarks = judge.model.remarks();
        remarks.extend(self.cut.remark());
        if let Some(mass) = figures.mean_mass.filter(|mass| *mass < LITTLE) {
            remarks.push(format!(
                "only {:.1} % of the probability mass is on A and B, so these verdicts are unreliable; written verdicts (the method \
                 generated) may say more",
                100.0 * mass
            ));
        }
        if let Some((score, count, true)) = self.scores.filter(|_| judge.options.method == Method::Reward)
            && count > 2
        {
            remarks.push(format!("all {count} scores are equal ({score}), so they carry no information: is this a reward model, and fully loaded?"));
        }
        let run = JudgeRun {
            judge: judge.name.clone(),
            model: judge.model.name().to_owned(),
            method: judge.options.method.as_str().to_owned(),
            figures,
            follows_position: figures.follows_position(),
            answers: self.tally.answers(),
            spent: spent(&self.total),
            failures: self.failures,
            unread: self.unread,
            attacks: Vec::new(),
            remarks,
            stopped: problem.as_ref().map(|problem| problem.message().to_owned()),
        };
        (run, self.verdicts, problem)
    }
}
