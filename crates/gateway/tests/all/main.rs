//! The gateway from outside, in process: requests signed by `sigv4` or made by hand, a directory
//! and handlers of a few lines, a clock that stands, ids from a seed. What is asserted is the HTTP
//! answer, the store and the records.

#[cfg(test)]
use harness::request;

#[cfg(test)]
mod condition_keys;
#[cfg(test)]
mod denials;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod events;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod hosts;
#[cfg(test)]
mod inner_calls;
#[cfg(test)]
mod order;
#[cfg(test)]
mod organizations;
#[cfg(test)]
mod people;
#[cfg(test)]
mod presigned;
#[cfg(test)]
mod queue;
#[cfg(test)]
mod services;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod uploads;
#[cfg(test)]
mod world;
