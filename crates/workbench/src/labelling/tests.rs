//! Which pair is next, as a plain search finds it, and what is kept of votes.

use predilect_data::ReadOptions;

use super::*;
use crate::inputs::{Example, Inputs};
use crate::watch::Unwatched;

const JUDGE: &str = "human:me";

fn options() -> SliceOptions {
    SliceOptions { grammar: false, ..SliceOptions::default() }
}

fn example() -> Workbench {
    let inputs = Inputs { files: &[], example: Some(Example::LocalJudge), options: &ReadOptions::default() };
    Workbench::of(&inputs, None, &Unwatched).expect("the example")
}

fn labeller(votes: &[Verdict]) -> Labeller<'_> {
    Labeller { judge: JUDGE, votes, seed: 7 }
}

fn next_of(bench: &Workbench, votes: &[Verdict]) -> (Next, u64) {
    let found = bench
        .next_to_label(&labeller(votes), &options(), &FitOptions::default(), &Unwatched)
        .expect("a pair");
    (found.next.expect("a pair"), found.left)
}

fn vote(next: &Next, p_a: f64) -> Verdict {
    Verdict { order: next.order, ..Verdict::new(&*next.pair.id, JUDGE, p_a) }
}

#[test]
fn names_that_cannot_be_read_are_refused() {
    for name in [" Ada L. ", "human:Ada L.", "human: Ada L. "] {
        assert_eq!(judge_named(name).expect("a name"), "human:Ada L.");
    }
    assert_eq!(judge_named(&"ß".repeat(40)).expect("a name").chars().count(), 46);
    for bad in ["", "  ", &"x".repeat(41), "a\nb", "a\u{0}", "a\u{1b}[2J", "\u{202e}evil", "a\u{200b}b"] {
        assert!(judge_named(bad).is_err(), "{bad:?}");
    }
}

/// Every candidate by itself, by the formula, from a separate belief.
#[test]
fn the_next_pair_is_the_one_that_a_plain_search_finds() {
    let bench = example();
    let (options, fit) = (options(), FitOptions::default());
    let mut votes = Vec::new();
    for nth in 0..12 {
        let (next, left) = next_of(&bench, &votes);
        let (again, _) = next_of(&bench, &votes);
        assert_eq!(
            (&again.pair.id, again.order),
            (&next.pair.id, next.order),
            "the same votes, the same pair"
        );
        assert!(votes.iter().all(|vote: &Verdict| vote.pair != next.pair.id));
        assert_eq!(next.drawn == Drawn::Random, nth % 5 == 4);
        let most = bench
            .with(&options, &Unwatched, |prepared| {
                let whole = prepared.whole(&options, &Unwatched)?;
                let rows = rows(prepared, &whole.inapplicable, &votes);
                let belief = Belief::of(&whole.table, &rows, &fit);
                let mut ids: Vec<(u64, usize)> = (0..prepared.pairs().len())
                    .filter(|&row| prepared.facts().can_be_judged(row))
                    .filter(|&row| votes.iter().all(|vote| vote.pair != prepared.pairs().id(row)))
                    .map(|row| (fixed(&(7_u64, nth as u64, prepared.pairs().id(row))), row))
                    .collect();
                assert_eq!(ids.len() as u64, left);
                ids.sort_unstable();
                ids.truncate(200);
                let gain = |row: usize| {
                    let order = order_of(7, prepared.pairs().id(row));
                    belief.gain(&whole.table, &verdict_row(row as u32, 0.0, 1.0, order))
                };
                if next.drawn == Drawn::Random {
                    assert_eq!(prepared.pairs().id(ids[0].1), next.pair.id);
                    return Ok(gain(ids[0].1));
                }
                Ok(ids.iter().map(|(_, row)| gain(*row)).fold(0.0, f64::max))
            })
            .expect("read");
        assert!((next.gain - most).abs() < 1e-15, "{} {most}", next.gain);
        // Longer is better, whichever side it is on.
        let longer = next.pair.response_a.text().len() > next.pair.response_b.text().len();
        let said = vote(&next, f64::from(u8::from(longer)));
        votes.push(Verdict { receipt: Some(receipt(next.drawn)), ..said });
    }
    let checked = bench.checked_at_random(&labeller(&votes), &options, &fit, &Unwatched).expect("read");
    assert!(checked.of == 2 && checked.right <= 2, "{checked:?}");
    let own = bench.of_labeller(&labeller(&votes), &options, &fit, &Unwatched).expect("read").expect("a fit");
    assert_eq!((own.rows, own.judge.as_str()), (12, JUDGE));
    let length = own.weights.iter().find(|weight| weight.property == "length").expect("length");
    assert!(length.mean > 0.0, "{length:?}");
}

#[test]
fn votes_of_any_number_have_a_posterior_and_twenty_are_compared() {
    let bench = example();
    let (options, fit) = (options(), FitOptions::default());
    let none = bench.of_labeller(&labeller(&[]), &options, &fit, &Unwatched).expect("read");
    assert!(none.is_err());
    let others = bench.known_judges(&options, &fit, &Unwatched).expect("judges");
    assert_eq!(others.len(), 2);
    // A labeller that repeats the first judge's verdicts is the most similar to it.
    let judge = others[0].fit.judge.clone();
    let all = bench.votes_of(&judge).expect("verdicts");
    let votes: Vec<Verdict> =
        all.iter().map(|verdict| Verdict { judge: JUDGE.to_owned(), ..verdict.clone() }).collect();
    let first = bench.of_labeller(&labeller(&votes[..1]), &options, &fit, &Unwatched).expect("read");
    assert_eq!(first.expect("one vote has a posterior").rows, 1);
    let few = bench.resembled(&labeller(&votes[..19]), &others, &options, &fit, &Unwatched).expect("read");
    assert!(few.is_empty());
    let alike = bench.resembled(&labeller(&votes), &others, &options, &fit, &Unwatched).expect("read");
    assert_eq!((alike.len(), &alike[0].judge), (2, &judge));
    assert!(alike[0].correlation.value > 0.999, "{alike:?}");
    let other = alike[1].correlation;
    assert!(-1.0 <= other.low && other.low <= other.value && other.value <= other.high, "{other:?}");
    assert!(other.low < other.high && other.high <= 1.0, "{other:?}");
}

#[test]
fn votes_are_kept_beside_those_of_others_and_taken_back() {
    let bench = example();
    let others: Vec<Verdict> =
        bench.study().verdicts().expect("a table").flat_map(|batch| batch.expect("rows")).collect();
    let (first, _) = next_of(&bench, &[]);
    let kept = bench.keep_vote(&vote(&first, 1.0), &Unwatched).expect("kept");
    let (second, _) = next_of(&bench, &kept);
    let kept = bench.keep_vote(&vote(&second, 0.0), &Unwatched).expect("kept");
    assert_eq!(kept, bench.votes_of(JUDGE).expect("votes"));
    // One verdict of a judge on a pair: a second one takes its place, and is the last one then.
    let kept = bench.keep_vote(&vote(&first, 0.5), &Unwatched).expect("kept");
    assert_eq!(kept, bench.votes_of(JUDGE).expect("votes"));
    assert_eq!(kept.iter().map(|vote| vote.p_a).collect::<Vec<_>>(), [0.0, 0.5]);
    let undone = bench.undo_vote(JUDGE, &Unwatched).expect("undone").expect("a vote");
    assert_eq!((undone.pair.as_str(), undone.p_a), (first.pair.id.as_str(), 0.5));
    assert!(bench.undo_vote(JUDGE, &Unwatched).expect("undone").is_some());
    assert!(bench.undo_vote(JUDGE, &Unwatched).expect("undone").is_none());
    let after: Vec<Verdict> =
        bench.study().verdicts().expect("a table").flat_map(|batch| batch.expect("rows")).collect();
    assert_eq!(after, others);
    // The name of a judge of the data is not available here.
    let judge = others[0].judge.clone();
    let taken = Verdict { judge: judge.clone(), ..vote(&first, 1.0) };
    assert!(bench.keep_vote(&taken, &Unwatched).is_err());
    assert!(bench.undo_vote(&judge, &Unwatched).is_err());
    assert!(bench.has_pair(&first.pair.id, &Unwatched).expect("read"));
    assert!(!bench.has_pair("nobody", &Unwatched).expect("read"));
}

/// The result is no longer wanted.
struct Stopped;

impl Watch for Stopped {
    fn event(&self, _: crate::Event<'_>) {}

    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn who_writes_the_study_is_waited_for_and_then_named() {
    let bench = example();
    let (first, _) = next_of(&bench, &[]);
    let held = bench.study().lock("judge").expect("a lock");
    assert_eq!(locked(bench.study(), &Stopped).expect_err("held").kind(), Kind::Cancelled);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(APART);
            drop(held);
        });
        bench.keep_vote(&vote(&first, 1.0), &Unwatched).expect("kept once the lock is free");
    });
}
