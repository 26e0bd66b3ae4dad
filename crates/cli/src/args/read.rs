//! How files are read: which format, what columns are, who judges, what happens to bad records.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use predilect_workbench::{Example, Inputs};
use predilect_workbench::{Format, Judges, Mapping, OnBadRow, ReadOptions, Recipe};

use super::number::whole;
use crate::problem::Problem;

/// How files are read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading files")]
pub(crate) struct ReadArgs {
    /// Force the format of all inputs instead of detecting it (`predilect formats` lists them)
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    #[arg(
        long = "map",
        value_name = "ROLE=COLUMN",
        help = "Say what a column is: prompt=question, response_a=answer_0, winner=label:0=A,1=B, winner=rating:1..7 (1 means A, 7 means B), winner='score_0 > score_1', judge=worker, annotator=none, responses=answers, order=best_first (repeatable)"
    )]
    pub(crate) map: Vec<Mapping>,
    /// Read all inputs by a recipe of your own (`predilect formats NAME --toml` gives one to start from)
    #[arg(long, value_name = "FILE.toml", conflicts_with = "format")]
    pub(crate) mapping: Option<PathBuf>,
    /// Whether named people are separate judges: auto (up to 20 of one judge), pooled, each
    #[arg(long, value_enum, default_value_t = JudgesArg::Auto, value_name = "HOW")]
    pub(crate) judges: JudgesArg,
    /// The file with the texts for the votes in the other files
    #[arg(long, value_name = "FILE")]
    pub(crate) texts: Option<PathBuf>,
    /// The column by which votes find their texts (default: one that both have, such as id)
    #[arg(long, value_name = "COLUMN", requires = "texts")]
    pub(crate) on: Option<String>,
    /// Pair only neighbouring ranks of ranked responses
    #[arg(long)]
    pub(crate) neighbours: bool,
    /// What to do with a record that cannot be used
    #[arg(long, value_enum, default_value_t = BadRow::Stop, value_name = "DO")]
    pub(crate) on_bad_row: BadRow,
    /// Read at most this many pairs
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=u64::MAX))]
    pub(crate) limit: Option<u64>,
    /// The judge's name, whatever the files say: NAME for all of them, FILE=NAME for one (repeatable)
    #[arg(long, value_name = "[FILE=]NAME")]
    pub(crate) judge_name: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum JudgesArg {
    /// Up to 20 people of one judge are separate judges, more are pooled
    Auto,
    /// All are one judge
    Pooled,
    /// Each is a judge
    Each,
}

impl From<JudgesArg> for Judges {
    fn from(judges: JudgesArg) -> Self {
        match judges {
            JudgesArg::Auto => Self::Auto,
            JudgesArg::Pooled => Self::Pooled,
            JudgesArg::Each => Self::Each,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum BadRow {
    /// Stop, naming file, line, field, value and remedy
    Stop,
    /// Count it by reason and go on
    Skip,
}

impl ReadArgs {
    pub(crate) fn options(&self) -> Result<ReadOptions, Problem> {
        let mut mapping = Mapping::default();
        self.map.iter().cloned().for_each(|claim| mapping.extend(claim));
        let recipe = self.mapping.as_deref().map(Recipe::from_file).transpose()?;
        let (of_files, for_all): (Vec<&String>, Vec<&String>) =
            self.judge_name.iter().partition(|name| name.contains('='));
        if let Some(empty) =
            self.judge_name.iter().find(|name| name.split('=').any(|part| part.trim().is_empty()))
        {
            return Err(Problem::new(format!("--judge-name {empty}: a name is missing"))
                .remedy("write --judge-name NAME, or --judge-name FILE=NAME"));
        }
        if let [first, second, ..] = for_all.as_slice() {
            return Err(Problem::new(format!(
                "--judge-name gives all files two names: {first} and {second}"
            ))
            .remedy("name the file before each: --judge-name FILE=NAME"));
        }
        let pair =
            |text: &&String| text.split_once('=').map(|(file, name)| (file.to_owned(), name.to_owned()));
        Ok(ReadOptions {
            format: self.format,
            mapping,
            recipe,
            judges: self.judges.into(),
            neighbours: self.neighbours,
            texts: self.texts.clone(),
            on: self.on.clone(),
            judge_of: of_files.iter().filter_map(pair).collect(),
            on_bad_row: match self.on_bad_row {
                BadRow::Stop => OnBadRow::Stop,
                BadRow::Skip => OnBadRow::Skip,
            },
            limit: self.limit,
            judge: for_all.first().map(|name| (*name).clone()),
            ..ReadOptions::default()
        })
    }
}

#[cfg(feature = "serve")]
impl ReadArgs {
    /// What was said of how files are read, as it was written: for a command line that does the same.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut flag = |name: &str, value: String| words.extend([name.to_owned(), value]);
        if let Some(format) = self.format {
            flag("--format", format.to_string());
        }
        self.map.iter().flat_map(Mapping::lines).for_each(|claim| flag("--map", claim));
        for (name, path) in [("--mapping", &self.mapping), ("--texts", &self.texts)] {
            if let Some(path) = path {
                flag(name, path.display().to_string());
            }
        }
        if let Some(column) = &self.on {
            flag("--on", column.clone());
        }
        match self.judges {
            JudgesArg::Auto => {}
            JudgesArg::Pooled => flag("--judges", "pooled".to_owned()),
            JudgesArg::Each => flag("--judges", "each".to_owned()),
        }
        if matches!(self.on_bad_row, BadRow::Skip) {
            flag("--on-bad-row", "skip".to_owned());
        }
        if let Some(limit) = self.limit {
            flag("--limit", limit.to_string());
        }
        self.judge_name.iter().for_each(|name| flag("--judge-name", name.clone()));
        if self.neighbours {
            words.push("--neighbours".to_owned());
        }
        words
    }
}

/// The examples that come with Predilect; see `examples/README.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExampleArg {
    /// 2,139 pairs of responses by 59 models, judged by 124 people, GPT-4 and GPT-3.5 (llmfao, CC BY 4.0)
    Llmfao,
    /// 320 pairs of two small local models, judged by both
    LocalJudge,
}

impl From<ExampleArg> for Example {
    fn from(example: ExampleArg) -> Self {
        match example {
            ExampleArg::Llmfao => Self::Llmfao,
            ExampleArg::LocalJudge => Self::LocalJudge,
        }
    }
}

/// A study was read already: what says how to read files means nothing for it.
fn refuse_reading(study: &Path, read: &ReadArgs) -> Result<(), Problem> {
    let asked = [
        ("--format", read.format.is_some()),
        ("--limit", read.limit.is_some()),
        ("--judge-name", !read.judge_name.is_empty()),
        ("--map", !read.map.is_empty()),
        ("--mapping", read.mapping.is_some()),
        ("--neighbours", read.neighbours),
        ("--texts", read.texts.is_some()),
        ("--on", read.on.is_some()),
    ];
    if let Some((flag, _)) = asked.iter().find(|(_, given)| *given) {
        return Err(Problem::new(format!(
            "{} is a study, so its files were read already: {flag} has no effect",
            study.display()
        ))
        .remedy(format!("give {flag} when importing the files")));
    }
    Ok(())
}

/// What is given to a verb, as the library takes it: how files are read, and a study, for which that means nothing.
pub(crate) fn inputs<'a>(
    files: &'a [PathBuf],
    example: Option<ExampleArg>,
    args: &ReadArgs,
    options: &'a ReadOptions,
) -> Result<Inputs<'a>, Problem> {
    let inputs = Inputs { files, example: example.map(Into::into), options };
    if let Some(study) = inputs.study() {
        refuse_reading(study, args)?;
    }
    Ok(inputs)
}

/// How verdicts between the sides count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Verdicts {
    /// A verdict of 0.7 counts 0.7 for A and 0.3 for B
    Soft,
    /// A verdict above 0.5 counts for A, below for B
    Hard,
}
