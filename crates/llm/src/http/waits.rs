//! How long a server wants to be left alone.

use std::time::Duration;

use serde_json::Value;

/// How long to wait, by the headers of a refusal: `Retry-After`, or when what is used up is there again.
pub(super) fn wait_of(header: &dyn Fn(&str) -> Option<String>) -> Option<Duration> {
    let reset = |what: &str| {
        let used_up = header(&format!("x-ratelimit-remaining-{what}"))?.trim() == "0";
        header(&format!("x-ratelimit-reset-{what}")).filter(|_| used_up).and_then(|text| span(&text))
    };
    header("retry-after")
        .and_then(|text| seconds(&text))
        .or_else(|| reset("requests"))
        .or_else(|| reset("tokens"))
}

/// A span of time such as `7h12m0s`, `1m30.5s`, `120ms`; a bare number is seconds.
fn span(text: &str) -> Option<Duration> {
    let mut total = 0.0;
    let mut rest = text.trim();
    if let Ok(seconds) = rest.parse::<f64>() {
        return (0.0..=1e9).contains(&seconds).then(|| Duration::from_secs_f64(seconds));
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let n: f64 = rest[..end].parse().ok()?;
        let unit_end = rest[end..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| end + at);
        total += n * match &rest[end..unit_end] {
            "d" => 86_400.0,
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        rest = &rest[unit_end..];
    }
    (total <= 1e9).then(|| Duration::from_secs_f64(total))
}

/// How long until a gateway's limit is reset, where the body says when: milliseconds since 1970.
pub(super) fn reset_in(error: &Value) -> Option<Duration> {
    let at = error.pointer("/error/metadata/headers/X-RateLimit-Reset")?;
    let at = at.as_f64().or_else(|| at.as_str()?.trim().parse().ok()).filter(|at| at.is_finite())?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?.as_secs_f64();
    let wait = at / 1000.0 - now;
    (wait <= 1e9).then(|| Duration::from_secs_f64(wait.max(0.0)))
}

/// A `Retry-After`: seconds, or the date until which to wait.
fn seconds(text: &str) -> Option<Duration> {
    let Ok(seconds) = text.trim().parse::<f64>() else {
        let until = httpdate::parse_http_date(text.trim()).ok()?;
        return Some(until.duration_since(std::time::SystemTime::now()).unwrap_or_default());
    };
    (0.0..=1e9).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_read_from_what_servers_say() {
        let of = |headers: &[(&str, &str)]| {
            wait_of(&|name| {
                headers.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[("retry-after", "2")]), Some(Duration::from_secs(2)));
        let used = [("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "7h12m0s")];
        assert_eq!(of(&used), Some(Duration::from_mins(7 * 60 + 12)));
        assert_eq!(
            of(&[("x-ratelimit-remaining-requests", "3"), ("x-ratelimit-reset-requests", "1s")]),
            None
        );
        assert_eq!(span("1m30.5s"), Some(Duration::from_secs_f64(90.5)));
        assert_eq!((span("120ms"), span("x"), span("5y")), (Some(Duration::from_millis(120)), None, None));
        assert!(of(&[("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT")]) == Some(Duration::ZERO));
        let past = serde_json::json!({"error": {"metadata": {"headers": {"X-RateLimit-Reset": "1000"}}}});
        assert_eq!(reset_in(&past), Some(Duration::ZERO));
    }
}
