//! What is the loss of a reward model on a pair?

use super::dual::Dual;

/// Two rewards and what is known about them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RewardPair {
    /// The reward of the chosen completion.
    pub chosen: f64,
    /// The reward of the rejected completion.
    pub rejected: f64,
    /// The margin by which the better one should win, at least 0; 0 for none.
    pub margin: f64,
    /// The probability that the chosen completion is preferred, 0 to 1.
    pub p: f64,
}

/// The loss of a pair of rewards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RewardLoss {
    /// The loss.
    pub value: f64,
    /// Its derivative by the reward of the chosen completion.
    pub chosen: f64,
    /// Its derivative by the reward of the rejected completion.
    pub rejected: f64,
}

/// The Bradley-Terry loss with margin and centring: for `p = 1`, `-ln s(r_w - r_l - margin) + centring (r_w + r_l)^2`.
///
/// With a soft label it is the mean over both ways round, `p` times the above plus `1 - p` times the above with the roles
/// swapped; the second part is the same both ways. `centring` is at least 0 (TRL's `center_rewards_coefficient`, 0.01 in
/// arXiv 2312.09244); 0 leaves rewards known up to a constant.
pub fn reward_loss(pair: RewardPair, centring: f64) -> RewardLoss {
    let (chosen, rejected) = (Dual::chosen(pair.chosen), Dual::rejected(pair.rejected));
    let x = chosen - rejected;
    let loss = pair.p * (x - pair.margin).logistic_loss()
        + (1.0 - pair.p) * (-x - pair.margin).logistic_loss()
        + centring * (chosen + rejected).square();
    RewardLoss { value: loss.value, chosen: loss.chosen, rejected: loss.rejected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // METHOD-LEARN 7.2, to 1e-6.
        let pair = RewardPair { chosen: 1.2, rejected: 0.4, margin: 0.25, p: 1.0 };
        let plain = reward_loss(pair, 0.0);
        assert!((plain.value - 0.455_492).abs() < 1e-6);
        assert!((reward_loss(pair, 0.01).value - 0.481_092).abs() < 1e-6);
        assert_eq!(plain.chosen, -plain.rejected);
    }

    #[test]
    fn slopes_are_those_of_the_value_and_roles_can_be_swapped() {
        let pair = RewardPair { chosen: 1.2, rejected: -0.4, margin: 0.25, p: 0.7 };
        let at = |chosen, rejected| reward_loss(RewardPair { chosen, rejected, ..pair }, 0.01).value;
        let step = 1e-5;
        let loss = reward_loss(pair, 0.01);
        let chosen = (at(1.2 + step, -0.4) - at(1.2 - step, -0.4)) / (2.0 * step);
        let rejected = (at(1.2, -0.4 + step) - at(1.2, -0.4 - step)) / (2.0 * step);
        assert!((loss.chosen - chosen).abs() < 1e-9 && (loss.rejected - rejected).abs() < 1e-9);
        let swapped = RewardPair { chosen: -0.4, rejected: 1.2, p: 0.3, ..pair };
        assert!((reward_loss(swapped, 0.01).value - loss.value).abs() < 1e-12);
    }
}
