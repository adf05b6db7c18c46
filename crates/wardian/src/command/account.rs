//! `wardian account`: the accounts of a server, as JSON.

use api::wardian::{
    CloseAccount, CloseAccountRequest, CreateAccount, CreateAccountRequest, ListAccounts,
    ListAccountsRequest, ListAccountsResponse,
};

use crate::cli::{AccountCommand, CallerFlags};
use crate::client::{Client, Place, Profiles, find, json};
use crate::failure::Outcome;

use super::{call, print_json};

pub async fn run(command: AccountCommand) -> Outcome {
    match command {
        AccountCommand::Create { name, email, account_id, caller } => {
            let account_id = account_id.map(|id| id.to_string());
            call::<CreateAccount>(&caller, &CreateAccountRequest { name, email, account_id }).await
        }
        AccountCommand::List { caller } => list(&caller).await,
        AccountCommand::Close { account_id, caller } => {
            let account_id = account_id.to_string();
            call::<CloseAccount>(&caller, &CloseAccountRequest { account_id }).await
        }
    }
}

/// All pages as one document.
async fn list(caller: &CallerFlags) -> Outcome {
    let profiles = Profiles::load()?;
    let profile = caller.profile.as_deref();
    let place = Place::find(&caller.client, &profiles, profile)?;
    let credentials = find(&place, &profiles, profile).await?;
    let client = Client::new(place, credentials)?;
    let mut all = ListAccountsResponse::default();
    let mut input = ListAccountsRequest::default();
    loop {
        let mut page = client.call::<ListAccounts>(&input).await?;
        all.accounts.append(&mut page.accounts);
        input.marker = page.marker.filter(|_| page.is_truncated == Some(true));
        if input.marker.is_none() {
            return print_json(&json::of(&all));
        }
    }
}
