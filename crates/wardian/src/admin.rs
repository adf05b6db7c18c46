//! The service `wardian`: accounts, clock, reset and the reasons of decisions, signed and
//! authorized like any of AWS's.
//!
//! Its operations stand in `data/models/wardian.json`, its decisions in `data/authz/wardian.json`.
//! The principals of the account that the server was started with manage the others, where their
//! policies allow it; those of any other account see their own. Nothing here is AWS's.

mod access;
mod account;
mod clock;
mod decision;
mod reset;
mod resource;

use api::wardian::{
    AdvanceClock, CheckAccess, CloseAccount, CreateAccount, DescribeClock, DescribeDecision,
    EncodeDecision, FreezeClock, ListAccounts, ListDecisions, ListPrincipalsWithAccess, Reset,
    ResumeClock,
};
use gateway::Service;

/// # Errors
/// Where the rows do not parse: a fault of this build.
pub fn service() -> Result<Service, serde_json::Error> {
    let rows = include_str!("../../../data/authz/wardian.json");
    Ok(Service::new(&api::wardian::SERVICE, rows)?
        .resource("account", resource::account)
        .resource("accounts", resource::accounts)
        .resource("clock", resource::clock)
        .on::<AdvanceClock>(clock::advance)
        .on::<CheckAccess>(access::check)
        .on::<CloseAccount>(account::close)
        .on::<CreateAccount>(account::create)
        .on::<DescribeClock>(clock::describe)
        .on::<DescribeDecision>(decision::describe)
        .on::<EncodeDecision>(decision::encode)
        .on::<ListDecisions>(decision::list)
        .on::<FreezeClock>(clock::freeze)
        .on::<ListAccounts>(account::list)
        .on::<ListPrincipalsWithAccess>(access::list_principals)
        .on::<Reset>(reset::reset)
        .on::<ResumeClock>(clock::resume))
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_operation_is_served_and_has_its_decisions() {
        let service = super::service().unwrap();
        assert_eq!(service.not_implemented(), Vec::<&str>::new());
        for (operation, rows) in service.decisions() {
            assert!(!rows.is_empty(), "{}", operation.name);
        }
    }
}
