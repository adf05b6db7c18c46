//! Parameter Store at the wire: signed requests in, answers out.

#[cfg(test)]
mod common;
#[cfg(test)]
mod listings;
#[cfg(test)]
mod parameters;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod protocol;
