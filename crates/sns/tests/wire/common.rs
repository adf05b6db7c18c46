//! A gateway in memory with IAM and SNS, and clients that sign their requests as AWS's do.

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

const ACCOUNT: &str = "123456789012";
/// 2026-01-02T03:04:05Z
const NOW: i64 = 1_767_323_045;
const REGION: &str = "us-east-1";

pub struct Server {
    gateway: Gateway,
    runtime: tokio::runtime::Runtime,
}

/// Who signs.
#[derive(Clone)]
pub struct Client<'a> {
    server: &'a Server,
    key: String,
    secret: String,
    region: &'static str,
}

impl Server {
    pub fn start() -> Self {
        let keyring = Arc::new(Keyring::from_bytes([7; 32]));
        let store = Store::memory();
        let now = Timestamp::from_seconds(NOW);
        let id = AccountId::parse(ACCOUNT).unwrap();
        store
            .transact_blocking(|tx| {
                let secret = Secret::from("root-secret");
                account::ensure(tx, id, "test", "root@example.com", now)?;
                account::put_root_key(tx, &keyring, id, "AKIAROOT000000000001", &secret, now)?;
                let other = AccountId::parse("210987654321").unwrap();
                account::ensure(tx, other, "other", "other@example.com", now)?;
                account::put_root_key(tx, &keyring, other, "AKIAROOT000000000002", &secret, now)?;
                Ok::<_, gateway::Error>(())
            })
            .unwrap();
        let nothing = r#"{"_source": "a test", "operations": {}}"#;
        let gateway = Gateway::new(Parts {
            config: Config {
                account: id,
                region: REGION.to_owned(),
                base_domains: Vec::new(),
                limits: Limits::default(),
            },
            store,
            blobs: Blobs::memory(Arc::clone(&keyring)).unwrap(),
            clock: Arc::new(FixedClock::new(now)),
            ids: Arc::new(SeededIds::new(1)),
            directory: Arc::new(IdentityDirectory::new(Arc::clone(&keyring))),
            keyring,
            s3: Service::new(&api::s3::SERVICE, nothing).unwrap(),
            services: vec![identity::iam().unwrap(), sns::service().unwrap()],
            recorder: None,
        })
        .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { gateway, runtime }
    }

    pub fn root(&self) -> Client<'_> {
        self.root_of("AKIAROOT000000000001")
    }

    /// The root of another account.
    pub fn foreigner(&self) -> Client<'_> {
        self.root_of("AKIAROOT000000000002")
    }

    fn root_of(&self, key: &str) -> Client<'_> {
        let (key, secret) = (key.to_owned(), "root-secret".to_owned());
        Client { server: self, key, secret, region: REGION }
    }

    /// A user who may do what the statements say, and nothing else.
    pub fn user(&self, name: &str, statements: Value) -> Client<'_> {
        let root = self.root();
        root.iam("CreateUser", &format!("UserName={name}"));
        let key = root.iam("CreateAccessKey", &format!("UserName={name}"));
        let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let policy = format!("UserName={name}&PolicyName=p&PolicyDocument={}", escape(&document));
        root.iam("PutUserPolicy", &policy);
        let (id, secret) = (element(&key, "AccessKeyId"), element(&key, "SecretAccessKey"));
        Client { server: self, key: id, secret, region: REGION }
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
}

impl Client<'_> {
    /// The answer of a call that must succeed.
    pub fn ok(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        let (status, answer) = self.ask(action, parameters);
        assert_eq!(status, 200, "{action}: {answer}");
        answer
    }

    /// `400 InvalidParameter: the sentence`
    pub fn refused(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        let (status, answer) = self.ask(action, parameters);
        assert_ne!(status, 200, "{action}: {answer}");
        format!("{status} {}: {}", element(&answer, "Code"), element(&answer, "Message"))
    }

    fn ask(&self, action: &str, parameters: &[(&str, &str)]) -> (u16, String) {
        let mut form = format!("Action={action}&Version=2010-03-31");
        for (name, value) in parameters {
            form += &format!("&{name}={}", escape(value));
        }
        let (status, body) = self.send("sns", form);
        (status, body.replace("&quot;", "\""))
    }

    fn iam(&self, action: &str, parameters: &str) -> String {
        let form = format!("Action={action}&Version=2010-05-08&{parameters}");
        let (status, body) = self.send("iam", form);
        assert_eq!(status, 200, "{body}");
        body
    }

    fn send(&self, service: &str, body: String) -> (u16, String) {
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        let sent = [("host", "localhost:4566"), ("content-type", kind)];
        let headers = Headers::new(sent.iter().map(|(name, value)| (*name, value.as_bytes())));
        let request = sigv4::Request { method: "POST", path: "/", query: "", headers: &headers };
        let secret = SecretKey::new(self.secret.as_bytes());
        let credentials =
            Credentials { access_key_id: &self.key, secret: &secret, session_token: None };
        let scope = SigningScope { style: Style::Query, service, region: self.region };
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

    pub fn in_region(&self, region: &'static str) -> Self {
        Self { region, ..self.clone() }
    }
}

/// The text of the first element of that name.
pub fn element(answer: &str, name: &str) -> String {
    let (_, rest) = answer.split_once(&format!("<{name}>")).unwrap();
    rest.split('<').next().unwrap().to_owned()
}

fn escape(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
