//! Does any file make the reader panic? `cargo +nightly fuzz run read` in crates/data.
//!
//! The first byte picks the format (one value means: detect it) and whether bad records stop.

#![no_main]

use libfuzzer_sys::fuzz_target;
use predilect_data::{Format, OnBadRow, ReadOptions, read};

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let options = ReadOptions {
        format: Format::all().nth(usize::from(first >> 1)),
        on_bad_row: if first & 1 == 1 { OnBadRow::Skip } else { OnBadRow::Stop },
        max_record_bytes: 1 << 20,
        ..ReadOptions::default()
    };
    let Ok(folder) = tempfile::tempdir() else { return };
    let path = folder.path().join("input");
    if std::fs::write(&path, rest).is_ok() {
        let _ = read(&[path], &options, &mut |_| {}, &mut |_| Ok(()));
    }
});
