//! Does a run over a real connection end with every answer, whatever the provider does?

#[allow(dead_code)]
mod provider;

use std::time::Duration;

use predilect_llm::{CallLog, HttpOptions, Request, RunOptions, Runner, Want, connect};
use predilect_types::Message;

use provider::Provider;

fn questions(n: usize) -> Vec<Vec<Request>> {
    (0..n)
        .map(|i| {
            vec![Request {
                messages: vec![Message::user(format!("question {i}"))],
                want: Want::Next(vec!["A".to_owned(), "B".to_owned()]),
                max_tokens: 1,
                temperature: 0.0,
                seed: None,
            }]
        })
        .collect()
}

#[test]
fn every_fault_is_survived_and_nothing_is_paid_twice() {
    let provider = Provider::start(0);
    // A machine with other work may hold an answer back for a second, which would be asked for, and answered, again.
    let options = HttpOptions { timeout: Duration::from_secs(3), ..HttpOptions::default() };
    let model = connect(&provider.model("m").parse().unwrap(), &options).unwrap();
    let run = |log: &CallLog| {
        let options = RunOptions { wait: Duration::from_millis(5), retries: 8, ..RunOptions::default() };
        Runner { model: model.as_ref(), log, options }.run(&questions(600), &|_| {})
    };
    let calm = run(&CallLog::in_memory().unwrap());
    assert!(calm.stop.is_none());
    provider.forget();
    provider.fail(30);
    let stormy = run(&CallLog::in_memory().unwrap());
    assert!(stormy.stop.is_none(), "{:?}", stormy.stop);
    let counts = provider.counts();
    assert_eq!(counts.faults.len(), 9, "every kind occurs: {counts:?}");
    assert_eq!((counts.questions, counts.repeated), (600, 0), "{counts:?}");
    assert!(counts.calls > 700 && stormy.totals.retries > 100, "{counts:?}");
    for (a, b) in calm.outcomes.iter().flatten().zip(stormy.outcomes.iter().flatten()) {
        let (a, b) = (a.as_ref().unwrap(), b.as_ref().unwrap());
        assert_eq!(a.key, b.key);
        match (&a.answer, &b.answer) {
            (Ok(a), Ok(b)) => assert_eq!(a, b),
            (Err(a), Err(b)) => assert_eq!(a.fault, b.fault),
            other => panic!("{other:?}"),
        }
    }
    // The provider withholds about one answer in a hundred for good.
    assert!((1..30).contains(&stormy.totals.failed), "{}", stormy.totals.failed);
}
