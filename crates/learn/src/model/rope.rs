//! Rotation of queries and keys by their positions: pairs `(i, i + dim / 2)` turn by `position theta^(-2 i / dim)`.
#![allow(clippy::inline_always, reason = "what a vectorised loop calls must be inlined into it")]

use super::config::{Config, Stretch};
use super::vector::widest;

/// Cosines and sines of the positions of a tree, `[rows, dim / 2]` each.
#[derive(Debug, Clone)]
pub(crate) struct Rotation {
    cos: Vec<f32>,
    sin: Vec<f32>,
    half: usize,
}

impl Rotation {
    /// For layers that see everything, or a window only.
    pub(crate) fn new(config: &Config, windowed: bool, positions: &[u32]) -> Self {
        let frequencies = frequencies(config, windowed);
        let (mut cos, mut sin) = (Vec::new(), Vec::new());
        for position in positions {
            for frequency in &frequencies {
                // As the reference: the angle is a product of two floats.
                let angle = *position as f32 * *frequency as f32;
                cos.push(angle.cos());
                sin.push(angle.sin());
            }
        }
        Self { cos, sin, half: frequencies.len() }
    }

    /// Turns all heads of `x`, `[rows, heads * dim]`; `back` turns them back, which is the gradient too.
    pub(crate) fn turn(&self, x: &mut [f32], heads: usize, back: bool) {
        let half = self.half;
        let sign = if back { -1.0 } else { 1.0 };
        let rows = self.cos.chunks(half).zip(self.sin.chunks(half));
        for (row, (cos, sin)) in x.chunks_mut(heads * 2 * half).zip(rows) {
            for head in row.chunks_mut(2 * half) {
                let (low, high) = head.split_at_mut(half);
                widest(([low, high], [cos, sin], sign), turn);
            }
        }
    }
}

/// Turns `(low, high)` by angles.
#[inline(always)]
fn turn(([low, high], [cos, sin], sign): ([&mut [f32]; 2], [&[f32]; 2], f32)) {
    for ((low, high), (cos, sin)) in low.iter_mut().zip(high).zip(cos.iter().zip(sin)) {
        let (a, b, sin) = (*low, *high, sign * sin);
        *low = a * cos - b * sin;
        *high = b * cos + a * sin;
    }
}

fn frequencies(config: &Config, windowed: bool) -> Vec<f64> {
    let dim = config.head_dim as f64;
    let theta = if windowed { config.window_theta } else { config.theta };
    let plain = (0..config.head_dim / 2).map(|i| theta.powf(-2.0 * i as f64 / dim));
    if windowed {
        return plain.collect();
    }
    match &config.stretch {
        Stretch::None => plain.collect(),
        Stretch::Linear(factor) => plain.map(|f| f / factor).collect(),
        Stretch::Factors(factors) => plain
            .zip(factors.iter().chain(std::iter::repeat(&1.0)))
            .map(|(f, by)| f / f64::from(*by))
            .collect(),
        Stretch::Llama3 { factor, low, high, context } => plain
            .map(|f| {
                let wavelength = std::f64::consts::TAU / f;
                if wavelength > context / low {
                    f / factor
                } else if wavelength < context / high {
                    f
                } else {
                    let smooth = (context / wavelength - low) / (high - low);
                    (1.0 - smooth) * f / factor + smooth * f
                }
            })
            .collect(),
    }
}
