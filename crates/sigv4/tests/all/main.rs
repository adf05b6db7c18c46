//! Signature Version 4 from outside: AWS's published cases, every refusal in AWS's words, chunked
//! bodies, properties.

#[cfg(test)]
mod cases;
#[cfg(test)]
mod chunks;
#[cfg(test)]
mod client;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod version2;
#[cfg(test)]
mod wire;
