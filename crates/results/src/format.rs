//! How is a number written, in every view?

/// Shown for a missing number.
pub const MISSING: &str = "–";

/// From this P(sign) on, a direction is called sure.
pub const SURE: f64 = 0.95;

/// A preference intensity or another percentage on 0..100, with one decimal and without its unit: `71.0`.
pub fn intensity(percent: f64) -> String {
    decimal(percent, 1)
}

/// An interval of intensities: `68.0–73.9`.
pub fn interval((low, high): (f64, f64)) -> String {
    format!("{}–{}", intensity(low), intensity(high))
}

/// The ends of an interval as pages write them: `[68.0, 73.9]`; terminals write [`interval`] in a column.
pub fn bounds((low, high): (f64, f64), places: usize) -> String {
    format!("[{}, {}]", decimal(low, places), decimal(high, places))
}

/// A share in 0..1 as a percentage with its unit: `64.2 %` (the space does not break).
pub fn share(share: f64) -> String {
    if share.is_finite() { format!("{}\u{a0}%", decimal(100.0 * share, 1)) } else { MISSING.to_owned() }
}

/// An AUC in two digits, without the 0 before the point: `.86`.
pub fn auc(auc: f64) -> String {
    let text = decimal(auc, 2);
    text.strip_prefix('0').map_or(text.clone(), str::to_owned)
}

/// The share that `part` has in `whole`, as [`share`] writes it; missing if `whole` is 0.
pub fn part(part: u64, whole: u64) -> String {
    if whole == 0 { MISSING.to_owned() } else { share(part as f64 / whole as f64) }
}

/// The probability of a sign, rounded down to three decimals so that it never claims more than was found; values
/// above 0.999 are written `>0.999`.
pub fn p_sign(p: f64) -> String {
    if !p.is_finite() {
        return MISSING.to_owned();
    }
    // The small term keeps 0.95, stored a hair below, at 0.950.
    let thousandths = (p * 1000.0 + 1e-9).floor();
    if p > 0.999 { ">0.999".to_owned() } else { decimal(thousandths / 1000.0, 3) }
}

/// A count with a comma between thousands: `4,830`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count and the word for it, in the plural where it needs one: `1 pair`, `4,830 pairs`.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A log-loss in nats, a weight, a Pareto k or another small number: three decimals.
pub fn small(x: f64) -> String {
    decimal(x, 3)
}

/// A number of words: no decimals from 100 on, one below unless it is zero.
pub fn words(x: f64) -> String {
    if x.abs() < 99.95 { trimmed(decimal(x, 1)) } else { whole(x) }
}

/// A number on its own scale, such as a rating: up to two decimals, without trailing zeros.
pub fn rating(x: f64) -> String {
    trimmed(decimal(x, 2))
}

fn trimmed(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A rating that may be missing.
pub fn rating_or_missing(x: Option<f64>) -> String {
    x.map_or_else(|| MISSING.to_owned(), rating)
}

/// A real number without decimals: an effective sample size, a mean word count.
pub fn whole(x: f64) -> String {
    match x.abs() {
        size if size < LONGEST && x.round() < 0.0 => format!("-{}", count(size.round() as u64)),
        size if size < LONGEST => count(size.round() as u64),
        _ => decimal(x, 0),
    }
}

/// From here on the digits before the point say nothing more.
const LONGEST: f64 = 1e15;

/// A number that somebody gave, with all digits that it has; with a power of ten where it is very large or very small.
pub fn plain(x: f64) -> String {
    let usual = x == 0.0 || !x.is_finite() || (1e-6..1e9).contains(&x.abs());
    if usual { x.to_string() } else { format!("{x:e}") }
}

/// `x` with `places` decimals; never `-0.0`, [`MISSING`] where it is not finite, and with a power of ten where it has run away.
pub fn decimal(x: f64, places: usize) -> String {
    if !x.is_finite() {
        return MISSING.to_owned();
    }
    if x.abs() >= LONGEST {
        return format!("{x:.1e}");
    }
    let text = format!("{x:.places$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_agreed() {
        assert_eq!(intensity(71.04), "71.0");
        assert_eq!(interval((68.0, 73.94)), "68.0–73.9");
        assert_eq!(bounds((-0.004, 73.94), 1), "[0.0, 73.9]");
        assert_eq!(share(0.642), "64.2\u{a0}%");
        assert_eq!(part(1, 3), "33.3\u{a0}%");
        assert_eq!(part(0, 0), MISSING);
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(4830), "4,830");
        assert_eq!(count(1234567), "1,234,567");
        assert_eq!(counted(1, "pair", "pairs"), "1 pair");
        assert_eq!(words(12.34), "12.3");
        assert_eq!(words(12.0), "12");
        assert_eq!(words(1234.5), "1,235");
        assert_eq!(rating(2.0), "2");
        assert_eq!(rating(0.5), "0.5");
        assert_eq!(rating(100.0), "100");
        assert_eq!(decimal(-0.01, 1), "0.0");
        assert_eq!(decimal(f64::NAN, 1), MISSING);
        assert_eq!([decimal(-1e300, 3), whole(1e300)], ["-1.0e300", "1.0e300"]);
        assert_eq!([1e300, 1e-9, 0.1, 0.0, 1000.0].map(plain), ["1e300", "1e-9", "0.1", "0", "1000"]);
        assert_eq!(share(f64::INFINITY), MISSING);
    }

    #[test]
    fn a_sign_is_never_written_surer_than_it_is() {
        assert_eq!(p_sign(0.9499), "0.949");
        assert_eq!(p_sign(0.95), "0.950");
        assert_eq!(p_sign(0.9996), ">0.999");
        assert_eq!(p_sign(1.0), ">0.999");
        assert_eq!(p_sign(0.5), "0.500");
    }
}
