//! How are connections taken, how many at once, and how long does one wait for a request?

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Connections at once; others wait until one of them ends.
const MOST: usize = 512;
/// How long the head of a request may take, and a connection be idle: one that never sends its request must not keep a place.
pub(crate) const HEAD: Duration = Duration::from_secs(20);
/// A pause after the system refused a connection, as it does when too many files are open.
const PAUSE: Duration = Duration::from_millis(50);

/// Answers connections until it is dropped; `head` is how long the head of a request may take.
pub(crate) async fn answer(listener: TcpListener, router: Router, head: Duration) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(MOST));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // Small answers are sent at once.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let _place = place;
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(head);
            // What breaks a connection off concerns its client only.
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use axum::routing::get;

    use super::*;

    #[test]
    fn who_never_sends_a_request_is_sent_away() {
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().route("/", get(|| async { "here" }));
        runtime.spawn(answer(listener, router, Duration::from_millis(200)));
        let mut half = TcpStream::connect(address).expect("a connection");
        half.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
        half.write_all(b"GET / HTTP/1.1\r\nHost: a").expect("sent");
        let mut whole = TcpStream::connect(address).expect("a connection");
        whole.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").expect("sent");
        let mut found = String::new();
        whole.read_to_string(&mut found).expect("an answer");
        assert!(found.starts_with("HTTP/1.1 200") && found.ends_with("here"), "{found}");
        // It ends, and does not wait for the rest.
        let mut rest = Vec::new();
        half.read_to_end(&mut rest).expect("it is closed");
        assert!(!rest.starts_with(b"HTTP/1.1 200"));
    }
}
