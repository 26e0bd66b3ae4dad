//! What is rewarded otherwise in a slice than elsewhere, in a terminal.

use std::io;

use predilect_results::comparison::{Difference, Parts, SliceVersus, Versus};
use predilect_results::intensity;

use super::style::{BOLD, DIM, Out, WARN, paint};
use crate::format;
use crate::text;
use crate::words;

/// Differences at a false discovery rate up to this are called so.
const FALSE_DISCOVERIES: f64 = 0.05;

/// The width of a property's name.
const NAME: usize = 26;

/// Writes the differences of a slice and another part of the data, for a terminal of `width` columns (0: not known, 80 is taken).
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn terminal_versus(all: &SliceVersus, out: &mut dyn io::Write, width: u16) -> io::Result<()> {
    let mut out = Out::new(out, width);
    // A terminal waits for all pairs.
    let SliceVersus {
        filter,
        versus,
        pairs: [inside, outside],
        sampled: _,
        shared_pairs: shared,
        simulated,
        found,
    } = all;
    if *simulated {
        out.wrapped(WARN, words::SIMULATED)?;
    }
    let other = if versus == "rest" { "the rest" } else { versus };
    out.wrapped(BOLD, &format!("{} against {}", text::line(filter), text::line(other)))?;
    out.wrapped(
        DIM,
        &format!(
            "{} in the slice, {} in the other part{}. For each property that is rewarded differently: the preference intensity in the \
             slice and in the other part (how often, in %, a response with more of it wins, all else equal), then the difference of the two \
             weights in log-odds with its 90 % interval. A difference is listed at a false discovery rate of at most {} over all \
             judges and properties.",
            format::counted(*inside, "pair", "pairs"),
            format::counted(*outside, "pair", "pairs"),
            if *shared > 0 { format!(" ({} are in both)", format::count(*shared)) } else { String::new() },
            format::share(FALSE_DISCOVERIES),
        ),
    )?;
    for judge in &found.judges {
        of_judge(judge, found, &mut out)?;
    }
    for skipped in &found.skipped {
        out.hanging(
            "  ",
            &format!("not fitted: {}, {}", text::line(&skipped.judge), text::line(&skipped.reason)),
        )?;
    }
    Ok(())
}

/// What one judge rewards differently.
fn of_judge(judge: &Parts, found: &Versus, out: &mut Out) -> io::Result<()> {
    out.blank()?;
    let paired = if judge.shared_units > 1 {
        format!("; paired by {}", format::counted(judge.shared_units, "prompt", "prompts"))
    } else {
        String::new()
    };
    let head = format!(
        "{}: {} against {}{paired}",
        text::line(&judge.judge),
        format::counted(judge.verdicts[0], "verdict", "verdicts"),
        format::count(judge.verdicts[1])
    );
    out.wrapped(BOLD, &head)?;
    let own: Vec<&Difference> = found.differences.iter().filter(|d| d.judge == judge.judge).collect();
    let sure: Vec<&&Difference> = own.iter().filter(|d| d.q_value <= FALSE_DISCOVERIES).collect();
    for difference in &sure {
        row(difference, out)?;
    }
    let rest = own.len() - sure.len();
    if rest > 0 {
        let surest = own.iter().find(|d| d.q_value > FALSE_DISCOVERIES);
        let surest = surest.map_or_else(String::new, |d| {
            let sign = d.p_positive.max(1.0 - d.p_positive);
            format!(
                "; the surest is {}, P(sign) {}, at a false discovery rate of {}",
                words::label(&d.property),
                format::p_sign(sign),
                format::share(d.q_value)
            )
        });
        let what = words::counted(rest, "property", "properties");
        out.hanging("  ", &format!("· no clear difference in {what}{surest}"))?;
    }
    Ok(())
}

fn row(d: &Difference, out: &mut Out) -> io::Result<()> {
    let percent = |weight: f64| format::intensity(intensity(weight));
    let mark = if d.mean > 0.0 { "▲" } else { "▼" };
    let name = text::left(&words::label(&d.property), NAME);
    let numbers = format!(
        "{:>3} % {} {:>3} %   {} [{}, {}]",
        percent(d.inside),
        paint(DIM, "against"),
        percent(d.outside),
        format::decimal(d.mean, 2),
        format::decimal(d.low, 2),
        format::decimal(d.high, 2)
    );
    out.line(&format!("  {mark} {name} {numbers}"))
}
