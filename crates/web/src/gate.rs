//! What becomes of a request: it is let through, or it is said why not; and what every answer forbids a browser to do.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::guard::{Guard, same};
use crate::pages;
use crate::problem::Problem;

/// The header that a page of another site cannot send.
const HEADER: &str = "predilect-request";

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

/// A problem in the form for a program or a reader.
fn told(problem: &Problem, api: bool) -> Response {
    if api { problem.clone().into_response() } else { pages::problem(problem) }
}

/// The server's own answer to a request that no page handles (a bad address, a body that is too large, a way of asking that is not
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
            Problem::not_allowed("the address exists, but does not answer requests of this kind")
                .remedy("/api/v1/openapi.json lists what can be asked, and how")
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::too_large("the request is larger than this address accepts")
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
    // An address with the token leads to the same without it, whether or not it is known already: it must not stay where others can read
    // it.
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
        .remedy("open the address that the server printed, with ?token= followed by the token")
        .into());
    }
    // What changes something must come from a page of this server, or from a program that knows what it does.
    // No address takes any other method: that is said by the answer to it.
    let changes = [Method::POST, Method::DELETE].contains(request.method());
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

/// What a browser must not do: load or run anything from elsewhere, show the page within another, guess types, disclose its address to
/// others.
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
