//! Which judges are alike, and where do they differ?

use maud::{Markup, html};
use predilect_results::Comparison;
use predilect_results::browse::Alike;
use predilect_results::comparison::{
    AmongPublished, HabitDifference, Interval, JudgeAgreement, PooledCell, Pooling, Similarity, StandIns,
    StrengthDifference,
};

use crate::format;
use crate::html::charts::{Difference, agreement as agreement_grid, differences, map, matrix};
use crate::html::parts::{Align, Section, first_few, folded, heads, name, nothing, scroll};
use crate::judging::{
    FALSE_DISCOVERIES, contrast, departures, habit, not_ranked_words, percent, pooling_words, strength,
    strengths_words, unmoved_words, unplaced_words,
};
use crate::text::unbroken;
use crate::units;
use crate::words;

/// Contrasts drawn.
const CONTRASTS: usize = 25;
/// Rows of agreement before the rest is folded away.
const ROWS: usize = 15;
/// Rows of similarities before the rest is folded away.
const MOST_TWOS: usize = 30;
/// Published judges named for each judge.
const NEAREST: usize = 3;

pub(super) fn of(comparison: Option<&Comparison>) -> Section {
    let body = match comparison {
        Some(c) if c.similarity.judges.len() > 1 || !c.agreement.is_empty() => compared(c),
        Some(c) if !c.among_published.is_empty() => beside_published(&c.among_published),
        _ => nothing("There is only one judge; the 33 published ones can be compared with it."),
    };
    Section { id: "judges", name: "Judges", title: "Judges side by side", body }
}

fn compared(c: &Comparison) -> Markup {
    html! {
        @if !c.agreement.is_empty() {
            h3 { "Do they agree on the same pairs?" }
            p.hint {
                "Share of pairs with the same verdict of A, tie and B (a third by chance); the same where neither calls a tie (one half by chance); Cohen's kappa; "
                "Krippendorff's alpha of soft verdicts. 90\u{a0}% intervals, bootstrap over " bdi { (units::plural(units::unit(c))) } "."
            }
            @if let Some(kappa) = c.agreement_matrices.coefficients.get("kappa").filter(|_| c.agreement.len() > 1) {
                p.hint { "Cohen's kappa as a matrix:" }
                (agreement_grid(&c.agreement_matrices.judges, kappa, &leaves(c)))
            }
            (first_few(&c.agreement, ROWS, "pairs of judges", agreement))
        }
        (habits(c))
        (strengths(c))
        (contrasts(c))
        @if c.similarity.judges.len() > 1 { h3 { "Which judges reward alike?" } (similarity(c)) }
        @if !c.among_published.is_empty() { (beside_published(&c.among_published)) }
        @if let Some(found) = &c.stand_ins { (rates(found)) }
        @if let Some(found) = &c.pooling {
            h3 { "Fits that learn from each other" }
            p { (unbroken(&pooling_words(found))) }
            @if found.cells.len() > 1 { (folded("Each judge in each group", &scroll("Pooled fits", &cells(found)))) }
        }
    }
}

fn similarity(c: &Comparison) -> Markup {
    let l = &c.similarity;
    let over = match l.scenarios.as_slice() {
        [_] => String::new(),
        several => format!(", averaged over {}", words::counted(several.len(), "scenario", "scenarios")),
    };
    html! {
        p {
            "How alike the weights of two judges are (" (words::measure(&l.measure)) (over) "): the stronger the blue, the more alike, on a fixed scale; the other colour is below 0."
            @if l.clusters.is_some() {
                " Judges are in the order of the tree next to the names; a heavy branch occurs in at least four of five resamples."
            }
        }
        @let unplaced = unplaced_words(l);
        @if !unplaced.is_empty() { p.hint { bdi { (unplaced) } } }
        (matrix(l))
        @if !l.low.is_empty() { (folded("Every two judges, with 90\u{a0}% intervals", &each_two(l))) }
        @if let Some(clusters) = &l.clusters {
            p.hint {
                @if clusters.groups.len() > 1 {
                    (words::counted(clusters.groups.len(), "cluster", "clusters"))
                    @if let Some(silhouette) = clusters.silhouette { " where they are most distinct (mean silhouette " (format::decimal(silhouette, 2)) ")" }
                    ". "
                }
                @if clusters.order.len() > 3 { "The map preserves " (format::share(clusters.explained)) " of the squared distances, and agrees with the maps of the resamples to "
                (format::share(clusters.map_stability)) "." } (unmoved_words(l))
            }
            // Three points are always a triangle.
            @if clusters.order.len() > 3 { (map(clusters)) }
        }
    }
}

/// Every two judges with the interval of their similarity.
fn each_two(l: &Similarity) -> Markup {
    let two = |a: usize, b: usize| {
        let value = l.overall.get(a)?.get(b).copied()??;
        Some((a, b, value, l.low.get(a)?.get(b).copied()??, l.high.get(a)?.get(b).copied()??))
    };
    let mut rows: Vec<_> =
        (0..l.judges.len()).flat_map(|a| (a + 1..l.judges.len()).filter_map(move |b| two(a, b))).collect();
    rows.sort_by(|one, other| other.2.total_cmp(&one.2));
    let table = |rows: &[(usize, usize, f64, f64, f64)]| {
        scroll(
            "Similarity of every two judges",
            &html! {
                table.plain {
                    (heads(&[("Judges", Align::Left), ("Similarity", Align::Right)]))
                    tbody {
                        @for (a, b, value, low, high) in rows {
                            tr {
                                th scope="row" { (name(&l.judges[*a])) " and " (name(&l.judges[*b])) }
                                td.num { (format::decimal(*value, 2)) " " span.n { (format::bounds((*low, *high), 2)) } }
                            }
                        }
                    }
                }
            },
        )
    };
    first_few(&rows, MOST_TWOS, "pairs of judges", table)
}

/// Whom of the published judges each judge resembles.
fn beside_published(all: &[AmongPublished]) -> Markup {
    let of = all.first().map_or(0, |first| first.alike.len());
    let alike = |one: &Alike| {
        let Interval { value, low, high } = one.correlation;
        html! { (name(&one.judge)) " " b { (format::decimal(value, 2)) } " " span.n { (format::bounds((low, high), 2)) } }
    };
    let table = |some: &[AmongPublished]| {
        scroll(
            "Beside the published judges",
            &html! {
                table.plain {
                    (heads(&[("Judge", Align::Left), ("Most alike", Align::Left), ("Least alike", Align::Left)]))
                    tbody {
                        @for own in some {
                            tr {
                                th scope="row" { (name(&own.judge)) }
                                td { @for one in own.alike.iter().take(NEAREST) { div { (alike(one)) } } }
                                td { @if let Some(last) = own.alike.last().filter(|_| own.alike.len() > NEAREST) { (alike(last)) } }
                            }
                        }
                    }
                }
            },
        )
    };
    html! {
        h3 { "Beside the published judges" }
        p.hint {
            "Correlation of each judge's weights with those of " (of) " published ones (Li et al. 2024: people and language models), in the mean over their scenarios. 90\u{a0}% intervals are those of the judge here: "
            "published weights have none. Where ratings here stand in for those of the paper, judges look less alike than they are."
        }
        (first_few(all, ROWS, "judges", table))
    }
}

/// Where learning from the others pays most.
fn cells(found: &Pooling) -> Markup {
    let columns = [
        ("Judge", Align::Left),
        ("Group", Align::Left),
        ("Verdicts", Align::Right),
        ("Separate", Align::Right),
        ("Pooled", Align::Right),
        ("Gain", Align::Right),
    ];
    let gain = |cell: &PooledCell| cell.separate_log_loss - cell.pooled_log_loss;
    let mut cells: Vec<&PooledCell> = found.cells.iter().collect();
    cells.sort_by(|a, b| gain(b).total_cmp(&gain(a)));
    html! {
        table.plain {
            (heads(&columns))
            tbody {
                @for cell in cells {
                    tr {
                        th scope="row" { (name(&cell.judge)) }
                        td { (name(&cell.group)) }
                        td.num { (format::count(cell.rows)) }
                        td.num { (format::decimal(cell.separate_log_loss, 3)) }
                        td.num { (format::decimal(cell.pooled_log_loss, 3)) }
                        td.num { (format::decimal(gain(cell), 3)) }
                    }
                }
            }
        }
    }
}

/// The judges in the order of the tree's leaves.
fn leaves(c: &Comparison) -> Vec<&str> {
    c.similarity.clusters.iter().flat_map(|clusters| &clusters.order).map(String::as_str).collect()
}

fn agreement(rows: &[JudgeAgreement]) -> Markup {
    let share = |found: Option<Interval>| found.map_or(format::MISSING.to_owned(), percent);
    let number = |found: Option<Interval>| {
        found.map_or(format::MISSING.to_owned(), |i| {
            let [value, low, high] = [i.value, i.low, i.high].map(|x| format::decimal(x, 2));
            format!("{value} [{low}, {high}]")
        })
    };
    let columns = [
        ("Judges", Align::Left),
        ("Pairs", Align::Right),
        ("Same", Align::Right),
        ("Without ties", Align::Right),
        ("Kappa", Align::Right),
        ("Alpha", Align::Right),
    ];
    let table = html! {
        table.plain {
            (heads(&columns))
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" { (name(&row.judges[0])) " and " (name(&row.judges[1])) }
                        td.num { (format::count(row.pairs)) }
                        td.num { (share(row.same)) }
                        td.num { (share(row.same_without_ties)) }
                        td.num { (number(row.kappa)) }
                        td.num { (number(row.alpha)) }
                    }
                }
            }
        }
    };
    scroll("Agreement of judges", &table)
}

/// Differences in what judges do, before the rest is folded away.
const HABITS: usize = 8;

fn habits(c: &Comparison) -> Markup {
    let sure: Vec<_> = c.habits.iter().filter(|found| found.q_value <= FALSE_DISCOVERIES).collect();
    html! {
        @if !c.habits.is_empty() {
            h3 { "What do they do differently?" }
            p.hint {
                "Two judges on the same pairs, paired by " bdi { (units::singular(units::unit(c))) } ", with 90\u{a0}% intervals. Of "
                (words::counted(c.habits.len(), "comparison", "comparisons")) ", " (format::count(sure.len() as u64))
                " are differences at a false discovery rate of " (format::share(FALSE_DISCOVERIES)) "."
            }
            @if !sure.is_empty() {
                (first_few(&sure, HABITS, "differences", |found: &[&HabitDifference]| html! {
                    ul.differences { @for found in found { li { bdi { (unbroken(&habit(found))) } } } }
                }))
            }
        }
    }
}

fn strengths(c: &Comparison) -> Markup {
    let sure: Vec<_> = c.strengths.iter().filter(|found| found.q_value <= FALSE_DISCOVERIES).collect();
    html! {
        @if !c.strengths.is_empty() || !c.strengths_left_out.is_empty() {
            h3 { "Whose leaderboard differs?" }
            p.hint {
                bdi { (unbroken(&strengths_words(c))) }
                @for words in not_ranked_words(&c.strengths_left_out) { " " bdi { (words) } }
            }
            @if !sure.is_empty() {
                (first_few(&sure, HABITS, "differences", |found: &[&StrengthDifference]| html! {
                    ul.differences { @for found in found { li { bdi { (unbroken(&strength(found))) } } } }
                }))
            }
        }
    }
}

fn contrasts(c: &Comparison) -> Markup {
    if c.contrasts.is_empty() {
        return html! {};
    }
    let sure = c.contrasts.iter().filter(|found| found.q_value <= FALSE_DISCOVERIES).count();
    let of = |found: &predilect_results::comparison::Contrast| {
        let words = contrast(found);
        let name = html! {
            bdi { (words.more) } " over " bdi { (words.less) } ": " strong { bdi { (words.property) } } bdi { (words.within) }
        };
        Difference { name, by: words.by }
    };
    let rows: Vec<Difference> = departures(c, sure).into_iter().take(CONTRASTS).map(of).collect();
    html! {
        h3 { "Where do they differ?" }
        p.hint {
            "Difference of two judges' weights in log-odds with its 90\u{a0}% interval: which judge rewards a property more. Of "
            (words::counted(c.contrasts.len(), "contrast", "contrasts")) ", " (format::count(sure as u64))
            " are differences at a false discovery rate of " (format::share(FALSE_DISCOVERIES)) ". " (crate::judging::pairing(&c.contrasts))
            @if sure > CONTRASTS { " The first " (CONTRASTS) " are shown, departures from people before others." }
        }
        @if rows.is_empty() { (nothing("No difference is sure: these judges may reward the same, or there are too few verdicts.")) }
        @else { (differences(&rows, "Who rewards what more", ("90\u{a0}%", 2))) }
    }
}

fn rates(found: &StandIns) -> Markup {
    let rates: Vec<_> = found.rates.iter().filter(|rate| rate.judged_only > 0).collect();
    html! {
        @if let Some(first) = rates.first() {
            @let head = format!("Win rates with the help of {}", crate::text::line(&first.judge));
            (folded(&head, &corrected(&rates)))
        }
    }
}

fn corrected(rates: &[&predilect_results::comparison::CorrectedRate]) -> Markup {
    let columns = [
        ("Model", Align::Left),
        ("Labelled", Align::Right),
        ("Judged only", Align::Right),
        ("By labels", Align::Right),
        ("By the judge", Align::Right),
        ("Corrected", Align::Right),
    ];
    let table = html! {
        table.plain {
            (heads(&columns))
            tbody {
                @for rate in rates {
                    tr {
                        th scope="row" { (name(&rate.model)) }
                        td.num { (format::count(rate.labelled)) }
                        td.num { (format::count(rate.judged_only)) }
                        td.num { (percent(rate.reference_only)) }
                        td.num { (percent(rate.judge_only)) }
                        td.num { (percent(rate.corrected)) }
                    }
                }
            }
        }
    };
    scroll("Corrected win rates", &table)
}
