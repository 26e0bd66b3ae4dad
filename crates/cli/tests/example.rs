//! What does the example that comes with the project say? A snapshot of the whole terminal output.

use std::process::Command;

#[test]
fn the_example_reads_as_it_always_did() {
    let output = Command::new(env!("CARGO_BIN_EXE_predilect"))
        .args(["dissect", "--example", "local-judge", "--verdicts", "hard", "--quiet"])
        .env("COLUMNS", "100")
        .output()
        .expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    insta::assert_snapshot!(without_iterations(&text));
}

/// How many iterations a fit takes depends on the order in which a processor's registers add up.
fn without_iterations(text: &str) -> String {
    let mut parts = text.split("engine ep, ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("engine ep, N");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}
