//! Background work: a queue in the store, ordered by due time, advanced by
//! [`crate::Gateway::tick`].
//!
//! A step runs in one transaction with the removal of its item and the queueing of the next, so a
//! crash never repeats or loses one. There is no worker state outside the store: a restart goes on
//! where the last commit left it.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::Timestamp;
use minicbor::{Decode, Encode};
use store::{Record, Table, Tx};

use crate::authenticate::Who;
use crate::gateway::Core;
use crate::request::RequestFacts;
use crate::{Caller, Cx, Error, Identity};

/// By due milliseconds, then by the order of queueing.
const QUEUE: Table<(u64, String), Item> = Table::new(crate::tables::QUEUE);

/// How many items one look at the queue takes.
const BATCH: usize = 16;

#[derive(Debug, Clone, Encode, Decode)]
struct Item {
    /// `cloudformation:step`
    #[n(0)]
    job: String,
    #[n(1)]
    region: String,
    #[cbor(n(2), with = "minicbor::bytes")]
    payload: Vec<u8>,
}

impl Record for Item {
    const VERSION: u8 = 1;
}

pub fn put(
    tx: &mut Tx,
    core: &Core,
    job: String,
    region: &str,
    due: Timestamp,
    payload: Vec<u8>,
) -> Result<(), Error> {
    let key = (millis(due), crate::id::uuid(core.ids.as_ref()));
    QUEUE.put(tx, &key, &Item { job, region: region.to_owned(), payload })?;
    let work = core.work.clone();
    tx.on_commit(Box::new(move || work.notify_one()));
    Ok(())
}

/// Runs what is due until nothing is. What fails stays queued, and holds up nothing behind it.
pub async fn run_due(core: &Arc<Core>) -> Result<usize, Error> {
    let mut steps = 0;
    let mut failed = BTreeMap::new();
    loop {
        let now = millis(core.now(core.clock.wall()));
        let mut due =
            core.store.read(|tx| first(tx, now, BATCH.saturating_add(failed.len())))??;
        due.retain(|key| !failed.contains_key(key));
        if due.is_empty() {
            return failed.into_values().next().map_or(Ok(steps), Err);
        }
        for key in due {
            match crate::panic::caught(run(core, &key)).await.flatten() {
                Ok(ran) => steps += usize::from(ran),
                Err(error) => drop(failed.insert(key, error)),
            }
        }
    }
}

/// Runs work as it falls due. Woken by new work and by changes of AWS time; looks again at least
/// each second.
pub async fn work(core: &Arc<Core>) {
    loop {
        if let Err(error) = run_due(core).await {
            tracing::error!(cause = error.cause(), "background work failed, it stays queued");
        }
        let woken = core.work.notified();
        let _ = tokio::time::timeout(std::time::Duration::from_secs(1), woken).await;
    }
}

/// Runs one item in one transaction; false where somebody else did.
async fn run(core: &Arc<Core>, key: &(u64, String)) -> Result<bool, Error> {
    let facts = RequestFacts::of_service(core, &core.config.region);
    core.store
        .transact(|tx| {
            let Some(item) = QUEUE.get(tx, key)? else { return Ok(false) };
            QUEUE.delete(tx, key);
            let before = tx.savepoint();
            if let Err(error) = step(core, tx, &facts, &item) {
                if error.status() >= 500 {
                    return Err(error);
                }
                tx.rollback(before);
                tracing::error!(job = item.job, %error, "background work was refused and dropped");
            }
            Ok(true)
        })
        .await
}

fn step(core: &Arc<Core>, tx: &mut Tx, facts: &RequestFacts, item: &Item) -> Result<(), Error> {
    let (service, job) = item.job.split_once(':').unwrap_or_default();
    let service =
        core.service(service).ok_or_else(|| Error::internal("work of an unknown service"))?;
    let job = service.jobs.get(job).ok_or_else(|| Error::internal("work of an unknown kind"))?;
    let facts = RequestFacts { region: item.region.clone(), ..facts.clone() };
    let caller = Caller {
        identity: Identity::Service(format!("{}.amazonaws.com", service.name())),
        ..Caller::anonymous(core.config.account)
    };
    let who = Who::of_service(caller, facts.now);
    let mut cx = Cx::new(tx, core, service, "", &who, &facts);
    let done = job(&mut cx, &item.payload);
    let done = cx.fault.take().map_or(done, Err);
    let events = std::mem::take(&mut cx.events);
    crate::event::record_calls(core, cx.tx, events, done.is_ok());
    keep_decisions(core, tx, &who, done.is_ok());
    done
}

/// Keeps the decisions of a step's calls: once the step is durable, or at once those that were
/// refused.
fn keep_decisions(core: &Arc<Core>, tx: &mut Tx, who: &Who, done: bool) {
    let calls = who.trail.take_calls();
    if done && !calls.is_empty() {
        let core = Arc::clone(core);
        return tx.on_commit(Box::new(move || {
            calls.into_iter().for_each(|call| core.decisions.keep(call));
        }));
    }
    calls.into_iter().filter(|call| call.is_denied()).for_each(|call| core.decisions.keep(call));
}

fn first(tx: &Tx, now: u64, limit: usize) -> Result<Vec<(u64, String)>, Error> {
    let items = QUEUE.scan(tx, QUEUE.all(), limit)?;
    Ok(items.into_iter().map(|(key, _)| key).take_while(|(due, _)| *due <= now).collect())
}

fn millis(at: Timestamp) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or(0)
}
