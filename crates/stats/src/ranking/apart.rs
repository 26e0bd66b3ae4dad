//! Which competitors can be compared at all?

use super::cells::Cell;
use super::likelihood::Outcomes;
use super::vote::Vote;

/// The groups of competitors between which there is no vote, the largest first; one group where all are joined.
///
/// # Panics
///
/// When a competitor of a vote is not below `competitors`, unless all are joined before.
pub fn never_met(votes: &[Vote], competitors: usize) -> Vec<Vec<u32>> {
    let mut parent: Vec<u32> = (0..competitors as u32).collect();
    let mut left = competitors;
    for vote in votes.iter().filter(|vote| vote.weight > 0.0) {
        let (a, b) = (root(&mut parent, vote.a), root(&mut parent, vote.b));
        parent[a.max(b) as usize] = a.min(b);
        left -= usize::from(a != b);
        // All are joined: no further vote can change that.
        if left == 1 {
            break;
        }
    }
    let mut place = vec![usize::MAX; competitors];
    let mut groups: Vec<Vec<u32>> = Vec::new();
    for who in 0..competitors as u32 {
        let top = root(&mut parent, who) as usize;
        if place[top] == usize::MAX {
            place[top] = groups.len();
            groups.push(Vec::new());
        }
        groups[place[top]].push(who);
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups
}

/// The first of the group that `at` is in, so far as it is joined; the way there is halved.
fn root(parent: &mut [u32], mut at: u32) -> u32 {
    while parent[at as usize] != at {
        let above = parent[parent[at as usize] as usize];
        parent[at as usize] = above;
        at = above;
    }
    at
}

/// Of competitors who all met: groups that never lost to anyone outside, and groups that never won.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OneWay {
    /// Parts that have not lost to anyone outside of them.
    pub undefeated: Vec<Vec<u32>>,
    /// Parts that have not won against anyone outside of them.
    pub winless: Vec<Vec<u32>>,
}

/// Where the votes fall into parts between which wins go one way only, so that their distance has no finite maximum (Ford 1957).
pub(super) fn one_way(cells: &[Cell<'_>], competitors: usize) -> Option<OneWay> {
    let mut beats: Vec<Vec<usize>> = vec![Vec::new(); competitors];
    let mut beaten: Vec<Vec<usize>> = vec![Vec::new(); competitors];
    // With covariates each vote is a cell: who won against whom is kept once, while a table of all pairs is small.
    let few = competitors * competitors <= 4 * cells.len();
    let mut known = vec![false; if few { competitors * competitors } else { 0 }];
    for cell in cells {
        let Outcomes { win, tie, loss, .. } = cell.outcomes;
        let mut won = |who: usize, whom: usize| {
            if few && std::mem::replace(&mut known[who * competitors + whom], true) {
                return;
            }
            beats[who].push(whom);
            beaten[whom].push(who);
        };
        if win + tie > 0.0 {
            won(cell.a, cell.b);
        }
        if loss + tie > 0.0 {
            won(cell.b, cell.a);
        }
    }
    let part = parts(&beats, &beaten);
    let count = part.iter().max().map_or(0, |last| last + 1);
    if count < 2 {
        return None;
    }
    let (mut lost, mut won) = (vec![false; count], vec![false; count]);
    for (who, whoms) in beats.iter().enumerate() {
        for &whom in whoms.iter().filter(|whom| part[**whom] != part[who]) {
            won[part[who]] = true;
            lost[part[whom]] = true;
        }
    }
    let without = |flags: &[bool]| {
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); count];
        for (who, &part) in part.iter().enumerate().filter(|(_, part)| !flags[**part]) {
            members[part].push(who as u32);
        }
        members.retain(|part| !part.is_empty());
        members.sort_unstable();
        members
    };
    Some(OneWay { undefeated: without(&lost), winless: without(&won) })
}

/// The strongly connected part of each competitor, by Kosaraju's two searches.
fn parts(beats: &[Vec<usize>], beaten: &[Vec<usize>]) -> Vec<usize> {
    let competitors = beats.len();
    let mut seen = vec![false; competitors];
    let mut left = Vec::with_capacity(competitors);
    for start in 0..competitors {
        let mut path = vec![(start, 0)];
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        while let Some((at, next)) = path.last_mut() {
            match beats[*at].get(*next) {
                None => {
                    left.push(*at);
                    path.pop();
                }
                Some(&to) => {
                    *next += 1;
                    if !std::mem::replace(&mut seen[to], true) {
                        path.push((to, 0));
                    }
                }
            }
        }
    }
    let mut part = vec![usize::MAX; competitors];
    let mut count = 0;
    for &start in left.iter().rev() {
        if part[start] != usize::MAX {
            continue;
        }
        part[start] = count;
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            for &to in &beaten[at] {
                if part[to] == usize::MAX {
                    part[to] = count;
                    open.push(to);
                }
            }
        }
        count += 1;
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranking::Ties;
    use crate::ranking::cells::cells;

    fn vote(a: u32, b: u32, y: f32) -> Vote {
        Vote { a, b, y, weight: 1.0, cluster: 0 }
    }

    #[test]
    fn groups_without_a_vote_between_them() {
        let votes =
            [vote(0, 1, 1.0), vote(2, 3, 0.0), vote(3, 4, 0.5), Vote { weight: 0.0, ..vote(1, 2, 1.0) }];
        assert_eq!(never_met(&votes, 6), [vec![2, 3, 4], vec![0, 1], vec![5]]);
        assert_eq!(never_met(&votes[..1], 2), [vec![0, 1]]);
    }

    #[test]
    fn who_never_lost_and_who_never_won() {
        let votes = [vote(0, 1, 1.0), vote(1, 2, 1.0), vote(2, 1, 1.0), vote(2, 3, 1.0), vote(1, 4, 1.0)];
        let found = one_way(&cells(&votes, 5, &[], 0, Ties::Half), 5).unwrap();
        assert_eq!((found.undefeated, found.winless), (vec![vec![0]], vec![vec![3], vec![4]]));
        let round = [vote(0, 1, 1.0), vote(1, 2, 1.0), vote(2, 0, 1.0)];
        assert_eq!(one_way(&cells(&round, 3, &[], 0, Ties::Half), 3), None);
    }
}
