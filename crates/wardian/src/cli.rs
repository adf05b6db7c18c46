//! The command line as one table: clap's parser, the help, the completions and the environment all
//! come from it.
//!
//! Nothing is done here; [`crate::command`] does it.

mod caller;
mod environment;
mod question;
mod serve;
mod value;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use gateway::AccountId;

pub use caller::{
    AdminCommand, AdminCreateFlags, CallerFlags, ClientFlags, EnvFlags, EnvFormat, ExportShell,
    ProfileCommand, ProfileWriteFlags, SourceFlags,
};
pub use environment::check_environment;
pub use question::{CanFlags, WhocanFlags, WhyFlags};
pub use serve::{BucketDefaults, ServeFlags, TlsMode};

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
