//! Places on a plane whose distances are as close to given ones as a plane allows: classical scaling.

/// Places on a plane.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// One place each, centred on the origin, the wider direction first. Of each axis the farthest place is positive.
    pub places: Vec<[f64; 2]>,
    /// The share of the squared distances explained by two directions, 0..1; 1 if the distances are those of a plane.
    pub explained: f64,
}

/// Classical scaling (Torgerson) of a symmetric matrix of `n` x `n` distances, row by row: the two leading eigenvectors of -J D^2 J / 2
/// with J = I - 1/n, each times the root of its eigenvalue. Directions with negative eigenvalues, which no Euclidean space has, are left
/// out.
///
/// # Panics
///
/// When `distances` does not have `n * n` elements.
pub fn map(distances: &[f64], n: usize) -> Map {
    assert_eq!(distances.len(), n * n, "a square matrix");
    if n == 0 {
        return Map { places: Vec::new(), explained: 1.0 };
    }
    let squares: Vec<f64> = distances.iter().map(|d| d * d).collect();
    let rows: Vec<f64> = squares.chunks(n).map(|row| row.iter().sum::<f64>() / n as f64).collect();
    let all = rows.iter().sum::<f64>() / n as f64;
    let mut products = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..n {
            products[i * n + j] = -0.5 * (squares[i * n + j] - rows[i] - rows[j] + all);
        }
    }
    let (values, vectors) = eigen(products, n);
    let mut by_size: Vec<usize> = (0..n).collect();
    by_size.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    let total: f64 = values.iter().filter(|value| **value > 0.0).sum();
    let mut places = vec![[0.0; 2]; n];
    let mut held = 0.0;
    for (axis, &at) in by_size.iter().take(2).enumerate() {
        // Rounding leaves small spurious directions.
        let value = if values[at] > 1e-12 * total { values[at] } else { 0.0 };
        held += value;
        let column = |i: usize| vectors[i * n + at] * value.sqrt();
        let farthest =
            (0..n).map(column).fold(0.0, |far: f64, x| if x.abs() > far.abs() + 1e-12 { x } else { far });
        for (i, place) in places.iter_mut().enumerate() {
            place[axis] = column(i) * farthest.signum();
        }
    }
    Map { places, explained: if total > 0.0 { held / total } else { 1.0 } }
}

/// How far two maps of the same things agree, whatever their scale, place, rotation and reflection: the squared correlation
/// after the best fit of one onto the other (Procrustes), 0..1.
///
/// # Panics
///
/// When they do not contain equally many places.
pub fn agreement(a: &[[f64; 2]], b: &[[f64; 2]]) -> f64 {
    assert_eq!(a.len(), b.len(), "maps of the same things");
    let centred = |places: &[[f64; 2]]| -> Vec<[f64; 2]> {
        let n = places.len().max(1) as f64;
        let mean = places.iter().fold([0.0; 2], |sum, p| [sum[0] + p[0] / n, sum[1] + p[1] / n]);
        places.iter().map(|p| [p[0] - mean[0], p[1] - mean[1]]).collect()
    };
    let (a, b) = (centred(a), centred(b));
    let sum = |f: &dyn Fn(&[f64; 2], &[f64; 2]) -> f64| a.iter().zip(&b).map(|(a, b)| f(a, b)).sum::<f64>();
    let m = [
        [sum(&|a, b| a[0] * b[0]), sum(&|a, b| a[0] * b[1])],
        [sum(&|a, b| a[1] * b[0]), sum(&|a, b| a[1] * b[1])],
    ];
    // The sum of the singular values of a 2 x 2 matrix.
    let squares: f64 = m.iter().flatten().map(|x| x * x).sum();
    let nuclear = (squares + 2.0 * (m[0][0] * m[1][1] - m[0][1] * m[1][0]).abs()).sqrt();
    let norms = sum(&|a, _| a[0] * a[0] + a[1] * a[1]) * sum(&|_, b| b[0] * b[0] + b[1] * b[1]);
    if norms > 0.0 { (nuclear * nuclear / norms).min(1.0) } else { 0.0 }
}

/// Eigenvalues and eigenvectors (in columns) of a symmetric matrix, by Jacobi's rotations.
fn eigen(mut a: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut vectors = vec![0.0; n * n];
    for i in 0..n {
        vectors[i * n + i] = 1.0;
    }
    let norm: f64 = a.iter().map(|x| x * x).sum();
    for _ in 0..60 {
        let mut off = 0.0;
        for p in 0..n {
            for q in p + 1..n {
                let apq = a[p * n + q];
                off += apq * apq;
                if apq * apq <= f64::MIN_POSITIVE {
                    continue;
                }
                let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for k in 0..n {
                    let (kp, kq) = (a[k * n + p], a[k * n + q]);
                    a[k * n + p] = c * kp - s * kq;
                    a[k * n + q] = s * kp + c * kq;
                }
                for k in 0..n {
                    let (pk, qk) = (a[p * n + k], a[q * n + k]);
                    a[p * n + k] = c * pk - s * qk;
                    a[q * n + k] = s * pk + c * qk;
                    let (kp, kq) = (vectors[k * n + p], vectors[k * n + q]);
                    vectors[k * n + p] = c * kp - s * kq;
                    vectors[k * n + q] = s * kp + c * kq;
                }
            }
        }
        if off <= 1e-28 * norm {
            break;
        }
    }
    ((0..n).map(|i| a[i * n + i]).collect(), vectors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn between(points: &[[f64; 2]]) -> Vec<f64> {
        points.iter().flat_map(|a| points.iter().map(move |b| (a[0] - b[0]).hypot(a[1] - b[1]))).collect()
    }

    #[test]
    fn few_places() {
        assert_eq!(map(&[], 0).places, [[0.0; 2]; 0]);
        assert_eq!(map(&[0.0], 1).places, [[0.0, 0.0]]);
        let two = map(&[0.0, 3.0, 3.0, 0.0], 2);
        assert!((two.places[0][0] - two.places[1][0]).abs() - 3.0 < 1e-12 && two.explained == 1.0);
        let same = map(&[0.0; 9], 3);
        assert_eq!((same.places, same.explained), (vec![[0.0; 2]; 3], 1.0));
    }

    #[test]
    fn a_square_and_a_line_agree_in_part() {
        let square = [[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]];
        // The line is one of the square's two equal directions.
        let line = [[3.0, 0.0], [3.0, 0.0], [-3.0, 0.0], [-3.0, 0.0]];
        assert!((agreement(&square, &line) - 0.5).abs() < 1e-12);
        assert_eq!(agreement(&[[1.0, 1.0]], &[[2.0, 0.0]]), 0.0);
    }

    #[test]
    fn a_space_does_not_fit_on_a_plane() {
        // The corners of a regular tetrahedron: three equal directions.
        let distances: Vec<f64> = (0..16).map(|at| if at / 4 == at % 4 { 0.0 } else { 1.0 }).collect();
        assert!((map(&distances, 4).explained - 2.0 / 3.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn a_plane_is_found_again(points in prop::collection::vec(prop::array::uniform2(-5.0_f64..5.0), 2..20)) {
            let distances = between(&points);
            let map = map(&distances, points.len());
            for (found, given) in between(&map.places).iter().zip(&distances) {
                prop_assert!((found - given).abs() < 1e-6, "{found} {given}");
            }
            prop_assert!(map.explained > 1.0 - 1e-9);
            let spread = points.iter().any(|p| (p[0] - points[0][0]).hypot(p[1] - points[0][1]) > 0.1);
            prop_assert!(!spread || agreement(&points, &map.places) > 1.0 - 1e-9);
        }
    }
}
