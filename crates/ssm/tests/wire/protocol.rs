//! JSON 1.1 as clients and strangers speak it.

use expect_test::expect;
use serde_json::json;

use crate::common::{Parameters as _, Server};

const KIND: (&str, &str) = ("content-type", "application/x-amz-json-1.1");

#[test]
fn what_is_no_operation_or_no_document_is_refused_in_the_words_of_aws() {
    let server = Server::start();
    let root = server.root();
    let send = |target: &str, body: &str| {
        let headers = [KIND, ("x-amz-target", target)];
        let answer = root.send("ssm", "POST", "/", &headers, body.to_owned());
        format!("{} {}", answer.status, answer.body)
    };
    let mut told = String::new();
    for (target, body) in [
        ("AmazonSSM.StartSession", "{}"),
        ("AmazonSSM", "{}"),
        ("AWSOrganizationsV20161128.ListRoots", "{}"),
        ("AmazonSSM.GetParameter", "{"),
        ("AmazonSSM.GetParameter", "[]"),
        ("AmazonSSM.GetParameter", r#"{"Name": 1}"#),
        ("AmazonSSM.GetParameter", ""),
        ("AmazonSSM.DescribeParameters", r#"{"MaxResults": 51}"#),
        ("AmazonSSM.DescribeParameters", ""),
    ] {
        told += &format!("{target} {body}\n  {}\n", send(target, body));
    }
    expect![[r#"
        AmazonSSM.StartSession {}
          400 {"__type":"UnknownOperationException"}
        AmazonSSM {}
          400 {"__type":"UnknownOperationException"}
        AWSOrganizationsV20161128.ListRoots {}
          400 {"__type":"UnknownOperationException"}
        AmazonSSM.GetParameter {
          400 {"__type":"SerializationException"}
        AmazonSSM.GetParameter []
          400 {"__type":"SerializationException"}
        AmazonSSM.GetParameter {"Name": 1}
          400 {"__type":"SerializationException","message":"NUMBER_VALUE can not be converted to a String"}
        AmazonSSM.GetParameter 
          400 {"__type":"ValidationException","message":"1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"}
        AmazonSSM.DescribeParameters {"MaxResults": 51}
          400 {"__type":"ValidationException","message":"1 validation error detected: Value '51' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 50"}
        AmazonSSM.DescribeParameters 
          200 {"Parameters":[]}
    "#]].assert_eq(&told);
}

#[test]
fn a_signature_that_is_wrong_or_missing_is_refused_in_the_codes_of_json() {
    let server = Server::start();
    let mut forger = server.root();
    forger.forget_secret();
    let forged = forger.refused("GetParameter", &json!({"Name": "a"}));
    assert!(forged.starts_with("400 InvalidSignatureException: The request signature"), "{forged}");
    let headers = [KIND, ("x-amz-target", "AmazonSSM.GetParameter")];
    let answer = server.unsigned("POST", "/", &headers, r#"{"Name":"a"}"#);
    expect![[r#"400 {"__type":"MissingAuthenticationTokenException","message":"Request is missing Authentication Token"}"#]].assert_eq(&format!("{} {}", answer.status, answer.body));
}
