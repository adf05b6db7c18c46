//! What to measure, from the command line.

use std::net::SocketAddr;
use std::time::Duration;

use crate::Failure;

#[derive(Clone)]
pub struct Plan {
    /// The binary to start; none where only peers are measured.
    pub wardian: Option<String>,
    pub seconds: Duration,
    /// How many keys a bucket is to hold when it is listed, in rising order; the first are put
    /// before everything else.
    pub keys: Vec<usize>,
    pub peers: Vec<Peer>,
    /// Whether Wardian's keys are written into its tables while it is stopped.
    pub loads: bool,
    /// Whether many users are made, and what they cost is measured, instead of all else.
    pub populates: bool,
    only: Vec<String>,
}

/// An S3 server that somebody else started.
#[derive(Clone)]
pub struct Peer {
    pub name: String,
    pub address: SocketAddr,
    pub credentials: (String, String),
}

impl Plan {
    pub fn read(arguments: &[String]) -> Result<Self, Failure> {
        let mut plan = Self {
            wardian: None,
            seconds: Duration::from_secs(5),
            keys: vec![100_000],
            peers: Vec::new(),
            loads: false,
            populates: false,
            only: Vec::new(),
        };
        let mut rest = arguments.iter();
        while let Some(flag) = rest.next() {
            if flag == "--load" {
                plan.loads = true;
                continue;
            }
            if flag == "--population" {
                plan.populates = true;
                continue;
            }
            let value = rest.next().ok_or_else(|| format!("{flag} needs a value"))?;
            match flag.as_str() {
                "--wardian" => plan.wardian = Some(value.clone()),
                "--seconds" => plan.seconds = Duration::from_secs(value.parse()?),
                "--keys" => {
                    plan.keys = value.split(',').map(str::parse).collect::<Result<_, _>>()?
                }
                "--only" => plan.only.push(value.clone()),
                "--peer" => plan.peers.push(Peer::read(value)?),
                other => return Err(format!("no such flag: {other}").into()),
            }
        }
        plan.keys.sort_unstable();
        if plan.wardian.is_none() && plan.peers.is_empty() {
            return Err("--wardian PATH, the release binary to measure, or --peer".into());
        }
        Ok(plan)
    }

    /// Whether a row of this name is asked for: all are, unless `--only` named beginnings.
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| name.starts_with(only.as_str()))
    }
}

impl Peer {
    /// NAME=URL,KEY,SECRET
    fn read(text: &str) -> Result<Self, Failure> {
        let form = "--peer NAME=http://ADDRESS:PORT,KEY,SECRET";
        let (name, rest) = text.split_once('=').ok_or(form)?;
        let mut parts = rest.split(',').map(str::to_owned);
        let (Some(url), Some(key), Some(secret)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(form.into());
        };
        let address = url.trim_start_matches("http://").trim_end_matches('/').parse()?;
        Ok(Self { name: name.to_owned(), address, credentials: (key, secret) })
    }
}
