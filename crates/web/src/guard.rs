//! Who may ask: exact hosts and origins, and a token where others than this machine can reach it.

use std::net::SocketAddr;

use axum::http::{HeaderMap, header};

use crate::options::ServeOptions;

/// The cookie with the token.
const COOKIE: &str = "predilect_token";
/// What is checked of every request.
#[derive(Debug)]
pub(crate) struct Guard {
    /// Hosts by which this server is reached, as a browser writes them.
    hosts: Vec<String>,
    /// Those of them by which a proxy may be asked.
    proxied: Vec<String>,
    /// Whether every address of this machine is listened at.
    any_address: bool,
    pub(crate) token: Option<String>,
    /// The name of the cookie with the token: ports of one machine share their cookies.
    pub(crate) cookie: String,
}

impl Guard {
    pub(crate) fn of(address: SocketAddr, options: &ServeOptions) -> Self {
        let (ip, port) = (address.ip(), address.port());
        let literal = if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() };
        let mut own = vec![literal];
        if ip.is_loopback() {
            own.extend(["127.0.0.1", "localhost", "[::1]"].map(str::to_owned));
        }
        let mut hosts: Vec<String> = own.iter().map(|name| format!("{name}:{port}")).collect();
        if port == 80 {
            hosts.extend(own);
        }
        // A proxy passes on the name that it was asked by, with its own port or without.
        let names = options.names.iter().map(|name| name.to_ascii_lowercase());
        let proxied: Vec<String> = names.flat_map(|name| [format!("{name}:{port}"), name]).collect();
        hosts.extend(proxied.iter().cloned());
        Self {
            hosts,
            proxied,
            any_address: ip.is_unspecified(),
            token: options.token.clone(),
            cookie: format!("{COOKIE}_{port}"),
        }
    }

    /// Whether it is one of the hosts; if the server listens on every address of this machine, any numeric address is accepted: only a name
    /// can be made to point here by others.
    fn is_ours(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.hosts.contains(&host) || (self.any_address && host.parse::<SocketAddr>().is_ok())
    }

    /// Whether a request names this server, once, and where its target names a host too, the same server.
    pub(crate) fn knows_host(&self, headers: &HeaderMap, uri_host: Option<&str>) -> bool {
        let mut named = headers.get_all(header::HOST).iter();
        let host = match (named.next(), named.next()) {
            (Some(host), None) => host.to_str().ok(),
            (None, _) => uri_host,
            (Some(_), Some(_)) => None,
        };
        host.is_some_and(|host| self.is_ours(host)) && uri_host.is_none_or(|host| self.is_ours(host))
    }

    /// Whether a request comes from a page of this server, or from no page.
    pub(crate) fn knows_origin(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        let Ok(origin) = origin.to_str() else { return false };
        // This server speaks plain HTTP; a proxy that goes by one of its names may not.
        match (origin.strip_prefix("http://"), origin.strip_prefix("https://")) {
            (Some(host), _) => self.is_ours(host),
            (None, Some(host)) => self.proxied.contains(&host.to_ascii_lowercase()),
            (None, None) => false,
        }
    }

    /// Whether the client knows the token, by a header or the cookie of an earlier answer.
    pub(crate) fn knows_token(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else { return true };
        let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        let mut cookies = text(header::COOKIE).unwrap_or_default().split(';');
        let cookie =
            cookies.find_map(|pair| pair.trim().strip_prefix(self.cookie.as_str())?.strip_prefix('='));
        bearer.into_iter().chain(cookie).any(|given| same(given, token))
    }
}

/// Whether two texts are the same, in constant time.
pub(crate) fn same(given: &str, wanted: &str) -> bool {
    given.len() == wanted.len()
        && given.bytes().zip(wanted.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn guard(token: Option<&str>) -> Guard {
        let options = ServeOptions { token: token.map(str::to_owned), ..ServeOptions::default() };
        Guard::of(SocketAddr::from(([127, 0, 0, 1], 4870)), &options)
    }

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        all.iter()
            .map(|(name, value)| {
                (header::HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))
            })
            .collect()
    }

    #[test]
    fn only_its_own_names_are_answered() {
        let guard = guard(None);
        for host in ["127.0.0.1:4870", "localhost:4870", "LOCALHOST:4870", "[::1]:4870"] {
            assert!(guard.knows_host(&headers(&[("host", host)]), None), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1",
            "127.0.0.1:80",
            "localhost:4870.evil.example",
            "evil.example:4870",
            "",
        ] {
            assert!(!guard.knows_host(&headers(&[("host", host)]), None), "{host}");
        }
    }

    #[test]
    fn a_request_names_one_host_and_that_is_this_server() {
        let guard = guard(None);
        let own = ("host", "localhost:4870");
        assert!(guard.knows_host(&headers(&[own]), Some("127.0.0.1:4870")));
        assert!(!guard.knows_host(&headers(&[own]), Some("evil.example")), "the target says another");
        let mut two = headers(&[own]);
        two.append("host", HeaderValue::from_static("localhost:4870"));
        assert!(!guard.knows_host(&two, None));
    }

    #[test]
    fn a_proxy_with_a_name_of_its_own_may_speak_tls() {
        let names = vec!["Judges.example".to_owned()];
        let options = ServeOptions { names, ..ServeOptions::default() };
        let guard = Guard::of(SocketAddr::from(([127, 0, 0, 1], 4870)), &options);
        assert!(guard.knows_origin(&headers(&[("origin", "https://judges.example")])));
        assert!(!guard.knows_origin(&headers(&[("origin", "https://127.0.0.1:4870")])));
    }

    #[test]
    fn pages_of_other_sites_may_not_ask() {
        let guard = guard(None);
        assert!(
            guard.knows_origin(&headers(&[]))
                && guard.knows_origin(&headers(&[("origin", "http://localhost:4870")]))
        );
        for origin in [
            "null",
            "https://localhost:4870",
            "http://evil.example",
            "http://localhost:4871",
            "file://localhost:4870",
        ] {
            assert!(!guard.knows_origin(&headers(&[("origin", origin)])), "{origin}");
        }
    }

    #[test]
    fn a_token_is_known_from_a_header_or_a_cookie() {
        let guard = guard(Some("0123456789abcdef"));
        assert!(guard.knows_token(&headers(&[("authorization", "Bearer 0123456789abcdef")])));
        assert!(guard.knows_token(&headers(&[("cookie", "a=b; predilect_token_4870=0123456789abcdef")])));
        for (name, value) in [
            ("authorization", "Bearer 0123456789abcdee"),
            ("cookie", "predilect_token_4870="),
            ("cookie", "xpredilect_token_4870=0123456789abcdef"),
        ] {
            assert!(!guard.knows_token(&headers(&[(name, value)])), "{value}");
        }
        assert!(!guard.knows_token(&headers(&[])));
    }
}
