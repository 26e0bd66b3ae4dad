//! What is not data at all: what it is instead, and what to do about it.

use std::borrow::Cow;

use super::archive::Member;

/// Why a file cannot be data: the problem and the remedy.
pub(crate) type Refusal = (Cow<'static, str>, Cow<'static, str>);

pub(crate) fn refusal(
    problem: impl Into<Cow<'static, str>>,
    remedy: impl Into<Cow<'static, str>>,
) -> Refusal {
    (problem.into(), remedy.into())
}

/// Kinds of files by their first bytes.
const KINDS: &[(&[u8], &str, &str)] = &[
    (b"%PDF", "the file is a PDF document", "save the table that it shows as CSV"),
    (
        b"SQLite format 3\0",
        "the file is an SQLite database",
        "export the table as CSV, e.g. sqlite3 -header -csv FILE 'SELECT * FROM table'",
    ),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "the file is an old Excel or Word document",
        "save the sheet as CSV",
    ),
    (
        b"\x89HDF\r\n\x1a\n",
        "the file is an HDF5 file",
        "save the table as Parquet, CSV or JSON Lines, e.g. with pandas",
    ),
    (b"\x93NUMPY", "the file is a NumPy array", "save the data as Parquet, CSV or JSON Lines"),
    (b"7z\xbc\xaf\x27\x1c", "the file is a 7z archive", "unpack it first"),
    (b"Rar!\x1a\x07", "the file is a RAR archive", "unpack it first"),
    (b"\x04\x22\x4d\x18", "the file is compressed with LZ4", "unpack it first, e.g. with lz4 -d"),
    (
        b"FEA1",
        "the file is a Feather file of the old kind",
        "write it again with pyarrow.feather.write_feather",
    ),
    (b"ORC", "the file is an ORC file", "convert it to Parquet"),
    (b"Obj\x01", "the file is an Avro file", "convert it to Parquet or JSON Lines"),
    (b"PARE", "the file is an encrypted Parquet file", "decrypt it first"),
    (b"\x89PNG", "the file is an image", "name the file with the preference data"),
    (b"\x7fELF", "the file is binary: a program", "name the file with the preference data"),
    (b"\xff\xfe\0\0", "the text is UTF-32", "convert it to UTF-8, e.g. iconv -f UTF-32 -t UTF-8"),
    (b"\0\0\xfe\xff", "the text is UTF-32", "convert it to UTF-8, e.g. iconv -f UTF-32 -t UTF-8"),
];

const SAVE: &str = "load it with the program that wrote it, and save the data as Parquet, CSV or JSON Lines";

/// What the first bytes show not to be data.
pub(crate) fn not_data(prefix: &[u8]) -> Option<Refusal> {
    let text = prefix.strip_prefix(b"\xef\xbb\xbf").unwrap_or(prefix).trim_ascii_start();
    if let Some((_, problem, remedy)) = KINDS.iter().find(|(magic, ..)| prefix.starts_with(magic)) {
        return Some(refusal(*problem, *remedy));
    }
    if text.starts_with(b"version https://git-lfs") {
        return Some(refusal(
            "the file is a Git LFS pointer: it names the data, which was not downloaded",
            "run `git lfs pull` in its repository, or download the file itself",
        ));
    }
    let start: Vec<u8> = text.iter().take(64).map(u8::to_ascii_lowercase).collect();
    if [b"<!doctype html".as_slice(), b"<html", b"<head", b"<!--"].iter().any(|tag| start.starts_with(tag)) {
        return Some(refusal(
            "the file is a web page, e.g. an error or log-in page that was saved instead of the data",
            "open it in a browser to see what it says, and download the data again",
        ));
    }
    if start.starts_with(b"<?xml") {
        return Some(refusal("the file is XML", "convert it to JSON Lines or CSV"));
    }
    if matches!(prefix, [0x80, 2..=5, b'}' | b']' | b'(' | b'c' | 0x95 | 0x8c | b'q', ..]) {
        return Some(refusal(
            "the file is a Python pickle, which is never loaded: it may run any code",
            SAVE,
        ));
    }
    if prefix.get(257..262) == Some(b"ustar") {
        return Some(refusal("the file is a tar archive", "unpack it first, e.g. with tar -xf"));
    }
    None
}

/// What an archive's members show not to be an archive of data.
pub(crate) fn not_archive(members: &[Member]) -> Option<Refusal> {
    let has = |part: &str| members.iter().any(|member| member.name.starts_with(part));
    let ends = |end: &str| members.iter().any(|member| member.name.ends_with(end));
    if has("xl/") {
        return Some(refusal("the file is an Excel workbook", "save the sheet as CSV (UTF-8) and name that"));
    }
    if has("word/") || has("ppt/") {
        return Some(refusal("the file is an Office document", "save the table that it contains as CSV"));
    }
    if members.iter().any(|member| member.name == "content.xml") && ends("mimetype") {
        return Some(refusal(
            "the file is an OpenDocument file",
            "save the sheet as CSV (UTF-8) and name that",
        ));
    }
    if ends("/data.pkl") || ends(".npy") {
        return Some(refusal("the file contains tensors or arrays of PyTorch or NumPy", SAVE));
    }
    None
}
