//! The gate of a feed-forward block, forward and backward.
#![allow(clippy::inline_always, reason = "what a vectorised loop calls must be inlined into it")]

use super::rows::by_rows;
use super::vector::{sigmoid, tanh, widest};

/// The gate of a feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// `x sigmoid(x)`.
    Silu,
    /// `x Phi(x)` by its tanh form.
    GeluTanh,
}

/// Value and slope at a point.
type Curve = (f32, f32);

#[inline(always)]
fn silu(x: f32) -> Curve {
    let s = sigmoid(x);
    (x * s, s * (1.0 + x * (1.0 - s)))
}

#[inline(always)]
fn gelu(x: f32) -> Curve {
    /// sqrt(2 / pi).
    const ROOT: f32 = 0.797_884_6;
    let t = tanh(ROOT * (x + 0.044715 * x * x * x));
    let slope = 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * ROOT * (1.0 + 3.0 * 0.044715 * x * x);
    (0.5 * x * (1.0 + t), slope)
}

type Three<'a> = (&'a mut [f32], &'a [f32], &'a [f32]);
type Back<'a> = (&'a mut [f32], &'a mut [f32], &'a [f32]);

#[inline(always)]
fn forward((out, g, u): Three<'_>, curve: impl Fn(f32) -> Curve) {
    for ((out, g), u) in out.iter_mut().zip(g).zip(u) {
        *out = curve(*g).0 * u;
    }
}

#[inline(always)]
fn backward((g, u, dy): Back<'_>, curve: impl Fn(f32) -> Curve) {
    for ((g, u), dy) in g.iter_mut().zip(u).zip(dy) {
        let (value, slope) = curve(*g);
        *g = dy * *u * slope;
        *u = dy * value;
    }
}

#[inline(always)]
fn silu_forward(rows: Three<'_>) {
    forward(rows, silu);
}

#[inline(always)]
fn gelu_forward(rows: Three<'_>) {
    forward(rows, gelu);
}

#[inline(always)]
fn silu_backward(rows: Back<'_>) {
    backward(rows, silu);
}

#[inline(always)]
fn gelu_backward(rows: Back<'_>) {
    backward(rows, gelu);
}

impl Gate {
    /// `out = gate(g) u`.
    pub(super) fn apply(self, out: &mut [f32], (g, u): (&[f32], &[f32]), (rows, threads): (usize, usize)) {
        by_rows((rows, threads), ([out], [g, u]), &|[out], [g, u]| match self {
            Self::Silu => widest((out, g, u), silu_forward),
            Self::GeluTanh => widest((out, g, u), gelu_forward),
        });
    }

    /// Its backward in place: `g` becomes `dL/dg`, `u` becomes `dL/du`.
    pub(super) fn back(self, (g, u): (&mut [f32], &mut [f32]), dy: &[f32], (rows, threads): (usize, usize)) {
        by_rows((rows, threads), ([g, u], [dy]), &|[g, u], [dy]| match self {
            Self::Silu => widest((g, u, dy), silu_backward),
            Self::GeluTanh => widest((g, u, dy), gelu_backward),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_of_gates_are_those_of_their_values() {
        for curve in [silu, gelu] {
            for step in -40..40 {
                let x = step as f32 / 8.0;
                let by_difference = (curve(x + 1e-2).0 - curve(x - 1e-2).0) / 2e-2;
                assert!((curve(x).1 - by_difference).abs() < 1e-3, "at {x}");
            }
        }
    }
}
