//! Attacks that must fail: one test each, named for it, against the whole gateway.
//!
//! What is asked in sequence by well-made calls is data (`*.json`, played by `scenario`); what is
//! spoiled on the wire is code. Each attack stands beside what its attacker may do, so that it
//! fails for the right reason. Deliberately absent: rows of `data/authz` visited one by one (the
//! tests of authorization do) and what single crates try on their own.

#[cfg(test)]
use harness::request as raw;

#[cfg(test)]
mod addresses;
#[cfg(test)]
#[expect(dead_code, reason = "the tests of authorization ask more of an answer")]
#[path = "../authorization/answer.rs"]
mod answer;
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod devices;
#[cfg(test)]
mod escalation;
#[cfg(test)]
#[path = "../authorization/house.rs"]
mod house;
#[cfg(test)]
#[expect(dead_code, reason = "the tests of authorization fill inputs by themselves")]
#[path = "../authorization/input.rs"]
mod input;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod older;
#[cfg(test)]
mod payloads;
#[cfg(test)]
#[expect(dead_code, reason = "the tests of authorization spoil signatures too")]
#[path = "../authorization/request.rs"]
mod request;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod secrets;
#[cfg(test)]
#[expect(dead_code, reason = "the tests of the binary stop and signal their servers")]
#[path = "../binary/server.rs"]
mod server;
#[cfg(test)]
mod site;
#[cfg(test)]
mod smuggling;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod wire_forms;
#[cfg(test)]
#[expect(dead_code, reason = "the tests of authorization read steps back")]
#[path = "../authorization/world.rs"]
mod world;
