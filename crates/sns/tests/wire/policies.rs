//! Who may do what with a topic: by their own policies, and by the topic's.

use expect_test::expect;
use serde_json::json;

use crate::common::{Server, Topics as _};

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:news";

#[test]
fn a_denial_has_the_code_and_the_sentence_of_sns() {
    let server = Server::start();
    server.root().ok("CreateTopic", &[("Name", "news")]);
    let user =
        server.user("u", json!([{"Effect": "Allow", "Action": "sns:ListTopics", "Resource": "*"}]));
    user.ok("ListTopics", &[]);
    expect!["403 AuthorizationError: User: arn:aws:iam::123456789012:user/u is not authorized to perform: SNS:GetTopicAttributes on resource: arn:aws:sns:us-east-1:123456789012:news because no identity-based policy allows the SNS:GetTopicAttributes action"].assert_eq(&user.refused("GetTopicAttributes", &[("TopicArn", TOPIC)]));
}

#[test]
fn tags_of_a_topic_and_of_a_request_are_conditions() {
    let server = Server::start();
    let root = server.root();
    let tags = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "red")];
    root.ok("CreateTopic", &[("Name", "news"), tags[0], tags[1]]);
    root.ok("CreateTopic", &[("Name", "other")]);
    let user = server.user(
        "u",
        json!([
            {"Effect": "Allow", "Action": "sns:GetTopicAttributes", "Resource": "*",
             "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}},
            {"Effect": "Allow", "Action": ["sns:CreateTopic", "sns:TagResource"], "Resource": "*",
             "Condition": {"StringEquals": {"aws:RequestTag/team": "blue"}}},
        ]),
    );
    user.ok("GetTopicAttributes", &[("TopicArn", TOPIC)]);
    let other = TOPIC.replace("news", "other");
    assert!(user.refused("GetTopicAttributes", &[("TopicArn", &other)]).starts_with("403"));
    assert!(user.refused("CreateTopic", &[("Name", "mine")]).starts_with("403"));
    user.ok("CreateTopic", &[("Name", "mine"), tags[0], ("Tags.member.1.Value", "blue")]);
}

#[test]
fn a_topics_policy_lets_another_account_in_and_keeps_its_own_users_out() {
    let server = Server::start();
    let root = server.root();
    root.ok("CreateTopic", &[("Name", "news")]);
    let user = server.user("u", json!([{"Effect": "Allow", "Action": "sns:*", "Resource": "*"}]));
    let foreigner = server.other_root();
    let described = [("TopicArn", TOPIC)];
    assert!(
        foreigner.refused("GetTopicAttributes", &described).starts_with("403 AuthorizationError")
    );
    user.ok("GetTopicAttributes", &described);
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "210987654321"}, "Action": "sns:GetTopicAttributes", "Resource": TOPIC},
        {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::123456789012:user/u"},
         "Action": "sns:GetTopicAttributes", "Resource": TOPIC},
    ]});
    let policy = policy.to_string();
    let set =
        [("TopicArn", TOPIC), ("AttributeName", "Policy"), ("AttributeValue", policy.as_str())];
    root.ok("SetTopicAttributes", &set);
    foreigner.ok("GetTopicAttributes", &described);
    assert!(foreigner.refused("DeleteTopic", &described).starts_with("403"));
    let refused = user.refused("GetTopicAttributes", &described);
    assert!(refused.contains("with an explicit deny in a resource-based policy"), "{refused}");
}

#[test]
fn permissions_are_statements_of_the_policy() {
    let server = Server::start();
    let root = server.root();
    root.ok("CreateTopic", &[("Name", "news")]);
    let add = |label, action| {
        [
            ("TopicArn", TOPIC),
            ("Label", label),
            ("AWSAccountId.member.1", "210987654321"),
            ("ActionName.member.1", action),
        ]
    };
    let foreigner = server.other_root();
    root.ok("AddPermission", &add("read", "GetTopicAttributes"));
    foreigner.ok("GetTopicAttributes", &[("TopicArn", TOPIC)]);
    let mut told = root.refused("AddPermission", &add("read", "Publish"));
    told += &format!("\n{}", root.refused("AddPermission", &add("other", "Other")));
    expect![[r#"
        400 InvalidParameter: Invalid parameter: Statement already exists
        400 InvalidParameter: Invalid parameter: Policy statement action out of service scope!"#]]
    .assert_eq(&told);
    root.ok("RemovePermission", &[("TopicArn", TOPIC), ("Label", "read")]);
    assert!(foreigner.refused("GetTopicAttributes", &[("TopicArn", TOPIC)]).starts_with("403"));
}
