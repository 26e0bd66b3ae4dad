//! `predilect doctor`: what works on this machine, and what to do about what does not?

use std::io::Write;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use predilect_results::Written;
use predilect_results::asked::Check;

use crate::args::DoctorArgs;
use crate::output::print_json;
use crate::problem::Problem;

/// Providers with the variables that may contain their key.
const KEYS: [(&str, &[&str]); 5] = [
    ("openai:", &["OPENAI_API_KEY"]),
    ("anthropic:", &["ANTHROPIC_API_KEY"]),
    ("gemini:", &["GEMINI_API_KEY", "GOOGLE_API_KEY"]),
    ("openrouter:", &["OPENROUTER_API_KEY"]),
    ("azure:", &["AZURE_OPENAI_API_KEY"]),
];

pub(crate) fn run(args: &DoctorArgs) -> Result<(), Problem> {
    let mut findings = vec![machine(), scratch()];
    findings.extend(KEYS.iter().map(|(provider, names)| key(provider, names)));
    findings.push(ollama());
    findings.push(local());
    if args.json {
        return print_json(&findings.iter().map(Written::new).collect::<Vec<_>>());
    }
    let mut out = anstream::stdout().lock();
    for finding in &findings {
        let mark = if finding.works { "yes" } else { "no " };
        writeln!(out, "{mark}  {:<22} {}", finding.what, finding.found)?;
        if let Some(remedy) = &finding.remedy {
            writeln!(out, "     {:<22} {remedy}", "")?;
        }
    }
    writeln!(out, "to see what a model or server can do: predilect judge --probe --model MODEL")?;
    Ok(())
}

fn machine() -> Check {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut kernels = Vec::new();
    #[cfg(target_arch = "x86_64")]
    for (name, has) in [
        ("AVX2", std::arch::is_x86_feature_detected!("avx2")),
        ("FMA", std::arch::is_x86_feature_detected!("fma")),
        ("AVX-512", std::arch::is_x86_feature_detected!("avx512f")),
    ] {
        if has {
            kernels.push(name);
        }
    }
    if kernels.is_empty() {
        kernels.push(std::env::consts::ARCH);
    }
    let found = format!("predilect {}, {cores} cores, {}", env!("CARGO_PKG_VERSION"), kernels.join(", "));
    Check { what: "statistics".into(), works: true, found, remedy: None }
}

fn scratch() -> Check {
    let found = tempfile::tempdir().and_then(|folder| std::fs::write(folder.path().join("probe"), "x"));
    let folder = std::env::temp_dir();
    match found {
        Ok(()) => Check {
            what: "temporary files".into(),
            works: true,
            found: folder.display().to_string(),
            remedy: None,
        },
        Err(error) => Check {
            what: "temporary files".into(),
            works: false,
            found: format!("{}: {error}", folder.display()),
            remedy: Some("set TMPDIR to a folder that can be written to".to_owned()),
        },
    }
}

fn key(provider: &'static str, names: &[&str]) -> Check {
    let set = names.iter().find(|name| std::env::var(name).is_ok_and(|value| !value.trim().is_empty()));
    match set {
        Some(name) => {
            Check { what: provider.into(), works: true, found: format!("{name} is set"), remedy: None }
        }
        None => Check {
            what: provider.into(),
            works: false,
            found: "no key".to_owned(),
            remedy: Some(format!("set {} to use its models", names.join(" or "))),
        },
    }
}

/// A server on this machine answers at once or not at all; another host is not asked.
fn ollama() -> Check {
    let address: SocketAddr = ([127, 0, 0, 1], 11434).into();
    let set = std::env::var("OLLAMA_HOST").ok().filter(|host| !host.trim().is_empty());
    let here = set.as_deref().is_none_or(|host| host.contains("127.0.0.1") || host.contains("localhost"));
    let target = set
        .as_deref()
        .and_then(|host| host.rsplit('/').find(|part| part.contains(':'))?.to_socket_addrs().ok()?.next())
        .unwrap_or(address);
    if !here {
        // A password may precede the host.
        let host = set.as_deref().and_then(|host| host.rsplit('@').next()).unwrap_or_default();
        let found = format!("OLLAMA_HOST names {host}; not asked");
        return Check { what: "ollama:".into(), works: true, found, remedy: None };
    }
    match TcpStream::connect_timeout(&target, Duration::from_millis(300)) {
        Ok(_) => Check {
            what: "ollama:".into(),
            works: true,
            found: format!("a server at {target}"),
            remedy: None,
        },
        Err(_) => Check {
            what: "ollama:".into(),
            works: false,
            found: format!("no server at {target}"),
            remedy: Some("start it with `ollama serve`, or set OLLAMA_HOST".to_owned()),
        },
    }
}

#[cfg(feature = "local")]
fn local() -> Check {
    match predilect_workbench::local_devices() {
        Ok(devices) => {
            Check { what: "gguf:, hf:".into(), works: true, found: devices.join(", "), remedy: None }
        }
        Err(error) => Check {
            what: "gguf:, hf:".into(),
            works: false,
            found: error.to_string(),
            remedy: error.what_helps().map(crate::remedies::words),
        },
    }
}

#[cfg(not(feature = "local"))]
fn local() -> Check {
    let missing: Vec<&str> = ["cmake", "g++"]
        .into_iter()
        .filter(|tool| std::process::Command::new(tool).arg("--version").output().is_err())
        .chain((!has_libclang()).then_some("libclang"))
        .collect();
    let remedy = if missing.is_empty() {
        "build them in: cargo install --path crates/cli --features local".to_owned()
    } else {
        format!(
            "to build them in, install {} (Debian: apt-get install cmake libclang-dev g++), then \
             cargo install --path crates/cli --features local",
            missing.join(" and ")
        )
    };
    let found = "this program was built without models in its own process".to_owned();
    Check { what: "gguf:, hf:".into(), works: false, found, remedy: Some(remedy) }
}

/// Whether libclang is where builds look for it: `LIBCLANG_PATH`, LLVM's own folders, the loader's.
#[cfg(not(feature = "local"))]
fn has_libclang() -> bool {
    let list = |folder: &std::path::Path| {
        let entries = folder.read_dir().into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let mut folders: Vec<std::path::PathBuf> =
        std::env::var_os("LIBCLANG_PATH").map(Into::into).into_iter().collect();
    for above in ["/usr/lib", "/usr/local", "/opt/homebrew/opt", "/usr/local/opt"] {
        let llvms = list(above.as_ref());
        let named = |path: &std::path::PathBuf| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("llvm"))
        };
        folders.extend(llvms.into_iter().filter(named).map(|llvm| llvm.join("lib")));
    }
    folders.extend(
        ["/usr/lib64", "/usr/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"].map(Into::into),
    );
    folders.iter().flat_map(|folder| list(folder)).any(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("libclang.") || name.starts_with("libclang-") && !name.starts_with("libclang-cpp")
    })
}
