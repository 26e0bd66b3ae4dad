//! What verdicts cost, as a filter asks for it: by the study's log of calls, or as the data say it.

use std::collections::BTreeSet;

use predilect_annotate::judge::calls_of;
use predilect_data::Judges;
use predilect_llm::CallLog;
use predilect_types::Verdict;

use crate::call_log::log_if_there;
use crate::error::Result;
use crate::prepared::Prepared;
use crate::prepared::column::NONE;
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
    let log = log_if_there(prepared.study().folder())?;
    let table = prepared.verdicts(watch)?;
    let judges = table.judges(people);
    let mut row = 0;
    for batch in prepared.study().verdicts()? {
        for verdict in batch? {
            let pair = table.pair(row);
            if let Some(price) = price(&verdict, &log)?.filter(|_| pair != NONE) {
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
fn price(verdict: &Verdict, log: &CallLog) -> Result<Option<f64>> {
    let Some(receipt) = &verdict.receipt else { return Ok(None) };
    if let Some(price) = receipt.get(STATED).and_then(serde_json::Value::as_f64) {
        return Ok(Some(price));
    }
    let calls = calls_of(receipt);
    let mut sum = (!calls.is_empty()).then_some(0.0);
    for call in calls {
        let paid = log.get(&call.key)?.and_then(|entry| entry.price);
        sum = sum.zip(paid).map(|(sum, paid)| sum + paid);
    }
    Ok(sum)
}
