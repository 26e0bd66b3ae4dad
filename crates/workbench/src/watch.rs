//! Progress and remarks of long work, and whether it is still wanted: one type, from reading to fitting.

use predilect_llm::Cancel;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// Files are read, counted in bytes.
    Reading,
    /// Responses are rated, counted in pairs.
    Rating {
        /// Whether the ratings so far are kept when it is stopped, so that the next run continues from there.
        kept: bool,
    },
    /// Preference models are fitted, counted in fits.
    Fitting,
    /// Verdicts are explained, counted in pairs.
    Explaining,
    /// A model is asked, counted in questions: the name it has in the study.
    Asking(&'a str),
    /// A model writes, counted in texts: its name.
    Writing(&'a str),
    /// A model's file is fetched, counted in bytes.
    Downloading,
    /// A model is trained, counted in steps.
    Training,
    /// A reference says how likely responses are, counted in pairs.
    Referring,
    /// A model says how likely responses are, counted in pairs.
    Scoring,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A step begins; of how many, where that is known.
    Begin(Step<'a>, Option<u64>),
    /// It is known now of how many.
    Total(u64),
    /// This many are done.
    At(u64),
    /// This many more are done.
    More(u64),
    /// Text next to the bar: a few numbers of the last step done.
    Beside(&'a str),
    /// The step has ended.
    End,
    /// What to know before the results are there.
    Remark(Remark<'a>),
}

/// What to know before the results are there. Front ends say it in their own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark<'a> {
    /// That model does not return token probabilities: its verdicts are written ones.
    Generated(&'a str),
    /// That judge was asked in another way before; those verdicts are replaced.
    VerdictsReplaced(&'a str),
    /// That judge was asked in another way before; not all of the new verdicts are there, so the old ones stay for now.
    VerdictsKept(&'a str),
    /// That annotator was asked in another way before; not all of the new ratings are there, so the old ones stay for now.
    RatingsKept(&'a str),
    /// That annotator was asked in another way before; all its ratings are replaced.
    RatingsReplaced(&'a str),
    /// This many verdicts or pairs do not count.
    LeftOut {
        /// How many.
        count: u64,
        /// What they are, and why.
        reason: &'a str,
    },
    /// This many verdicts or pairs are left out of a leaderboard; the reason is in the plural.
    NotRanked {
        /// How many.
        count: u64,
        /// What they are, and why.
        reason: &'a str,
    },
    /// A method knows wins, ties and losses only: soft verdicts count as the side they favour.
    SoftAsHard {
        /// The method.
        method: &'a str,
        /// Soft verdicts.
        soft: u64,
    },
    /// Verdicts have weights: whole numbers that count as that many verdicts, or not.
    Weighted {
        /// Whether they are counts.
        counts: bool,
    },
    /// Properties that were to be held equal never differ, and are left out.
    NeverDiffers(&'a str),
    /// There are this many scenarios, more than are fitted one by one: all pairs are one group.
    Undivided(u64),
    /// Models without preferences, or with one and the same difference in length throughout, are left out.
    NoDifference(&'a str),
    /// Features that are far from unit size by root mean square, for which the prior is not made.
    FarScales(&'a str),
    /// What speaks against a judge, found before anything is paid for.
    AgainstJudge(&'a str),
    /// What to know before a model is trained, or before models are paid for.
    Beforehand(&'a str),
    /// A server wants no calls for a while.
    Paused {
        /// How long.
        seconds: u64,
    },
    /// A judge is left out, since it cannot be fitted.
    NotFitted {
        /// The judge.
        judge: &'a str,
        /// Why.
        why: &'a str,
    },
}

/// Who looks on: a progress bar, a page, a notebook.
pub trait Watch: Sync {
    /// Takes note of what happened.
    fn event(&self, event: Event<'_>);

    /// Whether the work is to stop at the next safe place. What is written until then stays.
    fn cancelled(&self) -> bool {
        self.cancel().is_cancelled()
    }

    /// The switch that stops questions to models: those that are on their way are still answered, and kept.
    fn cancel(&self) -> Cancel {
        Cancel::default()
    }
}

/// A watch that ignores everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn event(&self, _: Event<'_>) {}
}
