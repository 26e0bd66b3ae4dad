//! What the user may have meant by a name that does not exist.

use predilect_types::shown::printable;

/// Letters of a name beyond which nobody types it.
const LONGEST: usize = 200;

/// The name that differs least, if it differs by a third of its letters at most (a swap of two counts as one).
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let length = given.chars().count();
    if length > LONGEST {
        return None;
    }
    let most = (length / 3).max(1);
    // Names of other lengths need no comparison: a table may have a hundred thousand columns.
    let alike = |name: &&str| name.chars().take(length + most + 1).count().abs_diff(length) <= most;
    known
        .into_iter()
        .filter(alike)
        .map(|name| (strsim::damerau_levenshtein(&given, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `; did you mean NAME?`, or an empty text.
pub(crate) fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(given, known).map(|name| format!("; did you mean `{}`?", printable(name))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_name() {
        let known = ["prompt", "response_a", "response_b"];
        assert_eq!(nearest("promt", known), Some("prompt"));
        assert_eq!(nearest("Respones_A", known), Some("response_a"));
        assert_eq!(nearest("question", known), None);
        assert_eq!(did_you_mean("pormpt", known), "; did you mean `prompt`?");
    }
}
