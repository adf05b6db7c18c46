//! Wardian: AWS's IAM, STS, S3 and CloudFormation behind one endpoint of your own.
//!
//! All of the binary but its entry: the only crate that knows sockets, TLS, argv and the clock of
//! the machine. [`serve`] is the server, [`http`] its front door, [`admin`] the service behind
//! `wardian account`, `clock` and `reset`; [`client`] and [`command`] are the command line, which
//! talks to any Wardian as the AWS CLI does. No AWS behaviour lives here. It is a library so that
//! tests hold what the binary serves: [`services`].

mod admin;
mod cli;
mod client;
mod clock;
mod command;
mod event_log;
mod failure;
mod file;
mod http;
mod log;
mod places;
mod serve;
mod services;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

pub use services::{Services, services};

/// Does what the command line of the process says; what failed is told on standard error.
#[must_use]
pub fn run() -> ExitCode {
    // Before clap reads the environment: a misspelt variable must never be silently without effect.
    if let Err(failure) = cli::check_environment(std::env::vars_os().map(|(name, _)| name)) {
        return fail(&failure);
    }
    let cli = cli::Cli::parse();
    match command::run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(&failure),
    }
}

fn fail(failure: &failure::Failure) -> ExitCode {
    // Nobody is left to tell that the error could not be told.
    let _ = writeln!(std::io::stderr(), "{failure}");
    ExitCode::FAILURE
}
