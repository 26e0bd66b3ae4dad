//! Every loss with its formula and source.

use predilect_learn::losses::{NOTATION, catalogue};
use predilect_results::training::{LossRow, LossesJson};

/// What can be trained with.
pub fn losses() -> LossesJson {
    let of = |entry: &predilect_learn::losses::Entry| LossRow {
        name: entry.name.to_owned(),
        formula: entry.formula.to_owned(),
        source: entry.source.to_owned(),
        trl: entry.trl.map(ToOwned::to_owned),
        soft: entry.soft,
        reference: entry.reference,
    };
    LossesJson { notation: NOTATION.to_owned(), losses: catalogue().iter().map(of).collect() }
}
