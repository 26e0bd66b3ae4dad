//! How is what is known of a judge put in words, the same in every view?

use predilect_results::Comparison;
use predilect_results::comparison::{
    BiasCard, Contrast, Excess, HabitDifference, Interval, JudgeTable, Measure as HabitMeasure, NotRanked,
    Pooling, Similarity, StrengthDifference, Why,
};

use crate::format;
use crate::text;
use crate::units;
use crate::words;

pub(crate) use predilect_results::FALSE_DISCOVERIES;

/// One measure of a judge, ready to be shown.
#[allow(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub(crate) struct Measure {
    /// What is measured.
    pub(crate) name: String,
    /// The value with its interval.
    pub(crate) value: String,
    /// The exact definition.
    pub(crate) meaning: String,
    /// The estimate and its interval in 0..1, where it can be drawn, with the value that means no bias.
    pub(crate) drawn: Option<(Interval, f64)>,
    /// Whether the interval excludes the value that means no bias.
    pub(crate) sure: bool,
    /// Whether the name alone says what it is.
    pub(crate) plain: bool,
    /// Whether it is a column of the judge table.
    pub(crate) tabled: bool,
    /// Whether its meaning names models of this judge alone.
    pub(crate) own: bool,
}

/// What the measures of these judges are, by name, where the names alone do not say it; each once. Those of the judge table only where
/// asked for.
pub(crate) fn meanings(cards: &[&BiasCard], tabled: bool) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for card in cards {
        for measure in measures(card).into_iter().filter(|m| !m.plain && (tabled || !m.tabled)) {
            let name = if measure.own {
                format!("{}: {}", text::line(&card.judge), measure.name)
            } else {
                measure.name
            };
            if out.iter().all(|(known, _)| *known != name) {
                out.push((name, measure.meaning));
            }
        }
    }
    out
}

/// Measures whose names say what they are.
const PLAIN: [&str; 4] =
    ["prefers the first", "prefers the longer, ties left out", "prefers a list, ties left out", "ties"];

/// Measures that the judge table has as columns.
const TABLED: [&str; 8] = [
    "prefers the first",
    "changes its mind with the order",
    "prefers the longer, ties left out",
    "the longer at equal quality",
    "prefers a list, ties left out",
    "a list at equal quality",
    "ties",
    "accuracy",
];

/// What is known of a judge, in the order in which it is read.
#[expect(clippy::too_many_lines, reason = "a flat list: one measure after the other, with what it means")]
pub(crate) fn measures(card: &BiasCard) -> Vec<Measure> {
    let mut out = Vec::new();
    let orders = card.orders.as_deref().unwrap_or_default();
    let mut share = |name: &str, found: Option<Interval>, neutral: Option<f64>, meaning: &str| {
        let Some(found) = found else { return };
        out.push(Measure {
            name: name.to_owned(),
            value: percent(found),
            meaning: meaning.to_owned(),
            drawn: neutral.map(|neutral| (found, neutral)),
            sure: neutral.is_some_and(|neutral| found.low > neutral || found.high < neutral),
            plain: PLAIN.contains(&name),
            tabled: TABLED.contains(&name),
            own: false,
        });
    };
    let first = match orders {
        "both orders" => {
            "Share of answers for the response shown first; every pair in both orders, so 50 % means no bias."
        }
        _ => "Share of answers for the response shown first, over varied orders; about 50 % means no bias.",
    };
    share("prefers the first", card.prefers_first, Some(0.5), first);
    share(
        "changes its mind with the order",
        card.inconsistent,
        None,
        "Share of pairs answered in both orders whose two answers favour different responses.",
    );
    share(
        "prefers the longer, ties left out",
        card.prefers_longer,
        None,
        "Share of verdicts, ties left out, for the response with more words.",
    );
    share(
        "the longer at equal quality",
        card.longer_at_equal_quality,
        Some(0.5),
        "Its mean preference (soft verdicts count as they are) for the longer of two responses that the reference finds equally good, by a logistic \
         regression on the reference's verdict and the sign of the difference in words.",
    );
    share(
        "prefers a list, ties left out",
        card.prefers_lists,
        None,
        "Share of verdicts, ties left out, for the response with a list where only one has any.",
    );
    share(
        "a list at equal quality",
        card.lists_at_equal_quality,
        Some(0.5),
        "How often it would prefer the one response with a list where the reference finds both equally good.",
    );
    share("ties", card.ties, None, "Share of verdicts of exactly one half.");
    let (name, meaning) = if card.reference {
        (
            "agrees with the others",
            "How often one of its verdicts is on the side of the majority of the other reference judges, or of its own other verdicts on the pair; two ties agree, a tie on one side only counts half.",
        )
    } else {
        (
            "accuracy",
            "How often its verdict is on the side of the majority of the reference; two ties agree, a tie on one side only counts half.",
        )
    };
    share(name, card.agreement, None, meaning);
    share(
        "bias (AlpacaEval)",
        card.bias,
        None,
        "1 minus the agreement of the majority of its verdicts on a pair with that of the reference.",
    );
    share(
        "variance (AlpacaEval)",
        card.variance,
        None,
        "1 minus the agreement of one verdict with the majority of its other ones on the same pair.",
    );
    out.extend(own_favour(card));
    if card.missing > 0.0 {
        out.push(plain(
            "no verdict",
            card.missing,
            "Share of the pairs with a verdict by any judge on which this judge has none, whether it was asked about them or not.",
        ));
    }
    if let Some(mass) = card.mean_mass {
        out.push(plain(
            "probability on A and B",
            mass,
            "Mean share of probability on the two letters it was asked for.",
        ));
    }
    out
}

/// Whether it favours models of its own kind; if its family has no other model here, that is one figure, reported once.
fn own_favour(card: &BiasCard) -> Vec<Measure> {
    if let (Some(model), Some(family)) = (&card.own_model, &card.own_family)
        && model.models == family.models
    {
        return vec![own("own model and family", model)];
    }
    let both = [("own model", &card.own_model), ("own family", &card.own_family)];
    both.into_iter().filter_map(|(name, excess)| Some(own(name, excess.as_ref()?))).collect()
}

fn own(name: &str, excess: &Excess) -> Measure {
    let points = |x: f64| format!("{}{}", if x > 0.0 { "+" } else { "" }, format::decimal(100.0 * x, 1));
    let Interval { value, low, high } = excess.excess;
    let models: Vec<String> = excess.models.iter().map(|model| text::line(model)).collect();
    let by_reference = excess.beside == "reference";
    let beside = if by_reference { "the reference" } else { "the judges that are not among them" };
    Measure {
        name: format!("{} its {name}", if value < 0.0 { "disfavours" } else { "favours" }),
        value: format!("{} points [{}, {}]", points(value), points(low), points(high)),
        meaning: format!(
            "Mean preference for {}, where one of them meets another model, minus that of {beside} on the same {}.{}",
            words::listed(&models),
            words::counted(excess.pairs as usize, "pair", "pairs"),
            if by_reference {
                ""
            } else {
                " Without people among the judges this does not say which of them is biased."
            },
        ),
        // On the same scale as shares: no excess in the middle.
        drawn: Some((
            Interval { value: 0.5 + value / 2.0, low: 0.5 + low / 2.0, high: 0.5 + high / 2.0 },
            0.5,
        )),
        sure: low > 0.0 || high < 0.0,
        plain: false,
        tabled: false,
        own: true,
    }
}

fn plain(name: &str, share: f64, meaning: &str) -> Measure {
    let (name, meaning) = (name.to_owned(), meaning.to_owned());
    Measure {
        name,
        value: format::share(share),
        meaning,
        drawn: None,
        sure: false,
        plain: false,
        tabled: false,
        own: false,
    }
}

/// `62.8 % [59.2, 66.2]`
pub(crate) fn percent(i: Interval) -> String {
    let [value, low, high] = [i.value, i.low, i.high].map(|x| format::decimal(100.0 * x, 1));
    format!("{value} % [{low}, {high}]")
}

/// The name of a property or term that moved a probability, on one line.
pub(crate) fn mover(property: &str) -> String {
    match property {
        "side" => "being on side A".to_owned(),
        "order" => "shown first".to_owned(),
        other => match other.strip_prefix("model:") {
            Some(model) => format!("strength of {}", text::line(model)),
            None => {
                predilect_types::property(other).map_or_else(|| text::line(other), |p| p.short.to_owned())
            }
        },
    }
}

/// Places of the judges in `judges`, in leaf order; those that are not in the tree come last.
pub(crate) fn leaf_order(l: &Similarity) -> Vec<usize> {
    let leaves: Vec<&String> = l.clusters.iter().flat_map(|clusters| &clusters.order).collect();
    let mut order: Vec<usize> = (0..l.judges.len()).collect();
    order.sort_by_key(|&at| leaves.iter().position(|name| **name == l.judges[at]).unwrap_or(leaves.len()));
    order
}

/// Which judges are not in the tree, or why there is no tree; empty if all are in it.
pub(crate) fn unplaced_words(l: &Similarity) -> String {
    const WHY: &str = "too few verdicts, weights that are all the same, or no scenario in common";
    let Some(clusters) = &l.clusters else {
        return if l.judges.len() < 3 {
            String::new()
        } else {
            format!(
                "There is no tree: fewer than three judges have a known similarity to each other ({WHY})."
            )
        };
    };
    let out: Vec<String> = l
        .judges
        .iter()
        .filter(|judge| !clusters.order.contains(judge))
        .map(|judge| text::line(judge))
        .collect();
    if out.is_empty() {
        return String::new();
    }
    let named = match out.len() {
        1..=NOT_PLACED => words::listed(&out),
        many => format!("{} and {} more", out[..NOT_PLACED].join(", "), many - NOT_PLACED),
    };
    format!("Not in the tree: {named}, whose similarity to some other judge is unknown ({WHY}).")
}

/// Judges without a place in the tree that are named.
const NOT_PLACED: usize = 6;

/// A remark on stabilities if some judges have no draws; empty if all have.
pub(crate) fn unmoved_words(l: &Similarity) -> String {
    if l.unmoved == 0 {
        return String::new();
    }
    format!(
        " {} without posterior draws and do not move: a cluster of these alone says nothing about its own stability.",
        words::counted(l.unmoved as usize, "judge comes", "judges come")
    )
}

/// What the mark of a judge means that is right only when it is turned around.
pub(crate) const TURNED: &str = "↻ goes against the reference: its gain and its labels are those of its verdicts reversed, and it comes last";

/// Who the reference of the judge table is, and what its labels are counted for.
pub(crate) fn table_words(t: &JudgeTable, unit: &str) -> String {
    let names: Vec<String> = t.reference.iter().map(|name| text::line(name)).collect();
    let quality = if names.is_empty() {
        "No judge is named as people or right answers, so quality is not held equal and no judge's accuracy is known.".to_owned()
    } else {
        format!("Quality is judged by {}.", words::listed(&names))
    };
    let counted = t.rows.iter().any(|row| row.figure("labels_needed").is_some());
    let labels = if counted {
        format!(
            " Labels are those of the reference for a win rate within {} points (95 %).",
            format::rating(100.0 * t.margin)
        )
    } else {
        String::new()
    };
    format!("{quality}{labels} Intervals are 90 %, over {}.", units::plural(unit))
}

/// Whether learning from each other pays.
pub(crate) fn pooling_words(p: &Pooling) -> String {
    let cells = words::counted(p.cells.len(), "fit", "fits");
    let nats = |x: f64| format::decimal(x, 3);
    let verdict = if p.gain > 2.0 * p.gain_se {
        "Fits that learn from each other predict better: take them where groups are small"
    } else if p.gain < -2.0 * p.gain_se {
        "Separate fits predict better: these judges and groups differ too much, or have too few prompts"
    } else {
        "Within chance, separate and pooled fits predict alike"
    };
    format!(
        "{verdict}. {cells} of one judge in one group, {} verdicts, {} folds by prompt: held-out log-loss {} separately, {} in a hierarchy, \
         gain {} with standard error {}. Standard deviations of weights: common part {}, judges {}, groups {}, a judge in a group {}.",
        format::count(p.verdicts),
        p.folds,
        nats(p.separate_log_loss),
        nats(p.pooled_log_loss),
        format::decimal(p.gain, 4),
        format::decimal(p.gain_se, 4),
        format::decimal(p.common_sd, 2),
        format::decimal(p.judge_sd, 2),
        format::decimal(p.group_sd, 2),
        format::decimal(p.own_sd, 2),
    )
}

/// What a contrast says: who rewards what more than whom, and by how much.
pub(crate) struct ContrastWords {
    /// Who rewards it more.
    pub(crate) more: String,
    /// Who less.
    pub(crate) less: String,
    /// The property's short name.
    pub(crate) property: String,
    /// ` in GROUP`, or empty for all pairs.
    pub(crate) within: String,
    /// The difference, above 0, with its ends.
    pub(crate) by: Interval,
}

/// A contrast turned so that the difference is above 0.
pub(crate) fn contrast(c: &Contrast) -> ContrastWords {
    let [first, second] = c.judges.each_ref().map(|judge| text::line(judge));
    let (more, less, by) = if c.mean > 0.0 {
        (first, second, Interval { value: c.mean, low: c.low, high: c.high })
    } else {
        (second, first, Interval { value: -c.mean, low: -c.high, high: -c.low })
    };
    let property = predilect_types::property(&c.property).map_or(c.property.as_str(), |p| p.short);
    let within = if c.group == "all" { String::new() } else { format!(" in {}", text::line(&c.group)) };
    ContrastWords { more, less, property: text::line(property), within, by }
}

/// The first `sure` contrasts, those of one judge with people before the others: that is what a judge is asked about.
pub(crate) fn departures(c: &Comparison, sure: usize) -> Vec<&Contrast> {
    let people: Vec<&str> =
        c.biases.iter().filter(|card| card.reference).map(|card| card.judge.as_str()).collect();
    let mut found: Vec<&Contrast> = c.contrasts.iter().take(sure).collect();
    found.sort_by_key(|contrast| {
        u8::from(contrast.judges.iter().filter(|judge| people.contains(&judge.as_str())).count() != 1)
    });
    found
}

/// How contrasts were taken: prompt by prompt where judges share prompts.
pub(crate) fn pairing(contrasts: &[Contrast]) -> &'static str {
    let shared = contrasts.iter().filter(|contrast| contrast.shared_units > 0).count();
    match shared {
        0 => "The two posteriors are taken as independent of each other.",
        n if n == contrasts.len() => "Judges of the same prompts are compared prompt by prompt.",
        _ => {
            "Judges of the same prompts are compared prompt by prompt; the posteriors of those that share none are taken as independent."
        }
    }
}

/// A sure difference of two judges in what they do, as a sentence without an end.
pub(crate) fn habit(found: &HabitDifference) -> String {
    let [first, second] = found.judges.each_ref().map(|judge| text::line(judge));
    let (more, less, shares, difference) = if found.difference.value >= 0.0 {
        (first, second, (found.first, found.second), found.difference)
    } else {
        let Interval { value, low, high } = found.difference;
        (second, first, (found.second, found.first), Interval { value: -value, low: -high, high: -low })
    };
    let does = match found.measure {
        HabitMeasure::Accuracy => "agrees with the reference more often than",
        HabitMeasure::First => "prefers the response shown first (a tie counts half) more often than",
        HabitMeasure::Longer => "prefers the longer response (ties left out) more often than",
        HabitMeasure::Ties => "calls a tie more often than",
    };
    let points = |x: f64| format::decimal(100.0 * x, 1);
    format!(
        "{more} {does} {less}: {} against {}, {} points [{}, {}] on {}",
        format::share(shares.0),
        format::share(shares.1),
        points(difference.value),
        points(difference.low),
        points(difference.high),
        words::counted(found.pairs as usize, "pair", "pairs"),
    )
}

/// A sure difference of two judges in the strength of a model, as a sentence without an end.
pub(crate) fn strength(found: &StrengthDifference) -> String {
    let [first, second] = found.judges.each_ref().map(|judge| text::line(judge));
    let (more, less, points, ranks, difference) = if found.difference.value >= 0.0 {
        (first, second, (found.first, found.second), found.ranks, found.difference)
    } else {
        let Interval { value, low, high } = found.difference;
        let turned = Interval { value: -value, low: -high, high: -low };
        (second, first, (found.second, found.first), [found.ranks[1], found.ranks[0]], turned)
    };
    format!(
        "{more} scores {} higher than {less} does: {} points against {}, {} more [{}, {}], place {} against {} of {}",
        text::line(&found.model),
        format::whole(points.0),
        format::whole(points.1),
        format::whole(difference.value),
        format::whole(difference.low),
        format::whole(difference.high),
        ranks[0],
        ranks[1],
        found.models,
    )
}

/// What differences in strength are, and how many of them are sure, as sentences.
pub(crate) fn strengths_words(c: &Comparison) -> String {
    let all = &c.strengths;
    if all.is_empty() {
        return String::new();
    }
    let sure = all.iter().filter(|found| found.q_value <= FALSE_DISCOVERIES).count();
    let prior = all.iter().map(|found| found.prior).fold(0.0, f64::max);
    let by_prior = if prior > 0.0 {
        format!(
            " Where a model has won or lost all its verdicts by one of the two, a normal prior of precision {} keeps scores finite.",
            format::decimal(prior, 1)
        )
    } else {
        String::new()
    };
    format!(
        "Bradley-Terry scores of the models by two judges on the same pairs, paired by {}, with 90 % intervals: 400 points are odds of ten \
         to one, 1,000 is the mean of the models. Of {}, {sure} {} at a false discovery rate of {}.{by_prior}",
        units::singular(units::unit(c)),
        words::counted(all.len(), "comparison", "comparisons"),
        if sure == 1 { "is a difference" } else { "are differences" },
        format::share(FALSE_DISCOVERIES),
    )
}

/// Which judges' leaderboards are not compared, and why; as sentences.
pub(crate) fn not_ranked_words(all: &[NotRanked]) -> Vec<String> {
    let why = [
        (Why::NeverMet, "their common pairs fall into groups of models that never met"),
        (Why::ManyModels, "they have more than 400 models in common"),
        (Why::NoScores, "the verdicts determine no scores"),
    ];
    why.into_iter()
        .filter_map(|(why, words)| {
            let judges: Vec<&NotRanked> = all.iter().filter(|one| one.why == why).collect();
            let [first, second] = judges.first()?.judges.each_ref().map(|judge| text::line(judge));
            let more = match judges.len() - 1 {
                0 => String::new(),
                more => format!(" (and {} more)", words::counted(more, "pair of judges", "pairs of judges")),
            };
            Some(format!("Not compared: {first} and {second}{more}: {words}."))
        })
        .collect()
}
