//! Whatever the bytes, reading ends with records or an error, never with a panic.

use std::sync::LazyLock;

use predilect_data::{Format, OnBadRow, ReadOptions};
use proptest::prelude::*;

use crate::read_bytes;
use crate::samples::SAMPLES;

fn try_all(name: &str, bytes: &[u8], format: Option<Format>) {
    for on_bad_row in [OnBadRow::Stop, OnBadRow::Skip] {
        let options = ReadOptions { format, on_bad_row, max_record_bytes: 1 << 20, ..ReadOptions::default() };
        if let Err(error) = read_bytes(name, bytes, &options) {
            let shown = format!("{error}{}", error.remedy().map(ToString::to_string).unwrap_or_default());
            assert!(!shown.chars().any(char::is_control), "{error:?}");
        }
    }
}

fn format() -> impl Strategy<Value = Option<Format>> {
    prop::option::of(prop::sample::select(Format::all().collect::<Vec<_>>()))
}

/// Twenty thousand names of one kind in each of four records. Where each name is compared with each other one, this takes minutes.
#[test]
fn records_with_very_many_names_are_read_in_no_time() {
    type Name = fn(usize) -> String;
    let kinds: [(Name, &str); 5] = [
        (|i| format!("f{}_{}", i % 2, i / 2), "1"),
        (|i| format!("{}_{}", ["chosen", "rejected"][i % 2], i / 2), "\"some words here\""),
        (|i| format!("judge_{i}"), "\"A\""),
        (|i| format!("preference_{}_{}", ["a", "b"][i % 2], i / 2), "true"),
        (|i| format!("x{}", "_".repeat(i % 200) + &(i / 200).to_string()), "{}"),
    ];
    for (name, value) in kinds {
        let fields: String = (0..20_000).map(|i| format!(", \"{}\": {value}", name(i))).collect();
        let record = |i: usize| {
            format!(
                "{{\"prompt\": \"q {i}\", \"response_a\": \"x {i}\", \"response_b\": \"y {i}\"{fields}}}\n"
            )
        };
        let text: String = (0..4).map(record).collect();
        let read = read_bytes("f.jsonl", text.as_bytes(), &crate::without_verdicts());
        // Whether it is understood does not matter.
        assert!(read.map_or(4, |all| all.pairs.len()) >= 4, "{}", name(0));
    }
    let header: String = (0..60_000).map(|i| format!(",x{i}")).collect();
    let text = format!("prompt,response_a,response_b,winner{header}\nq,x y,z w,A{}\n", ",1".repeat(60_000));
    assert_eq!(read_bytes("f.csv", text.as_bytes(), &ReadOptions::default()).unwrap().pairs.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2000), format in format()) {
        try_all("f", &bytes, format);
    }

    #[test]
    fn arbitrary_text(text in "[\\[\\]{}\",:0-9a-z\\\\ \n]{0,200}", start in "[\\[{]?", format in format()) {
        try_all("f", format!("{start}{text}").as_bytes(), format);
    }

    #[test]
    fn mutated_samples(
        which in 0..SAMPLES.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let (format, name, text) = SAMPLES[which];
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte, kind) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        try_all(name, &bytes, None);
        try_all(name, &bytes, format.parse().ok());
    }

    #[test]
    fn mutated_values(
        which in 0..SAMPLES.len(),
        field in any::<prop::sample::Index>(),
        value in prop::sample::select(vec![
            "null", "[]", "{}", "-1", "1e308", "\"\"", "true", "[null]", "[{}]", "[[[]]]", "\"\\u0000\"", "18446744073709551616",
            "{\"content\": 1}", "[{\"role\": null, \"content\": []}]",
        ]),
    ) {
        let (format, name, text) = SAMPLES[which];
        // Puts the value in place of whatever follows one of the colons.
        let colons: Vec<usize> = text.match_indices("\": ").map(|(at, _)| at + 3).collect();
        prop_assume!(!colons.is_empty());
        let from = colons[field.index(colons.len())];
        let mut values = serde_json::Deserializer::from_str(&text[from..]).into_iter::<serde_json::Value>();
        prop_assume!(values.next().is_some_and(|v| v.is_ok()));
        let to = from + values.byte_offset();
        let text = format!("{}{value}{}", &text[..from], &text[to..]);
        try_all(name, text.as_bytes(), format.parse().ok());
        try_all(name, text.as_bytes(), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn mutated_parquet(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = crate::study::small_parquet();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        try_all("f.parquet", &bytes, None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn mutated_containers(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        static PACKED: LazyLock<Vec<(&str, Vec<u8>)>> = LazyLock::new(|| {
            let texts = crate::containers::texts().into_iter().map(|(name, text)| (name, text.into_bytes()));
            crate::containers::packed().into_iter().chain(texts).collect()
        });
        let (name, bytes) = which.get(&PACKED);
        let mut bytes = bytes.clone();
        for (at, byte, kind) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes[at] = 0xff,
                2 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        try_all(name, &bytes, None);
        try_all("f", &bytes, None);
    }

    #[test]
    fn arbitrary_tables(text in "[a\",;|\t\n\r =sép]{0,120}") {
        try_all("f.csv", text.as_bytes(), None);
        try_all("f.csv", text.as_bytes(), "votes".parse().ok());
    }
}
