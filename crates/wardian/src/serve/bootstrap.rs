//! What must be in the store before the first request: the account and its root.

use std::sync::Arc;

use gateway::Directory;
use gateway::clock::Clock as _;
use identity::{IdentityDirectory, account};

use crate::cli::ServeFlags;
use crate::clock::SystemClock;
use crate::failure::{Failure, Outcome};

use super::data::Data;
use super::root_key::Root;

pub fn directory(data: &Data) -> Arc<dyn Directory> {
    Arc::new(IdentityDirectory::new(Arc::clone(&data.keyring)))
}

/// Makes the account of the flags where it is not there, and gives its root the key; says how many
/// other keys root has.
pub async fn accounts(flags: &ServeFlags, data: &Data, root: &Root) -> Outcome<usize> {
    let (id, now) = (flags.account_id, SystemClock.wall());
    let (name, email) = (format!("account-{id}"), format!("{id}@accounts.invalid"));
    let keyring = &data.keyring;
    let made = data.store.transact(|tx| {
        account::ensure(tx, id, &name, &email, now)?;
        let Some(key) = root.key() else { return Ok(0) };
        let given = (key.access_key_id.as_str(), &key.secret);
        account::give_root_key(tx, keyring, id, given, root.replaced(), now)?;
        let keys = account::root_keys(tx, id)?;
        Ok(keys.iter().filter(|other| **other != key.access_key_id).count())
    });
    let made = made.await.map_err(|error: gateway::Error| {
        let cause = error.cause().unwrap_or(error.message());
        Failure::new(format!("cannot give root of {id} its key: {cause}"))
    });
    if made.is_ok() {
        root.settled();
    }
    made
}
