//! `wardian serve`: puts the house together from flags, opens the door, and closes it in order.

mod announce;
mod bootstrap;
mod data;
mod open_files;
mod root_key;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gateway::clock::Clock as _;
use gateway::id::RandomIds;
use gateway::{Config, Gateway, Limits, Parts, Recorder};
use store::Blobs;
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;

use crate::cli::{BucketDefaults, ServeFlags, TlsMode};
use crate::clock::SystemClock;
use crate::event_log::EventLog;
use crate::failure::{Failure, Outcome, While as _};
use crate::{http, log};

pub use data::{TLS_DIR, default_dir, open_for_reading};
pub use root_key::{
    RootKey, data_dir_files, from_environment as root_key_of_environment, memory_file,
};

/// How often what is kept in memory for a while is written.
const FLUSH_EVERY: Duration = Duration::from_secs(5);
/// How many connections may wait to be accepted: of more, clients hear a second later.
const WAITING_MAX: u32 = 1024;
/// Threads that wait for disks, and encrypt and hash bodies meanwhile. None of them waits for another.
/// Each holds memory of its own, and a few suffice: beyond some dozens no disk writes faster.
const WAITERS_MAX: usize = 32;
const REST_AFTER_PANIC: Duration = Duration::from_secs(1);
/// How often bodies that nothing refers to are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// How long a sweep may go on when the server stops; the next start begins it anew.
const SWEEP_TIME_LEFT: Duration = Duration::from_secs(5);

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// What keeps the server from starting.
pub fn run(flags: &ServeFlags) -> Outcome {
    log::start(flags.log_format, flags.log_level);
    if !flags.listen.ip().is_loopback() && !is_tls(flags) && !flags.allow_plain_http {
        return Err(plain_http(flags.listen));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(WAITERS_MAX)
        .build()
        .cannot("start the runtime")?;
    let result = runtime.block_on(serve(flags));
    runtime.shutdown_timeout(SWEEP_TIME_LEFT);
    result
}

async fn serve(flags: &ServeFlags) -> Outcome {
    let stop = stop_signal()?;
    let data = data::open(flags)?;
    let listener = listen(flags.listen).map_err(|error| taken(flags, &error))?;
    let address = listener.local_addr().cannot("learn the address listened on")?;
    let root = root_key::prepare(flags, &data, address)?;
    let other_keys = bootstrap::accounts(flags, &data, &root).await?;
    let tls = tls(flags, &data)?;
    let gateway = gateway(flags, &data)?;
    if let Some(path) = &flags.decisions {
        let log = EventLog::open(path).cannot(format!("open the decisions {}", path.display()))?;
        gateway.record_decisions(Arc::new(log));
    }
    announce::print(flags, &data, &root, address);
    tracing::info!(%address, account = %flags.account_id, "ready");
    if other_keys > 0 {
        tracing::warn!(
            other_keys,
            "root has further access keys: `aws iam list-access-keys` as root shows them"
        );
    }
    let house = http::House {
        gateway: gateway.clone(),
        tls,
        trusted_proxies: flags.trusted_proxy.clone(),
        base_domains: flags.base_domain.clone(),
        connections_max: open_files::connections(),
    };
    let work = tokio::spawn(supervise(gateway.clone(), data.blobs.clone()));
    http::serve(listener, house, stop).await;
    work.abort();
    if let Err(error) = gateway.flush().await {
        tracing::error!(cause = error.cause(), "the last uses of keys were not written");
    }
    root.forget();
    tracing::info!("stopped");
    Ok(())
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A port that was left a moment ago is free; on Windows this would share one that is in use.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING_MAX)
}

fn gateway(flags: &ServeFlags, data: &data::Data) -> Outcome<Gateway> {
    let recorder = flags.event_log.as_ref().map(|path| {
        let log = EventLog::open(path).cannot(format!("open the event log {}", path.display()))?;
        Ok::<Arc<dyn Recorder>, Failure>(Arc::new(log))
    });
    let config = Config {
        account: flags.account_id,
        region: flags.region.clone(),
        base_domains: flags.base_domain.clone(),
        limits: Limits {
            quota_factor: flags.quota_factor.get(),
            lists_in_new_buckets: flags.bucket_defaults == BucketDefaults::Pre2023,
            customer_keys_over_http: flags.allow_sse_c_over_http,
            owner_display_names: flags.owner_display_names,
            ..Limits::default()
        },
    };
    let services = crate::services().cannot("read the services' permissions")?;
    Gateway::new(Parts {
        config,
        store: data.store.clone(),
        blobs: data.blobs.clone(),
        keyring: Arc::clone(&data.keyring),
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
        directory: bootstrap::directory(data),
        s3: services.s3,
        services: services.others,
        recorder: recorder.transpose()?,
    })
    .map_err(|error| Failure::new(format!("cannot start: {}", error.cause().unwrap_or("no cause"))))
}

/// Keeps the background at work, whatever befalls it.
async fn supervise(gateway: Gateway, blobs: Blobs) {
    let mut all = tokio::task::JoinSet::new();
    loop {
        all.spawn(background(gateway.clone(), blobs.clone()));
        if let Some(Err(error)) = all.join_next().await {
            tracing::error!(%error, "background work broke off and is begun anew");
        }
        tokio::time::sleep(REST_AFTER_PANIC).await;
    }
}

/// Steps of stacks, and what is written or swept now and then.
async fn background(gateway: Gateway, blobs: Blobs) {
    let flush = async {
        let mut beat = tokio::time::interval(FLUSH_EVERY);
        loop {
            beat.tick().await;
            if let Err(error) = gateway.flush().await {
                tracing::warn!(cause = error.cause(), "the last uses of keys wait to be written");
            }
        }
    };
    tokio::join!(gateway.work(), flush, sweep(&gateway, &blobs));
}

/// Deletes the bodies that no object refers to any more: of dropped buckets, and of uploads that a
/// crash broke off.
async fn sweep(gateway: &Gateway, blobs: &Blobs) {
    let mut beat = tokio::time::interval(SWEEP_EVERY);
    loop {
        beat.tick().await;
        let (store, blobs) = (gateway.store().clone(), blobs.clone());
        let swept = tokio::task::spawn_blocking(move || {
            // What cannot be asked is kept.
            blobs.sweep(&|id| !matches!(store.read(|tx| s3::referenced(tx, id)), Ok(Ok(false))))
        });
        match swept.await {
            Ok(Ok(swept)) => tracing::debug!(?swept, "bodies were swept"),
            Ok(Err(error)) => tracing::warn!(%error, "bodies wait to be swept"),
            Err(error) => tracing::error!(%error, "the sweep broke off"),
        }
    }
}

fn tls(flags: &ServeFlags, data: &data::Data) -> Outcome<Option<TlsAcceptor>> {
    match (&flags.tls_cert, &flags.tls_key, flags.tls) {
        (Some(chain), Some(key), _) => http::acceptor(chain, key).map(Some),
        (_, _, Some(TlsMode::SelfSigned)) => {
            let (ip, domains) = (flags.listen.ip(), &flags.base_domain);
            http::self_signed(&data.tls_dir()?, ip, domains, SystemClock.wall()).map(Some)
        }
        _ => Ok(None),
    }
}

const fn is_tls(flags: &ServeFlags) -> bool {
    flags.tls_cert.is_some() || flags.tls.is_some()
}

/// Completes at the first SIGTERM or SIGINT.
fn stop_signal() -> Outcome<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).cannot("listen for signals")?;
        let mut interrupt = signal(SignalKind::interrupt()).cannot("listen for signals")?;
        Ok(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

fn plain_http(listen: SocketAddr) -> Failure {
    Failure::new(format!(
        "{listen} can be reached by others, and without TLS they can read what you send"
    ))
    .hint(
        "Add --tls self-signed (then `wardian ca` prints what clients need to trust), or \
         --tls-cert and --tls-key;\n  behind a proxy that speaks TLS, or on a network you trust, add \
         --allow-plain-http.",
    )
}

fn taken(flags: &ServeFlags, error: &std::io::Error) -> Failure {
    let failure = Failure::new(format!("cannot listen on {}: {error}", flags.listen));
    if error.kind() == std::io::ErrorKind::AddrInUse {
        return failure
            .hint("Another program listens there. Choose another port with --listen, or 0.");
    }
    failure
}

/// Where the certificate of the authority of `--tls self-signed` stands under a directory of data.
pub fn ca_file(dir: &std::path::Path) -> PathBuf {
    dir.join(TLS_DIR).join(http::CA_FILE)
}
