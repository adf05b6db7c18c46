//! What the gateway asks of identity at every request, answered from one transaction in two or
//! three reads.
//!
//! Principals and accounts are kept compiled, valid for the [`epoch`] in which they were read;
//! secrets are kept opened, valid for the sealed bytes that they were opened from. Nothing is
//! believed without a read in the request's own transaction.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use gateway::{AccessKey, Account, AccountId, Directory, Error, KeyUse, Names, Principal};
use policy::Source;
use store::{Keyring, Secret, Tx};

use crate::organization::control;
use crate::usage::Usage;
use crate::{access_key, account, compile, epoch, managed_policy as managed, trust};

/// How many of a kind are kept; all are dropped when it is reached.
const KEPT_MAX: usize = 10_000;

/// Identity as the gateway sees it.
pub struct IdentityDirectory {
    keyring: Arc<Keyring>,
    accounts: Kept<AccountId, Option<Arc<Account>>>,
    principals: Kept<String, Arc<Principal>>,
    managed: Kept<String, Source>,
    /// By access key id: the sealed bytes and what they hold.
    secrets: RwLock<HashMap<String, (Vec<u8>, Secret)>>,
    usage: Usage,
}

impl IdentityDirectory {
    #[must_use]
    pub fn new(keyring: Arc<Keyring>) -> Self {
        Self {
            keyring,
            accounts: Kept::default(),
            principals: Kept::default(),
            managed: Kept::default(),
            secrets: RwLock::default(),
            usage: Usage::default(),
        }
    }

    fn secret(&self, id: &str, key: &access_key::KeyRecord) -> Result<Secret, Error> {
        {
            let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
            let kept = secrets.get(id).filter(|(sealed, _)| *sealed == **key.sealed);
            if let Some((_, secret)) = kept {
                return Ok(secret.clone());
            }
        }
        let secret = access_key::secret(&self.keyring, id, key)?;
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        if secrets.len() >= KEPT_MAX {
            secrets.clear();
        }
        secrets.insert(id.to_owned(), (key.sealed.to_vec(), secret.clone()));
        Ok(secret)
    }
}

impl Directory for IdentityDirectory {
    fn names(&self) -> &dyn Names {
        &trust::Tables
    }

    fn access_key(&self, tx: &Tx, id: &str) -> Result<Option<AccessKey>, Error> {
        let Some(key) = access_key::find(tx, id)? else { return Ok(None) };
        let secret = self.secret(id, &key)?;
        let access_key::KeyRecord { account, user_id, active, .. } = key;
        Ok(Some(AccessKey { account, user_id, secret, active }))
    }

    fn account(&self, tx: &Tx, id: AccountId) -> Result<Option<Arc<Account>>, Error> {
        let epoch = epoch::of(tx, id)?;
        if let Some(kept) = self.accounts.get(&id, id, epoch) {
            return Ok(kept);
        }
        let open = account::get(tx, id)?.filter(|account| account.closed.is_none());
        let found = match open {
            None => None,
            Some(account) => {
                let place = control::place(tx, id)?;
                Some(Arc::new(Account {
                    id,
                    realm: account.realm,
                    canonical_user_id: account.canonical_user_id,
                    name: account.name,
                    organization: place.organization,
                    service_control: place.service_control,
                    resource_control: place.resource_control,
                }))
            }
        };
        // A stranger's request may name any account: only those that exist are worth keeping.
        if found.is_some() {
            self.accounts.put(id, id, epoch, found.clone());
        }
        Ok(found)
    }

    fn principal(
        &self,
        tx: &Tx,
        account: AccountId,
        id: &str,
    ) -> Result<Option<Arc<Principal>>, Error> {
        let epoch = epoch::of(tx, account)?;
        if let Some(kept) = self.principals.get(id, account, epoch) {
            return Ok(Some(kept));
        }
        let found = compile::principal(tx, account, id)?.map(Arc::new);
        if let Some(found) = &found {
            self.principals.put(id.to_owned(), account, epoch, Arc::clone(found));
        }
        Ok(found)
    }

    fn managed_policy(
        &self,
        tx: &Tx,
        account: AccountId,
        arn: &str,
    ) -> Result<Option<Source>, Error> {
        let epoch = epoch::of(tx, account)?;
        if let Some(kept) = self.managed.get(arn, account, epoch) {
            return Ok(Some(kept));
        }
        let Some(found) = managed::find(tx, account, arn)? else { return Ok(None) };
        let source = found.source(tx, account, "session")?;
        self.managed.put(arn.to_owned(), account, epoch, source.clone());
        Ok(Some(source))
    }

    fn note_use(&self, key_use: KeyUse<'_>) {
        self.usage.note(key_use);
    }

    fn flush(&self, tx: &mut Tx) -> Result<(), Error> {
        self.usage.flush(tx)
    }
}

/// Things derived from an account's identity, each with the account and epoch it was read in.
struct Kept<K, V>(RwLock<HashMap<K, (AccountId, u64, V)>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: std::hash::Hash + Eq, V: Clone> Kept<K, V> {
    fn get<Q>(&self, key: &Q, account: AccountId, epoch: u64) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
        Q: std::hash::Hash + Eq + ?Sized,
    {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (of, at, value) = kept.get(key)?;
        (*of == account && *at == epoch).then(|| value.clone())
    }

    fn put(&self, key: K, account: AccountId, epoch: u64, value: V) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(key, (account, epoch, value));
    }
}
