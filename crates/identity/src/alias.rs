//! The alias of an account: at most one, and nobody else's.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/console_account-alias.html>

use api::iam::{
    CreateAccountAliasRequest, CreateAccountAliasResponse, DeleteAccountAliasRequest,
    DeleteAccountAliasResponse, ListAccountAliasesRequest, ListAccountAliasesResponse,
};
use gateway::{Cx, Error};

use crate::error;
use crate::tables::{ALIAS_OF, ALIASES};

/// Replaces the alias that the account had.
pub fn create_account_alias(
    cx: &mut Cx<'_>,
    input: CreateAccountAliasRequest,
) -> Result<CreateAccountAliasResponse, Error> {
    let (account, alias) = (cx.account().number(), input.account_alias);
    if ALIASES.contains(cx.tx, &alias)? {
        return Err(error::already_exists(format!("The account alias {alias} already exists.")));
    }
    if let Some(old) = ALIAS_OF.get(cx.tx, account)? {
        ALIASES.delete(cx.tx, old);
    }
    ALIASES.put(cx.tx, &alias, &account)?;
    ALIAS_OF.put(cx.tx, account, &alias)?;
    Ok(CreateAccountAliasResponse::default())
}

pub fn delete_account_alias(
    cx: &mut Cx<'_>,
    input: DeleteAccountAliasRequest,
) -> Result<DeleteAccountAliasResponse, Error> {
    let (account, alias) = (cx.account().number(), input.account_alias);
    if ALIAS_OF.get(cx.tx, account)?.as_ref() != Some(&alias) {
        let message = format!("The account alias {alias} cannot be found.");
        return Err(error::no_such_entity(message));
    }
    ALIASES.delete(cx.tx, &alias);
    ALIAS_OF.delete(cx.tx, account);
    Ok(DeleteAccountAliasResponse::default())
}

pub fn list_account_aliases(
    cx: &mut Cx<'_>,
    _input: ListAccountAliasesRequest,
) -> Result<ListAccountAliasesResponse, Error> {
    let alias = ALIAS_OF.get(cx.tx, cx.account().number())?;
    Ok(ListAccountAliasesResponse {
        account_aliases: alias.into_iter().collect(),
        is_truncated: Some(false),
        marker: None,
    })
}
