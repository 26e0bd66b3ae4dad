//! Pairs with a label: which response is chosen, and how surely; or single completions that are desirable or not.

use std::collections::BTreeMap;

use predilect_types::{Pair, shown};
use predilect_workbench::laboratory::pairs_of;
use predilect_workbench::{Error, Judges, Remedy, Result, Slice, SliceOptions, Watch, Workbench};

/// A pair with a label.
#[derive(Debug, Clone)]
pub(crate) struct Labelled {
    /// The pair.
    pub(crate) pair: Pair,
    /// Whether response A is the chosen one.
    pub(crate) a_is_chosen: bool,
    /// The probability that the chosen response is preferred, at least one half.
    pub(crate) p: f64,
    /// Whether that is a share: of several verdicts, or of one that is itself a probability.
    pub(crate) is_share: bool,
    /// Why, where the label is a judge's weights'.
    pub(crate) why: Option<Why>,
}

/// Why the weights of a judge favour a response.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(crate) struct Why {
    /// How many posterior draws the probability is the mean over; 1 where weights are known as means only.
    pub(crate) draws: usize,
    /// The comparisons that it was computed from, where they are not 0: positive where the chosen response has more of the property. With
    /// the draws, they give the label again.
    pub(crate) comparisons: BTreeMap<String, f64>,
    /// Whether the label is not the judge's own: turned against it, or by a coin.
    pub(crate) turned: bool,
    /// The lower end of the probability over posterior draws (5 %); `None` where weights have none, as published ones.
    pub(crate) low: Option<f64>,
    /// Its upper end (95 %).
    pub(crate) high: Option<f64>,
    /// The largest contributions to the log-odds of the label, by property.
    pub(crate) properties: BTreeMap<String, f64>,
}

impl Labelled {
    /// From the probability of A.
    pub(crate) fn of(pair: Pair, p_a: f64, is_share: bool) -> Self {
        let a_is_chosen = p_a >= 0.5;
        Self { pair, a_is_chosen, p: if a_is_chosen { p_a } else { 1.0 - p_a }, is_share, why: None }
    }

    /// Whether it is one completion by itself, desirable if A is chosen, and no pair.
    pub(crate) fn is_single(&self) -> bool {
        self.pair.response_b.messages.is_empty()
    }

    /// The texts of the chosen response and of the rejected one; empty where a response has several turns.
    pub(crate) fn texts(&self) -> [&str; 2] {
        [self.text(self.a_is_chosen), self.text(!self.a_is_chosen)]
    }

    /// The texts that are learnt from: those of both responses, the chosen one first, or that of a single completion.
    pub(crate) fn completions(&self) -> Vec<&str> {
        if self.is_single() { vec![self.text(true)] } else { self.texts().to_vec() }
    }

    fn text(&self, a: bool) -> &str {
        let response = if a { &self.pair.response_a } else { &self.pair.response_b };
        match response.messages.as_slice() {
            [only] => only.content.as_str(),
            _ => "",
        }
    }
}

/// What one judge said of a pair.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Votes {
    weighted: f64,
    weight: f64,
    count: usize,
    fraction: bool,
}

impl Votes {
    /// The weighted mean of the verdicts; `None` without any that counts.
    pub(crate) fn p_a(self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.weighted / self.weight)
    }

    /// `probabilities`: the judge says how probable A is, so that a 1 is such a probability too.
    fn is_share(self, probabilities: bool) -> bool {
        self.count > 1 || (probabilities && self.count > 0)
    }
}

/// A part of a study with the verdicts of a judge on it, or of all.
pub(crate) struct Judged {
    pub(crate) slice: Slice,
    /// The pairs of the slice, in its order.
    pub(crate) pairs: Vec<Pair>,
    pub(crate) votes: Vec<Votes>,
    /// The judge, the first of several; `None` if the file names none.
    pub(crate) judge: Option<String>,
}

/// Reads pairs and verdicts as a fit sees them: filter, people and `--verdicts hard` act alike.
pub(crate) fn read(
    bench: &Workbench,
    judge: Option<&str>,
    options: &SliceOptions,
    watch: &dyn Watch,
) -> Result<Judged> {
    let judges = judge.map(ToOwned::to_owned).into_iter().collect();
    let slice = bench.slice(&SliceOptions { judges, ..options.clone() }, watch)?;
    let table = &slice.table;
    let mut votes = vec![Votes::default(); table.pairs.len()];
    for verdict in table.verdicts.iter().filter(|verdict| verdict.weight > 0.0) {
        let own = &mut votes[verdict.pair as usize];
        own.weighted += verdict.weight * verdict.p_a;
        own.weight += verdict.weight;
        own.count += 1;
        own.fraction |= ![0.0, 0.5, 1.0].contains(&verdict.p_a);
    }
    // What readers call a judge that a file does not name.
    let judge = table.judges.first().filter(|name| *name != "unnamed").cloned();
    let mut all: Vec<Option<Pair>> = pairs_of(bench.study())?.into_iter().map(Some).collect();
    let pairs = slice
        .rows
        .iter()
        .map(|row| all.get_mut(*row as usize).and_then(Option::take))
        .collect::<Option<Vec<Pair>>>()
        .ok_or_else(|| Error::new("pairs and verdicts do not match"))?;
    Ok(Judged { slice, pairs, votes, judge })
}

/// What became of pairs.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    pub(crate) read: u64,
    pub(crate) left_out: BTreeMap<String, u64>,
    pub(crate) pairs: Vec<Labelled>,
    /// Whose verdicts; `None` if no judge is named.
    pub(crate) judge: Option<String>,
    /// What the labels were computed from, where that is the weights of a judge: the content of [`crate::folder::LABELS`].
    pub(crate) weights: Option<serde_json::Value>,
    pub(crate) remarks: Vec<String>,
    /// Whether single completions are of use.
    pub(crate) single: bool,
    /// Whether such were read.
    pub(crate) are_single: bool,
}

/// What pairs with verdicts are needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Training, by losses that learn from ties or not.
    Train {
        ties: bool,
        /// Whether single completions are trained on.
        single: bool,
    },
    Rank,
}

/// Pairs with verdicts of one judge; pairs without texts are left out and counted, and ties where nothing is learnt from them.
pub(crate) fn judged(
    bench: &Workbench,
    judge: Option<&str>,
    options: &SliceOptions,
    purpose: Purpose,
    watch: &dyn Watch,
) -> Result<Chosen> {
    // No property is of interest: the cheapest one is enough.
    let options = SliceOptions {
        properties: vec!["length".to_owned()],
        grammar: false,
        annotator: None,
        ..options.clone()
    };
    let Judged { slice, pairs, votes, judge } = read(bench, judge, &options, watch)?;
    let judges = &slice.table.judges;
    if judges.len() > 1 {
        let pooled = bench.slice(&SliceOptions { people: Judges::Pooled, ..options }, watch)?;
        return Err(several(judges, pooled.table.judges.len() == 1, bench, purpose));
    }
    let single = matches!(purpose, Purpose::Train { single: true, .. });
    let mut chosen = Chosen { judge, single, ..Chosen::default() };
    chosen.remarks.extend(soft_column(&pairs, &votes));
    chosen.dropped(bench);
    let probabilities = votes.iter().any(|votes| votes.fraction);
    let ties = matches!(purpose, Purpose::Train { ties: true, .. });
    chosen.are_single = single && pairs.iter().any(|pair| pair.response_b.messages.is_empty());
    for (pair, votes) in pairs.into_iter().zip(votes) {
        chosen.read += 1;
        match votes.p_a() {
            None => chosen.leave_out("no verdict"),
            Some(0.5) if !ties => chosen.leave_out("tie"),
            Some(p_a) => chosen.push(Labelled::of(pair, p_a, votes.is_share(probabilities))),
        }
    }
    Ok(chosen)
}

/// Names of columns that may say how surely the chosen response is preferred, and are not read as that.
const SOFT: [&str; 3] = ["p", "prob", "probability"];

/// A column that looks like the labels' probabilities, where all labels are hard.
fn soft_column(pairs: &[Pair], votes: &[Votes]) -> Option<String> {
    if votes.iter().any(|votes| votes.fraction || votes.count > 1) {
        return None;
    }
    let is_half_or_more =
        |value: &serde_json::Value| value.as_f64().is_some_and(|p| (0.5..=1.0).contains(&p));
    let name = SOFT.into_iter().find(|name| {
        let mut values = pairs.iter().filter_map(|pair| pair.metadata.get(*name)).peekable();
        values.peek().is_some() && values.all(is_half_or_more)
    })?;
    Some(format!(
        "the column `{name}` is not read as a label: all labels are hard. If it is the probability that the chosen response is preferred, call it `p_chosen`"
    ))
}

/// There are several judges where one is needed. `people`: they are people who can count as one.
fn several(judges: &[String], people: bool, bench: &Workbench, purpose: Purpose) -> Error {
    let count = judges.len();
    let error = match purpose {
        Purpose::Train { .. } => Error::new(format!(
            "there are verdicts by {count} judges, and a model can learn from one at a time"
        )),
        Purpose::Rank => Error::new(format!(
            "there are verdicts by {count} judges, and a model is compared with one at a time"
        )),
    };
    let names = shown::list(judges);
    if people {
        return error.remedy(Remedy::JudgeOrPool(names));
    }
    // A file whose columns name no judge gives its own name.
    let of_file = |judge: &String| {
        let named = |path: &String| {
            let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
            file.strip_prefix(judge.as_str()).is_some_and(|rest| rest.starts_with('.'))
        };
        bench.read().sources.iter().any(|source| named(&source.source))
    };
    error.remedy(if judges.iter().all(of_file) {
        Remedy::JudgeOfFiles(names)
    } else {
        Remedy::JudgeAmong(names)
    })
}

/// Why a pair is left out of which a judge's weights hardly say anything.
pub(crate) const TOO_CLOSE: &str = "label too close to 0.5";

impl Chosen {
    pub(crate) fn leave_out(&mut self, why: &str) {
        *self.left_out.entry(why.to_owned()).or_default() += 1;
    }

    /// Counts what reading the files dropped.
    pub(crate) fn dropped(&mut self, bench: &Workbench) {
        for (why, count) in &bench.read().dropped {
            self.read += count;
            *self.left_out.entry(format!("not read: {why}")).or_default() += count;
        }
    }

    /// Takes a pair whose texts can be learnt from.
    pub(crate) fn push(&mut self, labelled: Labelled) {
        let texts = labelled.completions();
        let turns = [&labelled.pair.response_a, &labelled.pair.response_b];
        if turns.iter().any(|response| response.messages.len() > 1) {
            self.leave_out("multi-turn response");
        } else if labelled.pair.prompt.iter().all(|turn| turn.content.trim().is_empty()) {
            self.leave_out("empty prompt");
        } else if texts.iter().any(|text| text.trim().is_empty()) || (labelled.is_single() && !self.single) {
            self.leave_out("empty response");
        } else if matches!(texts[..], [chosen, rejected] if chosen == rejected) {
            self.leave_out("identical responses");
        } else {
            self.pairs.push(labelled);
        }
    }
}
