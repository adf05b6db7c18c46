//! The gateway: everything a request needs, put together once.
//!
//! There is no way to build one without a [`Directory`] (which authenticates) and the rows of each
//! [`Service`] (which authorize): a gateway that lets a request through unchecked cannot be
//! expressed.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use api::{Protocol, Timestamp};
use store::{Blobs, Keyring, Store};
use tokio::sync::Notify;

use crate::clock::{AwsTime, Clock};
use crate::decisions::Decisions;
use crate::event::Recorder;
use crate::id::IdSource;
use crate::service::Service;
use crate::{AccountId, Directory, Error, document, queue, settings};

/// Everything a request needs. Cheap to clone.
#[derive(Clone)]
pub struct Gateway(pub(crate) Arc<Core>);

/// What a gateway is built from.
pub struct Parts {
    pub config: Config,
    pub store: Store,
    pub blobs: Blobs,
    pub keyring: Arc<Keyring>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdSource>,
    pub directory: Arc<dyn Directory>,
    /// The service of the requests that no other claims by name.
    pub s3: Service,
    /// All others.
    pub services: Vec<Service>,
    /// Where events go, where they are asked for.
    pub recorder: Option<Arc<dyn Recorder>>,
}

#[derive(Debug, Clone)]
pub struct Config {
    /// The account that the server was started with.
    pub account: AccountId,
    /// The region of requests that name none.
    pub region: String,
    /// Host names under which buckets stand as sub-domains, besides AWS's own and `localhost`.
    pub base_domains: Vec<String>,
    pub limits: Limits,
}

/// Quotas that a flag can raise (AWS: "IAM and AWS STS quotas"), and bounds on bodies.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Multiplies the adjustable and fixed quotas of entities in an account.
    pub quota_factor: usize,
    /// How long a body may stand still, in seconds.
    pub body_idle_seconds: u64,
    /// How long a document may take from its first byte to its last, in seconds. Objects may take
    /// as long as they flow: their senders are known before a byte of them is read.
    pub document_seconds: u64,
    /// New buckets are as AWS made them before April 2023: access control lists count, public
    /// access is not blocked.
    pub lists_in_new_buckets: bool,
    /// Keys of customers (SSE-C) are taken over plain http too.
    pub customer_keys_over_http: bool,
    /// S3 shows the names of owners beside their ids, as AWS did until November 2025.
    pub owner_display_names: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            quota_factor: 1,
            body_idle_seconds: 60,
            document_seconds: 120,
            lists_in_new_buckets: false,
            customer_keys_over_http: false,
            owner_display_names: false,
        }
    }
}

pub(crate) struct Core {
    /// That long documents of requests share.
    pub room: document::Room,
    pub config: Config,
    pub store: Store,
    pub blobs: Blobs,
    pub keyring: Arc<Keyring>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdSource>,
    pub directory: Arc<dyn Directory>,
    pub s3: Service,
    /// All but S3, by name.
    pub named: HashMap<&'static str, Service>,
    pub recorder: Option<Arc<dyn Recorder>>,
    pub decisions: Decisions,
    pub signing_keys: sigv4::SigningKeys,
    /// Shared with hooks that run when a transaction commits.
    pub aws_time: Arc<RwLock<AwsTime>>,
    /// Rung when background work was queued or AWS time was moved.
    pub work: Arc<Notify>,
}

impl Gateway {
    /// # Errors
    /// Where the store cannot be read.
    pub fn new(parts: Parts) -> Result<Self, Error> {
        let aws_time = parts.store.read(settings::aws_time)??;
        let by_name = parts.services.into_iter().map(|service| (service.name(), service));
        Ok(Self(Arc::new(Core {
            room: document::Room::default(),
            config: parts.config,
            blobs: parts.blobs,
            keyring: parts.keyring,
            clock: parts.clock,
            ids: parts.ids,
            directory: parts.directory,
            s3: parts.s3,
            named: by_name.collect(),
            recorder: parts.recorder,
            decisions: Decisions::default(),
            signing_keys: sigv4::SigningKeys::default(),
            aws_time: Arc::new(RwLock::new(aws_time)),
            work: Arc::new(Notify::new()),
            store: parts.store,
        })))
    }

    /// The services, sorted by name.
    #[must_use]
    pub fn services(&self) -> Vec<&Service> {
        let mut services: Vec<_> = self.0.named.values().chain([&self.0.s3]).collect();
        services.sort_by_key(|service| service.name());
        services
    }

    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Writes every decision from now on, explained, to `recorder` too: a JSON line a request.
    pub fn record_decisions(&self, recorder: Arc<dyn Recorder>) {
        self.0.decisions.record_to(recorder);
    }

    /// AWS time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.now(self.0.clock.wall())
    }

    /// Runs the background work that is due, each step in its own transaction, until none is;
    /// returns how many steps.
    ///
    /// # Errors
    /// Only what the store says; the work stays queued.
    pub async fn tick(&self) -> Result<usize, Error> {
        queue::run_due(&self.0).await
    }

    /// Runs background work as it falls due, for ever.
    pub async fn work(&self) {
        queue::work(&self.0).await;
    }

    /// Writes what is kept in memory for a while (when a key was last used).
    ///
    /// # Errors
    /// Only what the store says; nothing is lost, the next call writes it.
    pub async fn flush(&self) -> Result<(), Error> {
        let core = &self.0;
        core.store.transact(|tx| core.directory.flush(tx)).await
    }
}

impl Core {
    pub fn service(&self, name: &str) -> Option<&Service> {
        if name == self.s3.name() { Some(&self.s3) } else { self.named.get(name) }
    }

    /// The service that speaks Query and has that operation in that version of its API.
    pub fn service_of(&self, version: &str, action: &str) -> Option<&Service> {
        let mut services = self.named.values();
        services.find(|service| {
            service.shape.api_version == version
                && service.shape.protocol == Protocol::Query
                && service.operation(action).is_some()
        })
    }

    /// The service that speaks JSON and whose operations stand behind `prefix` in `X-Amz-Target`.
    pub fn service_of_target(&self, prefix: &str) -> Option<&Service> {
        let mut services = self.named.values();
        services.find(|service| match service.shape.protocol {
            Protocol::Json(json) => json.target_prefix == prefix,
            Protocol::Query | Protocol::RestXml => false,
        })
    }

    /// The AWS time at the wall moment `wall`, which is now.
    pub fn now(&self, wall: Timestamp) -> Timestamp {
        self.aws_time.read().unwrap_or_else(std::sync::PoisonError::into_inner).now(wall)
    }

    /// The AWS time at a wall moment of the past.
    pub fn aws_time_at(&self, wall: Timestamp) -> Timestamp {
        self.aws_time.read().unwrap_or_else(std::sync::PoisonError::into_inner).at(wall)
    }
}
