//! What a zip archive contains: its members by name, each read separately from its position.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use flate2::bufread::DeflateDecoder;

use super::compress::Compression;

/// A table of contents larger than this is not read: 64 MiB are about a million names.
const LARGEST_CONTENTS: u64 = 64 << 20;
/// The end record and the longest comment after it.
const END: u64 = 22 + 65_535;

/// One member.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    file: Arc<File>,
    pub(crate) name: String,
    /// Where its own header begins.
    header: u64,
    pub(crate) packed: u64,
    pub(crate) unpacked: u64,
    method: u16,
    encrypted: bool,
    crc: u32,
}

/// Reads a part of a file without moving any place in it that others share.
struct Part {
    file: Arc<File>,
    at: u64,
    end: u64,
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, at)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, at)
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX).min(buffer.len());
        let n = read_at(&self.file, buffer.get_mut(..room).unwrap_or_default(), self.at)?;
        if n == 0 && room > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive ends inside this member"));
        }
        self.at += n as u64;
        Ok(n)
    }
}

/// Ends with an error where the bytes are not those that were packed.
struct Checked<R> {
    inner: R,
    crc: flate2::Crc,
    want: u32,
    left: u64,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let n = self.inner.read(buffer)?;
        self.crc.update(buffer.get(..n).unwrap_or_default());
        let more = (n as u64).checked_sub(self.left + 1).is_some();
        self.left = self.left.saturating_sub(n as u64);
        if more || (n == 0 && (self.left > 0 || self.crc.sum() != self.want)) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a member of the archive is damaged"));
        }
        Ok(n)
    }
}

impl Member {
    /// Why it cannot be read, if so: the problem and the remedy.
    pub(crate) fn refusal(&self) -> Option<(&'static str, &'static str)> {
        if self.encrypted {
            return Some((
                "this member of the archive is encrypted",
                "unpack the archive with its password first",
            ));
        }
        match self.method {
            0 | 8 | 12 | 93 | 95 => None,
            _ => Some((
                "this member of the archive is packed by a method that is not supported",
                "unpack the archive first, or pack it again with the usual method (deflate)",
            )),
        }
    }

    /// Its bytes, unpacked; never more than the archive says it has.
    pub(crate) fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let mut header = [0; 30];
        let mut part = Part { file: Arc::clone(&self.file), at: self.header, end: self.header + 30 };
        part.read_exact(&mut header)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the archive is damaged"));
        }
        let skip = u64::from(short(&header, 26)) + u64::from(short(&header, 28));
        let at = self.header.saturating_add(30 + skip);
        let packed = Part { file: Arc::clone(&self.file), at, end: at.saturating_add(self.packed) };
        let inner: Box<dyn Read + Send> = match self.method {
            8 => Box::new(DeflateDecoder::new(io::BufReader::with_capacity(64 * 1024, packed))),
            12 => Compression::Bzip2.reader(packed)?,
            93 => Compression::Zstd.reader(packed)?,
            95 => Compression::Xz.reader(packed)?,
            _ => Box::new(packed),
        };
        Ok(Box::new(Checked { inner, crc: flate2::Crc::new(), want: self.crc, left: self.unpacked }))
    }
}

/// The members of an archive, by name; folders are left out.
pub(crate) fn members(file: File) -> io::Result<Vec<Member>> {
    let damaged = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    let file = Arc::new(file);
    let length = file.metadata()?.len();
    let tail = slice(&file, length.saturating_sub(END), length)?;
    let end = memchr::memmem::rfind(&tail, b"PK\x05\x06")
        .and_then(|at| tail.get(at..))
        .filter(|end| end.len() >= 22)
        .ok_or_else(|| damaged("the archive has no table of contents"))?;
    let end_at = length - end.len() as u64;
    let (mut size, mut start) = (u64::from(int(end, 12)), u64::from(int(end, 16)));
    if size == 0xffff_ffff || start == 0xffff_ffff || short(end, 10) == 0xffff {
        let locator = slice(&file, end_at.saturating_sub(20), end_at)?;
        if locator.starts_with(b"PK\x06\x07") {
            let at = long(&locator, 8);
            let record = slice(&file, at, at.saturating_add(56))?;
            if !record.starts_with(b"PK\x06\x06") {
                return Err(damaged("the archive's table of contents is damaged"));
            }
            (size, start) = (long(&record, 40), long(&record, 48));
        }
    }
    if size > LARGEST_CONTENTS {
        return Err(damaged("the archive's table of contents is larger than 64 MiB"));
    }
    let contents = slice(&file, start, start.saturating_add(size))?;
    let mut rest = contents.as_slice();
    let mut members = Vec::new();
    while rest.starts_with(b"PK\x01\x02") && rest.len() >= 46 {
        let (name, extra, comment) =
            (usize::from(short(rest, 28)), usize::from(short(rest, 30)), usize::from(short(rest, 32)));
        let bytes =
            rest.get(46..46 + name).ok_or_else(|| damaged("the archive's table of contents is cut short"))?;
        let mut member = Member {
            file: Arc::clone(&file),
            name: String::from_utf8_lossy(bytes).replace('\\', "/"),
            header: u64::from(int(rest, 42)),
            packed: u64::from(int(rest, 20)),
            unpacked: u64::from(int(rest, 24)),
            method: short(rest, 10),
            encrypted: short(rest, 8) & 1 == 1,
            crc: int(rest, 16),
        };
        member.wide(rest.get(46 + name..46 + name + extra).unwrap_or_default());
        if !member.name.ends_with('/') {
            members.push(member);
        }
        rest = rest.get(46 + name + extra + comment..).unwrap_or_default();
    }
    members.sort_by(|x, y| x.name.cmp(&y.name));
    Ok(members)
}

impl Member {
    /// Sizes that do not fit into 32 bits are in an extra field, only those, in this order.
    fn wide(&mut self, mut extra: &[u8]) {
        while extra.len() >= 4 {
            let (kind, size) = (short(extra, 0), usize::from(short(extra, 2)));
            let mut field = extra.get(4..).unwrap_or_default();
            field = field.get(..size).unwrap_or(field);
            if kind == 1 {
                for number in [&mut self.unpacked, &mut self.packed, &mut self.header] {
                    if *number == 0xffff_ffff && field.len() >= 8 {
                        *number = long(field, 0);
                        field = field.get(8..).unwrap_or_default();
                    }
                }
            }
            extra = extra.get(4 + size..).unwrap_or_default();
        }
    }
}

fn slice(file: &Arc<File>, from: u64, to: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Part { file: Arc::clone(file), at: from, end: to }.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..at + N).and_then(|b| b.try_into().ok()).unwrap_or([0; N])
}

fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(number(bytes, at))
}

fn int(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(number(bytes, at))
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(number(bytes, at))
}
