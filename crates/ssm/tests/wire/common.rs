//! A gateway in memory with IAM and Parameter Store, and clients that sign their requests as AWS's
//! do.

use std::sync::Arc;

use api::Timestamp;
use gateway::clock::FixedClock;
use gateway::id::SeededIds;
use gateway::{AccountId, Config, Gateway, Limits, Parts, Peer, Service};
use http_body_util::{BodyExt as _, Full};
use identity::{IdentityDirectory, account};
use serde_json::{Value, json};
use sigv4::{Credentials, Headers, PayloadHash, SecretKey, SigningScope, Style};
use store::{Blobs, Keyring, Secret, Store};

pub const ACCOUNT: &str = "123456789012";
/// 2026-01-02T03:04:05Z
pub const NOW: i64 = 1_767_323_045;

pub struct Server {
    gateway: Gateway,
    clock: Arc<FixedClock>,
    runtime: tokio::runtime::Runtime,
}

/// Who signs.
#[derive(Clone)]
pub struct Client<'a> {
    server: &'a Server,
    key: String,
    secret: String,
}

/// The gateway wants to own its clock; the test moves it.
struct Clock(Arc<FixedClock>);

impl gateway::clock::Clock for Clock {
    fn wall(&self) -> Timestamp {
        self.0.wall()
    }
}

impl Server {
    pub fn start() -> Self {
        let keyring = Arc::new(Keyring::from_bytes([7; 32]));
        let store = Store::memory();
        let now = Timestamp::from_seconds(NOW);
        let id = AccountId::parse(ACCOUNT).unwrap();
        store
            .transact_blocking(|tx| {
                account::ensure(tx, id, "test", "root@example.com", now)?;
                let secret = Secret::from("root-secret");
                account::put_root_key(tx, &keyring, id, "AKIAROOT000000000001", &secret, now)?;
                Ok::<_, gateway::Error>(())
            })
            .unwrap();
        let clock = Arc::new(FixedClock::new(now));
        let nothing = r#"{"_source": "a test", "operations": {}}"#;
        let gateway = Gateway::new(Parts {
            config: Config {
                account: id,
                region: "us-east-1".to_owned(),
                base_domains: Vec::new(),
                limits: Limits::default(),
            },
            store,
            blobs: Blobs::memory(Arc::clone(&keyring)).unwrap(),
            clock: Arc::new(Clock(Arc::clone(&clock))),
            ids: Arc::new(SeededIds::new(1)),
            directory: Arc::new(IdentityDirectory::new(Arc::clone(&keyring))),
            keyring,
            s3: Service::new(&api::s3::SERVICE, nothing).unwrap(),
            services: vec![identity::iam().unwrap(), ssm::service().unwrap()],
            recorder: None,
        })
        .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { gateway, clock, runtime }
    }

    pub fn root(&self) -> Client<'_> {
        let (key, secret) = ("AKIAROOT000000000001".to_owned(), "root-secret".to_owned());
        Client { server: self, key, secret }
    }

    /// A user who may do what the statements say, and nothing else.
    pub fn user(&self, name: &str, statements: Value) -> Client<'_> {
        let root = self.root();
        root.iam("CreateUser", &format!("UserName={name}"));
        let key = root.iam("CreateAccessKey", &format!("UserName={name}"));
        let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let escaped: String = document.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let policy = format!("UserName={name}&PolicyName=p&PolicyDocument={escaped}");
        root.iam("PutUserPolicy", &policy);
        let element = |name: &str| {
            let (_, rest) = key.split_once(&format!("<{name}>")).unwrap();
            rest.split('<').next().unwrap().to_owned()
        };
        Client { server: self, key: element("AccessKeyId"), secret: element("SecretAccessKey") }
    }

    /// A request that nobody signed, and that names its service by its target alone.
    pub fn unsigned(&self, target: &str, body: &str) -> (u16, String) {
        let request = http::Request::post("/").header("host", "localhost:4566");
        let request = request.header("content-type", "application/x-amz-json-1.1");
        self.serve(request.header("x-amz-target", target), body.to_owned())
    }

    fn serve(&self, request: http::request::Builder, body: String) -> (u16, String) {
        let body = Full::new(body.into_bytes().into()).map_err(Into::into);
        let request = request.body(Box::pin(body) as gateway::RequestBody).unwrap();
        let peer = Peer { ip: [127, 0, 0, 1].into(), tls: None };
        self.runtime.block_on(async {
            let response = self.gateway.serve(request, peer).await;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            (status, String::from_utf8(body.to_vec()).unwrap())
        })
    }

    /// Moves the clock on.
    pub fn pass(&self, seconds: i64) {
        self.clock.set(self.gateway.now().plus_seconds(seconds));
    }
}

impl Client<'_> {
    /// The answer of a call that must succeed.
    pub fn ok(&self, operation: &str, input: &Value) -> Value {
        let (status, answer) = self.ask(operation, input);
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    /// `400 ParameterNotFound: the sentence`
    pub fn refused(&self, operation: &str, input: &Value) -> String {
        let (status, answer) = self.ask(operation, input);
        assert_ne!(status, 200, "{operation}: {answer}");
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        let message = text("message").or_else(|| text("Message")).unwrap_or_default();
        format!("{status} {}: {message}", text("__type").unwrap_or_default())
    }

    pub fn ask(&self, operation: &str, input: &Value) -> (u16, Value) {
        let target = format!("AmazonSSM.{operation}");
        let headers =
            [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        let (status, body) = self.send("ssm", &headers, input.to_string());
        (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    fn iam(&self, action: &str, parameters: &str) -> String {
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        let form = format!("Action={action}&Version=2010-05-08&{parameters}");
        let (status, body) = self.send("iam", &[("content-type", kind)], form);
        assert_eq!(status, 200, "{body}");
        body
    }

    pub fn send(&self, service: &str, own: &[(&str, &str)], body: String) -> (u16, String) {
        let mut sent = vec![("host", "localhost:4566")];
        sent.extend_from_slice(own);
        let headers = Headers::new(sent.iter().map(|(name, value)| (*name, value.as_bytes())));
        let request = sigv4::Request { method: "POST", path: "/", query: "", headers: &headers };
        let secret = SecretKey::new(self.secret.as_bytes());
        let credentials =
            Credentials { access_key_id: &self.key, secret: &secret, session_token: None };
        let scope = SigningScope { style: Style::Query, service, region: "us-east-1" };
        let payload = PayloadHash::Signed(sigv4::sha256(body.as_bytes()));
        let now = self.server.gateway.now().as_seconds();
        let signed = sigv4::sign(&request, &credentials, &scope, payload, now);
        let mut builder = http::Request::post("/");
        for (name, value) in sent {
            builder = builder.header(name, value);
        }
        for (name, value) in signed.headers {
            builder = builder.header(name, value);
        }
        self.server.serve(builder, body)
    }

    pub fn forget_secret(&mut self) {
        self.secret = "another".to_owned();
    }
}
