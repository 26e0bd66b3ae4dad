//! Which votes depend on each other: those of one cluster.

use super::vote::Vote;

/// Votes by cluster, in an order that votes, clusters and competitors alone decide.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Groups {
    order: Vec<u32>,
    /// Where each group ends.
    ends: Vec<u32>,
}

impl Groups {
    /// The slopes of a competitor that was seen in one cluster only add up to zero there, which does not determine the error: its votes are
    /// separate clusters.
    pub(super) fn of(votes: &[Vote], competitors: usize) -> Self {
        let mut seen: Vec<Option<u64>> = vec![None; competitors];
        let mut alone = vec![true; competitors];
        for vote in votes {
            for who in [vote.a as usize, vote.b as usize] {
                alone[who] &= *seen[who].get_or_insert(vote.cluster) == vote.cluster;
            }
        }
        // Single-vote clusters first, so that they do not split the others' clusters.
        let key = |(at, vote): (usize, &Vote)| {
            let together = !alone[vote.a as usize] && !alone[vote.b as usize];
            (together, vote.cluster, at as u32)
        };
        let mut keys: Vec<(bool, u64, u32)> = votes.iter().enumerate().map(key).collect();
        // Stable, which is fast where most are in order already.
        keys.sort_by_key(|key| *key);
        let ends = |at: &usize| match (keys[at - 1], keys.get(*at)) {
            ((true, before, _), Some((true, cluster, _))) => before != *cluster,
            _ => true,
        };
        let ends = (1..=keys.len()).filter(ends).map(|end| end as u32).collect();
        Self { order: keys.into_iter().map(|(.., at)| at).collect(), ends }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The votes of one, by their places.
    pub(super) fn get(&self, at: usize) -> &[u32] {
        let from = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.order[from as usize..self.ends[at] as usize]
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.len()).map(|at| self.get(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_of_a_cluster_go_together_and_those_on_who_was_seen_once_alone() {
        let vote = |a, b, cluster| Vote { a, b, y: 1.0, weight: 1.0, cluster };
        // 2 was seen in cluster 7 only.
        let votes =
            [vote(0, 1, 9), vote(0, 2, 7), vote(1, 0, 7), vote(2, 1, 7), vote(0, 1, 9), vote(1, 0, 7)];
        let groups = Groups::of(&votes, 3);
        assert_eq!(groups.iter().collect::<Vec<_>>(), [&[1][..], &[3], &[2, 5], &[0, 4]]);
        assert_eq!(Groups::of(&[], 3).len(), 0);
    }
}
