//! Which of the people named in a study's verdicts are separate judges.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use predilect_types::{JudgeUse, ReadSummary, Verdict};

use crate::options::Judges;

/// Up to this many people of one judge are separate judges.
const FEW: usize = 20;
/// People and judges beyond this many are no longer counted by name.
const NAMED: usize = 100_000;
/// Judges that a summary lists.
const LISTED: usize = 40;

/// The judges of an import, with the people that each of them is.
#[derive(Debug, Default)]
pub(super) struct People {
    judges: BTreeMap<String, Judge>,
    /// Verdicts of judges that are counted no more by name.
    more: u64,
}

#[derive(Debug, Default)]
struct Judge {
    /// The name without the criterion.
    base: String,
    verdicts: u64,
    annotators: HashMap<String, u64>,
}

impl People {
    pub(super) fn add(&mut self, verdict: &Verdict) {
        if !self.judges.contains_key(&verdict.judge) {
            if self.judges.len() >= NAMED {
                self.more += 1;
                return;
            }
            let base = match &verdict.criterion {
                Some(criterion) => {
                    verdict.judge.strip_suffix(&format!(" ({criterion})")).unwrap_or(&verdict.judge)
                }
                None => &verdict.judge,
            };
            self.judges.insert(verdict.judge.clone(), Judge { base: base.to_owned(), ..Judge::default() });
        }
        if let Some(judge) = self.judges.get_mut(&verdict.judge) {
            judge.verdicts += 1;
            if let Some(annotator) = &verdict.annotator
                && verdict.pool.is_none()
            {
                let room = judge.annotators.len() < NAMED;
                match judge.annotators.get_mut(annotator) {
                    Some(count) => *count += 1,
                    None if room => {
                        judge.annotators.insert(annotator.clone(), 1);
                    }
                    None => {}
                }
            }
        }
    }

    /// The judges whose people are separate judges; people of a judge named by the user are one judge, unless the user wants each.
    pub(super) fn split(&self, judges: Judges, named: &[&str]) -> BTreeSet<String> {
        let most = match judges {
            Judges::Auto => FEW,
            Judges::Pooled => 0,
            Judges::Each => usize::MAX,
        };
        self.judges
            .iter()
            .filter(|(_, judge)| judges == Judges::Each || !named.contains(&judge.base.as_str()))
            .filter(|(_, judge)| !judge.annotators.is_empty() && judge.annotators.len() <= most)
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Names that annotators of different judges share: they are prefixed with the judge's name.
    pub(super) fn shared(&self, split: &BTreeSet<String>) -> HashSet<String> {
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        let mut shared = HashSet::new();
        for judge in split.iter().filter_map(|name| self.judges.get(name)) {
            for annotator in judge.annotators.keys() {
                let owner = owners.entry(annotator).or_insert(&judge.base);
                if *owner != judge.base {
                    shared.insert(annotator.clone());
                }
            }
        }
        shared
    }

    /// The judge without its criterion.
    pub(super) fn base(&self, judge: &str) -> Option<&str> {
        self.judges.get(judge).map(|judge| judge.base.as_str())
    }

    /// Says in the summary who judges, and which people were pooled.
    pub(super) fn tell(&self, split: &BTreeSet<String>, summary: &mut ReadSummary) {
        let mut judges: Vec<(&String, &Judge)> = self.judges.iter().collect();
        judges.sort_by_key(|(_, judge)| std::cmp::Reverse(judge.verdicts));
        for (name, judge) in &judges {
            let people = judge.annotators.len() as u64;
            if split.contains(*name) {
                summary.remarks.push(format!(
                    "{people} {} of `{name}` {}; pooled, they would be one judge",
                    if people == 1 { "annotator" } else { "annotators" },
                    if people == 1 { "is a judge by that name" } else { "are separate judges" },
                ));
            } else if people > 0 {
                summary
                    .remarks
                    .push(format!("{people} annotators are one judge, `{name}`; each could be a judge"));
            }
        }
        summary.remarks.truncate(LISTED);
        let mut listed: Vec<JudgeUse> = Vec::new();
        for (name, judge) in &judges {
            if split.contains(*name) {
                listed.extend(judge.annotators.iter().map(|(annotator, count)| {
                    let mut one =
                        Verdict { annotator: Some(annotator.clone()), ..Verdict::new("", *name, 0.5) };
                    one.criterion = name
                        .strip_prefix(&judge.base)
                        .and_then(|rest| rest.strip_prefix(" (")?.strip_suffix(')'))
                        .map(str::to_owned);
                    one.split();
                    JudgeUse { judge: one.judge, verdicts: *count, annotators: 0 }
                }));
            } else {
                listed.push(JudgeUse {
                    judge: (*name).clone(),
                    verdicts: judge.verdicts,
                    annotators: judge.annotators.len() as u64,
                });
            }
        }
        listed.sort_by(|x, y| y.verdicts.cmp(&x.verdicts).then_with(|| x.judge.cmp(&y.judge)));
        summary.more_judges = listed.len().saturating_sub(LISTED) as u64;
        listed.truncate(LISTED);
        summary.judges = listed;
        if self.more > 0 {
            summary.remarks.push(format!(
                "{} verdicts are by judges beyond the {NAMED} that are counted by name",
                self.more
            ));
        }
        let unnamed = judges.iter().find(|(name, _)| *name == "unnamed" || name.starts_with("unnamed ("));
        if let Some((name, _)) = unnamed {
            summary.remarks.push(format!("no column says who judged, so the judge is called `{name}`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_judges_are_counted_however_many_are_listed() {
        let mut people = People::default();
        for person in 0..126 {
            for _ in 0..=person {
                people.add(&Verdict {
                    annotator: Some(format!("p{person}")),
                    ..Verdict::new("x", "human", 1.0)
                });
            }
        }
        let told = |judges: Judges| {
            let mut summary = ReadSummary::default();
            people.tell(&people.split(judges, &[]), &mut summary);
            (summary.judges.len() as u64, summary.more_judges)
        };
        assert_eq!(told(Judges::Each), (40, 86));
        assert_eq!(told(Judges::Pooled), (1, 0));
    }
}
