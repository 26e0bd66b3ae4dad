//! What each judge of a study rewards, with everything that a report shows in addition.

mod beside;
mod examples;
mod moved;
mod request;
mod settings;
mod standings;

use std::path::PathBuf;

use predilect_analysis::FitOptions;
use predilect_analysis::cautions::cautions;
use predilect_analysis::gains::add_gains;
use predilect_analysis::table::FeatureTable;
use predilect_data::{Study, StudyToml};
use predilect_results::Caution;
use predilect_results::{Dissection, Settings, Standings};

use crate::error::{Error, Result};
use crate::findings::of_dissection;
use crate::fits::{check, fit_all};
use crate::open::Workbench;
use crate::slice::SliceOptions;
use crate::tables;
use crate::watch::Watch;
use beside::{compared, explain_examples};
use examples::examples;
pub use moved::{Furthest, KeptWeight, Moved};
pub use request::DissectRequest;
use standings::ranked;

/// A judge whose verdicts are closer to a tie than this, on average, gets a remark.
const FAINT: f64 = 0.1;

/// Up to this many verdicts in all fits, what each property adds is computed without being requested: about a second's work.
pub const MOST_WITH_GAINS: u64 = 30_000;

/// What a dissection is to contain.
#[derive(Debug, Clone, Default)]
pub struct DissectOptions {
    /// How fits are made.
    pub fit: FitOptions,
    /// Say what each property adds on unseen verdicts, however many there are.
    pub gains: bool,
    /// Compare judges, rank models and explain examples too, as a report shows them.
    pub report: bool,
    /// Write posterior draws to this table.
    pub draws: Option<PathBuf>,
    /// The command, as words.
    pub command: Vec<String>,
}

/// A dissection, and remarks on it.
#[derive(Debug)]
pub struct Dissected {
    /// The result.
    pub dissection: Dissection,
    /// Judges whose soft verdicts are all close to a tie, with their mean distance from one.
    pub faint: Vec<(String, f64)>,
    /// Whether what properties add was left out, there being many verdicts.
    pub without_gains: bool,
}

impl Workbench {
    /// Dissects the verdicts of a slice; if the study is kept, results are written to its tables.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::slice`], when a table cannot be written, and when the work is cancelled.
    pub fn dissect(
        &self,
        slice: &SliceOptions,
        options: DissectOptions,
        watch: &dyn Watch,
    ) -> Result<Dissected> {
        check(&options.fit)?;
        // The number of draws kept affects the table of draws only, and no figure.
        let kept = FitOptions { keep_draws: 0, ..options.fit.clone() };
        let request = DissectRequest { slice: slice.clone(), fit: kept, gains: options.gains };
        let slice = self.slice(slice, watch)?;
        let faint = if request.slice.hard { Vec::new() } else { faint(&slice.table) };
        let fit = &options.fit;
        let mut draws = Vec::new();
        let keep = options.report && slice.table.judges.len() > 1;
        let mut fits =
            fit_all(&slice.table, fit.clone(), options.draws.as_deref(), keep.then_some(&mut draws), watch)?;
        let most = if options.gains { u64::MAX } else { MOST_WITH_GAINS };
        let without_gains = !add_gains(&slice.table, &mut fits.fits, fit, most);
        let mut read = self.read().clone();
        for (reason, count) in slice.left_out() {
            *read.dropped.entry(reason).or_default() += count;
        }
        // What is counted as dropped is not counted as kept too.
        read.verdicts = read.verdicts.saturating_sub(slice.orphans);
        let mut examples = examples(self.study(), &slice, &fits.fits)?;
        let headline = predilect_analysis::headline::headline(&slice.table, &slice.traits);
        let people = slice.people();
        let mut cautions = cautions(&slice.table, &slice.traits, &slice.data, &fits.fits, fit);
        let (mut comparison, mut ranking) = (None, None);
        if options.report && !fits.fits.is_empty() {
            comparison = Some(compared(&slice, (&fits, &draws), fit, &cautions, watch)?);
            ranking = ranked(&slice);
            explain_examples(&mut examples, &slice, fit);
        }
        if let Some(Standings { judges, .. }) =
            ranking.as_ref().filter(|ranking: &&Standings| ranking.judges.len() > 1)
        {
            cautions.push(Caution::JudgesTogether { judges: judges.clone() });
        }
        let mut dissection = Dissection {
            read,
            cautions,
            settings: request.settings(Settings {
                simulated: slice.simulated,
                command: options.command,
                ..Settings::default()
            })?,
            data: slice.data,
            properties: slice.notes,
            examples: examples.into_iter().map(|(examples, _)| examples).collect(),
            comparison,
            headline,
            findings: Vec::new(),
            people,
            ranking,
            fits: fits.fits,
            skipped: fits.skipped,
        };
        dissection.findings = of_dissection(&dissection);
        // Existing results are not replaced by empty ones.
        if self.is_kept() && !(dissection.fits.is_empty() && self.study().has_table("fits")) {
            keep_results(self.study(), &dissection)?;
        }
        Ok(Dissected { dissection, faint, without_gains })
    }
}

/// Writes the tables of results, and notes in `study.toml` what they were derived from.
fn keep_results(study: &Study, dissection: &Dissection) -> Result<()> {
    tables::write_results(study, &dissection.fits)?;
    if !dissection.people.is_empty() {
        tables::write_people(study, &dissection.people)?;
    }
    if let Some(comparison) = &dissection.comparison {
        tables::write_comparison(study, comparison)?;
    }
    if let Some(Standings { raw, controlled, .. }) = &dissection.ranking {
        let mut boards = vec![("raw", raw)];
        boards.extend(controlled.as_ref().map(|board| ("controlled", board)));
        tables::write_leaderboards(study, &boards)?;
    }
    let mut manifest = StudyToml::load_or_new(study)?;
    let mut step = toml::Table::try_from(&dissection.settings)
        .map_err(|e| Error::new(format!("the settings cannot be written as TOML: {e}")))?;
    step.insert("derived_from".to_owned(), vec!["pairs", "verdicts", "ratings"].into());
    step.insert("writes".to_owned(), vec!["ratings", "fits", "posteriors"].into());
    manifest.steps.insert("dissect".to_owned(), step);
    Ok(manifest.save(study)?)
}

/// Judges whose soft verdicts are all close to a tie, as those of a model that follows position are.
fn faint(table: &FeatureTable) -> Vec<(String, f64)> {
    let mut sums = vec![(0.0, 0_u32); table.judges.len()];
    for verdict in &table.verdicts {
        let (distance, count) = &mut sums[verdict.judge as usize];
        *distance += (verdict.p_a - 0.5).abs();
        *count += 1;
    }
    let mean = |(distance, count): (f64, u32)| distance / f64::from(count.max(1));
    let all = table.judges.iter().cloned().zip(sums.into_iter().map(mean));
    all.filter(|(_, mean)| *mean > 0.0 && *mean < FAINT).collect()
}
