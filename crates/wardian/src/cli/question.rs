//! The flags of the commands that explain: `why`, `can` and `whocan`.

use std::path::PathBuf;

use clap::Args;

use super::{CallerFlags, value};

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
