//! Which method a run should use, and what speaks against this judge.

use predilect_annotate::judge::Method;
use predilect_results::asked::Way;

/// Below this share of probability on the letters, written verdicts say more.
const MASS: f64 = 0.5;

/// What speaks against a judge when asked in that way. On these pairs all judges should agree.
pub(super) fn cautions(way: &Way) -> Vec<String> {
    let mut cautions = Vec::new();
    if way.read > 1 && (way.first == way.read || way.second == way.read) {
        let place = if way.first == way.read { "first" } else { "second" };
        cautions.push(format!(
            "in every question it preferred the response shown {place}: ask in both orders, or take another judge"
        ));
    }
    if way.right * 2 <= way.questions / 2 {
        cautions.push(format!(
            "the good response won {} of {} pairs, no more than by chance: its verdicts will mean nothing",
            way.right,
            way.questions / 2
        ));
    }
    cautions
}

/// The method to use, and why.
pub(super) fn advice(ways: &[Way], wanted: Option<Method>) -> (Option<&'static str>, String) {
    const SCORED: &str = "scored";
    const WRITTEN: &str = "generated";
    let whole = |way: &&Way| way.questions > 0 && way.read == way.questions;
    let scored = ways.iter().find(|way| way.method == SCORED);
    let written = ways.iter().find(|way| way.method == WRITTEN);
    if let Some(wanted) = wanted {
        let read = ways.iter().any(|way| way.read > 0);
        let said = if read { "it was asked for" } else { "nothing could be read" };
        return (read.then(|| wanted.as_str()), said.to_owned());
    }
    let enough = |way: &&Way| way.mass.is_some_and(|mass| mass >= MASS);
    if scored.filter(whole).as_ref().is_some_and(enough) {
        return (
            Some(SCORED),
            "it returns the probabilities of both letters, and most of the mass is on them".to_owned(),
        );
    }
    // Little of the mass may still be more informative than words that always name the same position.
    if let Some(way) = scored.filter(whole)
        && written.is_some_and(|written| written.read > 0 && written.right < way.right)
    {
        return (Some(SCORED), "its written verdicts are right less often".to_owned());
    }
    if written.is_some_and(|way| way.read > 0) {
        let why = match scored {
            None => "it returns no token probabilities",
            Some(Way { refused: Some(_), .. }) => "it refuses to return token probabilities",
            Some(way) if way.read < way.questions => "it does not return the probabilities of both letters",
            Some(_) => "little of the probability mass is on the letters",
        };
        return (Some(WRITTEN), why.to_owned());
    }
    match scored.filter(|way| way.read > 0) {
        Some(_) => (Some(SCORED), "its written verdicts cannot be read".to_owned()),
        None => (None, "nothing could be read".to_owned()),
    }
}
