//! The flags of `wardian serve`.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use gateway::AccountId;
use ipnet::IpNet;

use super::{DataFlags, value};
use crate::log;

const SERVE_EXAMPLES: &str = "\
Every flag is also a variable: --data-dir is WARDIAN_DATA_DIR. Root's credentials can be given as
WARDIAN_ROOT_ACCESS_KEY_ID with WARDIAN_ROOT_SECRET_ACCESS_KEY (or ..._FILE, naming a file);
otherwise they are made at the first start, and the file they are in is printed.

Examples:
  wardian serve
  wardian serve --memory --listen 127.0.0.1:0
  wardian serve --listen 0.0.0.0:4566 --tls self-signed --base-domain s3.lan
  wardian serve --listen 10.0.0.5:4566 --allow-plain-http --trusted-proxy 10.0.0.1/32";

#[derive(Debug, Args)]
#[command(after_help = SERVE_EXAMPLES)]
pub struct ServeFlags {
    /// Where to listen; port 0 takes a free one and prints it
    #[arg(long, env = "WARDIAN_LISTEN", value_name = "ADDRESS:PORT")]
    #[arg(default_value = "127.0.0.1:4566")]
    pub listen: SocketAddr,
    #[command(flatten)]
    pub data: DataFlags,
    /// Keep everything in memory and nothing when it stops
    #[arg(long, env = "WARDIAN_MEMORY", conflicts_with = "data_dir")]
    #[arg(value_parser = BoolishValueParser::new())]
    pub memory: bool,
    /// The account that root's credentials belong to
    #[arg(long, env = "WARDIAN_ACCOUNT_ID", value_name = "ID", value_parser = value::account)]
    #[arg(default_value = DEFAULT_ACCOUNT)]
    pub account_id: AccountId,
    /// The region of requests that name none
    #[arg(long, env = "WARDIAN_REGION", value_parser = value::region)]
    #[arg(default_value = "us-east-1")]
    pub region: String,
    /// TLS with this certificate chain (PEM)
    #[arg(long, env = "WARDIAN_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert (PEM)
    #[arg(long, env = "WARDIAN_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// TLS with a certificate of the server's own; `wardian ca` prints what clients need to trust
    #[arg(long, env = "WARDIAN_TLS", value_name = "MODE", conflicts_with = "tls_cert")]
    pub tls: Option<TlsMode>,
    /// Listen without TLS on an address that others can reach
    #[arg(long, env = "WARDIAN_ALLOW_PLAIN_HTTP", value_parser = BoolishValueParser::new())]
    pub allow_plain_http: bool,
    /// Take customers' encryption keys (SSE-C) over plain http too, where others can read them
    #[arg(long, env = "WARDIAN_ALLOW_SSE_C_OVER_HTTP")]
    #[arg(value_parser = BoolishValueParser::new())]
    pub allow_sse_c_over_http: bool,
    /// A proxy whose X-Forwarded-For and X-Forwarded-Proto are believed; may be repeated
    #[arg(long, env = "WARDIAN_TRUSTED_PROXY", value_name = "CIDR", value_delimiter = ',')]
    #[arg(value_parser = value::network)]
    pub trusted_proxy: Vec<IpNet>,
    /// A domain under which buckets are host names, besides localhost; may be repeated
    #[arg(long, env = "WARDIAN_BASE_DOMAIN", value_name = "DOMAIN", value_delimiter = ',')]
    #[arg(value_parser = value::domain)]
    pub base_domain: Vec<String>,
    /// Multiply AWS's quotas by this
    #[arg(long, env = "WARDIAN_QUOTA_FACTOR", value_name = "N", default_value = "1")]
    pub quota_factor: NonZeroUsize,
    /// What new buckets are like
    #[arg(long, env = "WARDIAN_BUCKET_DEFAULTS", value_name = "DEFAULTS")]
    #[arg(value_enum, default_value_t = BucketDefaults::Current)]
    pub bucket_defaults: BucketDefaults,
    /// Show the names of owners in S3's answers, as AWS did until November 2025
    #[arg(long, env = "WARDIAN_OWNER_DISPLAY_NAMES", value_parser = BoolishValueParser::new())]
    pub owner_display_names: bool,
    /// Append a line of JSON for each request to this file, in CloudTrail's form
    #[arg(long, env = "WARDIAN_EVENT_LOG", value_name = "FILE")]
    pub event_log: Option<PathBuf>,
    /// Append a line of JSON for each request to this file, with every decision explained
    #[arg(long, env = "WARDIAN_DECISIONS", value_name = "FILE")]
    pub decisions: Option<PathBuf>,
    /// The form of the logs on standard error
    #[arg(long, env = "WARDIAN_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: log::Format,
    /// How much to log; debug has a line for each request
    #[arg(long, env = "WARDIAN_LOG_LEVEL", value_name = "LEVEL", default_value = "info")]
    pub log_level: log::Level,
    /// The master key that data and secrets are sealed with; in the data directory unless given
    #[arg(long, env = "WARDIAN_MASTER_KEY_FILE", value_name = "FILE")]
    pub master_key_file: Option<PathBuf>,
}

/// The account of a server that was not told another.
const DEFAULT_ACCOUNT: &str = "123456789012";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TlsMode {
    SelfSigned,
}

/// Settings of a bucket whose maker says nothing of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BucketDefaults {
    /// Access control lists are off, public access is blocked
    Current,
    /// As before April 2023: access control lists count, public access is not blocked
    #[value(name = "pre-2023")]
    Pre2023,
}
