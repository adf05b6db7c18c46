//! Topics of stacks, and the topics that stacks tell their events to.

use crate::common::{Server, Stacks as _};

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:news";

#[test]
fn a_topic_is_made_updated_replaced_and_deleted_with_its_stack() {
    let server = Server::start();
    let root = server.root();
    let template = |properties: &str| {
        format!(
            "Resources:
  T: {{Type: AWS::SNS::Topic, Properties: {{{properties}}}}}
Outputs:
  Arn: {{Value: !Ref T}}
  Name: {{Value: !GetAtt T.TopicName}}
"
        )
    };
    let attribute = |arn: &str| root.sns("GetTopicAttributes", &[("TopicArn", arn)]);
    let outputs = || root.cfn("DescribeStacks", &[("StackName", "s")]).ok().elements("OutputValue");
    root.create("s", &template("TopicName: news, DisplayName: News"), &[]).ok();
    assert_eq!(outputs(), [TOPIC, "news"]);
    assert!(attribute(TOPIC).ok().body.contains("<value>News</value>"));
    let tagged = "TopicName: news, DisplayName: Old, Tags: [{Key: a, Value: b}]";
    root.update("s", &template(tagged), &[]).ok();
    assert!(attribute(TOPIC).ok().body.contains("<value>Old</value>"));
    let tags = root.sns("ListTagsForResource", &[("ResourceArn", TOPIC)]).ok();
    assert_eq!(tags.elements("Value"), ["b"]);
    root.create("t", &template("TopicName: news"), &[]).ok();
    assert!(root.events("t").contains("already exists."), "{}", root.events("t"));
    root.update("s", &template("TopicName: other.fifo, FifoTopic: true"), &[]).ok();
    assert_eq!(outputs()[1], "other.fifo");
    assert_eq!(attribute(TOPIC).error(), "404 NotFound: Topic does not exist");
    root.delete("s", &[]).ok();
    assert!(root.sns("ListTopics", &[]).ok().elements("TopicArn").is_empty());
}

#[test]
fn a_subscription_is_refused_for_nothing_is_delivered() {
    let server = Server::start();
    let root = server.root();
    let template = "Resources:
  T:
    Type: AWS::SNS::Topic
    Properties: {Subscription: [{Endpoint: a@example.com, Protocol: email}]}
";
    root.create("s", template, &[]).ok();
    let reason = "The property Subscription is not implemented by this server.";
    assert!(root.events("s").contains(reason), "{}", root.events("s"));
}

#[test]
fn a_stack_is_told_to_topics_that_are_there_and_knows_them() {
    let server = Server::start();
    let root = server.root();
    let template = "Resources:
  G:
    Type: AWS::IAM::Group
Outputs:
  Topics: {Value: !Join [',', !Ref AWS::NotificationARNs]}
";
    let told = [("NotificationARNs.member.1", TOPIC)];
    assert_eq!(
        root.create("s", template, &told).error(),
        format!(
            "400 ValidationError: {TOPIC} is not a valid notification topic: Topic does not exist"
        )
    );
    root.sns("CreateTopic", &[("Name", "news")]).ok();
    let user = server.user("u", &["cloudformation:*", "iam:*"]);
    let refused = user.create("s", template, &told).error();
    assert!(refused.contains("is not authorized to perform: SNS:GetTopicAttributes"), "{refused}");
    root.create("s", template, &told).ok();
    let described = root.cfn("DescribeStacks", &[("StackName", "s")]).ok();
    assert_eq!(described.element("OutputValue"), TOPIC);
    assert!(described.element("NotificationARNs").contains(TOPIC));
}
