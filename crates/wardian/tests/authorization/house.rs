//! A whole server in memory: every service behind one gateway, an account with its root, a clock
//! that is told the time.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use api::Timestamp;
use gateway::clock::{Clock, FixedClock};
use gateway::id::SeededIds;
use gateway::{AccountId, Config, Error, Gateway, Limits, Parts, Peer, Service};
use store::{Blobs, Keyring, Secret, Store};

use crate::answer::Answer;
use crate::request::{Call, Credentials, REGION, Signer};

pub const ACCOUNT: &str = "123456789012";
const ROOT_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const ROOT_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const FOREIGN_ACCOUNT: &str = "210987654321";
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
        Self::with(services()).await
    }

    /// With the services given, S3 and the others.
    pub async fn with((s3, services): (Service, Vec<Service>)) -> Self {
        let keyring = Arc::new(Keyring::from_bytes([7; 32]));
        let store = Store::memory();
        let account = AccountId::parse(ACCOUNT).expect("twelve digits");
        let foreign = AccountId::parse(FOREIGN_ACCOUNT).expect("twelve digits");
        found(&store, &keyring, account, ROOT_KEY).await.expect("an account");
        found(&store, &keyring, foreign, FOREIGN_KEY).await.expect("an account");
        let clock = Arc::new(FixedClock::new(START));
        let gateway = Gateway::new(Parts {
            config: Config {
                account,
                region: REGION.to_owned(),
                base_domains: Vec::new(),
                limits: Limits::default(),
            },
            store,
            blobs: Blobs::memory(Arc::clone(&keyring)).expect("blobs"),
            directory: Arc::new(identity::IdentityDirectory::new(Arc::clone(&keyring))),
            keyring,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ids: Arc::new(SeededIds::new(1)),
            s3,
            services,
            recorder: None,
        });
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

/// S3, and all others.
pub fn services() -> (Service, Vec<Service>) {
    let others = vec![
        cloudformation::service().expect("rows"),
        crate::admin::service().expect("rows"),
        identity::iam().expect("rows"),
        identity::organizations().expect("rows"),
        identity::sts().expect("rows"),
        s3::control().expect("rows"),
        sns::service().expect("rows"),
        ssm::service().expect("rows"),
    ];
    (s3::service().expect("rows"), others)
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
