//! Whether weights are causes: one property of a response is changed at a time, and the judge is asked again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::time::Instant;

use predilect_results::asked::{CallPlan, Failures, JudgeRun, Spent};
use predilect_results::verifying::VerifyJson;
use predilect_types::{Message, Pair, Response, Role, property};
use predilect_workbench::laboratory::{Laboratory, VERIFYING, pairs_of, pairs_within, verdicts_of};
use predilect_workbench::scratch::Scratch;
use predilect_workbench::{
    CallOptions, Error, Inputs, JudgeRequest, JudgeWeights, Judging, Orders, PairRatings, Question, Ran,
    ReadOptions, Result, Study, Watch, Within, Workbench, WriteRequest, Writer, files, tables, text_ratings,
};
use serde_json::{Value, json};

use crate::drawn::{drawn, drawn_in_turn, prompt_of};
use crate::edits::{EDITS, NULL};
use crate::effects::{Edited, Effects, FEW_PROMPTS};
use crate::messages::Messages;
use crate::position::by_position;
use crate::rating::rated;
use crate::request::VerifyRequest;

/// The verb, as the study knows it.
const VERB: &str = "verify";
/// Settings that a resumed study of this kind must not change.
const FIXED: [&str; 6] = ["judge_model", "weights_of", "writer", "seed", "pairs", "properties"];
/// Candidates that are tried for each pair that is wanted.
const CANDIDATES: usize = 6;

/// An edit that is asked of a model.
struct Rewrite {
    property: String,
    more: bool,
    line: String,
}

/// What a model made of the responses that it was to rewrite.
#[derive(Default)]
struct Rewritten {
    edited: Vec<Edited>,
    spent: Spent,
    failures: Failures,
    stopped: Option<Error>,
    remarks: Vec<String>,
}

/// A run that is ready.
pub struct Verifying {
    request: VerifyRequest,
    lab: Laboratory,
    settings: Value,
    /// The pairs of the study, in an order drawn by seed: one of every prompt, then a second one, and so on.
    pairs: Vec<Pair>,
    weights: Option<JudgeWeights>,
    writer: Option<Writer>,
    rewrites: Vec<Rewrite>,
    remarks: Vec<String>,
}

impl Verifying {
    /// Reads the study, fits the weights that are put to the test, and opens the models.
    ///
    /// # Errors
    ///
    /// When the study cannot be read, a property cannot be edited, or a model cannot be asked.
    pub fn begin(
        request: &VerifyRequest,
        inputs: &Inputs<'_>,
        output: &Path,
        watch: &dyn Watch,
    ) -> Result<Self> {
        let bench = Workbench::of(inputs, None, watch)?;
        let mut remarks = Vec::new();
        let judge = request.weights_of.clone().unwrap_or_else(|| request.judge_model.model.clone());
        let weights = match bench.weights(&judge, &request.slice, &request.fit, watch) {
            Ok(weights) => Some(weights),
            // Who names a judge wants its weights.
            Err(error) if request.weights_of.is_some() => return Err(error),
            Err(error) => {
                remarks.push(format!("there are no weights to compare with: {}", error.message()));
                None
            }
        };
        if let Some(id) = request.properties.iter().find(|id| property(id).is_none()) {
            return Err(Error::new(format!("`{id}` is not a property"))
                .instead_of(id, EDITS.iter().map(|edit| edit.property).collect::<BTreeSet<_>>()));
        }
        // What cannot be rated is not known to have moved: nothing is paid for it.
        let rateable = text_ratings(&[], request.slice.grammar, watch)?.properties;
        if let Some(id) = request.properties.iter().find(|id| !rateable.contains(id)) {
            return Err(Error::new(format!(
                "`{id}` cannot be rated by text analysis: whether an edit moves it alone could not be checked"
            ))
            .words(format!("name some of {}", rateable.join(", "))));
        }
        let rewrites = rewrites(request, &rateable);
        let by_rule = |id: &String| EDITS.iter().any(|edit| edit.property == id);
        let by_model = |id: &String| rewrites.iter().any(|rewrite| rewrite.property == *id);
        if let Some(id) = request.properties.iter().find(|id| !by_rule(id) && !by_model(id)) {
            return Err(Error::new(format!("no rule changes `{id}`, and no message asks a model for it"))
                .words("name a model that rewrites, or one of the properties that have a rule"));
        }
        let writer = request
            .writer
            .as_ref()
            .map(|model| {
                let request = WriteRequest {
                    model: model.clone(),
                    max_tokens: request.max_tokens,
                    temperature: 0.0,
                    calls: request.calls.clone(),
                };
                Writer::begin(&request, watch)
            })
            .transpose()?;
        let mut pairs = pairs_within(bench.study(), &request.slice, watch)?;
        pairs.retain(|pair| {
            pair.has_text() && pair.response_a.messages.len() == 1 && pair.response_b.messages.len() == 1
        });
        drawn_in_turn(&mut pairs, request.seed);
        let prompts = pairs.iter().map(prompt_of).collect::<BTreeSet<u64>>().len() as u64;
        if prompts < FEW_PROMPTS {
            remarks.push(format!(
                "the pairs have {prompts} different prompts: {FEW_PROMPTS} are needed to say what would hold for others, and no effect can be called a cause"
            ));
        }
        if pairs.is_empty() {
            return Err(Error::new("no pair has two single-turn responses, which could be edited"));
        }
        let settings = serde_json::to_value(request)
            .map_err(|e| Error::new(format!("the settings cannot be written: {e}")))?;
        let lab = Laboratory::open(output, VERB, &settings, &FIXED)?;
        Ok(Self { request: request.clone(), lab, settings, pairs, weights, writer, rewrites, remarks })
    }

    /// What asking would take: the model that rewrites, then the judge.
    ///
    /// # Errors
    ///
    /// When a model cannot be asked in that way, or the log cannot be read.
    pub fn plans(&self, watch: &dyn Watch) -> Result<Vec<CallPlan>> {
        let mut plans = Vec::new();
        if let Some(writer) = &self.writer {
            let all: Vec<Question> = self.questions().into_iter().map(|(.., question)| question).collect();
            plans.push(writer.plan(self.lab.folder(), &all)?);
        }
        let mut dropped = BTreeMap::new();
        let mut edited = self.by_rule(&mut dropped, watch)?;
        // How long a rewritten text will be is not known: as long as the one it replaces.
        for (number, rewrite) in self.rewrites.iter().enumerate() {
            let how = format!("writer {number}");
            let some = (0..self.pairs.len()).take(self.request.pairs);
            edited.extend(some.map(|at| {
                let text = side(&self.pairs[at], self.is_a(at)).text().into_owned() + " .";
                self.edited(at, (&rewrite.property, &how, rewrite.more), text)
            }));
        }
        let scratch = Scratch::new()?;
        let trial = Laboratory::open(&scratch.path().join("plan"), VERB, &Value::Null, &[])?;
        drop(trial.hold(VERB, &Value::Null)?);
        trial.put(&self.all_pairs(&edited), watch)?;
        let calls = CallOptions { dry: true, budget: None, ..self.request.calls.clone() };
        let inputs = [trial.folder().to_owned()];
        let read = ReadOptions::default();
        let within = Within { inputs: &inputs, output: None, read: &read };
        plans.extend(Judging::begin(&self.judging(calls), &within, watch)?.plans()?);
        Ok(plans)
    }

    /// Edits, asks the judge before and after, and keeps all of it in the study. Whatever ends it, what was answered is kept.
    ///
    /// # Errors
    ///
    /// When the study cannot be written, and when no edit does what it should.
    pub fn run(&self, watch: &dyn Watch) -> Result<Ran<VerifyJson>> {
        let began = Instant::now();
        let mut remarks = self.remarks.clone();
        let lock = self.lab.hold(VERB, &self.settings)?;
        let mut dropped: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        let mut edited = self.by_rule(&mut dropped, watch)?;
        let Rewritten { edited: more, spent, failures, stopped, remarks: said } =
            self.rewritten(&mut dropped, watch)?;
        edited.extend(more);
        remarks.extend(said);
        drop(lock);
        if edited.is_empty() {
            return Err(stopped.unwrap_or_else(|| {
                Error::new("no edit moved its property and left the others")
                    .words("allow edits to move more other properties, or name other properties")
            }));
        }
        let study = self.lab.put(&self.all_pairs(&edited), watch)?;
        let ran = self.judge(&spent, watch)?;
        let stopped = stopped.or(ran.stopped);
        let judging: Option<JudgeRun> = ran.found.into_iter().next();
        let name = judging.as_ref().map_or_else(String::new, |run| run.judge.clone());
        let verdicts = verdicts_of(&study, &name, &self.request.slice)?;
        let pairs = pairs_of(&study)?;
        let ratings = rated(&pairs, self.request.slice.grammar, watch)?;
        remarks.extend(judging.as_ref().and_then(|judge| by_position(judge, self.request.slice.hard)));
        let effects = Effects {
            edited: &edited,
            verdicts: verdicts.iter().map(|v| (v.pair.as_str(), v.p_a)).collect(),
            rows: pairs.iter().enumerate().map(|(row, pair)| (pair.id.as_str(), row)).collect(),
            ratings: &ratings,
            weights: self.weights.as_ref().map(JudgeWeights::all).transpose()?,
            seed: self.request.seed,
        };
        let rows = effects.rows();
        let (rank_correlation, rank_correlation_predicted) = Effects::correlations(&rows);
        let (pairs, prompts) = effects.judged();
        let found = VerifyJson {
            judge: name,
            weights_of: self.weights.as_ref().map_or_else(String::new, |weights| weights.judge.clone()),
            pairs,
            prompts,
            effects: rows,
            dropped,
            rank_correlation,
            rank_correlation_predicted,
            spent,
            paid: self.lab.paid()?,
            seconds: began.elapsed().as_secs_f64(),
            failures,
            judging,
            remarks,
            stopped: stopped.as_ref().map(|error| error.message().to_owned()),
        };
        self.keep(&study, &found)?;
        Ok(Ran { found, stopped })
    }

    /// Has the judge see what was edited, before and after, for what the writer has left of the budget.
    fn judge(&self, written: &Spent, watch: &dyn Watch) -> Result<Ran<Vec<JudgeRun>>> {
        let budget = self.request.calls.budget.map(|budget| (budget - written.price.unwrap_or(0.0)).max(0.0));
        let calls = CallOptions { budget, ..self.request.calls.clone() };
        let inputs = [self.lab.folder().to_owned()];
        let read = ReadOptions::default();
        let within = Within { inputs: &inputs, output: None, read: &read };
        Judging::begin(&self.judging(calls), &within, watch)?.run(watch)
    }

    fn keep(&self, study: &Study, found: &VerifyJson) -> Result<()> {
        let _lock = study.lock(VERB)?;
        tables::write_verifying(study, found)?;
        let text = serde_json::to_string_pretty(&predilect_results::Written::new(found)).unwrap_or_default();
        files::write_own(&self.lab.folder().join(VERIFYING), text.as_bytes())
    }

    /// The edits of the model that rewrites, where there is one.
    fn rewritten(
        &self,
        dropped: &mut BTreeMap<String, BTreeMap<String, u64>>,
        watch: &dyn Watch,
    ) -> Result<Rewritten> {
        let Some(writer) = &self.writer else { return Ok(Rewritten::default()) };
        let asked = self.questions();
        let all: Vec<Question> = asked.iter().map(|(.., question)| question.clone()).collect();
        let written = writer.write(self.lab.folder(), &all, 0.0, watch)?;
        let mut tried = Vec::new();
        for ((at, rewrite, _), text) in asked.iter().zip(written.texts) {
            let rewrite = &self.rewrites[*rewrite];
            match text {
                Some(text) if !text.cut && !text.text.trim().is_empty() => {
                    tried.push(self.edited(*at, (&rewrite.property, "writer", rewrite.more), text.text));
                }
                Some(_) => drop_one(dropped, &rewrite.property, "cut off or empty"),
                None => {}
            }
        }
        Ok(Rewritten {
            edited: self.checked(&tried, dropped, watch)?,
            spent: written.spent,
            failures: written.failures,
            stopped: written.stopped.map(Error::resumable),
            remarks: written.remarks,
        })
    }

    fn judging(&self, calls: CallOptions) -> JudgeRequest {
        JudgeRequest {
            models: vec![self.request.judge_model.clone()],
            method: self.request.method,
            orders: Orders::Both,
            attacks: self.request.attacks,
            seed: self.request.seed,
            calls,
            ..JudgeRequest::default()
        }
    }

    /// Whether a property is wanted.
    fn wants(&self, id: &str) -> bool {
        self.request.properties.is_empty() || self.request.properties.iter().any(|own| own == id)
    }

    /// The edits by rule, as many of each as are wanted.
    fn by_rule(
        &self,
        dropped: &mut BTreeMap<String, BTreeMap<String, u64>>,
        watch: &dyn Watch,
    ) -> Result<Vec<Edited>> {
        let mut all = Vec::new();
        for edit in EDITS.iter().filter(|edit| self.wants(edit.property)) {
            let tried = self.pairs.iter().enumerate().filter_map(|(at, pair)| {
                let text = edit.apply(&side(pair, self.is_a(at)).text())?;
                Some(self.edited(at, (edit.property, edit.name, edit.more), text))
            });
            let tried: Vec<Edited> = tried.take(CANDIDATES * self.request.pairs).collect();
            all.extend(self.checked(&tried, dropped, watch)?);
        }
        if self.request.properties.is_empty() {
            let null = Messages::own().null;
            let some = (0..self.pairs.len()).take(self.request.pairs);
            all.extend(some.map(|at| self.edited(at, (NULL, NULL, false), null.clone())));
        }
        Ok(all)
    }

    /// Those whose property moved as it should and which moved few others, as many of each edit as are wanted.
    fn checked(
        &self,
        tried: &[Edited],
        dropped: &mut BTreeMap<String, BTreeMap<String, u64>>,
        watch: &dyn Watch,
    ) -> Result<Vec<Edited>> {
        let mut kept: Vec<Edited> = Vec::new();
        let mut counts: HashMap<(String, bool), usize> = HashMap::new();
        // In small batches: most edits need no more.
        for some in tried.chunks(self.request.pairs.max(1)) {
            let some: Vec<&Edited> = some
                .iter()
                .filter(|edit| counts.get(&key(edit)).is_none_or(|count| *count < self.request.pairs))
                .collect();
            let compared: Vec<Pair> = some.iter().map(|edit| self.before_and_after(edit)).collect();
            let ratings = text_ratings(&compared, self.request.slice.grammar, watch)?;
            for (row, edit) in some.into_iter().enumerate() {
                let count = counts.entry(key(edit)).or_default();
                if *count >= self.request.pairs {
                    continue;
                }
                match moved(&ratings, row, &edit.property, edit.more) {
                    Some((true, others)) if others <= self.request.most_others => {
                        *count += 1;
                        kept.push(Edited { others_moved: others, ..edit.clone() });
                    }
                    Some((true, _)) => drop_one(dropped, &edit.property, "moved too many other properties"),
                    Some((false, _)) => drop_one(dropped, &edit.property, "did not move the property"),
                    None => drop_one(dropped, &edit.property, "cannot be rated"),
                }
            }
        }
        Ok(kept)
    }

    /// The edited response as A, the one that it was as B.
    fn before_and_after(&self, edit: &Edited) -> Pair {
        let pair = &self.pairs[edit.at];
        Pair {
            id: String::new(),
            prompt: pair.prompt.clone(),
            response_a: Response::new(edit.text.clone(), None),
            response_b: Response::new(side(pair, edit.is_a).text().into_owned(), None),
            language: pair.language.clone(),
            ..Pair::default()
        }
    }

    fn edited(&self, at: usize, (property, edit, more): (&str, &str, bool), text: String) -> Edited {
        let direction = if more { "more" } else { "less" };
        Edited {
            id: format!("{property}/{direction}/{edit}/{}", self.pairs[at].id),
            original: format!("original/{}", self.pairs[at].id),
            at,
            prompt: prompt_of(&self.pairs[at]),
            property: property.to_owned(),
            edit: edit.to_owned(),
            more,
            is_a: self.is_a(at),
            text,
            others_moved: 0,
        }
    }

    /// Which response of a pair is edited: drawn once.
    fn is_a(&self, at: usize) -> bool {
        drawn(&self.pairs[at].id, self.request.seed ^ 0x5151).is_multiple_of(2)
    }

    /// The pairs of the laboratory: each as it was, then with each edit of it. A run that is ended early has something of every property, and
    /// questions that begin alike follow each other.
    fn all_pairs(&self, edited: &[Edited]) -> Vec<Pair> {
        let mut by_pair: Vec<&Edited> = edited.iter().collect();
        by_pair.sort_by_key(|edit| edit.at);
        let mut all: Vec<Pair> = Vec::new();
        let mut last = None;
        for edit in by_pair {
            let original = &self.pairs[edit.at];
            if last != Some(edit.at) {
                last = Some(edit.at);
                all.push(Pair { id: format!("original/{}", original.id), ..named(original, "original") });
            }
            let mut pair = Pair { id: edit.id.clone(), ..named(original, &edit.edit) };
            let own = if edit.is_a { &mut pair.response_a } else { &mut pair.response_b };
            own.messages = vec![Message::assistant(edit.text.clone())];
            pair.metadata.insert("property".to_owned(), json!(edit.property));
            all.push(pair);
        }
        all
    }

    /// What the model that rewrites is asked: the pair, the number of the rewrite, the question.
    fn questions(&self) -> Vec<(usize, usize, Question)> {
        let mut all = Vec::new();
        for (number, rewrite) in self.rewrites.iter().enumerate() {
            // Some do not what they should: a few more are asked for.
            for at in 0..self.pairs.len().min(self.request.pairs + self.request.pairs / 2) {
                let text = side(&self.pairs[at], self.is_a(at)).text().into_owned();
                if !text.trim().is_empty() {
                    all.push((at, number, asked(&self.pairs[at], &text, &rewrite.line, self.request.seed)));
                }
            }
        }
        all
    }
}

/// What is asked of a model for the properties that are wanted: for those with a rule only in the direction without one.
fn rewrites(request: &VerifyRequest, rateable: &[String]) -> Vec<Rewrite> {
    if request.writer.is_none() {
        return Vec::new();
    }
    let messages = Messages::own();
    let mut all = Vec::new();
    for id in messages.properties.keys() {
        if !rateable.contains(id) || (!request.properties.is_empty() && !request.properties.contains(id)) {
            continue;
        }
        for more in [true, false] {
            let by_rule = EDITS.iter().any(|edit| edit.property == id && edit.more == more);
            if let Some(line) = messages.line(id, more).filter(|_| !by_rule) {
                all.push(Rewrite { property: id.clone(), more, line: line.to_owned() });
            }
        }
    }
    all
}

fn asked(pair: &Pair, text: &str, line: &str, seed: u64) -> Question {
    let system = format!(
        "You edit responses. Change the response that you are shown in one way only: {line} Leave everything else as it is: what it says, its order, \
         its wording wherever that may stay. Write the edited response and nothing else."
    );
    let shown = format!("The request was:\n\n{}\n\nThe response to edit:\n\n{text}", pair.prompt_text());
    Question { messages: vec![Message { role: Role::System, content: system }, Message::user(shown)], seed }
}

/// Whether the property moved as it should, and how many others moved.
fn moved(ratings: &PairRatings, row: usize, id: &str, more: bool) -> Option<(bool, usize)> {
    let column = ratings.column(id)?;
    let own = ratings.comparison(row, column)?;
    let part = property(id).and_then(|p| p.part_of);
    let others = ratings.properties.iter().enumerate().filter(|(at, other)| {
        // A whole moves with its part.
        *at != column
            && property(other).is_some_and(|p| p.part_of.is_none() && Some(p.id) != part)
            && ratings.comparison(row, *at).is_some_and(|moved| moved != 0)
    });
    Some((own == if more { 1 } else { -1 }, others.count()))
}

fn drop_one(dropped: &mut BTreeMap<String, BTreeMap<String, u64>>, property: &str, reason: &str) {
    *dropped.entry(property.to_owned()).or_default().entry(reason.to_owned()).or_default() += 1;
}

fn key(edit: &Edited) -> (String, bool) {
    (format!("{}/{}", edit.property, edit.edit), edit.more)
}

fn side(pair: &Pair, is_a: bool) -> &Response {
    if is_a { &pair.response_a } else { &pair.response_b }
}

/// The pair without the other data about it.
fn named(pair: &Pair, edit: &str) -> Pair {
    Pair {
        metadata: [("edit".to_owned(), json!(edit))].into(),
        provenance: predilect_types::Provenance::default(),
        ..pair.clone()
    }
}
