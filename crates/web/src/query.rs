//! The query of an address: the slice, what it is compared with, judges, order. The same on every page, so that a tab keeps the slice.

use std::collections::BTreeSet;

use predilect_report::live::Order;
use predilect_workbench::browse::Sort;
use predilect_workbench::rank::held_by;
use predilect_workbench::trial::{Trial, TrialError};
use predilect_workbench::{Engine, Filter, FilterError, FitOptions, Other, SliceOptions, Terms};

/// The names that an address of a study takes, in the order in which they are written.
pub(crate) const NAMES: [&str; 12] =
    ["where", "vs", "judge", "group", "prop", "try", "sort", "pairs", "control", "terms", "name", "from"];

/// Those of which two would contradict each other.
const ONCE: [&str; 9] = ["where", "vs", "group", "prop", "sort", "pairs", "terms", "name", "from"];
/// Pairs of the smallest sample that an answer may be from.
const LEAST_SAMPLE: usize = 100;

/// What a user looks at. Prints as it is read, in a fixed order and without defaults.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Query {
    /// Which pairs.
    pub(crate) filter: Option<Filter>,
    /// What they are set against.
    pub(crate) versus: Option<Other>,
    /// Whose verdicts; empty: those of the judges with the most.
    pub(crate) judges: Vec<String>,
    /// The field whose values are fitted separately.
    pub(crate) group: Option<String>,
    /// The current property.
    pub(crate) property: Option<String>,
    /// Properties that are tried.
    pub(crate) tried: Vec<Trial>,
    /// The order of properties.
    pub(crate) order: Order,
    /// The order of pairs.
    pub(crate) pairs: Sort,
    /// Properties that a leaderboard holds equal; empty: the usual ones.
    pub(crate) controls: Vec<String>,
    /// Nuisance terms.
    pub(crate) terms: Terms,
    /// The name of the labeller.
    pub(crate) name: Option<String>,
    /// Pairs that are passed over.
    pub(crate) from: usize,
    /// From about how many pairs the next answer may be, where it need not be exact: of this answer, not of the view, so no link has it.
    pub(crate) sample: Option<usize>,
    /// Names that are unknown here, with their values.
    pub(crate) unknown: Vec<String>,
}

/// An address that cannot be read.
#[derive(Debug, Clone)]
pub(crate) enum QueryError {
    /// The filter, or what it is set against: the name, what was written, and where it stops making sense.
    Filter { name: &'static str, text: String, error: FilterError },
    /// A property to try: what was written, and where it stops making sense.
    Trial { text: String, error: TrialError },
    /// A value that is not one of those that a name takes.
    Value { name: &'static str, value: String, takes: String },
}

impl QueryError {
    fn value(name: &'static str, value: &str, takes: &str) -> Self {
        Self::Value { name, value: value.to_owned(), takes: takes.to_owned() }
    }
}

/// The result of reading an address, as far as it can be read: the page shows the rest of it next to the problem.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub(crate) query: Query,
    pub(crate) error: Option<QueryError>,
    /// The filter as it was written.
    pub(crate) written: String,
}

impl Query {
    /// Reads the part of an address after the question mark. What cannot be read is said, and left out.
    #[expect(clippy::too_many_lines, reason = "one match, an arm for each name in the address")]
    pub(crate) fn read(text: &str) -> Read {
        let mut query = Self::default();
        let mut error = None;
        let mut written = String::new();
        let mut seen = BTreeSet::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if value.is_empty() {
                continue;
            }
            let mut wrong = |problem| {
                error.get_or_insert(problem);
            };
            if let Some(once) = ONCE.iter().find(|once| **once == name)
                && !seen.insert(*once)
            {
                wrong(QueryError::value(once, &value, "one value, and it is given twice"));
                continue;
            }
            match &*name {
                "where" => {
                    written = value.clone().into_owned();
                    match value.parse() {
                        Ok(filter) => query.filter = Some(filter),
                        Err(error) => {
                            wrong(QueryError::Filter { name: "where", text: value.into_owned(), error });
                        }
                    }
                }
                "vs" => match value.parse() {
                    Ok(other) => query.versus = Some(other),
                    Err(error) => wrong(QueryError::Filter { name: "vs", text: value.into_owned(), error }),
                },
                "judge" => {
                    if !query.judges.iter().any(|judge| *judge == value) {
                        query.judges.push(value.into_owned());
                    }
                }
                "group" => query.group = Some(value.into_owned()),
                "prop" => query.property = Some(value.into_owned()),
                "try" => match value.parse::<Trial>() {
                    Ok(trial) if query.tried.contains(&trial) => {}
                    Ok(trial) => query.tried.push(trial),
                    Err(error) => wrong(QueryError::Trial { text: value.into_owned(), error }),
                },
                "sort" => match value.parse() {
                    Ok(order) => query.order = order,
                    Err(()) => {
                        wrong(QueryError::value(
                            "sort",
                            &value,
                            &Order::ALL.map(|(_, name, _)| name).join(", "),
                        ));
                    }
                },
                "pairs" => match &*value {
                    "study" => query.pairs = Sort::Study,
                    "surprise" => query.pairs = Sort::Surprise,
                    _ => wrong(QueryError::value("pairs", &value, "study, surprise")),
                },
                "control" => {
                    if !query.controls.iter().any(|control| *control == value) {
                        query.controls.push(value.into_owned());
                    }
                }
                "terms" => match value.parse() {
                    Ok(terms) => query.terms = terms,
                    Err(_) => {
                        wrong(QueryError::value(
                            "terms",
                            &value,
                            "auto, none, or any of side, order, models",
                        ));
                    }
                },
                "name" => query.name = Some(value.into_owned()),
                "from" => match value.parse() {
                    Ok(from) => query.from = from,
                    Err(_) => wrong(QueryError::value("from", &value, "a number of pairs")),
                },
                "sample" => match value.parse() {
                    Ok(sample) if sample >= LEAST_SAMPLE => query.sample = Some(sample),
                    _ => wrong(QueryError::value(
                        "sample",
                        &value,
                        &format!("a number of pairs from {LEAST_SAMPLE}"),
                    )),
                },
                _ => query.unknown.push(format!("{name}={value}")),
            }
        }
        Read { query, error, written }
    }

    /// The part of an address after the question mark, the question mark included; empty where all is usual.
    pub(crate) fn to_address(&self) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        if let Some(filter) = &self.filter {
            out.append_pair("where", &filter.to_string());
        }
        if let Some(other) = &self.versus {
            out.append_pair("vs", &other.to_string());
        }
        for judge in &self.judges {
            out.append_pair("judge", judge);
        }
        if let Some(group) = &self.group {
            out.append_pair("group", group);
        }
        if let Some(property) = &self.property {
            out.append_pair("prop", property);
        }
        for trial in &self.tried {
            out.append_pair("try", &trial.to_string());
        }
        if self.order != Order::default() {
            out.append_pair("sort", self.order.as_str());
        }
        if self.pairs == Sort::Surprise {
            out.append_pair("pairs", "surprise");
        }
        for control in &self.controls {
            out.append_pair("control", control);
        }
        if self.terms != Terms::default() {
            out.append_pair("terms", &self.terms.to_string());
        }
        if let Some(name) = &self.name {
            out.append_pair("name", name);
        }
        if self.from > 0 {
            out.append_pair("from", &self.from.to_string());
        }
        let text = out.finish();
        if text.is_empty() { text } else { format!("?{text}") }
    }

    /// The same with another part of the data.
    pub(crate) fn with_filter(&self, filter: Option<Filter>) -> Self {
        Self { filter, from: 0, ..self.clone() }
    }

    /// The same within a smaller part of the data: both conditions apply. `None` if the condition cannot be read.
    pub(crate) fn narrowed(&self, condition: &str) -> Option<Self> {
        let condition: Filter = condition.parse().ok()?;
        let both = match &self.filter {
            Some(filter) => filter.clone().and(condition),
            None => condition,
        };
        // An address carries no more than a filter can hold.
        Some(self.with_filter(Some(both.to_string().parse().ok()?)))
    }

    /// Which pairs and verdicts are asked about.
    pub(crate) fn slice(&self) -> SliceOptions {
        SliceOptions { tried: self.tried.clone(), ..self.plain_slice() }
    }

    /// The same without the tried properties: for comparing weights with those of others, which do not have them.
    pub(crate) fn plain_slice(&self) -> SliceOptions {
        SliceOptions {
            filter: self.filter.clone(),
            judges: self.judges.clone(),
            group_by: self.group.clone(),
            ..SliceOptions::default()
        }
    }

    /// What a comparison or a leaderboard depends on: not how a page orders what it shows.
    pub(crate) fn of_pairs(&self) -> Self {
        let Self { filter, judges, terms, .. } = self.clone();
        Self { filter, judges, terms, ..Self::default() }
    }

    /// What a leaderboard holds equal; `None`: the usual properties, and an empty list: nothing.
    pub(crate) fn held(&self) -> Option<Vec<String>> {
        match self.controls.as_slice() {
            [] => None,
            [none] if none == "none" => Some(Vec::new()),
            names => Some(held_by(names)),
        }
    }

    /// How fits are made.
    pub(crate) fn fit(&self) -> FitOptions {
        FitOptions { terms: self.terms, ..FitOptions::default() }
    }

    /// The same for interactive use: by EP, without the check that would take too long.
    pub(crate) fn looking(&self) -> FitOptions {
        FitOptions { engine: Engine::Ep, ..self.fit() }
    }

    /// The command line that gives the same figures, with a check.
    pub(crate) fn command(&self, given: &[String]) -> String {
        self.command_of("dissect", given, &[])
    }

    /// The command line of a verb on the slice; `more` are words that follow.
    pub(crate) fn command_of(&self, verb: &str, given: &[String], more: &[&str]) -> String {
        let mut words = vec!["predilect".to_owned(), verb.to_owned()];
        words.extend(given.iter().map(|word| quoted(word)));
        let mut flag = |name: &str, value: &str| words.extend(option(name, value));
        if let Some(filter) = &self.filter {
            flag("--where", &filter.to_string());
        }
        for judge in &self.judges {
            flag("--judge", judge);
        }
        if verb == "dissect" {
            // Without a slice there is nothing to compare, and a comparison is not made by groups.
            let versus = self.versus.as_ref().filter(|_| self.filter.is_some());
            if let Some(other) = versus {
                flag("--versus", &other.to_string());
            } else if let Some(group) = &self.group {
                flag("--group-by", group);
            }
        }
        if ["dissect", "explain"].contains(&verb) {
            self.tried.iter().for_each(|trial| flag("--try", &trial.to_string()));
        }
        if self.terms != Terms::default() && verb != "rank" {
            flag("--terms", &self.terms.to_string());
        }
        // Options, each with its value.
        words.extend(more.chunks(2).flat_map(|one| match one {
            [name, value] => option(name, value),
            other => other.iter().map(|word| quoted(word)).collect(),
        }));
        words.join(" ")
    }
}

/// An option of a command line with its value, in one word where the value would be taken for another option.
pub(crate) fn option(name: &str, value: &str) -> Vec<String> {
    if value.starts_with('-') {
        return vec![format!("{name}={}", quoted(value))];
    }
    vec![name.to_owned(), quoted(value)]
}

/// A word of a command line, in quotation marks where it needs them.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_has_no_flags_that_exclude_each_other() {
        let command = |address: &str| Query::read(address).query.command(&["s".to_owned()]);
        assert_eq!(command("vs=rest"), "predilect dissect s");
        assert_eq!(command("vs=rest&group=language"), "predilect dissect s --group-by language");
        let both = command("where=words(a)+%3E+3&vs=rest&group=language");
        assert_eq!(both, "predilect dissect s --where 'words(a) > 3' --versus rest");
    }

    #[test]
    fn an_address_is_written_as_it_is_read() {
        for address in [
            "",
            "?where=scenario+%3D+%22code%22&vs=rest&judge=human&judge=gpt-4.1-mini&sort=strength",
            "?where=words%28a%29+%3E+%282+*+words%28b%29%29&group=language&prop=length&try=%2Fa+b%2Fi&pairs=surprise&control=length&control=style&terms=none&name=Ada+L.&from=50",
        ] {
            let read = Query::read(address.trim_start_matches('?'));
            assert!(read.error.is_none() && read.query.unknown.is_empty(), "{read:?}");
            assert_eq!(read.query.to_address(), address);
        }
    }

    #[test]
    fn no_link_asks_for_a_sample() {
        let read = Query::read("where=scenario+%3D+code&sample=20000");
        assert_eq!(
            (read.query.sample, read.query.to_address()),
            (Some(20_000), "?where=scenario+%3D+%22code%22".to_owned())
        );
        for wrong in ["0", "99", "-1", "some"] {
            let read = Query::read(&format!("sample={wrong}"));
            assert!(matches!(read.error, Some(QueryError::Value { name: "sample", .. })), "{wrong}");
        }
    }

    #[test]
    fn names_are_kept_letter_by_letter() {
        let read = Query::read("judge=a%26b%3D%22%3Cscript%3E&judge=a%26b%3D%22%3Cscript%3E&nonsense=1");
        assert_eq!(read.query.judges, ["a&b=\"<script>"]);
        assert_eq!(read.query.unknown, ["nonsense=1"]);
        let again = Query::read(read.query.to_address().trim_start_matches('?'));
        assert_eq!(again.query.judges, read.query.judges);
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        let read = Query::read("where=scenario+%3D&judge=human");
        let Some(QueryError::Filter { name: "where", text, error }) = read.error else { panic!("{read:?}") };
        assert_eq!((text.as_str(), error.at), ("scenario =", 10));
        assert_eq!(read.query.judges, ["human"], "the rest is read all the same");
    }

    #[test]
    fn a_slice_becomes_smaller() {
        let query = Query::read("where=scenario+%3D+a+or+scenario+%3D+b&from=50").query;
        let smaller = query.narrowed("words(a) - words(b) > 10").expect("a filter");
        assert_eq!(
            smaller.filter.map(|filter| filter.to_string()).as_deref(),
            Some("(scenario = \"a\" or scenario = \"b\") and (words(a) - words(b)) > 10")
        );
        assert_eq!(smaller.from, 0);
        // Conditions are added to those that there are, each once.
        let narrow = |query: &Query, more: &str| query.narrowed(more).expect("a filter");
        let both = narrow(&narrow(&narrow(&Query::default(), "turn = 1"), "order = ab"), "turn = 1");
        assert_eq!(
            both.filter.map(|filter| filter.to_string()).as_deref(),
            Some("turn = 1 and order = \"ab\"")
        );
    }

    #[test]
    fn a_value_that_begins_with_a_hyphen_is_not_an_option() {
        let query = Query::read("where=-words%28a%29+%3C+-100&judge=-x&try=count%28a%2C+%22-%22%29").query;
        assert_eq!(
            query.command(&["study".to_owned()]),
            "predilect dissect study --where='-(words(a)) < -(100)' --judge=-x --try 'count(a, \"-\")'"
        );
    }

    #[test]
    fn a_command_line_is_quoted() {
        let query = Query::read("where=text%28a%29+~+%2Fit%27s%2F&judge=gpt-4").query;
        assert_eq!(
            query.command(&["my study".to_owned()]),
            r"predilect dissect 'my study' --where 'text(a) ~ /it'\''s/' --judge gpt-4"
        );
    }
}
