//! `predilect validity`: does a rating put texts in the order that is known?

use std::collections::BTreeMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::io::Write;
use std::path::Path;

use predilect_stats::ratio::Ratio;
use predilect_text::validity::{Ordered, pairs};
use predilect_text::{Annotator, TextOptions};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::args::ValidityArgs;
use crate::output::print_json;
use crate::problem::Problem;

/// Standard errors to either side of a 95 % interval.
const Z: f64 = 1.959_963_984_540_054;
/// Below that share of pairs in the right order, a rating is hardly one of its property.
const WEAK: f64 = 0.6;

/// A line of a file of ordered pairs.
#[derive(Deserialize)]
struct Line {
    higher: String,
    lower: String,
    property: Option<String>,
    #[serde(default)]
    prompt: String,
    /// What kind of pair it is; `against` in some sets.
    #[serde(alias = "against")]
    kind: Option<String>,
    /// Pairs of one source depend on each other; else those that begin with one id before a hyphen.
    source: Option<String>,
    id: Option<String>,
}

/// How well one property is rated on pairs of one kind.
#[derive(Serialize)]
struct Validity {
    property: String,
    set: String,
    kind: String,
    pairs: u64,
    right: u64,
    wrong: u64,
    equal: u64,
    /// Pairs of which a text is not rated; they count as equal.
    not_rated: u64,
    /// The share in the right order, equal ones half: the area under the ROC curve of a choice between the two.
    auc: f64,
    /// Its 95 % interval over sources.
    low: f64,
    high: f64,
}

pub(crate) fn run(args: &ValidityArgs) -> Result<(), Problem> {
    let mut all: Vec<(String, Ordered)> = Vec::new();
    for file in &args.files {
        let name = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        all.extend(read(file, args.property.as_deref())?.into_iter().map(|pair| (name.clone(), pair)));
    }
    if args.files.is_empty() {
        all.extend(pairs().into_iter().map(|pair| ("predilect".to_owned(), pair)));
    }
    if let Some(property) = &args.property {
        all.retain(|(_, pair)| pair.property == *property);
    }
    if all.is_empty() {
        return Err(Problem::new("there are no ordered pairs of that property").remedy(
            "give a file of JSON lines with `higher`, `lower` and `property`; the pairs that come with Predilect are of rich",
        ));
    }
    let found = rated(&all)?;
    if args.json {
        return print_json(&found);
    }
    show(&found, &mut std::io::stdout().lock())
}

fn read(file: &Path, property: Option<&str>) -> Result<Vec<Ordered>, Problem> {
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|e| Problem::new(format!("cannot read {name}: {e}")).remedy("give a file of JSON lines"))?;
    let mut out = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("{name}, line {}", at + 1);
        let line: Line = serde_json::from_str(line).map_err(|e| {
            Problem::new(format!("{place}: {e}"))
                .remedy("each line is an object with `higher`, `lower` and `property` (or give --property)")
        })?;
        let Some(property) = line.property.or_else(|| property.map(str::to_owned)) else {
            return Err(Problem::new(format!("{place}: no `property`"))
                .remedy("name the property of all pairs with --property"));
        };
        let id = line.id.unwrap_or_else(|| at.to_string());
        let source = line.source.unwrap_or_else(|| id.split('-').next().unwrap_or_default().to_owned());
        out.push(Ordered {
            property,
            kind: line.kind.unwrap_or_default(),
            source,
            request: line.prompt,
            higher: line.higher,
            lower: line.lower,
        });
    }
    Ok(out)
}

fn rated(all: &[(String, Ordered)]) -> Result<Vec<Validity>, Problem> {
    let annotator = Annotator::new(&TextOptions::default());
    let place = |id: &str| annotator.properties().iter().position(|known| *known == id);
    if let Some((_, pair)) = all.iter().find(|(_, pair)| place(&pair.property).is_none()) {
        return Err(Problem::new(format!("text alone does not rate `{}`", pair.property))
            .remedy(format!("properties rated from text are {}", annotator.properties().join(", "))));
    }
    let one = |(_, pair): &(String, Ordered)| {
        let at = place(&pair.property).unwrap_or_default();
        let rate = |text: &str| annotator.rate_answer(text, &pair.request, None).values[at];
        rate(&pair.higher).zip(rate(&pair.lower))
    };
    let ratings: Vec<Option<(f64, f64)>> = all.par_iter().map(one).collect();
    let mut groups: BTreeMap<(String, String, String), (Validity, Ratio)> = BTreeMap::new();
    for ((set, pair), ratings) in all.iter().zip(ratings) {
        let kinds = if pair.kind.is_empty() { vec![""] } else { vec!["", pair.kind.as_str()] };
        for kind in kinds {
            let key = (pair.property.clone(), set.clone(), kind.to_owned());
            let (found, ratio) = groups.entry(key).or_insert_with(|| {
                let found = Validity {
                    property: pair.property.clone(),
                    set: set.clone(),
                    kind: if kind.is_empty() { "all".to_owned() } else { kind.to_owned() },
                    pairs: 0,
                    right: 0,
                    wrong: 0,
                    equal: 0,
                    not_rated: 0,
                    auc: 0.0,
                    low: 0.0,
                    high: 1.0,
                };
                (found, Ratio::default())
            });
            found.pairs += 1;
            let half = match ratings {
                Some((higher, lower)) if higher > lower => {
                    found.right += 1;
                    1.0
                }
                Some((higher, lower)) if higher < lower => {
                    found.wrong += 1;
                    0.0
                }
                Some(_) => {
                    found.equal += 1;
                    0.5
                }
                None => {
                    found.not_rated += 1;
                    0.5
                }
            };
            ratio.add(BuildHasherDefault::<DefaultHasher>::default().hash_one(&pair.source), half, 1.0);
        }
    }
    Ok(groups
        .into_values()
        .map(|(mut found, ratio)| {
            if let Some(estimate) = ratio.estimate() {
                found.auc = estimate.value;
                (found.low, found.high) = estimate.share(Z);
            }
            found
        })
        .collect())
}

fn show(found: &[Validity], out: &mut dyn Write) -> Result<(), Problem> {
    writeln!(
        out,
        "Ratings from text alone on pairs whose order is known. AUC: the share in the right order, equal or unrated ones half, with its 95 % \
         interval over sources.\n"
    )?;
    let wide = |of: fn(&Validity) -> &str, head: &str| {
        found.iter().map(|row| of(row).chars().count()).max().unwrap_or(0).max(head.len())
    };
    let (property, set, kind) =
        (wide(|row| &row.property, "property"), wide(|row| &row.set, "set"), wide(|row| &row.kind, "kind"));
    writeln!(
        out,
        "{:property$}  {:set$}  {:kind$}  {:>6}  {:>6}  {:>6}  {:>6}  {:>9}   AUC",
        "property", "set", "kind", "pairs", "right", "wrong", "equal", "not rated"
    )?;
    for row in found {
        let weak = if row.auc < WEAK { "  below .6: hardly a rating of its property" } else { "" };
        writeln!(
            out,
            "{:property$}  {:set$}  {:kind$}  {:>6}  {:>6}  {:>6}  {:>6}  {:>9}  {:.3} [{:.3}, {:.3}]{weak}",
            row.property,
            row.set,
            row.kind,
            row.pairs,
            row.right,
            row.wrong,
            row.equal,
            row.not_rated,
            row.auc,
            row.low,
            row.high,
        )?;
    }
    Ok(())
}
