//! Can TRL's DPO trainer, as the script uses it, train with these losses?

use predilect_learn::losses::{Loss, Mixture};
use predilect_workbench::{Error, Result};

/// Losses that the script adds to TRL's trainer.
const OURS: [&str; 6] = ["soft", "cdpo", "gdpo", "cipo", "gipo", "gropo"];
/// Losses of TRL's trainer.
const TRLS: [&str; 15] = [
    "sigmoid",
    "hinge",
    "ipo",
    "exo_pair",
    "nca_pair",
    "robust",
    "bco_pair",
    "sppo_hard",
    "aot",
    "aot_unpaired",
    "apo_zero",
    "apo_down",
    "discopop",
    "sft",
    "sigmoid_norm",
];

/// Refuses losses that the script would refuse, before anything is written for it.
pub(super) fn check(loss: &Mixture) -> Result<()> {
    let names: Vec<&str> = loss.losses().map(Loss::name).collect();
    let unknown: Vec<&str> =
        names.iter().copied().filter(|name| !OURS.contains(name) && !TRLS.contains(name)).collect();
    if !unknown.is_empty() {
        return Err(Error::new(format!(
            "the script for TRL's DPO trainer cannot train with {}",
            unknown.join(", ")
        ))
        .words(format!(
            "the native engine trains with every loss; TRL's with one of {}, {}",
            TRLS.join(", "),
            OURS.join(", ")
        )));
    }
    let (ours, theirs): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| OURS.contains(name));
    if ours.is_empty() || theirs.is_empty() {
        return Ok(());
    }
    Err(Error::new(format!(
        "with TRL, {} cannot be mixed with TRL's own {}",
        ours.join(", "),
        theirs.join(", ")
    ))
    .words("the native engine mixes any losses; with TRL, use losses of one kind"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trl::script::SCRIPT;

    #[test]
    fn the_lists_are_those_of_the_script() {
        let of = |name: &str| -> Vec<&str> {
            let (_, after) = SCRIPT.1.split_once(&format!("\n{name} = (")).unwrap();
            after.split_once(')').unwrap().0.split('"').skip(1).step_by(2).collect()
        };
        assert_eq!(of("OURS"), OURS);
        assert_eq!(of("TRLS"), TRLS);
    }

    #[test]
    fn what_the_script_refuses_is_refused_before() {
        let refused = |loss: &str| check(&loss.parse().unwrap()).unwrap_err().message().to_owned();
        for loss in ["kto", "wpo", "simpo", "orpo", "bco", "soft_ropo", "attenuated", "sigmoid,kto"] {
            assert!(
                refused(loss).starts_with("the script for TRL's DPO trainer cannot train with"),
                "{loss}"
            );
        }
        assert_eq!(refused("soft:.8,sft:.2"), "with TRL, soft cannot be mixed with TRL's own sft");
        for loss in ["sigmoid", "dpo", "sigmoid:.8,sft:.2", "soft,gdpo", "mpo"] {
            assert!(check(&loss.parse().unwrap()).is_ok(), "{loss}");
        }
    }
}
