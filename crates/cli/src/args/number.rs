//! How does an option read a number or a part of a list, and what does it say about a value that it cannot take?

use std::ops::RangeInclusive;

use predilect_report::format::count;

/// A whole number within a range; one that ends at the largest number has no limit worth naming.
pub(super) fn whole<T: TryFrom<u64> + 'static>(
    range: RangeInclusive<u64>,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |text: &str| {
        let (least, most) = (*range.start(), *range.end());
        let found = text.parse::<u64>().ok();
        let taken = found.filter(|n| range.contains(n)).and_then(|n| T::try_from(n).ok());
        taken.ok_or_else(|| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            if most != u64::MAX {
                format!("`{text}` is not a whole number from {} to {}", count(least), count(most))
            } else if digits && found.is_none_or(|n| n >= least) {
                format!("`{text}` is too large")
            } else {
                format!("`{text}` is not a whole number of {} or more", count(least))
            }
        })
    }
}

/// A number within a range, with the words for it: `a number from 0 to 1`.
pub(super) fn within(
    range: RangeInclusive<f64>,
    words: &'static str,
) -> impl Fn(&str) -> Result<f64, String> + Clone + Send + Sync + 'static {
    move |text: &str| match text.parse::<f64>() {
        Ok(x) if range.contains(&x) => Ok(x),
        _ => Err(format!("`{text}` is not {words}")),
    }
}

/// Any number: what may be done with it is checked where it is used.
#[cfg(feature = "train")]
pub(super) fn any(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}

/// US dollars, or seconds: 0 or more.
pub(super) fn not_negative(text: &str) -> Result<f64, String> {
    within(0.0..=1e9, "a number of 0 or more")(text)
}

/// A part of a list, without the blanks around it: `a, b` is `a,b`.
#[expect(clippy::unnecessary_wraps, reason = "what reads a value may fail, though this does not")]
pub(super) fn trimmed(text: &str) -> Result<String, std::convert::Infallible> {
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_taken_is_said_in_plain_words() {
        let said = |range, text: &str| whole::<u32>(range)(text).expect_err("not taken");
        assert_eq!(whole::<u8>(1..=29)("29"), Ok(29));
        assert_eq!(said(1..=64, "0"), "`0` is not a whole number from 1 to 64");
        assert_eq!(said(4..=1_000_000, "x"), "`x` is not a whole number from 4 to 1,000,000");
        assert_eq!(said(1..=u64::MAX, "0"), "`0` is not a whole number of 1 or more");
        assert_eq!(said(1..=u64::MAX, "1.5"), "`1.5` is not a whole number of 1 or more");
        assert_eq!(said(1..=u64::MAX, "4294967296"), "`4294967296` is too large");
        assert_eq!(said(1..=u64::MAX, "99999999999999999999"), "`99999999999999999999` is too large");
        #[cfg(feature = "train")]
        assert_eq!(any("wide"), Err("`wide` is not a number".to_owned()));
        assert_eq!(not_negative("-1"), Err("`-1` is not a number of 0 or more".to_owned()));
    }
}
