//! What does the example that comes with the project say? A snapshot of the whole terminal output.

use std::process::Command;

#[test]
fn the_example_reads_as_it_always_did() {
    let output = Command::new(env!("CARGO_BIN_EXE_predilect"))
        .args(["dissect", "--example", "--verdicts", "hard", "--quiet"])
        .env("COLUMNS", "100")
        .output()
        .expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    insta::assert_snapshot!(String::from_utf8(output.stdout).expect("UTF-8"));
}
