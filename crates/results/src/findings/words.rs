//! Findings in words.

use predilect_types::shown::line;

use super::fact::{
    Debtor, FALSE_DISCOVERIES, Fact, LEAST_SHARED_PAIRS, LEAST_SHARED_PROMPTS, Leads, Leans, NoJudge,
    NotRewarded, NotWeighed, Owes, UseJudge, Weighs,
};
use super::nouns::noun;
use super::places::places;
use crate::format;
use crate::headline::{Habit, Headline};
use crate::interval::Interval;
use crate::ranking::Ahead;

/// Names in one sentence.
const NAMED: usize = 3;

/// `86 % [82, 90]`
fn percent(i: Interval) -> String {
    let [value, low, high] = [i.value, i.low, i.high].map(|x| format::whole(100.0 * x));
    format!("{value}\u{a0}% [{low}, {high}]")
}

/// `a`, `a and b`, `a, b and c`; of many the first and how many more.
fn listed(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(NAMED).map(|name| line(name)).collect();
    if names.len() > NAMED {
        shown.push(format!("{} more", names.len() - NAMED));
    }
    match shown.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

impl Fact {
    /// The finding in words.
    pub fn sentence(&self) -> String {
        match self {
            Self::UseJudge(found) => found.sentence(),
            Self::NoJudge { why } => why.sentence(),
            Self::Weighs(found) => found.sentence(),
            Self::WeighsAlike { of, without } => weigh_alike(*of, without),
            Self::NotWeighed { why } => why.sentence().to_owned(),
            Self::Departs(found) => departs(found),
            Self::DepartsNowhere { judges: 0 | 1 } => {
                "There is only one judge, so nothing can be said about how judges differ.".to_owned()
            }
            Self::DepartsNowhere { .. } => {
                "On the same pairs, no judge clearly differs in position, length or ties from the judge that all are compared with.".to_owned()
            }
            Self::Rewards { judge, property: id, intensity, sure, predicts } => {
                let chance = if *predicts == Some(false) {
                    " But the fit does not clearly predict unseen verdicts better than its baselines."
                } else {
                    ""
                };
                rewards(judge, id, *intensity, *sure) + chance
            }
            Self::RewardsNothing { judge, why } => format!(
                "What {} rewards is not known: {}.",
                line(judge),
                match why {
                    NotRewarded::NotFitted => "there are too few verdicts",
                    NotRewarded::NothingSure => "no property has a sure direction",
                    NotRewarded::AddNothing => {
                        "on verdicts it has not seen, the fit predicts no better than sides, order and models alone"
                    }
                }
            ),
            Self::Owes(found) => found.sentence(),
            Self::CannotSeparate { control, ahead } => cannot_separate(control, ahead),
            Self::OwesNothing { controls, of } => format!(
                "With {} held equal, none of {} clearly changes: nothing shows that any model owes its place to {}.",
                listed_properties(controls),
                format::counted(*of, "score", "scores"),
                if controls.len() == 1 { "it" } else { "them" },
            ),
            Self::NothingHeld => {
                "Scores are not adjusted for length or formatting.".to_owned()
            }
            Self::Leads(found) => found.sentence(),
        }
    }
}

/// That no judge rewards anything differently, and whose fits were not looked at for that.
fn weigh_alike(of: u64, without: &[String]) -> String {
    let (who, unknown) = match without {
        [] => ("No judge", String::new()),
        [one] => (
            "No other judge",
            format!(
                "What {} rewards differently is not known: its fit does not clearly predict unseen verdicts better than its baselines. ",
                line(one)
            ),
        ),
        all => (
            "No other judge",
            format!(
                "What {} reward differently is not known: their fits do not clearly predict unseen verdicts better than their baselines. ",
                listed(all)
            ),
        ),
    };
    format!(
        "{unknown}{who} clearly rewards anything differently from the reference: none of {} is a difference at a false discovery rate of {}.",
        format::counted(of, "contrast", "contrasts"),
        format::share(FALSE_DISCOVERIES),
    )
}

/// That a control cannot be told from the models, and so what nobody knows.
pub fn cannot_separate(control: &str, ahead: &Ahead) -> String {
    let name = noun(control);
    let mut letters = name.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!(
        "{first}{} cannot be separated from the models here: {} is ahead on it in {} of its verdicts on pairs that differ in it. What a model owes to it is not known.",
        letters.as_str(),
        line(&ahead.model),
        format::share(ahead.share),
    )
}

fn listed_properties(ids: &[String]) -> String {
    let names: Vec<String> = ids.iter().map(|id| noun(id)).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

impl UseJudge {
    fn sentence(&self) -> String {
        let labels = if self.labels_missing == 0 {
            let alone = if self.labels_there >= self.labels_alone { " even without a judge" } else { "" };
            format!("{} are available, which is enough{alone}", format::count(self.labels_there))
        } else {
            format!(
                "{} are available, {} are missing",
                format::count(self.labels_there),
                format::count(self.labels_missing)
            )
        };
        let others = if self.not_surely_worse.is_empty() {
            String::new()
        } else {
            format!(" Not clearly worse: {}.", listed(&self.not_surely_worse))
        };
        format!(
            "Use {}: it agrees with {} in {} of its verdicts on {} (90 % interval). With its help, a win rate within {} points takes {} ({} without a judge); {labels}.{others}",
            line(&self.judge),
            listed(&self.reference),
            percent(self.accuracy),
            format::counted(self.pairs, "pair", "pairs"),
            format::rating(100.0 * self.margin),
            format::counted(self.labels_needed, "label", "labels"),
            format::count(self.labels_alone),
        )
    }
}

impl NoJudge {
    fn sentence(&self) -> String {
        match self {
            Self::NoReference => {
                "Which judge to use, and what people reward that a judge does not, is not known: no judge here is named as people or right answers and has at least 50 verdicts."
                    .to_owned()
            }
            Self::OnlyReference { reference } => {
                let all = listed(reference);
                let are = if reference.len() == 1 { "represents" } else { "represent" };
                format!("{all} {are} people or right answers, and there is no other judge that could be used instead.")
            }
            Self::FewLabels { reference, pairs, prompts } => {
                let of = listed(reference);
                let shared = format::counted(*pairs, "pair", "pairs");
                let why = if *pairs == 0 {
                    format!("{of} and the judges share no pair")
                } else if *pairs < LEAST_SHARED_PAIRS {
                    format!(
                        "{of} and the judges share too few pairs ({} at most; {LEAST_SHARED_PAIRS} are needed)",
                        format::count(*pairs)
                    )
                } else if *prompts < LEAST_SHARED_PROMPTS {
                    format!(
                        "{of} and the judges share {shared}, but on {} only, and {LEAST_SHARED_PROMPTS} are needed to tell how far verdicts vary",
                        format::counted(*prompts, "prompt", "prompts")
                    )
                } else {
                    format!("on the {shared} that {of} and the judges share, verdicts do not vary enough to tell")
                };
                format!("Which judge to use is not known: {why}.")
            }
            Self::NoBetter { judge, accuracy, pairs } => format!(
                "No judge here can stand in for the reference: {} comes closest and agrees with it in {} of its verdicts on {} (90 % interval), \
                 which does not clearly help.",
                line(judge),
                percent(*accuracy),
                format::counted(*pairs, "pair", "pairs"),
            ),
        }
    }
}

impl NotWeighed {
    fn sentence(self) -> &'static str {
        match self {
            Self::NotFitted => {
                "What the reference rewards that a judge does not is not known: there are too few verdicts to fit both."
            }
            Self::AddNothing => {
                "What the reference rewards that a judge does not is not known: on verdicts they have not seen, these fits predict no better than \
                 sides, order and models alone."
            }
        }
    }
}

impl Leans {
    fn does(self) -> String {
        let percent = format::intensity(self.intensity);
        match (self.sure, self.intensity > 50.0) {
            (true, true) => format!("rewards it ({percent}\u{a0}%)"),
            (true, false) => format!("penalises it ({percent}\u{a0}%)"),
            (false, _) => format!("does not clearly do either ({percent}\u{a0}%)"),
        }
    }
}

impl Weighs {
    fn sentence(&self) -> String {
        let Interval { value, low, high } = self.difference;
        let (more, less, of_more, of_less, sign) = if value > 0.0 {
            (&self.reference, &self.judge, self.of_reference, self.of_judge, 1.0)
        } else {
            (&self.judge, &self.reference, self.of_judge, self.of_reference, -1.0)
        };
        let (low, high) = if sign > 0.0 { (low, high) } else { (-high, -low) };
        let label = noun(&self.property);
        let others = match self.sure {
            0 | 1 => String::new(),
            sure => format!(" {} sure.", {
                let more = sure - 1;
                if more == 1 {
                    "One more difference is".to_owned()
                } else {
                    format!("{} more differences are", format::count(more))
                }
            }),
        };
        format!(
            "{} rewards {label} more than {} does, by {} log-odds [{}, {}] (90 % interval): {} {}, {} {}.{others}",
            line(more),
            line(less),
            format::decimal(sign * value, 2),
            format::decimal(low, 2),
            format::decimal(high, 2),
            line(more),
            of_more.does(),
            line(less),
            of_less.does(),
        )
    }
}

impl Debtor {
    fn by(&self) -> String {
        let Interval { value, low, high } = self.loses;
        format!("{} points [{}, {}]", format::whole(value), format::whole(low), format::whole(high))
    }

    fn moves(&self) -> String {
        let [before, after] = [self.before, self.after].map(|[low, high]| places(low, high));
        if before == after {
            format!("stays in {} {after}", place_or_places(self.after))
        } else {
            format!("goes from {} {before} to {after}", place_or_places(self.before))
        }
    }
}

fn place_or_places([low, high]: [usize; 2]) -> &'static str {
    if low == high { "place" } else { "places" }
}

impl Owes {
    fn sentence(&self) -> String {
        let most = &self.most;
        let further = self.furthest.as_ref().map_or_else(String::new, |other| {
            format!(" {} falls furthest: it loses {} and {}.", line(&other.model), other.by(), other.moves())
        });
        format!(
            "{} owes most to {}: with these held equal it loses {} (95 % interval) and {}.{further} {} of {} clearly change.",
            line(&most.model),
            listed_properties(&self.controls),
            most.by(),
            most.moves(),
            format::count(self.sure),
            format::counted(self.of, "score", "scores"),
        )
        .replace("with these held", if self.controls.len() == 1 { "with that held" } else { "with these held" })
    }
}

impl Leads {
    fn sentence(&self) -> String {
        let Interval { value, low, high } = self.score;
        let places = usize::from(self.unit != "points");
        let figure = |x: f64| {
            if places == 0 { format::whole(x) } else { format::decimal(x, places) }
        };
        let unit = match (self.unit.as_str(), &self.baseline) {
            ("points", _) => " points".to_owned(),
            ("% at equal length", Some(baseline)) => {
                format!("\u{a0}% against {} at equal length", line(baseline))
            }
            _ => "\u{a0}% of its verdicts".to_owned(),
        };
        let interval = if low == high {
            String::new()
        } else {
            format!(" [{}, {}] (95 % interval)", figure(low), figure(high))
        };
        let score = format!("{}{unit}{interval}", figure(value));
        match self.models.as_slice() {
            [] => "No model leads: there is nothing to rank.".to_owned(),
            [only] => format!("{} leads with {score}.", line(only)),
            [first, others @ ..] => {
                format!("{} is first with {score}, but not clearly ahead of {}.", line(first), listed(others))
            }
        }
    }
}

/// What one judge rewards or penalises.
fn rewards(judge: &str, id: &str, Interval { value, low, high }: Interval, sure: u64) -> String {
    let does = if value > 50.0 { "rewards" } else { "penalises" };
    let others = match sure {
        0 | 1 => "; no other direction is sure".to_owned(),
        2 => "; one more direction is sure".to_owned(),
        sure => format!("; {} more directions are sure", sure - 1),
    };
    format!(
        "{} {does} {}: a response with more of it, all else equal, wins {}\u{a0}% of the time [{}, {}] (90 % interval){others}.",
        line(judge),
        noun(id),
        format::intensity(value),
        format::intensity(low),
        format::intensity(high),
    )
}

/// A departure from another judge in one sentence.
fn departs(found: &Headline) -> String {
    let (judge, reference) = (line(&found.judge), line(&found.reference));
    let points = |share: f64| format::decimal(100.0 * share, 1);
    let (low, high) =
        if found.difference < 0.0 { (-found.high, -found.low) } else { (found.low, found.high) };
    let more = if found.difference > 0.0 { "more" } else { "less" };
    let does = match found.habit {
        Habit::First => "prefers the response shown first in",
        Habit::Longer => "prefers the longer response in",
        Habit::Ties => "calls a tie in",
    };
    let of = match found.habit {
        Habit::Ties => "of its verdicts",
        Habit::First => "of its verdicts, a tie counting half,",
        Habit::Longer => "of its decisions",
    };
    format!(
        "On the same {}, {judge} {does} {} {of} and {reference} in {}: {} points {more} [{}, {}] (90 % interval over {} prompts).",
        format::counted(found.pairs as u64, "pair", "pairs"),
        format::share(found.share),
        format::share(found.reference_share),
        points(found.difference.abs()),
        points(low),
        points(high),
        found.prompts,
    )
}
