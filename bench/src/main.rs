//! Measures Wardian against a floor (a bare hyper server) and, where given by URL, any S3 peer, in
//! one run.
//!
//! Everything is a ratio of two numbers from the same minutes on the same machine; nothing here
//! asserts. The load and the servers share the machine, so requests a second are the smaller for
//! it; CPU a request is read from `/proc` and is not.
//!
//!     cargo run --release -- --wardian ../target/release/wardian [--seconds 5] [--keys 100000] [--only NAME]
//!                            [--peer URL --peer-key KEY --peer-secret SECRET]

mod client;
mod floor;
mod load;
mod process;
mod report;
mod scenario;

use std::time::Duration;

use client::Client;
use process::Server;
use report::Report;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What to measure, from the command line.
#[derive(Clone)]
pub struct Plan {
    wardian: String,
    seconds: Duration,
    /// Objects put before the durable PUTs and the listing.
    keys: usize,
    only: Option<String>,
    peer: Option<(String, String, String)>,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if arguments.first().is_some_and(|word| word == "floor") {
        return runtime.block_on(floor::serve());
    }
    runtime.block_on(measure(&plan(&arguments)?))
}

async fn measure(plan: &Plan) -> Result<(), Failure> {
    let mut report = Report::default();
    let floor = Server::floor().await?;
    let wardian = Server::wardian(&plan.wardian).await?;
    report.note("start to first answer", format!("{:.0} ms", wardian.started.as_secs_f64() * 1e3));
    report.note("idle memory", format!("{:.1} MiB", wardian.memory_mib()?));
    scenario::floor(plan, &floor, &mut report).await?;
    scenario::identity(plan, &wardian, &mut report).await?;
    let client = Client::new(wardian.address, "", &wardian.credentials);
    scenario::objects(plan, "wardian", &client, Some(&wardian), &mut report).await?;
    report.note("memory after all", format!("{:.1} MiB", wardian.memory_mib()?));
    if let Some((url, key, secret)) = &plan.peer {
        let address = url.trim_start_matches("http://").trim_end_matches('/').parse()?;
        let client = Client::new(address, "", &(key.clone(), secret.clone()));
        scenario::objects(plan, "peer", &client, None, &mut report).await?;
    }
    scenario::alone(&mut report);
    println!("{report}");
    Ok(())
}

fn plan(arguments: &[String]) -> Result<Plan, Failure> {
    let value = |name: &str| {
        let place = arguments.iter().position(|word| word == name)?;
        arguments.get(place + 1).cloned()
    };
    let peer = match (value("--peer"), value("--peer-key"), value("--peer-secret")) {
        (Some(url), Some(key), Some(secret)) => Some((url, key, secret)),
        _ => None,
    };
    Ok(Plan {
        wardian: value("--wardian").ok_or("--wardian PATH: the release binary to measure")?,
        seconds: Duration::from_secs(value("--seconds").as_deref().unwrap_or("5").parse()?),
        keys: value("--keys").as_deref().unwrap_or("100000").parse()?,
        only: value("--only"),
        peer,
    })
}
