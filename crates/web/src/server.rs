//! The server: which address answers what, who may ask, and how it ends.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::routing::get;
use predilect_workbench::ReadOptions;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::guard::{Guard, guarded};
use crate::shelf::Shelf;
use crate::{api, pages};

/// What is served, where, and to whom.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Studies, and files that are read together; the examples are always there.
    pub given: Vec<PathBuf>,
    /// How files are read.
    pub read: ReadOptions,
    /// The address; by default 127.0.0.1.
    pub host: IpAddr,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// What whoever asks must know; needed where others than this machine can ask.
    pub token: Option<String>,
    /// Names by which others reach this machine, beside its address.
    pub names: Vec<String>,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            given: Vec::new(),
            read: ReadOptions::default(),
            host: IpAddr::from([127, 0, 0, 1]),
            port: 4870,
            token: None,
            names: Vec::new(),
        }
    }
}

/// Why nothing is served.
#[derive(Debug)]
pub enum ServeError {
    /// Others could ask, and no token was given.
    NoToken,
    /// The token is too short to be one.
    ShortToken,
    /// The address cannot be taken.
    Taken(SocketAddr, std::io::Error),
    /// The server broke off.
    Broken(std::io::Error),
}

/// The shortest token that is one.
const LEAST_TOKEN: usize = 16;

/// What every answer needs.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) cores: Arc<Semaphore>,
    pub(crate) guard: Arc<Guard>,
}

/// Serves until the program ends; `ready` is called with the address once it listens.
///
/// # Errors
///
/// When the address cannot be taken, or others could ask without a token.
pub fn serve(options: &ServeOptions, ready: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    if options.token.is_none() && !options.host.is_loopback() {
        return Err(ServeError::NoToken);
    }
    if options.token.as_ref().is_some_and(|token| token.len() < LEAST_TOKEN) {
        return Err(ServeError::ShortToken);
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(ServeError::Broken)?;
    let done = runtime.block_on(async {
        let wanted = SocketAddr::from((options.host, options.port));
        let listener = TcpListener::bind(wanted).await.map_err(|error| ServeError::Taken(wanted, error))?;
        let address = listener.local_addr().map_err(ServeError::Broken)?;
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let app = App {
            shelf: Arc::new(Shelf::of(&options.given, &options.read)),
            cores: Arc::new(Semaphore::new(cores)),
            guard: Arc::new(Guard::of(address, options)),
        };
        ready(address);
        axum::serve(listener, router(app)).await.map_err(ServeError::Broken)
    });
    // Work that nobody waits for any more does not keep the program.
    runtime.shutdown_background();
    done
}

fn router(app: App) -> Router {
    Router::new()
        .route("/", get(pages::home))
        .route("/published", get(pages::published))
        .route("/s/{id}", get(pages::rewarded))
        .route("/s/{id}/pairs", get(pages::pairs))
        .route("/s/{id}/pairs/{pair}", get(pages::pair))
        .route("/s/{id}/judges", get(pages::judges))
        .route("/s/{id}/models", get(pages::models))
        .route("/s/{id}/data", get(pages::data))
        .route("/assets/style.css", get(|| asset(predilect_report::live::STYLE, "text/css; charset=utf-8")))
        .route(
            "/assets/page.js",
            get(|| asset(include_str!("../assets/page.js"), "text/javascript; charset=utf-8")),
        )
        .route(
            "/assets/state.js",
            get(|| asset(include_str!("../assets/state.js"), "text/javascript; charset=utf-8")),
        )
        .route(
            "/assets/icon.svg",
            get(|| async { ([(header::CONTENT_TYPE, "image/svg+xml")], predilect_report::live::icon()) }),
        )
        .route("/api/v1/studies", get(api::studies))
        .route("/api/v1/s/{id}", get(api::study))
        .route("/api/v1/s/{id}/dissect", get(api::dissect))
        .route("/api/v1/s/{id}/histogram", get(api::histogram))
        .route("/api/v1/s/{id}/pairs", get(api::pairs))
        .route("/api/v1/s/{id}/pairs/{pair}", get(api::pair))
        .route("/api/v1/s/{id}/judges", get(api::judges))
        .route("/api/v1/s/{id}/models", get(api::models))
        .fallback(pages::nowhere)
        .layer(middleware::from_fn_with_state(app.clone(), guarded))
        .with_state(app)
}

async fn asset(
    text: &'static str,
    kind: &'static str,
) -> ([(header::HeaderName, HeaderValue); 1], &'static str) {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text)
}
