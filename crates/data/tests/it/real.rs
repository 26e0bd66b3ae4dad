//! The files of ../shared/data: what is read of each, by count. Skipped, and saying so, where they are not.

use std::path::PathBuf;

use predilect_data::ReadOptions;
use predilect_types::Order;

use crate::{All, read_paths};

fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: ../shared is missing");
    None
}

fn read_shared(path: &str) -> Option<All> {
    let path = shared(path)?;
    // Of arena_hard there are only the answers of two models.
    let options = ReadOptions { without_verdicts: path.ends_with("arena_hard"), ..ReadOptions::default() };
    Some(read_paths(&[path], &options).unwrap_or_else(|e| panic!("{e}; {:?}", e.remedy())))
}

/// Folder or file; rows, pairs, verdicts; what was dropped or merged; files read and files left out.
type Expected = (&'static str, [u64; 3], &'static [(&'static str, u64)], [usize; 2]);

const MERGED: &str = "further record on a pair already read";
const MISSING: &str = "verdict missing or not parsed";
const GOLD_AGAIN: &str = "right answer given again";

/// Counted by this reader, and checked against the counts of data/README.md where that has them.
///
/// Of the people's labels of MT-Bench five pairs are in the set twice, with the sides exchanged.
const EXPECTED: &[Expected] = &[
    ("arena/llama3_70b_vs_others_stem.csv", [693, 693, 693], &[], [1, 0]),
    ("arena/llama3_70b_vs_others_soft_questions.csv", [555, 555, 555], &[], [1, 0]),
    ("auto_j", [1392, 1390, 1392], &[(MERGED, 2)], [1, 0]),
    ("pandalm", [2997, 999, 4970], &[(MISSING, 25)], [3, 0]),
    ("llmbar", [2933, 419, 2929], &[(MERGED, 2514), (GOLD_AGAIN, 2514), (MISSING, 4)], [35, 0]),
    (
        "mt_bench",
        [1110, 195, 988],
        &[
            ("answer of the only model: nothing to compare it with", 30),
            (MERGED, 805),
            (GOLD_AGAIN, 805),
            (MISSING, 7),
        ],
        [7, 0],
    ),
    ("alpaca_eval", [14486, 12876, 14486], &[(MERGED, 1610)], [18, 6]),
    ("arena_hard", [1500, 500, 0], &[], [3, 0]),
    ("biasbench", [80, 80, 80], &[], [1, 0]),
    ("pairwise_votes/llmfao.csv", [8931, 2139, 8931], &[(MERGED, 6792)], [1, 0]),
    ("pairwise_votes", [8961, 2169, 8961], &[(MERGED, 6792)], [2, 2]),
    ("preference_dissection", [2, 2, 2], &[], [1, 18]),
    ("llmfao", [15348, 2139, 13209], &[], [4, 4]),
    ("llmfao/crowd-comparisons.csv", [8931, 2139, 8931], &[(MERGED, 6792)], [1, 0]),
    ("llmfao/gpt4-crowd-comparisons.csv", [2139, 2139, 2139], &[], [1, 0]),
];

#[test]
fn every_file_is_read_to_the_last_record() {
    for (path, [rows, pairs, verdicts], unused, [read, left_out]) in EXPECTED {
        let Some(all) = read_shared(path) else { return };
        let unused: Vec<(&str, u64)> = unused.to_vec();
        let counted = all.summary.dropped.iter().chain(&all.summary.merged);
        let mut found: Vec<(&str, u64)> = counted.map(|(reason, n)| (reason.as_str(), *n)).collect();
        found.sort_unstable();
        let skipped = all.summary.sources.iter().filter(|s| s.format == "skipped").count();
        assert_eq!(
            (
                [all.summary.rows, all.summary.pairs, all.summary.verdicts],
                found,
                [all.summary.sources.len() - skipped, skipped]
            ),
            ([*rows, *pairs, *verdicts], unused, [*read, *left_out]),
            "{path}: {:#?}",
            all.summary
        );
        assert_eq!((all.pairs.len() as u64, all.verdicts.len() as u64), (*pairs, *verdicts), "{path}");
    }
}

#[test]
fn a_leaderboard_that_is_named_is_an_error() {
    let Some(path) = shared("alpaca_eval/evaluators_leaderboard.csv") else { return };
    let error = read_paths(&[path], &ReadOptions::default()).unwrap_err();
    assert!(error.to_string().contains("not a known format"), "{error}");
    assert!(error.remedy().unwrap().to_string().contains("say what each column contains"), "{error}");
    let shown = error.details().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for said in ["Human agreement               70.98", "map prompt=COLUMN", "map response_a=COLUMN"] {
        assert!(shown.contains(said), "{shown}");
    }
}

#[test]
fn evaluators_have_one_verdict_of_both_orders() {
    let Some(all) = read_shared("llmbar/GPTInst") else { return };
    let judge: Vec<_> = all.verdicts.iter().filter(|v| v.judge == "GPT-4_Vanilla").collect();
    assert_eq!(judge.len(), 92);
    assert!(judge.iter().all(|v| v.order == Order::Both));
    assert_eq!(all.verdicts.iter().filter(|v| v.judge == "gold").count(), 92);
}

/// Every vote of the crowd, by the names of the models and with who gave it; also where the texts are in another file.
#[test]
fn votes_keep_names_and_workers() {
    for (input, judge) in [("pairwise_votes/llmfao.csv", "human"), ("llmfao", "crowd-comparisons")] {
        let (Some(path), Some(all)) = (shared("llmfao/crowd-comparisons.csv"), read_shared(input)) else {
            return;
        };
        let text = std::fs::read_to_string(&path).unwrap();
        let mut written: Vec<String> = text
            .lines()
            .skip(1)
            .map(|line| {
                let cells: Vec<&str> = line.split(',').collect();
                let [id, _, _, _, worker, winner, left, right] = cells.as_slice() else { panic!("{line}") };
                format!("{id},{worker},{winner},{left},{right}")
            })
            .collect();
        let pairs: std::collections::BTreeMap<_, _> = all.pairs.iter().map(|p| (p.id.as_str(), p)).collect();
        let mut read: Vec<String> = all
            .verdicts
            .iter()
            .filter(|v| v.judge == judge)
            .map(|v| {
                let pair = pairs[v.pair.as_str()];
                let winner = match v.p_a {
                    1.0 => "left",
                    0.0 => "right",
                    _ => "tie",
                };
                let [left, right] =
                    [&pair.response_a, &pair.response_b].map(|side| side.model.clone().unwrap());
                format!("{},{},{winner},{left},{right}", v.pair, v.annotator.as_deref().unwrap())
            })
            .collect();
        written.sort_unstable();
        read.sort_unstable();
        assert_eq!(read, written, "{input}");
    }
}
