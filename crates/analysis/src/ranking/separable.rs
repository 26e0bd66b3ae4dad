//! Can what is held equal be told from who wrote the responses? Not where a model is nearly always ahead on it.

use predilect_results::ranking::{Ahead, Control};
use predilect_stats::ranking::Vote;

use super::battles::Battles;

/// Steps of the search for how models explain a control.
const STEPS: usize = 200;
/// The squared residual, relative to the right side's, at which the search ends.
const EXACT: f64 = 1e-16;
/// Verdicts of a model on pairs that differ, below which it is not named.
const LEAST: f64 = 10.0;

/// Adds to each control how much of it is left within pairs of models, and who is ahead most often.
///
/// With `x` how far A is ahead of B and `w` the weight of a vote, it is the share `1 - max_u (2 sum w x (u_A - u_B) - sum w (u_A - u_B)^2) /
/// sum w x^2`: what a weighted regression of `x` on the models leaves, relative to no difference. Of two models of which one is ahead in a
/// share p it is `1 - (2 p - 1)^2`, so .1 at .97 and .5 at .85; 1 where models say nothing of it.
pub(super) fn separated(battles: &Battles, controls: Vec<Control>) -> Vec<Control> {
    let count = battles.controls.len();
    let met = if count > 0 { met(battles) } else { Vec::new() };
    let of = |(at, control): (usize, Control)| {
        let x = |row: usize| battles.covariates[row * count + at];
        let differs = differing(battles, &x);
        Control { apart: left(battles, &met, &x), differs, ahead: ahead(battles, &x), ..control }
    };
    controls.into_iter().enumerate().map(of).collect()
}

/// The share of the votes on pairs that differ.
fn differing(battles: &Battles, x: &dyn Fn(usize) -> f64) -> Option<f64> {
    let (mut differ, mut all) = (0.0, 0.0);
    for (row, vote) in battles.votes.iter().enumerate() {
        all += f64::from(vote.weight);
        differ += if x(row) == 0.0 { 0.0 } else { f64::from(vote.weight) };
    }
    (all > 0.0).then(|| differ / all)
}

/// The weight of the votes between every two models that met, in the order of their numbers.
fn met(battles: &Battles) -> Vec<([u32; 2], f64)> {
    let pair = |vote: &Vote| ([vote.a.min(vote.b), vote.a.max(vote.b)], f64::from(vote.weight));
    let models = battles.models.len();
    // A table of all pairs while that is small.
    if models * models <= 4 * battles.votes.len() {
        let mut table = vec![0.0; models * models];
        for ([a, b], weight) in battles.votes.iter().map(pair) {
            table[a as usize * models + b as usize] += weight;
        }
        let place = |at: usize| [(at / models) as u32, (at % models) as u32];
        return table
            .into_iter()
            .enumerate()
            .filter(|(_, x)| *x != 0.0)
            .map(|(at, x)| (place(at), x))
            .collect();
    }
    let mut all: Vec<_> = battles.votes.iter().map(pair).collect();
    // Stable: sums are the same in every run.
    all.sort_by_key(|(models, _)| *models);
    all.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0.0 };
        same
    });
    all
}

fn left(battles: &Battles, met: &[([u32; 2], f64)], x: &dyn Fn(usize) -> f64) -> Option<f64> {
    let n = battles.models.len();
    let (mut total, mut right) = (0.0, vec![0.0; n]);
    for (row, vote) in battles.votes.iter().enumerate() {
        let by = f64::from(vote.weight) * x(row);
        total += by * x(row);
        right[vote.a as usize] += by;
        right[vote.b as usize] -= by;
    }
    if total <= 0.0 {
        return None;
    }
    // Conjugate gradients: the matrix is that of a graph, whose right side has no part along its null space.
    let times = |u: &[f64]| {
        let mut out = vec![0.0; n];
        for &([a, b], weight) in met {
            let flow = weight * (u[a as usize] - u[b as usize]);
            out[a as usize] += flow;
            out[b as usize] -= flow;
        }
        out
    };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (mut u, mut residual) = (vec![0.0; n], right.clone());
    let (mut direction, first) = (right.clone(), dot(&right, &right));
    let mut square = first;
    for _ in 0..STEPS {
        if square <= EXACT * first {
            break;
        }
        let image = times(&direction);
        let bend = dot(&direction, &image);
        if bend <= 0.0 {
            break;
        }
        let step = square / bend;
        u.iter_mut().zip(&direction).for_each(|(u, d)| *u += step * d);
        residual.iter_mut().zip(&image).for_each(|(r, i)| *r -= step * i);
        let next = dot(&residual, &residual);
        direction.iter_mut().zip(&residual).for_each(|(d, r)| *d = r + next / square * *d);
        square = next;
    }
    Some((1.0 - dot(&right, &u) / total).clamp(0.0, 1.0))
}

/// The model that is ahead in the largest share of its votes on pairs that differ.
fn ahead(battles: &Battles, x: &dyn Fn(usize) -> f64) -> Option<Ahead> {
    let mut counts = vec![(0.0, 0.0); battles.models.len()];
    for (row, vote) in battles.votes.iter().enumerate().filter(|(row, _)| x(*row) != 0.0) {
        for (who, ahead) in [(vote.a, x(row) > 0.0), (vote.b, x(row) < 0.0)] {
            let (own, all) = &mut counts[who as usize];
            *all += f64::from(vote.weight);
            *own += if ahead { f64::from(vote.weight) } else { 0.0 };
        }
    }
    let shares = counts.iter().zip(&battles.models).filter(|((_, all), _)| *all >= LEAST);
    let (share, model) =
        shares.map(|((own, all), model)| (own / all, model)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(Ahead { model: model.clone(), share })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Votes of two models or more, with who is ahead.
    fn of(models: usize, votes: &[(u32, u32, f64)]) -> Control {
        let vote = |(row, &(a, b, _)): (usize, &(u32, u32, f64))| Vote {
            a,
            b,
            y: 1.0,
            weight: 1.0,
            cluster: row as u64,
        };
        let battles = Battles {
            models: (0..models).map(|at| format!("m{at}")).collect(),
            votes: votes.iter().enumerate().map(vote).collect(),
            controls: vec!["length".to_owned()],
            covariates: votes.iter().map(|vote| vote.2).collect(),
            by_prompt: true,
        };
        let control = Control { name: "length".to_owned(), ..Control::default() };
        separated(&battles, vec![control]).remove(0)
    }

    #[test]
    fn a_worked_example() {
        // Of two models the first is ahead in 97 of 100, whichever side it is on.
        let votes: Vec<(u32, u32, f64)> = (0..100)
            .map(|at| {
                let ahead = if at < 97 { 1.0 } else { -1.0 };
                if at % 2 == 0 { (0, 1, ahead) } else { (1, 0, -ahead) }
            })
            .collect();
        let found = of(2, &votes);
        assert!((found.apart.expect("a share") - (1.0 - 0.94_f64.powi(2))).abs() < 1e-9, "{found:?}");
        assert_eq!(found.ahead, Some(Ahead { model: "m0".to_owned(), share: 0.97 }));
        assert!(!found.is_separable());
        // Half and half, models say nothing; on pairs that never differ there is nothing to tell apart.
        let even: Vec<(u32, u32, f64)> =
            (0..100).map(|at| (0, 1, if at % 2 == 0 { 1.0 } else { -1.0 })).collect();
        assert!((of(2, &even).apart.expect("a share") - 1.0).abs() < 1e-9 && of(2, &even).is_separable());
        let never: Vec<(u32, u32, f64)> = (0..30).map(|_| (0, 1, 0.0)).collect();
        assert!(of(2, &never).apart.is_none() && of(2, &never).is_separable());
    }

    #[test]
    fn models_in_a_row_are_told_apart_by_those_between_whom_it_varies() {
        // 2 is always ahead; between 0 and 1 it is even: two thirds of the votes are explained, by 2 standing 1 above both.
        let votes: Vec<(u32, u32, f64)> = (0..80)
            .flat_map(|at| [(0, 1, if at % 2 == 0 { 1.0 } else { -1.0 }), (0, 2, -1.0), (1, 2, -1.0)])
            .collect();
        let found = of(3, &votes);
        assert!((found.apart.expect("a share") - 1.0 / 3.0).abs() < 1e-9, "{found:?}");
        assert!(found.is_separable());
    }
}
