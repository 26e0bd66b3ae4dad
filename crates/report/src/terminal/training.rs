//! What a training run did, how a model ranks pairs, and which losses there are.

use std::io;

use anstyle::Style;
use predilect_results::training::{LossesJson, RankingJson, StepRow, TrainJson};

use super::style::{BOLD, Out, head, heading, paint};
use crate::format;
use crate::text;
use crate::training::number as shown;
use crate::training::{
    mean, method, pairs, percent, ranking_method, ranking_rows, ranking_sentences, ranking_title, sentences,
    title,
};

/// Lines of the curve.
const LINES: usize = 12;

/// Writes a training run, for a terminal of `width` columns (0: not known, 80 is taken).
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn terminal_training(found: &TrainJson, out: &mut dyn io::Write, width: u16) -> io::Result<()> {
    let mut out = Out::new(out, width);
    head(&mut out, (&title(found), &method(found)), &sentences(found), &found.remarks)?;
    if let Some(command) = &found.command {
        heading(&mut out, "To train, run", "")?;
        // Not wrapped: it is to be copied.
        out.line(&text::line(command))?;
    }
    rounds(found, &mut out)?;
    curve(found, &mut out)?;
    let said = pairs(&found.pairs);
    if !said.is_empty() {
        let title = if found.completions.is_some() { "Completions" } else { "Pairs" };
        heading(&mut out, title, &format!("Of {} that were read:", format::count(found.pairs.read)))?;
        for line in said {
            out.wrapped(Style::new(), &line)?;
        }
    }
    heading(&mut out, "Files", "")?;
    for (what, path) in &found.files {
        out.line(&format!("{}  {}", text::left(&text::line(what), 14), text::line(path)))?;
    }
    Ok(())
}

fn rounds(found: &TrainJson, out: &mut Out) -> io::Result<()> {
    if found.rounds.is_empty() {
        return Ok(());
    }
    heading(
        out,
        "Rounds",
        "Self-generated preferences: pairs sampled from the model, labelled by implicit reward.",
    )?;
    out.line(&paint(
        BOLD,
        &format!(
            "{:>6}{}",
            "round",
            round_columns(["prompts", "pairs", "mean p", "doubtful", "first loss", "last loss"])
        ),
    ))?;
    for row in &found.rounds {
        let number =
            |x: Option<f64>, places| x.map_or_else(|| format::MISSING.to_owned(), |x| shown(x, places));
        let cells = [
            format::count(row.prompts),
            format::count(row.pairs),
            format::decimal(row.mean_p, 3),
            number(row.doubtful.map(|share| 100.0 * share), 1),
            number(row.first_loss, 4),
            number(row.last_loss, 4),
        ];
        out.line(&format!("{:>6}{}", row.round, round_columns(cells.each_ref().map(String::as_str))))?;
    }
    Ok(())
}

/// The columns of a round.
fn round_columns(cells: [&str; 6]) -> String {
    cells.map(|cell| format!("  {cell:>13}")).concat()
}

fn curve(found: &TrainJson, out: &mut Out) -> io::Result<()> {
    if found.curve.is_empty() {
        return Ok(());
    }
    let measured = found.curve.iter().any(|row| row.kl.is_some());
    let far = if measured {
        "KL: divergence of the policy from the reference, over the whole vocabulary, in nats per token"
    } else {
        "drift: nats per token from the reference"
    };
    heading(
        out,
        "Steps",
        &format!(
            "Each line is the average of the steps since the one above; margin and accuracy of rewards beta (ln policy - ln reference); {far}."
        ),
    )?;
    let looked = !found.evaluations.is_empty();
    let mut line = format!(
        "{:>7}  {:>8}  {:>8}  {:>8}  {:>8}  {:>9}",
        "step",
        "loss",
        "margin",
        "accuracy",
        if measured { "KL" } else { "drift" },
        "gradient"
    );
    if looked {
        line.push_str(&format_looks("held out", "accuracy"));
    }
    out.line(&paint(BOLD, &line))?;
    let part = found.curve.len().div_ceil(LINES);
    for rows in found.curve.chunks(part) {
        let Some(last) = rows.last() else { continue };
        let number = |of: &dyn Fn(&StepRow) -> Option<f64>, places| {
            mean(rows, of).map_or_else(|| format::MISSING.to_owned(), |x| shown(x, places))
        };
        let mut line = format!(
            "{:>7}  {:>8}  {:>8}  {:>8}  {:>8}  {:>9}",
            last.step,
            number(&|row| Some(row.loss), 4),
            number(&|row| row.margin, 3),
            number(&|row| row.accuracy.map(|a| 100.0 * a), 1),
            number(&|row| if measured { row.kl } else { row.drift }, 4),
            number(&|row| Some(row.grad_norm), 3),
        );
        if looked {
            let (loss, accuracy) =
                (number(&|row| row.eval_loss, 4), number(&|row| row.eval_accuracy.map(|a| 100.0 * a), 1));
            line.push_str(&format_looks(&loss, &accuracy));
        }
        out.line(&line)?;
    }
    Ok(())
}

/// The columns of held-out pairs.
fn format_looks(loss: &str, accuracy: &str) -> String {
    format!("  {loss:>9}  {accuracy:>9}")
}

/// Writes how a model ranks pairs.
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn terminal_ranking_accuracy(found: &RankingJson, out: &mut dyn io::Write, width: u16) -> io::Result<()> {
    let mut out = Out::new(out, width);
    let said = (ranking_title(found), ranking_method(found));
    head(&mut out, (&said.0, &said.1), &ranking_sentences(found), &found.remarks)?;
    heading(&mut out, "Shares of pairs", "In %, with 90 % intervals over prompts.")?;
    for (what, value, ends) in ranking_rows(found) {
        let ends =
            ends.map_or_else(String::new, |(low, high)| format!("[{}, {}]", percent(low), percent(high)));
        out.line(&format!("{}  {:>6}  {ends}", text::left(what, 29), percent(value)))?;
    }
    for line in pairs(&found.count) {
        out.wrapped(Style::new(), &line)?;
    }
    Ok(())
}

/// Writes the losses.
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn terminal_losses(losses: &LossesJson, out: &mut dyn io::Write, width: u16) -> io::Result<()> {
    let mut out = Out::new(out, width);
    out.wrapped(Style::new(), &losses.notation)?;
    out.blank()?;
    let name = losses.losses.iter().map(|loss| text::columns(&loss.name)).max().unwrap_or(0);
    for loss in &losses.losses {
        // Some need no source.
        let mut notes: Vec<String> =
            Some(loss.source.clone()).into_iter().filter(|source| !source.is_empty()).collect();
        if loss.soft {
            notes.push("soft labels".to_owned());
        }
        if loss.unpaired {
            notes.push("single completions".to_owned());
        }
        if !loss.reference {
            notes.push("no reference".to_owned());
        }
        if loss.trl.is_none() {
            notes.push("not in TRL".to_owned());
        }
        let parameter = |(name, value): (&String, &serde_json::Value)| match value {
            serde_json::Value::String(word) => format!("{name}={word}"),
            value => format!("{name}={value}"),
        };
        notes.extend(
            (!loss.options.is_empty())
                .then(|| loss.options.iter().map(parameter).collect::<Vec<_>>().join(" ")),
        );
        let head = format!("{}  ", text::left(&loss.name, name));
        let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
        out.hanging(&head, &format!("{}{notes}", loss.formula))?;
    }
    Ok(())
}
