//! Which models judge, how, and where is that kept?

use std::path::{Path, PathBuf};

use predilect_annotate::judge::{Method, Orders};
use predilect_data::ReadOptions;
use predilect_llm::ModelSpec;
use serde::{Deserialize, Serialize};

use super::jury::Jury;
use crate::asking::CallOptions;
use crate::error::Result;
use crate::filter::Filter;
use crate::studies::{ResumeOptions, Resumed, resume};
use crate::watch::Watch;

/// Which models judge, and how. As JSON, what is left out is as in [`JudgeRequest::default`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JudgeRequest {
    /// The models.
    pub models: Vec<ModelSpec>,
    /// Only pairs that match this filter.
    pub filter: Option<Filter>,
    /// The judge's name in the study, for one model; `None`: the model's.
    pub name: Option<String>,
    /// How verdicts are asked for; `None`: scored if the model returns probabilities, else generated.
    pub method: Option<Method>,
    /// The order in which responses are shown.
    pub orders: Orders,
    /// Juries of all judges named here, each a separate judge.
    pub juries: Vec<Jury>,
    /// Pairs whose losing response then instructs the judge to choose it, in six ways.
    pub attacks: usize,
    /// Seed of drawn orders, also sent to models that take one.
    pub seed: u64,
    /// Whether the pairs' reference answers, the field `reference` of their metadata, are shown for grades.
    pub references: bool,
    /// Whether of responses with several turns the last answer alone is graded.
    pub last_turn: bool,
    /// How models are called.
    pub calls: CallOptions,
}

impl Default for JudgeRequest {
    fn default() -> Self {
        Self {
            models: Vec::new(),
            filter: None,
            name: None,
            method: None,
            orders: Orders::Both,
            juries: Vec::new(),
            attacks: 0,
            seed: 0,
            references: false,
            last_turn: false,
            calls: CallOptions::default(),
        }
    }
}

impl JudgeRequest {
    /// What cannot be asked, where a request comes from a file.
    pub(crate) fn problem(&self) -> Option<String> {
        if self.models.is_empty() {
            return Some("no model is named".to_owned());
        }
        self.name.as_deref().and_then(name_problem).or_else(|| self.calls.problem())
    }

    /// What asks one of the models alone in the same way, under its name, and is kept: attacks are tried once.
    pub(super) fn of_one(&self, name: &str, model: &ModelSpec) -> Self {
        Self {
            name: Some(name.to_owned()),
            models: vec![model.clone()],
            juries: Vec::new(),
            attacks: 0,
            calls: self.calls.lasting(),
            ..self.clone()
        }
    }
}

/// Why a name cannot be a judge's or an annotator's, in a table and in messages.
#[must_use]
pub fn name_problem(name: &str) -> Option<String> {
    const LONGEST: usize = 200;
    if name.trim().is_empty() {
        return Some("a name cannot be empty".to_owned());
    }
    if name.chars().any(char::is_control) {
        return Some("a name is one line without control characters".to_owned());
    }
    (name.chars().count() > LONGEST).then(|| format!("a name has at most {LONGEST} characters"))
}

/// What models are asked about, and where that is kept.
#[derive(Debug, Clone, Copy)]
pub struct Within<'a> {
    /// Preference files, or one study folder.
    pub inputs: &'a [PathBuf],
    /// The study to work in; `None`: the input.
    pub output: Option<&'a Path>,
    /// How files are read.
    pub read: &'a ReadOptions,
}

impl Within<'_> {
    pub(crate) fn resume(
        &self,
        doing: &str,
        (filter, dry): (Option<&Filter>, bool),
        watch: &dyn Watch,
    ) -> Result<Resumed> {
        let options = ResumeOptions { output: self.output, read: self.read, filter, dry, doing };
        resume(self.inputs, &options, watch)
    }
}
