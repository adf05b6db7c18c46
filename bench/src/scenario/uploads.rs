//! Multipart uploads: one with parts in parallel, and many at once for what they cost in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinSet;

use super::{BUCKET, Subject};
use crate::Failure;
use crate::client::{Client, Connection, accepted};
use crate::load;
use crate::plan::Plan;
use crate::report::Report;

const AT_ONCE: usize = 64;
const PARTS: usize = 3;
const PART: usize = 8 << 20;

/// 64 multipart uploads at once, 3 parts of 8 MiB each, and the most memory that the server had.
pub async fn uploads(
    plan: &Plan,
    on: &Subject<'_>,
    report: &mut Report,
    when: &str,
) -> Result<(), Failure> {
    let label = format!("64 uploads{when}");
    if !plan.wants(&label) {
        return Ok(());
    }
    on.bucket().await?;
    on.server.map_or(Ok(()), |server| server.forget_peak())?;
    let part = Bytes::from(vec![b'x'; PART]);
    let all = async || {
        let mut uploads = JoinSet::new();
        for number in 0..AT_ONCE {
            let (client, part) = (on.client.clone(), part.clone());
            let path = format!("{BUCKET}/uploads/{number}");
            uploads.spawn(async move { upload(&client, &path, PARTS, 1, &part).await });
        }
        while let Some(done) = uploads.join_next().await {
            done??;
        }
        Ok(())
    };
    let bytes = AT_ONCE * PARTS * PART;
    report.row(on.name, &label, load::again(on.server, Duration::ZERO, bytes, all).await?);
    if let Some(server) = on.server {
        let peak = format!("{:.1} MiB", server.peak_mib()?);
        report.note(&format!("{}: peak memory, {label}", on.name), peak);
    }
    for number in 0..AT_ONCE {
        let path = format!("{BUCKET}/uploads/{number}");
        on.client.must(&on.client.s3("DELETE", &path, "", Bytes::new())).await?;
    }
    Ok(())
}

/// One multipart upload of equal parts, over so many connections.
pub async fn upload(
    client: &Client,
    path: &str,
    parts: usize,
    connections: usize,
    part: &Bytes,
) -> Result<(), Failure> {
    let begun = client.must(&client.s3("POST", path, "uploads=", Bytes::new())).await?;
    let id = begun.element("UploadId").ok_or("no upload id")?;
    let next = Arc::new(AtomicUsize::new(1));
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let (client, path, id) = (client.clone(), path.to_owned(), id.clone());
        let (part, next) = (part.clone(), next.clone());
        tasks.spawn(async move {
            let mut connection = Connection::open(client.address).await?;
            let mut tags = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number > parts {
                    return Ok::<_, Failure>(tags);
                }
                let query = format!("partNumber={number}&uploadId={id}");
                let wire = client.s3("PUT", &path, &query, part.clone());
                let answer = accepted(connection.exchange(&wire, true).await?)?;
                tags.push((number, answer.header("etag").ok_or("no ETag")?.to_owned()));
            }
        });
    }
    let mut tags = Vec::new();
    while let Some(done) = tasks.join_next().await {
        tags.extend(done??);
    }
    tags.sort_unstable();
    let list: String = tags
        .iter()
        .map(|(number, tag)| {
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>")
        })
        .collect();
    let body = format!("<CompleteMultipartUpload>{list}</CompleteMultipartUpload>");
    let wire = client.s3("POST", path, &format!("uploadId={id}"), body.into());
    client.must(&wire).await.map(drop)
}
