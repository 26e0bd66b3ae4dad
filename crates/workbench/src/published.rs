//! What published judges reward, and which of them and which scenarios there are.

use predilect_analysis::compare::{CASES, WeightTable, published_rewards};
use predilect_data::nearest;
use predilect_results::PublishedRewards;
use predilect_types::{CATALOGUE, shown};

use crate::error::{Error, Result};
use crate::requests::PublishedRequest;

/// Who and what was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The judges, people first, then the strongest models of OpenAI, then the others by name.
    pub judges: Vec<String>,
    /// The scenarios.
    pub scenarios: Vec<String>,
    /// Cases that overlap the scenarios: prompts with mistakes, with constraints, ...
    pub cases: Vec<String>,
}

/// Judges that one chart can distinguish.
pub const MOST_JUDGES: usize = 6;

/// Judges that stand before the others in a list.
const FIRST: [&str; 3] = ["human", "gpt-4-1106-preview", "gpt-3.5-turbo-1106"];

impl Published {
    /// All of them.
    #[must_use]
    pub fn all() -> Self {
        let WeightTable { mut judges, groups, .. } = WeightTable::published();
        judges.sort_by_key(|judge| {
            (FIRST.iter().position(|own| own == judge).unwrap_or(FIRST.len()), judge.to_lowercase())
        });
        let (cases, mut scenarios): (Vec<String>, Vec<String>) =
            groups.into_iter().partition(|group| CASES.contains(&group.as_str()));
        scenarios.sort_unstable();
        Self { judges, scenarios, cases }
    }

    /// The properties, as their weights stand in the published files.
    pub fn properties(&self) -> impl Iterator<Item = &'static str> {
        CATALOGUE.iter().filter(|property| property.index.is_some()).map(|property| property.id)
    }

    /// What some of them reward in a scenario or case; without one, in the mean over the scenarios.
    ///
    /// # Errors
    ///
    /// When a judge or the scenario is not there; the nearest one is proposed.
    pub fn rewards(&self, judges: &[String], scenario: Option<&str>) -> Result<PublishedRewards> {
        if let Some(unknown) = judges.iter().find(|judge| !self.judges.contains(judge)) {
            return Err(unknown_name("judge", unknown, &self.judges));
        }
        let groups: Vec<String> = self.scenarios.iter().chain(&self.cases).cloned().collect();
        if let Some(unknown) = scenario.filter(|name| !groups.iter().any(|group| group == name)) {
            return Err(unknown_name("scenario", unknown, &groups));
        }
        published_rewards(judges, scenario)
            .ok_or_else(|| Error::new("the published weights have no such judge or scenario"))
    }

    /// The answer to a request.
    ///
    /// # Errors
    ///
    /// When a judge, the scenario or the property is not there; the nearest one is proposed. When there is no judge, or more than one chart
    /// can distinguish.
    pub fn answer(&self, request: &PublishedRequest) -> Result<PublishedRewards> {
        let PublishedRequest { judges, scenario, property } = request;
        if judges.len() > MOST_JUDGES {
            let problem = Error::new(format!("{} judges are too many for one chart", judges.len()));
            return Err(problem.words(format!("choose up to {MOST_JUDGES} of them")));
        }
        if judges.is_empty() {
            return Err(Error::new("no published judge is named").words(shown::list(&self.judges)));
        }
        let known: Vec<String> = self.properties().map(str::to_owned).collect();
        if let Some(unknown) = property.as_ref().filter(|id| !known.contains(id)) {
            return Err(unknown_name("property", unknown, &known));
        }
        let mut different: Vec<String> = Vec::new();
        for judge in judges {
            if !different.contains(judge) {
                different.push(judge.clone());
            }
        }
        self.rewards(&different, scenario.as_deref())
    }
}

fn unknown_name(what: &str, name: &str, known: &[String]) -> Error {
    let error = Error::new(format!("there is no published {what} `{}`", shown::line(name)));
    let parts: Vec<&String> =
        known.iter().filter(|own| own.to_lowercase().contains(&name.to_lowercase())).collect();
    error.words(match (nearest(name, known.iter().map(String::as_str)), parts.as_slice()) {
        (Some(near), _) => format!("did you mean {near}?"),
        (None, [_, ..]) => {
            format!("did you mean {}?", parts.iter().map(|own| own.as_str()).collect::<Vec<_>>().join(" or "))
        }
        (None, []) => format!("there are {}", known.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_there_get_the_nearest() {
        let all = Published::all();
        assert_eq!((all.judges.len(), all.scenarios.len(), all.cases.len()), (33, 11, 5));
        assert_eq!(all.judges[..2], ["human", "gpt-4-1106-preview"]);
        let judge = |name: &str| vec![name.to_owned()];
        assert!(all.rewards(&judge("human"), Some("Code")).is_ok());
        let said = |found: Result<PublishedRewards>| format!("{:?}", found.expect_err("refused"));
        assert!(said(all.rewards(&judge("gpt-4-1106-previw"), None)).contains("gpt-4-1106-preview"));
        assert!(said(all.rewards(&judge("human"), Some("code"))).contains("Code"));
    }
}
