//! What went wrong in a step, with a remedy that every front end puts into its own words.

use std::fmt::{self, Display, Formatter};
use std::io;

use predilect_analysis::limits::TooMany;
use predilect_data::{Advice, DataError, Setting, nearest};
use predilect_llm::{CallError, CallRemedy, LogError, LogTrouble, PriceError};
use predilect_results::asked::Parse;
use predilect_types::{Failure, Subject, shown};
use strum::{EnumCount, IntoStaticStr};

pub use predilect_types::Kind;

/// Why a step did not end.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    remedy: Option<Remedy>,
    details: Vec<Advice>,
    subject: Option<Box<Subject>>,
    resumes: Option<Done>,
}

/// What a stopped run has done and keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Answers of a model.
    Answers,
    /// Steps of a training.
    Steps,
}

/// What helps. Front ends say it in their own words: a flag, a switch on a page, a keyword.
#[derive(Debug, Clone, PartialEq, IntoStaticStr, EnumCount)]
#[strum(serialize_all = "kebab-case")]
pub enum Remedy {
    /// Dissect the study and keep the result in it.
    DissectFirst,
    /// Words that are the same in every front end.
    #[strum(serialize = "as-said")]
    Words(String),
    /// Another temporary folder, or a place for the study.
    TemporaryFolder,
    /// Another name among these.
    ChooseAmong(String),
    /// Another judge, among these.
    JudgeAmong(String),
    /// Another judge among these, or all people as one.
    JudgeOrPool(String),
    /// Another judge among these, or one name for the judge of all files.
    JudgeOfFiles(String),
    /// Another reference, among these judges.
    ReferenceAmong(String),
    /// The annotators' column must be named when the data are read.
    NameAnnotators,
    /// Fields in which verdicts depend on each other: two at most.
    FewerUnits,
    /// Other units than this field, which has one value only.
    OtherUnits,
    /// Another baseline among the models of the files.
    OtherBaseline,
    /// A baseline must be named.
    NameBaseline,
    /// Another format of the files.
    KnownFormats,
    /// Another method of ranking, which needs no texts.
    RankWithoutTexts,
    /// Another place for the study, or that study as the input.
    OtherPlace,
    /// Another place, or the study there must be replaced first.
    OtherPlaceOrReplace,
    /// A place for the study.
    NamePlace,
    /// The model needs a separate name in this study.
    NameModel,
    /// Too much for one run.
    Fewer(TooMany),
    /// A property can be rated by a language model.
    RateByModel(String),
    /// Ratings of other properties, or no published judges.
    NoPublished,
    /// A slice must be named before it is set against another.
    NameSlice,
    /// A filter must be written otherwise: what is allowed.
    Filter(String),
    /// A model in this process takes no options for reasoning.
    NoReasoning,
    /// A price must be given before a budget can be kept.
    GivePrices,
    /// How a table of prices is written.
    WritePrices,
    /// Written verdicts or ratings, which need no token probabilities.
    WrittenAnswers,
    /// Calls that are made one by one.
    NoBatches,
    /// A separate name for one of the models, in a separate run.
    AskApart,
    /// Another name keeps both; without a filter, all are asked again.
    KeepBoth,
    /// Another name keeps both; or the properties rated before are rated again.
    KeepBothOrRateAll,
    /// A reference answer: a model that writes one, or the field that contains it.
    GiveReference,
    /// The server must be running at that address.
    StartServer,
    /// What helps where answers could not be read.
    Unread(Parse),
    /// Ratings from text.
    RateByText,
    /// A folder must be named.
    NameFolder,
    /// The property of all pairs must be named.
    NameProperty,
    /// How a file of ordered pairs is written.
    WritePairs,
    /// A model must be named.
    NameAModel,
    /// Another pair, or another filter.
    OtherPair,
    /// A model can be asked for verdicts.
    CollectVerdicts,
    /// A group among these; another field has others.
    GroupsAre(String),
    /// Published judges can be compared with a single one.
    PublishedBeside,
    /// A dissection says more.
    DissectSaysMore,
    /// Groups of models that never met must be ranked separately, or joined.
    RankApart,
    /// A prior keeps scores finite; shares of wins need none.
    KeepFinite,
    /// A prior keeps scores finite; Bradley-Terry counts a tie as half a win.
    KeepFiniteWithTies,
    /// Bradley-Terry counts a tie as half a win.
    TiesAsHalf,
    /// The verdicts must be checked.
    CheckVerdicts,
    /// An anchor has a number of points: the model's name.
    AnchorPoints(String),
    /// The anchor must be left out.
    NoAnchor,
    /// A smaller least number of verdicts: the largest that leaves two models or more.
    FewerVerdicts(u64),
    /// Any judge, to see who gave the verdicts.
    AnyJudge,
    /// Models must be named in the data.
    NameModels,
    /// One judge, or several for their mean.
    ChooseJudge,
    /// A variant among the models of the files.
    OtherVariant,
    /// The form without difficulties of prompts, or results of this many models.
    WithoutDifficulty(usize),
    /// Raw win rates.
    PlainRates,
    /// A fit without terms, where the sides carry no meaning.
    WithoutTerms,
    /// So few verdicts can be fitted where that is asked for.
    FewerRows(usize),
    /// The study's log of calls must be free, and the disk must have room.
    FreeLog,
    /// The log of calls must be moved away; what it answered is asked for again.
    DamagedLog,
    /// A later version of this program.
    LaterVersion,
    /// Opening the study again resumes the rating where it was stopped.
    RateOn,
    /// Words with settings of the reading among them.
    Advice(Advice),
    /// What helps where a call failed.
    Call(CallRemedy),
}

/// The result of a step.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A failure that its message describes.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Refused,
            message: message.into(),
            remedy: None,
            details: Vec::new(),
            subject: None,
            resumes: None,
        }
    }

    /// The work was stopped from outside.
    #[must_use]
    pub fn cancelled() -> Self {
        Self { kind: Kind::Cancelled, ..Self::new("stopped") }
    }

    /// Not a failure: something else has to be done first.
    #[must_use]
    pub(crate) fn waiting(message: impl Into<String>) -> Self {
        Self { kind: Kind::Waiting, ..Self::new(message) }
    }

    /// The same for a run of questions that can be resumed where it stopped.
    #[must_use]
    pub fn resumable(self) -> Self {
        self.resumable_after(Done::Answers)
    }

    /// The same for a run that can be resumed behind what it has done.
    #[must_use]
    pub fn resumable_after(self, done: Done) -> Self {
        Self { resumes: Some(done), ..self }
    }

    /// There are pairs, but no verdicts on them.
    #[must_use]
    pub(crate) fn no_verdicts(self) -> Self {
        Self { kind: Kind::NoVerdicts, ..self }
    }

    /// What was read no longer matches the files.
    #[must_use]
    pub(crate) fn stale(message: &str) -> Self {
        Self { kind: Kind::Stale, ..Self::new(message) }
    }

    /// The same with what helps.
    #[must_use]
    pub fn remedy(self, remedy: Remedy) -> Self {
        Self { remedy: Some(remedy), ..self }
    }

    /// The same with words that help in every front end.
    #[must_use]
    pub fn words(self, words: impl Into<String>) -> Self {
        self.remedy(Remedy::Words(words.into()))
    }

    /// The same with a list to choose from.
    #[must_use]
    pub fn choose<I: IntoIterator<Item: AsRef<str>>>(self, names: I) -> Self {
        self.remedy(Remedy::ChooseAmong(shown::list(names)))
    }

    /// The same for a name that is none of those to choose from: the nearest one, if it is near, otherwise the list.
    #[must_use]
    pub fn instead_of<I: IntoIterator<Item: AsRef<str>>>(self, given: &str, names: I) -> Self {
        let names: Vec<_> = names.into_iter().collect();
        match nearest(given, names.iter().map(AsRef::as_ref)) {
            Some(near) => self.words(format!("did you mean {}?", shown::line(near))),
            None => self.choose(names),
        }
    }

    /// The same for a judge that has no verdicts here.
    #[must_use]
    pub(crate) fn no_such_judge<I: IntoIterator<Item: AsRef<str>>>(self, given: &str, judges: I) -> Self {
        let judges: Vec<_> = judges.into_iter().collect();
        let near = nearest(given, judges.iter().map(AsRef::as_ref));
        let near = near.map_or_else(String::new, |near| format!("did you mean {}? ", shown::line(near)));
        self.words(format!("{near}the judges of these data are: {}", shown::list(judges)))
    }

    /// The same of a file, a line, a field or a value.
    #[must_use]
    pub fn about(self, subject: Subject) -> Self {
        Self { subject: (!subject.is_empty()).then(|| Box::new(subject)), ..self }
    }

    /// Another failure, with what helps against it.
    fn of(failure: &dyn Failure, remedy: Option<Remedy>) -> Self {
        let error = Self { kind: failure.kind(), ..Self::new(failure.to_string()) };
        Self { remedy, ..error }.about(failure.subject())
    }

    /// The same, said of a part of the work.
    #[must_use]
    pub fn within(self, part: &str) -> Self {
        Self { message: format!("{part}: {}", self.message), ..self }
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What went wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What helps.
    pub fn what_helps(&self) -> Option<&Remedy> {
        self.remedy.as_ref()
    }

    /// What was done so far and is kept, so that the same run can be resumed; `None` where it cannot.
    pub fn resumes(&self) -> Option<Done> {
        self.resumes
    }

    /// Further lines.
    pub fn details(&self) -> &[Advice] {
        &self.details
    }
}

impl Display for Error {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl Failure for Error {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn remedy_key(&self) -> Option<&'static str> {
        self.remedy.as_ref().map(Remedy::key)
    }

    fn subject(&self) -> Subject {
        self.subject.as_deref().cloned().unwrap_or_default()
    }
}

impl Remedy {
    /// Its key, the same in every version: for programs.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Advice(advice) => advice.setting().map_or("as-said", Setting::key),
            Self::Call(remedy) => remedy.into(),
            Self::Fewer(what) => what.remedy_key().unwrap_or_default(),
            other => other.into(),
        }
    }
}

impl From<DataError> for Error {
    fn from(error: DataError) -> Self {
        let remedy = error.remedy().cloned().map(Remedy::Advice);
        Self { details: error.details().to_vec(), ..Self::of(&error, remedy) }
    }
}

impl From<TooMany> for Error {
    fn from(error: TooMany) -> Self {
        Self::of(&error, Some(Remedy::Fewer(error)))
    }
}

impl From<LogError> for Error {
    fn from(error: LogError) -> Self {
        let remedy = match error.why() {
            LogTrouble::Busy => Remedy::FreeLog,
            LogTrouble::Damaged => Remedy::DamagedLog,
            LogTrouble::Later => Remedy::LaterVersion,
        };
        Self::of(&error, Some(remedy))
    }
}

impl From<PriceError> for Error {
    fn from(error: PriceError) -> Self {
        Self::of(&error, Some(Remedy::WritePrices))
    }
}

impl From<CallError> for Error {
    fn from(error: CallError) -> Self {
        let remedy = error.remedy.clone().map(|remedy| match remedy {
            CallRemedy::Words(words) => Remedy::Words(words),
            other => Remedy::Call(other),
        });
        Self::of(&error, remedy)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        let kind = if error.kind() == io::ErrorKind::BrokenPipe { Kind::ClosedPipe } else { Kind::Refused };
        Self { kind, ..Self::new(error.to_string()) }
    }
}
