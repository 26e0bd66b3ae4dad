//! What do the numbers say, in sentences that both views share?

use predilect_results::{DataSummary, Dissection, Fit, JudgeSummary, PropertyNote, Weight};
use predilect_types::WEAK_AUC;

use crate::format;
use crate::text;
use crate::view::{View, strongest, sure};

/// The name of a property for people, on one line.
pub fn label(id: &str) -> String {
    text::line(predilect_types::property(id).map_or(id, |property| property.label))
}

/// The part of the study that was analysed, if it is not all of it.
pub(crate) fn slice(data: &DataSummary) -> Option<String> {
    let slice = data.slice.as_ref()?;
    Some(format!(
        "A part of the data: {} of {} pairs, where {}",
        format::count(data.pairs),
        format::count(slice.of_pairs),
        text::line(&slice.filter)
    ))
}

/// Said wherever the numbers come from made-up data.
pub(crate) const SIMULATED: &str = "SIMULATED DATA: the responses, the verdicts or both are made up, so nothing here says \
     anything about real judges.";

/// What a sure direction is.
pub(crate) const SURE_MEANS: &str =
    "Sure means that the direction has a posterior probability, P(sign), of at least 0.95.";

/// What a proxy is.
pub(crate) const PROXY_MEANS: &str = "~ marks a proxy: the rating comes from a measure of the text that only stands in \
     for the property as named, so its row is about that measure.";

/// The annotator that reads text alone: of what it counts, only its proxies are in question.
const TEXT: &str = "text";

/// How often a rating that may not be what it is named after finds a known order, where that is known.
pub(crate) fn auc(note: &PropertyNote) -> Option<f64> {
    note.auc.filter(|_| note.proxy || note.annotator != TEXT)
}

/// How far ratings can be trusted, where that is known: the best first.
pub(crate) fn validity(notes: &[PropertyNote]) -> Option<String> {
    let mut known: Vec<(&PropertyNote, f64)> =
        notes.iter().filter_map(|note| Some((note, auc(note)?))).collect();
    if known.is_empty() {
        return None;
    }
    known.sort_by(|a, b| b.1.total_cmp(&a.1));
    let list = |wanted: &dyn Fn(f64) -> bool| -> Vec<String> {
        let wanted = known.iter().filter(|(_, auc)| wanted(*auc));
        wanted
            .map(|(note, auc)| format!("{} {}", text::line(&note.label).to_lowercase(), format::auc(*auc)))
            .collect()
    };
    let (fair, weak) = (list(&|auc| auc >= WEAK_AUC), list(&|auc| auc < WEAK_AUC));
    let mut said = Vec::new();
    if !fair.is_empty() {
        said.push(format!(
            "Share of pairs of known order that these ratings put into that order (.5 is chance): {}.",
            fair.join(", ")
        ));
    }
    if !weak.is_empty() {
        said.push(format!("Hardly ratings of what they name: {}.", weak.join(", ")));
    }
    Some(said.join(" "))
}

/// What all weights are.
pub(crate) const NOT_CAUSE: &str = "Intensities describe what goes with winning while the other properties in the table \
     are held equal; they do not prove what would happen if a response were rewritten.";

/// Why the figure of a whole may be outside the range of its parts.
pub(crate) const SHRUNK: &str = "A group has fewer verdicts than the whole, so the prior draws its figures closer to 50 %, and it has terms of its own: the figure of the whole may be outside the range of its groups.";

/// Names in a sentence: `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What the report is about, as a title.
pub(crate) fn title(view: &View) -> String {
    let judges: Vec<String> = view.judges.iter().map(|judge| text::cut(&text::line(judge), 40)).collect();
    match judges.len() {
        0 => "Nothing to dissect".to_owned(),
        1 => format!("What {} rewards", judges[0]),
        2 | 3 => format!("What {} reward", listed(&judges)),
        n => format!("What {n} judges reward"),
    }
}

/// What an intensity means, on the example of the strongest weight of a fit.
pub(crate) fn reading(view: &View, fit: &Fit) -> Option<String> {
    let weights = strongest(fit);
    let weight = weights.iter().find(|w| sure(w)).or_else(|| weights.first())?;
    Some(format!(
        "{} at {} %: with everything else equal, the response that {} wins {} times in 100.",
        text::cut(&view.label(&weight.property), 40),
        format::intensity(weight.intensity()),
        ahead(&view.d.settings.encoding),
        format::intensity(weight.intensity())
    ))
}

/// That nothing was seen of some properties; `None` where something was seen of all.
pub(crate) fn unseen(view: &View) -> Option<String> {
    let names: Vec<String> = view.unseen().iter().map(|name| text::cut(name, 40)).collect();
    (!names.is_empty()).then(|| {
        format!(
            "No two of these responses differ in {}, so nothing is known of whether more of {} is rewarded.",
            listed(&names),
            if names.len() == 1 { "it" } else { "them" }
        )
    })
}

/// How soft verdicts entered the fits.
pub(crate) fn verdicts_count(verdicts: &str) -> &'static str {
    if verdicts == "hard" { "as the side they favour" } else { "as they are" }
}

/// What it takes for a weight to count once, by the encoding of rating differences.
fn ahead(encoding: &str) -> &'static str {
    if encoding.is_empty() || encoding.starts_with("comparison") {
        "is ahead on it"
    } else {
        "is one unit ahead on it"
    }
}

/// The sentence that comes before all others where a run ended before everything was asked.
pub(crate) fn ended_early(why: Option<&str>) -> Option<String> {
    let why = why?;
    Some(format!(
        "The run ended early ({}): what follows is of the answers there were by then.",
        text::line(why)
    ))
}

/// What was read, kept and dropped, in one sentence.
pub(crate) fn read(d: &Dissection) -> String {
    let read = &d.read;
    let dropped: u64 = read.dropped.values().sum();
    // Language models may have been asked since.
    let all: u64 = d.data.judges.iter().map(|judge| judge.verdicts).sum();
    let more = match all.checked_sub(read.verdicts) {
        None | Some(0) => String::new(),
        Some(more) => {
            format!(" {} by judges asked since.", counted(more as usize, "more verdict", "more verdicts"))
        }
    };
    // Records that only repeat others make the counts differ, although nothing of them is lost.
    let merged: Vec<String> = read
        .merged
        .iter()
        .map(|(kind, count)| format!("{} x {}", format::count(*count), text::line(kind)))
        .collect();
    let merged = if merged.is_empty() { String::new() } else { format!("; merged: {}", merged.join(", ")) };
    format!(
        "{} read; {} and {} kept; {}{merged}.{more}",
        format::counted(read.rows, "record", "records"),
        format::counted(read.pairs, "pair", "pairs"),
        format::counted(read.verdicts, "verdict", "verdicts"),
        match dropped {
            0 => "nothing dropped".to_owned(),
            dropped => format!("{} dropped", format::count(dropped)),
        }
    )
}

/// How a language model judged, apart from what it preferred: does the position decide, and do its two orders agree? `None` for judges
/// whose calls are not known.
pub(crate) fn asked(j: &JudgeSummary) -> Option<String> {
    let bias = j.position_bias?;
    let mut parts = vec![format!("Position bias {}", signed(bias))];
    if let Some(share) = j.inconsistent {
        parts.push(format!("the two orders contradict each other in {}", format::share(share)));
    }
    if let Some(mass) = j.mean_mass {
        parts.push(format!("probability on the two letters {}", format::decimal(mass, 2)));
    }
    let text = parts.join("; ");
    Some(if j.follows_position {
        format!("{text}: it mostly follows the position of a response")
    } else {
        text
    })
}

/// What is to be said first of a judge that mostly follows the position: next to its weights, not only among the data.
pub(crate) fn follows_position(d: &Dissection, judge: &str) -> Option<String> {
    let found = d.data.judges.iter().find(|j| j.judge == judge && j.follows_position)?;
    let bias = signed(found.position_bias?);
    if d.settings.verdicts == "hard" {
        return Some(format!(
            "It mostly follows the position of a response (position bias {bias}): these are the weights of the side that both \
             orders together favour, by however little."
        ));
    }
    Some(format!(
        "It mostly follows the position of a response (position bias {bias}), so its verdicts say little about what responses contain."
    ))
}

/// A share with its sign, to two places.
fn signed(x: f64) -> String {
    let text = format::decimal(x.abs(), 2);
    if text == "0.00" {
        text
    } else if x < 0.0 {
        format!("-{text}")
    } else {
        format!("+{text}")
    }
}

/// What was fitted and what was not, in one sentence.
pub(crate) fn fitted(view: &View) -> String {
    let d = view.d;
    if d.fits.is_empty() {
        return match d.skipped.len() {
            0 => "Nothing was fitted: there is no judge with verdicts on rated pairs.".to_owned(),
            n => format!("Nothing was fitted: {n} left out, with the reason below."),
        };
    }
    let groups = view.groups.iter().filter(|g| d.fits.iter().any(|f| f.group == **g)).count();
    let skipped = if d.skipped.is_empty() {
        String::new()
    } else {
        format!("; {} left out, with the reason below", d.skipped.len())
    };
    format!(
        "{} ({}, {}) on {}{skipped}.",
        counted(d.fits.len(), "fit", "fits"),
        counted(view.judges.len(), "judge", "judges"),
        counted(groups, "group", "groups"),
        counted(view.fitted(), "property", "properties"),
    )
}

/// [`format::counted`] for a length.
pub(crate) fn counted(n: usize, one: &str, many: &str) -> String {
    format::counted(n as u64, one, many)
}

/// The name of a nuisance term and what its intensity means.
pub(crate) fn term(id: &str) -> (String, &'static str) {
    match id {
        "side" => ("Side A".to_owned(), "how often A wins when nothing else differs"),
        "order" => {
            ("Shown first".to_owned(), "how often the response shown first wins when nothing else differs")
        }
        _ => match id.strip_prefix("model:") {
            Some(model) => (
                format!("Model {}", text::line(model)),
                "how often this model wins when nothing else differs",
            ),
            None => (text::line(id), "how often a response with this term wins when nothing else differs"),
        },
    }
}

/// What the intensities of models are measured from.
pub(crate) fn against(fit: &Fit) -> Option<String> {
    let reference = fit.reference_model.as_ref()?;
    fit.terms.iter().any(|term| term.property.starts_with("model:")).then(|| {
        format!(
            "A model's share is how often it would win against {} with all properties equal.",
            text::line(reference)
        )
    })
}

/// The engine's own checks of one fit, in words.
pub(crate) fn checks(fit: &Fit) -> String {
    if passes(fit) {
        return format!("✓ passed the checks of its engine; {}", crate::units::over(fit));
    }
    let mut parts = vec![format!("engine {}", text::line(&fit.engine))];
    if let Some(n) = fit.iterations {
        parts.push(counted(n as usize, "iteration", "iterations"));
    }
    if let Some(k) = fit.pareto_k {
        parts.push(format!("Pareto k {} (passes below 0.7)", format::small(k)));
    }
    if let Some(ess) = fit.importance_ess {
        parts.push(format!("importance draws {} effective", format::share(ess)));
    }
    if let Some(n) = fit.divergences {
        parts.push(counted(n as usize, "divergence", "divergences"));
    }
    if let Some(rhat) = worst_rhat(fit) {
        parts.push(format!("largest R-hat {}", format::small(rhat)));
    }
    if let Some(ess) = smallest_ess(fit) {
        parts.push(format!("smallest ESS {}", format::whole(ess)));
    }
    parts.push(crate::units::over(fit));
    parts.join(", ")
}

/// Whether a fit needs no remark: it converged as asked, and passed every check that was made.
pub(crate) fn passes(fit: &Fit) -> bool {
    fit.converged
        && fit.reason.is_none()
        && fit.pareto_k.is_none_or(|k| k < 0.7)
        && fit.divergences.is_none_or(|n| n == 0)
        && worst_rhat(fit).is_none_or(|rhat| rhat <= 1.01)
        && smallest_ess(fit).is_none_or(|ess| ess >= 400.0)
}

/// The largest R-hat of a fit's weights.
pub(crate) fn worst_rhat(fit: &Fit) -> Option<f64> {
    weights(fit).filter_map(|w| w.rhat).max_by(f64::total_cmp)
}

/// The smallest effective sample size, bulk or tail, of a fit's weights.
pub(crate) fn smallest_ess(fit: &Fit) -> Option<f64> {
    weights(fit).flat_map(|w| [w.ess_bulk, w.ess_tail]).flatten().min_by(f64::total_cmp)
}

fn weights(fit: &Fit) -> impl Iterator<Item = &Weight> {
    fit.weights.iter().chain(&fit.terms)
}

/// Whether a measure of similarity is a distance with the sign turned, 0 at most.
pub(crate) fn is_distance(measure: &str) -> bool {
    matches!(measure, "l1" | "l2")
}

/// A measure of similarity in words.
pub(crate) fn measure(name: &str) -> &'static str {
    match name {
        "pearson" => "Pearson's correlation of their weights",
        "spearman" => "Spearman's correlation of their weights",
        "l1" => "minus the mean absolute difference of their weights",
        _ => "minus the Euclidean distance of their weights over their number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        let names = |names: &[&str]| listed(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(names(&[]), "");
        assert_eq!(names(&["a"]), "a");
        assert_eq!(names(&["a", "b"]), "a and b");
        assert_eq!(names(&["a", "b", "c"]), "a, b and c");
    }
}
