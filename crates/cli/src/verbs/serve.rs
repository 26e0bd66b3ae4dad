//! `predilect serve`: an interactive page.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use predilect_web::{ServeError, ServeOptions, serve};
use predilect_workbench::recent::state_folder;
use predilect_workbench::sent::kept_folder;

use crate::args::{ExampleArg, Global, ServeArgs};
use crate::problem::Problem;
use crate::say::say;
use crate::signals;

/// The variable that may contain the token.
const TOKEN: &str = "PREDILECT_TOKEN";

pub(crate) fn run(args: &ServeArgs, global: &Global) -> Result<(), Problem> {
    for input in &args.inputs {
        if !input.exists() {
            return Err(Problem::new(format!("{} does not exist", input.display()))
                .remedy("give a study folder or preference files"));
        }
    }
    let from_variable = || std::env::var(TOKEN).ok().filter(|token| !token.is_empty());
    let options = ServeOptions {
        given: args.inputs.clone(),
        read: args.read.options()?,
        read_words: args.read.words(),
        host: args.host,
        port: args.port,
        token: args.token.clone().or_else(from_variable),
        names: args.names.clone(),
        runs: args.runs,
        read_only: args.read_only,
        max_upload: args.max_upload.0,
        keep_uploads: args.keep_uploads.clone(),
        state: state_folder(),
    };
    if let Some(folder) = &options.keep_uploads {
        kept_folder(folder)?;
    }
    let open = !args.no_open && std::io::stdout().is_terminal();
    let token = options.token.clone();
    let ready = |address: SocketAddr| {
        let mut out = std::io::stdout().lock();
        // Programs that wait for this line must see it at once.
        let _ = writeln!(out, "listening on http://{address}/").and_then(|()| out.flush());
        drop(out);
        let page = args.example.map_or("", |example| match example {
            ExampleArg::Llmfao => "s/llmfao",
            ExampleArg::LocalJudge => "s/local-judge",
        });
        if !global.quiet {
            if !page.is_empty() {
                say!("the example is at http://{address}/{page}");
            }
            say!("Ctrl-C ends it");
        }
        if open {
            let token = token.map_or_else(String::new, |token| format!("?token={token}"));
            browse(&format!("http://{address}/{page}{token}"));
        }
    };
    // Runs keep what was answered; a second signal ends all at once.
    let _asking = options.runs.then(signals::asking);
    serve(&options, &signals::cancel(), ready).map_err(|error| match error {
        ServeError::NoToken => Problem::new(format!("other machines can reach {}, and no token is set", args.host))
            .remedy(format!("give one with --token or in the variable {TOKEN}, or leave --host out")),
        ServeError::BadToken => Problem::new("the token is not valid")
            .remedy("use at least 16 characters: letters, digits and - . _ ~"),
        ServeError::Taken(address, error) => Problem::new(format!("cannot listen on {address}: {error}"))
            .remedy("another program may have this port: give another one with --port, or --port 0 for a free one"),
        ServeError::Broken(error) => Problem::new(format!("the server stopped: {error}")),
    })
}

/// Opens a browser if there is one; fails silently, because the address was printed.
fn browse(address: &str) {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    let _ = Command::new(program)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}
