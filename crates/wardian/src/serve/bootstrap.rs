//! The services of this build, and what must be in the store before the first request: the account
//! and its root.

use std::sync::Arc;

use gateway::clock::Clock as _;
use gateway::{Directory, Service};
use identity::{IdentityDirectory, account};

use crate::admin;
use crate::cli::ServeFlags;
use crate::clock::SystemClock;
use crate::failure::{Failure, Outcome};

use super::data::Data;
use super::root_key::Root;

pub struct Services {
    pub s3: Service,
    pub others: Vec<Service>,
}

/// # Errors
/// Where the rows of a service do not parse: a fault of this build.
pub fn services() -> Result<Services, serde_json::Error> {
    Ok(Services {
        s3: s3::service()?,
        others: vec![
            admin::service()?,
            cloudformation::service()?,
            identity::iam()?,
            identity::organizations()?,
            identity::sts()?,
            s3::control()?,
            sns::service()?,
            ssm::service()?,
        ],
    })
}

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
