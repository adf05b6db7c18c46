//! The accounts of the server, each with a root of its own.

use api::Timestamp;
use api::wardian::{
    Account, AccountStatus, CloseAccountRequest, CloseAccountResponse, CreateAccountRequest,
    CreateAccountResponse, ListAccountsRequest, ListAccountsResponse, error,
};
use gateway::{AccountId, Cx, Error};
use identity::account::{self, AccountRecord};

/// How many accounts a page has unless the caller says.
const PAGE: i32 = 100;

pub fn create(
    cx: &mut Cx<'_>,
    input: CreateAccountRequest,
) -> Result<CreateAccountResponse, Error> {
    let id = match &input.account_id {
        Some(text) => free(cx, text)?,
        None => account::draw(cx)?,
    };
    let name = input.name.unwrap_or_else(|| format!("account-{id}"));
    let email = input.email.unwrap_or_else(|| format!("{id}@accounts.invalid"));
    let now = cx.now();
    let made = account::create(cx.tx, id, &name, &email, now)?;
    let (access_key_id, secret) = (cx.unique_id_in("AKIA", id), cx.secret_access_key());
    let keyring = cx.keyring().clone();
    account::put_root_key(cx.tx, &keyring, id, &access_key_id, &secret, now)?;
    Ok(CreateAccountResponse {
        account_id: id.to_string(),
        name: made.name,
        email: made.email,
        canonical_user_id: made.canonical_user_id,
        access_key_id,
        secret_access_key: secret.expose_str().unwrap_or_default().to_owned(),
    })
}

pub fn list(cx: &mut Cx<'_>, input: ListAccountsRequest) -> Result<ListAccountsResponse, Error> {
    let after = input.marker.as_deref().map(|marker| {
        AccountId::parse(marker)
            .ok_or_else(|| Error::new(error::INVALID_PARAMETER_VALUE, "Invalid Marker."))
    });
    let size = usize::try_from(input.max_items.unwrap_or(PAGE)).unwrap_or_default();
    let mut found = account::list(cx.tx, after.transpose()?, size.saturating_add(1))?;
    let is_truncated = found.len() > size;
    found.truncate(size);
    let marker = found.last().filter(|_| is_truncated).map(|last| last.id.to_string());
    let accounts = found.into_iter().map(shown).collect();
    Ok(ListAccountsResponse { accounts, is_truncated: Some(is_truncated), marker })
}

pub fn close(cx: &mut Cx<'_>, input: CloseAccountRequest) -> Result<CloseAccountResponse, Error> {
    let id = parse(&input.account_id)?;
    if id == cx.default_account() {
        let message = "The account that the server was started with cannot be closed.";
        return Err(Error::new(error::INVALID_PARAMETER_VALUE, message));
    }
    let now = cx.now();
    if !account::close(cx.tx, id, now)? {
        return Err(not_found(id));
    }
    Ok(CloseAccountResponse::default())
}

pub fn not_found(id: AccountId) -> Error {
    Error::new(error::ACCOUNT_NOT_FOUND, format!("There is no open account {id}."))
}

/// INVARIANT: the model's pattern lets only twelve digits through.
pub fn parse(text: &str) -> Result<AccountId, Error> {
    AccountId::parse(text)
        .ok_or_else(|| Error::new(error::INVALID_PARAMETER_VALUE, "Invalid AccountId."))
}

/// An id that no account has or had.
fn free(cx: &Cx<'_>, text: &str) -> Result<AccountId, Error> {
    let id = parse(text)?;
    match account::get(cx.tx, id)? {
        None => Ok(id),
        Some(_) => {
            let message = format!("Account {id} already exists.");
            Err(Error::new(error::ACCOUNT_ALREADY_EXISTS, message))
        }
    }
}

fn shown(account: AccountRecord) -> Account {
    let status = match account.closed {
        None => AccountStatus::Active,
        Some(_) => AccountStatus::Closed,
    };
    Account {
        account_id: account.id.to_string(),
        name: account.name,
        email: account.email,
        canonical_user_id: account.canonical_user_id,
        status,
        create_date: Timestamp::from_seconds(account.created),
    }
}
