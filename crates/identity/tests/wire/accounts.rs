//! Accounts: kept apart, closed, reset; aliases.

use api::Timestamp;
use expect_test::expect;
use gateway::AccountId;
use identity::account;

use crate::common::{ACCOUNT, NOW, OTHER_ACCOUNT, Server};

fn id(text: &str) -> AccountId {
    AccountId::parse(text).expect("an account id")
}

#[test]
fn accounts_do_not_see_one_another() {
    let server = Server::start();
    server.user("u");
    let other = server.other_root();
    assert!(other.iam("ListUsers", &[]).ok().elements("UserName").is_empty());
    assert_eq!(other.iam("GetUser", &[("UserName", "u")]).element("Code"), "NoSuchEntity");
    other.iam("CreateUser", &[("UserName", "u")]).ok();
}

#[test]
fn accounts_are_listed_in_order_of_their_ids() {
    let server = Server::start();
    let store = server.gateway.store();
    let first = store.read(|tx| account::list(tx, None, 1)).expect("a read").expect("a page");
    assert_eq!(first.iter().map(|one| one.id.to_string()).collect::<Vec<_>>(), [ACCOUNT]);
    let rest =
        store.read(|tx| account::list(tx, Some(id(ACCOUNT)), 10)).expect("a read").expect("a page");
    assert_eq!(rest.iter().map(|one| one.id.to_string()).collect::<Vec<_>>(), [OTHER_ACCOUNT]);
    let one = rest.first().expect("an account");
    assert_eq!(one.canonical_user_id.len(), 64);
    let found = store
        .read(|tx| account::of_canonical_user_id(tx, &one.canonical_user_id))
        .expect("a read")
        .expect("an answer");
    assert_eq!(found, Some(id(OTHER_ACCOUNT)));
    let again = store.transact_blocking(|tx| {
        account::create(tx, id(ACCOUNT), "x", "x@example.com", Timestamp::from_seconds(NOW))
    });
    assert_eq!(again.expect_err("there is one").code(), "EntityAlreadyExists");
}

#[test]
fn the_credentials_of_a_closed_account_are_nothing() {
    let server = Server::start();
    let close = || {
        server.gateway.store().transact_blocking(|tx| {
            account::close(tx, id(OTHER_ACCOUNT), Timestamp::from_seconds(NOW))
        })
    };
    server.other_root().sts("GetCallerIdentity", &[]).ok();
    assert!(close().expect("a transaction"));
    assert_eq!(
        server.other_root().sts("GetCallerIdentity", &[]).element("Code"),
        "InvalidClientTokenId"
    );
    assert!(!close().expect("a transaction"));
}

#[test]
fn a_reset_account_has_its_root_user_and_nothing_else() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("u");
    let session = root.session(&root.sts("GetSessionToken", &[]).ok());
    root.iam("CreateGroup", &[("GroupName", "g")]).ok();
    root.iam("CreateAccountAlias", &[("AccountAlias", "acme")]).ok();
    server.other_root().iam("CreateUser", &[("UserName", "stays")]).ok();
    let reset = server.gateway.store().transact_blocking(|tx| account::reset(tx, id(ACCOUNT)));
    assert!(reset.expect("a transaction"));
    assert_eq!(user.sts("GetCallerIdentity", &[]).element("Code"), "InvalidClientTokenId");
    assert_eq!(session.sts("GetCallerIdentity", &[]).element("Code"), "InvalidClientTokenId");
    assert!(root.iam("ListUsers", &[]).ok().elements("UserName").is_empty());
    assert!(root.iam("ListGroups", &[]).ok().elements("GroupName").is_empty());
    assert!(root.iam("ListAccountAliases", &[]).ok().elements("member").is_empty());
    server.other_root().iam("GetUser", &[("UserName", "stays")]).ok();
    server.other_root().iam("CreateAccountAlias", &[("AccountAlias", "acme")]).ok();
}

#[test]
fn an_alias_is_nobody_elses() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateAccountAlias", &[("AccountAlias", "acme")]).ok();
    let taken = server.other_root().iam("CreateAccountAlias", &[("AccountAlias", "acme")]);
    expect!["409 EntityAlreadyExists: The account alias acme already exists."]
        .assert_eq(&taken.error());
    root.iam("CreateAccountAlias", &[("AccountAlias", "acme-two")]).ok();
    assert_eq!(root.iam("ListAccountAliases", &[]).ok().elements("member"), ["acme-two"]);
    server.other_root().iam("CreateAccountAlias", &[("AccountAlias", "acme")]).ok();
    let missing = root.iam("DeleteAccountAlias", &[("AccountAlias", "acme")]);
    expect!["404 NoSuchEntity: The account alias acme cannot be found."]
        .assert_eq(&missing.error());
    root.iam("DeleteAccountAlias", &[("AccountAlias", "acme-two")]).ok();
}

#[test]
fn the_summary_counts_and_names_the_quotas() {
    let server = Server::start();
    server.user("u");
    let summary = server.root().iam("GetAccountSummary", &[]).ok().body;
    for (key, value) in
        [("Users", 1), ("Groups", 0), ("UsersQuota", 5000), ("PolicySizeQuota", 6144)]
    {
        let entry = format!("<key>{key}</key><value>{value}</value>");
        assert!(summary.contains(&entry), "{entry}: {summary}");
    }
}
