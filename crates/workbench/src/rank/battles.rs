//! Which models compete, and which won: verdicts between named models.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::path::Path;

use foldhash::HashMap;
use predilect_analysis::ranking::Battles;
use predilect_data::{NO_VERDICT, Record, Study, VoteBlock, read_with_votes};
use predilect_stats::ranking::Vote;
use predilect_types::hash::fixed;
use predilect_types::{Pair, Verdict};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::inputs::Inputs;
use crate::open::Workbench;
use crate::slice::SliceOptions;
use crate::watch::{Event, Step, Watch};
use predilect_types::Interner;

/// Verdicts between models, and what was counted while collecting them.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// The verdicts.
    pub battles: Battles,
    /// Whose verdicts count.
    pub judges: Vec<String>,
    /// Whose do not, because others were asked for.
    pub others: Vec<String>,
    /// What is left out, by reason.
    pub left_out: LeftOut,
    /// The largest number of verdicts that two models or more have on each other, where fewer are left out.
    pub largest_least: u64,
}

/// Verdicts or pairs that do not count, by reason.
pub(super) type LeftOut = BTreeMap<&'static str, u64>;

const UNNAMED: &str = "verdicts on pairs whose two models are not both named";
pub(crate) const ORPHANS: &str = "verdicts on pairs that do not exist";
const INAPPLICABLE: &str = "verdicts on pairs to which accuracy does not apply";
/// Why verdicts on models with few of them are left out.
pub(super) const FEW_VERDICTS: &str = "verdicts on models with too few of them";
const ITSELF: &str = "verdicts on a model against itself";
const WEIGHTLESS: &str = "verdicts of weight 0";
const WITHOUT: &str = "pairs without a verdict";

/// The reasons that took anything.
pub(crate) fn left_out(counts: &[(&'static str, u64)]) -> LeftOut {
    counts.iter().copied().filter(|(_, count)| *count > 0).collect()
}

impl Gathered {
    /// Without the models that have fewer verdicts than this, and without verdicts of weight 0.
    #[must_use]
    pub(super) fn with_verdicts(mut self, least: u64) -> Self {
        let nothing = self.battles.leave_out_weightless();
        if nothing > 0 {
            self.left_out.insert(WEIGHTLESS, nothing);
            // Models that only such verdicts named.
            self.battles.leave_out_below(1);
        }
        if least > 0 {
            self.largest_least = self.battles.largest_least();
        }
        let gone = self.battles.leave_out_below(least);
        if gone > 0 {
            self.left_out.insert(FEW_VERDICTS, gone);
        }
        self
    }
}

/// What a verdict needs to know of its pair.
#[derive(Clone, Copy)]
struct Sides {
    models: Option<(u32, u32)>,
    cluster: u64,
    judged: bool,
}

/// Fields that distinguish prompts if votes come without texts.
const NUMBERS: [&str; 3] = ["prompt", "prompt_id", "question_id"];

/// Takes pairs and verdicts as they come.
#[derive(Default)]
struct Gatherer<'a> {
    wanted: &'a [String],
    independent: bool,
    models: Interner,
    judges: Interner,
    /// Judges that are not wanted.
    others: Interner,
    /// By the hash of their ids, in their order.
    pairs: Vec<(u64, Sides)>,
    /// Places of pairs that were looked for. A verdict that follows its pair does not need this, and a table of all pairs would take longer
    /// than everything else.
    places: HashMap<u64, u32>,
    votes: Vec<Vote>,
    /// Votes of blocks so far.
    alone: u64,
    /// Whether the prompt of any pair or vote is known.
    by_prompt: bool,
    itself: u64,
    /// Pairs that a verdict was seen on; those of `--judge` alone would leave the others out on purpose.
    judged: u64,
    unnamed: u64,
    orphans: u64,
}

impl Gatherer<'_> {
    fn pair(&mut self, pair: &Pair) {
        let models = pair.response_a.model.as_ref().zip(pair.response_b.model.as_ref());
        let models = models.map(|(a, b)| (self.models.get(a), self.models.get(b)));
        let own = self.pairs.len() as u64;
        let cluster = prompt_of(pair, own);
        self.by_prompt |=
            !pair.prompt.is_empty() || NUMBERS.iter().any(|name| pair.metadata.contains_key(*name));
        self.pairs.push((hash(pair.id.as_str()), Sides { models, cluster, judged: false }));
    }

    fn sides(&mut self, id: u64) -> Option<&mut Sides> {
        if self.pairs.last().is_some_and(|(last, _)| *last == id) {
            return self.pairs.last_mut().map(|(_, sides)| sides);
        }
        for (place, (id, _)) in self.pairs.iter().enumerate().skip(self.places.len()) {
            self.places.insert(*id, place as u32);
        }
        self.places.get(&id).map(|&place| &mut self.pairs[place as usize].1)
    }

    fn verdict(&mut self, verdict: &Verdict) {
        if !self.wanted.is_empty() && !self.wanted.contains(&verdict.judge) {
            self.others.get(&verdict.judge);
            return;
        }
        let Some(sides) = self.sides(hash(verdict.pair.as_str())) else {
            self.orphans += 1;
            return;
        };
        let newly = !std::mem::replace(&mut sides.judged, true);
        let sides = *sides;
        self.judged += u64::from(newly);
        // Several verdicts on one pair are correlated too.
        self.by_prompt |= !newly;
        let Some((a, b)) = sides.models else {
            self.unnamed += 1;
            return;
        };
        if a == b {
            self.itself += 1;
            return;
        }
        self.judges.get(&verdict.judge);
        self.votes.push(Vote {
            a,
            b,
            y: verdict.p_a as f32,
            weight: verdict.weight as f32,
            cluster: if self.independent { self.votes.len() as u64 } else { sides.cluster },
        });
    }

    /// Bare votes of one block, whose names are its own.
    fn block(&mut self, block: &VoteBlock) {
        const NONE: u32 = u32::MAX;
        let name = |number: u32| block.names.get(number as usize).map_or("", String::as_str);
        let mut models = vec![NONE; block.names.len()];
        let mut prompts: Vec<Option<u64>> = vec![None; block.names.len()];
        let mut judges: Vec<Option<bool>> = vec![None; block.names.len()];
        let default = self.wanted.is_empty() || self.wanted.contains(&block.judge);
        let mut by_default = false;
        self.votes.reserve(block.votes.len());
        for vote in &block.votes {
            let wanted = if vote.judge == NONE {
                by_default = true;
                default
            } else {
                let slot = &mut judges[vote.judge as usize];
                if slot.is_none() {
                    let own = name(vote.judge);
                    let wanted = self.wanted.is_empty() || self.wanted.iter().any(|judge| judge == own);
                    let names = if wanted { &mut self.judges } else { &mut self.others };
                    names.get(own);
                    *slot = Some(wanted);
                }
                slot.unwrap_or(false)
            };
            if !wanted {
                continue;
            }
            let mut model = |number: u32| {
                let slot = &mut models[number as usize];
                if *slot == NONE {
                    *slot = self.models.get(name(number));
                }
                *slot
            };
            let (a, b) = (model(vote.a), model(vote.b));
            if a == b {
                self.itself += 1;
                continue;
            }
            // As for votes that are records: the prompt's number distinguishes prompts, else each vote has a separate prompt.
            let own = self.alone;
            self.alone += 1;
            let cluster = if self.independent || vote.prompt == NONE {
                own
            } else {
                let slot = &mut prompts[vote.prompt as usize];
                self.by_prompt = true;
                *slot.get_or_insert_with(|| hash(&serde_json::Value::from(name(vote.prompt)).to_string()))
            };
            self.votes.push(Vote { a, b, y: vote.p_a, weight: vote.weight, cluster });
        }
        if by_default {
            let names = if default { &mut self.judges } else { &mut self.others };
            names.get(&block.judge);
        }
    }

    /// Models without a verdict are left out.
    fn finish(self) -> Gathered {
        let mut seen = vec![false; self.models.list().len()];
        for vote in &self.votes {
            seen[vote.a as usize] = true;
            seen[vote.b as usize] = true;
        }
        let mut place = vec![0; seen.len()];
        let mut models = Vec::new();
        for (old, name) in self.models.into_list().into_iter().enumerate().filter(|(old, _)| seen[*old]) {
            place[old] = models.len() as u32;
            models.push(name);
        }
        let moved = |vote: Vote| Vote { a: place[vote.a as usize], b: place[vote.b as usize], ..vote };
        let votes = self.votes.into_iter().map(moved).collect();
        let by_prompt = self.by_prompt && !self.independent;
        let battles = Battles { models, votes, by_prompt, ..Battles::default() };
        let without = if self.wanted.is_empty() { self.pairs.len() as u64 - self.judged } else { 0 };
        let left_out = left_out(&[
            (UNNAMED, self.unnamed),
            (ITSELF, self.itself),
            (ORPHANS, self.orphans),
            (WITHOUT, without),
        ]);
        let (judges, others) = (self.judges.into_list(), self.others.into_list());
        Gathered { battles, judges, others, left_out, largest_least: 0 }
    }
}

/// Identifies a pair's prompt: its text, its number, else `own`.
pub(crate) fn prompt_of(pair: &Pair, own: u64) -> u64 {
    match NUMBERS.iter().find_map(|name| pair.metadata.get(*name)) {
        _ if !pair.prompt.is_empty() => hash(&pair.prompt_text()),
        Some(number) => hash(&number.to_string()),
        // A vote without information on its prompt has a separate one.
        None => own,
    }
}

fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    fixed(value)
}

/// Which verdicts count.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct BattleOptions {
    /// Judges to keep; empty: all.
    pub judges: Vec<String>,
    /// Take every verdict as independent of all others, also on the same prompt.
    pub independent: bool,
}

/// The verdicts as in files or in a study; nothing is rated or written.
///
/// # Errors
///
/// When the inputs cannot be read.
pub(super) fn plain(inputs: &Inputs<'_>, options: &BattleOptions, watch: &dyn Watch) -> Result<Gathered> {
    let mut gatherer =
        Gatherer { wanted: &options.judges, independent: options.independent, ..Gatherer::default() };
    if let Some(folder) = inputs.study() {
        from_study(folder, &mut gatherer)?;
        return Ok(gatherer.finish());
    }
    watch.event(Event::Begin(Step::Reading, None));
    let progress = &mut |p: predilect_data::Progress<'_>| {
        if let Some(total) = p.bytes_total {
            watch.event(Event::Total(total));
        }
        watch.event(Event::At(p.bytes_read));
    };
    let gathered = std::cell::RefCell::new(gatherer);
    let mut record = |record| {
        let mut gatherer = gathered.borrow_mut();
        match record {
            Record::Pair(pair) => gatherer.pair(&pair),
            Record::Verdict(verdict) => gatherer.verdict(&verdict),
            Record::Rating(_) => {}
        }
        Ok(())
    };
    let mut block = |block| gathered.borrow_mut().block(&block);
    let mut scratch = None;
    let (files, options) = inputs.files(&mut scratch)?;
    let summary = read_with_votes(&files, &options, progress, &mut record, &mut block)?;
    let gatherer = gathered.into_inner();
    watch.event(Event::End);
    // Bare votes do not become pairs, so only the reader knows those without a verdict.
    let bare = gatherer.pairs.is_empty();
    let missing = summary.dropped.get(NO_VERDICT).copied().filter(|_| bare).unwrap_or(0);
    let mut gathered = gatherer.finish();
    if missing > 0 {
        *gathered.left_out.entry(WITHOUT).or_default() += missing;
    }
    Ok(gathered)
}

fn from_study(folder: &Path, gatherer: &mut Gatherer<'_>) -> Result<()> {
    let study = Study::open(folder)?;
    for batch in study.pairs()? {
        batch?.iter().for_each(|pair| gatherer.pair(pair));
    }
    for batch in study.verdicts()? {
        batch?.iter().for_each(|verdict| gatherer.verdict(verdict));
    }
    Ok(())
}

/// The same of a slice, with ratings of what is to be held equal: the properties in `held`.
///
/// # Errors
///
/// Those of [`Workbench::of`] and [`Workbench::slice`].
pub(super) fn controlled(
    inputs: &Inputs<'_>,
    options: &BattleOptions,
    slice: &SliceOptions,
    held: &[String],
    watch: &dyn Watch,
) -> Result<Gathered> {
    let slice = Workbench::of(inputs, None, watch)?.slice(slice, watch)?;
    let table = slice.table;
    let every: Vec<usize> = held.iter().filter_map(|id| table.column(id)).collect();
    let (mut battles, unnamed, itself) = Battles::of(&table, &[], &every);
    if options.independent {
        battles.by_prompt = false;
        battles.votes.iter_mut().enumerate().for_each(|(at, vote)| vote.cluster = at as u64);
    }
    let left_out = left_out(&[
        (UNNAMED, unnamed),
        (ITSELF, itself),
        (ORPHANS, slice.orphans),
        (INAPPLICABLE, slice.inapplicable),
    ]);
    Ok(Gathered { battles, judges: table.judges, others: Vec::new(), left_out, largest_least: 0 })
}
