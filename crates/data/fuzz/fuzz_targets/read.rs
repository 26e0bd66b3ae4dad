//! Does any file, under any format, mapping or recipe, make the reader panic? `cargo +nightly fuzz run read` in crates/data.
//!
//! The first byte picks whether bad records stop and what the reader is given: no mapping (the format is to be detected), a format (the
//! second byte), a mapping (the lines up to a blank one, a claim each) or a recipe in TOML (the lines up to a blank one). What follows is
//! the file.

#![no_main]

use std::sync::Once;

use libfuzzer_sys::fuzz_target;
use predilect_data::{Format, Mapping, OnBadRow, ReadOptions, Recipe, read};

static QUIET: Once = Once::new();

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let mut options = ReadOptions {
        on_bad_row: if first & 1 == 1 { OnBadRow::Skip } else { OnBadRow::Stop },
        max_record_bytes: 1 << 20,
        ..ReadOptions::default()
    };
    let Ok(folder) = tempfile::tempdir() else { return };
    let mut file = rest;
    let head = |bytes: &'_ [u8]| {
        let at = bytes.windows(2).position(|two| two == b"\n\n")?;
        let head = std::str::from_utf8(bytes.get(..at)?).ok()?.to_owned();
        Some((head, at + 2))
    };
    match (first >> 1) % 4 {
        0 => {}
        1 => {
            let Some((format, rest)) = rest.split_first() else { return };
            options.format = Format::all().nth(usize::from(*format) % Format::all().count());
            file = rest;
        }
        2 => {
            let Some((claims, at)) = head(rest) else { return };
            for claim in claims.lines() {
                if let Ok(claim) = claim.parse::<Mapping>() {
                    options.mapping.extend(claim);
                }
            }
            file = rest.get(at..).unwrap_or_default();
        }
        _ => {
            let Some((recipe, at)) = head(rest) else { return };
            let path = folder.path().join("recipe.toml");
            if std::fs::write(&path, recipe).is_err() {
                return;
            }
            let Ok(recipe) = Recipe::from_file(&path) else { return };
            options.recipe = Some(recipe);
            file = rest.get(at..).unwrap_or_default();
        }
    }
    let path = folder.path().join("input");
    if std::fs::write(&path, file).is_ok() {
        // A panic of a library that reads Parquet or Arrow is caught and reported as a damaged file: only one that escapes is a finding.
        QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
        let done = std::panic::catch_unwind(|| read(&[path.clone()], &options, &mut |_| {}, &mut |_| Ok(())));
        if done.is_err() {
            std::process::abort();
        }
    }
});
