//! Who may ask: exact hosts and origins, a token where others than this machine can reach it, and what every answer forbids a browser to do.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::pages;
use crate::problem::Problem;
use crate::server::{App, ServeOptions};

/// The cookie that holds the token.
const COOKIE: &str = "predilect_token";
/// The header that a page of another site cannot send.
const HEADER: &str = "predilect-request";

/// What is checked of every request.
#[derive(Debug)]
pub(crate) struct Guard {
    /// Hosts by which this server is reached, as a browser writes them.
    hosts: Vec<String>,
    /// Whether every address of this machine is listened at.
    any_address: bool,
    token: Option<String>,
    /// The name of the cookie that holds the token: ports of one machine share their cookies.
    cookie: String,
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
        for name in &options.names {
            let name = name.to_ascii_lowercase();
            hosts.push(format!("{name}:{port}"));
            hosts.push(name);
        }
        Self {
            hosts,
            any_address: ip.is_unspecified(),
            token: options.token.clone(),
            cookie: format!("{COOKIE}_{port}"),
        }
    }

    /// Whether it is one of the hosts; where every address of this machine is listened at, any address written as a number: only a name can be
    /// made to point here by somebody else.
    fn is_ours(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.hosts.contains(&host) || (self.any_address && host.parse::<SocketAddr>().is_ok())
    }

    fn knows_host(&self, headers: &HeaderMap, uri_host: Option<&str>) -> bool {
        let named = headers.get(header::HOST).and_then(|host| host.to_str().ok()).or(uri_host);
        named.is_some_and(|host| self.is_ours(host))
    }

    /// Whether a request comes from a page of this server, or from no page.
    fn knows_origin(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        let host = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")));
        host.is_some_and(|host| self.is_ours(host))
    }

    /// Whether whoever asks knows the token, by a header or the cookie of an earlier answer.
    fn knows_token(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else { return true };
        let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        let mut cookies = text(header::COOKIE).unwrap_or_default().split(';');
        let cookie =
            cookies.find_map(|pair| pair.trim().strip_prefix(self.cookie.as_str())?.strip_prefix('='));
        bearer.into_iter().chain(cookie).any(|given| same(given, token))
    }
}

/// Whether two texts are the same, in a time that tells nothing of where they differ.
fn same(given: &str, wanted: &str) -> bool {
    given.len() == wanted.len()
        && given.bytes().zip(wanted.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// Lets a request through, or says why not; puts on every answer what a browser must not do with it.
pub(crate) async fn guarded(State(app): State<App>, request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/api/");
    let mut answer = match checked(&app.guard, &request) {
        Ok(()) => {
            let path = request.uri().path().to_owned();
            designed(next.run(request).await, &path, api)
        }
        Err(Refusal::Away(answer)) => *answer,
        Err(Refusal::No(problem)) => told(&problem, api),
    };
    let headers = answer.headers_mut();
    for (name, value) in FORBIDDEN {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Why a request is not let through.
enum Refusal {
    /// It leads elsewhere.
    Away(Box<Response>),
    No(Box<Problem>),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::No(Box::new(problem))
    }
}

/// A problem as a program or a reader is told.
fn told(problem: &Problem, api: bool) -> Response {
    if api { problem.clone().into_response() } else { pages::problem(problem) }
}

/// What the server itself says of a request that no page takes (a bad address, a body that is too large, a way of asking that is not
/// answered), in the form of all other problems.
fn designed(answer: Response, path: &str, api: bool) -> Response {
    let status = answer.status();
    let kind =
        answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let own = kind.starts_with("application/problem+json") || kind.starts_with("text/html");
    if own || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let problem = match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            Problem::not_allowed("the address is there, and does not answer requests of this kind")
                .remedy("/api/v1/openapi.json lists what can be asked, and how")
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::too_large("the request is larger than what is taken at this address")
                .remedy("send files to /api/v1/studies, and everything else in small pieces")
        }
        StatusCode::INTERNAL_SERVER_ERROR => Problem::failed(),
        _ if path.contains('%') || status == StatusCode::BAD_REQUEST => {
            let detail = "a part of the address cannot be read";
            Problem::refused(detail)
                .remedy("numbers and names in an address are written as its links have them")
        }
        status => Problem { status: status.as_u16(), ..Problem::refused("the request cannot be read") },
    };
    let mut again = told(&problem, api);
    // Which ways there are is said where it was.
    if let Some(allowed) = answer.headers().get(header::ALLOW) {
        again.headers_mut().insert(header::ALLOW, allowed.clone());
    }
    again
}

fn checked(guard: &Guard, request: &Request) -> Result<(), Refusal> {
    let headers = request.headers();
    if !guard.knows_host(headers, request.uri().authority().map(axum::http::uri::Authority::as_str)) {
        return Err(Problem::forbidden("this server does not go by that name")
            .remedy("open it by the address that it printed; --name gives it another name")
            .into());
    }
    if !guard.knows_origin(headers) {
        return Err(Problem::forbidden("the request comes from a page of another site").into());
    }
    // An address with the token leads to the same without it, whether or not it is known already: it must not stay where others can read it.
    let query = request.uri().query().unwrap_or_default();
    let given = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token");
    if let (Some((_, given)), Some(token)) = (given, &guard.token)
        && same(&given, token)
    {
        return Err(Refusal::Away(Box::new(welcome(guard, token, request))));
    }
    if !guard.knows_token(headers) {
        return Err(Problem {
            status: StatusCode::UNAUTHORIZED.as_u16(),
            ..Problem::forbidden("a token is needed")
        }
        .remedy("open the address that the server printed, with ?token= and the token behind it")
        .into());
    }
    // What changes something must come from a page of this server, or from a program that knows what it does.
    let changes = ![Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if changes && !headers.contains_key(HEADER) {
        let detail = format!("a request that changes something needs the header {HEADER}");
        return Err(Problem::forbidden(detail).into());
    }
    Ok(())
}

/// Keeps the token in a cookie, and takes it out of the address.
fn welcome(guard: &Guard, token: &str, request: &Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let mut rest = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "token") {
        rest.append_pair(&name, &value);
    }
    let rest = rest.finish();
    let path = request.uri().path();
    // Two slashes would lead to another host.
    let path = format!("/{}", path.trim_start_matches('/'));
    let to = if rest.is_empty() { path } else { format!("{path}?{rest}") };
    let cookie = format!("{}={token}; HttpOnly; SameSite=Strict; Path=/", guard.cookie);
    let mut answer = StatusCode::SEE_OTHER.into_response();
    for (name, value) in [(header::LOCATION, to), (header::SET_COOKIE, cookie)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

/// What a browser must not do: load or run anything from elsewhere, show the page within another, guess types, tell others where it was.
const FORBIDDEN: [(header::HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CACHE_CONTROL, "no-store"),
    (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

#[cfg(test)]
mod tests {
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
    fn pages_of_other_sites_may_not_ask() {
        let guard = guard(None);
        assert!(
            guard.knows_origin(&headers(&[]))
                && guard.knows_origin(&headers(&[("origin", "http://localhost:4870")]))
        );
        for origin in ["null", "http://evil.example", "http://localhost:4871", "file://localhost:4870"] {
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
