//! The studies that are served: each has a short name in addresses, and is opened when it is first requested.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use predilect_results::browse::SliceInfo;
use predilect_results::comparison::SliceVersus;
use predilect_results::{Comparison, Dissection, Fit, Settings, Skipped, Standings, few_units};
use predilect_workbench::compare::CompareOptions;
use predilect_workbench::studies::is_study;
use predilect_workbench::{
    Error, Example, Filter, FitOptions, Inputs, Kept, Known, Other, ReadOptions, Remedy, Result,
    SliceOptions, Unwatched, Version, Watch, Workbench,
};

use crate::opening::{Opening, Progress};
use crate::problem::Problem;
use crate::query::Query;

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

/// A study that is open.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) bench: Workbench,
    /// What the data look like, and what the properties are.
    pub(crate) about: About,
    /// Comparisons of judges that were made, the last ones.
    compared: Kept<(Version, String), Comparison>,
    /// Leaderboards that were made, the last ones.
    ranked: Kept<(Version, String), Standings>,
    /// Judges that the labeller is compared with, as last requested.
    known: Kept<(Version, String), Vec<Known>>,
}

/// Comparisons and leaderboards that are kept.
const KEPT: usize = 8;

/// Maximum number of judges that are compared interactively.
pub(crate) const COMPARED: usize = 40;

/// What is known of a study before any question.
#[derive(Debug)]
pub(crate) struct About {
    /// A dissection without fits: what was read, what the data look like, what the properties are.
    pub(crate) empty: Dissection,
    /// Fields that pairs can be grouped and filtered by, with their most frequent values.
    pub(crate) fields: Vec<(String, Vec<(String, u64)>)>,
    /// How many pairs have a language in the data; that of the others is guessed.
    pub(crate) languages_stated: u64,
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
        let inputs = Inputs { files, example, options: &self.read };
        let bench = Workbench::of(&inputs, None, watch)?;
        let about = About::of(&bench, watch)?;
        let opened = Arc::new(Opened {
            bench,
            about,
            compared: Kept::new(KEPT),
            ranked: Kept::new(KEPT),
            known: Kept::new(KEPT),
        });
        *slot = Some(Arc::clone(&opened));
        Ok(opened)
    }
}

impl About {
    fn of(bench: &Workbench, watch: &dyn Watch) -> Result<Self> {
        let slice = bench.slice(&SliceOptions::default(), watch)?;
        let people = slice.people();
        let fields = [("scenario", &slice.data.scenarios), ("language", &slice.data.languages)];
        let fields = fields
            .into_iter()
            .filter(|(_, values)| values.len() > 1)
            .map(|(name, values)| (name.to_owned(), values.clone()))
            .collect();
        let settings = Settings {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            simulated: slice.simulated,
            ..Settings::default()
        };
        let empty = Dissection {
            read: bench.read().clone(),
            cautions: slice.cautions(&FitOptions::default()),
            data: slice.data,
            fits: Vec::new(),
            skipped: Vec::new(),
            properties: slice.notes,
            examples: Vec::new(),
            comparison: None,
            headline: None,
            findings: Vec::new(),
            people,
            ranking: None,
            settings,
        };
        let languages_stated = bench.languages_stated(watch)?;
        Ok(Self { empty, fields, languages_stated })
    }

    /// The fields whose values are offered as slices, with what is to be said of one: languages only as far as the data have them, since guesses
    /// are wrong for short prompts.
    pub(crate) fn offered(&self) -> impl Iterator<Item = (&str, &[(String, u64)], Option<&'static str>)> {
        let stated = self.languages_stated;
        self.fields.iter().filter(move |(field, _)| field != "language" || stated > 0).map(
            move |(field, values)| {
                let guessed = field == "language" && stated < self.empty.data.pairs;
                (field.as_str(), values.as_slice(), guessed.then_some("some guessed"))
            },
        )
    }

    /// Whether any response has a word.
    pub(crate) fn has_texts(&self) -> bool {
        let data = &self.empty.data;
        data.words_a.mean > 0.0 || data.words_b.mean > 0.0
    }

    /// The judges, by number of verdicts.
    pub(crate) fn judges(&self) -> Vec<&str> {
        self.empty.data.judges.iter().map(|judge| judge.judge.as_str()).collect()
    }
}

impl Opened {
    /// The posteriors of the slice that a query asks about, within the dissection that a section takes.
    pub(crate) fn dissect(&self, query: &Query, watch: &dyn Watch) -> Result<(Dissection, SliceInfo)> {
        let answer = match query.sample {
            None => self.bench.ask(&query.slice(), &query.fit(), watch)?,
            Some(most) => self.bench.ask_sample(&query.slice(), (&query.fit(), most), watch)?,
        };
        let slice = SliceInfo {
            filter: query.filter.as_ref().map(ToString::to_string),
            pairs: answer.pairs,
            of: answer.of_pairs,
            verdicts: answer.verdicts,
            exact: answer.sampled.is_none(),
            sampled: answer.sampled,
        };
        let mut found = self.of_fits(answer.fits, answer.skipped);
        found.properties.extend(query.tried.iter().map(|trial| trial.note(&[])));
        Ok((found, slice))
    }

    /// Fits within the dissection that a section takes.
    pub(crate) fn of_fits(&self, fits: Vec<Fit>, skipped: Vec<Skipped>) -> Dissection {
        let empty = &self.about.empty;
        let mut cautions = self.about.empty.cautions.clone();
        cautions.extend(few_units(&fits));
        Dissection {
            read: empty.read.clone(),
            properties: empty.properties.clone(),
            data: empty.data.clone(),
            settings: empty.settings.clone(),
            fits,
            skipped,
            cautions,
            examples: Vec::new(),
            comparison: None,
            headline: None,
            findings: Vec::new(),
            people: Vec::new(),
            ranking: None,
        }
    }

    /// The judges that the labeller is compared with: those that the query names, or those with the most verdicts.
    pub(crate) fn known(&self, query: &Query, watch: &dyn Watch) -> Result<Arc<Vec<Known>>> {
        let asked = Query { judges: query.judges.clone(), terms: query.terms, ..Query::default() };
        self.known.get((self.bench.version(), asked.to_address()), watch, || {
            self.bench.known_judges(&asked.slice(), &asked.fit(), watch)
        })
    }

    /// What is rewarded otherwise in the slice than in another part.
    pub(crate) fn versus(&self, query: &Query, other: &Other, watch: &dyn Watch) -> Result<SliceVersus> {
        let (slice, fit) = (query.slice(), query.looking());
        match query.sample {
            None => self.bench.versus(&slice, other, &fit, watch),
            Some(most) => self.bench.versus_sample(&slice, other, (&fit, most), watch),
        }
    }

    /// How many pairs a slice has, of how many.
    pub(crate) fn counts(&self, query: &Query, watch: &dyn Watch) -> Result<(u64, u64)> {
        Ok((self.bench.pairs_in(&query.plain_slice(), watch)?, self.about.empty.data.pairs))
    }

    /// The judges of a slice compared.
    pub(crate) fn compare(&self, query: &Query, watch: &dyn Watch) -> Result<Arc<Comparison>> {
        let mut slice = SliceOptions { group_by: None, ..query.plain_slice() };
        if slice.judges.is_empty() {
            // Work grows with the square of the judges: of many, those with the most verdicts, unless others are named.
            let all = self.about.judges();
            if all.len() > COMPARED {
                slice.judges = all.into_iter().take(COMPARED).map(str::to_owned).collect();
            }
        }
        if slice.judges.len() > COMPARED {
            return Err(Error::new(format!(
                "{} judges are too many to compare while somebody waits",
                slice.judges.len()
            ))
            .words(format!("choose up to {COMPARED} of them; `predilect compare` takes more")));
        }
        let options =
            CompareOptions { pooling: false, resamples: 200, looking: true, ..CompareOptions::default() };
        let key = (self.bench.version(), query.of_pairs().to_address());
        if let Some(most) = query.sample.filter(|_| self.compared.made(&key).is_none())
            && let Some(filter) = self.sample_of(query, most, watch)?
        {
            let slice = SliceOptions { filter: Some(filter), ..slice };
            let mut found = self.bench.compare(&slice, &query.fit(), &options, watch)?.comparison;
            found.sampled = Some(self.bench.pairs_in(&slice, watch)?);
            // Which of many differs most is mostly chance in a sample.
            found.findings.clear();
            return Ok(Arc::new(found));
        }
        self.compared
            .get(key, watch, || Ok(self.bench.compare(&slice, &query.fit(), &options, watch)?.comparison))
    }

    /// A filter that takes about `most` pairs of a slice, where it has at least twice as many: the same ones as a sample of posteriors.
    fn sample_of(&self, query: &Query, most: usize, watch: &dyn Watch) -> Result<Option<Filter>> {
        let (pairs, _) = self.counts(query, watch)?;
        if pairs < 2 * most as u64 {
            return Ok(None);
        }
        let share = most as f64 / pairs as f64;
        Ok(query.narrowed(&format!("draw() < {share}")).and_then(|query| query.filter))
    }

    /// The models of a slice, raw and with what the query names held equal, or else length and formatting.
    pub(crate) fn rank(&self, query: &Query, watch: &dyn Watch) -> Result<Arc<Standings>> {
        let slice = SliceOptions { group_by: None, ..query.plain_slice() };
        let asked = Query { controls: query.controls.clone(), ..query.of_pairs() };
        let held = query.held();
        let some = |found: Option<Standings>| {
            found.ok_or_else(|| {
                Error::new("fewer than two models are named, so there is nothing to rank")
                    .remedy(Remedy::NameModels)
            })
        };
        let key = (self.bench.version(), asked.to_address());
        match (self.ranked.made(&key), query.sample) {
            (Some(exact), _) => Ok(exact),
            (None, Some(most)) => {
                let found = some(self.bench.standings_sample(&slice, held.as_deref(), most, watch)?)?;
                let found = Arc::new(found);
                if found.sampled.is_none() {
                    self.ranked.get(key, watch, || Ok((*found).clone()))
                } else {
                    Ok(found)
                }
            }
            (None, None) => {
                self.ranked.get(key, watch, || some(self.bench.standings(&slice, held.as_deref(), watch)?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
