//! `predilect completions` and `predilect man`: what a shell and `man` need to know of the program.

use clap::CommandFactory;
use predilect_workbench::files::write_file;

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::problem::Problem;
use crate::say::say;

/// The program's name, whatever its file is called.
const NAME: &str = "predilect";

pub(crate) fn completions(args: &CompletionsArgs) -> Result<(), Problem> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), NAME, &mut script);
    std::io::Write::write_all(&mut std::io::stdout().lock(), &script)?;
    Ok(())
}

pub(crate) fn man(args: &ManArgs) -> Result<(), Problem> {
    std::fs::create_dir_all(&args.folder)
        .map_err(|e| Problem::new(format!("cannot make the folder {}: {e}", args.folder.display())))?;
    let mut program = Cli::command();
    program.build();
    let mut pages = vec![(NAME.to_owned(), program.clone())];
    let verbs = program.get_subcommands().filter(|verb| verb.get_name() != "help");
    pages.extend(verbs.map(|verb| (format!("{NAME}-{}", verb.get_name()), verb.clone())));
    let count = pages.len();
    for (name, command) in pages {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).title(name.clone()).render(&mut page)?;
        write_file(&args.folder.join(format!("{name}.1")), &page)?;
    }
    say!("{count} pages: {}", args.folder.display());
    Ok(())
}
