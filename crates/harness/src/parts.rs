//! What a gateway of a test is made of.

use std::sync::Arc;

use api::Timestamp;
use gateway::clock::FixedClock;
use gateway::id::SeededIds;
use gateway::{AccountId, Config, Directory, Limits, Parts, Service};
use store::{Blobs, Keyring, Store};

use crate::{ACCOUNT, NOW, REGION};

/// A gateway over `store` without services, everything else in memory. A test replaces the parts
/// that it wants to hold or to have otherwise: `Parts { s3, clock, ..parts(..) }`.
pub fn parts(store: Store, keyring: Arc<Keyring>, directory: Arc<dyn Directory>) -> Parts {
    Parts {
        config: Config {
            account: AccountId::parse(ACCOUNT).expect("twelve digits"),
            region: REGION.to_owned(),
            base_domains: Vec::new(),
            limits: Limits::default(),
        },
        store,
        blobs: Blobs::memory(Arc::clone(&keyring)).expect("blobs"),
        keyring,
        clock: Arc::new(FixedClock::new(Timestamp::from_seconds(NOW))),
        ids: Arc::new(SeededIds::new(1)),
        directory,
        s3: no_storage(),
        services: Vec::new(),
        recorder: None,
    }
}

/// A master key that is the same each time.
pub fn keyring() -> Arc<Keyring> {
    Arc::new(Keyring::from_bytes([7; 32]))
}

/// S3 without an operation, where a test is not about it: a gateway always has one.
fn no_storage() -> Service {
    let nothing = r#"{"_source": "a test", "operations": {}}"#;
    Service::new(&api::s3::SERVICE, nothing).expect("no rows")
}
