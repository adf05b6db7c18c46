//! A whole server in memory: every service behind one gateway, an account with its root, a clock
//! that is told the time.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use api::Timestamp;
use gateway::clock::{Clock, FixedClock};
use gateway::{AccountId, Error, Gateway, Parts, Peer};
pub use harness::ACCOUNT;
use harness::OTHER_ACCOUNT as FOREIGN_ACCOUNT;
use store::{Keyring, Secret, Store};
use wardian::Services;

use crate::answer::Answer;
use crate::request::{Call, Credentials, Signer};

const ROOT_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const ROOT_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const FOREIGN_KEY: &str = "AKIAI44QH8DHBEXAMPLE";
/// 2026-01-01T00:00:00Z
const START: Timestamp = Timestamp::from_seconds(1_767_225_600);

pub struct House {
    pub gateway: Gateway,
    clock: Arc<FixedClock>,
}

impl House {
    /// With every service of the server.
    pub async fn new() -> Self {
        Self::with(wardian::services().expect("rows")).await
    }

    /// With the services given.
    pub async fn with(Services { s3, others }: Services) -> Self {
        let (keyring, store) = (harness::keyring(), Store::memory());
        let account = AccountId::parse(ACCOUNT).expect("twelve digits");
        let foreign = AccountId::parse(FOREIGN_ACCOUNT).expect("twelve digits");
        found(&store, &keyring, account, ROOT_KEY).await.expect("an account");
        found(&store, &keyring, foreign, FOREIGN_KEY).await.expect("an account");
        let clock = Arc::new(FixedClock::new(START));
        let directory = Arc::new(identity::IdentityDirectory::new(keyring.clone()));
        let parts = harness::parts(store, keyring, directory);
        let gateway = Gateway::new(Parts { clock: clock.clone(), s3, services: others, ..parts });
        Self { gateway: gateway.expect("a gateway"), clock }
    }

    pub fn root() -> Credentials {
        Credentials {
            access_key_id: ROOT_KEY.to_owned(),
            secret: ROOT_SECRET.to_owned(),
            session_token: None,
        }
    }

    /// The root of another account.
    pub fn foreigner() -> Credentials {
        Credentials { access_key_id: FOREIGN_KEY.to_owned(), ..Self::root() }
    }

    /// Asks, and does the background work that follows.
    pub async fn ask(&self, call: &Call, signer: &Signer) -> Answer {
        let request = call.signed(signer, self.clock.wall());
        let peer = Peer { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), tls: None };
        let answer = Answer::read(self.gateway.serve(request, peer).await).await;
        self.gateway.tick().await.expect("background work");
        answer
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.set(self.clock.wall().plus_seconds(seconds));
    }
}

async fn found(
    store: &Store,
    keyring: &Keyring,
    account: AccountId,
    root_key: &str,
) -> Result<(), Error> {
    let (name, email) = (format!("account-{account}"), format!("{account}@example.com"));
    let made = store.transact(|tx| {
        identity::account::ensure(tx, account, &name, &email, START)?;
        let secret = Secret::new(ROOT_SECRET);
        identity::account::put_root_key(tx, keyring, account, root_key, &secret, START)
    });
    made.await
}
