//! What do the views look like? Writes the made-up studies of the tests as HTML, and one of them to the terminal.
//!
//! `cargo run -p predilect-report --example preview -- FOLDER [WIDTH]`

#[path = "../tests/fixture/mod.rs"]
mod fixture;

use std::{env, fs, io, path::PathBuf};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    let width = env::args().nth(2).and_then(|w| w.parse().ok()).unwrap_or(80);
    let mut plain = fixture::study(
        &["human", "gpt-4-turbo"],
        &[
            "Knowledge-aware",
            "Code",
            "Advice",
            "Communication",
            "Creative Writing",
            "Daily Tasks",
            "Exam Questions",
            "Functional Writing",
            "NLP Tasks",
            "Others",
            "Unsafe Queries",
        ],
    );
    plain.settings.simulated = true;
    let one = fixture::study(&["human"], &[]);
    for (name, d) in [
        ("plain", &plain),
        ("one", &one),
        ("large", &fixture::large()),
        ("hostile", &fixture::hostile()),
        ("empty", &fixture::empty()),
    ] {
        fs::write(folder.join(format!("{name}.html")), predilect_report::html(d))?;
    }
    predilect_report::terminal(&plain, &mut io::stdout().lock(), width)
}
