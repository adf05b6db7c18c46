//! When keys, roles and services were last used, and by whom: noted in memory, written now and then.
//!
//! A use never costs a write on the request's path. What was noted is dropped only when the
//! transaction that wrote it has committed, and only where nothing newer was noted meanwhile.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html>

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use gateway::{AccountId, Error, Identity, KeyUse};
use store::Tx;

use crate::access_key::UseRecord;
use crate::tables::{ACTION_USES, ENTITY_IDS, KEYS, SERVICE_USES, USES};
use crate::tracked_action;

/// Uses noted and not written yet: by access key id or role id, or by user id for a user's sessions.
#[derive(Default)]
pub struct Usage {
    noted: Arc<Mutex<HashMap<String, Noted>>>,
}

#[derive(Clone, PartialEq, Eq)]
struct Noted {
    account: AccountId,
    what: What,
    /// The user or role; None for root.
    entity: Option<String>,
    used: UseRecord,
    /// The same by service: there are few.
    services: Vec<(&'static str, UseRecord)>,
    /// By service and operation, in seconds: when, since the last write.
    operations: Vec<(&'static str, &'static str, i64)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Key,
    Role,
    /// Of a user: leaves no trace on the user's keys, as on AWS.
    Session,
}

impl Usage {
    /// Notes a use of credentials of a user, root or role.
    pub fn note(&self, key_use: KeyUse<'_>) {
        let caller = key_use.caller;
        let (id, what) = match (&caller.identity, &caller.access_key_id, &caller.session) {
            (Identity::Role { id, .. }, ..) => (id, What::Role),
            (Identity::User(_) | Identity::Root, Some(key), None) => (key, What::Key),
            (Identity::User(id), _, Some(_)) => (id, What::Session),
            _ => return,
        };
        let at = key_use.now.as_seconds();
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = noted.get_mut(id) {
            known.used.at = at;
            if known.used.service != key_use.service || known.used.region != key_use.region {
                known.used = record(key_use, at);
            }
            known.note(key_use, at);
            return;
        }
        let entity = match &caller.identity {
            Identity::Role { id, .. } | Identity::User(id) => Some(id.clone()),
            _ => None,
        };
        let services = vec![(key_use.service, record(key_use, at))];
        let operations = vec![(key_use.service, key_use.operation, at)];
        let account = caller.account;
        let used = record(key_use, at);
        noted.insert(id.clone(), Noted { account, what, entity, used, services, operations });
    }

    /// Writes what was noted, of keys, users and roles that still exist.
    ///
    /// # Errors
    /// Only what the store says; what was noted stays noted.
    pub fn flush(&self, tx: &mut Tx) -> Result<(), Error> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if noted.is_empty() {
            return Ok(());
        }
        for (id, use_) in &noted {
            use_.write(tx, id)?;
        }
        let kept = Arc::clone(&self.noted);
        tx.on_commit(Box::new(move || {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.retain(|id, use_| noted.get(id) != Some(use_));
        }));
        Ok(())
    }
}

impl Noted {
    fn note(&mut self, key_use: KeyUse<'_>, at: i64) {
        match self.services.iter_mut().find(|(service, _)| *service == key_use.service) {
            Some((_, used)) => {
                used.at = at;
                if used.region != key_use.region {
                    key_use.region.clone_into(&mut used.region);
                }
            }
            None => self.services.push((key_use.service, record(key_use, at))),
        }
        let (service, operation) = (key_use.service, key_use.operation);
        let same = |known: &&mut (&str, &str, i64)| known.1 == operation && known.0 == service;
        match self.operations.iter_mut().find(same) {
            Some(known) => known.2 = at,
            None => self.operations.push((service, operation, at)),
        }
    }

    fn write(&self, tx: &mut Tx, id: &str) -> Result<(), Error> {
        let account = self.account.number();
        let exists = match self.what {
            What::Key => KEYS.contains(tx, id)?,
            What::Role => ENTITY_IDS.contains(tx, (account, id))?,
            What::Session => false,
        };
        if exists {
            USES.put(tx, (account, id), &self.used)?;
        }
        let Some(entity) = &self.entity else { return Ok(()) };
        if !ENTITY_IDS.contains(tx, (account, entity))? {
            return Ok(());
        }
        for (service, used) in &self.services {
            // A user's keys and sessions are noted apart: the latest counts.
            let known = SERVICE_USES.get(tx, (account, entity, *service))?;
            if known.is_none_or(|known| known.at <= used.at) {
                SERVICE_USES.put(tx, (account, entity, *service), used)?;
            }
        }
        for (service, operation, at) in &self.operations {
            let Some(action) = tracked_action::of_operation(service, operation) else { continue };
            let mut of_service = self.services.iter().filter(|(known, _)| known == service);
            let region = of_service.next().map(|(_, used)| used.region.clone());
            let used = UseRecord {
                at: *at,
                service: (*service).to_owned(),
                region: region.unwrap_or_default(),
            };
            let key = (account, entity, format!("{service}:{action}"));
            let known = ACTION_USES.get(tx, &key)?;
            if known.is_none_or(|known| known.at <= used.at) {
                ACTION_USES.put(tx, &key, &used)?;
            }
        }
        Ok(())
    }
}

fn record(key_use: KeyUse<'_>, at: i64) -> UseRecord {
    UseRecord { at, service: key_use.service.to_owned(), region: key_use.region.to_owned() }
}
