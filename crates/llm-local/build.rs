//! Says in one plain line what the engine's build needs, before that build fails in many lines.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_LOCAL").is_none() {
        return;
    }
    let mut missing = Vec::new();
    if Command::new(env::var_os("CMAKE").unwrap_or_else(|| "cmake".into())).arg("--version").output().is_err()
    {
        missing.push("cmake");
    }
    if !libclang() {
        missing.push("libclang");
    }
    if !missing.is_empty() {
        println!(
            "cargo::error=the feature `local` builds llama.cpp and needs {}, which cannot be found here: on Debian and Ubuntu \
             `apt-get install cmake libclang-dev g++`, on macOS `brew install cmake llvm`; without the feature neither is needed",
            missing.join(" and ")
        );
    }
}

/// Whether bindgen will find its library: where it is told to look, where `llvm-config` says, or in the usual folders.
fn libclang() -> bool {
    let mut folders: Vec<PathBuf> = env::var_os("LIBCLANG_PATH").map(PathBuf::from).into_iter().collect();
    if let Ok(output) = Command::new(env::var_os("LLVM_CONFIG_PATH").unwrap_or_else(|| "llvm-config".into()))
        .arg("--libdir")
        .output()
    {
        folders.push(String::from_utf8_lossy(&output.stdout).trim().into());
    }
    for parent in ["/usr/lib", "/usr/local/lib", "/usr/local/opt", "/opt/homebrew/opt", "/Library/Developer"]
    {
        folders.push(parent.into());
        for entry in Path::new(parent).read_dir().into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with("llvm") || name.contains("linux") || name == "CommandLineTools" {
                folders.extend([entry.path(), entry.path().join("lib"), entry.path().join("usr/lib")]);
            }
        }
    }
    folders.extend(["/usr/lib64", "C:\\Program Files\\LLVM\\bin"].map(PathBuf::from));
    folders.iter().any(|folder| {
        folder.is_file()
            || folder.read_dir().into_iter().flatten().flatten().any(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                (name.starts_with("libclang") && !name.starts_with("libclang-cpp") && name.contains(".so"))
                    || ["libclang.dylib", "libclang.dll"].contains(&name.as_str())
            })
    })
}
