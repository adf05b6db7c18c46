//! How many entities an account has: counted as they come and go, so that a quota costs one read.

use gateway::{AccountId, Cx, Error};
use store::Tx;

use crate::error;
use crate::tables::COUNTS;

/// How many `what` there are.
///
/// # Errors
/// Only what the store says.
pub fn of(tx: &Tx, account: AccountId, what: &str) -> Result<u64, Error> {
    Ok(COUNTS.get(tx, (account.number(), what))?.unwrap_or(0))
}

/// Counts one more.
///
/// # Errors
/// LimitExceeded, where there are `most` already.
pub fn add(cx: &mut Cx<'_>, what: &str, quota: &str, most: usize) -> Result<(), Error> {
    let account = cx.account();
    let count = of(cx.tx, account, what)?;
    within(cx, quota, most, usize::try_from(count).unwrap_or(usize::MAX))?;
    Ok(COUNTS.put(cx.tx, (account.number(), what), &count.saturating_add(1))?)
}

/// Counts one less.
///
/// # Errors
/// Only what the store says.
pub fn subtract(tx: &mut Tx, account: AccountId, what: &str) -> Result<(), Error> {
    let count = of(tx, account, what)?;
    Ok(COUNTS.put(tx, (account.number(), what), &count.saturating_sub(1))?)
}

/// Refuses one more where there are `most` (times the server's factor) already.
///
/// # Errors
/// LimitExceeded.
pub fn within(cx: &Cx<'_>, quota: &str, most: usize, present: usize) -> Result<(), Error> {
    let most = raised(cx, most);
    if present >= most { Err(error::limit(quota, most)) } else { Ok(()) }
}

/// A quota as this server sets it.
#[must_use]
pub fn raised(cx: &Cx<'_>, most: usize) -> usize {
    most.saturating_mul(cx.limits().quota_factor.max(1))
}
