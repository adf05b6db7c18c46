//! Objects of all sizes: put, got, asked for, listed, put in parts, copied.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{BUCKET, Subject, uploads};
use crate::Failure;
use crate::floor::LARGE;
use crate::load;
use crate::plan::Plan;
use crate::report::Report;

/// Keys that large bodies go to in turn, so that they fit on the disk.
const LARGE_KEYS: u64 = 128;
const GIB: usize = 1 << 30;
const PART: usize = 8 << 20;
const PARALLEL: usize = 8;

pub async fn objects(plan: &Plan, on: &Subject<'_>, report: &mut Report) -> Result<(), Failure> {
    on.bucket().await?;
    let mut filled = 0;
    let (first, more) =
        plan.keys.split_first().map_or((0, &[][..]), |(first, more)| (*first, more));
    if plan.wants("PUT 1 KiB") || plan.wants("LIST") {
        fill(on, &mut filled, first, report).await?;
    }
    for (label, size) in [("1 KiB", 1024), ("64 KiB", 64 * 1024), ("16 MiB", LARGE)] {
        bodies(plan, on, report, label, size).await?;
    }
    gibibyte(plan, on, report).await?;
    list(plan, on, first, report).await?;
    for keys in more {
        if plan.wants("LIST") {
            fill(on, &mut filled, *keys, report).await?;
        }
        list(plan, on, *keys, report).await?;
    }
    Ok(())
}

async fn bodies(
    plan: &Plan,
    on: &Subject<'_>,
    report: &mut Report,
    label: &str,
    size: usize,
) -> Result<(), Failure> {
    let body = Bytes::from(vec![b'x'; size]);
    let name = label.replace(' ', "");
    let (client, load, folder) = (on.client.clone(), body.clone(), name.clone());
    let put = move |turn: u64| {
        let turn = if size == LARGE { turn % LARGE_KEYS } else { turn };
        client.s3("PUT", &format!("{BUCKET}/put/{folder}/{turn}"), "", load.clone())
    };
    on.run(plan, report, &format!("PUT {label}"), size, put).await?;
    let path = format!("{BUCKET}/get/{name}");
    on.client.must(&on.client.s3("PUT", &path, "", body)).await?;
    on.settle().await?;
    let (client, same) = (on.client.clone(), path.clone());
    let get = move |_| client.s3("GET", &same, "", Bytes::new());
    on.run(plan, report, &format!("GET {label}"), 0, get).await?;
    if size == 1024 {
        let client = on.client.clone();
        let head = move |_| client.s3("HEAD", &path, "", Bytes::new());
        on.run(plan, report, "HEAD", 0, head).await?;
    }
    Ok(())
}

/// Objects of 1 GiB: put in parts and at once, and each copied within the server. Of what came in
/// parts, the MD5 that is a copy's ETag is known to nobody yet.
async fn gibibyte(plan: &Plan, on: &Subject<'_>, report: &mut Report) -> Result<(), Failure> {
    const MULTIPART: &str = "multipart 1 GiB";
    const COPY: &str = "copy 1 GiB";
    const COPY_PARTS: &str = "copy 1 GiB of parts";
    let path = format!("{BUCKET}/large/parts");
    if plan.wants(MULTIPART) || plan.wants(COPY_PARTS) {
        let upload = async || {
            let part = Bytes::from(vec![b'x'; PART]);
            uploads::upload(&on.client, &path, GIB / PART, PARALLEL, &part).await
        };
        let seconds = if plan.wants(MULTIPART) { plan.seconds } else { Duration::ZERO };
        let measured = load::again(on.server, seconds, GIB, upload).await?;
        if plan.wants(MULTIPART) {
            report.row(on.name, MULTIPART, measured);
        }
        copy(plan, on, report, COPY_PARTS, &path).await?;
    }
    if plan.wants(COPY) {
        let path = format!("{BUCKET}/large/object");
        let body = Bytes::from(vec![b'x'; GIB]);
        on.client.must(&on.client.s3("PUT", &path, "", body)).await?;
        copy(plan, on, report, COPY, &path).await?;
    }
    Ok(())
}

/// Copies an object again and again, and deletes it and its copy.
async fn copy(
    plan: &Plan,
    on: &Subject<'_>,
    report: &mut Report,
    label: &str,
    path: &str,
) -> Result<(), Failure> {
    let to = format!("{BUCKET}/large/copy");
    if plan.wants(label) {
        on.settle().await?;
        let once = async || {
            let source = [("x-amz-copy-source", path)];
            on.client
                .must(&on.client.s3_with("PUT", &to, "", &source, Bytes::new()))
                .await
                .map(drop)
        };
        report.row(on.name, label, load::again(on.server, plan.seconds, GIB, once).await?);
    }
    for path in [path, &to] {
        on.client.must(&on.client.s3("DELETE", path, "", Bytes::new())).await?;
    }
    Ok(())
}

/// The first page of all, which stays warm, and pages that begin anywhere.
pub async fn list(
    plan: &Plan,
    on: &Subject<'_>,
    keys: usize,
    report: &mut Report,
) -> Result<(), Failure> {
    let client = on.client.clone();
    let query = "list-type=2&max-keys=1000&prefix=fill%2F";
    let first = move |_| client.s3("GET", BUCKET, query, Bytes::new());
    on.run(plan, report, &format!("LIST 1000 of {keys}"), 0, first).await?;
    let client = on.client.clone();
    let anywhere = move |turn: u64| {
        let after = format!("{query}&start-after=fill%2F{}", spread(turn.wrapping_mul(0x1_0001)));
        client.s3("GET", BUCKET, &after, Bytes::new())
    };
    on.run(plan, report, &format!("LIST anywhere 1000 of {keys}"), 0, anywhere).await
}

/// Puts small objects until there are `keys` of them.
async fn fill(
    on: &Subject<'_>,
    filled: &mut u64,
    keys: usize,
    report: &mut Report,
) -> Result<(), Failure> {
    let begun = Instant::now();
    while *filled < keys as u64 {
        let (client, base) = (on.client.clone(), *filled);
        let put = move |turn: u64| {
            let path = format!("{BUCKET}/fill/{}", spread(base + turn));
            client.s3("PUT", &path, "", Bytes::from_static(b"small"))
        };
        let slice = Duration::from_secs(5);
        let measured = load::run(on.client.address, on.server, 64, slice, 0, put).await?;
        *filled += measured.count;
    }
    report.note(&format!("{}: filled", on.name), format!("{filled} keys in {:?}", begun.elapsed()));
    on.settle().await
}

/// Spread like hashes: neighbours in time are no neighbours in order.
pub fn spread(turn: u64) -> String {
    format!("{:016x}", turn.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
