//! A directory of a few people: what the identity crate is to the gateway.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use gateway::{AccessKey, Account, AccountId, Directory, Error, KeyUse, Names, Principal};
use policy::{Kind, Policy, PolicyId, Source};
use store::{Secret, Tx};

use crate::request::Key;

/// The account that the server was started with, and a stranger's.
pub const HOME: &str = harness::ACCOUNT;
pub const ABROAD: &str = harness::OTHER_ACCOUNT;

#[derive(Default)]
pub struct People(Mutex<Known>);

#[derive(Default)]
struct Known {
    keys: HashMap<String, AccessKey>,
    accounts: HashMap<AccountId, Arc<Account>>,
    principals: HashMap<String, Arc<Principal>>,
    managed: HashMap<String, Source>,
}

/// A user or role as a test describes it.
#[derive(Default)]
pub struct Person<'a> {
    pub policies: Vec<Source>,
    pub boundary: Option<Source>,
    pub tags: &'a [(&'a str, &'a str)],
    pub path: &'a str,
}

impl<'a> Person<'a> {
    pub fn with(policies: Vec<Source>) -> Self {
        Self { policies, ..Self::default() }
    }
}

pub fn account(id: &str) -> AccountId {
    AccountId::parse(id).expect("twelve digits")
}

/// A policy of `statements`, inline.
pub fn inline(statements: &serde_json::Value) -> Source {
    source(statements, Kind::Identity, PolicyId::inline("inline", "somebody"))
}

/// A policy of `statements` with an ARN.
pub fn managed(name: &str, statements: &serde_json::Value) -> Source {
    let arn = format!("arn:aws:iam::{HOME}:policy/{name}");
    source(statements, Kind::Identity, PolicyId::managed(&arn, "somebody"))
}

pub fn source(statements: &serde_json::Value, kind: Kind, id: PolicyId) -> Source {
    Source { policy: Policy::parse(&document(statements), kind).expect("a policy"), id }
}

pub fn document(statements: &serde_json::Value) -> String {
    serde_json::json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

pub fn allow(action: &str, resource: &str) -> serde_json::Value {
    serde_json::json!({ "Effect": "Allow", "Action": action, "Resource": resource })
}

pub fn deny(action: &str, resource: &str) -> serde_json::Value {
    serde_json::json!({ "Effect": "Deny", "Action": action, "Resource": resource })
}

impl People {
    fn known<R>(&self, look: impl FnOnce(&mut Known) -> R) -> R {
        look(&mut self.0.lock().expect("not poisoned"))
    }

    /// Opens an account and returns its root's key.
    pub fn open_account(&self, id: &str, realm: u8) -> Key {
        let facts = Account {
            id: account(id),
            realm: [realm; 16],
            canonical_user_id: "c".repeat(64),
            name: "test".to_owned(),
            organization: None,
            service_control: Vec::new(),
            resource_control: Vec::new(),
        };
        self.set_account(facts);
        self.key(id, None)
    }

    pub fn set_account(&self, facts: Account) {
        self.known(|known| known.accounts.insert(facts.id, Arc::new(facts)));
    }

    pub fn close_account(&self, id: &str) {
        self.known(|known| known.accounts.remove(&account(id)));
    }

    /// Makes a user of the account and returns its key.
    pub fn user(&self, account: &str, name: &str, person: Person<'_>) -> Key {
        let id = format!("AIDA{:Q<17}", name.to_ascii_uppercase());
        self.put(account, "user", &id, name, person);
        self.key(account, Some(id))
    }

    /// Makes a role and returns its unique id.
    pub fn role(&self, account: &str, name: &str, person: Person<'_>) -> String {
        let id = format!("AROA{:Q<17}", name.to_ascii_uppercase());
        self.put(account, "role", &id, name, person);
        id
    }

    fn put(&self, account: &str, kind: &str, id: &str, name: &str, person: Person<'_>) {
        let tags = person.tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let path = if person.path.is_empty() { "/" } else { person.path };
        let principal = Principal {
            id: id.to_owned(),
            name: name.to_owned(),
            arn: format!("arn:aws:iam::{account}:{kind}{path}{name}"),
            tags: tags.collect::<BTreeMap<_, _>>(),
            policies: person.policies,
            boundary: person.boundary,
        };
        self.known(|known| known.principals.insert(id.to_owned(), Arc::new(principal)));
    }

    pub fn delete_principal(&self, id: &str) {
        self.known(|known| known.principals.remove(id));
    }

    pub fn put_managed(&self, source: Source) {
        let arn = source.id.arn().expect("a managed policy").to_owned();
        self.known(|known| known.managed.insert(arn, source));
    }

    pub fn deactivate(&self, key: &Key) {
        self.known(|known| known.keys.get_mut(&key.id).expect("a key").active = false);
    }

    fn key(&self, account: &str, user_id: Option<String>) -> Key {
        let account = self::account(account);
        self.known(|known| {
            let id = format!("AKIA{:0>16}", known.keys.len());
            let secret = format!("secret/of/{id}/that/nobody/may/see");
            let record =
                AccessKey { account, user_id, secret: Secret::from(secret.as_str()), active: true };
            known.keys.insert(id.clone(), record);
            Key { id, secret, token: None }
        })
    }
}

impl Names for People {
    fn entity_id(&self, _: &Tx, arn: &str) -> Result<Option<String>, Error> {
        Ok(self.known(|known| {
            let mut all = known.principals.values();
            all.find(|principal| principal.arn == arn).map(|principal| principal.id.clone())
        }))
    }

    fn entity_arn(&self, _: &Tx, id: &str) -> Result<Option<String>, Error> {
        Ok(self.known(|known| known.principals.get(id).map(|principal| principal.arn.clone())))
    }

    fn canonical_account(&self, _: &Tx, _: &str) -> Result<Option<AccountId>, Error> {
        Ok(None)
    }

    fn accounts_of_email(&self, _: &Tx, _: &str) -> Result<Vec<AccountId>, Error> {
        Ok(Vec::new())
    }

    fn has_account(&self, tx: &Tx, account: AccountId) -> Result<bool, Error> {
        Ok(self.account(tx, account)?.is_some())
    }

    fn has_role(&self, tx: &Tx, account: AccountId, name: &str) -> Result<bool, Error> {
        Ok(self.entity_id(tx, &format!("arn:aws:iam::{account}:role/{name}"))?.is_some())
    }
}

impl Directory for People {
    fn names(&self) -> &dyn Names {
        self
    }

    fn access_key(&self, _: &Tx, id: &str) -> Result<Option<AccessKey>, Error> {
        Ok(self.known(|known| known.keys.get(id).cloned()))
    }

    fn account(&self, _: &Tx, id: AccountId) -> Result<Option<Arc<Account>>, Error> {
        Ok(self.known(|known| known.accounts.get(&id).cloned()))
    }

    fn principal(&self, _: &Tx, _: AccountId, id: &str) -> Result<Option<Arc<Principal>>, Error> {
        Ok(self.known(|known| known.principals.get(id).cloned()))
    }

    fn managed_policy(&self, _: &Tx, _: AccountId, arn: &str) -> Result<Option<Source>, Error> {
        Ok(self.known(|known| known.managed.get(arn).cloned()))
    }

    fn note_use(&self, _: KeyUse<'_>) {}

    fn flush(&self, _: &mut Tx) -> Result<(), Error> {
        Ok(())
    }
}
