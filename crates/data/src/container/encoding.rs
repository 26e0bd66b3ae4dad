//! Text that is not UTF-8, read as if it were.

use std::io::{self, Read};

/// The byte order of UTF-16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Utf16 {
    Little,
    Big,
}

impl Utf16 {
    /// Recognised by the byte order mark, or by the zeros between the first characters of JSON and CSV.
    pub(crate) fn of(text: &[u8]) -> Option<Self> {
        let letter = |byte: u8| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n');
        match text {
            [0xff, 0xfe, 0, 0, ..] => None,
            [0xff, 0xfe, ..] => Some(Self::Little),
            [0xfe, 0xff, ..] => Some(Self::Big),
            [a, 0, b, 0, c, 0, ..] if [*a, *b, *c].into_iter().all(letter) => Some(Self::Little),
            [0, a, 0, b, 0, c, ..] if [*a, *b, *c].into_iter().all(letter) => Some(Self::Big),
            _ => None,
        }
    }
}

/// UTF-16 as UTF-8. Halves of pairs without their other half become the replacement character.
pub(crate) struct FromUtf16<R> {
    inner: R,
    order: Utf16,
    /// Bytes that wait for the rest of their character.
    raw: Vec<u8>,
    ready: Vec<u8>,
    at: usize,
    end: bool,
}

impl<R: Read> FromUtf16<R> {
    pub(crate) fn new(inner: R, order: Utf16) -> Self {
        Self { inner, order, raw: Vec::new(), ready: Vec::new(), at: 0, end: false }
    }

    fn refill(&mut self) -> io::Result<()> {
        let n = (&mut self.inner).take(64 * 1024).read_to_end(&mut self.raw)?;
        self.end = n == 0;
        let unit = |pair: &[u8]| match (self.order, pair) {
            (Utf16::Little, [a, b]) => u16::from_le_bytes([*a, *b]),
            (_, [a, b]) => u16::from_be_bytes([*a, *b]),
            _ => 0,
        };
        let mut units: Vec<u16> = self.raw.chunks_exact(2).map(unit).collect();
        let mut used = units.len() * 2;
        // The first half of a pair waits for the second.
        if !self.end && units.last().is_some_and(|last| (0xd800..0xdc00).contains(last)) {
            units.pop();
            used -= 2;
        }
        self.ready.clear();
        self.at = 0;
        let mut buffer = [0; 4];
        for c in char::decode_utf16(units) {
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.ready.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
        }
        self.raw.drain(..used);
        Ok(())
    }
}

impl<R: Read> Read for FromUtf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.ready.len() && !self.end {
            self.refill()?;
        }
        let rest = self.ready.get(self.at..).unwrap_or_default();
        let n = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(from);
        }
        self.at += n;
        Ok(n)
    }
}

/// What the bytes 0x80 to 0x9f mean in Windows-1252; five are undefined.
const CP1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn cp1252_char(byte: u8) -> char {
    match byte {
        0x80..=0x9f => CP1252.get(usize::from(byte - 0x80)).copied().unwrap_or(char::REPLACEMENT_CHARACTER),
        other => char::from(other),
    }
}

pub(crate) fn from_cp1252(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| cp1252_char(*byte)).collect::<String>().into_bytes()
}

/// Letters that other one-byte encodings have in other places, and that Western European text has often.
const SURE: &str = "äöüÄÖÜßéÉèÈêÊëàâÀÂçÇñÑáíóúÁÍÓÚîïôûåÅæœŒãº«»°§·¿¡‘’“”–—…€";

/// Whether a whole text that is not UTF-8 can only be Windows-1252 (or Latin-1, which is the same for its letters).
///
/// Languages whose own encodings use the same bytes for other letters (Czech, Polish, Turkish, Russian, Chinese) have
/// bytes among them that Western European text does not, and Mac and DOS letters are marks between two letters here.
pub(crate) fn is_surely_cp1252(bytes: &[u8]) -> bool {
    let letter = |byte: Option<&u8>| byte.is_some_and(|b| cp1252_char(*b).is_alphabetic());
    let (mut any, mut run) = (false, 0);
    for (i, &byte) in bytes.iter().enumerate() {
        if byte < 0x80 {
            if byte == 0 {
                return false;
            }
            run = 0;
            continue;
        }
        any = true;
        run += 1;
        let c = cp1252_char(byte);
        let between = letter(i.checked_sub(1).and_then(|i| bytes.get(i))) && letter(bytes.get(i + 1));
        let mark = !c.is_alphabetic() && !matches!(c, '’' | '–' | '—' | '·' | '…');
        let capital_inside = c.is_uppercase()
            && i.checked_sub(1).and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_lowercase);
        if run > 2 || !SURE.contains(c) || (mark && between) || capital_inside {
            return false;
        }
    }
    any
}

/// What to say of bytes that are not UTF-8.
pub(crate) fn looks_like_cp1252(bytes: &[u8]) -> bool {
    let high = bytes.iter().filter(|byte| **byte >= 0x80);
    let undefined = |byte: &&u8| matches!(**byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d);
    std::str::from_utf8(bytes).is_err() && high.clone().count() > 0 && high.filter(undefined).count() == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_is_decoded_whatever_the_block_ends() {
        let text = "{\"a\": \"é😀\"}\n".repeat(20_000);
        for order in [Utf16::Little, Utf16::Big] {
            let unit = |u: u16| if order == Utf16::Little { u.to_le_bytes() } else { u.to_be_bytes() };
            let bytes: Vec<u8> = text.encode_utf16().flat_map(unit).collect();
            assert_eq!(Utf16::of(&bytes), Some(order));
            let mut out = String::new();
            FromUtf16::new(bytes.as_slice(), order).read_to_string(&mut out).unwrap();
            assert_eq!(out, text);
        }
        assert_eq!(Utf16::of(b"\xff\xfe\0\0"), None);
    }

    #[test]
    fn western_text_is_sure_and_other_encodings_are_not() {
        let to_1252 = |text: &str| -> Vec<u8> {
            text.chars().map(|c| (0..=255).find(|b| cp1252_char(*b) == c).unwrap()).collect()
        };
        assert!(is_surely_cp1252(&to_1252("Grüße aus dem Café – “très bien”, señor, naïve œuvre, 5 €")));
        assert_eq!(from_cp1252(&to_1252("Café €")), "Café €".as_bytes());
        // Czech in Windows-1250, Russian in Windows-1251, Mac Roman, DOS, Shift JIS.
        assert!(!is_surely_cp1252(b"p\xf8\xedli\x9a \x9elu\x9dou\xe8k\xfd k\xf9\xf2"));
        assert!(!is_surely_cp1252(b"\xcf\xf0\xe8\xe2\xe5\xf2"));
        assert!(!is_surely_cp1252(b"caf\x8e na\x95ve"));
        assert!(!is_surely_cp1252(b"M\x94chte gr\x81n"));
        assert!(!is_surely_cp1252(b"\x93\xfa\x96\x7b\x8c\xea"));
        assert!(!is_surely_cp1252(b"plain"));
    }
}
