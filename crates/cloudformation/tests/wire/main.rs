//! The service at the wire, with the identity and storage that its resources are made of.

#![expect(clippy::unwrap_used, reason = "a broken case fails its test")]

mod authority;
mod change_details;
mod change_sets;
mod common;
mod deletion;
mod durability;
mod exports;
mod failures;
mod imports;
mod nested;
mod refusals;
mod stacks;
mod stored_parameters;
mod topics;
mod transforms;
mod types;
mod updates;
mod waits;
