//! The stage of the black-box tests: the release binary on a port of its own, and the real aws CLI
//! and boto3 in a virtual environment made from `requirements.txt`. Nothing of Wardian is linked
//! in: what is tested is what people run.

mod clients;
pub mod history;
mod server;

pub use clients::{Client, Output, python};
pub use server::{Options, Server, Transport};
