//! What is asked of the published judges: what they reward in a scenario, and how they compare.

use std::sync::OnceLock;

use predilect_report::live::PublishedOrder;
use predilect_results::{Comparison, PublishedRewards};
use predilect_workbench::FitOptions;
use predilect_workbench::compare::{CompareOptions, published as of_published};
use predilect_workbench::published::Published;
use predilect_workbench::requests::PublishedRequest;

use crate::problem::Problem;
use crate::query::option;

/// The judges that a page shows unless others are chosen: those of the most common question.
const USUAL: [&str; 2] = ["gpt-4-1106-preview", "human"];

/// The published judges among themselves: the same for every client, and computed once.
pub(crate) fn compared_published() -> Result<&'static Comparison, Problem> {
    static MADE: OnceLock<Comparison> = OnceLock::new();
    if let Some(made) = MADE.get() {
        return Ok(made);
    }
    let options = CompareOptions { published: true, ..CompareOptions::default() };
    let made = of_published(&options, FitOptions::default().seed)?.comparison;
    Ok(MADE.get_or_init(|| made))
}

/// Who and what was published: read once.
pub(crate) fn published() -> &'static Published {
    static READ: OnceLock<Published> = OnceLock::new();
    READ.get_or_init(Published::all)
}

/// What stands in an address of the published judges. Prints as it is read, in a fixed order and without what is usual.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PublishedQuery {
    /// Whose weights; none: those of [`PublishedQuery::shown`].
    pub(crate) judges: Vec<String>,
    /// Where; `None`: in the mean over the scenarios.
    pub(crate) scenario: Option<String>,
    /// The property that is asked about.
    pub(crate) property: Option<String>,
    /// In which order properties stand.
    pub(crate) order: PublishedOrder,
    /// Names that mean nothing here, with their values.
    pub(crate) unknown: Vec<String>,
}

impl PublishedQuery {
    /// Reads the part of an address after the question mark, as far as it can be read.
    pub(crate) fn read(text: &str) -> (Self, Option<Problem>) {
        let (mut query, mut wrong) = (Self::default(), None);
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if value.is_empty() {
                continue;
            }
            match &*name {
                "judge" if query.judges.iter().any(|judge| *judge == value) => {}
                "judge" => query.judges.push(value.into_owned()),
                "scenario" => query.scenario = Some(value.into_owned()),
                "prop" => query.property = Some(value.into_owned()),
                "sort" => {
                    let Ok(order) = value.parse() else {
                        let takes = PublishedOrder::ALL.map(|(_, name, _)| name).join(", ");
                        wrong.get_or_insert(Problem::bad_value("sort", &value, &takes));
                        continue;
                    };
                    query.order = order;
                }
                _ => query.unknown.push(format!("{name}={value}")),
            }
        }
        (query, wrong)
    }

    /// The part of an address after the question mark, the question mark included; empty where all is usual.
    pub(crate) fn to_address(&self) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for judge in &self.judges {
            out.append_pair("judge", judge);
        }
        if let Some(scenario) = &self.scenario {
            out.append_pair("scenario", scenario);
        }
        if let Some(property) = &self.property {
            out.append_pair("prop", property);
        }
        if self.order != PublishedOrder::default() {
            out.append_pair("sort", self.order.as_str());
        }
        let text = out.finish();
        if text.is_empty() { text } else { format!("?{text}") }
    }

    /// The judges that are shown.
    pub(crate) fn shown(&self) -> Vec<String> {
        if self.judges.is_empty() { USUAL.map(str::to_owned).to_vec() } else { self.judges.clone() }
    }

    /// What they reward.
    pub(crate) fn rewards(&self) -> Result<PublishedRewards, Problem> {
        let Self { scenario, property, .. } = self.clone();
        Ok(published().answer(&PublishedRequest { judges: self.shown(), scenario, property })?)
    }

    /// The command line that gives the same.
    pub(crate) fn command(&self) -> String {
        let mut words = vec!["predilect dissect".to_owned()];
        let mut flag = |name: &str, value: &String| words.extend(option(name, value));
        self.shown().iter().for_each(|judge| flag("--published", judge));
        self.scenario.iter().for_each(|scenario| flag("--scenario", scenario));
        self.property.iter().for_each(|property| flag("--property", property));
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_it_is_read() {
        for address in [
            "",
            "?judge=human&judge=gpt-4-1106-preview&scenario=Creative+Writing&prop=well_formatted&sort=signed",
            "?scenario=w_mistakes&sort=catalogue",
        ] {
            let (query, wrong) = PublishedQuery::read(address.trim_start_matches('?'));
            assert!(wrong.is_none() && query.unknown.is_empty(), "{query:?}");
            assert_eq!(query.to_address(), address);
        }
    }

    #[test]
    fn what_is_not_there_is_refused_with_what_there_is() {
        let of = |text: &str| PublishedQuery::read(text).0.rewards();
        assert_eq!(of("").expect("the usual ones").judges, USUAL);
        assert!(of("judge=nobody").is_err() && of("scenario=code").is_err() && of("prop=lists").is_err());
        let seven = (0..7).map(|n| format!("judge={n}")).collect::<Vec<_>>().join("&");
        assert!(of(&seven).is_err_and(|problem| problem.detail.contains("too many")));
        assert!(PublishedQuery::read("sort=up").1.is_some());
        assert_eq!(PublishedQuery::read("nonsense=1").0.unknown, ["nonsense=1"]);
    }
}
