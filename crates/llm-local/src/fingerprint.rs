//! Which file is it? A model is identified by its content, not by its path.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest, Sha256};

const BLOCKS: u64 = 256;
const BLOCK: u64 = 64 << 10;

/// The size in bytes of what precedes the weights: tokenizer, template and settings, in which a small change makes another model.
const HEAD: u64 = 32 << 20;

/// Twelve hexadecimal digits of the SHA-256 of a file's length, of its first 32 MiB, which contain everything but the weights, and of 256
/// blocks of 64 KiB spread evenly over it, the last among them: 48 MiB are read of a file of any size.
pub(crate) fn fingerprint(path: &Path) -> Result<String> {
    // Opening a pipe would wait for whoever writes to it, without an end.
    if !std::fs::metadata(path)?.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut hash = Sha256::new();
    hash.update(length.to_le_bytes());
    let last = length.saturating_sub(BLOCK);
    let mut block = Vec::new();
    file.by_ref().take(HEAD).read_to_end(&mut block)?;
    hash.update(&block);
    for i in 0..BLOCKS {
        let at = u64::try_from(u128::from(last) * u128::from(i) / u128::from(BLOCKS - 1)).unwrap_or(last);
        file.seek(SeekFrom::Start(at))?;
        block.clear();
        file.by_ref().take(BLOCK).read_to_end(&mut block)?;
        hash.update(&block);
    }
    Ok(hex(&hash.finalize()[..6]))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_content_alone() {
        let folder = tempfile::tempdir().unwrap();
        let print = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            fingerprint(&path).unwrap()
        };
        let mut large = vec![7_u8; 3 << 20];
        let first = print("a", &large);
        assert_eq!(first, print("b", &large));
        large[(3 << 20) - 1] = 8;
        let other = print("c", &large);
        assert_ne!(first, other);
        assert_ne!(print("d", b""), print("e", b"x"));
        assert_eq!(first.len(), 12);
    }
}
