//! The numbers of `docs/decisions/0001-keys-transactions-blobs.md`, measured anew:
//! `cargo run --release -p store --example measure -- DIR [KEYS]`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement reads the clock and prints"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use store::disk::{Disk, Local};
use store::{Blobs, Error, KeyRange, Keyring, Options, Store};

const SPAN: Duration = Duration::from_secs(1);
const ROUNDS: usize = 4;
const VOLUME: usize = 32 << 20;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let preloaded = std::env::args().nth(2).map_or(200_000, |n| n.parse().unwrap());
    let dir = tempfile::tempdir_in(dir).unwrap();
    keys(&dir.path().join("store"), preloaded);
    small_blobs(dir.path()).await;
    large_blobs(dir.path()).await;
}

fn key(n: u64) -> Vec<u8> {
    format!("bucket-{:03}/{:016x}", n % 50, n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).into_bytes()
}

fn keys(dir: &Path, preloaded: u64) {
    let store = Store::open(dir, Options::default()).unwrap();
    for page in 0..preloaded / 5000 {
        put(&store, page * 5000..(page + 1) * 5000);
    }
    for writers in [1, 16, 64] {
        let next = AtomicU64::new(preloaded + writers * 1_000_000);
        let rate = per_second(writers, || {
            let n = next.fetch_add(1, Ordering::Relaxed);
            put(&store, n..n + 1);
        });
        println!("durable put of 400 bytes, {writers:2} writers: {rate:8.0}/s");
    }
    let started = Instant::now();
    for n in 0..100_000 {
        store.read(|tx| tx.get(&key(n * 7 % preloaded))).unwrap().unwrap().unwrap();
    }
    println!("point read: {:.1} µs", started.elapsed().as_secs_f64() * 10.0);
    let started = Instant::now();
    for n in 0..1000 {
        let range = KeyRange::all().from(&key(n));
        store.read(|tx| tx.scan(range, 1000)).unwrap().unwrap();
    }
    println!("scan of 1000: {:.0} µs", started.elapsed().as_secs_f64() * 1000.0);
}

fn put(store: &Store, range: std::ops::Range<u64>) {
    let write = |tx: &mut store::Tx| {
        range.clone().for_each(|n| tx.put(key(n), vec![7; 400]));
        Ok::<_, Error>(())
    };
    store.transact_blocking(write).unwrap();
}

fn per_second(threads: u64, f: impl Fn() + Sync) -> f64 {
    let (count, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    f();
                    count.fetch_add(1, Ordering::Relaxed);
                    if started.elapsed() > SPAN {
                        stop.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    count.into_inner() as f64 / started.elapsed().as_secs_f64()
}

/// The best of several short rounds: a disk that is busy with others, or has used up its burst,
/// says nothing about either way.
async fn small_blobs(dir: &Path) {
    let files: Arc<dyn Disk> = Arc::new(Local::new(dir.join("alone")).unwrap());
    let blobs = Blobs::open(&dir.join("segments"), keyring()).unwrap();
    let names = Arc::new(AtomicU64::new(0));
    for len in [4, 16, 64, 256, 1023] {
        for writers in [1, 16] {
            let (mut alone, mut as_blobs) = (0f64, 0f64);
            let count = (VOLUME / (len << 10)).min(4000) / writers;
            for _ in 0..ROUNDS {
                let body: Arc<[u8]> = vec![7u8; len << 10].into();
                let rate = rounds(writers, count, |_| {
                    let (files, body, names) = (files.clone(), body.clone(), names.clone());
                    tokio::task::spawn_blocking(move || {
                        for _ in 0..count {
                            plain_file(&*files, names.fetch_add(1, Ordering::Relaxed), &body);
                        }
                    })
                });
                alone = alone.max(rate.await);
                let rate = rounds(writers, count, |_| {
                    let (blobs, body) = (blobs.clone(), body.clone());
                    tokio::spawn(async move {
                        for _ in 0..count {
                            let mut writer = blobs.writer().unwrap();
                            writer.write(body.to_vec()).await.unwrap();
                            writer.finish().await.unwrap();
                        }
                    })
                });
                as_blobs = as_blobs.max(rate.await);
            }
            println!(
                "blob of {len:4} KiB, {writers:2} writers: a plain file each {alone:7.0}/s, \
                 as a blob {as_blobs:7.0}/s"
            );
        }
    }
}

fn plain_file(files: &dyn Disk, name: u64, body: &[u8]) {
    let file = files.create(&format!("{name:016x}")).unwrap();
    file.write_at(0, body).unwrap();
    file.sync().unwrap();
    files.sync_dir("").unwrap();
}

async fn rounds(
    writers: usize,
    count: usize,
    f: impl Fn(usize) -> tokio::task::JoinHandle<()>,
) -> f64 {
    let started = Instant::now();
    for task in (0..writers).map(f).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    (writers * count) as f64 / started.elapsed().as_secs_f64()
}

async fn large_blobs(dir: &Path) {
    let blobs = Blobs::open(&dir.join("large"), keyring()).unwrap();
    let part = vec![7u8; 256 << 10];
    let started = Instant::now();
    let mut ids = Vec::new();
    for _ in 0..20 {
        let mut writer = blobs.writer().unwrap();
        for _ in 0..64 {
            writer.write(part.to_vec()).await.unwrap();
        }
        ids.push(writer.finish().await.unwrap());
    }
    let mib = 20.0 * 16.0;
    println!("write of 16 MiB: {:.0} MiB/s", mib / started.elapsed().as_secs_f64());
    let started = Instant::now();
    for blob in &ids {
        let mut reader = blobs.read(&blob.id, 0..blob.len).await.unwrap();
        while let Some(piece) = reader.next().await {
            piece.unwrap();
        }
    }
    println!("read of 16 MiB: {:.0} MiB/s", mib / started.elapsed().as_secs_f64());
}

fn keyring() -> Arc<Keyring> {
    Arc::new(Keyring::ephemeral().unwrap())
}
