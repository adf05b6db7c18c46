//! Requests and answers as text, against what they are read to and written from. Cases are data, in
//! `cases/`.

use api::{Operation, OperationShape, Structure, Visitor};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;
use serde_json::Value;
use wire::{Form, Invalid, Style, json, query, rest};

type Maker = fn() -> Box<dyn Structure>;

/// The tables and inputs of all operations of one service.
#[derive(Default)]
struct Operations(Vec<(&'static OperationShape, Maker)>);

impl Visitor for Operations {
    fn operation<O: Operation>(&mut self) {
        self.0.push((O::SHAPE, || Box::new(O::Input::default())));
    }
}

impl Operations {
    fn all() -> Self {
        let mut all = Self::default();
        api::cloudformation::operations(&mut all);
        api::iam::operations(&mut all);
        api::organizations::operations(&mut all);
        api::sns::operations(&mut all);
        api::ssm::operations(&mut all);
        api::s3::operations(&mut all);
        api::sts::operations(&mut all);
        api::wardian::operations(&mut all);
        all
    }

    fn named(
        &self,
        service: &str,
        name: &str,
    ) -> Option<(&'static OperationShape, Box<dyn Structure>)> {
        let found = self.0.iter().find(|(shape, _)| shape.service == service && shape.name == name);
        found.map(|(shape, make)| (*shape, make()))
    }
}

#[derive(Deserialize)]
struct QueryCase {
    name: String,
    operation: String,
    form: String,
    read: Option<Value>,
    message: Option<String>,
}

#[test]
fn forms_are_read_or_refused_in_the_words_of_aws() {
    let cases: Vec<QueryCase> = serde_json::from_str(include_str!("../cases/query.json")).unwrap();
    let operations = Operations::all();
    for case in cases {
        let (service, name) = case.operation.split_once(':').unwrap();
        let (shape, mut input) = operations.named(service, name).unwrap();
        let form = Form::parse(case.form.as_bytes()).unwrap();
        let answer = query::read(shape, &form, input.as_mut());
        let message = answer.err().map(|invalid| invalid.message(Style::of(shape)));
        assert_eq!(message, case.message, "{}", case.name);
        if let Some(expected) = case.read {
            assert_eq!(json::redacted(input.as_ref()), expected, "{}", case.name);
        }
    }
}

#[derive(Deserialize)]
struct JsonCase {
    name: String,
    operation: String,
    document: String,
    read: Option<Value>,
    message: Option<String>,
}

#[test]
fn documents_are_read_or_refused_in_the_words_of_aws() {
    let cases: Vec<JsonCase> = serde_json::from_str(include_str!("../cases/json.json")).unwrap();
    let operations = Operations::all();
    for case in cases {
        let (service, name) = case.operation.split_once(':').unwrap();
        let (shape, mut input) = operations.named(service, name).unwrap();
        let answer = json::read(shape, case.document.as_bytes(), input.as_mut());
        let message = answer.err().map(|invalid| invalid.message(Style::of(shape)));
        assert_eq!(message, case.message, "{}", case.name);
        if let Some(expected) = case.read {
            assert_eq!(json::redacted(input.as_ref()), expected, "{}", case.name);
        }
    }
}

#[derive(Deserialize)]
struct RestCase {
    name: String,
    operation: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    read: Option<Value>,
    invalid: Option<String>,
}

#[test]
fn messages_are_read_or_refused_as_s3_does() {
    let cases: Vec<RestCase> = serde_json::from_str(include_str!("../cases/rest.json")).unwrap();
    let operations = Operations::all();
    for case in cases {
        let (shape, mut input) = operations.named("s3", &case.operation).unwrap();
        let pair = |(name, value): (&String, &String)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_bytes(value.as_bytes()).unwrap())
        };
        let request = rest::RestRequest {
            bucket: shape.http.uri.contains("{Bucket}").then_some("b"),
            key: shape.http.uri.contains("{Key+}").then_some("k"),
            query: &case.query,
            headers: &case.headers.iter().map(pair).collect(),
            body: case.body.as_bytes(),
        };
        let answer = rest::read(shape, &request, input.as_mut());
        let invalid = answer.err().map(|invalid: Invalid| format!("{invalid:?}"));
        assert_eq!(invalid, case.invalid, "{}", case.name);
        if let Some(expected) = case.read {
            assert_eq!(json::redacted(input.as_ref()), expected, "{}", case.name);
        }
    }
}

#[test]
fn requests_are_the_operations_that_s3_takes_them_for() {
    let text = include_str!("../cases/routes.json");
    let cases: Vec<(String, Vec<String>, Option<String>)> = serde_json::from_str(text).unwrap();
    let router = rest::router(&api::s3::SERVICE);
    for (request, names, expected) in cases {
        let (method, target) = request.split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = path.trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let given = |text: &'static str| HeaderValue::from_static(text);
        let name = |name: &String| (HeaderName::from_bytes(name.as_bytes()).unwrap(), given("x"));
        let headers: HeaderMap = names.iter().map(name).collect();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let some = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
        let (bucket, key) = (some(bucket), some(key));
        let found = router.route(&method, bucket.as_deref(), key.as_deref(), query, &headers);
        assert_eq!(found.map(|shape| shape.name), expected.as_deref(), "{request} {names:?}");
    }
}

#[test]
fn query_answers_are_the_text_that_aws_writes() {
    let user = api::iam::User {
        path: Some("/".to_owned()),
        user_name: Some("a<b".to_owned()),
        user_id: "AIDA".to_owned(),
        arn: "arn:aws:iam::123456789012:user/a".to_owned(),
        create_date: api::Timestamp::from_millis(1_769_903_999_123),
        ..Default::default()
    };
    let created = api::iam::CreateUserResponse { user: Some(user) };
    assert_eq!(
        query::write(api::iam::CreateUser::SHAPE, &created, "r"),
        "<CreateUserResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><CreateUserResult><User>\
         <Path>/</Path><UserName>a&lt;b</UserName><UserId>AIDA</UserId>\
         <Arn>arn:aws:iam::123456789012:user/a</Arn><CreateDate>2026-01-31T23:59:59Z</CreateDate></User>\
         </CreateUserResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></CreateUserResponse>"
    );
    let listed = api::iam::ListUsersResponse { is_truncated: Some(false), ..Default::default() };
    let text = query::write(api::iam::ListUsers::SHAPE, &listed, "r");
    assert!(
        text.contains(
            "<ListUsersResult><Users/><IsTruncated>false</IsTruncated></ListUsersResult>"
        ),
        "{text}"
    );
    let deleted = api::iam::DeleteUserResponse::default();
    assert_eq!(
        query::write(api::iam::DeleteUser::SHAPE, &deleted, "r"),
        "<DeleteUserResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ResponseMetadata><RequestId>r\
         </RequestId></ResponseMetadata></DeleteUserResponse>"
    );
    assert_eq!(
        query::error(&api::sts::SERVICE, "AccessDenied", "a & b", true, "r"),
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>AccessDenied</Code><Message>a &amp; b</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    );
}

#[test]
fn json_answers_are_the_text_that_aws_writes() {
    let parameter = api::ssm::Parameter {
        name: Some("/a".to_owned()),
        r#type: Some(api::ssm::ParameterType::String),
        value: Some("\"\u{1}\n\u{e9}".to_owned()),
        version: Some(3),
        last_modified_date: Some(api::Timestamp::from_millis(1_769_903_999_050)),
        ..Default::default()
    };
    assert_eq!(
        json::write(&api::ssm::GetParameterResult { parameter: Some(parameter) }),
        "{\"Parameter\":{\"Name\":\"/a\",\"Type\":\"String\",\"Value\":\"\\\"\\u0001\\n\u{e9}\",\
         \"Version\":3,\"LastModifiedDate\":1769903999.050}}"
    );
    assert_eq!(json::write(&api::ssm::DeleteParameterResult::default()), "{}");
    let spelled = |service: &api::ServiceShape, code, message| match service.protocol {
        api::Protocol::Json(spelling) => json::error(spelling, code, message, &[]),
        _ => panic!("{} speaks no JSON", service.name),
    };
    let missing = spelled(&api::ssm::SERVICE, "ParameterNotFound", "");
    assert_eq!(missing, "{\"__type\":\"ParameterNotFound\"}");
    let exists = spelled(&api::ssm::SERVICE, "ParameterAlreadyExists", "m");
    assert_eq!(exists, "{\"__type\":\"ParameterAlreadyExists\",\"message\":\"m\"}");
    let denied = spelled(&api::ssm::SERVICE, "AccessDeniedException", "m");
    assert_eq!(denied, "{\"__type\":\"AccessDeniedException\",\"Message\":\"m\"}");
    let none = spelled(&api::organizations::SERVICE, "AccountNotFoundException", "m");
    assert_eq!(none, "{\"__type\":\"AccountNotFoundException\",\"Message\":\"m\"}");
    assert_eq!(json::read_error(none.as_bytes()).unwrap().1, "m");
}

#[test]
fn s3_answers_are_the_text_that_aws_writes() {
    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    const NS: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
    let body = |written: rest::RestResponse| written.body.unwrap_or_default();

    let object = api::s3::Object {
        key: Some("k".to_owned()),
        e_tag: Some("\"e\"".to_owned()),
        last_modified: Some(api::Timestamp::from_seconds(1_769_903_999)),
        ..Default::default()
    };
    let listed = api::s3::ListObjectsV2Output {
        is_truncated: Some(false),
        contents: Some(vec![object]),
        ..Default::default()
    };
    assert_eq!(
        body(rest::write(api::s3::ListObjectsV2::SHAPE, &listed)),
        format!(
            "{HEAD}<ListBucketResult {NS}><IsTruncated>false</IsTruncated><Contents><Key>k</Key>\
             <LastModified>2026-01-31T23:59:59.000Z</LastModified><ETag>&quot;e&quot;</ETag></Contents>\
             </ListBucketResult>"
        )
    );
    let location = api::s3::GetBucketLocationOutput {
        location_constraint: Some(api::s3::BucketLocationConstraint::EuWest1),
    };
    assert_eq!(
        body(rest::write(api::s3::GetBucketLocation::SHAPE, &location)),
        format!("{HEAD}<LocationConstraint {NS}>eu-west-1</LocationConstraint>")
    );
    let none = api::s3::GetBucketLocationOutput::default();
    assert_eq!(
        body(rest::write(api::s3::GetBucketLocation::SHAPE, &none)),
        format!("{HEAD}<LocationConstraint {NS}/>")
    );
    let put = api::s3::PutObjectOutput { e_tag: Some("\"e\"".to_owned()), ..Default::default() };
    let written = rest::write(api::s3::PutObject::SHAPE, &put);
    assert_eq!((written.status, written.body), (200, None));
    assert_eq!(written.headers, [("ETag".into(), "\"e\"".to_owned())]);
    let deleted = rest::write(api::s3::DeleteBucket::SHAPE, &api::s3::DeleteBucketResponse {});
    assert_eq!((deleted.status, deleted.body), (204, None));
    assert_eq!(
        rest::error("NoSuchBucket", "m", &[("BucketName", "b".to_owned())], "r", "h"),
        format!(
            "{HEAD}<Error><Code>NoSuchBucket</Code><Message>m</Message><BucketName>b</BucketName>\
             <RequestId>r</RequestId><HostId>h</HostId></Error>"
        )
    );
}

#[test]
fn secrets_are_hidden_in_debug() {
    let key = api::iam::AccessKey { secret_access_key: "s3cr3t".to_owned(), ..Default::default() };
    let text = format!("{key:?}");
    assert!(text.contains("SecretAccessKey: ***") && !text.contains("s3cr3t"), "{text}");
}
