//! What blobs owe: the bytes of each range, checked; durable when finished; gone when deleted.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use store::disk::{Disk, Local, Simulated};
use store::{Blob, BlobId, Blobs, Error, Keyring};

const CHUNK: u64 = 64 * 1024;
const BATCH: u64 = 8 * CHUNK;

fn keyring() -> Arc<Keyring> {
    Arc::new(Keyring::from_bytes([3; 32]))
}

fn on(disk: &Simulated) -> Blobs {
    Blobs::open_on(Arc::new(disk.clone()), keyring()).unwrap()
}

fn body(len: u64) -> Vec<u8> {
    (0..len).map(|n| (n * 31 + n / 251) as u8).collect()
}

async fn write(blobs: &Blobs, body: &[u8]) -> Result<Blob, Error> {
    let mut writer = blobs.writer()?;
    for part in body.chunks(100_000) {
        writer.write(part.to_vec()).await?;
    }
    writer.finish().await
}

async fn read(blobs: &Blobs, id: &BlobId, range: Range<u64>) -> Result<Vec<u8>, Error> {
    let mut reader = blobs.read(id, range).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = reader.next().await {
        bytes.extend_from_slice(&piece?);
    }
    Ok(bytes)
}

fn paths(disk: &dyn Disk) -> Vec<String> {
    let mut paths = Vec::new();
    for directory in disk.list("files").unwrap() {
        let directory = format!("files/{directory}");
        paths.extend(disk.list(&directory).unwrap().iter().map(|n| format!("{directory}/{n}")));
    }
    paths.extend(disk.list("segments").unwrap().iter().map(|name| format!("segments/{name}")));
    paths
}

#[tokio::test]
async fn each_range_of_each_length_reads_back_wherever_blobs_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let local = Blobs::open(dir.path(), keyring()).unwrap();
    let memory = Blobs::memory(keyring()).unwrap();
    for blobs in [local, memory, on(&Simulated::new())] {
        for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH + 77]
        {
            let body = body(len);
            let blob = write(&blobs, &body).await.unwrap();
            assert_eq!(blob.len, len);
            let ends = [0, 1, CHUNK - 1, CHUNK, 5 * CHUNK + 3, BATCH, len / 2, len.max(1) - 1, len];
            for start in ends {
                for end in ends.iter().copied().filter(|end| start <= *end && *end <= len) {
                    let expected = &body[start as usize..end as usize];
                    let bytes = read(&blobs, &blob.id, start..end).await.unwrap();
                    assert!(bytes == expected, "{start}..{end} of {len}");
                }
            }
            assert_eq!(blobs.read(&blob.id, 0..len).await.unwrap().len(), len);
            let outside = read(&blobs, &blob.id, 0..len + 1).await;
            assert!(matches!(outside, Err(Error::Range { .. })));
        }
    }
}

#[tokio::test]
async fn many_writers_at_once_each_get_their_own_bytes_back_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(dir.path(), keyring()).unwrap();
    let writers = (0..64u64).map(|n| {
        let blobs = blobs.clone();
        tokio::spawn(async move {
            let body = body(3_000 + n * 1_111);
            (write(&blobs, &body).await.unwrap(), body)
        })
    });
    let mut written = Vec::new();
    for writer in writers.collect::<Vec<_>>() {
        written.push(writer.await.unwrap());
    }
    drop(blobs);
    let blobs = Blobs::open(dir.path(), keyring()).unwrap();
    write(&blobs, b"behind the restart").await.unwrap();
    for (blob, body) in written {
        assert!(read(&blobs, &blob.id, 0..blob.len).await.unwrap() == body);
    }
}

#[tokio::test]
async fn a_changed_bit_or_a_cut_shows_before_a_byte_of_its_chunk_is_served() {
    let disk = Simulated::new();
    let blobs = on(&disk);
    for len in [100, CHUNK, CHUNK + 100, BATCH + CHUNK + 100] {
        let blob = write(&blobs, &body(len)).await.unwrap();
        let path = paths(&disk).into_iter().find(|path| match place(&blob.id) {
            Some((segment, _)) => *path == format!("segments/{segment:016x}"),
            None => path.ends_with(&format!("{:?}", blob.id)),
        });
        let file = disk.open(&path.unwrap()).unwrap();
        let offset = place(&blob.id).map_or(0, |(_, offset)| offset);
        assert_eq!(place(&blob.id).is_some(), len <= CHUNK);
        let stored = 120 + len + len.div_ceil(CHUNK) * 16;
        for at in (0..stored).filter(|at| *at < 130 || at % 1009 == 0 || stored - at < 20) {
            let mut byte = [0];
            file.read_at(offset + at, &mut byte).unwrap();
            file.write_at(offset + at, &[byte[0] ^ 0x10]).unwrap();
            let result = read(&blobs, &blob.id, 0..len).await;
            assert!(result.is_err(), "byte {at} of {len}");
            file.write_at(offset + at, &byte).unwrap();
        }
        assert!(read(&blobs, &blob.id, 0..len).await.is_ok());
        if len > BATCH {
            for cut in [stored - 1, 120 + 17 * (CHUNK + 16), 120, 60] {
                file.set_len(cut).unwrap();
                let cut = read(&blobs, &blob.id, len - 1..len).await;
                assert!(matches!(cut, Err(Error::Corrupt(_))));
            }
        }
    }
}

/// The segment and the offset in it, as the id says them; none for a file of its own.
fn place(id: &BlobId) -> Option<(u64, u64)> {
    let number = u128::from_be_bytes(id.to_bytes());
    (number >> 127 == 0).then_some(((number >> 64) as u64, (number >> 32) as u64 & 0xFFFF_FFFF))
}

#[tokio::test]
async fn a_blob_of_another_master_key_does_not_open_and_survives_a_sweep() {
    let disk = Simulated::new();
    let small = write(&on(&disk), b"small").await.unwrap();
    let other = Arc::new(Keyring::from_bytes([4; 32]));
    let blobs = Blobs::open_on(Arc::new(disk.clone()), other).unwrap();
    assert!(matches!(read(&blobs, &small.id, 0..5).await, Err(Error::Key(_))));
    blobs.sweep(&|_| false).unwrap();
    assert_eq!(read(&on(&disk), &small.id, 0..5).await.unwrap(), b"small");
}

#[tokio::test]
async fn a_dropped_writer_leaves_nothing() {
    let disk = Simulated::new();
    let blobs = on(&disk);
    let mut writer = blobs.writer().unwrap();
    writer.write(body(3 * BATCH)).await.unwrap();
    drop(writer);
    drop(blobs.writer().unwrap());
    // The write under way ends on another thread; deletions are settled behind it.
    while !paths(&disk).is_empty() {
        tokio::task::yield_now().await;
        blobs.settle();
    }
}

#[tokio::test]
async fn a_deleted_blob_is_gone_once_nobody_reads_it() {
    for len in [5_000, 2 * BATCH] {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path(), keyring()).unwrap();
        let body = body(len);
        let blob = write(&blobs, &body).await.unwrap();
        let mut reader = blobs.read(&blob.id, 0..len).await.unwrap();
        let pin = blobs.pin(&blob.id);
        blobs.delete(&blob.id);
        blobs.settle();
        let mut bytes = Vec::new();
        while let Some(piece) = reader.next().await {
            bytes.extend_from_slice(&piece.unwrap());
        }
        assert!(bytes == body);
        drop(reader);
        blobs.settle();
        assert!(read(&blobs, &blob.id, 0..len).await.is_ok(), "it is still pinned");
        drop(pin);
        blobs.settle();
        assert!(matches!(read(&blobs, &blob.id, 0..len).await, Err(Error::NoSuchBlob)));
    }
}

#[tokio::test]
async fn a_sweep_takes_what_is_old_and_unreferenced_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(dir.path(), keyring()).unwrap();
    let mut ids = Vec::new();
    for len in [5_000, 6_000, 2 * BATCH, 2 * BATCH + 1] {
        ids.push(write(&blobs, &body(len)).await.unwrap().id);
    }
    let referenced = |id: &BlobId| *id == ids[0] || *id == ids[2];
    let none = blobs.sweep(&referenced).unwrap();
    assert_eq!((none.deleted, none.segments), (0, 0), "all are young");
    let mut draft = blobs.writer().unwrap();
    draft.write(body(2 * BATCH)).await.unwrap();
    let pin = blobs.pin(&ids[3]);
    assert_eq!(blobs.sweep(&referenced).unwrap().deleted, 1);
    drop(pin);
    assert_eq!(blobs.sweep(&referenced).unwrap().deleted, 1);
    assert!(draft.finish().await.is_ok());
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(read(&blobs, id, 0..5_000).await.is_ok(), n % 2 == 0, "blob {n}");
    }
    drop(blobs);
    let blobs = Blobs::open(dir.path(), keyring()).unwrap();
    let swept = blobs.sweep(&|_| false).unwrap();
    assert_eq!((swept.deleted, swept.segments), (3, 2), "a restart makes all old");
    assert_eq!(paths(&Local::new(dir.path()).unwrap()), Vec::<String>::new());
}

/// Writes blobs of both kinds until one fails.
async fn run(disk: &Simulated) -> Vec<(Blob, u64)> {
    let mut finished = Vec::new();
    let Ok(blobs) = Blobs::open_on(Arc::new(disk.clone()), keyring()) else { return finished };
    for len in [3_000, 70_000, BATCH + 5, 10, 2 * BATCH] {
        match write(&blobs, &body(len)).await {
            Ok(blob) => finished.push((blob, len)),
            Err(_) => break,
        }
    }
    finished
}

#[tokio::test]
async fn a_power_cut_at_any_call_loses_no_finished_blob() {
    let whole = Simulated::new();
    assert_eq!(run(&whole).await.len(), 5);
    for call in 1..=whole.calls() {
        let disk = Simulated::new();
        disk.cut_power(call);
        let finished = run(&disk).await;
        for seed in 0..3 {
            let after = disk.after_power_cut(seed);
            let blobs = on(&after);
            let kept: BTreeSet<BlobId> = finished.iter().map(|(blob, _)| blob.id).collect();
            for (blob, len) in &finished {
                let bytes = read(&blobs, &blob.id, 0..*len).await;
                assert!(bytes.unwrap() == body(*len), "cut at {call}, image {seed}");
            }
            blobs.sweep(&|id| kept.contains(id)).unwrap();
            for (blob, len) in &finished {
                assert!(read(&blobs, &blob.id, 0..*len).await.is_ok(), "swept at {call}");
            }
            write(&blobs, &body(3_000)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn whichever_call_of_the_disk_fails_finished_blobs_stay_and_the_next_ones_are_written() {
    for call in 1.. {
        let disk = Simulated::new();
        let blobs = on(&disk);
        let before = disk.calls();
        disk.fail(call);
        let mut finished = Vec::new();
        let mut failures = 0;
        for len in [3_000, 70_000, BATCH + 5, 10, 2 * BATCH, 5_000] {
            match write(&blobs, &body(len)).await {
                Ok(blob) => finished.push((blob, len)),
                Err(_) => failures += 1,
            }
        }
        assert!(failures <= 1, "call {call}: {failures} failures for one fault");
        let met = disk.calls() >= before + call;
        disk.fail(0);
        for (blob, len) in finished {
            assert!(read(&blobs, &blob.id, 0..len).await.unwrap() == body(len));
        }
        if !met {
            break;
        }
    }
}

#[tokio::test]
async fn a_full_disk_says_so_and_blobs_are_still_read() {
    let disk = Simulated::new();
    let blobs = on(&disk);
    let blob = write(&blobs, &body(50_000)).await.unwrap();
    disk.set_capacity(Some(disk.used() + 1_000));
    for len in [5_000, 2 * BATCH] {
        assert!(matches!(write(&blobs, &body(len)).await, Err(Error::Full)));
        assert!(read(&blobs, &blob.id, 0..50_000).await.is_ok());
    }
    disk.set_capacity(None);
    for len in [5_000, 2 * BATCH] {
        write(&blobs, &body(len)).await.unwrap();
    }
}
