//! `predilect serve`: a page on which every filter is a question, and the posterior the answer.
//!
//! The same strings work everywhere: the text in the address after `where=` is what `--where` takes. The crate draws with the report's own
//! sections and asks the workbench; it computes nothing itself.
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//! use std::sync::mpsc;
//!
//! use predilect_web::{ServeOptions, serve};
//! use predilect_workbench::Cancel;
//!
//! let (stop, (tell, told)) = (Cancel::default(), mpsc::channel());
//! let options = ServeOptions { port: 0, ..ServeOptions::default() };
//! let stopped = stop.clone();
//! let server = std::thread::spawn(move || serve(&options, &stopped, |address| tell.send(address).expect("it is awaited")));
//! let address = told.recv()?;
//! let mut client = TcpStream::connect(address)?;
//! write!(client, "GET /api/v1/studies HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
//! let mut answer = String::new();
//! client.read_to_string(&mut answer)?;
//! assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("llmfao"), "the examples are always there");
//! stop.cancel();
//! server.join().expect("no panic").expect("it ends well");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod api;
mod app;
mod asking;
mod connections;
mod cores;
mod gate;
mod guard;
mod looked;
mod openapi;
mod opened;
mod opening;
mod options;
mod pages;
mod problem;
mod published;
mod query;
mod reading;
mod reasons;
mod recents;
mod runs;
mod seen;
mod server;
mod studies;
mod tables;
mod uploads;
mod votes;

pub use options::{MAX_UPLOAD, ServeOptions};
pub use server::{ServeError, serve};
