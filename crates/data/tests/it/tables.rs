//! Parquet and Arrow in every form give the pairs of any other container.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};

use predilect_data::{OnBadRow, Onto, ReadOptions, Reason, import};

use crate::containers::{N, check, read, remarks};
use crate::packing::{arrow, batch, gz, parquet, write_arrow, write_parquet};
use crate::{lay, read_paths};

#[test]
fn parquet_of_every_codec() {
    for codec in ["", "snappy", "gzip", "brotli", "lz4", "lz4_raw", "zstd"] {
        check(codec, &read("f.parquet", &parquet(N, codec)));
    }
    check("gz around it", &read("f.parquet.gz", &gz(&parquet(N, "zstd"))));
}

#[test]
fn arrow_files_and_streams() {
    const LZ4_FRAME: arrow_ipc::CompressionType = arrow_ipc::CompressionType::LZ4_FRAME;
    const ZSTD: arrow_ipc::CompressionType = arrow_ipc::CompressionType::ZSTD;
    for compression in [None, Some(LZ4_FRAME), Some(ZSTD)] {
        for file in [false, true] {
            check("arrow", &read("f.arrow", &arrow(N, file, compression)));
            let all = read("f.arrow", &arrow(5_000, file, compression)).unwrap();
            assert_eq!(all.pairs.len(), 5_000);
            let bytes = arrow(N, file, compression);
            for cut in [9, 100, bytes.len() / 2, bytes.len() * 2 / 3] {
                let error = read("f.arrow", &bytes[..cut]).unwrap_err();
                assert!(error.remedy().is_some(), "{error}");
            }
        }
    }
}

#[test]
fn columns_of_every_type() {
    use arrow_array::types::{Float16Type, Int8Type, UInt16Type};
    use arrow_array::*;
    let n = 0..i32::try_from(N).unwrap();
    let plain = batch(0..N);
    let column = |name: &str| plain.column_by_name(name).unwrap().clone();
    let strings = |name: &str| column(name).as_any().downcast_ref::<StringArray>().unwrap().clone();
    let dictionary: DictionaryArray<Int8Type> =
        strings("preferred").iter().map(|v| v.unwrap()).collect::<Vec<_>>().into_iter().collect();
    let wide: DictionaryArray<UInt16Type> = strings("prompt")
        .iter()
        .map(|v| v.unwrap().to_owned())
        .collect::<Vec<_>>()
        .iter()
        .map(String::as_str)
        .collect();
    let large: LargeStringArray = strings("response_a").iter().collect();
    let view: StringViewArray = strings("response_b").iter().collect();
    let uuid = FixedSizeBinaryArray::try_from_iter(n.clone().map(|i| [i as u8; 16])).unwrap();
    let half: Float16Array = n
        .clone()
        .map(|i| Some(<Float16Type as ArrowPrimitiveType>::Native::from_f64(f64::from(i) / 2.0)))
        .collect();
    let interval: IntervalYearMonthArray = n.map(Some).collect();
    let batch = RecordBatch::try_from_iter([
        ("prompt", Arc::new(wide) as ArrayRef),
        ("response_a", Arc::new(large) as ArrayRef),
        ("response_b", Arc::new(view) as ArrayRef),
        ("preferred", Arc::new(dictionary) as ArrayRef),
        ("row_uuid", Arc::new(uuid) as ArrayRef),
        ("margin", Arc::new(half) as ArrayRef),
        ("lasted", Arc::new(interval) as ArrayRef),
    ])
    .unwrap();
    let options = arrow_ipc::writer::IpcWriteOptions::default;
    for (name, bytes) in [
        ("f.parquet", write_parquet(&batch, "snappy")),
        ("f.arrow", write_arrow(std::slice::from_ref(&batch), true, options())),
        ("f.arrow", write_arrow(std::slice::from_ref(&batch), false, options())),
    ] {
        let all = read(name, &bytes);
        check(name, &all);
        let all = all.unwrap();
        let meta = &all.pairs[3].metadata;
        assert_eq!(meta.get("row_uuid").and_then(|v| v.as_str()), Some("03".repeat(16).as_str()), "{meta:?}");
        assert_eq!(meta.get("margin").and_then(serde_json::Value::as_f64), Some(1.5));
        assert!(!meta.contains_key("lasted"));
        assert!(remarks(&all).contains("column `lasted`"), "{}", remarks(&all));
    }
}

#[test]
fn a_small_file_of_huge_rows_stays_within_bounds() {
    // One text of 3 MB, repeated by its number in a dictionary 2,000 times: 6 GB of text in a few kilobytes.
    let long = "x".repeat(3 << 20);
    let rows = 2_000;
    let text: StringArray = (0..rows).map(|_| Some("y")).collect();
    let keys = arrow_array::Int32Array::from(vec![0; rows]);
    let huge = arrow_array::DictionaryArray::new(keys, Arc::new(StringArray::from(vec![long.as_str()])));
    let ids: StringArray = (0..rows).map(|i| Some(format!("q {i}"))).collect();
    let batch = RecordBatch::try_from_iter([
        ("prompt", Arc::new(ids) as ArrayRef),
        ("response_a", Arc::new(huge) as ArrayRef),
        ("response_b", Arc::new(text.clone()) as ArrayRef),
    ])
    .unwrap();
    let (_folder, paths) = lay(&[("f.parquet", &write_parquet(&batch, "zstd"))]);
    let before = peak_kib();
    let options = ReadOptions { limit: Some(500), ..crate::without_verdicts() };
    let mut n = 0;
    predilect_data::read(&paths, &options, &mut |_| {}, &mut |_| {
        n += 1;
        Ok(())
    })
    .unwrap();
    assert_eq!(n, 500);
    assert!(peak_kib() - before < 600 << 10, "{} MiB", (peak_kib() - before) >> 10);
    let options =
        ReadOptions { max_record_bytes: 1 << 20, on_bad_row: OnBadRow::Stop, ..ReadOptions::default() };
    let error = read_paths(&paths, &options).unwrap_err();
    assert_eq!(error.kind(), predilect_data::ErrorKind::Row(Reason::TooLarge), "{error}");
}

#[test]
fn what_a_record_carries_is_bounded_like_its_texts() {
    // One text of 3 MB for 250 records, in a column that becomes metadata or the scenario, or as its name: 750 MB in a few kilobytes.
    let long = "x".repeat(3 << 20);
    let rows = 250;
    let text = |start: &str| -> ArrayRef {
        Arc::new((0..rows).map(|i| Some(format!("{start} {i}"))).collect::<StringArray>())
    };
    for (name, own) in [("meta", "meta"), ("scenario", "scenario"), (long.as_str(), "name")] {
        let keys = arrow_array::Int32Array::from(vec![0; rows]);
        let huge = arrow_array::DictionaryArray::new(keys, Arc::new(StringArray::from(vec![long.as_str()])));
        let short: ArrayRef = text("m");
        let column: ArrayRef = if name == own { Arc::new(huge) } else { short };
        let batch = RecordBatch::try_from_iter([
            ("prompt", text("q")),
            ("response_a", text("a")),
            ("response_b", text("b")),
            ("preferred", Arc::new((0..rows).map(|_| Some("a")).collect::<StringArray>()) as ArrayRef),
            (name, column),
        ])
        .unwrap();
        let (folder, paths) = lay(&[("f.parquet", &write_parquet(&batch, "zstd"))]);
        drop(batch);
        let before = peak_kib();
        let study = folder.path().join("study");
        let (study, summary) =
            import(&paths, &ReadOptions::default(), &study, Onto::New, &mut |_| {}).unwrap();
        assert_eq!(summary.pairs, rows as u64);
        let imported = peak_kib();
        let read: usize = study.pairs().unwrap().map(|batch| batch.unwrap().len()).sum();
        let whole = peak_kib();
        let bare: usize = study.pairs_without_texts().unwrap().map(|batch| batch.unwrap().len()).sum();
        assert_eq!((read, bare), (rows, rows));
        let grown = [imported, whole, peak_kib()].map(|peak| (peak - before) >> 10);
        assert!(grown.iter().all(|grown| *grown < 400), "{own}: {grown:?} MiB");
    }
}

#[test]
fn pairs_of_one_record_are_bounded_together() {
    // 60 responses to a prompt of 1 MB are 1,770 pairs, each of which repeats it.
    let responses: Vec<String> = (0..60).map(|i| format!("response {i}")).collect();
    let ranks: Vec<usize> = (0..60).collect();
    let record =
        |prompt: &str| serde_json::json!({ "prompt": prompt, "responses": responses, "ranks": ranks });
    let text = format!("{}\n{}\n", record("short"), record(&"x".repeat(1 << 20)));
    let (_folder, paths) = lay(&[("f.jsonl", text.as_bytes())]);
    let error = read_paths(&paths, &ReadOptions::default()).unwrap_err();
    assert_eq!(error.kind(), predilect_data::ErrorKind::Row(Reason::TooLarge), "{error}");
    let skip = ReadOptions { on_bad_row: OnBadRow::Skip, ..ReadOptions::default() };
    let all = read_paths(&paths, &skip).unwrap();
    assert_eq!((all.pairs.len(), all.dropped("record too large")), (60 * 59 / 2, 1));
}

/// The most memory that this process ever had, where the system says so.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches("kB").trim().parse().unwrap_or(0)
}
