//! How a study becomes a table that can be fitted: rating, comparing, grouping, counting.

mod agreements;
mod names;
mod subsets;
mod units;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;
use std::path::Path;

use predilect_analysis::compare::{Shown, Traits};
use predilect_analysis::dissect::{DrawSink, FitEvent, Fits};
use predilect_analysis::limits::{MOST_GROUPS, TooMany};
use predilect_analysis::result::{DataSummary, PropertyNote};
use predilect_analysis::summary::SummaryBuilder;
use predilect_analysis::table::{Feature, FeatureTable, PairInfo};
use predilect_analysis::{Draws, Encoding, FitOptions, dissect};
use predilect_data::{Judges, PropertySet, Study, StudyToml};
use predilect_text::{Annotator, TextOptions, detect_language};
use predilect_types::{Pair, Property, Rating, Rule, in_every_fit, parts_of};
use rayon::prelude::*;

use crate::comparing::DRAWS;
use crate::figures;
use crate::problem::Problem;
use crate::progress::bar;
use crate::tables::DrawsFile;
use agreements::Agreements;
use names::Names;
use predilect_types::shown::list;
use subsets::{Subsets, told_apart};
use units::{NoUnits, Units};

pub(crate) use names::Interner;
use verdicts::{VerdictReader, read_verdicts};

/// What to rate, compare and group.
#[derive(Debug, Clone)]
pub(crate) struct AssembleOptions {
    pub(crate) grammar: bool,
    /// Property ids; empty: every property that is rated and no part of another.
    pub(crate) properties: Vec<String>,
    pub(crate) encoding: Encoding,
    /// `None`: by scenario where the data name one.
    pub(crate) group_by: Option<String>,
    /// What intervals are over; empty: prompts, and annotators where they repeat.
    pub(crate) cluster: Vec<String>,
    /// Whose ratings count; `None`: whoever stands first in the data.
    pub(crate) annotator: Option<String>,
    /// Whether people are judges of their own.
    pub(crate) people: Judges,
    /// Judges to keep; empty: all.
    pub(crate) judges: Vec<String>,
    /// Count a soft verdict as the side it favours.
    pub(crate) hard: bool,
    pub(crate) quiet: bool,
}

/// A study, ready to be fitted.
pub(crate) struct Assembled {
    pub(crate) table: FeatureTable,
    pub(crate) data: DataSummary,
    pub(crate) notes: Vec<PropertyNote>,
    /// Characters of each pair, for choosing examples worth reading.
    pub(crate) sizes: Vec<u32>,
    /// Ratings of each pair on each feature, as pairs of A and B; NaN where missing.
    pub(crate) ratings: Vec<(f32, f32)>,
    pub(crate) simulated: bool,
    /// What the texts of each pair say, whoever judges.
    pub(crate) traits: Vec<Traits>,
    /// Answers whose order of presentation is known.
    pub(crate) shown: Vec<Shown>,
    /// Verdicts on pairs that the study does not hold.
    pub(crate) orphans: u64,
    /// Verdicts on pairs to which accuracy does not apply, where errors are fitted: they are left out.
    pub(crate) inapplicable: u64,
}

impl Assembled {
    /// Verdicts that do not count, by reason.
    pub(crate) fn left_out(&self) -> BTreeMap<String, u64> {
        let reasons = [
            ("verdict without a pair", self.orphans),
            ("verdict on a pair to which accuracy does not apply (not fitted)", self.inapplicable),
        ];
        reasons
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| (name.to_owned(), count))
            .collect()
    }
}

/// One pair after rating.
struct Rated {
    ratings: Vec<Rating>,
    values: Vec<(f32, f32)>,
    features: Vec<f64>,
    /// Whether errors were asked for and a side has none because accuracy does not apply to it.
    inapplicable: bool,
    words: (u32, u32),
    traits: Traits,
    language: Option<String>,
    cluster: u64,
    size: u32,
}

/// Rates every response of the study, writes the ratings, and gathers everything a fit needs.
///
/// Ratings that came with the data (from people or language models) stand before those of the text annotator.
pub(crate) fn assemble(study: &Study, options: &AssembleOptions) -> Result<Assembled, Problem> {
    let annotator = Annotator::new(&TextOptions { grammar: options.grammar });
    let (given, others) = given_ratings(study, annotator.name(), options.annotator.as_deref())?;
    let mut agreements = Agreements::default();
    let set = PropertySet::of_study(study)?;
    let chosen = chosen_properties(&options.properties, &set, &annotator, &given)?;
    let mut out = Assembled {
        table: FeatureTable {
            features: chosen.iter().map(|p| Feature { name: p.id.to_owned() }).collect(),
            ..FeatureTable::default()
        },
        data: DataSummary::default(),
        notes: Vec::new(),
        sizes: Vec::new(),
        ratings: Vec::new(),
        simulated: false,
        traits: Vec::new(),
        shown: Vec::new(),
        orphans: 0,
        inapplicable: 0,
    };
    let mut inapplicable: HashSet<u32> = HashSet::new();
    let mut builder = SummaryBuilder::default();
    let mut index: HashMap<String, u32> = HashMap::new();
    let mut names = Names::default();
    let mut fields: BTreeSet<String> = BTreeSet::new();
    let mut subsets = Subsets::default();
    let mut units = Units::of(&options.cluster)?;
    let group_field = options.group_by.as_deref().unwrap_or("scenario");
    let total = study_rows(study)?;
    let bar = bar(options.quiet, Some(total), "rating", false);
    let mut writer = study.write_ratings()?;
    for given in given.values().chain(others.values()).flatten() {
        writer.push(given)?;
    }
    for batch in study.pairs()? {
        let batch = batch?;
        let rated: Vec<Rated> =
            batch.par_iter().map(|pair| rate(pair, &annotator, &given, &chosen, options.encoding)).collect();
        for (pair, rated) in batch.iter().zip(rated) {
            let number = index.len() as u32;
            index.insert(pair.id.clone(), number);
            builder.pair(pair, rated.cluster, rated.language.as_deref(), rated.words);
            fields.extend(pair.metadata.keys().cloned());
            out.simulated |= pair.metadata.get("simulated") == Some(&serde_json::Value::Bool(true));
            let groups = match group_field {
                "annotator" => Vec::new(),
                "language" => rated.language.clone().into_iter().collect(),
                field => pair.fields(field),
            };
            units.pair(pair, rated.language.as_deref());
            subsets.pair(pair);
            let from = out.table.memberships.len() as u32;
            out.table.memberships.extend(groups.iter().map(|g| names.group(g)));
            out.table.pairs.push(PairInfo {
                cluster: rated.cluster,
                model_a: pair.response_a.model.as_deref().map(|m| names.model(m)),
                model_b: pair.response_b.model.as_deref().map(|m| names.model(m)),
                groups: (from, out.table.memberships.len() as u32),
            });
            if names.groups.list.len() > MOST_GROUPS {
                return Err(TooMany::Groups.into());
            }
            out.table.values.extend(rated.features);
            if rated.inapplicable {
                inapplicable.insert(number);
            }
            out.ratings.extend(rated.values);
            out.sizes.push(rated.size);
            out.traits.push(rated.traits);
            let of_pair = [&given, &others].map(|list| list.get(&pair.id).map_or(&[][..], Vec::as_slice));
            agreements.add(&[of_pair[0], of_pair[1], &rated.ratings]);
            for rating in rated.ratings {
                writer.push_owned(rating)?;
            }
        }
        bar.inc(batch.len() as u64);
    }
    writer.finish()?;
    bar.finish_and_clear();
    out.table.models = names.models.list;
    out.table.groups = names.groups.list;
    if group_field == "source" {
        out.table.groups = told_apart(&out.table.groups);
    }
    (out.table.subsets, out.table.subset_of) = subsets.finish();
    has_groups(options, &out.table, &fields)?;
    out.table.units = units.finish().map_err(|why| no_units(why, &fields))?;
    let reader = VerdictReader { options, index: &index, inapplicable: &inapplicable };
    (out.orphans, out.inapplicable) =
        read_verdicts(study, &reader, &mut builder, &mut out.table, &mut out.shown)?;
    out.data = builder.finish();
    out.data.agreements = agreements.finish();
    out.notes = notes(study, &chosen, &annotator, &given, &out);
    Ok(out)
}

/// Whether the field to group by has values.
fn has_groups(
    options: &AssembleOptions,
    table: &FeatureTable,
    fields: &BTreeSet<String>,
) -> Result<(), Problem> {
    match &options.group_by {
        Some(field) if field != "annotator" && table.groups.is_empty() => {
            Err(no_value(field).remedy(format!(
                "group by a field that has values; fields of these data are: {}",
                known_fields(field, fields)
            )))
        }
        _ => Ok(()),
    }
}

fn no_value(field: &str) -> Problem {
    Problem::new(format!("no pair has a value for the field `{field}`"))
}

/// What is said of a field that is no unit.
fn no_units(why: NoUnits, fields: &BTreeSet<String>) -> Problem {
    match why {
        NoUnits::Missing(field) => no_value(&field)
            .remedy(format!("fields of these data are: prompt, annotator, {}", known_fields(&field, fields))),
        NoUnits::One(field) => {
            Problem::new(format!("all pairs have the same `{field}`: one value says nothing about others"))
                .remedy("name a field with several values, or leave --cluster out")
        }
    }
}

/// The fields that pairs may have beside one that has no values.
fn known_fields(but: &str, fields: &BTreeSet<String>) -> String {
    let usual = ["scenario", "language", "model_a", "model_b", "source"];
    let all = usual.into_iter().chain(fields.iter().map(String::as_str));
    list(all.filter(|name| *name != but))
}

/// Ratings that came with the data, by pair.
type Given = BTreeMap<String, Vec<Rating>>;

/// Those of one annotator, where one is wanted (`text` wants none of them), and the rest.
fn given_ratings(study: &Study, own: &str, wanted: Option<&str>) -> Result<(Given, Given), Problem> {
    let (mut given, mut others) = (Given::new(), Given::new());
    let mut names = BTreeSet::new();
    if study.has_table("ratings") {
        for batch in study.ratings()? {
            for rating in batch? {
                if rating.annotator == own {
                    continue;
                }
                let list = if wanted.is_some_and(|wanted| wanted != rating.annotator) {
                    if !names.contains(&rating.annotator) {
                        names.insert(rating.annotator.clone());
                    }
                    &mut others
                } else {
                    &mut given
                };
                list.entry(rating.pair.clone()).or_default().push(rating);
            }
        }
    }
    match wanted {
        Some(wanted) if given.is_empty() && wanted != own && wanted != "text" => {
            let known: Vec<&str> = names.iter().map(String::as_str).chain(["text"]).collect();
            Err(Problem::new(format!("nobody called {wanted} has rated these pairs"))
                .remedy(format!("choose among: {}", known.join(", "))))
        }
        _ => Ok((given, others)),
    }
}

fn chosen_properties(
    wanted: &[String],
    set: &PropertySet,
    annotator: &Annotator,
    given: &Given,
) -> Result<Vec<&'static Property>, Problem> {
    let rated: BTreeSet<&str> = annotator
        .properties()
        .iter()
        .copied()
        .chain(given.values().flatten().map(|r| r.property.as_str()))
        .collect();
    if wanted.is_empty() {
        return Ok(set.all().iter().copied().filter(|p| in_every_fit(p) && rated.contains(p.id)).collect());
    }
    let all = || set.all().iter().copied().filter(|p| rated.contains(p.id));
    if wanted == ["all"] {
        return Ok(all().collect());
    }
    let mut once = BTreeSet::new();
    wanted
        .iter()
        .filter(|id| once.insert(id.as_str()))
        .map(|id| {
            let unknown = || {
                let known: Vec<_> = all().map(|p| p.id).collect();
                let parts: Vec<_> = parts_of(id).map(|p| p.id).filter(|id| rated.contains(id)).collect();
                let problem = Problem::new(format!("`{id}` is not a property that was rated on these data"));
                if parts.is_empty() {
                    return problem.remedy(format!("choose among: {}, or all", known.join(", ")));
                }
                problem.remedy(format!(
                    "text analysis rates only {}, which is not the same; have a language model rate {id} with `predilect annotate`",
                    parts.join(", ")
                ))
            };
            set.get(id).filter(|p| rated.contains(p.id)).ok_or_else(unknown)
        })
        .collect()
}

fn rate(
    pair: &Pair,
    annotator: &Annotator,
    given: &Given,
    chosen: &[&'static Property],
    encoding: Encoding,
) -> Rated {
    let ratings = annotator.rate_pair(pair);
    let before = given.get(&pair.id).map_or(&[][..], Vec::as_slice);
    let find = |list: &'_ [Rating], id: &str| list.iter().position(|r| r.property == id);
    let sides = |r: &Rating| (to_f32(r.a), to_f32(r.b));
    let mut values = Vec::with_capacity(chosen.len());
    let mut features = Vec::with_capacity(chosen.len());
    let mut inapplicable = false;
    for property in chosen {
        let given = find(before, property.id).map(|at| &before[at]);
        let rating = given.or_else(|| find(&ratings, property.id).map(|at| &ratings[at]));
        values.push(rating.map_or((f32::NAN, f32::NAN), sides));
        inapplicable |=
            property.rule == Rule::FewerIsBetter && rating.is_some_and(|r| r.a.is_none() || r.b.is_none());
        features.push(rating.and_then(|r| encoding.of_rating(property, r)).unwrap_or(f64::NAN));
    }
    let words = find(&ratings, "length").map_or((0.0, 0.0), |at| sides(&ratings[at]));
    let lists = find(&ratings, "lists").map(|at| sides(&ratings[at]));
    let prompt = pair.prompt_text();
    let mut hasher = DefaultHasher::new();
    // Pairs without any prompt are their own cluster.
    if prompt.is_empty() {
        pair.id.hash(&mut hasher);
    } else {
        prompt.hash(&mut hasher);
    }
    let language = pair.language.clone().or_else(|| detect_language(&prompt).map(str::to_owned));
    let size = prompt.len() + pair.response_a.text().len() + pair.response_b.text().len();
    Rated {
        values,
        features,
        inapplicable,
        words: (words.0 as u32, words.1 as u32),
        traits: Traits { longer: sign(words.0 - words.1), list: lists.map_or(0, |(a, b)| only_one(a, b)) },
        language,
        cluster: hasher.finish(),
        size: u32::try_from(size).unwrap_or(u32::MAX),
        ratings,
    }
}

fn sign(x: f32) -> i8 {
    i8::from(x > 0.0) - i8::from(x < 0.0)
}

/// 1 where A alone has any, -1 where B alone has.
fn only_one(a: f32, b: f32) -> i8 {
    i8::from(a > 0.0 && b == 0.0) - i8::from(b > 0.0 && a == 0.0)
}

fn to_f32(x: Option<f64>) -> f32 {
    x.map_or(f32::NAN, |x| x as f32)
}

fn study_rows(study: &Study) -> Result<u64, Problem> {
    let summary = StudyToml::load_or_new(study)?;
    Ok(summary.import.map_or(0, |i| i.pairs))
}

fn notes(
    study: &Study,
    chosen: &[&'static Property],
    annotator: &Annotator,
    given: &Given,
    assembled: &Assembled,
) -> Vec<PropertyNote> {
    let own = annotator.annotations();
    let figures = figures::of_study(study);
    let manifest = StudyToml::load_or_new(study).unwrap_or_default();
    let valid = |name: &str, property: &str| {
        let how = figures::way(&manifest, name)?;
        let auc = figures.of(name, &how, property).first().map(|row| row.auc);
        Some((figures.sentence(name, &how, property)?, auc))
    };
    let width = chosen.len();
    let count = assembled.table.pairs.len().max(1) as f64;
    chosen
        .iter()
        .enumerate()
        .map(|(at, p)| {
            let foreign = given.values().flatten().find(|r| r.property == p.id).map(|r| r.annotator.clone());
            let own = own.iter().find(|a| a.property == p.id).filter(|_| foreign.is_none());
            let column = || assembled.ratings.iter().skip(at).step_by(width);
            let both = column().filter(|(a, b)| !a.is_nan() && !b.is_nan()).count();
            let (mut sum, mut rated) = (0.0, 0_u64);
            for x in column().flat_map(|&(a, b)| [a, b]).filter(|x| !x.is_nan()) {
                sum += f64::from(x);
                rated += 1;
            }
            let values = assembled.table.values.iter().skip(at).step_by(width);
            let differs = values.filter(|v| !v.is_nan() && *v != 0.0).count();
            let known = valid(foreign.as_deref().unwrap_or(annotator.name()), p.id);
            let (validity, auc) = known.unwrap_or_default();
            PropertyNote {
                id: p.id.to_owned(),
                label: p.label.to_owned(),
                short: p.short.to_owned(),
                description: p.description.to_owned(),
                annotator: foreign.clone().unwrap_or_else(|| annotator.name().to_owned()),
                definition: own.map_or_else(|| "as rated in the data".to_owned(), |a| a.definition.clone()),
                blind_spots: own.map_or_else(String::new, |a| a.blind_spots.clone()),
                proxy: own.is_some_and(|a| a.proxy),
                validity,
                auc,
                coverage: both as f64 / count,
                differs: differs as f64 / count,
                mean_rating: (rated > 0).then(|| sum / rated as f64),
            }
        })
        .collect()
}

/// Runs all fits with a progress bar; `kept` takes the draws of each.
pub(crate) fn fit_all(
    table: &FeatureTable,
    mut options: FitOptions,
    draws_file: Option<&Path>,
    quiet: bool,
    mut kept: Option<&mut Vec<(String, String, Draws)>>,
) -> Result<Fits, Problem> {
    if kept.is_some() {
        options.keep_draws = options.keep_draws.max(DRAWS);
    }
    let mut file = draws_file.map(DrawsFile::new);
    let mut failed = None;
    let fits = fit_with(table, &options, quiet, &mut |fit, draws| {
        if let Some(kept) = &mut kept {
            kept.push((fit.judge.clone(), fit.group.clone(), draws.clone()));
        }
        match file.as_mut().map_or(Ok(()), |file| file.write(fit, draws)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(problem) => {
                failed = Some(problem);
                ControlFlow::Break(())
            }
        }
    });
    if let Some(problem) = failed {
        return Err(problem);
    }
    if let Some(file) = file {
        file.finish()?;
    }
    Ok(fits)
}

/// Fits, hands over the draws of each fit where they are kept, and shows how far it has come.
pub(crate) fn fit_with(table: &FeatureTable, options: &FitOptions, quiet: bool, draws: DrawSink<'_>) -> Fits {
    let bar = bar(quiet, Some(0), "fitting", false);
    let progress = |event: FitEvent| {
        bar.set_length(event.total as u64);
        bar.inc(1);
    };
    let fits = dissect(table, options, &progress, draws);
    bar.finish_and_clear();
    fits
}
