//! Measures Wardian against a floor (a bare hyper server) and, where given by URL, any S3 peers, in
//! one run.
//!
//! Everything is a ratio of two numbers from the same minutes on the same machine; nothing here
//! asserts. The load and the servers share the machine, so requests a second are the smaller for
//! it; CPU a request is read from `/proc` and is not. Peers that run here are watched likewise.
//!
//!     cargo run --release -- --wardian ../target/release/wardian [--seconds 5] [--keys 100000[,1000000..]]
//!                            [--load] [--population] [--only NAME].. [--peer NAME=URL,KEY,SECRET]..

mod client;
mod floor;
mod load;
mod plan;
mod process;
mod report;
mod scenario;

use client::Client;
use plan::Plan;
use process::Server;
use report::Report;
use scenario::Subject;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if arguments.first().is_some_and(|word| word == "floor") {
        return runtime.block_on(floor::serve());
    }
    runtime.block_on(measure(&Plan::read(&arguments)?))
}

async fn measure(plan: &Plan) -> Result<(), Failure> {
    let mut report = Report::default();
    scenario::floor(plan, &Server::floor().await?, &mut report).await?;
    match &plan.wardian {
        Some(binary) if plan.populates => scenario::population(plan, binary, &mut report).await?,
        Some(binary) if plan.loads => scenario::loaded(plan, binary, &mut report).await?,
        Some(binary) => wardian(plan, binary, &mut report).await?,
        None => {}
    }
    for peer in &plan.peers {
        let server = Server::running(peer.address, peer.credentials.clone());
        let client = Client::new(peer.address, "", &peer.credentials);
        let subject = Subject { name: &peer.name, client, server: server.as_ref() };
        scenario::uploads(plan, &subject, &mut report, "").await?;
        scenario::objects(plan, &subject, &mut report).await?;
    }
    if plan.wants("alone") {
        scenario::alone(&mut report);
    }
    println!("{report}");
    Ok(())
}

async fn wardian(plan: &Plan, binary: &str, report: &mut Report) -> Result<(), Failure> {
    let server = Server::wardian(binary).await?;
    report.note("start to first answer", format!("{:.0} ms", server.started.as_secs_f64() * 1e3));
    report.note("idle memory", format!("{:.1} MiB", server.memory_mib()?));
    let subject = |server| Subject::ours("wardian", server);
    // First, while the server holds nothing of other loads.
    scenario::uploads(plan, &subject(&server), report, "").await?;
    scenario::identity(plan, &server, report).await?;
    scenario::objects(plan, &subject(&server), report).await?;
    scenario::uploads(plan, &subject(&server), report, " after all").await?;
    report.note("memory after all", format!("{:.1} MiB", server.memory_mib()?));
    Ok(())
}
