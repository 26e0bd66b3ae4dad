//! What is to be known of a judge that follows the position of responses?

use predilect_results::asked::JudgeRun;

/// What to know of a judge that follows the position.
pub(crate) fn by_position(judge: &JudgeRun, hard: bool) -> Option<String> {
    let bias = judge.figures.position_bias.filter(|_| judge.follows_position)?;
    Some(format!(
        "{} mostly prefers the response that is shown {} (position bias {bias:+.2}): its mean over both orders lies near one half, {}",
        judge.judge,
        if bias > 0.0 { "first" } else { "second" },
        if hard {
            "and the side that both orders together favour hangs on little"
        } else {
            "and little of it is left for an edit to move"
        }
    ))
}
