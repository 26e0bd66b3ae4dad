//! Uploaded files: their contents are described before anything of them is kept as a study.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use predilect_data::{OnBadRow, Onto, Preview, ReadOptions, preview};
use predilect_types::{Failure, ReadSummary, Subject};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::watch::Watch;

pub use crate::scratch::Scratch;
pub use predilect_data::{ColumnSeen, ColumnsSeen, Previewed, Proposal, plain_name, unpacked_within};

/// Time limit for reading a whole file to count its usable records, while a user waits.
const WHILE_WAITING: Duration = Duration::from_millis(1_500);
/// Characters of a name from the file, and columns of one, in what is said of it.
const NAME: usize = 200;
const COLUMNS: usize = 400;

/// What is in a file, by one way of reading it.
#[derive(Debug)]
pub struct Looked {
    /// The columns, whatever they mean; empty if the file cannot be read at all.
    pub columns: ColumnsSeen,
    /// How the first records are understood, and why an import would stop.
    pub preview: Result<Preview>,
    /// What is read of the whole file; `None` if that takes too long.
    pub whole: Option<ReadSummary>,
    /// The readings that the user can choose among, if the file does not say which is right.
    pub proposals: Vec<Proposal>,
}

/// Looks at files that belong together without changing anything.
pub fn look(files: &[PathBuf], options: &ReadOptions, watch: &dyn Watch) -> Looked {
    let columns = columns_of(files, options);
    let mut seen = preview(files, options);
    let details = match &seen {
        Err(error) | Ok(Preview { stops: Some(error), .. }) => error.details(),
        Ok(_) => &[],
    };
    let mut proposals = predilect_data::proposals(details);
    // A claim that is cut short would name another column.
    proposals.retain(|proposal| proposal.claims.iter().all(|claim| claim.len() <= 8 * NAME));
    let mut whole = seen.as_ref().ok().and_then(|_| counted(files, options, watch));
    if let Ok(seen) = &mut seen {
        shorten(&mut seen.read);
        seen.pairs.iter_mut().for_each(|shown| shown.pair.metadata.retain(|name, _| name.len() <= 4 * NAME));
    }
    whole.iter_mut().for_each(shorten);
    Looked { columns, preview: seen.map_err(Error::from), whole, proposals }
}

/// The columns of all files, those of the first one first, each once.
fn columns_of(files: &[PathBuf], options: &ReadOptions) -> ColumnsSeen {
    let mut all = ColumnsSeen::default();
    for file in files {
        let own = predilect_data::columns_of(file, options).unwrap_or_default();
        let new = |column: &ColumnSeen| all.columns.iter().all(|known| known.name != column.name);
        let new: Vec<ColumnSeen> = own.columns.into_iter().filter(new).collect();
        all.columns.extend(new);
        all.more += own.more;
        all.long.extend(own.long);
    }
    all
}

/// Shortens what is said of columns to a readable length: a file's only column name may be as long as the file.
fn shorten(read: &mut ReadSummary) {
    for source in &mut read.sources {
        source.columns.truncate(COLUMNS);
        let columns = source.columns.iter_mut().flat_map(|column| [&mut column.column, &mut column.used_as]);
        for text in columns.chain(source.verdicts.iter_mut().map(|verdict| &mut verdict.field)) {
            if let Some((end, _)) = text.char_indices().nth(NAME) {
                text.truncate(end);
                text.push('…');
            }
        }
    }
}

/// What can be used of the whole file and what cannot, unless that takes too long.
fn counted(files: &[PathBuf], options: &ReadOptions, watch: &dyn Watch) -> Option<ReadSummary> {
    let until = Instant::now() + WHILE_WAITING;
    // Bad records are counted here, whatever an import does with them.
    let options = ReadOptions { on_bad_row: OnBadRow::Skip, without_verdicts: true, ..options.clone() };
    let mut sink = |_| {
        if Instant::now() > until || watch.cancelled() {
            return Err(predilect_data::DataError::sink("nobody waits that long"));
        }
        Ok(())
    };
    predilect_data::read(files, &options, &mut |_| {}, &mut sink).ok()
}

/// A permanent folder for studies: created if missing, readable only by its owner.
///
/// # Errors
///
/// When it cannot be created, or is not a folder.
pub fn kept_folder(folder: &Path) -> Result<()> {
    let fail = |e: std::io::Error| {
        Error::new(format!("cannot make the folder {}: {e}", folder.display()))
            .words("give a folder that can be made and written to")
    };
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder).map_err(fail)
}

/// The studies in a folder, the newest first.
#[must_use]
pub fn studies_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| crate::studies::is_study(path))
        .map(|path| {
            (std::fs::metadata(path.join("study.toml")).and_then(|about| about.modified()).ok(), path)
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, path)| path).collect()
}

/// Reads uploaded files that belong together into a separate study.
///
/// # Errors
///
/// Those of an import; nothing is left behind then.
pub fn keep(
    files: &[PathBuf],
    options: &ReadOptions,
    study: &Path,
    watch: &dyn Watch,
) -> Result<ReadSummary> {
    Ok(crate::import::import(files, options, study, Onto::New, watch)?.1)
}

/// How many bytes a number of them is, in words: `64 MiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl std::fmt::Display for Bytes {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
        let unit = (self.0.max(1).ilog2() as usize / 10).min(units.len() - 1);
        match self.0 >> (10 * unit) {
            whole if whole << (10 * unit) == self.0 || unit == 0 => write!(out, "{whole} {}", units[unit]),
            _ => write!(out, "{:.1} {}", self.0 as f64 / (1_u64 << (10 * unit)) as f64, units[unit]),
        }
    }
}

/// A text that is not a number of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizeError {
    /// The text.
    pub given: String,
}

impl std::fmt::Display for SizeError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "`{}` is not a size: a number is expected, followed by K, M, G or T", self.given)
    }
}

impl std::error::Error for SizeError {}

impl Failure for SizeError {
    fn subject(&self) -> Subject {
        Subject::value(&self.given)
    }
}

impl std::str::FromStr for Bytes {
    type Err = SizeError;

    /// Reads a number of bytes, with K, M, G or T after it for powers of 1,024.
    fn from_str(text: &str) -> Result<Self, SizeError> {
        let text = text.trim();
        let plain = text.trim_end_matches(['i', 'I', 'b', 'B']);
        let wrong = || SizeError { given: text.to_owned() };
        let (number, shift) = match plain.chars().last().map(|c| c.to_ascii_uppercase()) {
            Some('K') => (&plain[..plain.len() - 1], 10),
            Some('M') => (&plain[..plain.len() - 1], 20),
            Some('G') => (&plain[..plain.len() - 1], 30),
            Some('T') => (&plain[..plain.len() - 1], 40),
            _ => (plain, 0),
        };
        let number: u64 = number.trim().parse().map_err(|_| wrong())?;
        number.checked_mul(1_u64 << shift).filter(|bytes| *bytes > 0).map(Self).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_and_print() {
        for (text, bytes, shown) in [
            ("1", 1, "1 bytes"),
            ("1K", 1024, "1 KiB"),
            ("1536", 1536, "1.5 KiB"),
            ("2 GiB", 2 << 30, "2 GiB"),
            ("64m", 64 << 20, "64 MiB"),
        ] {
            let found: Bytes = text.parse().expect("a size");
            assert_eq!((found.0, found.to_string().as_str()), (bytes, shown), "{text}");
        }
        for wrong in ["", "0", "-1", "x", "1.5G", "99999999T", "ß"] {
            assert!(wrong.parse::<Bytes>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_file_is_looked_at_and_counted_to_its_end() {
        let folder = Scratch::new().expect("a folder");
        let file = folder.path().join("votes.jsonl");
        let line = |i: usize| match i {
            9 => "{broken\n".to_owned(),
            i => format!(
                "{{\"prompt\":\"Q{i}\",\"response_a\":\"a\",\"response_b\":\"b {i}\",\"label\":{}}}\n",
                i % 2
            ),
        };
        std::fs::write(&file, (0..20).map(line).collect::<String>()).expect("written");
        let found = look(std::slice::from_ref(&file), &ReadOptions::default(), &crate::Unwatched);
        assert_eq!(
            found.columns.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
            ["prompt", "response_a", "response_b", "label"]
        );
        assert!(found.preview.is_err() && found.proposals.len() >= 2, "{found:?}");
        assert!(found.proposals[0].complete, "{found:?}");
        let mapping = found.proposals[0].claims[0].parse().expect("a mapping");
        let found = look(
            std::slice::from_ref(&file),
            &ReadOptions { mapping, ..ReadOptions::default() },
            &crate::Unwatched,
        );
        let whole = found.whole.expect("counted");
        assert_eq!((whole.pairs, whole.dropped.values().sum::<u64>()), (19, 1), "{whole:?}");
        assert_eq!(found.preview.expect("a preview").pairs.len(), 3);
    }

    #[test]
    fn a_name_as_long_as_the_file_is_not_said_again() {
        let folder = Scratch::new().expect("a folder");
        let file = folder.path().join("wide.csv");
        let names: Vec<String> = (0..300).map(|i| format!("c{i}")).collect();
        let row = vec!["1"; 301].join(",");
        std::fs::write(&file, format!("{},{}\n{row}\n{row}\n", "x".repeat(5_000), names.join(",")))
            .expect("written");
        let ColumnsSeen { columns, more, long } =
            look(std::slice::from_ref(&file), &ReadOptions::default(), &crate::Unwatched).columns;
        assert_eq!((columns.len(), columns[0].name.as_str(), more), (200, "c0", 101));
        assert!(long.len() == 1 && long[0].chars().count() < 100, "{long:?}");
    }
}
