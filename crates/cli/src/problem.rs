//! What went wrong, said so that it can be put right: the problem, and separately the remedy.

use std::io;

use predilect_workbench::TooMany;
use predilect_workbench::{Advice, DataError};
use predilect_workbench::{Done, Kind};

use crate::remedies;
use crate::say::safe;

/// An error as the user sees it.
#[derive(Debug)]
pub(crate) struct Problem {
    what: String,
    remedy: Option<String>,
    details: Vec<String>,
    closed_pipe: bool,
    waits: bool,
    stopped: bool,
}

impl Problem {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            remedy: None,
            details: Vec::new(),
            closed_pipe: false,
            waits: false,
            stopped: false,
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped
    }

    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The same for a run that resumes behind what it has done.
    fn resumable(self, done: Done) -> Self {
        let kept = match done {
            Done::Answers => "run the command again to resume: every answer is kept",
            Done::Steps => "run the command again to resume: every step is kept",
        };
        let remedy = match &self.remedy {
            Some(asked) if asked.ends_with('?') => format!("{asked} R{}", &kept[1..]),
            Some(first) => format!("{first}; {kept}"),
            None => kept.to_owned(),
        };
        self.remedy(remedy)
    }

    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.closed_pipe
    }

    pub(crate) fn print(&self) {
        let style = anstyle::Style::new().bold();
        let red = style.fg_color(Some(anstyle::AnsiColor::Red.into()));
        if self.waits {
            anstream::eprintln!("{style}waiting:{style:#} {}", safe(&self.what));
        } else {
            anstream::eprintln!("{red}error:{red:#} {}", safe(&self.what));
        }
        for line in &self.details {
            anstream::eprintln!("  {}", safe(line));
        }
        if let Some(remedy) = &self.remedy {
            let label = if self.waits { "next:" } else { "remedy:" };
            anstream::eprintln!("{style}{label}{style:#} {}", safe(remedy));
        }
    }
}

fn said(lines: &[Advice]) -> Vec<String> {
    lines.iter().map(|line| line.said(remedies::setting)).collect()
}

impl From<DataError> for Problem {
    fn from(error: DataError) -> Self {
        let problem = Self {
            details: said(error.details()),
            closed_pipe: error.is_closed_pipe(),
            ..Self::new(error.to_string())
        };
        match error.remedy() {
            Some(advice) => problem.remedy(advice.said(remedies::setting)),
            None => problem,
        }
    }
}

impl From<predilect_workbench::Error> for Problem {
    fn from(error: predilect_workbench::Error) -> Self {
        let problem = Self {
            details: said(error.details()),
            closed_pipe: error.kind() == Kind::ClosedPipe,
            stopped: error.kind() == Kind::Cancelled,
            waits: error.kind() == Kind::Waiting,
            ..Self::new(error.to_string())
        };
        let problem = match error.what_helps() {
            Some(remedy) => problem.remedy(remedies::words(remedy)),
            None => problem,
        };
        match error.resumes() {
            Some(done) => problem.resumable(done),
            None => problem,
        }
    }
}

impl From<TooMany> for Problem {
    fn from(error: TooMany) -> Self {
        predilect_workbench::Error::from(error).into()
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self { closed_pipe: error.kind() == io::ErrorKind::BrokenPipe, ..Self::new(error.to_string()) }
    }
}
