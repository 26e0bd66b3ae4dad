//! What verdicts cost, as a filter asks for it: by the study's log of calls, or as the data say it.

use std::collections::{BTreeSet, HashMap};

use predilect_annotate::judge::calls_of;
use predilect_data::Judges;
use predilect_types::Verdict;

use crate::call_log::prices;
use crate::error::Result;
use crate::prepared::column::NONE;
use crate::prepared::{Prepared, changed};
use crate::watch::Watch;

/// The field of a receipt in which AlpacaEval's files say what an annotation cost, in US dollars.
const STATED: &str = "price_per_example";

/// US dollars that the verdicts on each pair cost, by each of these judges (`None`: by all together); NaN where no price is known.
pub(super) fn costs<'f>(
    asked: &BTreeSet<Option<&'f str>>,
    prepared: &Prepared,
    people: Judges,
    watch: &dyn Watch,
) -> Result<Vec<(Option<&'f str>, Vec<f64>)>> {
    let mut out: Vec<_> =
        asked.iter().map(|judge| (*judge, vec![f64::NAN; prepared.pairs().len()])).collect();
    if out.is_empty() {
        return Ok(out);
    }
    let prices = prices(prepared.study().folder())?;
    let table = prepared.verdicts(watch)?;
    let judges = table.judges(people);
    let mut row = 0;
    for batch in prepared.study().verdicts()? {
        for verdict in batch? {
            if row == table.len() {
                return Err(changed());
            }
            let pair = table.pair(row);
            if let Some(price) = price(&verdict, &prices).filter(|_| pair != NONE) {
                let name = &judges.names[judges.of(row) as usize];
                for (_, costs) in out.iter_mut().filter(|(judge, _)| judge.is_none_or(|judge| judge == name))
                {
                    let cost = &mut costs[pair as usize];
                    *cost = if cost.is_nan() { price } else { *cost + price };
                }
            }
            row += 1;
        }
    }
    Ok(out)
}

/// What a verdict cost; none where that is not known of every call that it rests on.
fn price(verdict: &Verdict, prices: &HashMap<String, f64>) -> Option<f64> {
    let receipt = verdict.receipt.as_ref()?;
    if let Some(price) = receipt.get(STATED).and_then(serde_json::Value::as_f64) {
        return Some(price);
    }
    let calls = calls_of(receipt);
    if calls.is_empty() { None } else { calls.iter().map(|call| prices.get(&call.key)).sum() }
}
