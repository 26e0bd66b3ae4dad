//! A verdict rule resolved for one file: where its call comes from, and the columns of its other parts.

use predilect_types::Order;
use serde_json::Value;

use super::calls::{Calls, Code};
use super::declared::Recipe;
use super::path::{Column, Path};
use super::spelling::tokens;
use super::spelt::ColumnNames;
use super::verdict_rule::VerdictRule;
use crate::row::{Name, name_of};

/// A field that makes a tie of the verdict.
#[derive(Debug)]
pub(super) struct Tied {
    pub(super) column: Column,
    pub(super) values: Vec<Code>,
    /// Whether it is true or false, rather than one of many things of which some mean a tie.
    pub(super) flag: bool,
}

/// A verdict rule resolved.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) declared: VerdictRule,
    pub(super) each: Option<Column>,
    pub(super) from: From,
    pub(super) tie: Option<Tied>,
    pub(super) judge: Vec<Column>,
    pub(super) annotator: Vec<Column>,
    pub(super) receipt: Vec<Column>,
    pub(super) names: Vec<Column>,
    pub(super) criterion: Vec<Column>,
    /// Lists of the record next to `each` that say of each element who gave it, or by what; what they are called within an element.
    pub(super) parallel: Vec<(Column, Name)>,
    /// The verdict counts only if this field has one of these values.
    pub(super) counts: Option<(Column, Vec<Code>)>,
    pub(super) order: Order,
    /// Whether it is what a model says, by the name of its column: no annotator of the record gave it.
    pub(super) of_a_model: bool,
}

/// Where a call comes from.
#[derive(Debug)]
pub(super) enum From {
    /// The choice itself.
    Choice,
    Field(Column, Calls),
    Scores {
        a: Column,
        b: Option<Column>,
        lower: bool,
    },
    /// Votes for A, for B and maybe for a tie.
    Share(Vec<Column>),
    OneHot(Vec<Column>),
}

impl Rule {
    pub(super) fn choice(recipe: &Recipe) -> Self {
        let rule = VerdictRule { gold: recipe.gold, ..VerdictRule::default() };
        Self {
            each: None,
            from: From::Choice,
            tie: None,
            judge: Vec::new(),
            annotator: Vec::new(),
            receipt: Vec::new(),
            names: Vec::new(),
            criterion: Vec::new(),
            parallel: Vec::new(),
            counts: None,
            order: Order::Unknown,
            of_a_model: false,
            declared: rule,
        }
    }

    pub(super) fn new(rule: &VerdictRule, columns: &ColumnNames) -> Self {
        let place = |path: &Path| path.resolve(columns).unwrap_or_else(|| path.plain());
        // Within the elements of a list the paths are the elements' own.
        let own = |path: &Path| if rule.each.is_some() { path.plain() } else { place(path) };
        let owns = |paths: &[Path]| paths.iter().map(own).collect::<Vec<_>>();
        let criterion: Vec<Path> = rule.criterion_field.iter().cloned().collect();
        let beside: Vec<&Path> = rule
            .annotator
            .iter()
            .chain(&rule.judge)
            .chain(&criterion)
            .filter(|path| rule.each.is_some() && path.resolve(columns).is_some())
            .collect();
        // What a list next to that of the verdicts says is put into its elements under the list's own name.
        let whose = |paths: &[Path]| {
            let lists = paths.iter().filter(|path| beside.contains(path));
            owns(paths).into_iter().chain(lists.map(|path| Column::whole(path.as_str()))).collect::<Vec<_>>()
        };
        let scores = |paths: &[Path], lower| {
            paths.first().map(|first| From::Scores { a: own(first), b: paths.get(1).map(own), lower })
        };
        let from = if let Some(field) = &rule.field {
            let column = own(field);
            let shown = rule.each.as_ref().map_or_else(|| column.shown(), |each| format!("{each}.{field}"));
            From::Field(column, Calls::of(rule, shown))
        } else {
            scores(&rule.higher, false)
                .or_else(|| scores(&rule.lower, true))
                .or_else(|| (!rule.share.is_empty()).then(|| From::Share(owns(&rule.share))))
                .unwrap_or_else(|| From::OneHot(owns(&rule.one_hot)))
        };
        let tie = rule.tie_field.as_ref().map(|field| {
            let flag = rule.tie_values.is_empty();
            let values = if flag { set_values() } else { rule.tie_values.clone() };
            Tied { column: own(field), values: values.iter().filter_map(Code::of).collect(), flag }
        });
        Self {
            each: rule.each.as_ref().map(place),
            from,
            tie,
            judge: whose(&rule.judge),
            annotator: whose(&rule.annotator),
            receipt: owns(&rule.receipt),
            names: rule.names.iter().map(place).collect(),
            criterion: whose(&criterion),
            parallel: beside.iter().map(|path| (place(path), name_of(path.as_str()))).collect(),
            counts: rule
                .where_field
                .as_ref()
                .map(|field| (own(field), rule.where_values.iter().filter_map(Code::of).collect())),
            order: if rule.shown_ab { Order::Ab } else { Order::Unknown },
            of_a_model: rule.judge_name.as_deref().is_some_and(names_a_model),
            declared: rule.clone(),
        }
    }

    /// A rule that only says when the choice is a tie.
    pub(super) fn is_only_a_tie(&self) -> bool {
        matches!(&self.from, From::OneHot(columns) if columns.is_empty())
    }
}

/// Whether a judge of this name is a model, so that no person gave its verdicts.
fn names_a_model(name: &str) -> bool {
    const MODELS: &[&str] = &[
        "gpt",
        "claude",
        "llama",
        "gemini",
        "llm",
        "qwen",
        "mistral",
        "mixtral",
        "deepseek",
        "palm",
        "prometheus",
    ];
    tokens(name).iter().any(|word| MODELS.contains(&word.as_str()))
}

/// The values of a flag that is set.
fn set_values() -> Vec<Value> {
    vec![Value::Bool(true), Value::from(1), Value::from("yes"), Value::from("tie")]
}
