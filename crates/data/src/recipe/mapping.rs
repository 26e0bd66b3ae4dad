//! What a user says of a file's columns: `ROLE=COLUMN` and what values mean, in the words of recipes.

use super::declared::{Candidates, Recipe, Shape, Sorted};
use super::path::Path;
use super::spelt::ColumnNames;
use super::verdict_rule::{Scale, VerdictRule};
use predilect_types::shown::printable;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::near::did_you_mean;

/// The roles that `--map` takes.
const ROLES: &[&str] = &[
    "prompt",
    "system",
    "input",
    "history",
    "response_a",
    "response_b",
    "chosen",
    "rejected",
    "responses",
    "scores",
    "ranks",
    "order",
    "models",
    "model_a",
    "model_b",
    "winner",
    "judge",
    "annotator",
    "criterion",
    "weight",
    "swapped",
    "id",
    "scenario",
    "language",
];

/// One or more of a user's own claims about a file, as `--map` takes them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mapping(Vec<Claim>);

/// One claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Claim {
    role: String,
    /// In brackets behind the role: `winner(helpful)`.
    criterion: Option<String>,
    says: String,
}

/// A mapping that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingError(String);

impl fmt::Display for MappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for MappingError {}

impl predilect_types::Failure for MappingError {
    fn remedy_key(&self) -> Option<&'static str> {
        Some("map-columns")
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.criterion {
            Some(criterion) => write!(f, "{}({criterion})={}", self.role, self.says),
            None => write!(f, "{}={}", self.role, self.says),
        }
    }
}

impl From<Claim> for String {
    fn from(claim: Claim) -> Self {
        claim.to_string()
    }
}

impl TryFrom<String> for Claim {
    type Error = MappingError;

    fn try_from(text: String) -> Result<Self, MappingError> {
        text.parse()
    }
}

impl FromStr for Claim {
    type Err = MappingError;

    fn from_str(text: &str) -> Result<Self, MappingError> {
        let wrong = |problem: &str| MappingError(format!("`{}`: {problem}", printable(text)));
        let (role, says) = text
            .split_once('=')
            .ok_or_else(|| wrong("ROLE=COLUMN is expected, for example prompt=question"))?;
        let (role, criterion) = match role.trim().strip_suffix(')').and_then(|rest| rest.split_once('(')) {
            Some((role, criterion)) => (role.trim(), Some(criterion.trim().to_owned())),
            None => (role.trim(), None),
        };
        if !ROLES.contains(&role) {
            let near = did_you_mean(role, ROLES.iter().copied());
            return Err(wrong(&format!(
                "there is no role `{}`{near} (the roles are {})",
                printable(role),
                ROLES.join(", ")
            )));
        }
        if criterion.is_some() && role != "winner" {
            return Err(wrong("only winner(CRITERION) may have a criterion"));
        }
        if says.trim().is_empty() {
            return Err(wrong("a column is expected after the equals sign"));
        }
        let claim = Self { role: role.to_owned(), criterion, says: says.trim().to_owned() };
        if role == "winner" {
            claim.rule()?;
        }
        Ok(claim)
    }
}

impl FromStr for Mapping {
    type Err = MappingError;

    /// One claim.
    fn from_str(text: &str) -> Result<Self, MappingError> {
        Ok(Self(vec![text.parse()?]))
    }
}

impl Mapping {
    /// Whether there are no claims.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Claims as the user wrote them.
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// Adds the claims of another.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether the user says who won.
    pub(crate) fn names_winner(&self) -> bool {
        self.0.iter().any(|claim| claim.role == "winner")
    }

    /// Whether the user says what becomes of verdicts on responses that were shown the other way round.
    pub(crate) fn names_swapped(&self) -> bool {
        self.0.iter().any(|claim| claim.role == "swapped")
    }

    /// Whether responses are named, so that no recipe needs to be found first.
    pub(crate) fn names_responses(&self) -> bool {
        let has = |role: &str| self.0.iter().any(|claim| claim.role == role);
        (has("response_a") && has("response_b")) || (has("chosen") && has("rejected")) || has("responses")
    }

    /// A claim that a format which is read by code would not hear, since that takes only these roles from a plan.
    pub(crate) fn unheard(&self, heard: &[&str]) -> Option<String> {
        // That verdicts are about the columns is how such formats are read, and a name for the judge holds for all files.
        let is_so = |claim: &Claim| {
            (claim.role == "swapped" && claim.says == "none")
                || (claim.role == "judge" && claim.literal().is_some())
        };
        let unheard = |claim: &&Claim| !heard.contains(&claim.role.as_str()) && !is_so(claim);
        self.0.iter().find(unheard).map(ToString::to_string)
    }

    /// A claim on a place that the file does not have; `has` says whether there is such a place for a role.
    pub(crate) fn unknown(&self, has: impl Fn(&str, &Path) -> bool) -> Option<(String, String)> {
        let paths = self.0.iter().flat_map(|claim| claim.paths().into_iter().map(move |path| (claim, path)));
        paths
            .filter(|(claim, path)| !has(&claim.role, path))
            .map(|(claim, path)| (claim.to_string(), path.to_string()))
            .next()
    }

    /// The claims on columns that are not among these, with the columns.
    pub(crate) fn awaited(&self, columns: &ColumnNames) -> Vec<(String, Path)> {
        let paths = self.0.iter().flat_map(|claim| claim.paths().into_iter().map(move |path| (claim, path)));
        paths
            .filter(|(_, path)| path.resolve(columns).is_none())
            .map(|(claim, path)| (claim.to_string(), path))
            .collect()
    }

    /// Replaces what a recipe says of the same roles by the claims.
    #[expect(clippy::too_many_lines, reason = "one match, an arm for each role")]
    pub(crate) fn apply(&self, recipe: &mut Recipe) -> Result<(), MappingError> {
        if self.is_empty() {
            return Ok(());
        }
        let mut winners = Vec::new();
        let has = |role: &str| self.0.iter().any(|claim| claim.role == role);
        // The responses of the user replace the recipe's.
        if has("responses") {
            let beside = recipe.candidates.take().unwrap_or_default();
            recipe.candidates = Some(Candidates { texts: Vec::new(), ..beside });
            recipe.shape = Shape::Candidates;
        }
        for claim in &self.0 {
            recipe.settled.push(claim.role.clone());
            let none = claim.says == "none";
            let paths = if none { Vec::new() } else { vec![Path::new(claim.says.clone())] };
            match claim.role.as_str() {
                "prompt" => {
                    recipe.no_prompt = none;
                    recipe.prompt = paths;
                }
                "system" => recipe.system = paths,
                "input" => recipe.input = paths,
                "history" => recipe.history = paths,
                "response_a" => {
                    recipe.shape = Shape::Pair;
                    recipe.a = paths;
                }
                "response_b" => {
                    recipe.shape = Shape::Pair;
                    recipe.b = paths;
                }
                "chosen" => {
                    recipe.shape = Shape::Choice;
                    recipe.a = paths;
                }
                "rejected" => {
                    recipe.shape = Shape::Choice;
                    recipe.b = paths;
                }
                "responses" => {
                    if let Some(found) = &mut recipe.candidates {
                        found.texts.extend(claim.says.split(',').map(|path| Path::new(path.trim())));
                    }
                }
                "scores" | "ranks" | "order" | "models" => {
                    let Some(found) = &mut recipe.candidates else {
                        return Err(MappingError(format!(
                            "`{claim}` describes a list of responses, but no such list was found: name it with responses=COLUMN"
                        )));
                    };
                    if claim.role == "order" {
                        found.sorted = match claim.says.as_str() {
                            "best_first" => Some(Sorted::BestFirst),
                            "worst_first" => Some(Sorted::WorstFirst),
                            _ => None,
                        };
                        if found.sorted.is_some() {
                            continue;
                        }
                    }
                    let slot = match claim.role.as_str() {
                        "scores" => &mut found.score,
                        "ranks" => &mut found.rank,
                        "order" => &mut found.order,
                        _ => &mut found.model,
                    };
                    *slot = paths.into_iter().next();
                }
                "model_a" => recipe.model_a = paths,
                "model_b" => recipe.model_b = paths,
                "judge" => match claim.literal() {
                    Some(name) => {
                        recipe.judge.clear();
                        recipe.judge_name = Some(name);
                    }
                    None => recipe.judge = paths,
                },
                "annotator" => recipe.annotator = paths,
                "criterion" => recipe.criterion = paths,
                "weight" => recipe.weight = paths,
                "swapped" if !none && recipe.shape == Shape::Candidates => {
                    return Err(MappingError(format!(
                        "`{claim}` is about two sides, and a list of responses has none: put them into the order that the winner refers to"
                    )));
                }
                "swapped" => recipe.swapped = paths,
                "id" => recipe.id = paths,
                "scenario" => recipe.scenario = paths,
                "language" => recipe.language = paths,
                _ => winners.push(claim.rule()?),
            }
        }
        won(recipe, winners)?;
        // A user who names columns says what they are; other columns keep their names' meaning.
        recipe.open = true;
        Ok(())
    }
}

/// Replaces the recipe's rules by what the user says of the winner.
fn won(recipe: &mut Recipe, mut winners: Vec<VerdictRule>) -> Result<(), MappingError> {
    if winners.is_empty() {
        return Ok(());
    }
    recipe.a_wins = false;
    if recipe.shape == Shape::Candidates
        && let Some(found) = &mut recipe.candidates
    {
        let (mut bare, more) = (winners.pop(), !winners.is_empty());
        // `winner=best:from=1`: where positions begin.
        if let Some(rule) = &mut bare
            && let Some(from) = rule.graded.remove("from")
        {
            found.from_1 = from == 1.0;
        }
        let field = bare.clone().and_then(|rule| rule.field);
        let plain =
            bare == field.clone().map(|field| VerdictRule { field: Some(field), ..VerdictRule::default() });
        if more || !plain {
            return Err(MappingError(
                        "a list of responses has no A and B: winner=COLUMN names the best one, by its position (from 0, or with winner=COLUMN:from=1 from 1), its text or its model; scores=, ranks= and order= give all of them".to_owned(),
                    ));
        }
        found.won_by(field, &recipe.settled);
    } else {
        // Several columns of winners are several judges, unless they have different criteria.
        if winners.iter().filter(|rule| rule.criterion.is_none()).count() > 1 {
            for rule in winners.iter_mut().filter(|rule| rule.criterion.is_none()) {
                rule.judge_name = rule.field.as_ref().map(ToString::to_string);
            }
        }
        // Who won is what the user says, and not the choice.
        recipe.no_choice = recipe.shape == Shape::Choice && !recipe.gold;
        recipe.verdict = winners;
    }

    Ok(())
}

impl Claim {
    /// Text in quotes.
    fn literal(&self) -> Option<String> {
        let inner = |quote: char| self.says.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        inner('\'').or_else(|| inner('"')).map(str::to_owned)
    }

    fn paths(&self) -> Vec<Path> {
        if self.says == "none" || self.literal().is_some() {
            return Vec::new();
        }
        match self.role.as_str() {
            "winner" => self.rule().map_or_else(
                |_| Vec::new(),
                |rule| rule.field.into_iter().chain(rule.higher).chain(rule.lower).collect(),
            ),
            "responses" => self.says.split(',').map(|path| Path::new(path.trim())).collect(),
            // Scores and their like may be within the elements of a list.
            "scores" | "ranks" | "order" | "models" => Vec::new(),
            _ => vec![Path::new(self.says.clone())],
        }
    }

    /// What `winner=` says: a column, two that are compared, or a column with what its values mean.
    fn rule(&self) -> Result<VerdictRule, MappingError> {
        let rule = VerdictRule { criterion: self.criterion.clone(), ..VerdictRule::default() };
        if let Some((first, second, larger)) = self.compared()? {
            let both = vec![first, second];
            return Ok(if larger {
                VerdictRule { higher: both, ..rule }
            } else {
                VerdictRule { lower: both, ..rule }
            });
        }
        // A column may have a colon in its name: what its values mean follows the last one.
        let parts = match self.says.split_once(':') {
            Some((_, values)) if values.contains(':') => self.says.rsplit_once(':'),
            other => other,
        };
        let Some((field, values)) = parts.filter(|(_, values)| values.contains('=') || values.contains(".."))
        else {
            return Ok(VerdictRule { field: Some(Path::new(self.says.clone())), ..rule });
        };
        let mut rule = VerdictRule { field: Some(Path::new(field.trim())), ..rule };
        // Behind a scale what other values mean: `1..10,-1=none`.
        for (at, part) in values.split(',').enumerate() {
            match part.split_once("..").filter(|_| at == 0) {
                Some((a, b)) => rule.scale = Some(self.scale(values, a, b)?),
                None => self.meaning(part, &mut rule)?,
            }
        }
        Ok(rule)
    }

    fn wrong(&self, problem: impl std::fmt::Display) -> MappingError {
        MappingError(format!("`{}`: {problem}", printable(&self.to_string())))
    }

    /// Two columns that are compared, and whether the larger number wins.
    fn compared(&self) -> Result<Option<(Path, Path, bool)>, MappingError> {
        // Behind a colon the marks belong to values: `A>B=A`.
        let columns = self.says.split(':').next().unwrap_or_default();
        for (mark, larger) in [('>', true), ('<', false)] {
            let Some((first, second)) = self.says.split_once(mark).filter(|_| columns.contains(mark)) else {
                continue;
            };
            let (first, second) = (first.trim(), second.trim());
            if first.is_empty() || second.is_empty() || second.starts_with(['=', '<', '>']) {
                return Err(self.wrong(format_args!(
                    "COLUMN {mark} COLUMN is expected: the one with the {} number wins, equal ones are a tie",
                    if larger { "larger" } else { "smaller" }
                )));
            }
            return Ok(Some((Path::new(first), Path::new(second), larger)));
        }
        Ok(None)
    }

    /// A scale from the number that means A to the one that means B.
    fn scale(&self, values: &str, a: &str, b: &str) -> Result<Scale, MappingError> {
        let end = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        let (Some(a), Some(b)) = (end(a), end(b)) else {
            return Err(self.wrong(format_args!(
                "two numbers are expected in `{values}`: the one that means A, then the one that means B"
            )));
        };
        if a == b {
            return Err(self.wrong("the two ends of a scale must differ"));
        }
        Ok(Scale { a, b, tie: true, of_chosen: false })
    }

    /// Adds what one value means.
    fn meaning(&self, part: &str, rule: &mut VerdictRule) -> Result<(), MappingError> {
        let (value, means) = part.rsplit_once('=').ok_or_else(|| {
            self.wrong(format_args!(
                "VALUE=A, VALUE=B, VALUE=tie, VALUE=both_bad or VALUE=none is expected, not `{}`",
                part.trim()
            ))
        })?;
        let value = Value::String(value.trim().to_owned());
        match means.trim().to_lowercase().as_str() {
            "a" => rule.a.push(value),
            "b" => rule.b.push(value),
            "tie" => rule.tie.push(value),
            "both_bad" => rule.both_bad.push(value),
            "both_good" => rule.both_good.push(value),
            "none" => rule.nothing.push(value),
            number => match number.parse::<f64>() {
                Ok(p) if (0.0..=1.0).contains(&p) => {
                    rule.graded.insert(value.as_str().unwrap_or_default().to_owned(), p);
                }
                _ => {
                    return Err(self.wrong(format_args!(
                        "`{}` is neither A, B, tie, both_bad, both_good, none nor the probability of A",
                        means.trim()
                    )));
                }
            },
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(text: &str) -> VerdictRule {
        text.parse::<Claim>().and_then(|claim| claim.rule()).expect("a rule")
    }

    #[test]
    fn what_a_winner_may_be() {
        assert_eq!(rule("winner=label:0=A,1=B").a, [json!("0")]);
        assert_eq!(rule("winner=score_0 > score_1").higher, [Path::new("score_0"), Path::new("score_1")]);
        assert_eq!(rule("winner(safe)=p:-3..3").scale.map(|s| (s.a, s.b)), Some((-3.0, 3.0)));
        assert_eq!(rule("winner=x:rather A=0.75").graded.get("rather A"), Some(&0.75));
        for wrong in ["winer=x", "winner=", "winner=x:1=C", "winner=x:1..1", "prompt", "judge(x)=y"] {
            assert!(wrong.parse::<Claim>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_mapping_reads_back() {
        let mut mapping: Mapping = "prompt=question".parse().expect("a claim");
        mapping.extend("winner(safe)=label:0=A,1=B".parse().expect("a claim"));
        let text = serde_json::to_string(&mapping).expect("json");
        assert_eq!(serde_json::from_str::<Mapping>(&text).ok(), Some(mapping));
    }
}
