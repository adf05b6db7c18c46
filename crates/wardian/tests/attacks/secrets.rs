//! Secrets that the binary must keep to itself: none stands in a log at TRACE, in an event, in a
//! decision, or in what `why` tells.

use std::process::Stdio;

use crate::raw::{Call, Key, Raw};
use crate::server::{Home, Server, keys_of, text};

const PASSWORD: &str = "Very-Secret-Password-1";

/// What is secret only because it is said to be.
const PLAIN: [&str; 5] = [
    "Very-Secret-Password-2",
    "Very-Secret-Password-3",
    "value-of-a-secure-string",
    "value-of-a-parameter-without-echo",
    "c2VjcmV0LWtleS1vZi1hLWNlcnRpZmljYXRl",
];

const CUSTOMER_KEY_MD5: (&str, &str) =
    ("x-amz-server-side-encryption-customer-key-md5", "fOZJX1/FBpdJQ819WYJjkA==");
const CUSTOMER_ALGORITHM: (&str, &str) =
    ("x-amz-server-side-encryption-customer-algorithm", "AES256");
const CUSTOMER_KEY: (&str, &str) =
    ("x-amz-server-side-encryption-customer-key", "Y3VzdG9tZXIta2V5LW9mLTMyLWJ5dGVzLWxvbmctMTI=");

fn now() -> i64 {
    let now = std::fs::metadata("/proc/self").and_then(|file| file.modified()).expect("a time");
    let now = now.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    i64::try_from(now).expect("seconds")
}

fn head(raw: &Raw) -> String {
    let fields = raw.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    format!("{} {} HTTP/1.1\r\n{}", raw.method, raw.path, fields.collect::<String>())
}

fn element(answer: &str, name: &str) -> String {
    let (_, rest) = answer.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{answer}"));
    rest.split('<').next().unwrap_or_default().to_owned()
}

#[test]
fn no_secret_is_in_a_log_at_trace_in_an_event_in_a_decision_or_in_why() {
    let home = Home::new();
    let (events, decisions) = (home.path("events.jsonl"), home.path("decisions.jsonl"));
    let words = format!(
        "serve --listen 127.0.0.1:0 --memory --log-level trace --allow-sse-c-over-http --event-log {} \
        --decisions {}",
        events.display(),
        decisions.display()
    );
    let log = std::fs::File::create(home.path("log")).expect("a file");
    let mut command = home.command(&words);
    command.stderr(Stdio::from(log));
    let server = Server::start(command);
    home.done(&server, "admin create alice");
    let (id, secret) = keys_of(&home.path(".aws/credentials"));
    let key = Key { id, secret, token: None };
    let mut secrets = deal_in_secrets(&server, &key);
    secrets.extend(deal_in_proofs(&server, &key));
    assert_eq!(secrets.len(), 23);
    assert!(secrets.iter().all(|secret| secret.len() >= 16), "{secrets:?}");
    let mut told = String::new();
    let account = home.json(&server, "account create --name second --profile alice");
    secrets.push(account["SecretAccessKey"].as_str().expect("a secret").to_owned());
    for words in [
        "why --profile alice",
        "why --last --json --profile alice",
        "why --denied --json --profile alice",
    ] {
        told.push_str(&text(&home.run(&server, words).stdout));
    }
    drop(server);
    for (name, written) in [
        ("log", home.read("log")),
        ("events", home.read("events.jsonl")),
        ("decisions", home.read("decisions.jsonl")),
        ("why", told),
    ] {
        assert!(written.len() > 200, "{name} was written: {written}");
        for secret in &secrets {
            assert!(!written.contains(secret), "{name} holds {secret}");
        }
    }
}

/// Makes and uses all that is secret, well and badly: what it was.
fn deal_in_secrets(server: &Server, key: &Key) -> Vec<String> {
    let send = |call: Call, body: &str| {
        let call = call.header("content-length", &body.len().to_string());
        server.exchange(&head(&call.signed(key, now())), body)
    };
    let query = |service, form: &str| send(Call::query(service, form), form);
    let iam = |form: &str| query("iam", &format!("Version=2010-05-08&{form}"));
    let mut secrets = vec![key.secret.clone(), PASSWORD.to_owned(), CUSTOMER_KEY.1.to_owned()];
    for form in ["Action=GetSessionToken", "Action=GetFederationToken&Name=guest"] {
        let made = query("sts", &format!("Version=2011-06-15&{form}"));
        secrets.extend(["SecretAccessKey", "SessionToken"].map(|name| element(&made, name)));
    }
    let made = iam(&format!("Action=CreateLoginProfile&UserName=alice&Password={PASSWORD}"));
    assert!(made.starts_with("HTTP/1.1 200"), "{made}");
    secrets.push(element(&iam("Action=CreateAccessKey&UserName=alice"), "SecretAccessKey"));
    let device = iam("Action=CreateVirtualMFADevice&VirtualMFADeviceName=phone");
    secrets.push(element(&device, "Base32StringSeed"));
    assert!(send(Call::s3("PUT", "/box-one"), "").starts_with("HTTP/1.1 200"));
    send(Call::s3("PUT", "/box-one/key").header(CUSTOMER_KEY.0, CUSTOMER_KEY.1), "");
    for method in ["PUT", "GET", "HEAD"] {
        let call = [CUSTOMER_KEY, CUSTOMER_KEY_MD5, CUSTOMER_ALGORITHM]
            .into_iter()
            .fold(Call::s3(method, "/box-one/key"), |call, (name, value)| call.header(name, value));
        let answer = send(call, "");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let credential = iam("Action=CreateServiceSpecificCredential&UserName=alice\
        &ServiceName=codecommit.amazonaws.com");
    secrets.push(element(&credential, "ServicePassword"));
    deal_in_plain_secrets(&send);
    secrets.extend(PLAIN.map(str::to_owned));
    let forged = Key { secret: "x".to_owned(), ..key.clone() };
    let who = Call::query("sts", "").signed(&forged, now());
    server.exchange(&head(&who), "");
    server.exchange("GET /box-one/key HTTP/1.1\r\nhost: localhost\r\n", "");
    secrets
}

/// Uses what opens a door for a while, or is the key to what others have: what it was.
fn deal_in_proofs(server: &Server, key: &Key) -> Vec<String> {
    let send = |call: &Call, body: &str| {
        let call = call.clone().header("content-length", &body.len().to_string());
        let raw = call.signed(key, now());
        let (_, signature) = raw.value("authorization").split_once("Signature=").expect("signed");
        (server.exchange(&head(&raw), body), signature.to_owned())
    };
    let query = |service, form: &str| send(&Call::query(service, form), form);
    let (session, signature) = query("sts", "Action=GetSessionToken&Version=2011-06-15");
    let [id, secret, token] =
        ["AccessKeyId", "SecretAccessKey", "SessionToken"].map(|name| element(&session, name));
    let session = Key { id, secret, token: Some(token) };
    let signed = [session.secret.clone(), session.token.clone().unwrap_or_default(), signature];
    let raw = Call::s3("GET", "/box-one/key").presigned(&session, now(), 60);
    let (_, presigned) = raw.query.split_once("X-Amz-Signature=").expect("a signature");
    let presigned = presigned.split('&').next().unwrap_or_default().to_owned();
    let line = format!("GET {}?{} HTTP/1.1\r\nhost: s3.amazonaws.com\r\n", raw.path, raw.query);
    server.exchange(&line, "");
    // Altered, and told about.
    server.exchange(&line.replace("box-one/key", "box-one/other"), "");
    let made = rcgen::generate_simple_self_signed(["a.example".to_owned()]).expect("a pair");
    let private = made.signing_key.serialize_pem();
    let escape = |text: &str| text.replace('+', "%2B").replace('\n', "%0A").replace('=', "%3D");
    let (uploaded, _) = query(
        "iam",
        &format!(
            "Action=UploadServerCertificate&Version=2010-05-08&ServerCertificateName=pair\
            &CertificateBody={}&PrivateKey={}",
            escape(&made.cert.pem()),
            escape(&private)
        ),
    );
    assert!(uploaded.starts_with("HTTP/1.1 200"), "{uploaded}");
    assert!(!uploaded.contains("PRIVATE"), "{uploaded}");
    let lines = private.lines().filter(|line| !line.starts_with('-')).take(2);
    let private: Vec<String> = lines.map(str::to_owned).collect();
    let seal = deal_in_signals(server, &query);
    let (reset, _) = query("iam", "Action=ListServiceSpecificCredentials&Version=2010-05-08");
    let reset = element(&reset, "ServiceSpecificCredentialId");
    let (reset, _) = query(
        "iam",
        &format!(
            "Action=ResetServiceSpecificCredential&Version=2010-05-08\
            &ServiceSpecificCredentialId={reset}"
        ),
    );
    let password = element(&reset, "ServicePassword");
    signed.into_iter().chain([presigned, seal, password]).chain(private).collect()
}

/// Signals a stack that waits: the seal of the URL, which is all that one must know.
fn deal_in_signals(
    server: &Server,
    query: &dyn Fn(&'static str, &str) -> (String, String),
) -> String {
    let template = "Resources: {H: {Type: 'AWS::CloudFormation::WaitConditionHandle'}}";
    let form = format!(
        "Action=CreateStack&Version=2010-05-15&StackName=w&TemplateBody={}",
        template.replace(' ', "%20").replace(':', "%3A")
    );
    let (made, _) = query("cloudformation", &form);
    assert!(made.starts_with("HTTP/1.1 200"), "{made}");
    let form = "Action=DescribeStackResource&Version=2010-05-15&StackName=w&LogicalResourceId=H";
    let url = (0..1000)
        .map(|_| query("cloudformation", form).0)
        .find(|told| told.contains("X-Amz-Signature"))
        .map(|told| element(&told, "PhysicalResourceId").replace("&amp;", "&"))
        .expect("a handle");
    let (_, path) =
        url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).expect("a path");
    let body = r#"{"Status":"SUCCESS","UniqueId":"one"}"#;
    for path in [path.to_owned(), path.replace("%2FH", "%2FX").replace("/H?", "/X?")] {
        let length = body.len();
        let line =
            format!("PUT /{path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n");
        server.exchange(&line, body);
    }
    let (_, seal) = url.rsplit_once("X-Amz-Signature=").expect("a seal");
    seal.to_owned()
}

/// Secrets that the client brings.
fn deal_in_plain_secrets(send: &dyn Fn(Call, &str) -> String) {
    let [second, third, secure, silent, key] = PLAIN;
    let done = |answer: String| assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let iam = |form: String| {
        let form = format!("Version=2010-05-08&{form}");
        send(Call::query("iam", &form), &form)
    };
    done(iam(format!("Action=UpdateLoginProfile&UserName=alice&Password={second}")));
    done(iam(format!("Action=ChangePassword&OldPassword={second}&NewPassword={third}")));
    let refused = |answer: String| {
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        assert!(!PLAIN.iter().any(|secret| answer.contains(secret)), "{answer}");
    };
    refused(iam(format!("Action=ChangePassword&OldPassword={second}&NewPassword={second}")));
    // No key, and so refused: a text that is none is a secret all the same.
    refused(iam(format!(
        "Action=UploadServerCertificate&ServerCertificateName=c&CertificateBody=none\
        &PrivateKey=-----BEGIN+PRIVATE+KEY-----%0A{key}%0A-----END+PRIVATE+KEY-----"
    )));
    let parameter = format!(r#"{{"Name": "secret", "Type": "SecureString", "Value": "{secure}"}}"#);
    for target in ["PutParameter", "GetParameter"] {
        let body = match target {
            "PutParameter" => parameter.as_str(),
            _ => r#"{"Name": "secret", "WithDecryption": true}"#,
        };
        let mut call = Call::query("ssm", body);
        call.headers.retain(|(name, _)| name != "content-type");
        let call = call.header("content-type", "application/x-amz-json-1.1");
        send(call.header("x-amz-target", &format!("AmazonSSM.{target}")), body);
    }
    let template = r#"{"Parameters":{"P":{"Type":"String","NoEcho":true}},"Resources":{"B":
        {"Type":"AWS::SSM::Parameter","Properties":{"Type":"String","Value":{"Ref":"P"}}}}}"#;
    let template = template.replace(['\n', ' '], "").replace('"', "%22").replace('{', "%7B");
    let form = format!(
        "Action=CreateStack&Version=2010-05-15&StackName=s&TemplateBody={}\
        &Parameters.member.1.ParameterKey=P&Parameters.member.1.ParameterValue={silent}",
        template.replace('}', "%7D").replace(':', "%3A").replace(',', "%2C")
    );
    done(send(Call::query("cloudformation", &form), &form));
}
