//! What the gateway is told of principals: read once an epoch, never older than the transaction.

use std::sync::Arc;

use gateway::{AccountId, Directory as _, Principal};

use crate::common::{ACCOUNT, Server, statement, trusting};

fn principal(server: &Server, id: &str) -> Option<Arc<Principal>> {
    let account = AccountId::parse(ACCOUNT).expect("an account id");
    let read = server.gateway.store().read(|tx| server.directory.principal(tx, account, id));
    read.expect("a read").expect("an answer")
}

#[test]
fn a_principal_is_compiled_anew_only_when_its_account_has_changed() {
    let server = Server::start();
    let root = server.root();
    server.user("u");
    let id = root.iam("GetUser", &[("UserName", "u")]).ok().element("UserId");
    let first = principal(&server, &id).expect("a user");
    server.other_root().iam("CreateUser", &[("UserName", "u")]).ok();
    assert!(Arc::ptr_eq(&first, &principal(&server, &id).expect("a user")));
    let tag = [("UserName", "u"), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    root.iam("TagUser", &tag).ok();
    let second = principal(&server, &id).expect("a user");
    assert_eq!(second.tags.get("k").map(String::as_str), Some("v"));
    assert!(first.tags.is_empty());
}

#[test]
fn a_principal_has_the_policies_of_itself_and_of_its_groups() {
    let server = Server::start();
    let root = server.root();
    server.user("u");
    let id = root.iam("GetUser", &[("UserName", "u")]).ok().element("UserId");
    root.iam("CreateGroup", &[("GroupName", "g")]).ok();
    root.iam("AddUserToGroup", &[("GroupName", "g"), ("UserName", "u")]).ok();
    let document = statement("Allow", "s3:*", "*");
    let inline = [("GroupName", "g"), ("PolicyName", "inline"), ("PolicyDocument", &*document)];
    root.iam("PutGroupPolicy", &inline).ok();
    let aws = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    root.iam("AttachUserPolicy", &[("UserName", "u"), ("PolicyArn", aws)]).ok();
    root.iam("PutUserPermissionsBoundary", &[("UserName", "u"), ("PermissionsBoundary", aws)]).ok();
    let user = principal(&server, &id).expect("a user");
    let names: Vec<_> = user.policies.iter().map(|source| source.id.name()).collect();
    assert_eq!(names, ["ReadOnlyAccess", "inline"]);
    let owners: Vec<_> = user.policies.iter().map(|source| source.id.owner()).collect();
    assert_eq!(owners, ["arn:aws:iam::123456789012:user/u", "arn:aws:iam::123456789012:group/g"]);
    assert_eq!(user.boundary.as_ref().and_then(|source| source.id.arn()), Some(aws));
}

#[test]
fn ids_and_arns_name_the_same_users_and_roles() {
    let server = Server::start();
    let root = server.root();
    let trust = trusting("123456789012");
    let role = [("RoleName", "r"), ("Path", "/p/"), ("AssumeRolePolicyDocument", &*trust)];
    let id = root.iam("CreateRole", &role).ok().element("RoleId");
    let arn = "arn:aws:iam::123456789012:role/p/r";
    let store = server.gateway.store();
    let id_of = |arn: &str| {
        store
            .read(|tx| server.directory.names().entity_id(tx, arn))
            .expect("a read")
            .expect("an answer")
    };
    assert_eq!(id_of(arn), Some(id.clone()));
    for other in ["arn:aws:iam::123456789012:role/r", "arn:aws:iam::123456789012:user/p/r", "*"] {
        assert_eq!(id_of(other), None, "{other}");
    }
    let arn_of = store.read(|tx| server.directory.names().entity_arn(tx, &id));
    assert_eq!(arn_of.expect("a read").expect("an answer").as_deref(), Some(arn));
    // A group is never a principal.
    root.iam("CreateGroup", &[("GroupName", "g")]).ok();
    let group = root.iam("GetGroup", &[("GroupName", "g")]).ok().element("GroupId");
    assert!(principal(&server, &group).is_none());
}
