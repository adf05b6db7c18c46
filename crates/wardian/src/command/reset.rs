//! `wardian reset`: an account as it was when it was new.

use api::wardian::{Reset, ResetRequest};

use crate::cli::ResetFlags;
use crate::failure::Outcome;

use super::call;

pub async fn run(flags: ResetFlags) -> Outcome {
    let account_id = flags.account.map(|id| id.to_string());
    call::<Reset>(&flags.caller, &ResetRequest { account_id }).await
}
