//! What the tests of every service begin with: a gateway in memory, with a clock that stands and
//! ids from a seed, and clients that sign their requests as AWS's do.
//!
//! [`parts`] are what such a gateway is made of, for tests that bring a directory of their own.
//! [`Server`] has two accounts of the identity crate and serves the services that a test names;
//! each crate's `tests/wire/common.rs` adds the words of its own nouns. [`request`] is for tests
//! that spoil what clients send. Deliberately absent: any service but identity, sockets, and
//! whatever only one crate's tests want. A dependency of tests alone (`cargo xtask tidy`).

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test needs and does not get fails the test"
)]

mod answer;
mod client;
mod parts;
pub mod request;
mod server;

pub use answer::{Answer, elements};
pub use client::Client;
pub use parts::{keyring, parts};
pub use server::Server;

/// The account that the server was started with, and a stranger's.
pub const ACCOUNT: &str = "123456789012";
pub const OTHER_ACCOUNT: &str = "210987654321";
pub const REGION: &str = "us-east-1";
/// When the clock stands: 2026-01-02T03:04:05Z.
pub const NOW: i64 = 1_767_323_045;
