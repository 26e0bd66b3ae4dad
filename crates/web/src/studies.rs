//! The studies that are served: each has a short name in addresses, and is opened when it is first requested.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use predilect_workbench::studies::{is_study, is_writable};
use predilect_workbench::{Example, Inputs, ReadOptions, Result, Unwatched, Watch, Workbench};

use crate::opened::Opened;
use crate::opening::{Opening, Progress};
use crate::problem::Problem;

/// What a study is made of.
#[derive(Debug, Clone)]
enum Made {
    /// A study in its folder, or files that are read together.
    Files(Vec<PathBuf>),
    Example(Example),
}

/// A study that is served.
#[derive(Debug)]
pub(crate) struct Served {
    /// Its name in addresses.
    pub(crate) id: String,
    /// Its name on the page.
    pub(crate) title: String,
    /// What a command line takes for it.
    pub(crate) given: Vec<String>,
    made: Made,
    read: ReadOptions,
    opened: Mutex<Option<Arc<Opened>>>,
    /// Whether votes were added since it was opened.
    voted: AtomicBool,
    opening: Arc<Opening>,
}

/// A study that can be asked, or how far it is read.
pub(crate) enum Soon {
    Ready(Arc<Opened>),
    NotYet(Progress),
}

/// All of them, in their order.
#[derive(Debug)]
pub(crate) struct Studies(RwLock<Vec<Arc<Served>>>);

impl Studies {
    /// Studies that were given each by itself, other files together, and the examples. `words` are what the command line said of how files
    /// are read.
    pub(crate) fn of(given: &[PathBuf], read: &ReadOptions, words: &[String]) -> Self {
        let all = Self(RwLock::default());
        let (studies, files): (Vec<PathBuf>, Vec<PathBuf>) =
            given.iter().cloned().partition(|path| is_study(path));
        for study in studies {
            all.add(&study, &last_name(&study), vec![study.display().to_string()]);
        }
        if let Some(first) = files.first() {
            let name = first
                .file_stem()
                .map_or_else(|| first.display().to_string(), |n| n.to_string_lossy().into_owned());
            let title = if files.len() > 1 { format!("{name} and {} more", files.len() - 1) } else { name };
            let given =
                files.iter().map(|file| file.display().to_string()).chain(words.iter().cloned()).collect();
            all.push(Made::Files(files), title, given, read.clone());
        }
        for (example, name) in [(Example::Llmfao, "llmfao"), (Example::LocalJudge, "local-judge")] {
            let given = vec!["--example".to_owned(), name.to_owned()];
            all.push(Made::Example(example), name.to_owned(), given, read.clone());
        }
        all
    }

    fn push(&self, made: Made, title: String, given: Vec<String>, read: ReadOptions) -> Arc<Served> {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let title = title_of(title, &made, &all);
        let id = id_of(&title, &all);
        let (opened, voted) = (Mutex::default(), AtomicBool::default());
        let opening = Arc::default();
        let served = Arc::new(Served { id, title, given, made, read, opened, voted, opening });
        all.push(Arc::clone(&served));
        served
    }

    /// Serves a study in a folder.
    pub(crate) fn add(&self, folder: &Path, title: &str, given: Vec<String>) -> Arc<Served> {
        self.push(Made::Files(vec![folder.to_owned()]), title.to_owned(), given, ReadOptions::default())
    }

    pub(crate) fn served(&self) -> Vec<Arc<Served>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn get(&self, id: &str) -> Option<Arc<Served>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).iter().find(|served| served.id == id).cloned()
    }

    /// An unused name for addresses.
    pub(crate) fn free_id(&self, title: &str) -> String {
        id_of(title, &self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The last part of a path.
pub(crate) fn last_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}

/// A title that no other study has: with the folder it is in, or a number, if another has it.
fn title_of(title: String, made: &Made, taken: &[Arc<Served>]) -> String {
    let free = |title: &String| taken.iter().all(|served| served.title != *title);
    if free(&title) {
        return title;
    }
    let folder = match made {
        Made::Files(files) => {
            files.first().and_then(|file| file.parent()).filter(|f| f.file_name().is_some())
        }
        Made::Example(_) => None,
    };
    let within = folder.map(|folder| format!("{title} ({})", last_name(folder)));
    // A temporary folder's name is not informative.
    let within = within.filter(|within| free(within) && !within.contains("(predilect-"));
    let numbered = || (2..=taken.len() + 2).map(|n| format!("{title} {n}")).find(free);
    within.or_else(numbered).unwrap_or(title)
}

/// A name for addresses: small letters, digits and hyphens, and a number where it is taken.
fn id_of(title: &str, taken: &[Arc<Served>]) -> String {
    let mut id: String =
        title.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    while id.contains("--") {
        id = id.replace("--", "-");
    }
    let id = match id.trim_matches('-') {
        "" => "study".to_owned(),
        id => id.chars().take(60).collect(),
    };
    let free = |id: &str| taken.iter().all(|served| served.id != id);
    // What is cut short must not end in a hyphen.
    let id = id.trim_end_matches('-').to_owned();
    if free(&id) {
        return id;
    }
    (2..=taken.len() + 2).map(|n| format!("{id}-{n}")).find(|id| free(id)).unwrap_or(id)
}

impl Served {
    pub(crate) fn is_example(&self) -> bool {
        matches!(self.made, Made::Example(_))
    }

    /// The folder of a study at a path that a command line can use again.
    pub(crate) fn lasting(&self) -> Option<&Path> {
        self.study().filter(|study| self.given == [study.display().to_string()])
    }

    /// The folder, if it is an existing study.
    pub(crate) fn study(&self) -> Option<&Path> {
        match &self.made {
            Made::Files(files) => match files.as_slice() {
                [only] if is_study(only) => Some(only),
                _ => None,
            },
            Made::Example(_) => None,
        }
    }

    /// Whether votes are kept in it: it is a study that can be written.
    pub(crate) fn keeps_votes(&self) -> bool {
        self.study().is_some_and(is_writable)
    }

    /// Opens it again at the next request: it has changed.
    pub(crate) fn forget(&self) {
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Opens it again when a page other than the labelling page requests it: a vote was added or removed.
    pub(crate) fn has_votes(&self) {
        self.voted.store(true, Ordering::SeqCst);
    }

    /// The study, opened and read if that was not done before or votes were added. Simultaneous callers wait.
    pub(crate) fn open(&self, watch: &dyn Watch) -> Result<Arc<Opened>> {
        if self.voted.swap(false, Ordering::SeqCst) {
            self.forget();
        }
        self.open_as_it_was(watch)
    }

    /// The same for a page: if reading takes longer, its progress. Reading continues, whether or not a client waits for it.
    pub(crate) fn open_soon(self: &Arc<Self>) -> Result<Soon, Problem> {
        let by_now = || match self.opened.try_lock() {
            Ok(slot) if !self.voted.load(Ordering::SeqCst) => slot.clone(),
            _ => None,
        };
        if let Some(opened) = by_now() {
            return Ok(Soon::Ready(opened));
        }
        let own = Arc::clone(self);
        let open = move |watch: &dyn Watch| own.open(watch).map(|_| ()).map_err(Problem::from);
        match self.opening.soon(open)? {
            Some(progress) => Ok(Soon::NotYet(progress)),
            None => Ok(self.open(&Unwatched).map(Soon::Ready)?),
        }
    }

    /// The same for its labelling page, which uses it in the state in which it was opened: a vote does not change anything that it shows.
    pub(crate) fn open_soon_as_it_was(self: &Arc<Self>) -> Result<Soon, Problem> {
        match self.opened.try_lock().ok().and_then(|slot| slot.clone()) {
            Some(opened) => Ok(Soon::Ready(opened)),
            None => self.open_soon(),
        }
    }

    /// The same, with the judges that it had when it was opened.
    pub(crate) fn open_as_it_was(&self, watch: &dyn Watch) -> Result<Arc<Opened>> {
        let mut slot = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = &*slot {
            return Ok(Arc::clone(opened));
        }
        let (files, example): (&[PathBuf], _) = match &self.made {
            Made::Files(files) => (files, None),
            Made::Example(example) => (&[], Some(*example)),
        };
        // Pairs that nobody has judged can be judged here.
        let options = ReadOptions { without_verdicts: true, ..self.read.clone() };
        let inputs = Inputs { files, example, options: &options };
        let opened = Arc::new(Opened::of(Workbench::of(&inputs, None, watch)?, watch)?);
        *slot = Some(Arc::clone(&opened));
        Ok(opened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Query;

    #[test]
    fn equal_names_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let study = |within: &str| {
            let place = folder.path().join(within).join("votes");
            std::fs::create_dir_all(&place).expect("a folder");
            std::fs::write(place.join("study.toml"), "").expect("written");
            place
        };
        let given = [study("may"), study("june"), study("june/june")];
        let all = Studies::of(&given, &ReadOptions::default(), &[]);
        let titles: Vec<String> = all.served().iter().map(|served| served.title.clone()).collect();
        assert_eq!(titles, ["votes", "votes (june)", "votes 2", "llmfao", "local-judge"]);
        let ids: Vec<String> = all.served().iter().map(|served| served.id.clone()).collect();
        assert_eq!(ids, ["votes", "votes-june", "votes-2", "llmfao", "local-judge"]);
    }

    #[test]
    fn a_command_line_carries_how_files_are_read() {
        let words = ["--map".to_owned(), "winner=a > b".to_owned()];
        let all = Studies::of(&["votes.csv".into()], &ReadOptions::default(), &words);
        let served = all.get("votes").expect("served");
        assert_eq!(
            Query::default().command(&served.given),
            "predilect dissect votes.csv --map 'winner=a > b'"
        );
    }
}
