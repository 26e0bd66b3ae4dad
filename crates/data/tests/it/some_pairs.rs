//! A few pairs by their numbers are those of the whole table, wherever its row groups begin.

use predilect_data::{Onto, ReadOptions, import};

#[test]
fn pairs_by_their_numbers_are_those_of_the_whole_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("made.jsonl");
    // More than two row groups of 16,384.
    let count = 40_000_u32;
    let line = |at: u32| {
        format!(
            "{{\"id\": \"p{at}\", \"prompt\": \"q\", \"response_a\": \"a {at}\", \"response_b\": \"b\", \"preferred\": \"a\", \"judge\": \"one\"}}\n"
        )
    };
    std::fs::write(&file, (0..count).map(line).collect::<String>()).expect("a file");
    let options = ReadOptions::default();
    let to = folder.path().join("study");
    let (study, _) = import(&[file], &options, &to, Onto::New, &mut |_| {}).expect("a study");
    let edges = [0, 1, 16_383, 16_384, 16_385, 32_767, 32_768, 39_999];
    let every: Vec<u32> = (0..count).step_by(97).collect();
    for numbers in [
        &edges[..],
        &edges[3..5],
        &edges[7..],
        &[20_000],
        &[],
        &every,
        &[5, 5, 7],
        &[39_999, 40_000, u32::MAX],
    ] {
        let mut wanted: Vec<u32> = numbers.iter().copied().filter(|number| *number < count).collect();
        wanted.dedup();
        let found = study.some_pairs(numbers).expect("pairs");
        let found: Vec<(u32, String, String)> = found
            .into_iter()
            .map(|(number, pair)| (number, pair.id, pair.response_a.text().into_owned()))
            .collect();
        let wanted: Vec<(u32, String, String)> =
            wanted.into_iter().map(|at| (at, format!("p{at}"), format!("a {at}"))).collect();
        assert_eq!(found, wanted);
    }
}
