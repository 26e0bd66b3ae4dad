//! How was it done, exactly, so that it can be done again?

use maud::html;

use crate::format;
use crate::html::parts::{Section, name};
use crate::text;
use crate::view::View;

/// The model in plain text.
const FORMULA: &str = "\
P(A is preferred) = 1 / (1 + exp(-(w·x + t·z)))

x  one number per property: the comparison of the ratings of A and B
w  one weight per property; intensity = 100 / (1 + exp(-w))
z  the nuisance terms (side, order, models), if any
t  their weights";

pub(super) fn section(view: &View) -> Section {
    let s = &view.d.settings;
    let rows = [
        ("Version", text::line(&s.version)),
        ("Engine", text::line(&s.engine)),
        ("Prior on weights", text::line(&s.prior)),
        ("Terms", text::line(&s.terms)),
        ("Encoding of rating differences", text::line(&s.encoding)),
        ("Soft verdicts count", text::line(crate::words::verdicts_count(&s.verdicts))),
        ("Groups from", text::line(&s.group_by)),
        ("Smallest group fitted", format::counted(s.min_rows, "verdict", "verdicts")),
        ("Folds of the held-out check", format::count(s.folds)),
        ("Seed", s.seed.to_string()),
        ("NUTS", text::line(&s.nuts)),
    ];
    let body = html! {
        @if s.simulated { p.simulated { (crate::words::SIMULATED) } }
        p {
            "One Bayesian logistic regression per judge and group. A soft verdict p counts as p verdicts for A and "
            "1 − p for B; a tie is p = 0.5. Intensities are those of the posterior mean of a weight, intervals run "
            "from its 5\u{a0}% to its 95\u{a0}% quantile, and P(sign) is the posterior probability of its more probable sign."
        }
        pre.formula { (FORMULA) }
        p {
            "The engine ep is expectation propagation with the marginals tilted by the prior, checked by importance "
            "sampling: the Pareto k of the importance weights must stay below 0.7 and no weighted mean may lie more "
            "than 0.15 posterior sd (and Monte Carlo error) from the reported one. Where the check fails, the engine "
            "auto repeats the fit by nuts, and the engine ep says that it cannot be trusted. The "
            "engine nuts is Hamiltonian Monte Carlo, checked by rank-normalised split R-hat, bulk and tail effective "
            "sample sizes and divergent transitions."
        }
        dl.settings {
            @for (what, value) in rows {
                @if !value.is_empty() { div { dt { (what) } dd { (name(&value)) } } }
            }
        }
        @if !s.command.is_empty() {
            h3 { "The command" }
            pre.command { (s.command.iter().map(|word| quoted(&text::line(word))).collect::<Vec<_>>().join(" ")) }
        }
        h3 { "To cite the method" }
        p.cite {
            "Junlong Li, Fan Zhou, Shichao Sun, Yikai Zhang, Hai Zhao, Pengfei Liu: Dissecting Human and LLM "
            "Preferences. ACL 2024. arXiv 2402.11296."
        }
        p.hint { "Predilect is independent of its authors." }
    };
    Section { id: "method", name: "Method", title: "How it was done", body }
}

/// A word of a command as a shell wants it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
