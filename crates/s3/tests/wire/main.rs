//! S3 at the wire, in process: signed requests in, HTTP answers out, a clock that stands, ids from
//! a seed.

#[cfg(test)]
mod account_block;
#[cfg(test)]
mod acls;
#[cfg(test)]
mod buckets;
#[cfg(test)]
mod checksums;
#[cfg(test)]
mod common;
#[cfg(test)]
mod condition_keys;
#[cfg(test)]
mod copies;
#[cfg(test)]
mod cors;
#[cfg(test)]
mod customer_keys;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod listing;
#[cfg(test)]
mod multipart;
#[cfg(test)]
mod object_lock;
#[cfg(test)]
mod objects;
#[cfg(test)]
mod people;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod presigned;
#[cfg(test)]
mod request_payment;
#[cfg(test)]
mod tags;
#[cfg(test)]
mod versions;
