//! Whose parameters, and on what conditions.

use expect_test::expect;
use serde_json::json;

use crate::common::{Parameters as _, Server};

#[test]
fn parameters_are_allowed_by_arn_tag_and_condition() {
    let server = Server::start();
    let root = server.root();
    for (name, team) in [("/a/1", "red"), ("/b/1", "blue")] {
        root.ok(
            "PutParameter",
            &json!({"Name": name, "Value": "v", "Type": "String", "Tags": [{"Key": "team", "Value": team}]}),
        );
    }
    let user = server.user(
        "u",
        json!([
            {"Effect": "Allow", "Action": "ssm:GetParameter*", "Resource": "arn:aws:ssm:us-east-1:123456789012:parameter/a/*"},
            {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "*",
             "Condition": {"StringEquals": {"ssm:resourceTag/team": "blue"}}},
            {"Effect": "Allow", "Action": "ssm:PutParameter", "Resource": "*",
             "Condition": {"StringNotEquals": {"ssm:Overwrite": "true"}}},
        ]),
    );
    user.ok("GetParameter", &json!({"Name": "/a/1:1"}));
    user.ok("GetParameter", &json!({"Name": "/b/1"}));
    expect!["400 AccessDeniedException: User: arn:aws:iam::123456789012:user/u is not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:us-east-1:123456789012:parameter/b/1 because no identity-based policy allows the ssm:GetParameters action"]
        .assert_eq(&user.refused("GetParameters", &json!({"Names": ["/a/1", "/b/1"]})));
    expect!["400 AccessDeniedException: User: arn:aws:iam::123456789012:user/u is not authorized to perform: ssm:DescribeParameters on resource: arn:aws:ssm:us-east-1:123456789012:* because no identity-based policy allows the ssm:DescribeParameters action"]
        .assert_eq(&user.refused("DescribeParameters", &json!({})));
    let refused = user.refused("GetParametersByPath", &json!({"Path": "/"}));
    assert!(refused.contains("parameter/ because"), "{refused}");
    user.ok("PutParameter", &json!({"Name": "/c", "Value": "v", "Type": "String"}));
    let over = json!({"Name": "/c", "Value": "v", "Overwrite": true});
    assert!(user.refused("PutParameter", &over).starts_with("400 AccessDeniedException"));
    let tagged =
        json!({"Name": "/d", "Value": "v", "Type": "String", "Tags": [{"Key": "k", "Value": "v"}]});
    assert!(user.refused("PutParameter", &tagged).contains("ssm:AddTagsToResource on resource"));
}

#[test]
fn parameters_of_another_account_or_region_are_not_there() {
    let server = Server::start();
    let root = server.root();
    root.ok("PutParameter", &json!({"Name": "p", "Value": "v", "Type": "String"}));
    let elsewhere = json!({"Name": "arn:aws:ssm:eu-west-1:123456789012:parameter/p"});
    assert_eq!(root.refused("GetParameter", &elsewhere), "400 ParameterNotFound: ");
    let foreign = json!({"Name": "arn:aws:ssm:us-east-1:210987654321:parameter/p"});
    let refused = root.refused("GetParameter", &foreign);
    assert!(refused.starts_with("400 AccessDeniedException"), "{refused}");
}
