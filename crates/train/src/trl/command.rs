//! The script as a child process: how it is started and ended, and the command that starts it by hand.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use predilect_workbench::{Error, Result};

use super::script::{SCRIPT, TrlOptions};
use crate::folder::{Folder, unwritten};

fn python(trl: &TrlOptions) -> PathBuf {
    trl.python.clone().unwrap_or_else(|| PathBuf::from("python3"))
}

/// Starts the script on its folder.
pub(super) fn start(trl: &TrlOptions, folder: &Folder) -> Result<Child> {
    let log = folder.path.join("trl.log");
    let log = std::fs::File::create(&log).map_err(unwritten(&log))?;
    let python = python(trl);
    let mut command = Command::new(&python);
    // Ctrl-C in a terminal reaches whole groups of processes: the script would take it and our signal for two, and end at once.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    // Where this process may use fewer threads than there are, so may that one.
    let threads = predilect_learn::threads();
    if std::thread::available_parallelism().is_ok_and(|all| threads < all.get()) {
        command.env("OMP_NUM_THREADS", threads.to_string());
    }
    command
        .arg(folder.path.join(SCRIPT.0))
        .arg(&folder.path)
        .env("HF_HUB_OFFLINE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .map_err(|e| {
            Error::new(format!("cannot run {}: {e}", python.display()))
                .words("give the Python interpreter that has TRL installed")
        })
}

/// The command that runs the script of a folder, as a shell takes it.
pub(super) fn by_hand(trl: &TrlOptions, folder: &Path) -> String {
    [python(trl), folder.join(SCRIPT.0), folder.to_owned()].map(|path| in_shell(&path)).join(" ")
}

/// A path as one word of a shell's command line.
fn in_shell(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:=@%,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Asks the script to end: it keeps a checkpoint first.
pub(super) fn terminate(child: &mut Child) {
    let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    if !asked.is_ok_and(|status| status.success()) {
        let _ = child.kill();
    }
}

/// The status with which it ended; it has closed its output, so that it will not take long.
pub(super) fn wait(child: &mut Child) -> Result<Option<i32>> {
    let until = Instant::now() + Duration::from_mins(2);
    while Instant::now() < until {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill()?;
    Ok(child.wait()?.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_of_a_command() {
        let trl = TrlOptions { python: Some(PathBuf::from("/opt/my env/python")), write_only: true };
        let said = by_hand(&trl, Path::new("it's here"));
        assert_eq!(said, r"'/opt/my env/python' 'it'\''s here/dpo_trl.py' 'it'\''s here'");
        assert_eq!(by_hand(&TrlOptions::default(), Path::new("out")), "python3 out/dpo_trl.py out");
    }
}
