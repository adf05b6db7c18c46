//! Requests that say who sent them twice, half, in two places, or to a service that nobody serves.

use crate::raw::{Call, Key, Raw};
use crate::site::{BUCKET, Site};

fn list() -> Call {
    Call::s3("GET", &format!("/{BUCKET}"))
}

fn who() -> Call {
    Call::query("sts", "Action=GetCallerIdentity&Version=2011-06-15")
}

/// `GET /?Action=..` of a Query service, whose parameters a signature in the query covers.
fn asked_in_the_query() -> Call {
    let query = "Action=GetCallerIdentity&Version=2011-06-15".to_owned();
    Call { method: "GET", query, ..Call::query("sts", "") }
}

fn is_refused(told: &str) -> bool {
    told.starts_with("400 ") || told.starts_with("403 ")
}

#[tokio::test]
async fn a_header_of_the_signature_that_stands_twice_is_refused() {
    let site = Site::new().await;
    for call in [list(), who()] {
        let names = call.signed(&site.session, site.now()).headers;
        let names = names.into_iter().map(|(name, _)| name);
        let signed = |name: &String| name == "authorization" || name.starts_with("x-amz-");
        let names: Vec<String> = names.filter(signed).collect();
        assert!(names.len() >= 3, "{names:?}");
        for name in names {
            let mut again = call.signed(&site.session, site.now());
            let value = again.value(&name).to_owned();
            again.headers.push((name.clone(), value.clone()));
            let mut first = call.signed(&site.session, site.now());
            first.headers.insert(0, (name.clone(), "x".to_owned()));
            let mut last = call.signed(&site.session, site.now());
            last.headers.push((name.clone(), String::new()));
            let joined = call.signed(&site.session, site.now());
            let joined = joined.set(&name, &format!("{value},{value}"));
            for (how, raw) in
                [("same", again), ("first", first), ("last", last), ("joined", joined)]
            {
                let told = site.told(raw).await;
                assert!(is_refused(&told), "{} {name} {how}: {told}", call.service);
            }
        }
    }
}

#[tokio::test]
async fn a_parameter_of_the_signature_that_stands_twice_is_refused() {
    let site = Site::new().await;
    for call in [list(), asked_in_the_query()] {
        let good = call.presigned(&site.session, site.now(), 60);
        let names = good.query.split('&').filter_map(|pair| pair.split_once('='));
        let names = names.map(|(name, _)| name.to_owned()).filter(|name| name.starts_with("X-Amz"));
        let names: Vec<String> = names.collect();
        assert!(names.len() >= 6, "{names:?}");
        for name in names {
            for twin in [name.clone(), name.to_ascii_lowercase(), name.replace('-', "%2D")] {
                for value in ["", "x", "AWS4-HMAC-SHA256", "604800"] {
                    let mut last = call.presigned(&site.session, site.now(), 60);
                    last.query = format!("{}&{twin}={value}", last.query);
                    let mut first = call.presigned(&site.session, site.now(), 60);
                    first.query = format!("{twin}={value}&{}", first.query);
                    for raw in [last, first] {
                        let (query, told) = (raw.query.clone(), site.told(raw).await);
                        assert!(
                            is_refused(&told),
                            "{} {twin}={value}: {told} {query}",
                            call.service
                        );
                    }
                }
            }
        }
        assert_eq!(site.told(good).await, "200");
    }
}

#[tokio::test]
async fn a_signature_of_two_places_is_none() {
    let site = Site::new().await;
    for call in [list(), asked_in_the_query()] {
        let header = || call.signed(&site.root, site.now());
        let query = || call.presigned(&site.root, site.now(), 60);
        let both = Raw { query: query().query, ..header() };
        let keep = |query: &str, keep: &dyn Fn(&str) -> bool| {
            query.split('&').filter(|pair| keep(pair)).collect::<Vec<_>>().join("&")
        };
        let is_credential = |pair: &str| pair.starts_with("X-Amz-Credential=");
        let is_signature = |pair: &str| pair.starts_with("X-Amz-Signature=");
        let authorization = header().value("authorization").to_owned();
        let (scheme, rest) = authorization.split_once("Credential=").expect("a credential");
        let (_, after) = rest.split_once(',').expect("signed headers");
        let (before, _) = authorization.split_once("Signature=").expect("a signature");
        let bare = format!("{scheme}{}", after.trim());
        let unsigned = before.trim_end_matches([',', ' ']).to_owned();
        let own = |pair: &str| !pair.starts_with("X-Amz-");
        let presented = query().query;
        let forms = [
            ("both whole", both),
            (
                "the credential in the query, the signature in the header",
                Raw {
                    query: keep(&presented, &|pair| own(pair) || is_credential(pair)),
                    ..header().set("authorization", &bare)
                },
            ),
            (
                "the query but for its signature, that in the header",
                Raw {
                    query: keep(&presented, &|pair| !is_signature(pair)),
                    ..header().set("authorization", &bare)
                },
            ),
            (
                "the header but for its signature, that in the query",
                Raw {
                    query: keep(&presented, &|pair| own(pair) || is_signature(pair)),
                    ..header().set("authorization", &unsigned)
                },
            ),
            (
                "the signature in the query, the rest nowhere",
                Raw {
                    query: keep(&presented, &|pair| own(pair) || is_signature(pair)),
                    ..header().without("authorization")
                },
            ),
            (
                "the credential in the query, the rest nowhere",
                Raw {
                    query: keep(&presented, &|pair| own(pair) || is_credential(pair)),
                    ..header().without("authorization")
                },
            ),
            ("an empty header beside the query", query().set("authorization", "")),
            ("another scheme beside the query", query().set("authorization", "Basic cm9vdDo=")),
            ("a header of no scheme", header().set("authorization", "AWS4-HMAC-SHA256")),
            ("an older scheme", header().set("authorization", "AWS root:c2ln")),
        ];
        for (name, raw) in forms {
            let told = site.told(raw).await;
            assert!(is_refused(&told), "{} {name}: {told}", call.service);
        }
    }
}

#[tokio::test]
async fn a_session_s_token_opens_nothing_in_the_other_place() {
    let site = Site::new().await;
    let token = site.session.token.clone().expect("a token");
    let bare = Key { token: None, ..site.session.clone() };
    for call in [list(), who()] {
        let mut hoisted = call.signed(&bare, site.now());
        hoisted.query = format!("X-Amz-Security-Token={}", escaped(&token));
        let told = site.told(hoisted).await;
        assert!(is_refused(&told), "{}: {told}", call.service);
        let told = site.told(call.signed(&bare, site.now())).await;
        assert!(is_refused(&told), "{}: {told}", call.service);
    }
    // S3 wants it signed. The others do not: it opens for its own key alone.
    let slipped = list().signed(&bare, site.now()).set("x-amz-security-token", &token);
    assert!(is_refused(&site.told(slipped).await));
    let other = who().signed(&site.caller, site.now()).set("x-amz-security-token", &token);
    assert!(is_refused(&site.told(other).await));
}

/// The body of a call in JSON does not say what is asked: a header does.
#[tokio::test]
async fn an_operation_that_was_not_signed_is_not_done() {
    let site = Site::new().await;
    let call = |target: &str| {
        let mut call = Call::query("ssm", r#"{"Name": "secret"}"#);
        call.headers.retain(|(name, _)| name != "content-type");
        let call = call.header("content-type", "application/x-amz-json-1.1");
        if target.is_empty() { call } else { call.header("x-amz-target", target) }
    };
    let (get, delete) = ("AmazonSSM.GetParameter", "AmazonSSM.DeleteParameter");
    let signed = |target: &str| call(target).signed(&site.root, site.now());
    let presigned = |target: &str| call(target).presigned(&site.root, site.now(), 60);
    let good = site.send(signed(get)).await;
    assert!(good.status == 400 && good.says("ParameterNotFound"), "{good}");
    let altered = [
        signed("").set("x-amz-target", delete),
        signed(get).set("x-amz-target", delete),
        presigned("").set("x-amz-target", delete),
        presigned(get).set("x-amz-target", delete),
    ];
    for raw in altered {
        let answer = site.send(raw).await;
        assert!(answer.says("InvalidSignatureException"), "{answer}");
    }
}

fn escaped(text: &str) -> String {
    text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

#[tokio::test]
async fn a_service_that_nobody_serves_does_nothing_by_any_name() {
    let site = Site::new().await;
    let aliases = [
        "sqs",
        "S3",
        "IAM",
        "Sts",
        "s3 ",
        "s3-outposts",
        "s3express",
        "s3-object-lambda",
        "s3v4",
        "iam-admin",
        "wardian-admin",
        "admin",
        "execute-api",
        "monitoring",
        "*",
        "..",
        "aws4_request",
        "organizations",
        "sts%00",
    ];
    for alias in aliases {
        for call in [list(), who()] {
            let call = Call { service: alias, ..call };
            let told = site.told(call.signed(&site.root, site.now())).await;
            assert!(
                !told.starts_with('2') && !told.starts_with('5') || told == "501 NotImplemented",
                "{alias} {}: {told}",
                call.path
            );
            let path = call.path.clone();
            let told = site
                .told(call.header("host", &format!("{}.amazonaws.com", alias.trim())).unsigned())
                .await;
            assert!(
                !told.starts_with('2') && !told.starts_with('5') || told == "501 NotImplemented",
                "{alias} unsigned {path}: {told}"
            );
        }
    }
}

/// What is judged is what is done, whichever of two values that is.
#[tokio::test]
async fn a_parameter_that_stands_twice_is_judged_as_it_is_used() {
    let mut site = Site::new().await;
    let boss = serde_json::json!({"operation": "iam:CreateUser", "with": {"UserName": "boss"}});
    site.world.run(&[serde_json::from_value(boss).expect("a step")]).await;
    for key in ["open/a", "secret/a"] {
        let put = Call::s3("PUT", &format!("/{BUCKET}/{key}")).body(key);
        assert_eq!(site.told(put.signed(&site.root, site.now())).await, "200");
    }
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*",
            "Condition": {"StringEquals": {"s3:prefix": "open/"}}},
        {"Effect": "Allow", "Action": "iam:GetUser",
            "Resource": "arn:aws:iam::*:user/caller"}]});
    site.world.permit(None, &policy).await;
    let good = Call::s3("GET", &format!("/{BUCKET}?prefix=open%2F"));
    assert!(site.send(good.signed(&site.caller, site.now())).await.says("open/a"));
    let (open, secret) = ("prefix=open%2F", "prefix=secret%2F");
    for query in [
        format!("{open}&{secret}"),
        format!("{secret}&{open}"),
        format!("{open}&Prefix=secret%2F"),
        format!("Prefix=open%2F&{secret}"),
        "PREFIX=open%2F&%70refix=secret%2F".to_owned(),
        format!("{open}&%70refix=secret%2F"),
        "prefix=open%2F%00secret".to_owned(),
        "s3:prefix=open%2F".to_owned(),
        "list-type=2&start-after=open%2F&list-type=2".to_owned(),
    ] {
        let call = Call::s3("GET", &format!("/{BUCKET}?{query}"));
        let answer = site.send(call.signed(&site.caller, site.now())).await;
        assert!(!answer.says("secret/a"), "{query}: {answer}");
    }
    for form in ["UserName=caller&UserName=boss", "UserName=boss&UserName=caller"] {
        let form = format!("Action=GetUser&Version=2010-05-08&{form}");
        let told = site.send(Call::query("iam", &form).signed(&site.caller, site.now())).await;
        assert!(!told.says("user/boss</Arn>"), "{form}: {told}");
    }
    let twice = "Action=GetUser&Action=ListUsers&Version=2010-05-08&UserName=caller";
    let told = site.send(Call::query("iam", twice).signed(&site.caller, site.now())).await;
    assert!(!told.says("ListUsersResult"), "{told}");
}
