//! Making, describing, tagging, listing and deleting topics.

use expect_test::expect;

use crate::common::{Server, Topics as _, element};

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:news";

#[test]
fn a_topic_is_made_described_and_deleted_and_both_may_be_said_twice() {
    let server = Server::start();
    let root = server.root();
    for _ in 0..2 {
        let made = root.ok("CreateTopic", &[("Name", "news")]);
        assert_eq!(element(&made, "TopicArn"), TOPIC);
    }
    let described = root.ok("GetTopicAttributes", &[("TopicArn", TOPIC)]);
    let keys: Vec<&str> =
        described.split("<key>").skip(1).filter_map(|entry| entry.split('<').next()).collect();
    expect!["DisplayName EffectiveDeliveryPolicy Owner Policy SubscriptionsConfirmed SubscriptionsDeleted SubscriptionsPending TopicArn"].assert_eq(&keys.join(" "));
    assert!(described.contains(r#""AWS:SourceOwner":"123456789012""#), "{described}");
    for _ in 0..2 {
        root.ok("DeleteTopic", &[("TopicArn", TOPIC)]);
    }
    let gone = root.refused("GetTopicAttributes", &[("TopicArn", TOPIC)]);
    assert_eq!(gone, "404 NotFound: Topic does not exist");
    root.ok(
        "CreateTopic",
        &[("Name", "news"), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")],
    );
}

#[test]
fn attributes_are_set_and_refused_in_the_words_of_aws() {
    let server = Server::start();
    let root = server.root();
    root.ok("CreateTopic", &[("Name", "news")]);
    let set =
        |name, value| [("TopicArn", TOPIC), ("AttributeName", name), ("AttributeValue", value)];
    root.ok("SetTopicAttributes", &set("DisplayName", "News"));
    let policy = r#"{"http": {"defaultRequestPolicy": {"headerContentType": "application/json"}}}"#;
    root.ok("SetTopicAttributes", &set("DeliveryPolicy", policy));
    let described = root.ok("GetTopicAttributes", &[("TopicArn", TOPIC)]);
    assert!(described.contains("<value>News</value>"), "{described}");
    assert!(described.contains(r#""headerContentType":"application/json""#), "{described}");
    let long = "x".repeat(101);
    let mut told = String::new();
    for (name, value) in [
        ("FifoTopic", "false"),
        ("Other", "x"),
        ("DisplayName", long.as_str()),
        ("Policy", "{"),
        (
            "Policy",
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}"#,
        ),
        (
            "Policy",
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/none"},"Action":"sns:Publish","Resource":"*"}]}"#,
        ),
        ("DeliveryPolicy", "x"),
        ("SignatureVersion", "3"),
        ("ContentBasedDeduplication", "true"),
        ("KmsMasterKeyId", "alias/aws/sns"),
        ("HTTPSuccessFeedbackRoleArn", "arn:aws:iam::123456789012:role/r"),
    ] {
        told += &format!("{name}: {}\n", root.refused("SetTopicAttributes", &set(name, value)));
    }
    for arn in ["news", "arn:aws:sqs:us-east-1:123456789012:news"] {
        let set = [("TopicArn", arn)];
        told += &format!("{arn}: {}\n", root.refused("GetTopicAttributes", &set));
    }
    expect![[r#"
        FifoTopic: 400 InvalidParameter: Invalid parameter: AttributeName
        Other: 400 InvalidParameter: Invalid parameter: AttributeName
        DisplayName: 400 InvalidParameter: Invalid parameter: DisplayName Reason: Must be less than 100 characters long
        Policy: 400 InvalidParameter: Invalid parameter: Policy Error: null
        Policy: 400 InvalidParameter: Invalid parameter: Policy statement action out of service scope!
        Policy: 400 InvalidParameter: Invalid parameter: Policy Error: PrincipalNotFound
        DeliveryPolicy: 400 InvalidParameter: Invalid parameter: DeliveryPolicy: failed to parse JSON.
        SignatureVersion: 400 InvalidParameter: Invalid parameter: SignatureVersion
        ContentBasedDeduplication: 400 InvalidParameter: Invalid parameter: AttributeName
        KmsMasterKeyId: 501 NotImplemented: KmsMasterKeyId is not implemented by this server.
        HTTPSuccessFeedbackRoleArn: 501 NotImplemented: HTTPSuccessFeedbackRoleArn is not implemented by this server.
        news: 400 InvalidParameter: Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1
        arn:aws:sqs:us-east-1:123456789012:news: 400 InvalidParameter: Invalid parameter: TopicArn
    "#]].assert_eq(&told);
}

#[test]
fn names_follow_the_rules_and_fifo_topics_have_their_ending() {
    let server = Server::start();
    let root = server.root();
    let fifo = ("Attributes.entry.1.key", "FifoTopic");
    let yes = ("Attributes.entry.1.value", "true");
    let (longest, longer) = ("x".repeat(256), "x".repeat(257));
    root.ok("CreateTopic", &[("Name", &longest)]);
    root.ok("CreateTopic", &[("Name", "news.fifo"), fifo, yes]);
    let refused = "400 InvalidParameter: Invalid parameter: Topic Name";
    for name in ["", "a b", "a.fifo", "a:b", longer.as_str()] {
        assert_eq!(root.refused("CreateTopic", &[("Name", name)]), refused, "{name}");
    }
    for name in ["news", ".fifo"] {
        assert_eq!(root.refused("CreateTopic", &[("Name", name), fifo, yes]), refused, "{name}");
    }
    let again = [
        ("Name", "news.fifo"),
        fifo,
        yes,
        ("Tags.member.1.Key", "k"),
        ("Tags.member.1.Value", "v"),
    ];
    expect!["400 InvalidParameter: Invalid parameter: Tags Reason: Topic already exists with different tags"].assert_eq(&root.refused("CreateTopic", &again));
}

#[test]
fn topics_are_listed_by_the_hundred_and_by_region() {
    let server = Server::start();
    let root = server.root();
    for number in 0..101 {
        root.ok("CreateTopic", &[("Name", &format!("t-{number:03}"))]);
    }
    let first = root.ok("ListTopics", &[]);
    assert_eq!(first.matches("<TopicArn>").count(), 100);
    let token = element(&first, "NextToken");
    let second = root.ok("ListTopics", &[("NextToken", &token)]);
    assert_eq!(element(&second, "TopicArn"), "arn:aws:sns:us-east-1:123456789012:t-100");
    assert!(!second.contains("NextToken"));
    let refused = root.refused("ListTopics", &[("NextToken", "x")]);
    assert_eq!(refused, "400 InvalidParameter: Invalid parameter: NextToken");
    let elsewhere = root.in_region("eu-west-1");
    assert!(!elsewhere.ok("ListTopics", &[]).contains("TopicArn"));
    let arn = "arn:aws:sns:us-east-1:123456789012:t-000";
    let refused = elsewhere.refused("GetTopicAttributes", &[("TopicArn", arn)]);
    assert_eq!(refused, "404 NotFound: Topic does not exist");
}

#[test]
fn topics_are_tagged() {
    let server = Server::start();
    let root = server.root();
    root.ok("CreateTopic", &[("Name", "news")]);
    let tag = |key, value| {
        [("ResourceArn", TOPIC), ("Tags.member.1.Key", key), ("Tags.member.1.Value", value)]
    };
    root.ok("TagResource", &tag("k", "one"));
    root.ok("TagResource", &tag("k", "two"));
    root.ok("TagResource", &tag("l", ""));
    root.ok("UntagResource", &[("ResourceArn", TOPIC), ("TagKeys.member.1", "l")]);
    let tags = root.ok("ListTagsForResource", &[("ResourceArn", TOPIC)]);
    assert_eq!((element(&tags, "Key"), element(&tags, "Value")), ("k".into(), "two".into()));
    assert_eq!(tags.matches("<Key>").count(), 1);
    let mut twice = tag("k", "v").to_vec();
    twice.extend([("Tags.member.2.Key", "k"), ("Tags.member.2.Value", "w")]);
    let refused = root.refused("TagResource", &twice);
    assert_eq!(
        refused,
        "400 InvalidParameter: Invalid parameter: Duplicated keys are not allowed."
    );
    let none = [("ResourceArn", "arn:aws:sns:us-east-1:123456789012:none")];
    let refused = root.refused("ListTagsForResource", &none);
    assert_eq!(refused, "404 ResourceNotFound: Resource does not exist");
}

#[test]
fn what_would_be_delivered_is_not_implemented() {
    let server = Server::start();
    let root = server.root();
    root.ok("CreateTopic", &[("Name", "news")]);
    for (action, parameters) in [
        ("Publish", vec![("TopicArn", TOPIC), ("Message", "hello")]),
        ("Subscribe", vec![("TopicArn", TOPIC), ("Protocol", "email")]),
    ] {
        let refused = root.refused(action, &parameters);
        assert!(refused.starts_with("501 NotImplemented"), "{refused}");
    }
    assert!(!root.ok("ListSubscriptions", &[]).contains("<SubscriptionArn>"));
}
