//! What being in an organization changes for a decision: whom control policies bind, and who is
//! told why.

use gateway::{Account, Membership};
use policy::{Kind, PolicyId};
use serde_json::json;

use crate::people::{ABROAD, HOME, Person, account, allow, deny, inline, source};
use crate::request::Call;
use crate::world::{World, role_session};

fn member(id: &str, organization: &str) -> Account {
    Account {
        id: account(id),
        realm: [1; 16],
        canonical_user_id: "c".repeat(64),
        name: "test".to_owned(),
        organization: Some(Membership {
            id: organization.to_owned(),
            path: format!("{organization}/r-root/"),
        }),
        service_control: Vec::new(),
        resource_control: Vec::new(),
    }
}

/// Only IAM makes roles under that path, for services alone.
#[tokio::test]
async fn service_linked_roles_are_under_no_control_policy() {
    let world = World::new();
    world.put_bucket("b", HOME, None).await;
    world.put_object("b", "k", "x").await;
    let service = json!([allow("*", "*"), deny("s3:*", "*")]);
    let resource = json!([{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*" }]);
    let id = || PolicyId::inline("p", "o-a");
    world.people.set_account(Account {
        service_control: vec![vec![source(&service, Kind::ServiceControl, id())]],
        resource_control: vec![vec![source(&resource, Kind::ResourceControl, id())]],
        ..member(HOME, "o-a")
    });
    for (path, name, status) in [
        ("/aws-service-role/x.amazonaws.com/", "Linked", 200),
        ("/", "Plain", 403),
        ("/x/aws-service-role/", "Posing", 403),
    ] {
        let policies = vec![inline(&json!([allow("*", "*")]))];
        let id = world.people.role(HOME, name, Person { policies, path, ..Person::default() });
        let key = world.session(role_session(&id, name)).await;
        let answer = world.call(&key, &Call::s3("GET", "/b/k")).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn s3_says_why_to_accounts_of_the_same_organization_alone() {
    for (home, abroad, is_told) in
        [("o-a", "o-a", true), ("o-a", "o-b", false), ("", "o-b", false), ("", "", false)]
    {
        let world = World::new();
        world.put_bucket("b", HOME, None).await;
        world.put_object("b", "k", "x").await;
        let eve = Person::with(vec![inline(&json!([allow("s3:*", "*")]))]);
        let eve = world.people.user(ABROAD, "eve", eve);
        for (id, organization) in [(HOME, home), (ABROAD, abroad)] {
            let mut facts = member(id, organization);
            facts.organization = facts.organization.filter(|_| !organization.is_empty());
            world.people.set_account(facts);
        }
        let answer = world.call(&eve, &Call::s3("GET", "/b/k")).await;
        let (status, _, message) = answer.error();
        let sentence = "because no resource-based policy allows the s3:GetObject action";
        assert_eq!(status, 403);
        assert_eq!(message.ends_with(sentence), is_told, "{home} {abroad}: {message}");
        assert_eq!(message == "Access Denied", !is_told, "{home} {abroad}: {message}");
    }
}
