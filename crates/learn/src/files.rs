//! Opening what is given as a model: regular files only. Opening a pipe or a device would wait for whoever writes to it, without an end.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// Opens a regular file; a link to one is followed.
pub(crate) fn open(path: &Path) -> Result<File> {
    if std::fs::metadata(path)?.is_file() {
        return File::open(path);
    }
    Err(Error::new(ErrorKind::InvalidInput, "not a regular file"))
}

/// The text in a regular file.
pub(crate) fn text(path: &Path) -> Result<String> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_regular_file_is_refused_before_it_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(open(folder.path()).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(open(&folder.path().join("none")).unwrap_err().kind(), ErrorKind::NotFound);
        let file = folder.path().join("config.json");
        std::fs::write(&file, "{}").unwrap();
        assert_eq!(text(&file).unwrap(), "{}");
        #[cfg(unix)]
        {
            let socket = folder.path().join("model.gguf");
            let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
            assert_eq!(open(&socket).unwrap_err().to_string(), "not a regular file");
            assert!(crate::open(&socket).is_err() && crate::open_tokens(&socket).is_err());
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(&file, &link).unwrap();
            assert_eq!(text(&link).unwrap(), "{}");
        }
    }
}
