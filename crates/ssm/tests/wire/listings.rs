//! Paths, filters and pages.

use expect_test::{expect, expect_file};
use serde_json::{Value, json};

use harness::Client;

use crate::common::{Parameters as _, Server};

fn with_parameters(root: &Client<'_>) {
    for (name, kind) in [
        ("/foo/1", "String"),
        ("/foo/2", "StringList"),
        ("/foo/3/deep", "String"),
        ("/foobar", "String"),
        ("top", "String"),
    ] {
        root.ok("PutParameter", &json!({"Name": name, "Value": "v", "Type": kind}));
    }
}

fn names(answer: &Value) -> Vec<&str> {
    answer["Parameters"].as_array().unwrap().iter().map(|p| p["Name"].as_str().unwrap()).collect()
}

#[test]
fn a_path_is_one_level_or_all_below() {
    let server = Server::start();
    let root = server.root();
    with_parameters(&root);
    for (input, expected) in [
        (json!({"Path": "/foo"}), vec!["/foo/1", "/foo/2"]),
        (json!({"Path": "/foo/"}), vec!["/foo/1", "/foo/2"]),
        (json!({"Path": "/foo", "Recursive": true}), vec!["/foo/1", "/foo/2", "/foo/3/deep"]),
        (json!({"Path": "/"}), vec!["/foobar", "top"]),
        (json!({"Path": "/none"}), vec![]),
        (
            json!({"Path": "/foo", "ParameterFilters": [{"Key": "Type", "Values": ["StringList"]}]}),
            vec!["/foo/2"],
        ),
    ] {
        assert_eq!(names(&root.ok("GetParametersByPath", &input)), expected, "{input}");
    }
}

#[test]
fn pages_follow_one_another_without_gap() {
    let server = Server::start();
    let root = server.root();
    with_parameters(&root);
    for operation in ["GetParametersByPath", "DescribeParameters"] {
        let mut input = json!({"MaxResults": 2});
        if operation == "GetParametersByPath" {
            input["Path"] = json!("/");
            input["Recursive"] = json!(true);
        }
        let mut all = Vec::new();
        loop {
            let page = root.ok(operation, &input);
            all.extend(names(&page).into_iter().map(str::to_owned));
            match page.get("NextToken") {
                Some(token) => input["NextToken"] = token.clone(),
                None => break,
            }
        }
        assert_eq!(all, ["/foo/1", "/foo/2", "/foo/3/deep", "/foobar", "top"], "{operation}");
        input["NextToken"] = json!("bm90IG91cnM=");
        expect!["400 InvalidNextToken: The specified token isn't valid."]
            .assert_eq(&root.refused(operation, &input));
    }
}

#[test]
fn filters_choose_by_name_path_type_label_and_tag() {
    let server = Server::start();
    let root = server.root();
    with_parameters(&root);
    let tag = json!({"ResourceType": "Parameter", "ResourceId": "top", "Tags": [{"Key": "k", "Value": "v"}]});
    root.ok("AddTagsToResource", &tag);
    for (filter, expected) in [
        (json!({"Key": "Name", "Values": ["top"]}), vec!["top"]),
        (json!({"Key": "Name", "Values": ["/top"]}), vec!["top"]),
        (
            json!({"Key": "Name", "Option": "BeginsWith", "Values": ["/foo/"]}),
            vec!["/foo/1", "/foo/2", "/foo/3/deep"],
        ),
        (json!({"Key": "Name", "Option": "Contains", "Values": ["o/3"]}), vec!["/foo/3/deep"]),
        (json!({"Key": "Path", "Values": ["/foo"]}), vec!["/foo/1", "/foo/2"]),
        (
            json!({"Key": "Path", "Option": "Recursive", "Values": ["/foo"]}),
            vec!["/foo/1", "/foo/2", "/foo/3/deep"],
        ),
        (json!({"Key": "Type", "Values": ["StringList"]}), vec!["/foo/2"]),
        (json!({"Key": "Tier", "Values": ["Advanced"]}), vec![]),
        (json!({"Key": "KeyId", "Values": ["x"]}), vec![]),
        (json!({"Key": "tag:k", "Values": ["v"]}), vec!["top"]),
        (json!({"Key": "tag:k", "Values": ["w"]}), vec![]),
    ] {
        let found = root.ok("DescribeParameters", &json!({"ParameterFilters": [filter]}));
        assert_eq!(names(&found), expected, "{filter}");
    }
    let old = json!({"Filters": [{"Key": "Type", "Values": ["StringList"]}]});
    assert_eq!(names(&root.ok("DescribeParameters", &old)), ["/foo/2"]);
    root.ok("LabelParameterVersion", &json!({"Name": "/foo/1", "Labels": ["prod"]}));
    let by_label =
        json!({"Path": "/foo", "ParameterFilters": [{"Key": "Label", "Values": ["prod"]}]});
    assert_eq!(names(&root.ok("GetParametersByPath", &by_label)), ["/foo/1"]);
}

#[test]
fn filters_that_are_none_are_refused_in_the_words_of_aws() {
    let server = Server::start();
    let root = server.root();
    let mut told = String::new();
    for filters in [
        json!([{"Key": "Other", "Values": ["x"]}]),
        json!([{"Key": "Name"}]),
        json!([{"Key": "Name", "Option": "OneLevel", "Values": ["x"]}]),
        json!([{"Key": "Type", "Values": ["Other"]}]),
        json!([{"Key": "Label", "Values": ["x"]}]),
        json!([{"Key": "Name", "Values": ["x"]}, {"Key": "Name", "Values": ["y"]}]),
    ] {
        told += &root.refused("DescribeParameters", &json!({"ParameterFilters": filters}));
        told.push('\n');
    }
    let by_path =
        json!({"Path": "/a", "ParameterFilters": [{"Key": "Tier", "Values": ["Standard"]}]});
    told += &root.refused("GetParametersByPath", &by_path);
    told.push('\n');
    told += &root.refused("GetParametersByPath", &json!({"Path": "a"}));
    expect_file!["refused-filters.txt"].assert_eq(&told);
}
