//! Organizations: their tree, their accounts, invitations, tags, delegation.

use expect_test::expect;
use serde_json::{Value, json};

use crate::common::{ACCOUNT, Client, NOW, OTHER_ACCOUNT, Server};

/// What a client asks of its organization.
pub trait Organization {
    /// The answer of a call that must succeed.
    fn org(&self, operation: &str, input: Value) -> Value;

    /// `AccountNotFoundException: the sentence (REASON)`
    fn org_refused(&self, operation: &str, input: Value) -> String;

    /// A new organization of the caller's account: the id of its root.
    fn new_organization(&self) -> String;

    /// A new account in it.
    fn new_member(&self, name: &str) -> String;

    fn new_unit(&self, parent: &str, name: &str) -> String;

    /// Lets the other account join.
    fn invite(&self, other: &Client<'_>, account: &str);
}

impl Organization for Client<'_> {
    fn org(&self, operation: &str, input: Value) -> Value {
        let (status, answer) = self.organizations(operation, &input);
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    fn org_refused(&self, operation: &str, input: Value) -> String {
        let (status, answer) = self.organizations(operation, &input);
        assert_eq!(status, 400, "{operation}: {answer}");
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        let message = text("message").or_else(|| text("Message")).unwrap_or_default();
        let reason = text("Reason").map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!("{}: {message}{reason}", text("__type").unwrap_or_default())
    }

    fn new_organization(&self) -> String {
        self.org("CreateOrganization", json!({}));
        text(&self.org("ListRoots", json!({}))["Roots"][0]["Id"])
    }

    fn new_member(&self, name: &str) -> String {
        let input = json!({"AccountName": name, "Email": format!("{name}@example.com")});
        let status = self.org("CreateAccount", input);
        let status = &status["CreateAccountStatus"];
        assert_eq!(status["State"], "IN_PROGRESS", "{status}");
        let id = json!({"CreateAccountRequestId": status["Id"]});
        let status = self.org("DescribeCreateAccountStatus", id);
        let status = &status["CreateAccountStatus"];
        assert_eq!(status["State"], "SUCCEEDED", "{status}");
        text(&status["AccountId"])
    }

    fn new_unit(&self, parent: &str, name: &str) -> String {
        let unit = self.org("CreateOrganizationalUnit", json!({"ParentId": parent, "Name": name}));
        text(&unit["OrganizationalUnit"]["Id"])
    }

    fn invite(&self, other: &Client<'_>, account: &str) {
        let target = json!({"Target": {"Type": "ACCOUNT", "Id": account}});
        let handshake = self.org("InviteAccountToOrganization", target);
        other.org("AcceptHandshake", json!({"HandshakeId": handshake["Handshake"]["Id"]}));
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

#[test]
fn an_organization_begins_with_a_root_and_its_management_account() {
    let server = Server::start();
    let root = server.root();
    expect!["AWSOrganizationsNotInUseException: Your account is not a member of an organization."]
        .assert_eq(&root.org_refused("DescribeOrganization", json!({})));
    let made = root.org("CreateOrganization", json!({"FeatureSet": "ALL"}));
    let organization = &made["Organization"];
    let id = text(&organization["Id"]);
    assert!(id.starts_with("o-") && id.len() == 12, "{id}");
    assert_eq!(
        organization["Arn"],
        format!("arn:aws:organizations::{ACCOUNT}:organization/{id}").as_str()
    );
    assert_eq!(organization["MasterAccountId"], ACCOUNT);
    assert_eq!(organization["FeatureSet"], "ALL");
    assert_eq!(root.org("DescribeOrganization", json!({})), made);
    let roots = root.org("ListRoots", json!({}));
    assert_eq!(
        roots["Roots"][0]["PolicyTypes"],
        json!([{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}])
    );
    let accounts = root.org("ListAccounts", json!({}));
    assert_eq!(accounts["Accounts"][0]["Id"], ACCOUNT);
    assert_eq!(accounts["Accounts"][0]["JoinedMethod"], "INVITED");
    expect![
        "AlreadyInOrganizationException: The AWS account is already a member of an organization."
    ]
    .assert_eq(&root.org_refused("CreateOrganization", json!({})));
    root.org("DeleteOrganization", json!({}));
    expect!["AWSOrganizationsNotInUseException: Your account is not a member of an organization."]
        .assert_eq(&root.org_refused("ListAccounts", json!({})));
}

#[test]
fn a_new_account_is_entered_through_the_role_that_trusts_the_management_account() {
    let server = Server::start();
    let root = server.root();
    root.new_organization();
    let member = root.new_member("prod");
    let admin = administrator(&server);
    let role = format!("arn:aws:iam::{member}:role/OrganizationAccountAccessRole");
    let entered = [("RoleArn", role.as_str()), ("RoleSessionName", "session")];
    let inside = admin.session(&admin.sts("AssumeRole", &entered).ok());
    inside.iam("CreateUser", &[("UserName", "u")]).ok();
    assert_eq!(inside.sts("GetCallerIdentity", &[]).ok().element("Account"), member);
    let roles = inside.iam("ListRoles", &[]).ok();
    assert_eq!(roles.elements("RoleName"), ["OrganizationAccountAccessRole"]);
    expect!["AccessDeniedException: You don't have permissions to access this resource."]
        .assert_eq(&inside.org_refused("ListAccounts", json!({})));
    assert_eq!(
        inside.org("DescribeOrganization", json!({}))["Organization"]["MasterAccountId"],
        ACCOUNT
    );
    let stranger = server.user("stranger");
    assert_eq!(stranger.sts("AssumeRole", &entered).element("Code"), "AccessDenied");
}

/// A user who may do everything.
pub fn administrator(server: &Server) -> Client<'_> {
    let admin = server.user("admin");
    let policy = crate::common::statement("Allow", "*", "*");
    let put = [("UserName", "admin"), ("PolicyName", "p"), ("PolicyDocument", policy.as_str())];
    server.root().iam("PutUserPolicy", &put).ok();
    admin
}

#[test]
fn an_address_is_a_root_users_once() {
    let server = Server::start();
    let root = server.root();
    root.new_organization();
    let twin = json!({"AccountName": "twin", "Email": "ROOT@example.com"});
    let id = root.org("CreateAccount", twin)["CreateAccountStatus"]["Id"].clone();
    let status = root.org("DescribeCreateAccountStatus", json!({"CreateAccountRequestId": id}));
    assert_eq!(status["CreateAccountStatus"]["State"], "FAILED");
    assert_eq!(status["CreateAccountStatus"]["FailureReason"], "EMAIL_ALREADY_EXISTS");
    root.new_member("one");
    let failed = root.org("ListCreateAccountStatus", json!({"States": ["FAILED"]}));
    assert_eq!(failed["CreateAccountStatuses"].as_array().map(Vec::len), Some(1), "{failed}");
}

#[test]
fn units_make_a_tree_of_five_levels() {
    let server = Server::start();
    let root = server.root();
    let top = root.new_organization();
    let mut parent = top.clone();
    for level in 1..=5 {
        parent = root.new_unit(&parent, &format!("level {level}"));
    }
    let deeper = json!({"ParentId": parent, "Name": "level 6"});
    expect!["ConstraintViolationException: You have exceeded the allowed depth of organizational units. (OU_DEPTH_LIMIT_EXCEEDED)"]
        .assert_eq(&root.org_refused("CreateOrganizationalUnit", deeper));
    let twin = json!({"ParentId": top, "Name": "level 1"});
    expect!["DuplicateOrganizationalUnitException: An OU with the same name already exists."]
        .assert_eq(&root.org_refused("CreateOrganizationalUnit", twin));
    let children = json!({"ParentId": top, "ChildType": "ORGANIZATIONAL_UNIT"});
    let first = text(&root.org("ListChildren", children)["Children"][0]["Id"]);
    expect!["OrganizationalUnitNotEmptyException: The specified organizational unit is not empty."]
        .assert_eq(
            &root.org_refused("DeleteOrganizationalUnit", json!({"OrganizationalUnitId": first})),
        );
    let renamed = json!({"OrganizationalUnitId": first, "Name": "first"});
    root.org("UpdateOrganizationalUnit", renamed);
    let shown = root.org("DescribeOrganizationalUnit", json!({"OrganizationalUnitId": first}));
    assert_eq!(shown["OrganizationalUnit"]["Name"], "first");
    root.org("DeleteOrganizationalUnit", json!({"OrganizationalUnitId": parent}));
    expect!["OrganizationalUnitNotFoundException: You specified an organizational unit that doesn't exist."]
        .assert_eq(&root.org_refused("DescribeOrganizationalUnit", json!({"OrganizationalUnitId": parent})));
}

#[test]
fn accounts_move_between_parents() {
    let server = Server::start();
    let root = server.root();
    let top = root.new_organization();
    let unit = root.new_unit(&top, "unit");
    let member = root.new_member("m");
    let moving = |from: &str, to: &str| json!({"AccountId": member, "SourceParentId": from, "DestinationParentId": to});
    root.org("MoveAccount", moving(&top, &unit));
    let parents = root.org("ListParents", json!({"ChildId": member}));
    assert_eq!(parents["Parents"], json!([{"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}]));
    let inside = root.org("ListAccountsForParent", json!({"ParentId": unit}));
    assert_eq!(inside["Accounts"][0]["Id"], member.as_str());
    expect!["SourceParentNotFoundException: You specified a source parent that doesn't exist."]
        .assert_eq(&root.org_refused("MoveAccount", moving(&top, &unit)));
    expect!["DuplicateAccountException: The account is already in the specified destination."]
        .assert_eq(&root.org_refused("MoveAccount", moving(&unit, &unit)));
    let paths = root.org("DescribeAccount", json!({"AccountId": member}));
    let path = text(&paths["Account"]["Paths"][0]);
    assert!(path.ends_with(&format!("/{top}/{unit}/{member}/")), "{path}");
}

#[test]
fn an_account_joins_when_both_sides_agree() {
    let server = Server::start();
    let (root, other) = (server.root(), server.other_root());
    root.new_organization();
    let target = json!({"Target": {"Type": "ACCOUNT", "Id": OTHER_ACCOUNT}, "Notes": "come"});
    let made = root.org("InviteAccountToOrganization", target.clone());
    let id = json!({"HandshakeId": made["Handshake"]["Id"]});
    assert_eq!(made["Handshake"]["State"], "OPEN");
    expect![
        "DuplicateHandshakeException: A handshake with the same action and target already exists."
    ]
    .assert_eq(&root.org_refused("InviteAccountToOrganization", target.clone()));
    expect!["AccessDeniedException: You don't have permissions to access this resource."]
        .assert_eq(&root.org_refused("AcceptHandshake", id.clone()));
    expect!["AccessDeniedException: You don't have permissions to access this resource."]
        .assert_eq(&other.org_refused("CancelHandshake", id.clone()));
    let received = other.org("ListHandshakesForAccount", json!({}));
    assert_eq!(received["Handshakes"][0]["Id"], made["Handshake"]["Id"]);
    other.org("DeclineHandshake", id.clone());
    expect!["InvalidHandshakeTransitionException: You can't perform the operation on the handshake in its current state."]
        .assert_eq(&other.org_refused("AcceptHandshake", id));

    let again = root.org("InviteAccountToOrganization", target.clone());
    let id = json!({"HandshakeId": again["Handshake"]["Id"]});
    server.pass(16 * 24 * 3600);
    expect!["InvalidHandshakeTransitionException: You can't perform the operation on the handshake in its current state."]
        .assert_eq(&other.org_refused("AcceptHandshake", id.clone()));
    let shown = root.org("DescribeHandshake", id);
    assert_eq!(shown["Handshake"]["State"], "EXPIRED");

    root.invite(&other, OTHER_ACCOUNT);
    assert_eq!(
        other.org("DescribeOrganization", json!({})),
        root.org("DescribeOrganization", json!({}))
    );
    expect!["HandshakeConstraintViolationException: The provided account is already a member of an organization. (ALREADY_IN_AN_ORGANIZATION)"]
        .assert_eq(&root.org_refused("InviteAccountToOrganization", target));
    expect!["OrganizationNotEmptyException: To delete an organization you must first remove all member accounts (except the master)."]
        .assert_eq(&root.org_refused("DeleteOrganization", json!({})));
    expect!["MasterCannotLeaveOrganizationException: You can't remove the management account from an organization."]
        .assert_eq(&root.org_refused("LeaveOrganization", json!({})));
    other.org("LeaveOrganization", json!({}));
    expect!["AWSOrganizationsNotInUseException: Your account is not a member of an organization."]
        .assert_eq(&other.org_refused("DescribeOrganization", json!({})));
    root.org("DeleteOrganization", json!({}));
}

#[test]
fn a_handshake_of_others_is_not_there() {
    let server = Server::start();
    let (root, other) = (server.root(), server.other_root());
    root.new_organization();
    let member = root.new_member("m");
    let target = json!({"Target": {"Type": "EMAIL", "Id": "m@example.com"}});
    expect!["HandshakeConstraintViolationException: The provided account is already a member of an organization. (ALREADY_IN_AN_ORGANIZATION)"]
        .assert_eq(&root.org_refused("InviteAccountToOrganization", target.clone()));
    root.org("RemoveAccountFromOrganization", json!({"AccountId": member}));
    let made = root.org("InviteAccountToOrganization", target);
    assert_eq!(made["Handshake"]["Parties"][1], json!({"Id": "m@example.com", "Type": "EMAIL"}));
    let id = json!({"HandshakeId": made["Handshake"]["Id"]});
    expect!["HandshakeNotFoundException: You specified a handshake that doesn't exist."]
        .assert_eq(&other.org_refused("DescribeHandshake", id.clone()));
    expect!["HandshakeNotFoundException: You specified a handshake that doesn't exist."]
        .assert_eq(&other.org_refused("AcceptHandshake", id));
}

#[test]
fn a_closed_account_stays_in_the_organization_and_its_credentials_are_nothing() {
    let server = Server::start();
    let (root, other) = (server.root(), server.other_root());
    root.new_organization();
    root.invite(&other, OTHER_ACCOUNT);
    root.org("CloseAccount", json!({"AccountId": OTHER_ACCOUNT}));
    let (status, _) = other.organizations("DescribeOrganization", &json!({}));
    assert_eq!(status, 400);
    let shown = root.org("DescribeAccount", json!({"AccountId": OTHER_ACCOUNT}));
    assert_eq!(shown["Account"]["Status"], "SUSPENDED");
    expect!["AccountAlreadyClosedException: The provided account is already closed."]
        .assert_eq(&root.org_refused("CloseAccount", json!({"AccountId": OTHER_ACCOUNT})));
    expect!["ConstraintViolationException: You can't close the management account of an organization. (CANNOT_CLOSE_MANAGEMENT_ACCOUNT)"]
        .assert_eq(&root.org_refused("CloseAccount", json!({"AccountId": ACCOUNT})));
}

#[test]
fn tags_belong_to_roots_units_accounts_and_policies() {
    let server = Server::start();
    let root = server.root();
    let top = root.new_organization();
    let unit = root.new_unit(&top, "unit");
    for id in [top.as_str(), &unit, ACCOUNT] {
        let tags = json!([{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]);
        root.org("TagResource", json!({"ResourceId": id, "Tags": tags}));
        root.org("UntagResource", json!({"ResourceId": id, "TagKeys": ["A"]}));
        let shown = root.org("ListTagsForResource", json!({"ResourceId": id}));
        assert_eq!(shown["Tags"], json!([{"Key": "a", "Value": "1"}]), "{id}");
    }
    let twice = json!([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]);
    expect!["InvalidInputException: Tag keys must be unique among the tags attached to the same entity. (DUPLICATE_TAG_KEY)"]
        .assert_eq(&root.org_refused("TagResource", json!({"ResourceId": top, "Tags": twice})));
    let tags = json!([{"Key": "a", "Value": "1"}]);
    expect!["TargetNotFoundException: You specified a target that doesn't exist."].assert_eq(
        &root.org_refused("TagResource", json!({"ResourceId": OTHER_ACCOUNT, "Tags": tags})),
    );
}

#[test]
fn delegated_administrators_look_into_the_organization_and_change_nothing() {
    let server = Server::start();
    let (root, other) = (server.root(), server.other_root());
    let top = root.new_organization();
    root.invite(&other, OTHER_ACCOUNT);
    let input = json!({"AccountId": OTHER_ACCOUNT, "ServicePrincipal": "ssm.amazonaws.com"});
    assert!(other.org_refused("ListAccounts", json!({})).starts_with("AccessDenied"));
    root.org("RegisterDelegatedAdministrator", input.clone());
    expect!["AccountAlreadyRegisteredException: The provided account is already a delegated administrator for your organization."]
        .assert_eq(&root.org_refused("RegisterDelegatedAdministrator", input.clone()));
    other.org("ListAccounts", json!({}));
    let change = json!({"ParentId": top, "Name": "mine"});
    assert!(other.org_refused("CreateOrganizationalUnit", change).starts_with("AccessDenied"));
    let listed = root.org("ListDelegatedAdministrators", json!({}));
    assert_eq!(listed["DelegatedAdministrators"][0]["Id"], OTHER_ACCOUNT);
    let services = root.org("ListDelegatedServicesForAccount", json!({"AccountId": OTHER_ACCOUNT}));
    assert_eq!(
        services["DelegatedServices"],
        json!([{"ServicePrincipal": "ssm.amazonaws.com", "DelegationEnabledDate": NOW}])
    );
    root.org("DeregisterDelegatedAdministrator", input);
    assert!(other.org_refused("ListAccounts", json!({})).starts_with("AccessDenied"));
    root.org("EnableAWSServiceAccess", json!({"ServicePrincipal": "ssm.amazonaws.com"}));
    let services = root.org("ListAWSServiceAccessForOrganization", json!({}));
    assert_eq!(services["EnabledServicePrincipals"].as_array().map(Vec::len), Some(1));
    root.org("DisableAWSServiceAccess", json!({"ServicePrincipal": "ssm.amazonaws.com"}));
    expect!["InvalidInputException: You specified an unrecognized service principal. (UNRECOGNIZED_SERVICE_PRINCIPAL)"]
        .assert_eq(&root.org_refused("EnableAWSServiceAccess", json!({"ServicePrincipal": "me"})));
}

#[test]
fn pages_follow_one_another_and_tokens_cannot_be_made_up() {
    let server = Server::start();
    let root = server.root();
    root.new_organization();
    for name in ["a", "b", "c"] {
        root.new_member(name);
    }
    let (mut seen, mut token) = (Vec::new(), Value::Null);
    loop {
        let page = root.org("ListAccounts", json!({"MaxResults": 2, "NextToken": token}));
        let accounts = page["Accounts"].as_array().expect("accounts").clone();
        assert!(accounts.len() <= 2);
        seen.extend(accounts.iter().map(|account| text(&account["Id"])));
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
        let other = json!({"NextToken": token, "ServicePrincipal": "ssm.amazonaws.com"});
        assert!(root.org_refused("ListDelegatedAdministrators", other).contains("NextToken"));
    }
    assert_eq!(seen.len(), 4);
    seen.dedup();
    assert_eq!(seen.len(), 4);
}

#[test]
fn an_organization_ends_when_its_management_account_is_reset() {
    let server = Server::start();
    let (root, other) = (server.root(), server.other_root());
    root.new_organization();
    root.invite(&other, OTHER_ACCOUNT);
    let id = gateway::AccountId::parse(ACCOUNT).expect("an account id");
    let store = server.gateway.store();
    let reset = store.transact_blocking(|tx| identity::account::reset(tx, id));
    assert!(reset.expect("a transaction"));
    for client in [root, other] {
        assert!(client.org_refused("DescribeOrganization", json!({})).contains("NotInUse"));
    }
}

#[test]
fn a_task_is_done_as_a_members_root_user_and_nothing_else() {
    let server = Server::start();
    let root = server.root();
    root.new_organization();
    let member = root.new_member("m");
    let admin = administrator(&server);
    let task = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";
    let ask = [("TargetPrincipal", member.as_str()), ("TaskPolicyArn.arn", task)];
    let denied = |client: &Client<'_>| client.sts("AssumeRoot", &ask).element("Code");
    assert_eq!(denied(&admin), "AccessDenied");
    let untrusted = admin.iam("EnableOrganizationsRootCredentialsManagement", &[]);
    assert_eq!(untrusted.element("Code"), "ServiceAccessNotEnabledException");
    root.org("EnableAWSServiceAccess", json!({"ServicePrincipal": "iam.amazonaws.com"}));
    let enabled = admin.iam("EnableOrganizationsRootCredentialsManagement", &[]).ok();
    assert_eq!(enabled.elements("member"), ["RootCredentialsManagement"]);
    let other_task = "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy";
    let other = [("TargetPrincipal", member.as_str()), ("TaskPolicyArn.arn", other_task)];
    assert_eq!(admin.sts("AssumeRoot", &other).element("Code"), "AccessDenied");
    let any = "arn:aws:iam::aws:policy/AdministratorAccess";
    let any = [("TargetPrincipal", member.as_str()), ("TaskPolicyArn.arn", any)];
    assert_eq!(admin.sts("AssumeRoot", &any).element("Code"), "AccessDenied");
    let own = [("TargetPrincipal", ACCOUNT), ("TaskPolicyArn.arn", task)];
    assert_eq!(admin.sts("AssumeRoot", &own).element("Code"), "AccessDenied");
    let foreign = [("TargetPrincipal", OTHER_ACCOUNT), ("TaskPolicyArn.arn", task)];
    assert_eq!(admin.sts("AssumeRoot", &foreign).element("Code"), "AccessDenied");
    assert_eq!(denied(&root), "AccessDenied");
    assert_eq!(denied(&server.user("nobody")), "AccessDenied");

    let inside = admin.session(&admin.sts("AssumeRoot", &ask).ok());
    let arn = inside.sts("GetCallerIdentity", &[]).ok().element("Arn");
    assert_eq!(arn, format!("arn:aws:iam::{member}:root"));
    inside.iam("ListAccessKeys", &[]).ok();
    for action in ["ListUsers", "CreateAccessKey", "ListRoles"] {
        let refused = inside.iam(action, &[]);
        assert_eq!(refused.element("Code"), "AccessDenied", "{action}");
    }
    assert_eq!(inside.sts("GetSessionToken", &[]).element("Code"), "AccessDenied");
    server.pass(901);
    assert_eq!(inside.iam("ListAccessKeys", &[]).element("Code"), "ExpiredToken");
    admin.iam("DisableOrganizationsRootCredentialsManagement", &[]).ok();
    assert_eq!(denied(&admin), "AccessDenied");
}
