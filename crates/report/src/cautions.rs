//! What to watch out for, in sentences that every view shares.

use predilect_results::Caution;

use crate::format;
use crate::text;
use crate::units;
use crate::words::listed;

/// Names in a sentence.
const NAMED: usize = 4;

/// One caution as a sentence or two.
#[expect(clippy::too_many_lines, reason = "one match, an arm for each caution")]
pub fn caution(caution: &Caution) -> String {
    match caution {
        Caution::FewUnits { judges, units } => {
            let unit = units.first().map_or("prompt", |unit| unit.unit.as_str());
            let plural = units::plural(unit);
            format!(
                "Few {plural}: the verdicts of {} rest on {}. However many they are, they say little about other {plural}, and few directions can be \
                 sure.",
                named(judges),
                units::counted_units(&units[..units.len().min(1)]),
            )
        }
        Caution::Independent { prompts, verdicts } => format!(
            "Every verdict is treated as independent of all others, as requested, though up to {} are on {}: conclusions apply to these prompts only.",
            format::counted(*verdicts, "verdict", "verdicts"),
            format::counted(*prompts, "prompt", "prompts"),
        ),
        Caution::StrengthLeftOut { models } => format!(
            "The strength of {} is not in these fits: what strong models do passes for what is rewarded.",
            format::counted(*models, "model", "models"),
        ),
        Caution::OneText { model, prompts, same } => format!(
            "{} answers {} of {} prompts with one and the same text: what is rewarded in its responses is not how they answer.",
            line(model),
            format::count(*same),
            format::count(*prompts),
        ),
        Caution::SideIsModel { a, b, longer } => {
            let who = match (a, b) {
                (Some(a), Some(b)) => format!("A is always {} and B always {}", line(a), line(b)),
                (Some(a), None) => format!("A is always {}", line(a)),
                (None, Some(b)) => format!("B is always {}", line(b)),
                (None, None) => "One model is always on the same side".to_owned(),
            };
            let length = longer.map_or_else(String::new, |(side, share)| {
                format!(
                    " {side} is also the longer one in {} of the pairs, so a preference for length and one for that model are hard to tell apart.",
                    format::share(share)
                )
            });
            format!(
                "{who}: how often A wins reflects how strong the models are as well as any position bias; the two cannot be told apart.{length}"
            )
        }
        Caution::AddNothing { judges } if judges.len() == 1 => format!(
            "On verdicts it has not seen, the fit of {} predicts no better than sides, order and models alone. Read its \
             directions as a description of these pairs.",
            named(judges),
        ),
        Caution::AddNothing { judges } => format!(
            "On verdicts they have not seen, the fits of {} predict no better than sides, order and models alone. Read their \
             directions as a description of these pairs.",
            named(judges),
        ),
        Caution::OtherPairs { judges: [a, b], common } => format!(
            "Judges have judged different pairs ({} and {} share {} of the pairs of the one that has fewer): what differs between them may be the pairs.",
            line(a),
            line(b),
            format::share(*common),
        ),
        Caution::ContradictsItself { judge, pairs, of } => format!(
            "{} has verdicts for both sides on {} of {}, and usually one verdict per pair: these may be the same pair twice, labelled differently. Both count, and where a side is needed they make a tie.",
            line(judge),
            format::count(*pairs),
            format::counted(*of, "pair", "pairs"),
        ),
        Caution::JudgesTogether { judges } => {
            format!("The report's leaderboard counts the verdicts of {} together.", named(judges))
        }
    }
}

/// A name on one line, cut where it is long.
fn line(name: &str) -> String {
    text::cut(&text::line(name), 60)
}

fn named(judges: &[String]) -> String {
    let mut names: Vec<String> = judges.iter().take(NAMED).map(|judge| line(judge)).collect();
    if judges.len() > NAMED {
        names.push(format!("{} more", judges.len() - NAMED));
    }
    listed(&names)
}
