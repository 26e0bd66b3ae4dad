//! What is in a file that was sent, by one way of reading it?

use predilect_workbench::Preview;
use predilect_workbench::sent::{Looked, look as looked};

use crate::app::App;
use crate::asking::Waiting;
use crate::problem::Problem;
use crate::reading::Reading;
use crate::uploads::Upload;

/// What is found of a file by one way of reading it, and why it would not become a study.
pub(crate) struct Seen {
    pub(crate) looked: Looked,
    pub(crate) problem: Option<Problem>,
}

/// Looks at a file within the limits that apply here.
pub(crate) fn seen(
    app: &App,
    upload: &Upload,
    reading: &Reading,
    waiting: &Waiting,
) -> Result<Seen, Problem> {
    app.uploads.unpacks(upload)?;
    let mut looked = looked(&upload.file, &app.uploads.options(upload, reading), waiting);
    let problem = match &mut looked.preview {
        Ok(Preview { stops, .. }) => stops
            .take()
            .map(|stops| Problem::of(&stops.into()).of_a_file("The file has no verdicts that can be read")),
        Err(error) => Some(Problem::of(error).of_a_file("The file cannot be read")),
    };
    let problem = problem.map(|problem| short(upload.named(problem)));
    Ok(Seen { looked, problem })
}

/// Characters of what is said of a file: it may name columns, which may be as long as the file.
const SAID: usize = 2_000;

/// The same problem, shortened if it says more than a user would read.
fn short(problem: Problem) -> Problem {
    let cut = |mut text: String| {
        if let Some((end, _)) = text.char_indices().nth(SAID) {
            text.truncate(end);
            text.push('…');
        }
        text
    };
    let mut about = problem.about;
    about.subject.field = about.subject.field.map(cut);
    about.subject.value = about.subject.value.map(cut);
    Problem { detail: cut(problem.detail), remedy: problem.remedy.map(cut), about, ..problem }
}
