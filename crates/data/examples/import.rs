//! Imports files into a study and reports what was read: `import STUDY FILE...`.

use std::path::PathBuf;
use std::time::Instant;

use predilect_data::{OnBadRow, Onto, ReadOptions, import};

/// As in the command.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("usage: import STUDY FILE...")?;
    let mut options = ReadOptions::default();
    let mut inputs: Vec<PathBuf> = Vec::new();
    for arg in args {
        if arg == "--skip" {
            options.on_bad_row = OnBadRow::Skip;
        } else {
            inputs.push(arg.into());
        }
    }
    let start = Instant::now();
    let (_, summary) =
        import(&inputs, &options, folder.as_ref(), Onto::Replace, &mut |_| {}).inspect_err(|e| {
            eprintln!("remedy: {}", e.remedy().map_or_else(|| "none".to_owned(), ToString::to_string));
        })?;
    eprintln!("{summary:#?}\n{:.2} s", start.elapsed().as_secs_f64());
    Ok(())
}
