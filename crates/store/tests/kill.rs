//! kill -9 under load: what was acknowledged before is there after, fifty times over.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use store::{BlobId, Blobs, Error, Keyring, Options, Store};

const ROUNDS: u64 = 50;
const THREADS: u64 = 4;
const DIR: &str = "WARDIAN_STORE_KILLED_IN";
const ROUND: &str = "WARDIAN_STORE_ROUND";

fn open(dir: &Path) -> (Store, Blobs) {
    let keyring = Arc::new(Keyring::open_dir(dir).unwrap());
    let store = Store::open(dir, Options { cache_bytes: 8 << 20, log_bytes: 64 << 10 }).unwrap();
    (store, Blobs::open(&dir.join("blobs"), keyring).unwrap())
}

#[test]
#[ignore = "the process that the test below starts and kills"]
fn writer_to_be_killed() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let round: u64 = std::env::var(ROUND).unwrap().parse().unwrap();
    let (store, blobs) = open(Path::new(&dir));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (store, blobs) = (&store, &blobs);
            scope.spawn(move || write_for_ever(store, blobs, round, thread));
        }
    });
}

fn write_for_ever(store: &Store, blobs: &Blobs, round: u64, thread: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for n in 0.. {
        let key = format!("{round:02}-{thread}-{n:06}");
        let blob = runtime.block_on(async {
            let mut writer = blobs.writer()?;
            writer.write(body(&key)).await?;
            writer.finish().await
        });
        let id = blob.unwrap().id.to_bytes();
        store
            .transact_blocking(|tx| {
                let count = tx.get(b"count")?.map_or(0, |count| number(&count));
                tx.put("count", (count + 1).to_string());
                tx.put(key.clone(), id.to_vec());
                tx.put(format!("also-{key}"), vec![1; 100]);
                Ok::<_, Error>(())
            })
            .unwrap();
        // One call, so that no line is torn.
        std::io::stdout().write_all(format!("acknowledged {key}\n").as_bytes()).unwrap();
    }
}

fn body(key: &str) -> Vec<u8> {
    key.as_bytes().repeat(400)
}

fn number(bytes: &[u8]) -> u64 {
    std::str::from_utf8(bytes).unwrap().parse().unwrap()
}

#[test]
fn fifty_kills_under_load_lose_nothing_acknowledged_and_tear_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["writer_to_be_killed", "--exact", "--ignored", "--nocapture"])
            .env(DIR, dir.path())
            .env(ROUND, round.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let key = |line: String| line.split("acknowledged ").nth(1).map(str::to_owned);
        let enough = 5 + (round * 37 % 60) as usize;
        let before = acknowledged.len();
        acknowledged.extend(lines.by_ref().filter_map(key).take(enough));
        child.kill().unwrap();
        acknowledged.extend(lines.filter_map(key));
        child.wait().unwrap();
        assert!(acknowledged.len() >= before + enough, "round {round}: the writer gave up");
        assert_kept(dir.path(), &acknowledged, round);
    }
    let (store, _) = open(dir.path());
    assert!(store.check().unwrap());
}

fn assert_kept(dir: &Path, acknowledged: &[String], round: u64) {
    let (store, blobs) = open(dir);
    let pairs = store.read(|tx| tx.scan(.., usize::MAX)).unwrap().unwrap();
    let found: BTreeMap<String, Vec<u8>> = pairs
        .into_iter()
        .map(|(key, value)| (String::from_utf8(key.to_vec()).unwrap(), value.to_vec()))
        .collect();
    for key in acknowledged {
        assert!(found.contains_key(key), "round {round}: {key} is lost");
        assert!(found.contains_key(&format!("also-{key}")), "round {round}: {key} is torn");
    }
    let written = (found.len() as u64 - 1) / 2;
    assert_eq!(number(&found["count"]), written, "round {round}: the count is torn");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let this_round = format!("{round:02}-");
    for (key, id) in found.iter().filter(|(key, _)| key.starts_with(&this_round)) {
        let id = BlobId::from_bytes(id.as_slice().try_into().unwrap());
        let expected = body(key);
        let bytes = runtime.block_on(async {
            let mut reader = blobs.read(&id, 0..expected.len() as u64).await.unwrap();
            let mut bytes = Vec::new();
            while let Some(piece) = reader.next().await {
                bytes.extend_from_slice(&piece.unwrap());
            }
            bytes
        });
        assert!(bytes == expected, "round {round}: the blob of {key} is torn");
    }
}
