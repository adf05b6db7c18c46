//! Load: some connections, each one request after another, for some seconds.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::client::{Connection, Wire};
use crate::process::Server;

/// What a load saw.
#[derive(Clone, Copy, Default)]
pub struct Measured {
    pub count: u64,
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    /// Of the server; none where it is not ours to watch.
    pub cpu_micros: Option<f64>,
    /// Bytes of bodies in and out, a second.
    pub mib_per_second: f64,
}

/// Sends what `make` gives for 0, 1, 2, .. over `connections` connections.
pub async fn run(
    address: SocketAddr,
    server: Option<&Server>,
    connections: usize,
    seconds: Duration,
    sent_bytes: usize,
    make: impl Fn(u64) -> Wire + Send + Sync + 'static,
) -> Result<Measured, Failure> {
    let make = Arc::new(make);
    let next = Arc::new(AtomicU64::new(0));
    let before = server.map(Server::cpu_seconds).transpose()?;
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (make, next) = (make.clone(), next.clone());
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(address).await?;
            let (mut latencies, mut bytes) = (Vec::new(), 0usize);
            while begun.elapsed() < seconds {
                let wire = make(next.fetch_add(1, Ordering::Relaxed));
                let sent = Instant::now();
                let answer = connection.exchange(&wire, false).await?;
                if !(200..300).contains(&answer.status) {
                    return Err(format!("status {} under load", answer.status).into());
                }
                latencies.push(sent.elapsed());
                bytes += answer.length + sent_bytes;
            }
            Ok::<_, Failure>((latencies, bytes))
        }));
    }
    let (mut latencies, mut bytes) = (Vec::new(), 0);
    for task in tasks {
        let (own, moved) = task.await??;
        latencies.extend(own);
        bytes += moved;
    }
    let elapsed = begun.elapsed();
    let after = server.map(Server::cpu_seconds).transpose()?;
    let cpu_seconds = before.zip(after).map(|(before, after)| after - before);
    Ok(measured(latencies, elapsed, cpu_seconds, bytes))
}

/// Does one long thing again and again, one at a time, at least once: what takes seconds.
pub async fn again(
    server: Option<&Server>,
    seconds: Duration,
    bytes: usize,
    mut once: impl AsyncFnMut() -> Result<(), Failure>,
) -> Result<Measured, Failure> {
    let before = server.map(Server::cpu_seconds).transpose()?;
    let begun = Instant::now();
    let mut latencies = Vec::new();
    while latencies.is_empty() || begun.elapsed() < seconds {
        let sent = Instant::now();
        once().await?;
        latencies.push(sent.elapsed());
    }
    let elapsed = begun.elapsed();
    let after = server.map(Server::cpu_seconds).transpose()?;
    let cpu_seconds = before.zip(after).map(|(before, after)| after - before);
    let bytes = bytes * latencies.len();
    Ok(measured(latencies, elapsed, cpu_seconds, bytes))
}

fn measured(
    mut latencies: Vec<Duration>,
    elapsed: Duration,
    cpu_seconds: Option<f64>,
    bytes: usize,
) -> Measured {
    latencies.sort_unstable();
    let elapsed = elapsed.as_secs_f64();
    let count = latencies.len().max(1) as f64;
    let at = |share: f64| latencies.get((count * share) as usize).copied().unwrap_or_default();
    Measured {
        count: latencies.len() as u64,
        per_second: count / elapsed,
        p50: at(0.50),
        p99: at(0.99),
        cpu_micros: cpu_seconds.map(|seconds| seconds * 1e6 / count),
        mib_per_second: bytes as f64 / elapsed / (1024.0 * 1024.0),
    }
}
