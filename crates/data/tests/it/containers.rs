//! The same records in every container: whatever they are packed in, the same pairs come out.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use predilect_data::{DataError, ReadOptions};

use crate::packing::{arrow, arrow_of, bz2, gz, parquet, xz, zip};
use crate::{All, lay, read_bytes, read_paths};

pub(crate) const N: usize = 30;

fn lines(n: usize) -> String {
    (0..n)
        .map(|i| {
            format!(
                "{{\"id\": \"{i}\", \"prompt\": \"q {i}\", \"response_a\": \"café {i}\", \"response_b\": \"y\", \"preferred\": \"a\"}}\n"
            )
        })
        .collect()
}

pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<All, DataError> {
    read_bytes(name, bytes, &ReadOptions::default())
}

/// What was repaired or looked odd in the first file.
pub(crate) fn remarks(all: &All) -> String {
    all.summary.sources[0].remarks.join("; ")
}

/// Thirty pairs, all won by A, with the texts of [`lines`].
pub(crate) fn check(what: &str, all: &Result<All, DataError>) {
    let all = all.as_ref().unwrap_or_else(|e| panic!("{what}: {e}"));
    assert_eq!((all.pairs.len(), all.verdicts.len()), (N, N), "{what}");
    assert!(all.verdicts.iter().all(|v| v.p_a == 1.0), "{what}");
    let found = |text: &str| all.pairs.iter().any(|pair| pair.response_a.messages[0].content == text);
    assert!((0..N).all(|i| found(&format!("café {i}"))), "{what}");
}

#[test]
fn compressed_by_whatever() {
    let text = lines(N);
    let (first, second) = text.split_at(text.find("{\"id\": \"10\"").unwrap());
    let twice = |pack: fn(&[u8]) -> Vec<u8>| [pack(first.as_bytes()), pack(second.as_bytes())].concat();
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    check("gz", &read("f.jsonl.gz", &twice(gz)));
    check("zst", &read("f.jsonl.zst", &twice(zstd)));
    check("xz", &read("f.jsonl.xz", &twice(xz)));
    check("bz2", &read("f.jsonl.bz2", &twice(bz2)));
    check("no ending", &read("f", &twice(bz2)));
    for pack in [gz, bz2, xz, zstd] {
        let whole = pack(lines(20_000).as_bytes());
        let error = read("f.jsonl", &whole[..whole.len() / 2]).unwrap_err();
        assert!(
            error.remedy().is_some_and(|remedy| remedy.to_string().contains("cut short")),
            "{error} {:?}",
            error.remedy()
        );
    }
}

#[test]
fn archives() {
    let text = lines(N);
    let (first, second) = text.split_at(text.find("{\"id\": \"10\"").unwrap());
    let members = [
        ("data/one.jsonl", first.as_bytes()),
        ("data/deep/two.jsonl.gz", &gz(second.as_bytes())),
        ("__MACOSX/data/._one.jsonl", b"\0\0\0\0".as_slice()),
        (".hidden.jsonl", b"x"),
        ("README.md", b"# Read me"),
    ];
    for deflate in [false, true] {
        let all = read("a.zip", &zip(&members, deflate, 0));
        check("zip", &all);
        let sources = all.unwrap().summary.sources;
        let read: Vec<&str> = sources.iter().filter(|s| s.rows > 0).map(|s| s.source.as_str()).collect();
        assert!(read.iter().all(|s| s.contains("a.zip/data/")), "{read:?}");
        assert_eq!(sources.len(), 5);
    }
    let error = read("a.zip", &zip(&members, true, 1)).unwrap_err();
    assert!(error.to_string().contains("encrypted") && error.to_string().contains("a.zip/data/"), "{error}");
    let error = read("a.xlsx", &zip(&[("xl/workbook.xml", b"<x/>")], true, 0)).unwrap_err();
    assert!(
        error.to_string().contains("Excel") && error.remedy().unwrap().to_string().contains("CSV"),
        "{error}"
    );
    let error = read("a.zip", &zip(&[("b.zip", b"PK\x03\x04")], false, 0)).unwrap_err();
    assert!(error.to_string().contains("no data files"), "{error}");
    let mut damaged = zip(&members, true, 0);
    let at = damaged.windows(4).position(|w| w == b"PK\x01\x02").unwrap() / 4;
    damaged[at] ^= 0x55;
    assert!(read("a.zip", &damaged).is_err());
    assert!(
        read("a.zip", &damaged[..damaged.len() / 2]).unwrap_err().to_string().contains("table of contents")
    );
}

#[cfg(unix)]
fn pipe(folder: &Path, name: &str, bytes: Vec<u8>) -> (PathBuf, std::thread::JoinHandle<()>) {
    let path = folder.join(name);
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let to = path.clone();
    let writer = std::thread::spawn(move || {
        let mut pipe = std::fs::OpenOptions::new().write(true).open(to).unwrap();
        let _ = pipe.write_all(&bytes);
    });
    (path, writer)
}

#[test]
#[cfg(unix)]
fn a_pipe_gives_what_a_file_gives() {
    let folder = tempfile::tempdir().unwrap();
    let many = lines(20_000);
    let list = format!("[{}]", many.trim().replace('\n', ","));
    let table: String = "prompt,response_a,response_b,preferred\n".to_owned()
        + &(0..20_000)
            .map(|i| format!("q {i},\"long enough to fill the first half megabyte, {i}\",y,a\n"))
            .collect::<String>();
    let object = format!("{{\"data\": {list}}}");
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("lines", many.clone().into_bytes()),
        ("small", lines(N).into_bytes()),
        ("list", list.into_bytes()),
        ("object", object.into_bytes()),
        ("table", table.into_bytes()),
        ("gz", gz(many.as_bytes())),
        ("zip", zip(&[("x/f.jsonl", many.as_bytes())], true, 0)),
        ("parquet", parquet(20_000, "")),
        ("arrow", arrow(20_000, true, None)),
        ("stream", arrow(20_000, false, None)),
    ];
    for (name, bytes) in files {
        let file = read("f", &bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (path, writer) = pipe(folder.path(), name, bytes);
        let piped = read_paths(&[path], &ReadOptions::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
        writer.join().unwrap();
        assert_eq!(piped.pairs.len(), if name == "small" { N } else { 20_000 }, "{name}");
        assert!(piped.pairs.iter().zip(&file.pairs).all(|(x, y)| x.response_a == y.response_a), "{name}");
        assert_eq!(piped.verdicts.len(), file.verdicts.len(), "{name}");
    }
}

#[test]
fn many_files_do_not_stay_open() {
    let text = lines(1);
    let names: Vec<String> = (0..1500).map(|i| format!("{i:04}.jsonl")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), text.as_bytes())).collect();
    let (folder, _) = lay(&files);
    let all = read_paths(&[folder.path().to_path_buf()], &ReadOptions::default()).unwrap();
    assert_eq!(all.pairs.len(), 1);
}

#[test]
fn what_is_opened_again_is_decoded_again() {
    let texts: Vec<(String, Vec<u8>)> = (0..70)
        .map(|i| {
            let text = table(';', 1).replace("q 0", &format!("q {i}"));
            let bytes = text.chars().map(|c| if c == 'é' { 0xe9 } else { c as u8 }).collect();
            (format!("{i:02}.csv"), bytes)
        })
        .collect();
    let files: Vec<(&str, &[u8])> =
        texts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let (folder, _) = lay(&files);
    let all = read_paths(&[folder.path().to_path_buf()], &ReadOptions::default()).unwrap();
    assert_eq!((all.pairs.len(), all.summary.rows), (70, 70));
    assert!(all.pairs.iter().all(|pair| pair.response_a.text() == "café 0"));
}

#[test]
fn a_folder_called_as_a_table_changes_nothing() {
    let (_folder, paths) = lay(&[("x.csv.d/f.json", format!("[{}]", lines(1)).as_bytes())]);
    assert_eq!(read_paths(&paths, &ReadOptions::default()).unwrap().pairs.len(), 1);
}

#[test]
fn json_in_every_shape() {
    let text = lines(N);
    let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let column = |name: &str| rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    let by_row = |name: &str| -> serde_json::Value {
        rows.iter()
            .enumerate()
            .map(|(i, row)| (i.to_string(), row[name].clone()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let names = ["prompt", "response_a", "response_b", "preferred"];
    let values = |row: &serde_json::Value| names.map(|name| row[name].clone()).to_vec();
    let by_id: serde_json::Map<String, serde_json::Value> =
        rows.iter().enumerate().map(|(i, row)| (format!("q{i}"), row.clone())).collect();
    let mut table = vec![json!(names)];
    table.extend(rows.iter().map(|row| json!(values(row))));
    let shapes = [
        ("data", json!({"version": 2, "data": rows})),
        ("any name", json!({"my_comparisons": rows, "note": "x"})),
        ("splits", json!({"train": rows[..20], "test": rows[20..]})),
        (
            "columns",
            json!({"prompt": column("prompt"), "response_a": column("response_a"), "response_b": column("response_b"), "preferred": column("preferred"), "source": "s"}),
        ),
        (
            "pandas",
            json!({"prompt": by_row("prompt"), "response_a": by_row("response_a"), "response_b": by_row("response_b"), "preferred": by_row("preferred")}),
        ),
        (
            "pandas split",
            json!({"columns": names, "index": [0], "data": rows.iter().map(values).collect::<Vec<_>>()}),
        ),
        ("by id", by_id.into()),
        (
            "viewer",
            json!({"features": [], "rows": rows.iter().map(|row| json!({"row_idx": 0, "row": row, "truncated_cells": []})).collect::<Vec<_>>()}),
        ),
        ("table", table.into()),
    ];
    for (what, value) in &shapes {
        check(what, &read("f.json", value.to_string().as_bytes()));
        check(what, &read("f.json", serde_json::to_string_pretty(value).unwrap().as_bytes()));
        check(what, &read("f.json", format!("\u{feff}{value}\n").as_bytes()));
    }
    let columns = read("f.json", shapes[3].1.to_string().as_bytes()).unwrap();
    assert!(columns.pairs.iter().all(|pair| pair.metadata.values().any(|v| v == "s")
        || pair.metadata.contains_key("source")
        || !pair.metadata.is_empty()));
    check("commas", &read("f.jsonl", text.replace("}\n", "},\n").as_bytes()));
    check("mark", &read("f.jsonl", format!("\u{feff}{text}").as_bytes()));
    check(
        "NaN",
        &read("f.jsonl", text.replace("\"id\"", "\"score\": NaN, \"other\": -Infinity, \"id\"").as_bytes()),
    );
    let nan = format!(
        "{{\"data\": [{}]}}",
        text.trim().replace('\n', ",").replace("\"id\"", "\"score\": NaN, \"id\"")
    );
    check("NaN in an object", &read("f.json", nan.as_bytes()));
}

#[test]
fn one_record_is_one_record() {
    for text in [
        r#"{"prompt": "q", "response_a": "x", "response_b": "y", "verdicts": [{"judge": "j", "p_a": 1}, {"judge": "k", "p_a": 0}]}"#,
        r#"{"chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "x"}], "rejected": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "y"}]}"#,
    ] {
        for name in ["f.json", "f.jsonl"] {
            let all = read(name, text.as_bytes()).unwrap();
            assert_eq!(all.pairs.len(), 1, "{text}");
        }
    }
}

fn table(delimiter: char, n: usize) -> String {
    let header = format!("prompt{delimiter}response_a{delimiter}response_b{delimiter}preferred\n");
    header
        + &(0..n).map(|i| format!("q {i}{delimiter}café {i}{delimiter}y{delimiter}a\n")).collect::<String>()
}

#[test]
fn tables_of_every_dialect() {
    for delimiter in [',', ';', '\t', '|'] {
        check("delimiter", &read("f.csv", table(delimiter, N).as_bytes()));
        check(
            "sep",
            &read(
                "f.csv",
                format!("sep={delimiter}\r\n{}", table(delimiter, N).replace('\n', "\r\n")).as_bytes(),
            ),
        );
        check(
            "mark",
            &read("f.csv", format!("\u{feff}\"sep={delimiter}\"\n{}", table(delimiter, N)).as_bytes()),
        );
    }
    let plain = table(',', N);
    let index: String = plain
        .lines()
        .enumerate()
        .map(|(i, line)| if i == 0 { format!(",{line}\n") } else { format!("{},{line}\n", i - 1) })
        .collect();
    let all = read("f.csv", index.as_bytes());
    check("index", &all);
    let all = all.unwrap();
    assert!(
        all.pairs.iter().all(|p| !p.metadata.keys().any(|k| k.is_empty() || k.starts_with("column"))),
        "{:?}",
        all.pairs[0]
    );
    assert!(remarks(&all).contains("numbers the rows"), "{}", remarks(&all));
    let empty: String = plain.lines().map(|line| format!("{line},,\n")).collect();
    let all = read("f.csv", empty.as_bytes());
    check("empty columns", &all);
    assert!(
        all.unwrap()
            .pairs
            .iter()
            .all(|p| !p.metadata.keys().any(|k| k.is_empty() || k.starts_with("column")))
    );
    let unnamed: String = plain
        .lines()
        .enumerate()
        .map(|(i, l)| if i == 0 { format!("{l},\n") } else { format!("{l},note {i}\n") })
        .collect();
    let all = read("f.csv", unnamed.as_bytes()).unwrap();
    assert_eq!(all.pairs[0].metadata.get("column_5").and_then(|v| v.as_str()), Some("note 1"));
    let twice: String =
        plain.lines().map(|line| format!("{line},{}\n", line.split(',').next().unwrap())).collect();
    check("twice the same", &read("f.csv", twice.as_bytes()));
    let error = read("f.csv", twice.replace(",q 3\n", ",other\n").as_bytes()).unwrap_err();
    assert_eq!((error.field(), error.at()), (Some("prompt"), Some(predilect_data::At::Line(5))), "{error}");
    let tsv: String =
        table('\t', N).replace("\tcafé", "\t\"\tcafé").replace("\t\"\tcafé", "\tcafé").replace("q ", "\"q ");
    let all = read("f.tsv", tsv.as_bytes());
    check("quotes", &all);
    let all = all.unwrap();
    assert!(all.pairs[0].prompt[0].content.starts_with("\"q"));
    assert!(remarks(&all).contains("quote marks are read as text"));
    let ids = "\"{\"\"ImportId\"\":\"\"a\"\"}\",".repeat(4);
    let labels = format!("Which?,First?,Second?,Best?\n{}\n", ids.trim_end_matches(','));
    let at = plain.find('\n').unwrap() + 1;
    let qualtrics = format!("{}{labels}{}", &plain[..at], &plain[at..]);
    let all = read("f.csv", qualtrics.as_bytes());
    check("Qualtrics", &all);
    assert!(remarks(&all.unwrap()).contains("2 rows after the header"));
    for (cut, what) in [
        ("prompt,response_a,response_b,preferred\nq,xx", "first record"),
        ("prompt,\"response_a,response_b\nq,x\n", "header"),
    ] {
        let error = read("f.csv", cut.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
        assert!(error.remedy().is_some());
    }
}

#[test]
fn text_in_other_encodings() {
    for text in [lines(N), table(',', N), lines(9000).replace("café", "😀")] {
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            for mark in ["", "\u{feff}"] {
                let bytes: Vec<u8> = format!("{mark}{text}").encode_utf16().flat_map(order).collect();
                let all = read("f", &bytes).unwrap();
                assert!([N, 9000].contains(&all.pairs.len()));
                assert!(remarks(&all).contains("UTF-16"));
            }
        }
    }
    let western =
        |text: &str| -> Vec<u8> { text.chars().map(|c| if c == 'é' { 0xe9 } else { c as u8 }).collect() };
    let all = read("f.csv", &western(&table(';', N)));
    check("Windows-1252", &all);
    assert!(remarks(&all.unwrap()).contains("Windows-1252"));
    let error = read("f.jsonl", &western(&lines(N))).unwrap_err();
    assert!(error.remedy().unwrap().to_string().contains("iconv -f WINDOWS-1252"), "{:?}", error.remedy());
    let error = read(
        "f.csv",
        &table(',', N)
            .replace("café", "\u{1}")
            .bytes()
            .map(|b| if b == 1 { 0xcf } else { b })
            .collect::<Vec<_>>(),
    )
    .unwrap_err();
    assert!(error.remedy().unwrap().to_string().contains("iconv"), "{error} {:?}", error.remedy());
}

#[test]
fn folders_of_the_hub() {
    let shard = |from: usize, to: usize| arrow_of(from..to, false, None);
    let state = br#"{"_data_files": [{"filename": "data-00000-of-00002.arrow"}, {"filename": "data-00001-of-00002.arrow"}], "_fingerprint": "x"}"#;
    let (folder, _) = lay(&[
        ("dataset_dict.json", br#"{"splits": ["train"]}"#),
        ("train/state.json", state),
        ("train/dataset_info.json", b"{}"),
        ("train/data-00000-of-00002.arrow", &shard(0, 12)),
        ("train/data-00001-of-00002.arrow", &shard(12, N)),
        ("train/cache-1a2b.arrow", &shard(0, 2)),
    ]);
    let all = read_paths(&[folder.path().to_path_buf()], &ReadOptions::default());
    check("save_to_disk", &all);
    let all = all.unwrap();
    assert_eq!(all.summary.sources.iter().filter(|s| s.rows > 0).count(), 1, "{:#?}", all.summary.sources);
    let (folder, _) = lay(&[
        ("README.md", b"---\nlicense: mit\n---\n"),
        (".gitattributes", b"x"),
        ("dataset_infos.json", b"{}"),
        ("data/train-00000-of-00001.parquet", &parquet(N, "")),
    ]);
    check("snapshot", &read_paths(&[folder.path().to_path_buf()], &ReadOptions::default()));
}

/// Small files of each kind that has a table of contents or frames, for bytes to be changed in.
pub(crate) fn packed() -> Vec<(&'static str, Vec<u8>)> {
    use arrow_ipc::CompressionType as Packing;
    let text = lines(3);
    vec![
        ("f.zip", zip(&[("a.jsonl", text.as_bytes()), ("b.jsonl", text.as_bytes())], true, 0)),
        ("f.gz", gz(text.as_bytes())),
        ("f.xz", xz(text.as_bytes())),
        ("f.bz2", bz2(text.as_bytes())),
        ("f.zst", zstd::encode_all(text.as_bytes(), 1).unwrap()),
        ("f.arrow", arrow(3, true, None)),
        ("f.arrow", arrow(3, false, None)),
        ("f.arrow", arrow(3, true, Some(Packing::ZSTD))),
        ("f.arrow", arrow(3, false, Some(Packing::LZ4_FRAME))),
        ("f.parquet", parquet(3, "brotli")),
        ("f.parquet", parquet(3, "lz4_raw")),
        ("f.txt", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ]
}

/// Texts of tables and documents, for letters to be changed in.
pub(crate) fn texts() -> Vec<(&'static str, String)> {
    let rows = lines(3).trim().replace('\n', ",");
    vec![
        ("f.json", format!("{{\"data\": [{rows}], \"n\": 3}}")),
        ("f.json", format!("{{\"train\": [{rows}], \"test\": [{rows}]}}")),
        ("f.json", "{\"prompt\": [\"p\", \"q\"], \"chosen\": [\"x\", \"y\"], \"rejected\": [\"v\", \"w\"]}".to_owned()),
        ("f.json", "{\"prompt\": {\"0\": \"p\", \"1\": \"q\"}, \"chosen\": {\"0\": \"x\", \"1\": \"y\"}, \"rejected\": {\"0\": \"x\", \"1\": \"y\"}}".to_owned()),
        ("f.json", "{\"columns\": [\"prompt\", \"chosen\", \"rejected\"], \"data\": [[\"p\", \"x\", \"y\"], [\"q\", \"x\", \"y\"]]}".to_owned()),
        ("f.json", "[[\"prompt\", \"chosen\", \"rejected\"], [\"p\", \"x\", \"y\"]]".to_owned()),
        ("f.json", "{\"q0\": {\"prompt\": \"p\", \"chosen\": \"x\", \"rejected\": \"y\"}, \"q1\": {\"prompt\": \"p\", \"chosen\": \"x\", \"rejected\": \"y\"}}".to_owned()),
        ("f.json", "{\"rows\": [{\"row\": {\"prompt\": \"p\", \"chosen\": \"x\", \"rejected\": \"y\"}, \"truncated_cells\": [\"x\"]}]}".to_owned()),
        ("f.csv", format!("sep=;\r\n{}", table(';', 3))),
        ("f.csv", table(',', 3).lines().map(|line| format!(",{line},\n")).collect()),
        ("f.tsv", table('\t', 3).replace('q', "\"q")),
        ("f.csv", "a,b\nA?,B?\n\"{\"\"ImportId\"\":1}\",\"{\"\"ImportId\"\":2}\"\nx,y\n".to_owned()),
    ]
}
