//! Calls that another service makes: as itself, with a role that trusts it, and as its caller.

use api::cloudformation::{ValidateTemplate, ValidateTemplateInput, ValidateTemplateOutput};
use api::iam::{CreateUser, CreateUserRequest};
use api::sts::{AssumeRole, AssumeRoleRequest};
use expect_test::expect;
use gateway::{Caller, Cx, Error, Identity, Service};

use crate::common::{Server, role_arn, statement, trusting};

/// A service that assumes the role `TemplateBody`, then makes the user `TemplateURL` as its caller.
pub fn service() -> Service {
    let rows = r#"{"_source": "a test", "operations": {"ValidateTemplate": [
        {"action": "cloudformation:ValidateTemplate", "resource": "*", "decision": "authenticated"}
    ]}}"#;
    let service = Service::new(&api::cloudformation::SERVICE, rows).expect("rows");
    service.on::<ValidateTemplate>(act)
}

fn act(cx: &mut Cx<'_>, input: ValidateTemplateInput) -> Result<ValidateTemplateOutput, Error> {
    let itself = Caller {
        identity: Identity::Service("cloudformation.amazonaws.com".to_owned()),
        ..Caller::anonymous(cx.account())
    };
    let mut description = String::new();
    if let Some(role_arn) = input.template_body {
        let role_session_name = "AWSCloudFormation".to_owned();
        let request = AssumeRoleRequest { role_arn, role_session_name, ..Default::default() };
        let assumed = cx.call::<AssumeRole>(&itself, request)?;
        description = assumed.assumed_role_user.map(|user| user.arn).unwrap_or_default();
    }
    if let Some(user_name) = input.template_url {
        let caller = cx.caller().via("cloudformation.amazonaws.com");
        let request = CreateUserRequest { user_name, ..Default::default() };
        let made = cx.call::<CreateUser>(&caller, request)?;
        description = made.user.map(|user| user.arn).unwrap_or_default();
    }
    Ok(ValidateTemplateOutput { description: Some(description), ..Default::default() })
}

#[test]
fn a_service_assumes_only_a_role_that_trusts_it() {
    let server = Server::start();
    let root = server.root();
    let service =
        trusting("x").replace(r#""AWS":"x""#, r#""Service":"cloudformation.amazonaws.com""#);
    let other = trusting("123456789012");
    for (name, trust) in [("for-it", &service), ("for-others", &other)] {
        root.iam("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", trust)]).ok();
    }
    let assume =
        |name| root.cloudformation("ValidateTemplate", &[("TemplateBody", &role_arn(name))]);
    expect!["arn:aws:sts::123456789012:assumed-role/for-it/AWSCloudFormation"]
        .assert_eq(&assume("for-it").ok().element("Description"));
    expect!["403 AccessDenied: User: cloudformation.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/for-others"].assert_eq(&assume("for-others").error());
    expect!["403 AccessDenied: User: cloudformation.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/missing"].assert_eq(&assume("missing").error());
}

#[test]
fn a_service_makes_things_with_the_permissions_of_its_caller() {
    let server = Server::start();
    let user = server.user("u");
    let make = |name| user.cloudformation("ValidateTemplate", &[("TemplateURL", name)]);
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::123456789012:user/made because no identity-based policy allows the iam:CreateUser action"].assert_eq(&make("made").error());
    let allow = statement("Allow", "iam:CreateUser", "*")
        .replace(r#""Resource""#, r#""Condition":{"StringEquals":{"aws:CalledViaLast":"cloudformation.amazonaws.com"}},"Resource""#);
    let policy = [("UserName", "u"), ("PolicyName", "p"), ("PolicyDocument", allow.as_str())];
    server.root().iam("PutUserPolicy", &policy).ok();
    expect!["arn:aws:iam::123456789012:user/made"]
        .assert_eq(&make("made").ok().element("Description"));
    expect!["409 EntityAlreadyExists: User with name made already exists."]
        .assert_eq(&make("made").error());
    let direct = user.iam("CreateUser", &[("UserName", "direct")]);
    assert_eq!(direct.element("Code"), "AccessDenied");
}
