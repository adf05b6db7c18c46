//! Listings among more keys than anybody wants to wait for: one object is put, and its rows are
//! written again under other keys, while the server is stopped.
//!
//! It knows no row's form, only that a key stands in some rows' keys as it is. What it makes can be
//! listed; small bodies cannot be read, for they are sealed for the key that they were put under.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use store::disk::Local;
use store::engine::{Embedded, Engine as _, Write};
use store::{KeyRange, Options, Store};

use super::objects::{list, spread};
use super::{BUCKET, Subject};
use crate::Failure;
use crate::plan::Plan;
use crate::process::Server;
use crate::report::Report;

/// As long as what [`spread`] gives, and none of it.
const TEMPLATE: &str = "fill/-template-object";
/// Keys that are written at once: each commit touches most pages.
const BATCH: u64 = 2_000_000;
const CACHE: usize = 2 << 30;
/// More rows than a server holds that was just started.
const PAGE: usize = 100_000;

pub async fn loaded(plan: &Plan, binary: &str, report: &mut Report) -> Result<(), Failure> {
    let mut server = Server::wardian(binary).await?;
    let on = Subject::ours("wardian", &server);
    on.bucket().await?;
    let put =
        on.client.s3("PUT", &format!("{BUCKET}/{TEMPLATE}"), "", Bytes::from_static(b"small"));
    on.client.must(&put).await?;
    let (mut done, mut template) = (0, Vec::new());
    for keys in &plan.keys {
        let (begun, more) = (Instant::now(), done..*keys as u64);
        server = server.reopened(binary, |data| write(data, &mut template, more)).await?;
        done = *keys as u64;
        let on = Subject::ours("wardian", &server);
        on.settle().await?;
        report.note("wardian: loaded", format!("{done} keys in {:?}", begun.elapsed()));
        list(plan, &on, *keys, report).await?;
        report.note("memory after it", format!("{:.1} MiB", server.memory_mib()?));
    }
    Ok(())
}

fn write(data: &Path, template: &mut Vec<Row>, turns: std::ops::Range<u64>) -> Result<(), Failure> {
    // Closed in good order, the store has nothing left in its log.
    let store = Store::open(data, Options::default())?;
    if template.is_empty() {
        *template = rows(&store)?;
    }
    drop(store);
    // A new log counts from where the tables are said to be.
    for log in ["keys.log.0", "keys.log.1"] {
        std::fs::remove_file(data.join(log))?;
    }
    let mut tables = Embedded::open(Arc::new(Local::new(data)?), "keys.redb", CACHE)?;
    let mut from = turns.start;
    while from < turns.end {
        let to = turns.end.min(from + BATCH);
        tables.commit(&copies(template, from..to)?)?;
        from = to;
    }
    Ok(())
}

type Row = (Bytes, Bytes);

/// The rows in whose keys the template's stands.
fn rows(store: &Store) -> Result<Vec<Row>, Failure> {
    let all = store.read(|tx| tx.scan(KeyRange::all(), PAGE))??;
    let rows: Vec<Row> = all.into_iter().filter(|(key, _)| place(key).is_some()).collect();
    if rows.is_empty() { Err("the template left no rows".into()) } else { Ok(rows) }
}

fn place(key: &[u8]) -> Option<usize> {
    key.windows(TEMPLATE.len()).position(|window| window == TEMPLATE.as_bytes())
}

/// The template's rows for each of the turns, in the order of their keys.
fn copies(template: &[Row], turns: std::ops::Range<u64>) -> Result<Vec<Write>, Failure> {
    let mut names: Vec<String> = turns.map(|turn| format!("fill/{}", spread(turn))).collect();
    names.sort_unstable();
    let mut writes = Vec::with_capacity(names.len() * template.len());
    for (key, value) in template {
        let place = place(key).ok_or("a row without the template's key")?;
        for name in &names {
            let mut copy = key.to_vec();
            copy[place..place + TEMPLATE.len()].copy_from_slice(name.as_bytes());
            writes.push(Write::Put(copy.into(), value.clone()));
        }
    }
    Ok(writes)
}
