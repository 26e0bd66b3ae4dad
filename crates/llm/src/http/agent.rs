//! What makes calls, and is an address of this machine?

use std::net::IpAddr;
use std::time::Duration;

use ureq::Agent;

/// What makes calls. A key must not travel to where a server sends: redirects are not followed.
///
/// A server on this machine is reached without a proxy, whatever the environment says.
pub(super) fn agent(url: &str, timeout: Duration, connections: usize) -> Agent {
    let config = Agent::config_builder();
    let config = if is_loopback(url) { config.proxy(None) } else { config };
    config
        .timeout_global(Some(timeout))
        .timeout_connect(Some(Duration::from_secs(20)))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(connections)
        .max_idle_connections_per_host(connections)
        .user_agent(concat!("predilect/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}

/// Whether an address is of this machine.
fn is_loopback(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().map_or_else(|_| is_short(&name), |address| is_here(address.to_canonical()))
}

/// Whether an address leads to this machine: a server that listens everywhere is called by `0.0.0.0`.
fn is_here(address: IpAddr) -> bool {
    address.is_loopback() || address.is_unspecified()
}

/// Whether it is an address of this machine in one of the short forms of IPv4: `127.1`, `2130706433`.
fn is_short(name: &str) -> bool {
    let parts: Option<Vec<u32>> = name.split('.').map(|part| part.parse().ok()).collect();
    match parts.as_deref() {
        Some([whole]) => whole >> 24 == 127,
        Some([first, ..]) => *first == 127,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_reached_without_a_proxy() {
        for here in [
            "http://127.0.0.1:8000/v1",
            "http://localhost/v1",
            "http://[::1]:80/v1",
            "http://LOCALHOST:1",
            "http://0.0.0.0:8000/v1",
            "http://127.1/v1",
            "http://2130706433/v1",
            "http://localhost./v1",
            "http://ollama.localhost:1/v1",
            "http://[::ffff:127.0.0.1]:1/v1",
        ] {
            assert!(is_loopback(here), "{here}");
        }
        for there in [
            "https://api.openai.com/v1",
            "http://10.1/v1",
            "http://127.example.com",
            "http://localhost.example.com",
            "http://128.0.0.1/127.0.0.1",
            "",
        ] {
            assert!(!is_loopback(there), "{there}");
        }
    }
}
