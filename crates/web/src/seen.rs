//! What is in a file that was sent, by one way of reading it?

use std::sync::Arc;

use predilect_report::format::counted;
use predilect_types::ReadSummary;
use predilect_workbench::sent::look as looked;
use predilect_workbench::{Preview, Watch};

use crate::app::App;
use crate::asking::Waiting;
use crate::looked::Seen;
use crate::problem::Problem;
use crate::reading::Reading;
use crate::uploads::Upload;

/// Looks at a file within the limits that apply here; what was found before is not looked for again.
pub(crate) fn seen(
    app: &App,
    upload: &Upload,
    reading: &Reading,
    waiting: &Waiting,
) -> Result<Arc<Seen>, Problem> {
    let key = reading.to_address();
    if let Some(found) = upload.looks.get(&key) {
        return Ok(found);
    }
    app.uploads.unpacks(upload)?;
    let mut looked = looked(&upload.files, &app.uploads.options(upload, reading), waiting);
    let problem = match &mut looked.preview {
        // The first records may have no verdict where later ones have.
        Ok(Preview { .. }) if looked.whole.as_ref().is_some_and(|whole| whole.verdicts > 0) => None,
        Ok(Preview { .. }) if reading.unjudged => None,
        Ok(Preview { stops, .. }) => {
            stops.take().map(|stops| no_verdict(Problem::of(&stops.into()), looked.whole.as_ref()))
        }
        Err(error) => Some(Problem::of(error).of_a_file("The file cannot be read")),
    };
    let problem = problem.map(|problem| short(upload.named(problem)));
    let unjudged = problem.is_some() && looked.preview.is_ok();
    let seen = Seen { looked, problem, unjudged };
    // What was broken off is not all.
    Ok(if waiting.cancelled() { Arc::new(seen) } else { upload.looks.keep(key, seen) })
}

/// Why pairs without verdicts are no study: how many there are, where all were counted, and what helps here.
fn no_verdict(problem: Problem, whole: Option<&ReadSummary>) -> Problem {
    let pairs = whole.map(|whole| counted(whole.pairs, "pair was", "pairs were"));
    let detail =
        pairs.map_or_else(|| problem.detail.clone(), |pairs| format!("{pairs} found, but no verdict"));
    Problem { detail, ..problem.of_a_file("The file has no verdicts that can be read") }.remedy(
        "say which column names the winner, or send the file with the verdicts together with this one; pairs alone are taken with verdicts=none",
    )
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
