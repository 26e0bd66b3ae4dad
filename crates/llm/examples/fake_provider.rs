//! The provider of the tests as a server: `cargo run -p predilect-llm --example fake_provider -- PORT PERCENT`.
//!
//! `GET /counts` says what it has seen. It listens on the loopback interface alone.

#![allow(clippy::print_stdout, reason = "a server says where it is")]

#[allow(dead_code)]
#[path = "../tests/provider/mod.rs"]
mod provider;

fn main() {
    let number = |n| std::env::args().nth(n).and_then(|text| text.parse().ok()).unwrap_or(0);
    let provider = provider::Provider::start(number(1) as u16);
    provider.fail(number(2));
    println!("{}", provider.model("fake"));
    loop {
        std::thread::park();
    }
}
