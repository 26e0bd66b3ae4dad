//! The server: which address answers what, who may ask, and how it ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::routing::{delete, get, post};
use predilect_workbench::Cancel;
use predilect_workbench::sent::studies_in;
use tokio::net::TcpListener;

use crate::app::App;
use crate::connections::{HEAD, answer};
use crate::cores::Cores;
use crate::gate::guarded;
use crate::guard::Guard;
use crate::options::ServeOptions;
use crate::recents::Recents;
use crate::runs::Runs;
use crate::studies::{Studies, last_name};
use crate::uploads::Uploads;
use crate::{api, pages};

/// Why the server cannot start.
#[derive(Debug)]
pub enum ServeError {
    /// The server is reachable for others, and no token was given.
    NoToken,
    /// The token is too short, or would not pass through an address and a cookie unchanged.
    BadToken,
    /// The address cannot be taken.
    Taken(SocketAddr, std::io::Error),
    /// The server broke off.
    Broken(std::io::Error),
}

/// How often it is looked whether the server is to stop.
const PACE: Duration = Duration::from_millis(100);

/// The shortest token that is one.
const LEAST_TOKEN: usize = 16;

/// Serves until it is stopped; `ready` is called with the address once it listens. Runs under way are stopped, and what was answered is
/// kept.
///
/// # Errors
///
/// When the address cannot be taken, or others could ask without a token.
pub fn serve(
    options: &ServeOptions,
    stop: &Cancel,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    if options.token.is_none() && !options.host.is_loopback() {
        return Err(ServeError::NoToken);
    }
    let plain = |token: &String| {
        token.len() >= LEAST_TOKEN && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
    };
    if options.token.as_ref().is_some_and(|token| !plain(token)) {
        return Err(ServeError::BadToken);
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(ServeError::Broken)?;
    let runs = Arc::new(Runs::default());
    let uploads =
        Arc::new(Uploads::new(!options.read_only, options.max_upload, options.keep_uploads.clone()));
    let studies = Arc::new(Studies::of(&options.given, &options.read, &options.read_words));
    for study in options.keep_uploads.iter().flat_map(|folder| studies_in(folder)) {
        studies.add(&study, &last_name(&study), vec![study.display().to_string()]);
    }
    let done = runtime.block_on(async {
        let wanted = SocketAddr::from((options.host, options.port));
        let listener = TcpListener::bind(wanted).await.map_err(|error| ServeError::Taken(wanted, error))?;
        let address = listener.local_addr().map_err(ServeError::Broken)?;
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let app = App {
            studies,
            cores: Arc::new(Cores::of(cores)),
            costly: false,
            guard: Arc::new(Guard::of(address, options)),
            runs: Arc::clone(&runs),
            runs_allowed: options.runs && !options.read_only,
            votes: Arc::default(),
            uploads: Arc::clone(&uploads),
            recents: Arc::new(Recents::of(options)),
            read_only: options.read_only,
        };
        ready(address);
        let serving = tokio::spawn(answer(listener, router(app), HEAD));
        while !stop.is_cancelled() && !serving.is_finished() {
            tokio::time::sleep(PACE).await;
        }
        if serving.is_finished() {
            return serving
                .await
                .map_err(std::io::Error::other)
                .and_then(|ended| ended)
                .map_err(ServeError::Broken);
        }
        serving.abort();
        Ok(())
    });
    runs.stop_all();
    uploads.end();
    // Work whose client has left does not keep the program running.
    runtime.shutdown_background();
    done
}

/// The kind of a script.
const SCRIPT: &str = "text/javascript; charset=utf-8";

fn router(app: App) -> Router {
    Router::new()
        .route("/", get(pages::home))
        .route("/published", get(pages::published))
        .route("/published/judges", get(pages::published_judges))
        .route("/uploads/{number}", get(pages::upload))
        .route("/s/{id}", get(pages::rewarded))
        .route("/s/{id}/pairs", get(pages::pairs))
        .route("/s/{id}/pairs/{pair}", get(pages::pair))
        .route("/s/{id}/pairs/{pair}/{text}", get(pages::whole_text))
        .route("/s/{id}/check", get(pages::checked))
        .route("/s/{id}/judges", get(pages::judges))
        .route("/s/{id}/models", get(pages::models))
        .route("/s/{id}/label", get(pages::label))
        .route("/s/{id}/runs", get(pages::runs))
        .route("/s/{id}/data", get(pages::data))
        .route("/s/{id}/steer", get(pages::moved))
        .route("/assets/style.css", get(style))
        .route("/assets/page.js", get(|| script(include_str!("../assets/page.js"))))
        .route("/assets/runs.js", get(|| script(include_str!("../assets/runs.js"))))
        .route("/assets/pictures.js", get(|| script(include_str!("../assets/pictures.js"))))
        .route("/assets/brush.js", get(|| script(include_str!("../assets/brush.js"))))
        .route("/assets/fragment.js", get(|| script(include_str!("../assets/fragment.js"))))
        .route("/assets/list.js", get(|| script(include_str!("../assets/list.js"))))
        .route("/assets/label.js", get(|| script(include_str!("../assets/label.js"))))
        .route("/assets/tables.js", get(|| script(predilect_report::live::TABLES)))
        .route("/assets/upload.js", get(|| script(include_str!("../assets/upload.js"))))
        .route("/assets/state.js", get(|| script(include_str!("../assets/state.js"))))
        .route(
            "/assets/icon.svg",
            get(|| async { ([(header::CONTENT_TYPE, "image/svg+xml")], predilect_report::live::icon()) }),
        )
        .route("/api/v1/openapi.json", get(api::described))
        .route("/api/v1/studies", get(api::studies).post(api::uploads::receive))
        .route(
            "/api/v1/uploads/{number}",
            get(api::uploads::look).post(api::uploads::open).delete(api::uploads::discard),
        )
        .route("/api/v1/recent", delete(api::recent::forget))
        .route("/api/v1/s/{id}", get(api::study))
        .route("/api/v1/s/{id}/dissect", get(api::dissect))
        .route("/api/v1/s/{id}/export", get(api::export::export))
        .route("/api/v1/published/export", get(api::export::published))
        .route("/api/v1/s/{id}/histogram", get(api::histogram))
        .route("/api/v1/s/{id}/lengths", get(api::lengths))
        .route("/api/v1/s/{id}/pairs", get(api::pairs))
        .route("/api/v1/s/{id}/pairs/{pair}", get(api::pair))
        .route("/api/v1/s/{id}/explain", get(api::explain))
        .route("/api/v1/s/{id}/judges", get(api::judges))
        .route("/api/v1/s/{id}/models", get(api::models))
        .route("/api/v1/s/{id}/label", get(api::label::next))
        .route("/api/v1/s/{id}/verdicts", post(api::label::vote).delete(api::label::undo))
        .route("/api/v1/s/{id}/runs", get(api::runs::list).post(api::runs::start))
        .route("/api/v1/s/{id}/runs/{run}", get(api::runs::look).delete(api::runs::stop))
        .route("/api/v1/s/{id}/runs/{run}/posterior", get(api::runs::posterior))
        .route("/api/v1/s/{id}/runs/{run}/events", get(api::runs::follow))
        .fallback(pages::nowhere)
        .layer(middleware::from_fn_with_state(app.clone(), guarded))
        .with_state(app)
}

/// A text that comes with the program, and its kind.
type Asset = ([(header::HeaderName, HeaderValue); 1], String);

fn script(text: &'static str) -> std::future::Ready<Asset> {
    bare(text, SCRIPT)
}

fn style() -> std::future::Ready<Asset> {
    bare(&short_style(), "text/css; charset=utf-8")
}

/// A script or style without its comments, which are for readers of the source.
fn bare(text: &str, kind: &'static str) -> std::future::Ready<Asset> {
    std::future::ready(([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], without_comments(text)))
}

/// The styles without blanks that mean nothing: no text in them has a colon, a semicolon or a brace followed by one.
fn short_style() -> String {
    let blanks = [(": ", ":"), ("; ", ";"), (" { ", "{"), (" }", "}"), (" {", "{"), (", ", ",")];
    let whole = without_comments(predilect_report::live::STYLE);
    blanks.iter().fold(whole, |text, (from, to)| text.replace(from, to))
}

/// Leaves out lines that are comments alone, types within lines, and the blanks around the others: no string of a script or style spans
/// lines, and none has such a comment.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut within = false;
    for line in text.lines() {
        let plain = line.trim();
        if within {
            within = !plain.ends_with("*/");
            continue;
        }
        if plain.starts_with("/*") && (!plain.contains("*/") || plain.ends_with("*/")) {
            within = !plain.ends_with("*/");
            continue;
        }
        if !plain.is_empty() && !plain.starts_with("//") {
            without_types(plain, &mut out);
            out.push('\n');
        }
    }
    out
}

/// Adds a line without the comments in it that say types.
fn without_types(line: &str, out: &mut String) {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("/** @")
        && let Some((_, after)) = after.split_once("*/")
    {
        out.push_str(before);
        rest = after.trim_start();
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_loads_is_small() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
        let files = std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path());
        let scripts = files.filter(|path| path.extension().is_some_and(|ending| ending == "js"));
        let scripts = scripts.map(|path| {
            let text = std::fs::read_to_string(&path).expect("a script");
            assert!(text.lines().all(|line| line.matches('`').count() % 2 == 0), "{}", path.display());
            without_comments(&text).len()
        });
        let all = scripts.sum::<usize>() + predilect_report::live::TABLES.len();
        assert!(all < 60_000, "{all} bytes of scripts");
        let style = short_style().len();
        assert!(all + style < 80_000, "{all} bytes of scripts, {style} of styles");
    }

    #[test]
    fn only_comments_are_left_out() {
        let text = "// what\n/**\n * @param {string} a\n */\nconst a = /** @type {number} */ (b); // c\n\n/** one line */\n/** @type {A} */ (b).c();\n  x(\"/**\");\n";
        assert_eq!(without_comments(text), "const a = (b); // c\n(b).c();\nx(\"/**\");\n");
    }
}
