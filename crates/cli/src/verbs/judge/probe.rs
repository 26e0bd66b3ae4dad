//! `predilect judge --probe`: what a model returns when it is asked to judge, before a run is paid for.

use std::io::Write;

use predilect_results::Written;
use predilect_results::asked::{Habits, Probe, SchemaHabit, SeedHabit, dollars};
use predilect_types::shown::line;
use predilect_workbench::{JudgeRequest, Watch, probe};

use crate::asked::{print_failures, print_unread, with_remedies};
use crate::output::print_json;
use crate::problem::Problem;

pub(super) fn run(request: &JudgeRequest, json: bool, watch: &dyn Watch) -> Result<(), Problem> {
    let mut ran = probe(request, watch)?;
    for way in ran.found.iter_mut().flat_map(|probe| &mut probe.ways) {
        with_remedies(&mut way.unread);
    }
    if json {
        print_json(&ran.found.iter().map(Written::new).collect::<Vec<_>>())?;
    } else {
        let mut out = anstream::stdout().lock();
        for report in &ran.found {
            print(report, &mut out)?;
        }
    }
    match (ran.stopped, ran.found.iter().find(|report| report.method.is_none())) {
        (Some(problem), _) => Err(problem.into()),
        (None, Some(report)) => Err(Problem::new(format!("no answer from {} could be read", report.model))
            .remedy(
                "another model or server is needed, or another way to ask: what came back is shown above",
            )),
        (None, None) => Ok(()),
    }
}

fn print(report: &Probe, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{}", report.model)?;
    for way in &report.ways {
        let mass = way.mass.map_or_else(String::new, |mass| {
            format!(", {:.0} % of the probability on the letters", 100.0 * mass)
        });
        writeln!(
            out,
            "  {:<10} {} of {} answers read{mass}; the good response won {} of {}, the one shown first {} of {}",
            way.method, way.read, way.questions, way.right, way.verdicts, way.first, way.read
        )?;
        writeln!(
            out,
            "             {} calls, {} tokens, {}, {:.1} s",
            way.calls,
            way.tokens,
            dollars(way.price),
            way.seconds
        )?;
        if let Some(why) = &way.refused {
            writeln!(out, "             refused: {}", line(why))?;
        }
        print_failures(&way.failures, out)?;
        print_unread(&way.unread, out)?;
    }
    if let Some(habits) = &report.habits {
        print_habits(*habits, out)?;
    }
    for remark in &report.remarks {
        writeln!(out, "  remark     {remark}")?;
    }
    match &report.method {
        Some(method) => writeln!(out, "  use        --method {method}: {}", report.because)?,
        None => writeln!(out, "  use        none: {}", report.because)?,
    }
    for caution in &report.cautions {
        writeln!(out, "  caution    {caution}")?;
    }
    if let Some(price) = report.price_of_thousand {
        writeln!(
            out,
            "  price      about {} for a thousand pairs as short as these, in both orders",
            dollars(Some(price))
        )?;
    }
    Ok(())
}

fn print_habits(habits: Habits, out: &mut impl Write) -> std::io::Result<()> {
    let schema = match habits.schema {
        Some(SchemaHabit::Enforced) => {
            "enforced: the answer had its form although the question asked for another"
        }
        Some(SchemaHabit::Ignored) => "not enforced: forms are read as far as the model keeps to them",
        Some(SchemaHabit::Refused) => "refused: forms are read as far as the model keeps to them",
        None => "unknown",
    };
    writeln!(out, "  schema     {schema}")?;
    let seed = match habits.seed {
        Some(SeedHabit::Taken) => "honoured: the same seed gives the same text, another seed another one",
        Some(SeedHabit::Ignored) => {
            "not honoured: the same seed gave two texts, so a run cannot be repeated exactly"
        }
        Some(SeedHabit::AlwaysTheSame) => "unknown: the text was the same for every seed, at temperature 1",
        Some(SeedHabit::Refused) => "refused",
        None => "unknown",
    };
    writeln!(out, "  seed       {seed}")?;
    match habits.reasoning_tokens {
        0 => writeln!(out, "  reasoning  none seen before an answer"),
        tokens => writeln!(
            out,
            "  reasoning  {tokens} tokens besides the answer: it reasons first (--reasoning none stops that, --reasoning-tokens sets how many it may use)"
        ),
    }
}
