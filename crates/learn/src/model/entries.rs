//! The entries of a GGUF file's head as bytes, so that what is carried over stays what it was, byte by byte and in its order.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use crate::error::{Result, broken, file};
use crate::files;

const U32: u32 = 4;
const I32: u32 = 5;
const F32: u32 = 6;
const BOOL: u32 = 7;
const TEXT: u32 = 8;
const LIST: u32 = 9;

/// Maximum depth of nested lists.
const DEEPEST: usize = 8;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    kind: u32,
    bytes: Vec<u8>,
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}

impl Entry {
    fn new(key: &str, kind: u32, bytes: impl Into<Vec<u8>>) -> Self {
        Self { key: key.to_owned(), kind, bytes: bytes.into() }
    }

    pub(super) fn size(key: &str, value: usize) -> Self {
        Self::u32(key, u32::try_from(value).unwrap_or(u32::MAX))
    }

    pub(super) fn u32(key: &str, value: u32) -> Self {
        Self::new(key, U32, value.to_le_bytes())
    }

    pub(super) fn f32(key: &str, value: f32) -> Self {
        Self::new(key, F32, value.to_le_bytes())
    }

    pub(super) fn bool(key: &str, value: bool) -> Self {
        Self::new(key, BOOL, [u8::from(value)])
    }

    pub(super) fn text(key: &str, value: &str) -> Self {
        let mut bytes = Vec::new();
        push_text(&mut bytes, value);
        Self::new(key, TEXT, bytes)
    }

    pub(super) fn texts(key: &str, values: &[String]) -> Self {
        let mut bytes = list(TEXT, values.len());
        for value in values {
            push_text(&mut bytes, value);
        }
        Self::new(key, LIST, bytes)
    }

    pub(super) fn bools(key: &str, values: &[bool]) -> Self {
        let mut bytes = list(BOOL, values.len());
        bytes.extend(values.iter().map(|value| u8::from(*value)));
        Self::new(key, LIST, bytes)
    }

    pub(super) fn i32s(key: &str, values: &[i32]) -> Self {
        let mut bytes = list(I32, values.len());
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        Self::new(key, LIST, bytes)
    }

    /// Appends the entry in the format of the file.
    pub(super) fn put(&self, into: &mut Vec<u8>) {
        push_text(into, &self.key);
        into.extend(self.kind.to_le_bytes());
        into.extend(&self.bytes);
    }
}

fn list(kind: u32, length: usize) -> Vec<u8> {
    let mut bytes = kind.to_le_bytes().to_vec();
    bytes.extend((length as u64).to_le_bytes());
    bytes
}

/// The entries of a file, in their order.
pub(super) fn read(path: &Path) -> Result<Vec<Entry>> {
    let opened = files::open(path).map_err(file(path))?;
    let left = opened.metadata().map_err(file(path))?.len();
    let mut head = Head { path, reader: BufReader::new(opened), left };
    let magic = head.number::<4>()?;
    let version = u32::from_le_bytes(head.number()?);
    if &magic != b"GGUF" || !(2..=3).contains(&version) {
        return Err(broken(path, "is not a GGUF file of version 2 or 3"));
    }
    let _tensors = head.long()?;
    let count = head.long()?;
    (0..count).map(|_| head.entry()).collect()
}

/// Whether a file says that its tensors begin at multiples of 0.
pub(super) fn aligned_to_nothing(path: &Path) -> bool {
    let nothing =
        |entry: &Entry| entry.key == "general.alignment" && entry.bytes.iter().all(|byte| *byte == 0);
    read(path).is_ok_and(|entries| entries.iter().any(nothing))
}

struct Head<'a> {
    path: &'a Path,
    reader: BufReader<File>,
    /// Bytes that the file still has.
    left: u64,
}

impl Head<'_> {
    fn take(&mut self, count: u64, into: &mut Vec<u8>) -> Result<()> {
        if count > self.left {
            return Err(broken(self.path, format!("its header claims {count} bytes of {}", self.left)));
        }
        self.left -= count;
        let at = into.len();
        into.resize(at + count as usize, 0);
        self.reader.read_exact(&mut into[at..]).map_err(file(self.path))
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = Vec::with_capacity(N);
        self.take(N as u64, &mut bytes)?;
        bytes.try_into().map_err(|_| broken(self.path, "is truncated"))
    }

    fn long(&mut self) -> Result<u64> {
        self.number().map(u64::from_le_bytes)
    }

    fn entry(&mut self) -> Result<Entry> {
        let length = self.long()?;
        let mut key = Vec::new();
        self.take(length, &mut key)?;
        let key = String::from_utf8(key).map_err(|_| broken(self.path, "has a key that is not text"))?;
        let kind = u32::from_le_bytes(self.number()?);
        let mut bytes = Vec::new();
        self.value(kind, &mut bytes, 0)?;
        Ok(Entry { key, kind, bytes })
    }

    fn value(&mut self, kind: u32, into: &mut Vec<u8>, depth: usize) -> Result<()> {
        if let Some(width) = width(kind) {
            return self.take(width, into);
        }
        match kind {
            TEXT => {
                let length = self.long()?;
                into.extend(length.to_le_bytes());
                self.take(length, into)
            }
            LIST if depth < DEEPEST => {
                let kind = u32::from_le_bytes(self.number()?);
                let length = self.long()?;
                into.extend(kind.to_le_bytes());
                into.extend(length.to_le_bytes());
                match width(kind) {
                    Some(width) => self.take(length.saturating_mul(width), into),
                    None => (0..length).try_for_each(|_| self.value(kind, into, depth + 1)),
                }
            }
            _ => Err(broken(self.path, format!("has a value of the unknown kind {kind}"))),
        }
    }
}

/// Bytes of a value of a kind; `None` where they differ from value to value.
fn width(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | BOOL => Some(1),
        2 | 3 => Some(2),
        U32 | I32 | F32 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alignment_of_nothing_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.gguf");
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend([0_u64.to_le_bytes(), 1_u64.to_le_bytes()].concat());
        Entry::u32("general.alignment", 0).put(&mut bytes);
        std::fs::write(&path, &bytes).unwrap();
        let refusal = crate::model::Model::open(&path).unwrap_err();
        assert!(refusal.to_string().contains("alignment"), "{refusal}");
    }

    #[test]
    fn entries_come_back_and_broken_ones_are_errors() {
        let entries = [
            Entry::text("a", "x"),
            Entry::u32("b", 7),
            Entry::bool("c", true),
            Entry::texts("d", &["p".to_owned(), String::new()]),
            Entry::i32s("e", &[1, -1]),
            Entry::f32("f", 0.5),
            Entry::bools("g", &[true]),
        ];
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend(0_u64.to_le_bytes());
        bytes.extend((entries.len() as u64).to_le_bytes());
        for entry in &entries {
            entry.put(&mut bytes);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.gguf");
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read(&path).unwrap(), entries);
        for cut in 0..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            assert!(read(&path).is_err(), "{cut}");
        }
        for at in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] = 0xff;
            std::fs::write(&path, &broken).unwrap();
            let _ = read(&path);
        }
    }
}
