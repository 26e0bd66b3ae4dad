"""Where do the coefficients in crates/stats/src/ep/tail.rs come from?

    python scripts/normal_tail_coefficients.py        # needs mpmath

For x >= 0 and Z standard normal, e(x) = E[Z - x | Z > x] and v(x) = Var[Z | Z > x] fall smoothly like 1/x and 1/x^2.
With t = (x - 4) / (x + 4), which maps [0, inf) to [-1, 1), (x + 2) e and (x + 2)^2 v are interpolated at 27 Chebyshev
nodes in 60 digits and written as polynomials in t, the highest power first.
"""
from mpmath import chop, cos, erfc, mp, mpf, npdf, pi, sqrt

mp.dps = 60
DEGREE, FOLD, SHIFT = 26, 4, 2


def excess(x):
    if x > 40:  # Laplace's continued fraction of the hazard, without its first term
        t = x
        for k in range(600, 1, -1):
            t = x + k / t
        return 1 / t
    return npdf(x) / (erfc(x / sqrt(2)) / 2) - x


def variance(x):
    e = excess(x)
    return 1 - (x + e) * e


def polynomial(f):
    n = DEGREE + 1
    angles = [pi * (j + mpf(1) / 2) / n for j in range(n)]
    values = [f(FOLD * (1 + cos(a)) / (1 - cos(a))) for a in angles]
    chebyshev = [(2 if m else 1) * sum(v * cos(m * a) for v, a in zip(values, angles)) / n for m in range(n)]
    # T_m = 2 t T_{m-1} - T_{m-2}, summed power by power.
    before, now, powers = [mpf(1)], [mpf(0), mpf(1)], [mpf(0)] * n
    powers[0] += chebyshev[0]
    for m in range(1, n):
        for i, c in enumerate(now):
            powers[i] += chebyshev[m] * c
        following = [mpf(0)] + [2 * c for c in now]
        for i, c in enumerate(before):
            following[i] -= c
        before, now = now, following
    return [float(chop(c)) for c in reversed(powers)]


for name, f in (
    ("EXCESS", lambda x: (x + SHIFT) * excess(x)),
    ("VARIANCE", lambda x: (x + SHIFT) ** 2 * variance(x)),
):
    print(f"const {name}: [f64; {DEGREE + 1}] = [")
    for c in polynomial(f):
        print(f"    {c!r},")
    print("];")
