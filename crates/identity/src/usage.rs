//! When keys and roles were last used: noted in memory, written now and then.
//!
//! A use never costs a write on the request's path. What was noted is dropped only when the
//! transaction that wrote it has committed, and only where nothing newer was noted meanwhile.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html>

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use gateway::{AccountId, Error, Identity, KeyUse};
use store::Tx;

use crate::access_key::UseRecord;
use crate::tables::{ENTITY_IDS, KEYS, USES};

/// Uses noted and not written yet: by access key id or role id.
#[derive(Default)]
pub struct Usage {
    noted: Arc<Mutex<HashMap<String, Noted>>>,
}

#[derive(Clone, PartialEq, Eq)]
struct Noted {
    account: AccountId,
    is_key: bool,
    used: UseRecord,
}

impl Usage {
    /// Notes a use of long-term credentials, or of a role. Other sessions leave no trace, as on
    /// AWS.
    pub fn note(&self, key_use: KeyUse<'_>) {
        let caller = key_use.caller;
        let (id, is_key) = match (&caller.identity, &caller.access_key_id, &caller.session) {
            (Identity::Role { id, .. }, ..) => (id, false),
            (Identity::User(_) | Identity::Root, Some(key), None) => (key, true),
            _ => return,
        };
        let at = key_use.now.as_seconds();
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = noted.get_mut(id) {
            known.used.at = at;
            if known.used.service != key_use.service || known.used.region != key_use.region {
                known.used = record(key_use, at);
            }
            return;
        }
        let account = caller.account;
        noted.insert(id.clone(), Noted { account, is_key, used: record(key_use, at) });
    }

    /// Writes what was noted, of keys and roles that still exist.
    ///
    /// # Errors
    /// Only what the store says; what was noted stays noted.
    pub fn flush(&self, tx: &mut Tx) -> Result<(), Error> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if noted.is_empty() {
            return Ok(());
        }
        for (id, use_) in &noted {
            let account = use_.account.number();
            let exists = if use_.is_key {
                KEYS.contains(tx, id)?
            } else {
                ENTITY_IDS.contains(tx, (account, id))?
            };
            if exists {
                USES.put(tx, (account, id), &use_.used)?;
            }
        }
        let kept = Arc::clone(&self.noted);
        tx.on_commit(Box::new(move || {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.retain(|id, use_| noted.get(id) != Some(use_));
        }));
        Ok(())
    }
}

fn record(key_use: KeyUse<'_>, at: i64) -> UseRecord {
    UseRecord { at, service: key_use.service.to_owned(), region: key_use.region.to_owned() }
}
