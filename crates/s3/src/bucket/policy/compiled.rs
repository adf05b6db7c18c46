//! Compiled bucket policies, by version: a policy is parsed once, not once a request.
//!
//! A version is sixteen random bytes that no other policy ever has, so that an entry can grow old
//! but never wrong.

use std::collections::{HashMap, VecDeque};
use std::sync::{LazyLock, Mutex, PoisonError};

use gateway::Error;
use policy::{Kind, Policy, PolicyId, Source};
use store::Tx;

use crate::bucket::Found;
use crate::record::POLICIES;

type Version = [u8; 16];

/// Policies that stay compiled.
const ENTRIES_MAX: usize = 1024;

static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Cache {
    entries: HashMap<Version, Source>,
    /// The oldest first.
    order: VecDeque<Version>,
}

/// The compiled policy of the bucket, whose version is `version`.
///
/// # Errors
/// What the store says, and a kept policy that does not compile.
pub fn get(tx: &Tx, found: &Found, version: Version) -> Result<Source, Error> {
    let known = CACHE.lock().unwrap_or_else(PoisonError::into_inner).entries.get(&version).cloned();
    if let Some(source) = known {
        return Ok(source);
    }
    let kept = POLICIES.get(tx, found.id)?;
    let kept = kept.ok_or_else(|| Error::internal("a bucket without the policy it names"))?;
    let policy = Policy::parse(&kept.text, Kind::Bucket).map_err(Error::internal)?;
    let source = Source { policy, id: PolicyId::inline("BucketPolicy", &found.arn()) };
    CACHE.lock().unwrap_or_else(PoisonError::into_inner).insert(version, source.clone());
    Ok(source)
}

impl Cache {
    fn insert(&mut self, version: Version, source: Source) {
        if self.entries.insert(version, source).is_none() {
            self.order.push_back(version);
        }
        while self.order.len() > ENTRIES_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.entries.remove(&oldest);
            }
        }
    }
}
