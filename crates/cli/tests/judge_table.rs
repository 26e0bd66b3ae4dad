//! The judge table: the same figures in every form, and what a slow count of the raw verdicts says.

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json as object};

use support::{json, run};

/// One verdict as the file has it: pair, judge, preference for A, whether A was shown first, if known.
type Verdict = (usize, &'static str, f64, Option<bool>);

struct Made {
    verdicts: Vec<Verdict>,
    /// Words and lists of A and B, and the scenario, of each pair.
    pairs: Vec<([usize; 2], [bool; 2], &'static str)>,
}

/// 240 pairs on 120 prompts: people, a judge that is mostly right, one that is mostly wrong, and one that likes what is shown first.
fn made() -> Made {
    let mut verdicts = Vec::new();
    let mut pairs = Vec::new();
    for i in 0..240_usize {
        let words = [4 + (i * 7) % 23, 4 + (i * 11) % 19];
        let lists = [i % 5 == 0, i % 7 == 0];
        pairs.push((words, lists, if i % 3 == 0 { "code" } else { "chat" }));
        let good = f64::from(u8::from((i * 13) % 29 < 14));
        let truth = if i % 11 == 0 { 0.5 } else { good };
        verdicts.push((i, "human", truth, None));
        let right = if i % 6 == 1 { 1.0 - good } else { good };
        verdicts.push((i, "right", if i % 13 == 2 { 0.5 } else { right }, None));
        verdicts.push((i, "wrong", if i % 4 == 0 { good } else { 1.0 - good }, None));
        // In both orders; in three of five pairs it prefers what it sees first.
        let (ab, ba) = if i % 5 < 3 { (1.0, 0.0) } else { (good, good) };
        verdicts.push((i, "first", ab, Some(true)));
        verdicts.push((i, "first", ba, Some(false)));
    }
    Made { verdicts, pairs }
}

fn written(made: &Made, folder: &Path) -> String {
    let text = |words: usize, list: bool| {
        let mut words: Vec<String> = (0..words).map(|k| format!("word{k}")).collect();
        if list {
            "\n- item\n- item".clone_into(&mut words[1]);
        }
        words.join(" ")
    };
    let mut lines = String::new();
    for (i, (words, lists, scenario)) in made.pairs.iter().enumerate() {
        let own: Vec<Value> = made
            .verdicts
            .iter()
            .filter(|verdict| verdict.0 == i)
            .map(|(_, judge, p_a, first)| match first {
                Some(true) => object!({"judge": judge, "p_a": p_a, "order": "ab"}),
                Some(false) => object!({"judge": judge, "p_a": p_a, "order": "ba"}),
                None => object!({"judge": judge, "p_a": p_a}),
            })
            .collect();
        let row = object!({"id": format!("p{i}"), "prompt": format!("question {}", i / 2), "scenario": scenario,
            "response_a": text(words[0], lists[0]), "response_b": text(words[1], lists[1]), "verdicts": own});
        writeln!(lines, "{row}").expect("a string grows");
    }
    let path = folder.join("pairs.jsonl");
    std::fs::write(&path, lines).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

const OPTIONS: [&str; 8] = [
    "--quiet",
    "--no-grammar",
    "--properties",
    "length,courtesies",
    "--resamples",
    "50",
    "--no-pooling",
    "--folds=0",
];

fn side(p: f64) -> i32 {
    i32::from(p > 0.5) - i32::from(p < 0.5)
}

fn ratio(all: impl Iterator<Item = f64>) -> f64 {
    let all: Vec<f64> = all.collect();
    all.iter().sum::<f64>() / all.len() as f64
}

/// Words as the file's texts have them: a list has two and takes the place of one.
fn longer(count_of: [usize; 2], lists: [bool; 2]) -> i32 {
    let count = |at: usize| count_of[at] + usize::from(lists[at]);
    i32::from(count(0) > count(1)) - i32::from(count(0) < count(1))
}

/// What a slow count of the verdicts says of one judge, by column.
#[expect(
    clippy::too_many_lines,
    reason = "every column by itself, without what the program shares among them"
)]
fn twin(made: &Made, judge: &str) -> BTreeMap<&'static str, f64> {
    let truth = |pair: usize| made.verdicts.iter().find(|v| v.0 == pair && v.1 == "human").expect("people").2;
    let own: Vec<&Verdict> = made.verdicts.iter().filter(|verdict| verdict.1 == judge).collect();
    let agrees = |v: &&&Verdict| {
        let (p, q) = (side(v.2), side(truth(v.0)));
        if p == q {
            1.0
        } else if p == 0 || q == 0 {
            0.5
        } else {
            0.0
        }
    };
    let mean = |pair: usize| ratio(own.iter().filter(|v| v.0 == pair).map(|v| v.2));
    let pairs = made.pairs.len();
    let of_side = |side_of: &dyn Fn(usize) -> i32| {
        let counted = own.iter().filter(|v| v.2 != 0.5 && side_of(v.0) != 0);
        ratio(counted.map(|v| f64::from(u8::from(side(v.2) == side_of(v.0)))))
    };
    let mut found = BTreeMap::from([
        ("ties", ratio(own.iter().map(|v| f64::from(u8::from(v.2 == 0.5))))),
        ("longer", of_side(&|pair| longer(made.pairs[pair].0, made.pairs[pair].1))),
        (
            "list",
            of_side(&|pair| {
                let [a, b] = made.pairs[pair].1;
                i32::from(a) - i32::from(b)
            }),
        ),
        ("verdicts", own.len() as f64),
    ]);
    if judge != "human" {
        let x: Vec<f64> = (0..pairs).map(mean).collect();
        let y: Vec<f64> = (0..pairs).map(truth).collect();
        let (mx, my) = (ratio(x.iter().copied()), ratio(y.iter().copied()));
        let sum = |of: &dyn Fn(usize) -> f64| (0..pairs).map(of).sum::<f64>();
        let r = sum(&|i| (x[i] - mx) * (y[i] - my))
            / (sum(&|i| (x[i] - mx).powi(2)) * sum(&|i| (y[i] - my).powi(2))).sqrt();
        // The error of the mean over prompts, with k / (k - 1): labels for 3 points at 95 %.
        let k = (pairs / 2) as f64;
        let squares = (0..pairs / 2).map(|g| (y[2 * g] + y[2 * g + 1] - 2.0 * my).powi(2)).sum::<f64>();
        let error = (k / (k - 1.0) * squares).sqrt() / pairs as f64;
        let alone = (1.959_963_984_540_054 * error / 0.03).powi(2) * pairs as f64;
        let needed = (alone * (1.0 - r * r)).ceil();
        found.extend([
            ("accuracy", ratio(own.iter().map(|v| agrees(&v)))),
            ("same", ratio((0..pairs).map(|i| f64::from(u8::from(side(x[i]) == side(y[i])))))),
            ("correlation", r),
            ("labels_needed", needed),
            ("labels_alone", alone.ceil()),
            ("labels_there", pairs as f64),
            ("labels_missing", (needed - pairs as f64).max(0.0)),
        ]);
        for (id, name) in [("accuracy_in:code", "code"), ("accuracy_in:chat", "chat")] {
            found.insert(id, ratio(own.iter().filter(|v| made.pairs[v.0].2 == name).map(|v| agrees(&v))));
        }
    }
    if judge == "first" {
        // What it prefers of what it saw: A first in one order, B first in the other.
        let for_first = |v: &&&Verdict| if v.3 == Some(true) { v.2 } else { 1.0 - v.2 };
        found.insert("first", ratio(own.iter().map(|v| for_first(&v))));
        let flipped = (0..pairs).filter(|pair| {
            let two: Vec<i32> = own.iter().filter(|v| v.0 == *pair).map(|v| side(v.2)).collect();
            two[0] * two[1] < 0
        });
        found.insert("flips", flipped.count() as f64 / pairs as f64);
    }
    found
}

#[test]
fn every_figure_is_what_a_slow_count_says_and_every_form_has_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = made();
    let pairs = written(&made, folder.path());
    let study = folder.path().join("study");
    let study = study.to_str().expect("UTF-8");
    let csv_path = folder.path().join("judges.csv");
    let csv_path = csv_path.to_str().expect("UTF-8");
    let ask = |more: &[&str]| -> Vec<String> {
        let all = [&["compare", &pairs][..], &OPTIONS, more].concat();
        all.into_iter().map(str::to_owned).collect()
    };
    let found: Value =
        serde_json::from_str(&said(&ask(&["--json", "-o", study, "--csv", csv_path]))).expect("JSON");
    let rows = found["judge_table"]["rows"].as_array().expect("rows");
    let order: Vec<&str> = rows.iter().filter_map(|row| row["judge"].as_str()).collect();
    assert_eq!((order[0], order.last().copied()), ("human", Some("wrong")), "{order:?}");
    assert_eq!(rows[rows.len() - 1]["turned"], true);
    for judge in ["human", "right", "wrong", "first"] {
        let row = rows.iter().find(|row| row["judge"] == judge).expect("a row");
        for (id, expected) in twin(&made, judge) {
            let value = row["cells"][id]["value"].as_f64().unwrap_or_else(|| panic!("{judge} {id}: {row}"));
            assert!((value - expected).abs() < 1e-9, "{judge} {id}: {value} and {expected}");
        }
        for (id, figure) in row["cells"].as_object().expect("cells") {
            if let (Some(value), Some(low), Some(high)) =
                (figure["value"].as_f64(), figure["low"].as_f64(), figure["high"].as_f64())
            {
                assert!(low <= value && value <= high, "{judge} {id}: {figure}");
            }
        }
    }
    csv_is_json(&std::fs::read_to_string(csv_path).expect("a file"), rows);
    assert_eq!(said(&ask(&["--csv", "-"])), std::fs::read_to_string(csv_path).expect("a file"));
    views_have_every_row(&ask, rows);
    use_the_one_that_is_right(&found);
    parquet_is_json(Path::new(study), rows);
}

/// Runs the words of a command.
fn said(args: &[String]) -> String {
    let (done, out, err) = run(&args.iter().map(String::as_str).collect::<Vec<&str>>());
    assert!(done, "{args:?}: {err}");
    out
}

/// Every number of the CSV is that of JSON, and the other way around.
fn csv_is_json(csv: &str, rows: &[Value]) {
    let mut lines = csv.lines();
    let heads: Vec<&str> = lines.next().expect("a heading").split(',').collect();
    assert_eq!(heads[..5], ["judge", "kind", "turned", "accuracy", "accuracy_low"]);
    let lines: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(lines.len(), rows.len());
    for (line, row) in lines.iter().zip(rows) {
        assert_eq!((line[0], line.len()), (row["judge"].as_str().expect("a name"), heads.len()));
        let mut there = 0;
        for (head, cell) in heads.iter().zip(line).skip(3) {
            let (id, end) = if let Some(part) = head.strip_prefix("accuracy_low_in:") {
                (format!("accuracy_in:{part}"), "low")
            } else if let Some(part) = head.strip_prefix("accuracy_high_in:") {
                (format!("accuracy_in:{part}"), "high")
            } else if let Some(id) = head.strip_suffix("_low") {
                (id.to_owned(), "low")
            } else if let Some(id) = head.strip_suffix("_high") {
                (id.to_owned(), "high")
            } else {
                ((*head).to_owned(), "value")
            };
            assert_eq!(cell.parse::<f64>().ok(), row["cells"][&id][end].as_f64(), "{} {head}", line[0]);
            there += usize::from(!cell.is_empty());
        }
        let numbers = row["cells"]
            .as_object()
            .expect("cells")
            .values()
            .map(|figure| figure.as_object().map_or(0, serde_json::Map::len));
        assert_eq!(there, numbers.sum::<usize>());
    }
}

/// The table of the study has the same figures in the same columns.
fn parquet_is_json(study: &Path, rows: &[Value]) {
    let table =
        predilect_workbench::Study::open(study).expect("a study").read_table("judges").expect("a table");
    let [batch] = table.as_slice() else { panic!("{table:?}") };
    assert_eq!(batch.num_rows(), rows.len());
    for (name, id, end) in [
        ("accuracy", "accuracy", "value"),
        ("accuracy_high_in:chat", "accuracy_in:chat", "high"),
        ("correlation", "correlation", "value"),
        ("labels_missing", "labels_missing", "value"),
        ("first_low", "first", "low"),
    ] {
        let column = batch.column_by_name(name).unwrap_or_else(|| panic!("{name}"));
        let column = column.as_any().downcast_ref::<arrow_array::Float64Array>().expect("numbers");
        for (value, row) in column.iter().zip(rows) {
            assert_eq!(value, row["cells"][id][end].as_f64(), "{} {name}", row["judge"]);
        }
    }
}

/// The terminal and Markdown have each judge once, the accuracy as JSON has it.
fn views_have_every_row(ask: &dyn Fn(&[&str]) -> Vec<String>, rows: &[Value]) {
    let (markdown, terminal) = (said(&ask(&["--md", "-"])), said(&ask(&[])));
    let table = terminal.split("\nJudges\n").nth(1).expect("a table");
    for row in rows.iter().filter(|row| row["kind"] == "judge") {
        let judge = row["judge"].as_str().expect("a name");
        let [value, low, high] = ["value", "low", "high"]
            .map(|end| (100.0 * row["cells"]["accuracy"][end].as_f64().expect("a share")).round());
        let shown = format!("{value}\u{a0}% [{low}, {high}]");
        for (form, text) in [("markdown", &markdown[..]), ("terminal", table)] {
            let line = text
                .lines()
                .find(|line| line.trim_start_matches(['|', ' ']).starts_with(judge))
                .expect("a line");
            assert!(line.replace('\\', "").contains(&shown), "{form}: {shown} in {line}");
        }
    }
    assert!(markdown.contains("wrong ↻") && table.contains("wrong ↻"), "{markdown}");
}

/// The first finding names the judge that predicts the reference best, with its figures.
fn use_the_one_that_is_right(found: &Value) {
    let first = &found["findings"][0];
    assert_eq!(
        (first["kind"].as_str(), first["judge"].as_str()),
        (Some("use_judge"), Some("right")),
        "{first}"
    );
    let row = found["judge_table"]["rows"]
        .as_array()
        .and_then(|rows| rows.iter().find(|row| row["judge"] == "right"));
    let cells = &row.expect("a row")["cells"];
    assert_eq!(first["accuracy"]["value"], cells["accuracy"]["value"]);
    let sentence = first["sentence"].as_str().expect("a sentence");
    for count in ["labels_needed", "labels_there", "labels_missing"] {
        assert_eq!(first[count].as_f64(), cells[count]["value"].as_f64(), "{count}");
        assert!(first[count] == 0 || sentence.contains(&first[count].to_string()), "{sentence}");
    }
    // The others are surely worse, prompt by prompt.
    assert_eq!(first["not_surely_worse"], serde_json::json!([]), "{first}");
}

#[test]
fn several_people_are_one_reference_and_nobody_is_advised_without_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = made();
    let pairs = written(&made, folder.path());
    // Two reference judges: a majority of one right and one wrong is a tie where they differ.
    let found = json(
        &[&["compare", &pairs, "--reference", "human", "--reference", "right", "--json"][..], &OPTIONS]
            .concat(),
    );
    let rows = found["judge_table"]["rows"].as_array().expect("rows");
    let wrong = rows.iter().find(|row| row["judge"] == "wrong").expect("a row");
    let of =
        |judge: &str, pair: usize| made.verdicts.iter().find(|v| v.1 == judge && v.0 == pair).expect("one").2;
    let same = ratio((0..240).map(|pair| {
        let mean = f64::midpoint(of("human", pair), of("right", pair));
        f64::from(u8::from(side(mean) == side(of("wrong", pair))))
    }));
    assert!(
        (wrong["cells"]["same"]["value"].as_f64().expect("a share") - same).abs() < 1e-12,
        "{wrong} {same}"
    );
    // Without people among the judges nothing can be advised, and that is said.
    let judges = ["--judge", "right", "--judge", "wrong", "--json"];
    let found = json(&[&["compare", &pairs][..], &judges, &OPTIONS].concat());
    assert_eq!(found["findings"][0]["kind"], "no_judge");
    assert!(
        found["findings"][0]["sentence"].as_str().is_some_and(|said| said.contains("is not known")),
        "{found}"
    );
}
