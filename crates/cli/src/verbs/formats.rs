//! `predilect formats`: which formats are read and written, and how is one of them read?

use std::io::Write;

use predilect_results::{FormatsJson, Written};
use predilect_workbench::{ExportFormat, Format, Recipe};

use crate::args::FormatsArgs;
use crate::output::print_json;
use crate::problem::Problem;

pub(crate) fn run(args: &FormatsArgs) -> Result<(), Problem> {
    let mut out = std::io::stdout().lock();
    if let Some(format) = args.name {
        let recipes: Vec<&Recipe> = format.recipes().collect();
        if args.json {
            return print_json(&Written::new(told(&recipes)?));
        }
        for (i, recipe) in recipes.iter().enumerate() {
            if args.toml {
                if recipes.len() > 1 {
                    writeln!(out, "# {} of {}: {}", i + 1, recipes.len(), recipe.about)?;
                }
                write!(out, "{}", recipe.to_toml()?)?;
            } else {
                show(recipe, &mut out)?;
            }
        }
        return Ok(());
    }
    if args.json {
        let read: Vec<_> = Format::all().flat_map(Format::recipes).collect();
        return print_json(&Written::new(told(&read)?));
    }
    writeln!(out, "Read (detected, or forced with --format; `predilect formats NAME` shows one):")?;
    for format in Format::all() {
        for (i, recipe) in format.recipes().enumerate() {
            let name = if i == 0 { format.as_str() } else { "" };
            writeln!(out, "  {name:<28} {}", recipe.about)?;
        }
    }
    writeln!(out, "  {:<28} any other file whose column names say what they are", "(by names)")?;
    writeln!(out, "Written by `predilect export`:")?;
    for (format, description) in ExportFormat::ALL {
        writeln!(out, "  {format:<28} {description}")?;
    }
    Ok(())
}

/// The recipes in the shape of results.
fn told(recipes: &[&Recipe]) -> Result<FormatsJson, Problem> {
    let read = serde_json::to_value(recipes).and_then(serde_json::from_value);
    Ok(FormatsJson {
        read: read.map_err(|e| Problem::new(format!("the formats cannot be written as JSON: {e}")))?,
    })
}

fn show(recipe: &Recipe, out: &mut impl Write) -> Result<(), Problem> {
    writeln!(out, "{}: {}", recipe.name, recipe.about)?;
    let names = |paths: &[predilect_workbench::FieldPath]| {
        paths.iter().map(|path| path.as_str().trim_start_matches('=')).collect::<Vec<_>>().join(", ")
    };
    for (words, paths) in
        [("all of", &recipe.all), ("at least one of", &recipe.any), ("none of", &recipe.none)]
    {
        if !paths.is_empty() {
            writeln!(out, "  recognised by {words}: {}", names(paths))?;
        }
    }
    for (role, path) in recipe.roles() {
        writeln!(out, "  {role:<16} {path}")?;
    }
    if let Some(example) = &recipe.example {
        writeln!(out, "  example: {example}")?;
    }
    Ok(())
}
