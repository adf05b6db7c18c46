//! What the decisions of the service `wardian` are about. Everything but a caller's own account
//! belongs to the account that the server was started with: to all others it is another account's,
//! and there are no policies that share it.

use api::Structure;
use gateway::{AccountId, Cx, Error, Resource};

/// The account of the input, else the caller's.
pub fn account(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let home = cx.default_account();
    let named = input.text("AccountId").and_then(AccountId::parse);
    let target = named.unwrap_or_else(|| cx.account());
    let owner = if target == cx.account() { target } else { home };
    Ok(Resource::arn(format!("arn:aws:wardian::{home}:account/{target}")).owned_by(owner))
}

/// All accounts of the server.
pub fn accounts(cx: &mut Cx<'_>, _: &dyn Structure) -> Result<Resource, Error> {
    let home = cx.default_account();
    Ok(Resource::arn(format!("arn:aws:wardian::{home}:account/*")).owned_by(home))
}

/// The server's clock.
pub fn clock(cx: &mut Cx<'_>, _: &dyn Structure) -> Result<Resource, Error> {
    let home = cx.default_account();
    Ok(Resource::arn(format!("arn:aws:wardian::{home}:clock")).owned_by(home))
}
