//! Which things belong together? A tree of clusters by average linkage, its leaves in the best order.

/// Two clusters that were joined. Clusters are numbered as in scipy: leaves from 0, then joins in their order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Join {
    /// The one with the smaller first leaf.
    pub left: usize,
    /// The other one.
    pub right: usize,
    /// The mean distance between their leaves.
    pub height: f64,
    /// Leaves of both.
    pub size: usize,
}

/// A tree of clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    leaves: usize,
    joins: Vec<Join>,
}

impl Tree {
    /// Average linkage (UPGMA) on a symmetric matrix of `n` x `n` distances, row by row: the two closest clusters are joined
    /// until one is left, the distance of two clusters being the mean over the pairs of their leaves. Ties go to the
    /// clusters with the lowest leaves. Time grows with n^3.
    ///
    /// # Panics
    ///
    /// When `distances` does not have `n * n` elements.
    pub fn average(distances: &[f64], n: usize) -> Self {
        assert_eq!(distances.len(), n * n, "a square matrix");
        let mut between = distances.to_vec();
        // Place i is the cluster whose lowest leaf is i.
        let mut cluster: Vec<Option<(usize, usize)>> = (0..n).map(|leaf| Some((leaf, 1))).collect();
        let mut joins = Vec::with_capacity(n.saturating_sub(1));
        for number in n..(2 * n).saturating_sub(1) {
            let places: Vec<usize> = (0..n).filter(|&place| cluster[place].is_some()).collect();
            let mut closest = (f64::INFINITY, places[0], places[1]);
            for (at, &i) in places.iter().enumerate() {
                for &j in &places[at + 1..] {
                    if between[i * n + j] < closest.0 {
                        closest = (between[i * n + j], i, j);
                    }
                }
            }
            let (height, i, j) = closest;
            let (Some((left, of_left)), Some((right, of_right))) = (cluster[i], cluster[j].take()) else {
                break;
            };
            let size = of_left + of_right;
            for &k in &places {
                let (to_left, to_right) = (between[i * n + k], between[j * n + k]);
                let mean = (to_left * of_left as f64 + to_right * of_right as f64) / size as f64;
                between[i * n + k] = mean;
                between[k * n + i] = mean;
            }
            cluster[i] = Some((number, size));
            joins.push(Join { left, right, height, size });
        }
        Self { leaves: n, joins }
    }

    /// The joins, from the closest to the widest.
    pub fn joins(&self) -> &[Join] {
        &self.joins
    }

    /// The leaves of every join, in ascending order.
    pub fn clades(&self) -> Vec<Vec<usize>> {
        let mut clades: Vec<Vec<usize>> = Vec::with_capacity(self.joins.len());
        for join in &self.joins {
            let mut leaves = Vec::with_capacity(join.size);
            for child in [join.left, join.right] {
                match child.checked_sub(self.leaves) {
                    None => leaves.push(child),
                    Some(at) => leaves.extend_from_slice(&clades[at]),
                }
            }
            leaves.sort_unstable();
            clades.push(leaves);
        }
        clades
    }

    /// The clusters that are left when no join above `height` is made, each in ascending order, by their lowest leaf.
    pub fn cut(&self, height: f64) -> Vec<Vec<usize>> {
        let clades = self.clades();
        let mut top: Vec<Option<usize>> = vec![None; self.leaves];
        for (at, join) in self.joins.iter().enumerate().filter(|(_, join)| join.height <= height) {
            debug_assert!(join.size > 1);
            for &leaf in &clades[at] {
                top[leaf] = Some(at);
            }
        }
        let mut clusters: Vec<Vec<usize>> = Vec::new();
        for leaf in 0..self.leaves {
            match top[leaf] {
                None => clusters.push(vec![leaf]),
                Some(at) if clades[at][0] == leaf => clusters.push(clades[at].clone()),
                Some(_) => {}
            }
        }
        clusters
    }

    /// The cut with the most distinct clusters: of all with 2 to n - 1 clusters the one with the greatest mean silhouette (Rousseeuw 1987;
    /// a leaf alone counts 0), with that silhouette, -1..1. Cuts that only split off single leaves come last: they show outliers, not
    /// clusters. `None` below three leaves.
    ///
    /// # Panics
    ///
    /// When `distances` is not the square matrix of the leaves.
    pub fn best_cut(&self, distances: &[f64]) -> Option<(Vec<Vec<usize>>, f64)> {
        let n = self.leaves;
        assert_eq!(distances.len(), n * n, "the matrix of the tree");
        let mut best: Option<(Vec<Vec<usize>>, f64)> = None;
        let several = |clusters: &[Vec<usize>]| clusters.iter().filter(|own| own.len() > 1).count() > 1;
        // Between two joins at the same height there is no cut.
        for join in self.joins.iter().rev().skip(1) {
            let clusters = self.cut(join.height);
            if clusters.len() < 2 || clusters.len() >= n {
                continue;
            }
            let mean = |leaf: usize, others: &[usize], count: usize| {
                others.iter().map(|&other| distances[leaf * n + other]).sum::<f64>() / count as f64
            };
            let mut sum = 0.0;
            for (at, own) in clusters.iter().enumerate().filter(|(_, own)| own.len() > 1) {
                for &leaf in own {
                    let inside = mean(leaf, own, own.len() - 1);
                    let others = clusters.iter().enumerate().filter(|(other, _)| *other != at);
                    let outside =
                        others.map(|(_, other)| mean(leaf, other, other.len())).fold(f64::INFINITY, f64::min);
                    let wider = inside.max(outside);
                    sum += if wider > 0.0 { (outside - inside) / wider } else { 0.0 };
                }
            }
            let silhouette = sum / n as f64;
            let ranked = (several(&clusters), silhouette);
            if best.as_ref().is_none_or(|(old, most)| ranked > (several(old), *most)) {
                best = Some((clusters, silhouette));
            }
        }
        best
    }

    /// For each join the share of other trees of the same leaves that contain the same cluster, 0..1.
    pub fn support(&self, others: &[Self]) -> Vec<f64> {
        let clades = self.clades();
        let mut found = vec![0_usize; clades.len()];
        for other in others {
            let theirs: std::collections::HashSet<Vec<usize>> = other.clades().into_iter().collect();
            for (count, clade) in found.iter_mut().zip(&clades) {
                *count += usize::from(theirs.contains(clade));
            }
        }
        found.into_iter().map(|count| count as f64 / others.len().max(1) as f64).collect()
    }

    /// The order of the leaves, among all that the tree allows, with the least sum of distances between neighbours (Bar-Joseph
    /// et al. 2001); of the two directions the one that begins with the lower leaf. Time grows with n^3.
    ///
    /// # Panics
    ///
    /// When `distances` is not the square matrix of the leaves.
    pub fn order(&self, distances: &[f64]) -> Vec<usize> {
        let n = self.leaves;
        assert_eq!(distances.len(), n * n, "the matrix of the tree");
        if n < 2 {
            return (0..n).collect();
        }
        let mut search =
            Search { tree: self, leaves: self.in_tree_order(), distances, least: vec![0.0; n * n] };
        for at in 0..self.joins.len() {
            search.join(at);
        }
        let root = 2 * n - 2;
        let mut best = (f64::INFINITY, 0, 0);
        let Join { left, right, .. } = self.joins[n - 2];
        for &u in &search.leaves[left] {
            for &w in &search.leaves[right] {
                let cost = search.least[u * n + w];
                if cost < best.0 {
                    best = (cost, u.min(w), u.max(w));
                }
            }
        }
        let mut order = Vec::with_capacity(n);
        search.write(root, best.1, best.2, &mut order);
        order
    }

    /// The leaves below each cluster.
    fn in_tree_order(&self) -> Vec<Vec<usize>> {
        let mut leaves: Vec<Vec<usize>> = (0..self.leaves).map(|leaf| vec![leaf]).collect();
        for join in &self.joins {
            let both = [leaves[join.left].as_slice(), leaves[join.right].as_slice()].concat();
            leaves.push(both);
        }
        leaves
    }
}

/// The search for the best order. `least[u, w]` is the least cost of ordering the smallest cluster that contains both, with `u` at one end
/// and `w` at the other: every pair of leaves has one such cluster, so one matrix suffices.
struct Search<'a> {
    tree: &'a Tree,
    leaves: Vec<Vec<usize>>,
    distances: &'a [f64],
    least: Vec<f64>,
}

impl Search<'_> {
    fn children(&self, cluster: usize) -> Option<(usize, usize)> {
        let at = cluster.checked_sub(self.tree.leaves)?;
        self.tree.joins.get(at).map(|join| (join.left, join.right))
    }

    /// The leaves that can be at the other end of a cluster from `leaf`.
    fn far(&self, cluster: usize, leaf: usize) -> &[usize] {
        match self.children(cluster) {
            None => &self.leaves[cluster],
            Some((left, right)) if self.leaves[left].contains(&leaf) => &self.leaves[right],
            Some((left, _)) => &self.leaves[left],
        }
    }

    fn join(&mut self, at: usize) {
        let n = self.tree.leaves;
        let Join { left, right, .. } = self.tree.joins[at];
        let (ls, rs) = (self.leaves[left].clone(), self.leaves[right].clone());
        for &u in &ls {
            // The cheapest way from u through the left cluster to each first leaf of the right one.
            let mut to = vec![f64::INFINITY; n];
            for &k in &rs {
                for &m in self.far(left, u) {
                    to[k] = to[k].min(self.least[u * n + m] + self.distances[m * n + k]);
                }
            }
            for &w in &rs {
                let cost = self
                    .far(right, w)
                    .iter()
                    .map(|&k| to[k] + self.least[k * n + w])
                    .fold(f64::INFINITY, f64::min);
                self.least[u * n + w] = cost;
                self.least[w * n + u] = cost;
            }
        }
    }

    /// Writes the best order of a cluster from `u` to `w`.
    fn write(&self, cluster: usize, u: usize, w: usize, order: &mut Vec<usize>) {
        let n = self.tree.leaves;
        let Some((left, right)) = self.children(cluster) else {
            order.push(u);
            return;
        };
        let (from, to) = if self.leaves[left].contains(&u) { (left, right) } else { (right, left) };
        let mut best = (f64::INFINITY, u, w);
        for &m in self.far(from, u) {
            for &k in self.far(to, w) {
                let cost = self.least[u * n + m] + self.distances[m * n + k] + self.least[k * n + w];
                if cost < best.0 {
                    best = (cost, m, k);
                }
            }
        }
        self.write(from, u, best.1, order);
        self.write(to, best.2, w, order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matrix(points: &[f64]) -> Vec<f64> {
        points.iter().flat_map(|a| points.iter().map(move |b| (a - b).abs())).collect()
    }

    #[test]
    fn a_line_of_points() {
        // 0 and 1 at distance 1, 3 and 4 at 2, then 2 (at 4) to the first two: means of distances.
        let points = [0.0, 1.0, 4.0, 10.0, 12.0];
        let tree = Tree::average(&matrix(&points), 5);
        let joins: Vec<_> = tree.joins().iter().map(|j| (j.left, j.right, j.height, j.size)).collect();
        assert_eq!(joins, [(0, 1, 1.0, 2), (3, 4, 2.0, 2), (5, 2, 3.5, 3), (7, 6, 28.0 / 3.0, 5)]);
        assert_eq!(tree.clades(), [vec![0, 1], vec![3, 4], vec![0, 1, 2], vec![0, 1, 2, 3, 4]]);
        assert_eq!(tree.cut(2.0), [vec![0, 1], vec![2], vec![3, 4]]);
        assert_eq!(tree.cut(0.5).len(), 5);
        assert_eq!(tree.order(&matrix(&points)), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn the_best_cut_finds_two_heaps_and_support_counts_equal_clusters() {
        let points = [0.0, 1.0, 0.5, 20.0, 21.0];
        let tree = Tree::average(&matrix(&points), 5);
        let (clusters, silhouette) = tree.best_cut(&matrix(&points)).unwrap();
        assert_eq!(clusters, [vec![0, 1, 2], vec![3, 4]]);
        // By hand: 1 - 0.75/20.5, 1 - 0.75/19.5, 1 - 0.5/20, 1 - 1/19.5, 1 - 1/20.5, over five.
        let by_hand = 1.0 - (0.75 / 20.5 + 0.75 / 19.5 + 0.5 / 20.0 + 1.0 / 19.5 + 1.0 / 20.5) / 5.0;
        assert!((silhouette - by_hand).abs() < 1e-12);
        let other = Tree::average(&matrix(&[0.0, 0.1, 5.0, 20.0, 21.0]), 5);
        // {0, 2} is not in the other tree; {3, 4}, {0, 1, 2} and all are.
        assert_eq!(tree.support(&[tree.clone(), other]), [0.5, 1.0, 1.0, 1.0]);
        // A far leaf is not a cluster.
        let outlier = [0.0, 1.0, 4.0, 5.0, 900.0];
        let tree = Tree::average(&matrix(&outlier), 5);
        assert_eq!(tree.best_cut(&matrix(&outlier)).unwrap().0, [vec![0, 1], vec![2, 3], vec![4]]);
        assert_eq!(Tree::average(&matrix(&[0.0, 1.0]), 2).best_cut(&matrix(&[0.0, 1.0])), None);
    }

    #[test]
    fn few_leaves() {
        assert_eq!(Tree::average(&[], 0).order(&[]), [0_usize; 0]);
        assert_eq!(Tree::average(&[0.0], 1).order(&[0.0]), [0]);
        assert_eq!(Tree::average(&[0.0], 1).cut(1.0), [[0]]);
        assert_eq!(Tree::average(&[0.0, 3.0, 3.0, 0.0], 2).order(&[0.0, 3.0, 3.0, 0.0]), [0, 1]);
    }

    fn symmetric() -> impl Strategy<Value = (usize, Vec<f64>)> {
        (2_usize..8).prop_flat_map(|n| {
            prop::collection::vec(0.01_f64..1.0, n * n).prop_map(move |mut d| {
                for i in 0..n {
                    d[i * n + i] = 0.0;
                    for j in 0..i {
                        d[i * n + j] = d[j * n + i];
                    }
                }
                (n, d)
            })
        })
    }

    /// Every order that a tree allows.
    fn allowed(tree: &Tree, cluster: usize) -> Vec<Vec<usize>> {
        let Some(at) = cluster.checked_sub(tree.leaves) else { return vec![vec![cluster]] };
        let join = tree.joins[at];
        let (ls, rs) = (allowed(tree, join.left), allowed(tree, join.right));
        let mut all = Vec::new();
        for l in &ls {
            for r in &rs {
                all.push([l.as_slice(), r].concat());
                all.push([r.as_slice(), l].concat());
            }
        }
        all
    }

    proptest! {
        #[test]
        fn heights_are_mean_distances_and_the_order_is_the_best((n, d) in symmetric()) {
            let tree = Tree::average(&d, n);
            let leaves = tree.in_tree_order();
            for join in tree.joins() {
                let (ls, rs) = (&leaves[join.left], &leaves[join.right]);
                let sum: f64 = ls.iter().flat_map(|&l| rs.iter().map(move |&r| (l, r))).map(|(l, r)| d[l * n + r]).sum();
                prop_assert!((join.height - sum / (ls.len() * rs.len()) as f64).abs() < 1e-12);
            }
            let cost = |order: &[usize]| -> f64 { order.windows(2).map(|w| d[w[0] * n + w[1]]).sum() };
            let best = allowed(&tree, 2 * n - 2).iter().map(|order| cost(order)).fold(f64::INFINITY, f64::min);
            let order = tree.order(&d);
            prop_assert!((cost(&order) - best).abs() < 1e-12);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..n).collect::<Vec<_>>());
        }
    }
}
