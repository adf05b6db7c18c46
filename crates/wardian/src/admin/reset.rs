//! An account as it was when it was new: its id, its root and root's keys stay, all else goes,
//! sessions end.

use api::wardian::{ResetRequest, ResetResponse};
use gateway::{Cx, Error};

use super::account;

pub fn reset(cx: &mut Cx<'_>, input: ResetRequest) -> Result<ResetResponse, Error> {
    let id = match &input.account_id {
        Some(text) => account::parse(text)?,
        None => cx.account(),
    };
    // Stacks go without their resources being deleted: those go by themselves.
    cloudformation::reset(cx.tx, id);
    s3::reset(cx.tx, id)?;
    sns::reset(cx.tx, id);
    ssm::reset(cx.tx, id);
    if !identity::account::reset(cx.tx, id)? {
        return Err(account::not_found(id));
    }
    Ok(ResetResponse::default())
}
