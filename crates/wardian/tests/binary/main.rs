//! The binary, run: what it prints, what it answers, how it stops, and what its command line does
//! with a server.
//!
//! Each test has a server of its own on a free port, and a home of its own. Deliberately absent:
//! what AWS's operations answer (the services' own tests) and the AWS CLI itself (the outside
//! judges).

#[cfg(test)]
mod command_line;
#[cfg(test)]
mod door;
#[cfg(test)]
mod reasons;
#[cfg(test)]
mod server;
#[cfg(test)]
mod start_and_stop;
