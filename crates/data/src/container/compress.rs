//! Which compression a file has, by its first bytes (never by its name), and what is inside.

use std::io::{self, BufReader, Read};

const BUFFER: usize = 256 * 1024;
/// What an xz file may ask for in KiB: `xz -9` needs 65 MiB.
const XZ_MEMORY_KIB: u32 = 1 << 20;

/// Number of leading bytes that identify a compression.
pub(crate) const MAGIC: usize = 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Zstd,
    Xz,
    Bzip2,
}

impl Compression {
    pub(crate) fn of(magic: &[u8]) -> Option<Self> {
        if magic.starts_with(&[0x1f, 0x8b]) {
            Some(Self::Gzip)
        } else if magic.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) || is_skippable_frame(magic) {
            Some(Self::Zstd)
        } else if magic.starts_with(b"\xfd7zXZ\0") {
            Some(Self::Xz)
        } else if magic.starts_with(b"BZh")
            && magic.get(3).is_some_and(|b| matches!(b, b'1'..=b'9'))
            && magic.len() > 4
            && matches!(magic.get(4), Some(0x31 | 0x17))
        {
            Some(Self::Bzip2)
        } else {
            None
        }
    }

    /// A stream of the decompressed contents, of all members, frames or streams in sequence.
    pub(crate) fn reader(self, packed: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
        let packed = BufReader::with_capacity(BUFFER, packed);
        Ok(match self {
            Self::Gzip => {
                Box::new(BufReader::with_capacity(BUFFER, flate2::bufread::MultiGzDecoder::new(packed)))
            }
            Self::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(packed)?),
            Self::Xz => Box::new(BufReader::with_capacity(
                BUFFER,
                lzma_rust2::XzReader::new_mem_limit(packed, true, XZ_MEMORY_KIB),
            )),
            Self::Bzip2 => {
                Box::new(BufReader::with_capacity(BUFFER, bzip2::bufread::MultiBzDecoder::new(packed)))
            }
        })
    }
}

/// Zstandard files may begin with a frame of something else (as `pzstd` writes them).
fn is_skippable_frame(magic: &[u8]) -> bool {
    matches!(magic, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}
