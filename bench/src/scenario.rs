//! What is measured, one file a theme.

mod alone;
mod identity;
mod loaded;
mod objects;
mod population;
mod uploads;

use std::time::Duration;

pub use alone::alone;
use bytes::Bytes;
pub use identity::identity;
pub use loaded::loaded;
pub use objects::objects;
pub use population::population;
pub use uploads::uploads;

use crate::Failure;
use crate::client::{Client, Wire, plain};
use crate::load;
use crate::plan::Plan;
use crate::process::Server;
use crate::report::Report;

const CONNECTIONS: usize = 16;
const BUCKET: &str = "/bench-bucket";

/// A server under load.
pub struct Subject<'a> {
    pub name: &'a str,
    pub client: Client,
    /// What can be watched of it.
    pub server: Option<&'a Server>,
}

impl<'a> Subject<'a> {
    pub fn ours(name: &'a str, server: &'a Server) -> Self {
        let client = Client::new(server.address, "", &server.credentials);
        Self { name, client, server: Some(server) }
    }

    /// The bucket, made unless it is there.
    async fn bucket(&self) -> Result<(), Failure> {
        if self.client.send(&self.client.s3("HEAD", BUCKET, "", Bytes::new())).await?.status != 200
        {
            self.client.must(&self.client.s3("PUT", BUCKET, "", Bytes::new())).await?;
        }
        Ok(())
    }

    /// Loads the server with what `make` gives, if a row of this name is asked for.
    async fn run(
        &self,
        plan: &Plan,
        report: &mut Report,
        label: &str,
        size: usize,
        make: impl Fn(u64) -> Wire + Send + Sync + 'static,
    ) -> Result<(), Failure> {
        if !plan.wants(label) {
            return Ok(());
        }
        let address = self.client.address;
        let run = load::run(address, self.server, CONNECTIONS, plan.seconds, size, make);
        report.row(self.name, label, run.await?);
        Ok(())
    }

    /// Waits until the server has done what the load before left to it: the next load's costs are
    /// its own.
    async fn settle(&self) -> Result<(), Failure> {
        let Some(server) = self.server else { return Ok(()) };
        for _ in 0..60 {
            let before = server.cpu_seconds()?;
            tokio::time::sleep(Duration::from_millis(500)).await;
            if server.cpu_seconds()? - before < 0.02 {
                break;
            }
        }
        Ok(())
    }
}

pub async fn floor(plan: &Plan, server: &Server, report: &mut Report) -> Result<(), Failure> {
    let address = server.address;
    let run = async |path: &str| {
        let wire = plain(address, path);
        load::run(address, Some(server), CONNECTIONS, plan.seconds, 0, move |_| wire.clone()).await
    };
    let measured = run("/small").await?;
    report.floor_cpu = measured.cpu_micros;
    report.row("floor", "200 bytes", measured);
    if plan.wants("GET 16 MiB") {
        report.row("floor", "16 MiB", run("/large").await?);
    }
    Ok(())
}
