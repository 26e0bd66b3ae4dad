//! `predilect verify` against a server whose judge likes length.

#![allow(clippy::too_many_lines, reason = "one story a test")]

mod moving;
mod serving;
mod shapes;

use std::fs;
use std::process::Command;
use std::time::Duration;

use moving::{found, refused, server, study};
use predilect_results::verifying::VerifyJson;

#[test]
fn padding_is_a_cause_for_a_judge_of_length() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = study(folder.path());
    let (address, seen) = server(true, Duration::ZERO);
    let output = folder.path().join("verified");
    let verify = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_predilect"));
        command.arg("verify").arg(&study).args([
            "--judge-model",
            &address,
            "--no-grammar",
            "--no-probe",
            "--json",
            "--quiet",
            "--pairs",
            "20",
        ]);
        command
            .args(["--most-others", "29", "--properties", "length,informal,interactive", "-o"])
            .arg(&output)
            .args(more);
        command
    };
    let plan = found(verify(&[]).arg("--dry-run"));
    assert!(plan[0]["calls"].as_u64() > Some(50) && !output.exists(), "{plan}");
    assert_eq!(seen.counts().1, 0);
    // Of a slice, only its own pairs are edited.
    let of_two = found(verify(&["--where", "id in (p1, p2)"]).arg("--dry-run"));
    assert!((1..50).contains(&of_two[0]["calls"].as_u64().expect("a number")), "{of_two}");
    let page = folder.path().join("verified.html");
    let first = found(&mut verify(&["--html", page.to_str().expect("a path"), "--attacks", "4"]));
    let effect = |edit: &str| {
        let rows = first["effects"].as_array().expect("effects");
        rows.iter().find(|row| row["edit"] == edit).unwrap_or_else(|| panic!("{edit}: {first:#}")).clone()
    };
    let (pad, cut) = (effect("pad"), effect("null"));
    assert!(pad["low"].as_f64() > Some(5.0) && pad["predicted_low"].as_f64() > Some(0.0), "{pad}");
    assert_eq!((pad["verdict"].as_str(), pad["pairs"].as_u64()), (Some("cause"), Some(20)));
    assert!(cut["weight"].is_null(), "{cut}");
    assert_eq!(first["judging"]["attacks"].as_array().map(Vec::len), Some(6));
    assert!(fs::read_to_string(&page).expect("a page").contains("What causes the verdicts of m"));
    assert!(output.join("effects.parquet").is_file());
    shapes::comes_back::<VerifyJson>(&first);
    let calls = seen.counts();
    let again = found(verify(&["--attacks", "4"]).arg("--offline"));
    assert_eq!((&again["effects"], seen.counts()), (&first["effects"], calls));
    // A model rewrites where no rule can, and what it does not do is dropped and counted.
    let writer = address.replace("#m", "#writer");
    let other = folder.path().join("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_predilect"));
    command.arg("verify").arg(&study).args([
        "--judge-model",
        &address,
        "--no-grammar",
        "--json",
        "--quiet",
        "--pairs",
        "5",
    ]);
    command
        .args(["--property", "supported,length", "--writer", &writer, "--most-others", "29", "-o"])
        .arg(&other);
    let written = found(&mut command);
    assert!(written["dropped"]["supported"].to_string().contains("did not move the property"), "{written:#}");
    refused(&mut verify(&["--property", "lenght"]), "`lenght` is not a property");
    refused(&mut verify(&["--property", "novel"]), "`novel` cannot be rated by text analysis");
    refused(&mut verify(&["--property", "complex"]), "no rule changes `complex`");
}

#[test]
fn a_property_that_only_a_model_can_rate_is_edited_and_checked_by_an_annotator() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = study(folder.path());
    let (address, seen) = server(true, Duration::ZERO);
    let model = |name: &str| address.replace("#m", &format!("#{name}"));
    let output = folder.path().join("verified");
    let verify = |property: &str, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_predilect"));
        command.arg("verify").arg(&study).args(["--judge-model", &address, "--writer", &model("writer")]);
        command.args(["--annotator", &model("rater"), "--property", property, "--pairs", "4"]);
        command.args(["--no-grammar", "--no-probe", "--json", "--quiet", "-o"]).arg(&output).args(more);
        command
    };
    let plan = found(verify("novel", &[]).arg("--dry-run"));
    let names: Vec<&str> =
        plan.as_array().expect("plans").iter().filter_map(|own| own["name"].as_str()).collect();
    assert!(
        names.contains(&"rater (checks edits)") && names.contains(&"rater (rates responses)"),
        "{plan:#}"
    );
    assert!(!output.exists());
    let first = found(&mut verify("novel", &[]));
    let rows = first["effects"].as_array().expect("effects");
    let of = |more: bool| rows.iter().find(|row| row["property"] == "novel" && row["more"] == more);
    // The writer made every response novel, and none the most usual: nothing was novel before.
    let more = of(true).unwrap_or_else(|| panic!("{first:#}"));
    assert_eq!((more["edit"].as_str(), more["pairs"].as_u64()), (Some("writer"), Some(4)), "{more}");
    assert!(of(false).is_none(), "{first:#}");
    assert_eq!(first["dropped"]["novel"], serde_json::json!({"did not move the property": 6}));
    assert!(first["rating"]["calls"].as_u64() > Some(8), "{first:#}");
    shapes::comes_back::<VerifyJson>(&first);
    // What was answered is not asked again.
    let calls = seen.counts();
    let again = found(verify("novel", &[]).arg("--offline"));
    assert_eq!(
        (&again["effects"], &again["dropped"], seen.counts()),
        (&first["effects"], &first["dropped"], calls)
    );
    refused(
        &mut verify("no_severe_errors", &[]),
        "`no_severe_errors` cannot be rated by a model without a reference",
    );
}
