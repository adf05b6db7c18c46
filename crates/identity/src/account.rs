//! The accounts of this server and the keys of their root users.
//!
//! Plain functions over a transaction: they are called at the server's start and by its
//! administration, where there is no caller yet. Deliberately absent: the organizations that
//! accounts are in.
//! AWS: <https://docs.aws.amazon.com/accounts/latest/reference/accounts-welcome.html>

use api::Timestamp;
use gateway::{AccountId, Cx, Error};
use minicbor::{Decode, Encode};
use store::{Keyring, Record, Secret, Tx};

use crate::access_key::{self, KeyRecord, ROOT};
use crate::tables::{
    ACCOUNTS, ALIAS_OF, ALIASES, CANONICAL_IDS, GIVEN_KEYS, KEYS, OWNED_KEYS, USES,
};
use crate::{epoch, error, organization, tables};

#[derive(Debug, Clone, Encode, Decode)]
pub struct AccountRecord {
    #[n(0)]
    pub id: AccountId,
    /// Drawn when the account is made or reset: session tokens are bound to it.
    #[n(1)]
    pub realm: [u8; 16],
    /// 64 hexadecimal digits.
    #[n(2)]
    pub canonical_user_id: String,
    #[n(3)]
    pub name: String,
    #[n(4)]
    pub email: String,
    /// Seconds.
    #[n(5)]
    pub created: i64,
    /// Seconds; None while it is open.
    #[n(6)]
    pub closed: Option<i64>,
}

impl Record for AccountRecord {
    const VERSION: u8 = 1;
}

/// The account, made where there is none of that id.
///
/// # Errors
/// Only what the store says.
pub fn ensure(
    tx: &mut Tx,
    id: AccountId,
    name: &str,
    email: &str,
    now: Timestamp,
) -> Result<AccountRecord, Error> {
    match get(tx, id)? {
        Some(account) => Ok(account),
        None => create(tx, id, name, email, now),
    }
}

/// Makes an account. Its root user has no keys yet: see [`put_root_key`].
///
/// # Errors
/// EntityAlreadyExists, where there is or was an account of that id.
pub fn create(
    tx: &mut Tx,
    id: AccountId,
    name: &str,
    email: &str,
    now: Timestamp,
) -> Result<AccountRecord, Error> {
    if ACCOUNTS.contains(tx, id.number())? {
        return Err(error::already_exists(format!("Account {id} already exists.")));
    }
    let account = AccountRecord {
        id,
        realm: store::random()?,
        canonical_user_id: hex::encode(store::random::<32>()?),
        name: name.to_owned(),
        email: email.to_owned(),
        created: now.as_seconds(),
        closed: None,
    };
    CANONICAL_IDS.put(tx, &account.canonical_user_id, &id.number())?;
    put(tx, &account)?;
    Ok(account)
}

/// A free id without leading zeros, from the source of visible ids.
///
/// # Errors
/// Only what the store says.
pub fn draw(cx: &Cx<'_>) -> Result<AccountId, Error> {
    const SMALLEST: u64 = 100_000_000_000;
    loop {
        let hex: String = cx.uuid().chars().filter(|letter| *letter != '-').take(12).collect();
        let drawn = u64::from_str_radix(&hex, 16).unwrap_or_default() % (9 * SMALLEST) + SMALLEST;
        let id = AccountId::from_number(drawn);
        let id = id.ok_or_else(|| Error::internal("an account id of more than twelve digits"))?;
        if get(cx.tx, id)?.is_none() {
            return Ok(id);
        }
    }
}

/// The account, open or closed.
///
/// # Errors
/// Only what the store says.
pub fn get(tx: &Tx, id: AccountId) -> Result<Option<AccountRecord>, Error> {
    Ok(ACCOUNTS.get(tx, id.number())?)
}

/// The account of a canonical user id.
///
/// # Errors
/// Only what the store says.
pub fn of_canonical_user_id(tx: &Tx, id: &str) -> Result<Option<AccountId>, Error> {
    Ok(CANONICAL_IDS.get(tx, id)?.and_then(AccountId::from_number))
}

/// The open accounts of an e-mail address. Organizations sees to it that there is one at most;
/// whoever administers the server may give it to several.
///
/// # Errors
/// Only what the store says.
pub fn of_email(tx: &Tx, address: &str) -> Result<Vec<AccountId>, Error> {
    let all = list(tx, None, usize::MAX)?.into_iter();
    let open = all.filter(|account| account.closed.is_none());
    let of_it = open.filter(|account| account.email.eq_ignore_ascii_case(address));
    Ok(of_it.map(|account| account.id).collect())
}

/// At most `limit` accounts behind `after`, by id.
///
/// # Errors
/// Only what the store says.
pub fn list(tx: &Tx, after: Option<AccountId>, limit: usize) -> Result<Vec<AccountRecord>, Error> {
    let range = match after {
        Some(after) => ACCOUNTS.all().after(&ACCOUNTS.key(after.number())),
        None => ACCOUNTS.all(),
    };
    Ok(ACCOUNTS.scan(tx, range, limit)?.into_iter().map(|(_, account)| account).collect())
}

/// Closes an account: its credentials are nothing from now on. False where there is no such open
/// account.
///
/// # Errors
/// Only what the store says.
pub fn close(tx: &mut Tx, id: AccountId, now: Timestamp) -> Result<bool, Error> {
    let Some(mut account) = get(tx, id)?.filter(|account| account.closed.is_none()) else {
        return Ok(false);
    };
    account.closed = Some(now.as_seconds());
    put(tx, &account)?;
    Ok(true)
}

/// Deletes all users, groups, roles and policies of an account and ends all its sessions. The root
/// user's keys stay. An organization that it manages ends; where it is a member, it stays one. False
/// where there is no such account.
///
/// # Errors
/// Only what the store says.
pub fn reset(tx: &mut Tx, id: AccountId) -> Result<bool, Error> {
    let Some(mut account) = get(tx, id)? else { return Ok(false) };
    let number = id.number();
    organization::forget(tx, id)?;
    let owned = OWNED_KEYS.scan(tx, OWNED_KEYS.prefix((number,)), usize::MAX)?;
    if let Some(alias) = ALIAS_OF.get(tx, number)? {
        ALIASES.delete(tx, alias);
    }
    tables::clear(tx, number);
    for ((_, owner, key), ()) in owned {
        if owner == ROOT {
            OWNED_KEYS.put(tx, (number, owner, key), &())?;
        } else {
            KEYS.delete(tx, key);
        }
    }
    account.realm = store::random()?;
    put(tx, &account)?;
    Ok(true)
}

/// Gives the root user the key, or changes the key's secret where it has it.
///
/// # Errors
/// EntityAlreadyExists, where the id is another user's key.
pub fn put_root_key(
    tx: &mut Tx,
    keyring: &Keyring,
    account: AccountId,
    access_key_id: &str,
    secret: &Secret,
    now: Timestamp,
) -> Result<(), Error> {
    if let Some(known) = KEYS.get(tx, access_key_id)? {
        let own = known.account == account && known.user_id.is_none();
        if own && access_key::secret(keyring, access_key_id, &known)? == *secret && known.active {
            return Ok(());
        }
        if !own {
            let message = format!("The Access Key with id {access_key_id} already exists.");
            return Err(error::already_exists(message));
        }
    }
    let key = KeyRecord {
        account,
        user_id: None,
        sealed: access_key::seal(keyring, access_key_id, secret)?.into(),
        active: true,
        created: now.as_seconds(),
    };
    KEYS.put(tx, access_key_id, &key)?;
    Ok(OWNED_KEYS.put(tx, (account.number(), ROOT, access_key_id), &())?)
}

/// Gives the root user the key of this start, in the place of those that earlier starts gave: a key
/// that was rotated opens nothing. `file` is one that an earlier start kept in its file. Keys that
/// root made itself stay.
///
/// # Errors
/// EntityAlreadyExists, where the id is another user's key.
pub fn give_root_key(
    tx: &mut Tx,
    keyring: &Keyring,
    account: AccountId,
    (access_key_id, secret): (&str, &Secret),
    file: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let number = account.number();
    let given = GIVEN_KEYS.scan(tx, GIVEN_KEYS.prefix((number,)), usize::MAX)?;
    let given: Vec<String> = given.into_iter().map(|((_, id), ())| id).collect();
    for earlier in given.iter().map(String::as_str).chain(file) {
        if earlier != access_key_id && OWNED_KEYS.contains(tx, (number, ROOT, earlier))? {
            KEYS.delete(tx, earlier);
            OWNED_KEYS.delete(tx, (number, ROOT, earlier));
            USES.delete(tx, (number, earlier));
        }
        if earlier != access_key_id {
            GIVEN_KEYS.delete(tx, (number, earlier));
        }
    }
    put_root_key(tx, keyring, account, access_key_id, secret, now)?;
    // Nothing is written where nothing has changed: a server starts on a full disk, too.
    if given.iter().all(|earlier| earlier != access_key_id) {
        GIVEN_KEYS.put(tx, (number, access_key_id), &())?;
    }
    Ok(())
}

/// The ids of the root user's keys.
///
/// # Errors
/// Only what the store says.
pub fn root_keys(tx: &Tx, account: AccountId) -> Result<Vec<String>, Error> {
    access_key::owned(tx, account, ROOT)
}

fn put(tx: &mut Tx, account: &AccountRecord) -> Result<(), Error> {
    ACCOUNTS.put(tx, account.id.number(), account)?;
    epoch::touch(tx, account.id)
}
