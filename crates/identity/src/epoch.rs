//! The epoch of an account: one key that every identity write replaces, blindly, with a fresh
//! random value.
//!
//! Whoever keeps something derived from an account's identity reads the epoch in the request's own
//! transaction and compares: right on one node and on many, and inside a transaction that has
//! changed identity itself.

use gateway::{AccountId, Error};
use store::Tx;

use crate::tables::EPOCHS;

/// The epoch now; 0 before the first write.
pub fn of(tx: &Tx, account: AccountId) -> Result<u64, Error> {
    Ok(EPOCHS.get(tx, account.number())?.unwrap_or(0))
}

/// Ends the epoch: whatever was derived is to be read anew.
pub fn touch(tx: &mut Tx, account: AccountId) -> Result<(), Error> {
    let fresh = u64::from_be_bytes(store::random::<8>()?);
    Ok(EPOCHS.put(tx, account.number(), &fresh)?)
}
