//! The command line as one table: clap's parser, the help, the completions and the environment all
//! come from it.
//!
//! Nothing is done here; [`crate::command`] does it.

mod environment;
mod value;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use gateway::AccountId;
use ipnet::IpNet;

use crate::log;

pub use environment::check_environment;

const EXAMPLES: &str = "\
Start a server, make an administrator, and use it:
  wardian serve
  wardian admin create alice
  aws sts get-caller-identity --profile alice

Or one that forgets everything when it stops, for tests:
  wardian serve --memory";

/// AWS's IAM, STS, S3 and CloudFormation on your own machine: unmodified clients, every permission
/// enforced.
#[derive(Debug, Parser)]
#[command(name = "wardian", version, arg_required_else_help = true, after_help = EXAMPLES)]
#[command(max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the server
    Serve(Box<ServeFlags>),
    /// Make an administrator, so that nobody lives as root
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Print credentials and endpoint as exports for a shell
    Env(EnvFlags),
    /// Write profiles of the AWS CLI
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Print credentials for a profile's credential_process
    Credentials(SourceFlags),
    /// Manage the accounts of a server
    #[command(subcommand)]
    Account(AccountCommand),
    /// See and move the server's clock: what expiry, ages and dates are reckoned by
    #[command(subcommand)]
    Clock(ClockCommand),
    /// Say why a request was allowed or denied, and what would allow it
    Why(WhyFlags),
    /// Say whether a user, a role or anybody could do something, and why
    Can(CanFlags),
    /// List who could do something: users, groups, roles, and who can assume them
    Whocan(WhocanFlags),
    /// Delete everything in an account; the account and its root keys stay
    Reset(ResetFlags),
    /// Print the certificate that signs a server's self-signed TLS, for AWS_CA_BUNDLE
    Ca(CaFlags),
    /// Write all keys of a data directory out as text; its server must be stopped
    Export(ExportFlags),
    /// Print completions for a shell
    #[command(after_help = "Example:\n  wardian completions bash > \
                            ~/.local/share/bash-completion/completions/wardian")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

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
pub const DEFAULT_ACCOUNT: &str = "123456789012";

#[derive(Debug, Args, Clone, Default)]
pub struct DataFlags {
    /// Where the server keeps its data; the platform's data folder unless given
    #[arg(long, env = "WARDIAN_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wardian ca > ca.pem\n  export AWS_CA_BUNDLE=$PWD/ca.pem")]
pub struct CaFlags {
    #[command(flatten)]
    pub data: DataFlags,
    /// Ask the server that listens there, on this machine
    #[arg(long, value_name = "URL", conflicts_with = "data_dir")]
    pub endpoint_url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TlsMode {
    SelfSigned,
}

/// How a command reaches a server, as the AWS CLI finds it.
#[derive(Debug, Args, Clone, Default)]
pub struct ClientFlags {
    /// The server; else AWS_ENDPOINT_URL, the profile's endpoint_url, http://127.0.0.1:4566
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// The region; else AWS_REGION, the profile's region, us-east-1
    #[arg(long)]
    pub region: Option<String>,
    /// Certificates to trust (PEM); else AWS_CA_BUNDLE, the profile's ca_bundle, the system's
    #[arg(long, value_name = "FILE")]
    pub ca_bundle: Option<PathBuf>,
}

/// Whom a command is for.
#[derive(Debug, Args, Clone, Default)]
pub struct CallerFlags {
    #[command(flatten)]
    pub client: ClientFlags,
    /// Use the credentials of this profile; else the environment's or AWS_PROFILE's
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

/// Whose credentials are wanted.
#[derive(Debug, Args, Clone, Default)]
pub struct SourceFlags {
    #[command(flatten)]
    pub client: ClientFlags,
    /// The profile whose credentials are used; else the environment's or AWS_PROFILE's
    #[arg(long = "as", value_name = "PROFILE", alias = "profile")]
    pub source: Option<String>,
    /// Assume this role with them; its trust policy must allow it
    #[arg(long, value_name = "ARN")]
    pub role: Option<String>,
    /// The name of the role's session; else wardian-NUMBER
    #[arg(long, value_name = "NAME", requires = "role")]
    pub session_name: Option<String>,
    /// How long the role's session lasts, in seconds
    #[arg(long, value_name = "SECONDS", requires = "role")]
    pub duration_seconds: Option<i32>,
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

#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Make a user with AdministratorAccess, an access key, and a profile of the AWS CLI
    #[command(after_help = "Example:\n  wardian admin create alice\n  \
                            aws sts get-caller-identity --profile alice")]
    Create(AdminCreateFlags),
}

#[derive(Debug, Args)]
pub struct AdminCreateFlags {
    /// The user's name
    pub name: String,
    /// The name of the profile; else the user's
    #[arg(long, value_name = "NAME")]
    pub profile_name: Option<String>,
    /// The account whose root makes the user, where several roots stand in the data directory
    #[arg(long, value_name = "ID", value_parser = value::account)]
    pub account_id: Option<AccountId>,
    #[command(flatten)]
    pub data: DataFlags,
    #[command(flatten)]
    pub caller: CallerFlags,
}

const ENV_EXAMPLES: &str = "\
Examples:
  eval \"$(wardian env --as alice)\"
  eval \"$(wardian env --role arn:aws:iam::123456789012:role/Deploy --as alice)\"
  wardian env --as alice --shell fish | source
  wardian env --as alice --format dotenv > .env";

#[derive(Debug, Args)]
#[command(after_help = ENV_EXAMPLES)]
pub struct EnvFlags {
    #[command(flatten)]
    pub source: SourceFlags,
    /// The shell that reads the exports
    #[arg(long, default_value = "bash", conflicts_with = "format")]
    pub shell: ExportShell,
    /// Print a document instead of exports
    #[arg(long)]
    pub format: Option<EnvFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportShell {
    #[value(alias = "sh", alias = "zsh")]
    Bash,
    Fish,
    #[value(alias = "pwsh")]
    Powershell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EnvFormat {
    Json,
    Dotenv,
}

#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// Write a profile whose credentials `wardian credentials` gives, or take it out again
    #[command(after_help = "Example:\n  wardian profile write deploy --as alice \
                            --role arn:aws:iam::123456789012:role/Deploy\n  \
                            aws s3 ls --profile deploy\n  wardian profile write deploy --undo")]
    Write(ProfileWriteFlags),
}

#[derive(Debug, Args)]
pub struct ProfileWriteFlags {
    /// The profile's name
    pub name: String,
    /// Take out what an earlier run wrote, and nothing else
    #[arg(long, conflicts_with_all = ["role", "source", "session_name", "duration_seconds"])]
    pub undo: bool,
    #[command(flatten)]
    pub source: SourceFlags,
}

#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make an account with a root of its own, and print root's credentials
    #[command(after_help = "Example:\n  wardian account create --name staging --profile alice")]
    Create {
        /// The account's name
        #[arg(long)]
        name: Option<String>,
        /// The address of its owner
        #[arg(long)]
        email: Option<String>,
        /// Its number; else one is drawn
        #[arg(long, value_name = "ID", value_parser = value::account)]
        account_id: Option<AccountId>,
        #[command(flatten)]
        caller: CallerFlags,
    },
    /// List the accounts of the server
    List {
        #[command(flatten)]
        caller: CallerFlags,
    },
    /// Close an account: its credentials end at once
    Close {
        /// The account
        #[arg(value_parser = value::account)]
        account_id: AccountId,
        #[command(flatten)]
        caller: CallerFlags,
    },
}

#[derive(Debug, Subcommand)]
pub enum ClockCommand {
    /// Show wall time and AWS time
    Show {
        #[command(flatten)]
        caller: CallerFlags,
    },
    /// Move AWS time forward
    #[command(after_help = "Example:\n  wardian clock advance 1h30m --profile alice")]
    Advance {
        /// How far: 90s, 15m, 12h, 30d, or together: 1h30m
        #[arg(value_parser = value::seconds)]
        by: i64,
        #[command(flatten)]
        caller: CallerFlags,
    },
    /// Stop AWS time
    Freeze {
        /// At this moment (ISO 8601); else now
        #[arg(long, value_name = "TIME", value_parser = value::moment)]
        at: Option<api::Timestamp>,
        #[command(flatten)]
        caller: CallerFlags,
    },
    /// Let AWS time run on from where it stands
    Resume {
        #[command(flatten)]
        caller: CallerFlags,
    },
}

const WHY_EXAMPLES: &str = "\
Examples:
  wardian why --profile alice
  wardian why 4442587FB7D0A2F9 --json
  wardian why --denied --all --profile alice
  wardian why --denied --from decisions.jsonl
  aws sts decode-authorization-message --encoded-message \"$(wardian why --encode)\"";

#[derive(Debug, Args)]
#[command(after_help = WHY_EXAMPLES)]
pub struct WhyFlags {
    /// The request, as its answer names it; else the last that was denied
    #[arg(conflicts_with_all = ["last", "denied"])]
    pub request_id: Option<String>,
    /// The last request of the account, whatever came of it
    #[arg(long, conflicts_with = "denied")]
    pub last: bool,
    /// The last request of the account that was denied
    #[arg(long)]
    pub denied: bool,
    /// The last hundred instead of the last one, oldest first
    #[arg(long, conflicts_with_all = ["request_id", "last", "encode"])]
    pub all: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "encode")]
    pub json: bool,
    /// Print an authorization message, for sts:DecodeAuthorizationMessage
    #[arg(long)]
    pub encode: bool,
    /// Read the file that `wardian serve --decisions` writes, instead of asking the server
    #[arg(long, value_name = "FILE", conflicts_with = "encode")]
    pub from: Option<PathBuf>,
    #[command(flatten)]
    pub caller: CallerFlags,
}

/// What is asked of whom.
#[derive(Debug, Args)]
pub struct QuestionFlags {
    /// The action: s3:GetObject
    pub action: String,
    /// The resource's ARN, or *
    pub resource: String,
    /// A condition key of the request and its value; may be repeated, for several values too
    #[arg(long, value_name = "KEY=VALUE", value_parser = value::pair)]
    pub context: Vec<(String, String)>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub caller: CallerFlags,
}

const CAN_EXAMPLES: &str = "\
It exits with 0 where the answer is yes.

Examples:
  wardian can alice s3:GetObject arn:aws:s3:::photos/cat.jpg
  wardian can arn:aws:iam::123456789012:role/Deploy iam:PassRole \\
    arn:aws:iam::123456789012:role/App --context iam:PassedToService=ec2.amazonaws.com
  wardian can anonymous s3:GetObject arn:aws:s3:::photos/cat.jpg";

#[derive(Debug, Args)]
#[command(after_help = CAN_EXAMPLES)]
pub struct CanFlags {
    /// A user or role of the account by name or ARN, its number (root), anonymous, or a service
    pub principal: String,
    #[command(flatten)]
    pub question: QuestionFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wardian whocan s3:DeleteObject 'arn:aws:s3:::photos/*'")]
pub struct WhocanFlags {
    #[command(flatten)]
    pub question: QuestionFlags,
}

#[derive(Debug, Args)]
pub struct ResetFlags {
    /// The account; else the caller's
    #[arg(long, value_name = "ID", value_parser = value::account)]
    pub account: Option<AccountId>,
    #[command(flatten)]
    pub caller: CallerFlags,
}

#[derive(Debug, Args)]
pub struct ExportFlags {
    /// The file to write; else standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub data: DataFlags,
}

#[cfg(test)]
mod tests;
