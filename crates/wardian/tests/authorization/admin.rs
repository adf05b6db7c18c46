//! The service `wardian`, put together from the binary's own modules: a binary cannot be linked to.

#[path = "../../src/admin/access.rs"]
mod access;
#[path = "../../src/admin/account.rs"]
mod account;
#[path = "../../src/admin/clock.rs"]
mod clock;
#[path = "../../src/admin/decision.rs"]
mod decision;
#[path = "../../src/admin/reset.rs"]
mod reset;
#[path = "../../src/admin/resource.rs"]
mod resource;

use api::wardian::{
    AdvanceClock, CheckAccess, CloseAccount, CreateAccount, DescribeClock, DescribeDecision,
    EncodeDecision, FreezeClock, ListAccounts, ListPrincipalsWithAccess, Reset, ResumeClock,
};
use gateway::Service;

pub fn service() -> Result<Service, serde_json::Error> {
    let rows = include_str!("../../../../data/authz/wardian.json");
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
        .on::<FreezeClock>(clock::freeze)
        .on::<ListAccounts>(account::list)
        .on::<ListPrincipalsWithAccess>(access::list_principals)
        .on::<Reset>(reset::reset)
        .on::<ResumeClock>(clock::resume))
}

#[test]
fn the_service_is_the_binarys() {
    let lines = |text: &'static str| -> Vec<&str> {
        let lines = text.lines().map(str::trim);
        lines.filter(|line| line.starts_with(".on::<") || line.starts_with(".resource(")).collect()
    };
    assert_eq!(lines(include_str!("admin.rs")), lines(include_str!("../../src/admin.rs")));
}
