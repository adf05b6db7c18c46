//! A directory of three: what the identity crate is to the gateway.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use gateway::{AccessKey, Account, AccountId, Directory, Error, KeyUse, Names, Principal};
use policy::{Kind, Policy, PolicyId, Source};
use store::{Secret, Tx};

pub const HOME: &str = harness::ACCOUNT;
pub const ABROAD: &str = harness::OTHER_ACCOUNT;

/// Users of both accounts by unique id; the secret of each key is the key's id.
#[derive(Default)]
pub struct People(Mutex<HashMap<String, Arc<Principal>>>);

/// The key of an account's root.
pub fn root(account: &str) -> String {
    format!("AKIAROOT{account}")
}

impl People {
    /// Makes a user with one policy and returns its key.
    pub fn user(&self, account: &str, name: &str, policy: &str) -> String {
        let policy = Policy::parse(policy, Kind::Identity).expect("a policy");
        let arn = format!("arn:aws:iam::{account}:user/{name}");
        let id = format!("AIDA{account}{name:Q<5}").to_ascii_uppercase();
        let principal = Principal {
            id: id.clone(),
            name: name.to_owned(),
            arn: arn.clone(),
            tags: BTreeMap::new(),
            policies: vec![Source { policy, id: PolicyId::inline("inline", &arn) }],
            boundary: None,
        };
        self.0.lock().expect("not poisoned").insert(id.clone(), Arc::new(principal));
        format!("AKIA{id}")
    }

    pub fn delete(&self, name: &str) {
        self.0.lock().expect("not poisoned").retain(|_, principal| principal.name != name);
    }

    fn find(&self, matches: impl Fn(&Principal) -> bool) -> Option<Arc<Principal>> {
        let known = self.0.lock().expect("not poisoned");
        known.values().find(|principal| matches(principal)).cloned()
    }
}

impl Names for People {
    fn entity_id(&self, _: &Tx, arn: &str) -> Result<Option<String>, Error> {
        Ok(self.find(|principal| principal.arn == arn).map(|principal| principal.id.clone()))
    }

    fn entity_arn(&self, _: &Tx, id: &str) -> Result<Option<String>, Error> {
        Ok(self.find(|principal| principal.id == id).map(|principal| principal.arn.clone()))
    }

    fn canonical_account(&self, _: &Tx, id: &str) -> Result<Option<AccountId>, Error> {
        let account = [HOME, ABROAD].into_iter().find(|account| canonical(account) == id);
        Ok(account.and_then(AccountId::parse))
    }

    /// Both accounts have what is said to be everybody's.
    fn accounts_of_email(&self, _: &Tx, address: &str) -> Result<Vec<AccountId>, Error> {
        let of = |account: &&str| address == "everybody" || address == format!("{account}@b");
        Ok([HOME, ABROAD]
            .iter()
            .filter(|account| of(account))
            .filter_map(|id| AccountId::parse(id))
            .collect())
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
        let (account, user_id) = match (id.strip_prefix("AKIAROOT"), id.strip_prefix("AKIA")) {
            (Some(account), _) => (account, None),
            (None, Some(user)) => (user.get(4..16).expect("an id"), Some(user.to_owned())),
            _ => return Ok(None),
        };
        let account = AccountId::parse(account).expect("digits");
        Ok(Some(AccessKey { account, user_id, secret: Secret::from(id), active: true }))
    }

    fn account(&self, _: &Tx, id: AccountId) -> Result<Option<Arc<Account>>, Error> {
        let known = [HOME, ABROAD].contains(&id.as_str());
        Ok(known.then(|| {
            Arc::new(Account {
                id,
                realm: [1; 16],
                canonical_user_id: canonical(id.as_str()),
                name: "test".to_owned(),
                organization: None,
                service_control: Vec::new(),
                resource_control: Vec::new(),
            })
        }))
    }

    fn principal(&self, _: &Tx, _: AccountId, id: &str) -> Result<Option<Arc<Principal>>, Error> {
        Ok(self.find(|principal| principal.id == id))
    }

    fn managed_policy(&self, _: &Tx, _: AccountId, _: &str) -> Result<Option<Source>, Error> {
        Ok(None)
    }

    fn note_use(&self, _: KeyUse<'_>) {}

    fn flush(&self, _: &mut Tx) -> Result<(), Error> {
        Ok(())
    }
}

pub fn canonical(account: &str) -> String {
    format!("{account:f<64}")
}
