//! What a puzzled user is told: every message of a refused layout, and of files that are broken, not data, or mapped wrongly, as a snapshot
//! that is read as a whole.

use std::fmt::Write as _;
use std::path::Path;

use predilect_data::{DataError, ReadOptions};

use crate::layouts;
use crate::read_bytes;

/// The message as the command line shows it, with the file by its name alone.
fn shown(name: &str, error: &DataError) -> String {
    let mut text = format!("error: {error}\n");
    for line in error.details() {
        let _ = writeln!(text, "  {line}");
    }
    if let Some(remedy) = error.remedy() {
        let _ = writeln!(text, "remedy: {remedy}");
    }
    // The folder is another in every run.
    let folder = text
        .split(name)
        .next()
        .and_then(|before| before.rfind("error: ").and_then(|at| before.get(at + 7..)));
    match folder.map(str::to_owned).filter(|folder| Path::new(folder).is_absolute()) {
        Some(folder) => text.replace(&folder, ""),
        None => text,
    }
}

#[test]
fn refused_layouts_say_what_is_missing_and_how_to_say_it() {
    let mut all = String::new();
    for (name, error) in layouts::refusals() {
        let _ = writeln!(all, "== {name}\n{}", shown(&name, &error));
    }
    insta::assert_snapshot!(all);
}

const PAIR: &str = r#"{"prompt": "q 1", "response_a": "x y", "response_b": "z w", "winner": "A"}"#;

/// Broken files, files that are not data, and mappings that do not fit.
fn broken() -> Vec<(&'static str, Vec<u8>, Vec<&'static str>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    let table = "prompt,response_a,response_b,winner\nq 1,x y,z w,A\nq 2,x y,z w,B\n";
    let mut latin = text(PAIR);
    latin.extend_from_slice(
        b"\n{\"prompt\": \"caf\xe9\", \"response_a\": \"x\", \"response_b\": \"y\", \"winner\": \"A\"}\n",
    );
    vec![
        ("empty.jsonl", Vec::new(), vec![]),
        ("blank.csv", text("\n\n"), vec![]),
        (
            "lfs.parquet",
            text(
                "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n",
            ),
            vec![],
        ),
        ("page.csv", text("<!DOCTYPE html>\n<html><body>Sign in</body></html>\n"), vec![]),
        ("cut.csv", text("prompt,response_a,response_b,winner\n\"q 1, which goes on\nand is cut"), vec![]),
        ("cells.csv", text("prompt,response_a,response_b,winner\nq 1,x y,z w,A,B\n"), vec![]),
        ("cut.jsonl", text(&format!("{PAIR}\n{}", &PAIR[..40])), vec![]),
        ("comma.jsonl", text(&format!("{PAIR}\n{},}}\n", &PAIR[..PAIR.len() - 1])), vec![]),
        ("latin.jsonl", latin, vec![]),
        ("not.parquet", text("PAR1 nonsense PAR1"), vec![]),
        ("cut.gz", vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3], vec![]),
        ("winner.jsonl", text(&PAIR.replace("\"A\"", "\"the nice one\"")), vec![]),
        ("p_a.jsonl", text(r#"{"prompt": "q", "response_a": "x", "response_b": "y", "p_a": 1.5}"#), vec![]),
        ("weight.jsonl", text(&PAIR.replace("\"winner\"", "\"weight\": \"much\", \"winner\"")), vec![]),
        ("twice.jsonl", text(&PAIR.replace("\"winner\"", "\"winner\": \"B\", \"winner\"")), vec![]),
        (
            "empty_response.csv",
            text("prompt,response_a,response_b,winner\nq 1,,z w,B\nq 2,x y,z w,A\n"),
            vec![],
        ),
        ("unjudged.csv", text("prompt,response_a,response_b\nq 1,x y,z w\n"), vec![]),
        ("misspelt.csv", text(table), vec!["prompt=promt"]),
        ("unknown.csv", text(table), vec!["prompt=question"]),
        (
            "within.jsonl",
            text(r#"{"d": {"prompt": "q", "a": "x y", "b": "z w"}, "w": "A"}"#),
            vec!["prompt=d.promt", "response_a=d.a", "response_b=d.b", "winner=w"],
        ),
        ("meaning.csv", text(&table.replace(",A", ",yes").replace(",B", ",no")), vec![]),
        ("list.jsonl", text(r#"{"prompt": "q", "responses": ["x", "y"], "scores": [1]}"#), vec![]),
        (
            "quote.csv",
            // A closing quote mark is missing in the second record: what follows it is not used to recognise the columns.
            text(
                "question,m-1,m-2,preference\n\"q 1\",\"x, y\",\"z, w\",m-1\n\"q 2\",\"x, y,\"z, w\",m-2\n\"q 3\",\"x, y\",\"z, w\",m-2\n",
            ),
            vec![],
        ),
        (
            "late_swap.csv",
            text("prompt,response_a,response_b,winner,swapped\nq 1,x y,z w,A,no\nq 2,x y,z w,B,yes\n"),
            vec![],
        ),
    ]
}

#[test]
fn broken_files_say_where_and_what_to_do() {
    let mut all = String::new();
    for (name, bytes, claims) in broken() {
        let mut options = ReadOptions::default();
        for claim in claims {
            options.mapping.extend(claim.parse().unwrap());
        }
        let said = match read_bytes(name, &bytes, &options) {
            Ok(read) => format!("read: {} pairs, {} verdicts\n", read.pairs.len(), read.verdicts.len()),
            Err(error) => shown(name, &error),
        };
        let _ = writeln!(all, "== {name}\n{said}");
    }
    insta::assert_snapshot!(all);
}
