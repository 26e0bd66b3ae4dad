//! What is to be known of a judge that does not see what responses say?

use predilect_results::asked::JudgeRun;

/// What to know of a judge that follows the position, or to whom nearly all responses are alike.
pub(crate) fn of_the_blind(judge: &JudgeRun, hard: bool) -> Option<String> {
    by_position(judge, hard).or_else(|| {
        let ties = judge.figures.ties.filter(|_| judge.figures.tells_nothing_apart())?;
        Some(format!(
            "{} calls {:.0} % of pairs a tie: that it sees no difference says nothing of what others see",
            judge.judge,
            100.0 * ties
        ))
    })
}

fn by_position(judge: &JudgeRun, hard: bool) -> Option<String> {
    let bias = judge.figures.position_bias.filter(|_| judge.follows_position)?;
    Some(format!(
        "{} mostly prefers the response that is shown {} (position bias {bias:+.2}): its mean over both orders lies near one half, {}",
        judge.judge,
        if bias > 0.0 { "first" } else { "second" },
        if hard {
            "and the side that both orders together favour hangs on little"
        } else {
            "and little of it is left to move"
        }
    ))
}
