//! Which of the people that a study's verdicts name are judges of their own.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use predilect_types::{JudgeUse, ReadSummary, Verdict};

use crate::options::Judges;

/// Up to this many people of one judge are judges of their own.
const FEW: usize = 20;
/// People and judges beyond this many are counted no more by name.
const NAMED: usize = 100_000;
/// Judges that a summary lists.
const LISTED: usize = 40;

/// The judges of an import, with the people that each of them is.
#[derive(Debug, Default)]
pub(super) struct People {
    judges: BTreeMap<String, Judge>,
    more: u64,
}

#[derive(Debug, Default)]
struct Judge {
    verdicts: u64,
    annotators: HashSet<String>,
}

impl People {
    pub(super) fn add(&mut self, verdict: &Verdict) {
        if !self.judges.contains_key(&verdict.judge) {
            if self.judges.len() >= NAMED {
                self.more += 1;
                return;
            }
            self.judges.insert(verdict.judge.clone(), Judge::default());
        }
        if let Some(judge) = self.judges.get_mut(&verdict.judge) {
            judge.verdicts += 1;
            if let Some(annotator) = &verdict.annotator
                && verdict.pool.is_none()
                && judge.annotators.len() < NAMED
                && !judge.annotators.contains(annotator)
            {
                judge.annotators.insert(annotator.clone());
            }
        }
    }

    /// The judges whose people are judges of their own.
    pub(super) fn split(&self, judges: Judges) -> BTreeSet<String> {
        let most = match judges {
            Judges::Auto => FEW,
            Judges::Pooled => 0,
            Judges::Each => usize::MAX,
        };
        self.judges
            .iter()
            .filter(|(_, judge)| !judge.annotators.is_empty() && judge.annotators.len() <= most)
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Says in the summary who judges, and which people were pooled.
    pub(super) fn tell(&self, split: &BTreeSet<String>, summary: &mut ReadSummary) {
        let mut judges: Vec<(&String, &Judge)> = self.judges.iter().collect();
        judges.sort_by_key(|(_, judge)| std::cmp::Reverse(judge.verdicts));
        for (name, judge) in &judges {
            let people = judge.annotators.len() as u64;
            if split.contains(*name) {
                summary.remarks.push(format!(
                    "{people} {} of `{name}` {} (--judges pooled makes one judge of them)",
                    if people == 1 { "annotator" } else { "annotators" },
                    if people == 1 { "is a judge by that name" } else { "are judges of their own" },
                ));
            } else if people > 0 {
                summary.remarks.push(format!(
                    "{people} annotators are one judge, `{name}` (--judges each makes a judge of each)"
                ));
            }
        }
        summary.remarks.truncate(LISTED);
        summary.judges = judges
            .iter()
            .take(LISTED)
            .map(|(name, judge)| JudgeUse {
                judge: (*name).clone(),
                verdicts: judge.verdicts,
                annotators: judge.annotators.len() as u64,
            })
            .collect();
        let left = judges.len().saturating_sub(LISTED) as u64 + self.more;
        if left > 0 {
            summary.remarks.push(format!("{left} more judges are not listed"));
        }
        let unnamed = judges.iter().find(|(name, _)| *name == "unnamed" || name.starts_with("unnamed ("));
        if let Some((name, _)) = unnamed {
            summary.remarks.push(format!(
                "no column says who judged, so the judge is called `{name}` (--judge-name NAME gives a name)"
            ));
        }
    }
}
