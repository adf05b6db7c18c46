//! Putting, getting, labelling, tagging and deleting parameters.

use expect_test::{expect, expect_file};
use serde_json::{Value, json};

use crate::common::{NOW, Parameters as _, Server};

fn put(name: &str, value: &str) -> Value {
    json!({"Name": name, "Value": value, "Type": "String"})
}

#[test]
fn a_parameter_is_put_and_got_by_name_and_by_arn() {
    let server = Server::start();
    let root = server.root();
    let made = root.ok("PutParameter", &put("/app/db", "one"));
    assert_eq!(made, json!({"Version": 1, "Tier": "Standard"}));
    let expected = json!({"Parameter": {
        "Name": "/app/db", "Type": "String", "Value": "one", "Version": 1,
        "LastModifiedDate": NOW, "DataType": "text",
        "ARN": "arn:aws:ssm:us-east-1:123456789012:parameter/app/db",
    }});
    assert_eq!(root.ok("GetParameter", &json!({"Name": "/app/db"})), expected);
    let arn = &expected["Parameter"]["ARN"];
    assert_eq!(root.ok("GetParameter", &json!({"Name": arn})), expected);
}

#[test]
fn a_name_of_one_level_is_the_same_with_a_slash_and_answers_as_asked() {
    let server = Server::start();
    let root = server.root();
    root.ok("PutParameter", &put("plain", "v"));
    let got = root.ok("GetParameter", &json!({"Name": "/plain"}));
    assert_eq!(got["Parameter"]["Name"], "/plain");
    assert!(root.refused("PutParameter", &put("/plain", "w")).contains("ParameterAlreadyExists"));
    let listed = root.ok("DescribeParameters", &json!({}));
    assert_eq!(listed["Parameters"][0]["Name"], "plain");
}

#[test]
fn versions_are_counted_kept_and_selected() {
    let server = Server::start();
    let root = server.root();
    let first = json!({"Name": "p", "Value": "1", "Type": "String", "Description": "d"});
    root.ok("PutParameter", &first);
    for number in 2..=103 {
        let next = json!({"Name": "p", "Value": number.to_string(), "Overwrite": true});
        assert_eq!(root.ok("PutParameter", &next)["Version"], number);
    }
    let got = root.ok("GetParameter", &json!({"Name": "p:50"}));
    assert_eq!(
        (&got["Parameter"]["Value"], &got["Parameter"]["Selector"]),
        (&json!("50"), &json!(":50"))
    );
    let page = root.ok("GetParameterHistory", &json!({"Name": "p", "MaxResults": 50}));
    assert_eq!(page["Parameters"][0]["Version"], 4);
    assert_eq!(page["Parameters"][0]["Description"], "d");
    let token = &page["NextToken"];
    let rest = root.ok("GetParameterHistory", &json!({"Name": "p", "NextToken": token}));
    assert_eq!(rest["Parameters"].as_array().unwrap().len(), 50);
    assert!(rest.get("NextToken").is_none());
    expect!["400 ParameterVersionNotFound: Systems Manager could not find version 3 of p. Verify the version and try again."]
        .assert_eq(&root.refused("GetParameter", &json!({"Name": "p:3"})));
}

#[test]
fn a_label_stands_on_one_version_and_keeps_it() {
    let server = Server::start();
    let root = server.root();
    root.ok("PutParameter", &put("p", "1"));
    let labels = json!({"Name": "p", "Labels": ["prod", "1st", "aws-x"]});
    let answer = root.ok("LabelParameterVersion", &labels);
    assert_eq!(answer, json!({"InvalidLabels": ["1st", "aws-x"], "ParameterVersion": 1}));
    root.ok("PutParameter", &json!({"Name": "p", "Value": "2", "Overwrite": true}));
    let by_label = |label: &str| root.ok("GetParameter", &json!({"Name": format!("p:{label}")}));
    assert_eq!(by_label("prod")["Parameter"]["Value"], "1");
    for number in 3..=100 {
        root.ok(
            "PutParameter",
            &json!({"Name": "p", "Value": number.to_string(), "Overwrite": true}),
        );
    }
    let over = json!({"Name": "p", "Value": "x", "Overwrite": true});
    expect!["400 ParameterMaxVersionLimitExceeded: You attempted to create a new version of p by calling the PutParameter API with the overwrite flag. Version 1, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again."]
        .assert_eq(&root.refused("PutParameter", &over));
    root.ok("LabelParameterVersion", &json!({"Name": "p", "Labels": ["prod"]}));
    assert_eq!(by_label("prod")["Parameter"]["Value"], "100");
    root.ok("PutParameter", &over);
    let answer = root.ok(
        "UnlabelParameterVersion",
        &json!({"Name": "p", "ParameterVersion": 100, "Labels": ["prod", "other"]}),
    );
    assert_eq!(answer, json!({"RemovedLabels": ["prod"], "InvalidLabels": ["other"]}));
    expect!["400 ParameterVersionNotFound: Systems Manager could not find label prod for parameter p. Verify the label and try again."]
        .assert_eq(&root.refused("GetParameter", &json!({"Name": "p:prod"})));
}

#[test]
fn what_cannot_be_put_is_refused_in_the_words_of_aws() {
    let server = Server::start();
    let root = server.root();
    root.ok(
        "PutParameter",
        &json!({"Name": "big", "Value": "v", "Type": "String", "Tier": "Advanced"}),
    );
    root.ok("PutParameter", &put("p", "v"));
    let long = "x".repeat(4097);
    let longer = "x".repeat(8193);
    let mut told = String::new();
    for input in [
        put("p", "again"),
        put("/awsome/p", "v"),
        put("/ssm/p", "v"),
        put("a/b", "v"),
        put("/a//b", "v"),
        put(&"/l".repeat(16), "v"),
        put("new", ""),
        put("new", &long),
        put("new", "{{ssm:other}}"),
        json!({"Name": "new", "Value": longer, "Type": "String", "Tier": "Intelligent-Tiering"}),
        json!({"Name": "new", "Value": "v"}),
        json!({"Name": "new", "Value": "v", "Type": "SecureString"}),
        json!({"Name": "new", "Value": "v", "Type": "String", "KeyId": "alias/aws/ssm"}),
        json!({"Name": "new", "Value": "v", "Type": "String", "DataType": "Text"}),
        json!({"Name": "new", "Value": "12345", "Type": "String", "AllowedPattern": "\\d{1,4}"}),
        json!({"Name": "new", "Value": "v", "Type": "String", "AllowedPattern": "("}),
        json!({"Name": "p", "Value": "v", "Type": "StringList", "Overwrite": true}),
        json!({"Name": "p", "Value": "v", "Overwrite": true, "Tags": [{"Key": "k", "Value": "v"}]}),
        json!({"Name": "big", "Value": "v", "Overwrite": true, "Tier": "Standard"}),
    ] {
        told += &root.refused("PutParameter", &input);
        told.push('\n');
    }
    expect_file!["refused-parameters.txt"].assert_eq(&told);
}

#[test]
fn a_parameter_ends_when_its_policy_says_so() {
    let server = Server::start();
    let root = server.root();
    let policy = |kind: &str, attributes: Value| {
        json!([{"Type": kind, "Version": "1.0", "Attributes": attributes}]).to_string()
    };
    let with = |policies: String| json!({"Name": "p", "Value": "v", "Type": "String", "Tier": "Advanced", "Policies": policies});
    let refused = root.refused("PutParameter", &with(policy("Other", json!({}))));
    assert!(refused.starts_with("400 InvalidPolicyTypeException"), "{refused}");
    let refused = root.refused("PutParameter", &with(policy("Expiration", json!({}))));
    assert!(refused.starts_with("400 InvalidPolicyAttributeException"), "{refused}");
    let end = policy("Expiration", json!({"Timestamp": "2026-01-02T04:04:05.000Z"}));
    root.ok("PutParameter", &with(end));
    let listed = root.ok("DescribeParameters", &json!({}));
    assert_eq!(listed["Parameters"][0]["Policies"][0]["PolicyType"], "Expiration");
    server.pass(3599);
    root.ok("GetParameter", &json!({"Name": "p"}));
    server.pass(1);
    assert_eq!(root.refused("GetParameter", &json!({"Name": "p"})), "400 ParameterNotFound: ");
    assert_eq!(root.ok("PutParameter", &put("p", "new"))["Version"], 1);
}

#[test]
fn several_are_got_and_deleted_at_once_and_what_is_not_there_is_told() {
    let server = Server::start();
    let root = server.root();
    for name in ["a", "/b/c"] {
        root.ok("PutParameter", &put(name, "v"));
    }
    let names = json!({"Names": ["a", "/b/c:1", "a:9", "none"]});
    let got = root.ok("GetParameters", &names);
    assert_eq!(got["Parameters"].as_array().unwrap().len(), 2);
    assert_eq!(got["InvalidParameters"], json!(["a:9", "none"]));
    let gone = root.ok("DeleteParameters", &json!({"Names": ["a", "none", "/b/c"]}));
    assert_eq!(gone["DeletedParameters"], json!(["a", "/b/c"]));
    assert_eq!(gone["InvalidParameters"], json!(["none"]));
    assert_eq!(root.refused("DeleteParameter", &json!({"Name": "a"})), "400 ParameterNotFound: ");
}

#[test]
fn tags_are_added_listed_and_removed() {
    let server = Server::start();
    let root = server.root();
    let mut input = put("/a/b", "v");
    input["Tags"] = json!([{"Key": "one", "Value": "1"}]);
    root.ok("PutParameter", &input);
    let resource = |extra: Value| {
        let mut input = json!({"ResourceType": "Parameter", "ResourceId": "/a/b"});
        input.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        input
    };
    root.ok("AddTagsToResource", &resource(json!({"Tags": [{"Key": "two", "Value": "2"}]})));
    root.ok("RemoveTagsFromResource", &resource(json!({"TagKeys": ["one"]})));
    let listed = root.ok("ListTagsForResource", &resource(json!({})));
    assert_eq!(listed["TagList"], json!([{"Key": "two", "Value": "2"}]));
    let other = json!({"ResourceType": "Document", "ResourceId": "x"});
    assert!(root.refused("ListTagsForResource", &other).starts_with("400 InvalidResourceId"));
}
