//! How are bytes packed and columns written, for tests of what reads them?

use std::io::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};

pub(crate) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn bz2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One stream of xz whose one block is not compressed; made by hand, as the encoder is not built.
pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let crc = |bytes: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum().to_le_bytes()
    };
    let number = |mut n: usize| {
        let mut out = Vec::new();
        while n >= 0x80 {
            out.push(n as u8 | 0x80);
            n >>= 7;
        }
        out.push(n as u8);
        out
    };
    let flags = [0, 1];
    let mut out = b"\xfd7zXZ\0".to_vec();
    out.extend_from_slice(&flags);
    out.extend_from_slice(&crc(&flags));
    let header = [2, 0, 0x21, 1, 0x16, 0, 0, 0];
    let start = out.len();
    out.extend_from_slice(&header);
    out.extend_from_slice(&crc(&header));
    for (i, chunk) in bytes.chunks(60_000).enumerate() {
        out.push(if i == 0 { 1 } else { 2 });
        out.extend_from_slice(&((chunk.len() - 1) as u16).to_be_bytes());
        out.extend_from_slice(chunk);
    }
    out.push(0);
    let unpadded = out.len() - start + 4;
    while !(out.len() - start).is_multiple_of(4) {
        out.push(0);
    }
    out.extend_from_slice(&crc(bytes));
    let mut index = vec![0, 1];
    index.extend(number(unpadded));
    index.extend(number(bytes.len()));
    while !index.len().is_multiple_of(4) {
        index.push(0);
    }
    out.extend_from_slice(&index);
    out.extend_from_slice(&crc(&index));
    let mut footer = (((index.len() + 4) / 4 - 1) as u32).to_le_bytes().to_vec();
    footer.extend_from_slice(&flags);
    out.extend_from_slice(&crc(&footer));
    out.extend_from_slice(&footer);
    out.extend_from_slice(b"YZ");
    out
}

/// A zip archive, deflated or stored; `flags` 1 says that members are encrypted.
pub(crate) fn zip(members: &[(&str, &[u8])], deflate: bool, flags: u16) -> Vec<u8> {
    let (mut out, mut contents) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let packed = if deflate {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        } else {
            bytes.to_vec()
        };
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let mut common = Vec::new();
        for short in [20, flags, if deflate { 8 } else { 0 }, 0, 0] {
            common.extend_from_slice(&short.to_le_bytes());
        }
        for int in [crc.sum(), packed.len() as u32, bytes.len() as u32] {
            common.extend_from_slice(&int.to_le_bytes());
        }
        common.extend_from_slice(&(name.len() as u16).to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        let header = out.len() as u32;
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&common);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&packed);
        contents.extend_from_slice(b"PK\x01\x02\x14\0");
        contents.extend_from_slice(&common);
        contents.extend_from_slice(&[0; 10]);
        contents.extend_from_slice(&header.to_le_bytes());
        contents.extend_from_slice(name.as_bytes());
    }
    let start = out.len() as u32;
    out.extend_from_slice(&contents);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    for _ in 0..2 {
        out.extend_from_slice(&(members.len() as u16).to_le_bytes());
    }
    out.extend_from_slice(&(contents.len() as u32).to_le_bytes());
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

pub(crate) fn batch(rows: std::ops::Range<usize>) -> RecordBatch {
    let text = |make: &dyn Fn(usize) -> String| -> ArrayRef {
        Arc::new(rows.clone().map(|i| Some(make(i))).collect::<StringArray>())
    };
    RecordBatch::try_from_iter([
        ("id", text(&|i| i.to_string())),
        ("prompt", text(&|i| format!("q {i}"))),
        ("response_a", text(&|i| format!("café {i}"))),
        ("response_b", text(&|_| "y".to_owned())),
        ("preferred", text(&|_| "a".to_owned())),
    ])
    .unwrap()
}

pub(crate) fn arrow_of(
    rows: std::ops::Range<usize>,
    file: bool,
    compression: Option<arrow_ipc::CompressionType>,
) -> Vec<u8> {
    let options = arrow_ipc::writer::IpcWriteOptions::default().try_with_compression(compression).unwrap();
    let batches: Vec<RecordBatch> =
        rows.clone().step_by(1000).map(|from| batch(from..(from + 1000).min(rows.end))).collect();
    write_arrow(&batches, file, options)
}

pub(crate) fn write_arrow(
    batches: &[RecordBatch],
    file: bool,
    options: arrow_ipc::writer::IpcWriteOptions,
) -> Vec<u8> {
    let (mut out, schema) = (Vec::new(), batches[0].schema());
    if file {
        let mut writer =
            arrow_ipc::writer::FileWriter::try_new_with_options(&mut out, &schema, options).unwrap();
        for batch in batches {
            writer.write(batch).unwrap();
        }
        writer.finish().unwrap();
    } else {
        let mut writer =
            arrow_ipc::writer::StreamWriter::try_new_with_options(&mut out, &schema, options).unwrap();
        for batch in batches {
            writer.write(batch).unwrap();
        }
        writer.finish().unwrap();
    }
    out
}

pub(crate) fn arrow(n: usize, file: bool, compression: Option<arrow_ipc::CompressionType>) -> Vec<u8> {
    arrow_of(0..n, file, compression)
}

pub(crate) fn write_parquet(batch: &RecordBatch, codec: &str) -> Vec<u8> {
    use parquet::basic::Compression;
    let compression = match codec {
        "snappy" => Compression::SNAPPY,
        "gzip" => Compression::GZIP(parquet::basic::GzipLevel::default()),
        "brotli" => Compression::BROTLI(parquet::basic::BrotliLevel::default()),
        "lz4" => Compression::LZ4,
        "lz4_raw" => Compression::LZ4_RAW,
        "zstd" => Compression::ZSTD(parquet::basic::ZstdLevel::default()),
        _ => Compression::UNCOMPRESSED,
    };
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_compression(compression)
        .set_dictionary_page_size_limit(16 << 20)
        .build();
    let mut out = Vec::new();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut out, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    out
}

pub(crate) fn parquet(n: usize, codec: &str) -> Vec<u8> {
    write_parquet(&batch(0..n), codec)
}
