//! How hard is each prompt for those who face the baseline, and what does length do to them all?

use crate::logistic::sigmoid;

/// Rounds over prompts, models and the spread at most.
const ROUNDS: usize = 500;
/// Precision of the weak prior on a model's own weights: it keeps them finite where a model always wins.
const WEAK: f64 = 1e-2;
/// The least sd of length effects: models are never all alike.
const LEAST: f64 = 0.05;

/// One output against the baseline's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Faced {
    /// Whose output, from 0.
    pub model: usize,
    /// On which prompt, from 0.
    pub prompt: usize,
    /// The preference for it, 0..1.
    pub preference: f64,
    /// tanh of its standardised difference in length.
    pub longer: f64,
}

/// gamma of every prompt, their spread, and what length does.
#[derive(Debug, Clone, PartialEq)]
pub struct Difficulty {
    /// What every prompt adds to the log-odds of a model that faces the baseline: above 0 the baseline is easier to beat there.
    pub gamma: Vec<f64>,
    /// The sd of the prior from which they come.
    pub sd: f64,
    /// Mean and sd of the normal prior from which the models' length effects come.
    pub length: (f64, f64),
}

/// Fits `logit P(model m preferred on prompt i) = theta_m + phi_m longer + gamma_i` to all models at once, `gamma_i ~ N(0, sd^2)` and
/// `phi_m ~ N(mu, s^2)`.
///
/// The posterior mode given sd, mu and s; they maximise the marginal likelihood by EM with Laplace variances. A prompt without
/// outputs has gamma 0.
///
/// # Panics
///
/// When a model or prompt is outside its range.
#[expect(clippy::too_many_lines, reason = "one algorithm, whose steps share what they change")]
pub fn instruction_difficulty(outputs: &[Faced], models: usize, prompts: usize) -> Difficulty {
    let mut gamma = vec![0.0; prompts];
    let mut weights = vec![[0.0_f64; 2]; models];
    let mut variance = 1.0_f64;
    let mut length = (0.0_f64, 1.0_f64);
    for _ in 0..ROUNDS {
        // Every model's two weights by a Newton step, with the prompts fixed.
        let mut slope = vec![[0.0; 2]; models];
        let mut curve = vec![[0.0; 3]; models];
        for output in outputs {
            let p = probability(output, &weights, &gamma);
            let (miss, bend, x) = (output.preference - p, p * (1.0 - p), output.longer);
            let (slope, curve) = (&mut slope[output.model], &mut curve[output.model]);
            slope[0] += miss;
            slope[1] += miss * x;
            curve[0] += bend;
            curve[1] += bend * x;
            curve[2] += bend * x * x;
        }
        let mut moved = 0.0_f64;
        let mut spread = 0.0;
        let precision = 1.0 / (length.1 * length.1);
        for ((w, s), h) in weights.iter_mut().zip(&slope).zip(&curve) {
            let (s0, s1) = (s[0] - WEAK * w[0], s[1] - precision * (w[1] - length.0));
            let (h0, h2) = (h[0] + WEAK, h[2] + precision);
            let determinant = h0 * h2 - h[1] * h[1];
            let step = [(h2 * s0 - h[1] * s1) / determinant, (h0 * s1 - h[1] * s0) / determinant];
            for (w, step) in w.iter_mut().zip(step) {
                let step = step.clamp(-1.0, 1.0);
                *w += step;
                moved = moved.max(step.abs());
            }
            spread += h0 / determinant;
        }
        let count = models.max(1) as f64;
        let mean = weights.iter().map(|w| w[1]).sum::<f64>() / count;
        spread += weights.iter().map(|w| (w[1] - mean).powi(2)).sum::<f64>();
        let next = (mean, (spread / count).sqrt().max(LEAST));
        moved = moved.max((next.0 - length.0).abs()).max((next.1 - length.1).abs());
        length = next;
        // Every prompt's gamma, with the models fixed.
        let mut slope = vec![0.0; prompts];
        let mut curve = vec![0.0; prompts];
        for output in outputs {
            let p = probability(output, &weights, &gamma);
            slope[output.prompt] += output.preference - p;
            curve[output.prompt] += p * (1.0 - p);
        }
        let mut spread = 0.0;
        for ((g, s), h) in gamma.iter_mut().zip(&slope).zip(&curve) {
            let precision = h + 1.0 / variance;
            let step = ((s - *g / variance) / precision).clamp(-1.0, 1.0);
            *g += step;
            moved = moved.max(step.abs());
            spread += *g * *g + 1.0 / precision;
        }
        let next = (spread / prompts.max(1) as f64).max(1e-6);
        moved = moved.max((next - variance).abs());
        variance = next;
        if moved < 1e-8 {
            break;
        }
    }
    Difficulty { gamma, sd: variance.sqrt(), length }
}

fn probability(output: &Faced, weights: &[[f64; 2]], gamma: &[f64]) -> f64 {
    let [theta, phi] = weights[output.model];
    sigmoid(theta + phi * output.longer + gamma[output.prompt])
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    #[test]
    fn difficulties_are_found_again() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let (models, prompts) = (20, 400);
        let truth: Vec<f64> = (0..prompts).map(|i| ((i * 37) % prompts) as f64 / 100.0 - 2.0).collect();
        let mut outputs = Vec::new();
        for model in 0..models {
            for (prompt, gamma) in truth.iter().enumerate() {
                let longer: f64 = rng.random_range(-1.0..1.0);
                let z = -0.5 + 0.1 * model as f64 + longer + gamma;
                let preference = f64::from(u8::from(rng.random_range(0.0..1.0) < sigmoid(z)));
                outputs.push(Faced { model, prompt, preference, longer });
            }
        }
        let found = instruction_difficulty(&outputs, models, prompts);
        // The truth is even from -2 to 2: its sd is 1.155.
        assert!((found.sd - 1.155).abs() < 0.15, "{}", found.sd);
        assert!((found.length.0 - 1.0).abs() < 0.15 && found.length.1 < 0.4, "{:?}", found.length);
        let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
        let (a, b) = (mean(&truth), mean(&found.gamma));
        let product = |x: &[f64], y: &[f64], p: f64, q: f64| {
            x.iter().zip(y).map(|(x, y)| (x - p) * (y - q)).sum::<f64>()
        };
        let r = product(&truth, &found.gamma, a, b)
            / (product(&truth, &truth, a, a) * product(&found.gamma, &found.gamma, b, b)).sqrt();
        assert!(r > 0.88, "{r}");
    }

    #[test]
    fn nothing_to_tell_is_zero() {
        assert_eq!(instruction_difficulty(&[], 0, 3).gamma, [0.0; 3]);
        // A model that always wins makes nothing infinite.
        let always: Vec<Faced> =
            (0..9).map(|prompt| Faced { model: 0, prompt, preference: 1.0, longer: 0.0 }).collect();
        assert!(instruction_difficulty(&always, 1, 9).gamma.iter().all(|g| g.is_finite() && g.abs() < 3.0));
    }
}
