//! Errors in the form for a page or a program: the problem, the remedy and the place (RFC 9457).

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use predilect_types::{Failure, Subject};
use predilect_workbench::{Advice, CallRemedy, Error, Kind, Remedy, Setting, nearest};
use schemars::JsonSchema;
use serde::Serialize;

use crate::query::QueryError;

/// A problem, in the fields of RFC 9457 and additional ones.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// The kind: `where-syntax`, `try-syntax`, `bad-value`, `refused`, `not-found`, `forbidden`, `not-allowed`, `too-large`, `stale`,
    /// `waiting`, `stopped`, `failed`.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// The kind in a few words.
    pub(crate) title: &'static str,
    /// The HTTP status.
    pub(crate) status: u16,
    /// What exactly went wrong.
    pub(crate) detail: String,
    /// The place in the filter, in characters from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position: Option<u32>,
    /// What was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<Box<str>>,
    /// The remedy, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<String>,
    /// What programs use: the key of the remedy and the subject.
    #[serde(flatten)]
    pub(crate) about: Box<About>,
    /// Whether the same request may succeed later.
    pub(crate) retry: bool,
}

/// What programs use: the key of the remedy, and the subject of the problem.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub(crate) struct About {
    /// The key of the remedy, the same in every version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy_key: Option<&'static str>,
    /// The file, line, field or value that it is about.
    #[serde(skip_serializing_if = "Subject::is_empty")]
    pub(crate) subject: Subject,
}

impl Problem {
    fn new(kind: &'static str, title: &'static str, status: StatusCode, detail: impl Into<String>) -> Self {
        let status = status.as_u16();
        Self {
            kind,
            title,
            status,
            detail: detail.into(),
            position: None,
            value: None,
            remedy: None,
            about: Box::default(),
            retry: false,
        }
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new("not-found", "Not found", StatusCode::NOT_FOUND, detail)
    }

    /// It is understood, but cannot be done.
    pub(crate) fn refused(detail: impl Into<String>) -> Self {
        Self::new("refused", "There is no answer", StatusCode::BAD_REQUEST, detail)
    }

    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new("forbidden", "Not allowed", StatusCode::FORBIDDEN, detail)
    }

    /// A value that a name does not take.
    pub(crate) fn bad_value(name: &str, value: &str, takes: &str) -> Self {
        Self {
            value: Some(value.into()),
            remedy: Some(format!("it takes {takes}")),
            ..Self::new(
                "bad-value",
                "A value is not valid",
                StatusCode::BAD_REQUEST,
                format!("`{name}` does not take `{value}`"),
            )
        }
    }

    /// A name in an address that is none of those that it takes.
    pub(crate) fn unknown_name(name: &str, known: &[&str]) -> Self {
        let near = nearest(name, known.iter().copied());
        let near = near.map_or_else(String::new, |near| format!("did you mean {near}? "));
        Self {
            value: Some(name.into()),
            remedy: Some(format!("{near}names are {}", known.join(", "))),
            ..Self::new(
                "bad-value",
                "A name is not valid",
                StatusCode::BAD_REQUEST,
                format!("an address takes no `{name}` here"),
            )
        }
    }

    /// A request whose body cannot be read, or contains what does not fit together.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new("bad-value", "The request is not valid", StatusCode::BAD_REQUEST, detail)
    }

    /// More than is accepted.
    pub(crate) fn too_large(detail: impl Into<String>) -> Self {
        Self::new("too-large", "Too large", StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// An existing address, requested with a method that it does not answer.
    pub(crate) fn not_allowed(detail: impl Into<String>) -> Self {
        Self::new("not-allowed", "Not possible here", StatusCode::METHOD_NOT_ALLOWED, detail)
    }

    /// The same, with a title that says what is wrong with a file that is refused.
    pub(crate) fn of_a_file(self, title: &'static str) -> Self {
        if self.kind == "refused" { Self { title, ..self } } else { self }
    }

    pub(crate) fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// The work did not finish: the client has left, or it failed.
    pub(crate) fn failed() -> Self {
        let detail = "the work stopped before there was an answer";
        Self { retry: true, ..Self::new("failed", "Failed", StatusCode::INTERNAL_SERVER_ERROR, detail) }
    }

    pub(crate) fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    /// Whether the question itself cannot be read, so that there is nothing to answer.
    pub(crate) fn is_unread(&self) -> bool {
        ["where-syntax", "try-syntax", "bad-value"].contains(&self.kind)
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<&QueryError> for Problem {
    fn from(error: &QueryError) -> Self {
        match error {
            QueryError::Filter { name, text, error } => {
                let detail = format!("`{name}` cannot be read: {}", error.problem);
                Self {
                    position: u32::try_from(error.at).ok(),
                    value: Some(text.as_str().into()),
                    remedy: Some(error.remedy.clone()),
                    ..Self::new("where-syntax", "The filter cannot be read", StatusCode::BAD_REQUEST, detail)
                }
            }
            QueryError::Trial { text, error } => Self {
                position: u32::try_from(error.at).ok(),
                value: Some(text.as_str().into()),
                remedy: Some(error.remedy.clone()),
                ..Self::new(
                    "try-syntax",
                    "The property to try cannot be read",
                    StatusCode::BAD_REQUEST,
                    format!("`try` cannot be read: {}", error.problem),
                )
            },
            QueryError::Value { name, value, takes } => Self::bad_value(name, value, takes),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::of(&error)
    }
}

impl Problem {
    /// The problem of a step.
    pub(crate) fn of(error: &Error) -> Self {
        let (kind, title, status, retry) = match error.kind() {
            Kind::Cancelled => ("stopped", "Stopped", StatusCode::SERVICE_UNAVAILABLE, true),
            Kind::Waiting => ("waiting", "Waiting", StatusCode::ACCEPTED, true),
            Kind::Stale => ("stale", "The study has changed", StatusCode::CONFLICT, true),
            Kind::Refused | Kind::ClosedPipe | Kind::NoVerdicts => {
                ("refused", "There is no answer", StatusCode::BAD_REQUEST, false)
            }
        };
        let detail = error.message().to_owned();
        let remedy = error.what_helps().map(words);
        let about = Box::new(About { remedy_key: error.remedy_key(), subject: error.subject() });
        Self { remedy, about, retry, ..Self::new(kind, title, status, detail) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec_pretty(&self).unwrap_or_default();
        (self.status(), [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}

/// The remedy, in the words of a page.
#[expect(clippy::too_many_lines, reason = "one match, an arm for each remedy")]
fn words(remedy: &Remedy) -> String {
    let fixed = match remedy {
        Remedy::Words(words) | Remedy::Filter(words) => return words.clone(),
        Remedy::ChooseAmong(names)
        | Remedy::JudgeAmong(names)
        | Remedy::ReferenceAmong(names)
        | Remedy::GroupsAre(names) => return format!("choose among: {names}"),
        Remedy::FewerRows(_) => return "take a wider filter".to_owned(),
        Remedy::RateByModel(why) => return format!("{why} with a language model"),
        Remedy::FewerVerdicts(most) => return format!("ask for at most {most} verdicts a model"),
        Remedy::AnchorPoints(name) => return format!("give {name} a number of points"),
        Remedy::WithoutDifficulty(models) => {
            return format!("leave the difficulty of prompts out: it needs {models} models");
        }
        Remedy::Fewer(_) => "choose some judges, or group by a field with fewer values",
        Remedy::DissectFirst => "dissect the study first",
        Remedy::TemporaryFolder => "set TMPDIR to a folder that can be written to, and start again",
        Remedy::NameAnnotators => "the annotators' column must be named when the data are read",
        Remedy::FewerUnits | Remedy::OtherUnits => "choose another field for the intervals",
        Remedy::OtherBaseline | Remedy::NameBaseline => "name the model to compare with",
        Remedy::KnownFormats => "`predilect formats` lists what is read",
        Remedy::RankWithoutTexts | Remedy::PlainRates => "look at the plain win rates",
        Remedy::OtherPlace | Remedy::OtherPlaceOrReplace | Remedy::NamePlace | Remedy::NameFolder => {
            "give another folder"
        }
        Remedy::NameModel | Remedy::KeepBoth | Remedy::KeepBothOrRateAll | Remedy::AskApart => {
            "give the model another name"
        }
        Remedy::NameSlice => "write a filter first; then the slice can be compared with the rest",
        Remedy::FreeLog => "is another program using the study, or the disk full?",
        Remedy::DamagedLog => {
            "move the file away or bring back a copy of it: without it, what it answered is asked for again"
        }
        Remedy::RateOn => "the ratings made so far are kept: open the study again to go on",
        Remedy::LaterVersion => "use the version of Predilect that wrote it, or a later one",
        Remedy::NoPublished => "rate the study by a language model first",
        Remedy::NoReasoning => "models in this process take no options for reasoning",
        Remedy::GivePrices | Remedy::WritePrices => "a price must be known before a budget can be kept",
        Remedy::WrittenAnswers => "ask for written answers",
        Remedy::NoBatches => "ask one by one instead of in batches",
        Remedy::GiveReference => {
            "name a model that answers each request, or the field that contains an answer"
        }
        Remedy::StartServer => "is a server running at that address, and is its port right?",
        Remedy::Unread(_) => "ask in another way, or another model",
        Remedy::RateByText => "length and parts of properties are rated from text",
        Remedy::NameProperty => "name the property of all pairs",
        Remedy::WritePairs => "each line is an object with `higher`, `lower` and `property`",
        Remedy::NameAModel => "name a model",
        Remedy::OtherPair => "take another pair, or a wider filter",
        Remedy::CollectVerdicts => "`predilect judge` collects those of a language model",
        Remedy::PublishedBeside => "look at the published judges: they are on the first page",
        Remedy::DissectSaysMore => "`predilect dissect` says more",
        Remedy::RankApart => "rank each group separately, or add verdicts between them",
        Remedy::KeepFinite | Remedy::KeepFiniteWithTies => "`predilect rank --prior 0.1` keeps scores finite",
        Remedy::WithoutTerms => "leave the terms out",
        Remedy::TiesAsHalf => "Bradley-Terry counts a tie as half a win",
        Remedy::CheckVerdicts => "look at what was read, under Data",
        Remedy::NoAnchor => "leave the anchor out",
        Remedy::AnyJudge | Remedy::ChooseJudge => "choose another judge",
        Remedy::NameModels => "models come from fields such as model_a and model_b",
        Remedy::OtherVariant => "name a model in the files",
        Remedy::Advice(advice) => return advice_here(advice),
        Remedy::Call(remedy) => return call(remedy).to_owned(),
    };
    fixed.to_owned()
}

/// The remedy for reading a file. Claims on its columns are written on the form directly, with nothing before them.
fn advice_here(advice: &Advice) -> String {
    const CLAIM: char = '\u{10fffe}';
    let said = advice.said(|setting| if setting == Setting::Map { "\u{10fffe}" } else { setting.name() });
    said.replace(&format!("{CLAIM} "), "").replace(CLAIM, Setting::Map.name())
}

/// The remedy for a failed call.
fn call(remedy: &CallRemedy) -> &str {
    match remedy {
        CallRemedy::Words(words) => words,
        CallRemedy::LocalBuild => "use a program that was built with local models",
        CallRemedy::RunAgainThen => "ask again then: the answers so far are kept",
        CallRemedy::CancelBatches => "cancel all but one of them in the provider's console",
        CallRemedy::NoBatches => "ask one by one instead of in batches",
        CallRemedy::FetchBatches => "fetch what waits in batches first",
        CallRemedy::SmallerBatches => "submit fewer questions at once",
        CallRemedy::HandOverAgain => "try again later, and check the key",
        CallRemedy::OtherEffort | CallRemedy::OtherReasoning => "choose another effort of reasoning, or none",
        CallRemedy::MoreRoom => "give it more tokens to reason, or let it reason less",
        CallRemedy::LooserForm => "ask for answers of a looser form",
        CallRemedy::NotTold
        | CallRemedy::WriteInstead
        | CallRemedy::WrittenVerdicts
        | CallRemedy::Written => "ask for written answers",
        CallRemedy::RewardServer => "give the address of a server with a reward model",
        CallRemedy::SmallerContext => "a smaller context needs less memory",
        CallRemedy::LargerContext => {
            "a larger context leaves room for longer questions, but needs more memory"
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use predilect_workbench::every_remedy;

    use super::*;

    #[test]
    fn an_unknown_name_is_answered_by_the_nearest_one() {
        let problem = Problem::unknown_name("juge", &["where", "judge"]);
        assert_eq!((problem.status, problem.kind), (400, "bad-value"));
        assert_eq!(problem.detail, "an address takes no `juge` here");
        assert_eq!(problem.remedy.as_deref(), Some("did you mean judge? names are where, judge"));
        assert_eq!(Problem::unknown_name("zzz", &["where"]).remedy.as_deref(), Some("names are where"));
    }

    #[test]
    fn claims_stand_by_themselves() {
        let map = Setting::Map;
        let said = advice_here(&Advice::of(&format!("say which column ({map} winner=COLUMN), or use {map}")));
        assert_eq!(said, "say which column (winner=COLUMN), or use map");
    }

    /// What a page says for every remedy, below its name: a new one changes this snapshot.
    #[test]
    fn every_remedy_has_words() {
        let mut all = String::new();
        for remedy in every_remedy() {
            let said = words(&remedy);
            assert!(said.len() > 8, "{remedy:?}: {said:?}");
            writeln!(all, "{remedy:?}\n    {said}").expect("a string grows");
        }
        insta::assert_snapshot!(all);
    }
}
