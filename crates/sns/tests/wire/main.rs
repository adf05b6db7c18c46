//! SNS's topics at the wire: signed requests in, answers out.

#[cfg(test)]
mod common;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod topics;
