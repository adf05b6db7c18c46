//! Headers and parameters that are called like condition keys.

use crate::raw::Call;
use crate::site::{BUCKET, Site};

#[tokio::test]
async fn headers_that_are_called_like_condition_keys_say_nothing() {
    let site = Site::new().await;
    let policy = |condition: serde_json::Value| {
        serde_json::json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}]})
    };
    let conditions = [
        serde_json::json!({"StringEquals": {"aws:userid": "admin"}}),
        serde_json::json!({"StringEquals": {"aws:username": "admin"}}),
        serde_json::json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        serde_json::json!({"Bool": {"aws:SecureTransport": "true"}}),
        serde_json::json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        serde_json::json!({"StringEquals": {"aws:PrincipalTag/team": "admin"}}),
        serde_json::json!({"StringEquals": {"s3:authType": "admin"}}),
        serde_json::json!({"StringEquals": {"s3:ExistingObjectTag/team": "admin"}}),
        serde_json::json!({"StringEquals": {"aws:ResourceTag/team": "admin"}}),
        serde_json::json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::admin"}}),
    ];
    let names = [
        "userid",
        "username",
        "aws-userid",
        "aws-username",
        "sourceip",
        "multifactorauthpresent",
        "principaltag-team",
        "s3-authtype",
        "x-amz-meta-team",
        "sourcearn",
        "x-amz-source-arn",
        "x-amz-source-account",
        "x-forwarded-user",
        "x-amzn-principal",
        "x-wardian-user",
    ];
    for condition in conditions {
        site.world.permit(None, &policy(condition.clone())).await;
        let mut call = Call::s3("GET", &format!("/{BUCKET}"));
        call.query =
            "userid=admin&aws%3Auserid=admin&aws%3ASourceIp=10.0.0.1&team=admin".to_owned();
        for name in names {
            call = call.header(name, "admin");
        }
        for (name, value) in [
            ("x-forwarded-for", "10.0.0.1"),
            ("forwarded", "for=10.0.0.1"),
            ("x-real-ip", "10.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("true-client-ip", "10.0.0.1"),
        ] {
            call = call.header(name, value);
        }
        let told = site.told(call.signed(&site.caller, site.now())).await;
        assert_eq!(told, "403 AccessDenied", "{condition}");
        let told = site.told(call.presigned(&site.caller, site.now(), 60)).await;
        assert_eq!(told, "403 AccessDenied", "{condition}");
    }
}
