//! Every loss with its formula and source.

use predilect_learn::losses::{LossOptions, NOTATION, catalogue};
use predilect_results::training::{LossRow, LossesJson};

/// What can be trained with.
pub fn losses() -> LossesJson {
    let defaults = serde_json::to_value(LossOptions::default()).unwrap_or_default();
    let default = |name: &&str| ((*name).to_owned(), defaults[*name].clone());
    let of = |entry: &predilect_learn::losses::Entry| LossRow {
        name: entry.name.to_owned(),
        formula: entry.formula.to_owned(),
        source: entry.source.to_owned(),
        trl: entry.trl.map(ToOwned::to_owned),
        soft: entry.soft,
        reference: entry.reference,
        unpaired: entry.loss.takes_unpaired(),
        options: entry.options.iter().map(default).collect(),
    };
    LossesJson { notation: NOTATION.to_owned(), losses: catalogue().iter().map(of).collect() }
}
