//! An account as it was when it was new: its id, its root and root's keys stay, all else goes,
//! sessions end.

use api::wardian::{ResetRequest, ResetResponse};
use gateway::{AccountId, Cx, Error};
use store::Tx;

use super::account;

/// Deletes what a service keeps for an account, by range.
type Reset = fn(&mut Tx, AccountId) -> Result<(), Error>;

/// What the services keep, identity last: its rows say whose the others are.
const SERVICES: [Reset; 1] = [s3::reset];

pub fn reset(cx: &mut Cx<'_>, input: ResetRequest) -> Result<ResetResponse, Error> {
    let id = match &input.account_id {
        Some(text) => account::parse(text)?,
        None => cx.account(),
    };
    for service in SERVICES {
        service(cx.tx, id)?;
    }
    if !identity::account::reset(cx.tx, id)? {
        return Err(account::not_found(id));
    }
    Ok(ResetResponse::default())
}
