//! Every question once, within a budget, whatever fails.

use std::sync::atomic::AtomicBool;

use super::*;
use crate::contract::Capabilities;
use crate::price::Price;
use crate::question::Want;
use crate::scripted::Scripted;
use predilect_types::Message;

fn questions(n: usize) -> Vec<Request> {
    (0..n)
        .map(|i| Request {
            messages: vec![Message::user(format!("question {i}"))],
            want: Want::Text,
            max_tokens: 10,
            temperature: 0.0,
            seed: None,
        })
        .collect()
}

/// Each question by itself.
fn alone(n: usize) -> Vec<Vec<Request>> {
    questions(n).into_iter().map(|question| vec![question]).collect()
}

fn number(request: &Request) -> usize {
    request.messages[0].content.rsplit(' ').next().unwrap().parse().unwrap()
}

fn quick() -> RunOptions {
    RunOptions { wait: Duration::from_micros(50), ..RunOptions::default() }
}

#[test]
fn what_is_logged_is_not_asked_again() {
    let model = Scripted::new(|request, _| Ok((format!("answer {}", number(request)), vec![])));
    let log = CallLog::in_memory().unwrap();
    let runner = Runner { model: &model, log: &log, options: quick() };
    let mut asked = questions(50);
    asked.extend(questions(20));
    let groups: Vec<Vec<Request>> = asked.iter().map(|question| vec![question.clone()]).collect();
    assert_eq!(runner.plan(&asked).unwrap().calls, 50);
    let first = runner.run(&groups, &|_| {});
    assert_eq!((model.calls(), first.totals.calls), (50, 50), "equal questions are asked once");
    assert_eq!(first.outcomes.len(), 70);
    for (i, outcome) in first.outcomes.iter().flatten().enumerate() {
        let text = &outcome.as_ref().unwrap().answer.as_ref().unwrap().text;
        assert_eq!(*text, format!("answer {}", i % 50));
    }
    let again = runner.run(&groups, &|_| {});
    assert_eq!((model.calls(), again.totals.from_log), (50, 50));
    let plan = runner.plan(&asked).unwrap();
    assert_eq!((plan.logged, plan.calls), (50, 0));
    let answers = |report: &RunReport| {
        report.outcomes.iter().flatten().map(|o| o.as_ref().unwrap().answer.clone()).collect::<Vec<_>>()
    };
    assert_eq!(answers(&first), answers(&again));
}

#[test]
fn what_can_be_repeated_is_and_what_cannot_stops_no_other() {
    let model = Scripted::new(|request, attempt| match number(request) % 7 {
        0 if attempt < 3 => Err(CallError::new(Fault::RateLimited, "slow down")),
        1 if attempt < 1 => Err(CallError::new(Fault::Connection, "gone")),
        2 => Err(CallError::new(Fault::Filtered, "not this")),
        3 if number(request) == 3 => Err(CallError::new(Fault::Server, "always")),
        _ => Ok(("fine".to_owned(), vec![])),
    });
    let log = CallLog::in_memory().unwrap();
    let mut runner = Runner { model: &model, log: &log, options: RunOptions { retries: 4, ..quick() } };
    let report = runner.run(&alone(70), &|_| {});
    assert!(report.stop.is_none());
    let failed = report.outcomes.iter().flatten().filter(|o| o.as_ref().unwrap().answer.is_err()).count();
    assert_eq!((failed, report.totals.failed), (11, 11));
    assert_eq!(report.totals.calls, 70 + 10 * 3 + 10 + 4);
    assert_eq!(log.counts().unwrap(), (59, 11));
    // A rerun asks again what may succeed now, and the rest where it is told to.
    assert_eq!(runner.run(&alone(70), &|_| {}).totals.calls, 5);
    runner.options.retry_failed = true;
    let third = runner.run(&alone(70), &|_| {});
    assert_eq!((third.totals.from_log, third.totals.calls), (59, 10 + 5));
}

#[test]
fn a_server_that_is_gone_ends_the_run() {
    let gone = || CallError::new(Fault::Connection, "refused");
    let model = Scripted::new(
        move |request, _| {
            if number(request) < 100 { Ok(("x".to_owned(), vec![])) } else { Err(gone()) }
        },
    );
    let log = CallLog::in_memory().unwrap();
    let runner = Runner { model: &model, log: &log, options: RunOptions { retries: 1, ..quick() } };
    let report = runner.run(&alone(2000), &|_| {});
    let Some(Stop::Fault(error)) = report.stop else { panic!("{:?}", report.totals) };
    assert!(error.fault == Fault::Connection && error.message.contains("in a row"), "{error}");
    assert!(model.calls() < 300, "{}", model.calls());
    // All but those that were under way.
    assert!((84..=100).contains(&log.counts().unwrap().0));
}

#[test]
fn a_wrong_key_stops_the_run_at_once_and_is_not_logged() {
    let model = Scripted::new(|_, _| Err(CallError::new(Fault::Key, "no")));
    let log = CallLog::in_memory().unwrap();
    let runner = Runner { model: &model, log: &log, options: quick() };
    let report = runner.run(&alone(1000), &|_| {});
    assert!(matches!(report.stop, Some(Stop::Fault(CallError { fault: Fault::Key, .. }))));
    assert!(model.calls() <= 16, "{}", model.calls());
    assert_eq!(log.counts().unwrap(), (0, 0));
}

#[test]
fn a_panic_ends_the_run_and_hangs_nobody() {
    let (send, receive) = std::sync::mpsc::channel();
    let run = std::thread::spawn(move || {
        let model = Scripted::new(|request, _| {
            std::thread::sleep(Duration::from_millis(2));
            assert!(number(request) != 3, "on purpose");
            Ok(("x".to_owned(), vec![]))
        });
        let log = CallLog::in_memory().unwrap();
        // Money for two questions at once: the third waits for what the panicking one has reserved.
        let price = Price { input: 1000.0, cached: None, stored: None, output: 10_000.0 };
        let most =
            price.of(Usage { input: questions(9)[8].most_input_tokens(), output: 10, ..Usage::default() });
        let options = RunOptions { budget: Some(2.0 * most), price: Some(price), ..quick() };
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            Runner { model: &model, log: &log, options }.run(&alone(9), &|_| {});
        }));
        send.send(done.is_err()).unwrap();
    });
    assert_eq!(receive.recv_timeout(Duration::from_secs(20)), Ok(true), "the run hangs");
    run.join().unwrap();
}

#[test]
fn a_budget_is_never_exceeded_and_used_up() {
    let model = Scripted::new(|_, _| {
        std::thread::sleep(Duration::from_millis(1));
        Ok(("x".to_owned(), vec![]))
    });
    let price = Price { input: 1000.0, cached: None, stored: None, output: 10_000.0 };
    let most =
        price.of(Usage { input: questions(500)[499].most_input_tokens(), output: 10, ..Usage::default() });
    let log = CallLog::in_memory().unwrap();
    let options = RunOptions { budget: Some(10.5 * most), price: Some(price), ..quick() };
    let runner = Runner { model: &model, log: &log, options };
    let report = runner.run(&alone(500), &|_| {});
    assert!(matches!(report.stop, Some(Stop::Budget)));
    let spent = report.totals.price.unwrap();
    // Calls cost less than is reserved for them: the run continues until no further one would fit.
    assert!(spent > 9.5 * most && spent <= 10.5 * most, "{spent}");
    let answered = report.outcomes.iter().flatten().flatten().count() as u64;
    assert_eq!(answered, report.totals.calls);
    // The next run continues with another budget.
    let again = runner.run(&alone(500), &|_| {});
    assert_eq!(again.totals.from_log, answered);
}

#[test]
fn tries_that_may_have_been_charged_count_against_the_budget() {
    let model = Scripted::new(|_, _| Err(CallError::new(Fault::Timeout, "cut off")));
    let price = Price { input: 0.0, cached: None, stored: None, output: 100_000.0 };
    let log = CallLog::in_memory().unwrap();
    let options =
        RunOptions { budget: Some(12.5), price: Some(price), concurrency: 1, retries: 4, ..quick() };
    let runner = Runner { model: &model, log: &log, options };
    // A try costs one dollar at most: two questions of five tries, then a third that is cut short.
    let report = runner.run(&alone(20), &|_| {});
    assert!(matches!(report.stop, Some(Stop::Budget)), "{:?}", report.stop);
    assert_eq!((model.calls(), report.totals.calls), (12, 12));
    assert!((report.totals.price.unwrap() - 12.0).abs() < 1e-9, "{:?}", report.totals);
    assert_eq!(log.counts().unwrap(), (0, 2));
    // However many are asked at once: the tries of all questions together use the budget up, and none waits for ever.
    for concurrency in 2..40 {
        let model = Scripted::new(|_, _| Err(CallError::new(Fault::Timeout, "cut off")));
        let log = CallLog::in_memory().unwrap();
        let options = RunOptions { concurrency, ..runner.options.clone() };
        let report = Runner { model: &model, log: &log, options }.run(&alone(100), &|_| {});
        assert!(matches!(report.stop, Some(Stop::Budget)), "{:?}", report.stop);
        assert_eq!((concurrency, model.calls(), report.totals.calls), (concurrency, 12, 12));
    }
}

#[test]
fn bodies_that_are_never_read_are_asked_for_twice() {
    let model = Scripted::new(|_, _| Err(CallError::new(Fault::Body, "no JSON")));
    let log = CallLog::in_memory().unwrap();
    let options = RunOptions { concurrency: 1, retries: 6, ..quick() };
    let report = Runner { model: &model, log: &log, options }.run(&alone(3), &|_| {});
    assert_eq!((model.calls(), report.totals.failed), (6, 3));
}

#[test]
fn one_answer_without_probabilities_fails_alone_and_only_such_answers_stop_the_run() {
    let without = || CallError::new(Fault::NoProbabilities, "none").remedy(crate::error::Remedy::Written);
    let log = CallLog::in_memory().unwrap();
    let some =
        Scripted::new(
            move |request, _| {
                if number(request) % 10 == 5 { Err(without()) } else { Ok(("A".to_owned(), vec![])) }
            },
        );
    let report = Runner { model: &some, log: &log, options: quick() }.run(&alone(100), &|_| {});
    assert!(report.stop.is_none());
    assert_eq!((report.totals.failed, log.counts().unwrap()), (10, (90, 10)));
    let log = CallLog::in_memory().unwrap();
    let none = Scripted::new(move |_, _| Err(without()));
    let report = Runner { model: &none, log: &log, options: quick() }.run(&alone(100), &|_| {});
    let Some(Stop::Fault(error)) = report.stop else { panic!("{:?}", report.totals) };
    assert_eq!(error.remedy, Some(crate::error::Remedy::Written));
    assert!(none.calls() <= 20, "{}", none.calls());
}

/// Counts how many questions it gets at once.
struct Together(Scripted, Mutex<Vec<usize>>);

impl Model for Together {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { together: true, ..self.0.capabilities() }
    }

    fn send(&self, request: &Request) -> Result<String, CallError> {
        self.0.send(request)
    }

    fn send_together(&self, requests: &[&Request]) -> Vec<Result<String, CallError>> {
        lock(&self.1).push(requests.len());
        requests.iter().map(|request| self.send(request)).collect()
    }

    fn read(&self, request: &Request, body: &str) -> Result<Answer, CallError> {
        self.0.read(request, body)
    }
}

#[test]
fn a_model_that_gains_from_it_is_asked_a_group_at_once() {
    let script = |request: &Request, _: u32| match number(request) {
        7 => Err(CallError::new(Fault::Request, "too long")),
        n => Ok((format!("answer {n}"), vec![])),
    };
    let model = Together(Scripted::new(script), Mutex::default());
    let log = CallLog::in_memory().unwrap();
    let runner = Runner { model: &model, log: &log, options: quick() };
    let all = questions(12);
    // Equal questions belong to the group that asks them first; a group may be empty.
    let groups = [all[..4].to_vec(), vec![], all[2..9].to_vec(), all[..3].to_vec(), all[9..].to_vec()];
    let report = runner.run(&groups, &|_| {});
    assert_eq!(*lock(&model.1), [4, 5, 3]);
    assert_eq!((report.totals.calls, report.totals.failed), (12, 1));
    for (group, outcomes) in groups.iter().zip(&report.outcomes) {
        assert_eq!(group.len(), outcomes.len());
        for (question, outcome) in group.iter().zip(outcomes) {
            match &outcome.as_ref().unwrap().answer {
                Ok(answer) => assert_eq!(answer.text, format!("answer {}", number(question))),
                Err(error) => assert_eq!((number(question), error.fault), (7, Fault::Request)),
            }
        }
    }
    // A group that fails as a whole, however large, is one failure; and none is logged, for the next run may do better.
    let long = Together(
        Scripted::new(|request, _| match number(request) {
            0..100 => Err(CallError::new(Fault::Request, "too long")),
            _ => Ok(("fine".to_owned(), vec![])),
        }),
        Mutex::default(),
    );
    let log_of_long = CallLog::in_memory().unwrap();
    let many = questions(105);
    let report = Runner { model: &long, log: &log_of_long, options: quick() }
        .run(&[many[..50].to_vec(), many[50..100].to_vec(), many[100..].to_vec()], &|_| {});
    assert!(report.stop.is_none());
    assert_eq!((report.totals.failed, log_of_long.counts().unwrap()), (100, (5, 0)));
    // What is logged is not asked again; the rest of a group is.
    let more = [all[3..6].to_vec(), questions(14)[11..].to_vec()];
    assert_eq!(runner.run(&more, &|_| {}).totals.from_log, 4);
    assert_eq!(*lock(&model.1), [4, 5, 3, 2]);
}

/// Reads answers more strictly from some time on: earlier answers turn out to be invalid.
struct Stricter(Scripted, AtomicBool);

impl Model for Stricter {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    fn send(&self, request: &Request) -> Result<String, CallError> {
        self.0.send(request)
    }

    fn read(&self, request: &Request, body: &str) -> Result<Answer, CallError> {
        if self.1.load(Ordering::SeqCst) && number(request) == 1 {
            return Err(CallError::new(Fault::NoRoom, "cut off"));
        }
        self.0.read(request, body)
    }
}

#[test]
fn what_is_read_as_a_failure_later_can_be_asked_again_like_one() {
    let model = Stricter(Scripted::new(|_, _| Ok(("x".to_owned(), vec![]))), AtomicBool::new(false));
    let log = CallLog::in_memory().unwrap();
    let run = |retry_failed| {
        let options = RunOptions { retry_failed, ..quick() };
        Runner { model: &model, log: &log, options }.run(&alone(3), &|_| {})
    };
    run(false);
    model.1.store(true, Ordering::SeqCst);
    let report = run(false);
    assert_eq!((report.totals.calls, report.totals.from_log), (0, 3));
    assert!(report.outcomes[1][0].as_ref().unwrap().answer.is_err());
    assert_eq!(run(true).totals.calls, 1);
    // What it gave stays in the log, and a better reader finds it.
    assert_eq!(log.counts().unwrap(), (2, 1));
    model.1.store(false, Ordering::SeqCst);
    let report = run(true);
    assert_eq!((report.totals.calls, report.totals.from_log), (0, 3));
    assert!(report.outcomes[1][0].as_ref().unwrap().answer.is_ok());
}

#[test]
fn offline_asks_nothing() {
    let model = Scripted::new(|_, _| Ok(("x".to_owned(), vec![])));
    let log = CallLog::in_memory().unwrap();
    Runner { model: &model, log: &log, options: quick() }.run(&alone(3), &|_| {});
    let options = RunOptions { offline: true, ..quick() };
    let report = Runner { model: &model, log: &log, options }.run(&alone(5), &|_| {});
    assert_eq!((model.calls(), report.totals.from_log, report.totals.failed), (3, 3, 2));
}

#[test]
fn a_pause_that_the_server_asks_for_is_told_once() {
    let began = Instant::now();
    let model = Scripted::new(move |_, _| {
        if began.elapsed() < Duration::from_millis(500) {
            return Err(CallError::new(Fault::RateLimited, "slower").after(Some(Duration::from_millis(200))));
        }
        Ok(("x".to_owned(), vec![]))
    });
    let log = CallLog::in_memory().unwrap();
    let (ended, paused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let report = Runner { model: &model, log: &log, options: quick() }.run(&alone(4), &|progress| {
        match progress {
            Progress::Ended => ended.fetch_add(1, Ordering::SeqCst),
            Progress::Paused(wait) => {
                assert_eq!(wait, Duration::from_millis(200));
                paused.fetch_add(1, Ordering::SeqCst)
            }
        };
    });
    assert_eq!((ended.load(Ordering::SeqCst), report.totals.failed), (4, 0));
    // Calls that were under way together are told to wait together.
    assert_eq!(paused.load(Ordering::SeqCst), 1);
    assert!(began.elapsed() >= Duration::from_millis(500));
}
