//! A recipe resolved for one file: every role as a place in its columns, found once and not for each record.

use serde_json::Value;

use super::calls::{Calls, Reading};
use super::declared::{Candidates, Recipe, Shape};
use super::infer::Shown;
use super::mapping::Mapping;
use super::path::{Column, Path};
use super::rule::{From, Rule};
use super::sample::Sample;
use super::spelt::ColumnNames;
use super::verdict_rule::VerdictRule;
use crate::row::Row;
use std::sync::atomic::{AtomicBool, Ordering};

/// Who judges where a file does not say, and what the user says instead.
#[derive(Debug, Clone, Default)]
pub(crate) struct Naming {
    /// The name that the user gives: it takes precedence over all that the file says.
    pub(crate) given: Option<String>,
    /// The file's name without folders and endings.
    pub(crate) stem: String,
    /// Whether the file is one of several with verdicts, so that no two may become one judge.
    pub(crate) several: bool,
}

impl Naming {
    /// The judge of a file without a judge's name, and the reason for that name.
    pub(crate) fn default_judge(&self, recipe: &Recipe, columns: &ColumnNames) -> (String, &'static str) {
        if let Some(given) = &self.given {
            (given.clone(), "the name given")
        } else if let Some(name) = &recipe.judge_name {
            (name.clone(), "the format's judge")
        } else if self.several {
            (self.stem.clone(), "the file's name, since no column names a judge")
        } else if let Some(name) = &recipe.likely_judge {
            (name.clone(), "no column names a judge")
        } else if recipe.annotator.iter().any(|path| path.resolve(columns).is_some())
            || recipe.verdict.iter().any(|rule| !rule.annotator.is_empty())
        {
            ("human".to_owned(), "annotators are named")
        } else {
            ("unnamed".to_owned(), "no column names a judge")
        }
    }
}

/// How a file's records are read.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says one thing of the file, and none follows from another"
)]
pub(crate) struct Plan {
    pub(crate) recipe: Recipe,
    pub(super) prompt: Vec<Column>,
    /// The first column of a prompt that the file has.
    pub(super) prompt_field: Option<String>,
    pub(super) system: Vec<Column>,
    pub(super) input: Vec<Column>,
    pub(super) history: Vec<Column>,
    pub(super) a: Vec<Column>,
    pub(super) b: Vec<Column>,
    pub(super) model_a: Vec<Column>,
    pub(super) model_b: Vec<Column>,
    pub(super) id: Vec<Column>,
    pub(super) scenario: Vec<Column>,
    pub(super) language: Vec<Column>,
    pub(super) swapped: Vec<Shown>,
    pub(super) leave_out: Vec<Column>,
    pub(super) judge: Vec<Column>,
    pub(super) annotator: Vec<Column>,
    pub(super) criterion: Vec<Column>,
    pub(super) weight: Vec<Column>,
    pub(super) scores: Vec<Column>,
    pub(super) candidates: Option<CandidateColumns>,
    pub(super) rules: Vec<Rule>,
    pub(super) judge_name: String,
    /// The file's name without folders and endings.
    stem: String,
    /// The reason for the judge's name where no column names it.
    pub(crate) why_judge: &'static str,
    pub(super) given: bool,
    /// Both responses begin with the prompt.
    pub(super) repeats_prompt: bool,
    /// Blank cells are missing.
    pub(crate) cells: bool,
    /// Parts of columns are taken, so that what is left of them has gaps.
    pub(super) nested: bool,
    /// A column is named for sides that were exchanged, so that the order is not that of the columns.
    pub(super) order_in_doubt: bool,
    /// Columns that say whether the two were shown the other way round, if it is not known what becomes of their verdicts.
    pub(super) exchange: Vec<Shown>,
    /// Columns of what the named judge of a choice called, which was the choice in the first records.
    pub(super) own_calls: Vec<Column>,
    /// Columns that say who won as the verdict does, in the first records: one that differs later stops.
    pub(super) echoes: Vec<(Column, Calls)>,
    /// The columns in alphabetical order, if later records may have others: fields that are not among them are reported.
    pub(super) watched: Option<Vec<String>>,
    /// What the user says of columns that the first records do not have: whether some record has.
    pub(super) awaited: Vec<Awaited>,
    /// How many records were looked at.
    looked_at: usize,
    /// Only neighbouring ranks are paired.
    pub(super) neighbours: bool,
    /// Votes on texts of another file: where the key is, and the two models as that file names them.
    pub(super) join: Option<Join>,
    /// The columns of the file.
    pub(super) columns: ColumnNames,
}

/// A claim of the user on a column that may come late.
#[derive(Debug)]
pub(super) struct Awaited {
    claim: String,
    path: Path,
    pub(super) column: Column,
    pub(super) found: AtomicBool,
}

/// The positions of bare votes in the columns of a table.
#[derive(Debug, Clone)]
pub(crate) struct BareVotes {
    pub(crate) a: usize,
    pub(crate) b: usize,
    pub(crate) winner: usize,
    pub(crate) judge: Option<usize>,
    pub(crate) weight: Option<usize>,
    /// What distinguishes prompts.
    pub(crate) prompt: Option<usize>,
    /// The names of the columns of both models and of the weight.
    pub(crate) names: (String, String, String),
    pub(crate) calls: Calls,
    /// Whether a winner may be called by a model's name.
    pub(crate) by_names: bool,
}

/// How votes find the texts of another file.
#[derive(Debug)]
pub(super) struct Join {
    pub(super) on: Column,
    pub(super) sides: Option<(Column, Column)>,
}

/// Where the responses of `candidates` are.
#[derive(Debug)]
pub(super) struct CandidateColumns {
    pub(super) texts: Vec<Column>,
    /// Scores in separate columns, one for each of `texts`.
    pub(super) scores: Vec<Column>,
    /// Lists parallel to the texts, or a field of the record, by the name of their role.
    pub(super) model: Option<Column>,
    pub(super) score: Option<Column>,
    pub(super) rank: Option<Column>,
    pub(super) order: Option<Column>,
    pub(super) chosen: Option<Column>,
    pub(super) worst: Option<Column>,
}

impl CandidateColumns {
    fn of(found: &Candidates, columns: &ColumnNames) -> Self {
        let beside = |path: &Option<Path>| path.as_ref().and_then(|path| path.resolve(columns));
        Self {
            texts: places(&found.texts, columns),
            scores: places(&found.scores, columns),
            model: beside(&found.model),
            score: beside(&found.score),
            rank: beside(&found.rank),
            order: beside(&found.order),
            chosen: beside(&found.chosen),
            worst: beside(&found.worst),
        }
    }
}

/// Where paths lead in a file of these columns.
fn places(paths: &[Path], columns: &ColumnNames) -> Vec<Column> {
    paths.iter().map(|path| place(path, columns)).collect()
}

fn place(path: &Path, columns: &ColumnNames) -> Column {
    path.resolve(columns).unwrap_or_else(|| path.plain())
}

/// What says who won in a file of these columns.
fn rules(recipe: &Recipe, columns: &ColumnNames) -> Vec<Rule> {
    let mut rules = Vec::new();
    let wins = recipe.shape == Shape::Votes && recipe.a_wins;
    if wins || (recipe.shape == Shape::Choice && !recipe.no_choice) {
        rules.push(Rule::choice(recipe));
    }
    // Of several fields that may contain the verdict only those that the file has are read.
    let there = |rule: &&VerdictRule| rule.place().is_none_or(|path| path.resolve(columns).is_some());
    let any = !rules.is_empty() || recipe.verdict.iter().any(|rule| there(&rule));
    rules.extend(
        recipe.verdict.iter().filter(|rule| !any || there(rule)).map(|rule| Rule::new(rule, columns)),
    );
    // A separately stated tie of a choice belongs to the choice.
    if let [first, others @ ..] = rules.as_mut_slice()
        && matches!(first.from, From::Choice)
        && let Some(at) = others.iter().position(Rule::is_only_a_tie)
    {
        first.tie = others.get_mut(at).and_then(|rule| rule.tie.take());
    }
    rules.retain(|rule| !rule.is_only_a_tie());
    rules
}

impl Plan {
    /// Finds every role of a recipe among the columns of a file.
    #[expect(clippy::too_many_lines, reason = "a plan, field by field")]
    pub(crate) fn new(recipe: Recipe, sample: &Sample, naming: &Naming, neighbours: bool) -> Self {
        let columns = &sample.columns;
        let places = |paths: &[Path]| places(paths, columns);
        let (judge_name, why_judge) = naming.default_judge(&recipe, columns);
        let mut plan = Self {
            prompt: places(&recipe.prompt),
            prompt_field: recipe
                .prompt
                .iter()
                .find_map(|path| path.resolve(columns))
                .map(|column| column.shown()),
            system: places(&recipe.system),
            input: places(&recipe.input),
            history: places(&recipe.history),
            a: places(&recipe.a),
            b: places(&recipe.b),
            model_a: places(&recipe.model_a),
            model_b: places(&recipe.model_b),
            id: places(&recipe.id),
            scenario: places(&recipe.scenario),
            language: places(&recipe.language),
            swapped: places(&recipe.swapped).into_iter().map(|column| Shown::new(column, sample)).collect(),
            leave_out: places(&recipe.leave_out),
            judge: places(&recipe.judge),
            annotator: places(&recipe.annotator),
            criterion: places(&recipe.criterion),
            weight: places(&recipe.weight),
            scores: places(&recipe.scores),
            candidates: recipe.candidates.as_ref().map(|found| CandidateColumns::of(found, columns)),
            rules: rules(&recipe, columns),
            judge_name,
            stem: naming.stem.clone(),
            why_judge,
            given: naming.given.is_some(),
            repeats_prompt: false,
            nested: false,
            exchange: Vec::new(),
            echoes: Vec::new(),
            own_calls: Vec::new(),
            awaited: Vec::new(),
            watched: None,
            looked_at: sample.rows.len(),
            order_in_doubt: columns.iter().any(|column| super::infer::says_exchanged(column)),
            cells: sample.cells,
            neighbours,
            join: None,
            columns: columns.clone(),
            recipe,
        };
        plan.repeats_prompt = plan.texts_repeat_prompt(sample);
        if !sample.whole && !sample.cells && !sample.rows.is_empty() && !plan.recipe.coded() {
            let mut watched = columns.to_vec();
            watched.sort_unstable();
            plan.watched = Some(watched);
        }
        plan.exchange = super::infer::exchange_columns(&plan.recipe, sample);
        plan.own_calls = super::infer::judge_columns(&plan.recipe, sample);
        plan.echoes = super::infer::echoes(&plan.recipe, sample)
            .into_iter()
            .map(|column| {
                let loses = super::infer::is_plain_loser(&column);
                let calls = Calls::of(&VerdictRule { loses, ..VerdictRule::default() }, column.clone());
                (place(&Path::new(column), columns), calls)
            })
            .collect();
        plan.nested =
            super::infer::used_as(&plan.recipe).iter().any(|(_, path)| place(path, columns).is_within());
        plan
    }

    /// Looks out for columns that the user names and the first records do not have.
    pub(crate) fn wait_for(&mut self, mapping: &Mapping) {
        let claims = mapping.awaited(&self.columns).into_iter();
        let awaited = claims.map(|(claim, path)| Awaited {
            claim,
            column: path.plain(),
            path,
            found: AtomicBool::new(false),
        });
        self.awaited = awaited.collect();
    }

    /// A claim of the user on a column that no record had, with the column.
    pub(crate) fn waited_in_vain(&self) -> Option<(&str, &Path)> {
        let missing = self.awaited.iter().find(|awaited| !awaited.found.load(Ordering::Relaxed))?;
        Some((&missing.claim, &missing.path))
    }

    /// Whether in every record of the sample both responses are texts that begin with the whole prompt.
    fn texts_repeat_prompt(&self, sample: &Sample) -> bool {
        fn text<'a>(columns: &'a [Column], row: &'a Row) -> Option<&'a str> {
            columns.iter().find_map(|column| column.get(row)).and_then(Value::as_str).map(str::trim)
        }
        let mut seen = 0;
        for row in &sample.rows {
            let (Some(prompt), Some(a), Some(b)) =
                (text(&self.prompt, row), text(&self.a, row), text(&self.b, row))
            else {
                return false;
            };
            let longer = |response: &str| response.len() > prompt.len() && response.starts_with(prompt);
            if prompt.len() < 8 || !longer(a) || !longer(b) {
                return false;
            }
            seen += 1;
        }
        seen >= 2
    }

    /// The votes are on texts of another file, found by a column that both have; that file's columns of models determine which side is
    /// which.
    pub(crate) fn joined(&mut self, on: &str, texts: &Recipe, columns: &ColumnNames) {
        let place = |path: &Path| path.resolve(columns);
        let Some(on) = place(&Path::new(on)) else { return };
        let first = |paths: &[Path]| paths.first().and_then(place);
        let sides = first(&texts.model_a).zip(first(&texts.model_b));
        self.id.clear();
        self.join = Some(Join { on, sides });
    }

    /// The texts are found by this column.
    pub(crate) fn keyed(&mut self, on: &str, columns: &ColumnNames) {
        self.id = Path::new(on).resolve(columns).into_iter().collect();
    }

    /// How bare votes of a table with these columns are read without a record for each; `None` if that does not suffice.
    pub(crate) fn bare_votes(&self, header: &[String]) -> Option<BareVotes> {
        let [rule] = self.rules.as_slice() else { return None };
        let plain =
            rule.each.is_none() && rule.tie.is_none() && rule.counts.is_none() && rule.judge.is_empty();
        let simple = self.recipe.shape == Shape::Votes
            && self.join.is_none()
            && rule.declared.criterion.is_none()
            && !rule.declared.gold;
        // A column on the order shown stops at the first record that was shown the other way round.
        let told = self.swapped.is_empty() && self.exchange.is_empty();
        if !plain || !simple || !told || !self.echoes.is_empty() {
            return None;
        }
        let at = |column: &Column| {
            (!column.is_within())
                .then(|| header.iter().position(|name| *name == column.name.as_ref()))
                .flatten()
        };
        let one = |columns: &[Column]| match columns {
            [] => Some(None),
            columns => {
                let found: Vec<usize> = columns.iter().filter_map(at).collect();
                match found.as_slice() {
                    [] => Some(None),
                    [only] => Some(Some(*only)),
                    _ => None,
                }
            }
        };
        if one(&self.criterion)?.is_some() {
            return None;
        }
        let From::Field(winner, calls) = &rule.from else { return None };
        let (a, b) = (one(&self.model_a)??, one(&self.model_b)??);
        let weight = one(&self.weight)?;
        let prompt = ["prompt", "prompt_id", "question_id"]
            .iter()
            .find_map(|name| header.iter().position(|column| column == name));
        Some(BareVotes {
            a,
            b,
            winner: at(winner)?,
            judge: if self.given { None } else { one(&self.judge)? },
            weight,
            prompt: prompt.or(one(&self.id)?),
            names: (
                header.get(a)?.clone(),
                header.get(b)?.clone(),
                weight.and_then(|at| header.get(at)).cloned().unwrap_or_default(),
            ),
            by_names: calls.reading == Reading::Words,
            calls: calls.clone(),
        })
    }

    /// How many records were looked at before the roles were given.
    pub(crate) fn looked_at(&self) -> usize {
        self.looked_at
    }

    /// The judge of verdicts without a judge's name.
    pub(crate) fn default_judge(&self) -> &str {
        &self.judge_name
    }

    /// The judge of the other verdicts in a file with right answers: the file's name, if nothing else is known.
    pub(super) fn beside_gold(&self) -> &str {
        let said = self.given || self.recipe.settled.iter().any(|role| role == "judge");
        if self.recipe.gold && !said { &self.stem } else { &self.judge_name }
    }

    /// The judge that the user named.
    pub(crate) fn given_judge(&self) -> Option<String> {
        self.given.then(|| self.judge_name.clone())
    }

    /// Whether records can contain verdicts at all.
    pub(crate) fn has_verdicts(&self) -> bool {
        let ranked = self.recipe.candidates.as_ref().is_some_and(Candidates::is_decided);
        !self.rules.is_empty()
            || ranked
            || !matches!(self.recipe.shape, Shape::Pair | Shape::Choice | Shape::Candidates | Shape::Votes)
    }
}
