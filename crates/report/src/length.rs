//! What a judge's liking for length comes to once information is in the same fit, in words.

use predilect_results::Fit;
use predilect_results::LengthSays;

use crate::format;
use crate::text;
use crate::view::weight;

/// Judges that are named at the top.
const JUDGES: usize = 3;

/// What is said at the top: for the first judges whose preference for length is sure where information is left out.
pub(crate) fn sentences(fits: &[&Fit]) -> Vec<String> {
    let sure = fits
        .iter()
        .filter(|fit| fit.length_alone.as_ref().is_some_and(|alone| alone.says != LengthSays::Nothing));
    sure.filter_map(|fit| sentence(fit)).take(JUDGES).collect()
}

/// The weight of length without information in the fit and with it, as a sentence.
pub(crate) fn sentence(fit: &Fit) -> Option<String> {
    let alone = fit.length_alone.as_ref()?;
    let beside = weight(fit, "length")?;
    let judge = text::line(&fit.judge);
    let likes = if alone.length.mean < 0.0 { "dislike of length" } else { "preference for length" };
    let number = |x: f64| format::decimal(x, 2);
    let figures = format!(
        "the weight of length is {} [{}, {}] without information in the fit and {} [{}, {}] with it, {} [{}, {}] less",
        number(alone.length.mean),
        number(alone.length.q05),
        number(alone.length.q95),
        number(beside.mean),
        number(beside.q05),
        number(beside.q95),
        number(alone.taken),
        number(alone.low),
        number(alone.high),
    );
    Some(match alone.says {
        LengthSays::Information => {
            format!("{judge}'s {likes} is mostly {} information: {figures}.", of_what(alone.length.mean))
        }
        LengthSays::Partly => {
            format!("{judge}'s {likes} is partly {} information: {figures}.", of_what(alone.length.mean))
        }
        LengthSays::Length => {
            format!("{judge}'s {likes} is about length itself rather than information: {figures}.")
        }
        LengthSays::Hidden => {
            format!(
                "{judge}'s {likes} shows in full only with information in the fit, which otherwise hides a part of it: {figures}."
            )
        }
        LengthSays::Unclear => {
            format!("Whether {judge}'s {likes} is about length or about information is not clear: {figures}.")
        }
        LengthSays::Beside => {
            format!("Length has a sure direction for {judge} only with information in the fit: {figures}.")
        }
        LengthSays::Nothing => {
            format!(
                "Length has no sure direction for {judge}, whether or not information is in the fit: {figures}."
            )
        }
    })
}

fn of_what(mean: f64) -> &'static str {
    if mean < 0.0 { "a dislike of" } else { "a preference for" }
}
