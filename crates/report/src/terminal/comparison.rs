//! How do judges compare? Similarity, clusters, what each rewards, agreement, and where they differ.

use std::io;

use predilect_results::Comparison;
use predilect_results::browse::Alike;
use predilect_results::comparison::{
    AmongPublished, Intensity, Interval, JudgeAgreement, Profile, Similarity,
};

use super::judges;
use super::style::{BOLD, DIM, Out, WARN, heading, paint};
use crate::format;
use crate::judging::{
    FALSE_DISCOVERIES, contrast as contrast_words, departures, habit, leaf_order, not_ranked_words, strength,
    strengths_words, unmoved_words, unplaced_words,
};
use crate::text;
use crate::units;
use crate::words;

/// Up to this many judges are shown with numbers; more as shades.
const MOST_IN_NUMBERS: usize = 9;
/// Up to this many judges have their intervals shown.
const MOST_WITH_INTERVALS: usize = 4;
/// Shades from unlike to alike.
const SHADES: [&str; 5] = ["  ", "░░", "▒▒", "▓▓", "██"];
/// Rewarded and penalised properties shown per judge.
const PROPERTIES: usize = 3;
/// Contrasts shown.
const CONTRASTS: usize = 20;
/// Judges beside the published ones that are shown, and published ones that are named for each.
const MOST_BESIDE: usize = 10;
const NEAREST: usize = 3;
/// Judges and groups without a fit that are named.
const SKIPPED: usize = 5;
/// The width of a judge's name.
const NAME: usize = 34;

/// Writes what `compare` found, for a terminal of `width` columns (0: not known, 80 is taken).
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn terminal_comparison(c: &Comparison, out: &mut dyn io::Write, width: u16) -> io::Result<()> {
    let mut out = Out::new(out, width);
    out.line(&paint(
        BOLD,
        &format!(
            "How {} compare",
            words::counted(c.similarity.judges.len().max(c.biases.len()), "judge", "judges")
        ),
    ))?;
    super::findings(&c.findings, &mut out)?;
    super::watch_out(&c.cautions, &mut out)?;
    super::judge_table::judge_table(&c.judge_table, units::unit(c), &mut out)?;
    if c.similarity.judges.len() > 1 {
        matrix(&c.similarity, &mut out)?;
        clusters(&c.similarity, &mut out)?;
    }
    beside_published(&c.among_published, &mut out)?;
    if !c.dissections.is_empty() {
        profiles(&c.dissections, &c.proxies, &mut out)?;
    }
    agreement(c, &mut out)?;
    judges::further(&c.biases, units::unit(c), &mut out)?;
    if let Some(found) = &c.stand_ins {
        judges::rates(found, &mut out)?;
    }
    habits(c, &mut out)?;
    strengths(c, &mut out)?;
    contrasts(c, &mut out)?;
    if let Some(found) = &c.pooling {
        judges::pooling(found, &mut out)?;
    }
    for (reason, count) in &c.left_out {
        out.wrapped(DIM, &format!("left out: {} {}", format::count(*count), text::line(reason)))?;
    }
    for skipped in c.skipped.iter().take(SKIPPED) {
        let (judge, group) = (text::line(&skipped.judge), text::line(&skipped.group));
        out.wrapped(DIM, &format!("not fitted: {judge} in {group}: {}", text::line(&skipped.reason)))?;
    }
    if c.skipped.len() > SKIPPED {
        let more = format::count((c.skipped.len() - SKIPPED) as u64);
        out.wrapped(DIM, &format!("{more} more were not fitted; the JSON names them."))?;
    }
    Ok(())
}

fn matrix(l: &Similarity, out: &mut Out) -> io::Result<()> {
    let over = match l.scenarios.as_slice() {
        [only] => format!("in the group `{}`", text::line(only)),
        several => format!("mean over {} scenarios", several.len()),
    };
    heading(
        out,
        "Similarity",
        &format!("{}, {over}; similar judges are next to each other.", words::measure(&l.measure)),
    )?;
    let order = leaf_order(l);
    let name = order.iter().map(|&j| text::columns(&text::line(&l.judges[j]))).max().unwrap_or(0).min(NAME);
    let names = |j: usize| text::left(&text::line(&l.judges[j]), name);
    if order.len() <= MOST_IN_NUMBERS && name + 4 + 7 * order.len() <= out.width {
        let numbers: Vec<String> = (1..=order.len()).map(|n| text::right(&n.to_string(), 7)).collect();
        out.line(&paint(DIM, &format!("{}{}", " ".repeat(name + 4), numbers.concat())))?;
        for (row, &a) in order.iter().enumerate() {
            let cells: Vec<String> = order
                .iter()
                .map(|&b| text::right(&l.overall[a][b].map_or("-".to_owned(), |v| format::decimal(v, 3)), 7))
                .collect();
            out.line(&format!("{:>3} {}{}", row + 1, names(a), cells.concat()))?;
        }
        if order.len() <= MOST_WITH_INTERVALS {
            return intervals(l, &order, out);
        }
        return out.wrapped(DIM, "The JSON has the intervals.");
    }
    // A fixed scale: the same shade is the same similarity in every output.
    let bounds = if words::is_distance(&l.measure) { [-0.8, -0.6, -0.4, -0.2] } else { [0.2, 0.4, 0.6, 0.8] };
    for (row, &a) in order.iter().enumerate() {
        let cells: String = order
            .iter()
            .map(|&b| {
                l.overall[a][b]
                    .map_or("··", |value| SHADES[bounds.iter().filter(|bound| value >= **bound).count()])
            })
            .collect();
        let line = format!("{:>3} {} {cells}", row + 1, names(a));
        out.line(&text::cut(&line, out.width))?;
    }
    let shown: Vec<String> = bounds.iter().map(|bound| format::decimal(*bound, 2)).collect();
    out.wrapped(DIM, &format!("Shades: from {} upwards, lighter ones below.", shown.join(", ")))
}

/// Every two judges with the interval of their similarity.
fn intervals(l: &Similarity, order: &[usize], out: &mut Out) -> io::Result<()> {
    let what = if l.resampled == "posterior" {
        "90 % intervals from posterior draws around the estimate"
    } else {
        "90 % intervals by resampling the properties"
    };
    out.wrapped(DIM, &format!("{what}:"))?;
    for (row, &a) in order.iter().enumerate() {
        for (column, &b) in order.iter().enumerate().skip(row + 1) {
            if let (Some(low), Some(high)) = (l.low[a][b], l.high[a][b]) {
                let interval = format!("{} to {}", format::decimal(low, 3), format::decimal(high, 3));
                out.line(&paint(DIM, &format!("  {} and {}: {interval}", row + 1, column + 1)))?;
            }
        }
    }
    Ok(())
}

fn clusters(l: &Similarity, out: &mut Out) -> io::Result<()> {
    let Some(clusters) = &l.clusters else { return unplaced(l, out) };
    let silhouette =
        clusters.silhouette.map_or(String::new(), |s| format!(", mean silhouette {}", format::decimal(s, 2)));
    heading(
        out,
        "Clusters",
        &format!(
            "Average linkage, cut where clusters are most distinct{silhouette}; in brackets how often resamples contain the same cluster. A map in two dimensions preserves {} of the squared distances and agrees with the maps of the resamples to {}.{}",
            format::share(clusters.explained),
            format::share(clusters.map_stability),
            unmoved_words(l),
        ),
    )?;
    unplaced(l, out)?;
    for (at, group) in clusters.groups.iter().enumerate() {
        let stability = group.stability.map_or(String::new(), |s| format!(" ({})", format::share(s)));
        let names: Vec<String> = group.judges.iter().map(|judge| text::line(judge)).collect();
        out.hanging(&format!("{:>3} ", at + 1), &format!("{}{stability}", names.join(", ")))?;
    }
    Ok(())
}

/// Who is not in the tree.
fn unplaced(l: &Similarity, out: &mut Out) -> io::Result<()> {
    match unplaced_words(l) {
        words if words.is_empty() => Ok(()),
        words => out.wrapped(DIM, &words),
    }
}

/// Whom of the published judges each judge resembles.
fn beside_published(all: &[AmongPublished], out: &mut Out) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    heading(
        out,
        "Beside the published judges",
        "Correlation of weights with those of Li et al. (2024), in the mean over their scenarios, the most alike: 90 % intervals are those of the judge here, since published weights have none. Where ratings here stand in for those of the paper, judges look less alike than they are.",
    )?;
    for own in all.iter().take(MOST_BESIDE) {
        let one = |alike: &Alike| {
            let Interval { value, low, high } = alike.correlation;
            format!(
                "{} {} {}",
                text::line(&alike.judge),
                format::decimal(value, 2),
                format::bounds((low, high), 2)
            )
        };
        let nearest: Vec<String> = own.alike.iter().take(NEAREST).map(one).collect();
        out.hanging("  ", &format!("{}: {}", text::line(&own.judge), nearest.join(", ")))?;
    }
    if all.len() > MOST_BESIDE {
        let more = format::count((all.len() - MOST_BESIDE) as u64);
        out.wrapped(DIM, &format!("{more} more judges are in the JSON."))?;
    }
    Ok(())
}

fn profiles(profiles: &[Profile], proxies: &[String], out: &mut Out) -> io::Result<()> {
    heading(
        out,
        "What each rewards",
        "How often, in %, a response with more of the property wins, all else equal: on all pairs, as in `dissect`, and only where the direction is sure; for published judges the mean over scenarios, whose uncertainty is not known.",
    )?;
    for profile in profiles {
        let named = |property: &&Intensity| {
            let name =
                predilect_types::property(&property.property).map_or(property.property.as_str(), |p| p.short);
            // Of a published judge a language model has rated the property itself.
            let proxy = property.is_sure().is_some() && proxies.contains(&property.property);
            format!(
                "{}{} {}",
                text::line(name),
                if proxy { " ~" } else { "" },
                format::intensity(property.intensity)
            )
        };
        let list = |properties: &mut dyn Iterator<Item = &Intensity>| {
            let known: Vec<&Intensity> = properties.filter(|p| p.is_sure() != Some(false)).collect();
            let more = known.len().saturating_sub(PROPERTIES);
            let names = known.iter().take(PROPERTIES).map(named).collect::<Vec<_>>().join(", ");
            // Published judges are shown by their extremes; of a fit it matters that there is more.
            let sure = known.iter().any(|p| p.is_sure().is_some());
            if more > 0 && sure { format!("{names} and {more} more") } else { names }
        };
        let up = list(&mut profile.properties.iter().filter(|p| p.intensity > 50.0));
        let down = list(&mut profile.properties.iter().rev().filter(|p| p.intensity < 50.0));
        let head = format!("  {} ", text::left(&text::line(&profile.judge), NAME.min(out.width / 3)));
        let parts: Vec<String> = [("▲", up), ("▼", down)]
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(mark, list)| format!("{mark} {list}"))
            .collect();
        let what = if parts.is_empty() { "· nothing is sure".to_owned() } else { parts.join(" ") };
        out.hanging(&head, &what)?;
    }
    if proxies.is_empty() { Ok(()) } else { out.wrapped(DIM, words::PROXY_MEANS) }
}

fn agreement(c: &Comparison, out: &mut Out) -> io::Result<()> {
    if c.agreement.is_empty() {
        return Ok(());
    }
    heading(
        out,
        "Agreement on the same pairs",
        &format!(
            "Share of pairs with the same verdict of A, tie and B (a third by chance); without ties (one half by chance); Cohen's kappa of these; Krippendorff's \
             alpha of soft verdicts. Intervals of 90 %, bootstrap over {}.",
            units::plural(units::unit(c))
        ),
    )?;
    let percent = |x: f64| format::whole(100.0 * x);
    let share = |i: Option<Interval>| {
        i.map_or("-".to_owned(), |i| {
            format!("{} % [{}, {}]", percent(i.value), percent(i.low), percent(i.high))
        })
    };
    let number = |i: Option<Interval>| {
        i.map_or("-".to_owned(), |i| {
            let [value, low, high] = [i.value, i.low, i.high].map(|x| format::decimal(x, 2));
            format!("{value} [{low}, {high}]")
        })
    };
    let numbers = 2 + 6 + 17 + 18 + 21 + 7;
    let two = |found: &JudgeAgreement| found.judges.each_ref().map(|judge| text::line(judge)).join(" and ");
    let longest = c.agreement.iter().map(|found| text::columns(&two(found))).max().unwrap_or(0);
    // Names that have to be cut are on a separate line.
    let beside = out.width >= numbers + longest;
    let names_width = if beside { longest } else { out.width - 2 };
    let head = ["pairs", "same", "without ties", "kappa", "alpha"];
    let row = |cells: [String; 5]| {
        let [pairs, same, without, kappa, alpha] = cells;
        [(pairs, 6), (same, 17), (without, 18), (kappa, 21), (alpha, 7)]
            .map(|(cell, width)| text::right(&cell, width))
            .concat()
    };
    let indent = if beside { 2 + names_width } else { 0 };
    out.line(&paint(
        DIM,
        &text::cut(&format!("{}{}", " ".repeat(indent), row(head.map(str::to_owned))), out.width),
    ))?;
    for agreement in &c.agreement {
        let names = two(agreement);
        let cells = row([
            format::count(agreement.pairs),
            share(agreement.same),
            share(agreement.same_without_ties),
            number(agreement.kappa),
            agreement.alpha.map_or("-".to_owned(), |alpha| format::decimal(alpha.value, 2)),
        ]);
        if beside {
            out.line(&format!("  {}{cells}", text::left(&names, names_width)))?;
        } else {
            out.line(&format!("  {}", text::cut(&names, names_width)))?;
            out.line(&paint(DIM, &text::cut(&cells, out.width)))?;
        }
    }
    Ok(())
}

/// Differences in what judges do that are shown.
const HABITS: usize = 12;

fn habits(c: &Comparison, out: &mut Out) -> io::Result<()> {
    if c.habits.is_empty() {
        return Ok(());
    }
    let sure: Vec<_> = c.habits.iter().filter(|found| found.q_value <= FALSE_DISCOVERIES).collect();
    let more = if sure.len() > HABITS { format!("; the surest {HABITS} are shown") } else { String::new() };
    heading(
        out,
        "What they do differently",
        &format!(
            "Two judges on the same pairs, paired by {}, with 90 % intervals. Of {}, {} {} at a false discovery rate of {}{more}.",
            units::singular(units::unit(c)),
            words::counted(c.habits.len(), "comparison", "comparisons"),
            sure.len(),
            if sure.len() == 1 { "is a difference" } else { "are differences" },
            format::share(FALSE_DISCOVERIES),
        ),
    )?;
    for found in sure.into_iter().take(HABITS) {
        out.hanging("  ", &habit(found))?;
    }
    Ok(())
}

/// Differences in the strength of models that are shown.
const STRENGTHS: usize = 12;

fn strengths(c: &Comparison, out: &mut Out) -> io::Result<()> {
    if c.strengths.is_empty() && c.strengths_left_out.is_empty() {
        return Ok(());
    }
    heading(out, "Whose leaderboard differs", &strengths_words(c))?;
    for words in not_ranked_words(&c.strengths_left_out) {
        out.wrapped(DIM, &words)?;
    }
    let sure: Vec<_> = c.strengths.iter().filter(|found| found.q_value <= FALSE_DISCOVERIES).collect();
    for found in sure.iter().take(STRENGTHS) {
        out.hanging("  ", &strength(found))?;
    }
    if sure.len() > STRENGTHS {
        let more = format::count((sure.len() - STRENGTHS) as u64);
        out.wrapped(DIM, &format!("{more} more: the JSON and the table `strengths` name them."))?;
    }
    Ok(())
}

fn contrasts(c: &Comparison, out: &mut Out) -> io::Result<()> {
    if c.contrasts.is_empty() {
        return Ok(());
    }
    let sure = c.contrasts.iter().filter(|contrast| contrast.q_value <= FALSE_DISCOVERIES).count();
    let all = words::counted(c.contrasts.len(), "contrast", "contrasts");
    let expected = format::share(FALSE_DISCOVERIES);
    let what = format!(
        "Difference of two judges' weights in log-odds, with 90 % interval. {} Of {all}, {sure} {} at a false discovery rate of {expected}{}.",
        crate::judging::pairing(&c.contrasts),
        if sure == 1 { "is a difference" } else { "are differences" },
        if sure > CONTRASTS {
            format!("; {CONTRASTS} are shown, departures from people first")
        } else {
            String::new()
        }
    );
    heading(out, "Where they differ", &what)?;
    if sure == 0 {
        return out.wrapped(
            WARN,
            "No difference is sure: these judges may reward the same, or there are too few verdicts to tell.",
        );
    }
    for contrast in departures(c, sure).into_iter().take(CONTRASTS) {
        let words = contrast_words(contrast);
        let [mean, low, high] = [words.by.value, words.by.low, words.by.high].map(|x| format::decimal(x, 2));
        out.hanging(
            "  ",
            &format!(
                "{} rewards `{}`{} more than {}: {mean} [{low}, {high}]",
                words.more, words.property, words.within, words.less
            ),
        )?;
    }
    Ok(())
}
