//! How a command reaches a server, as whom, and the commands that hand credentials on.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use gateway::AccountId;

use super::{DataFlags, value};

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
