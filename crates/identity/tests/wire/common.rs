//! A gateway in memory and clients that sign their requests as AWS's do.

use std::sync::Arc;

use api::Timestamp;
use gateway::clock::FixedClock;
use gateway::id::SeededIds;
use gateway::{AccountId, Config, Gateway, Limits, Parts, Peer, Service};
use http_body_util::{BodyExt as _, Full};
use identity::{IdentityDirectory, account};
use serde_json::Value;
use sigv4::{Credentials, Headers, PayloadHash, SecretKey, SigningScope, Style};
use store::{Blobs, Keyring, Secret, Store};

pub const ACCOUNT: &str = "123456789012";
pub const OTHER_ACCOUNT: &str = "210987654321";
/// 2026-01-02T03:04:05Z
pub const NOW: i64 = 1_767_323_045;

/// A server with two accounts.
pub struct Server {
    pub gateway: Gateway,
    pub clock: Arc<FixedClock>,
    pub directory: Arc<IdentityDirectory>,
    runtime: tokio::runtime::Runtime,
}

/// Who signs.
#[derive(Clone)]
pub struct Client<'a> {
    server: &'a Server,
    key: String,
    secret: String,
    token: Option<String>,
}

/// An answer in XML.
pub struct Answer {
    pub status: u16,
    pub body: String,
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
        Self::with_limits(Limits::default())
    }

    pub fn with_limits(limits: Limits) -> Self {
        let keyring = Arc::new(Keyring::from_bytes([7; 32]));
        let store = Store::memory();
        store
            .transact_blocking(|tx| {
                for (id, key) in
                    [(ACCOUNT, "AKIAROOT000000000001"), (OTHER_ACCOUNT, "AKIAROOT000000000002")]
                {
                    let id = AccountId::parse(id).expect("an account id");
                    let now = Timestamp::from_seconds(NOW);
                    account::ensure(tx, id, "test", "root@example.com", now)?;
                    account::put_root_key(
                        tx,
                        &keyring,
                        id,
                        key,
                        &Secret::from("root-secret"),
                        now,
                    )?;
                }
                Ok::<_, gateway::Error>(())
            })
            .expect("accounts");
        let directory = Arc::new(IdentityDirectory::new(Arc::clone(&keyring)));
        let clock = Arc::new(FixedClock::new(Timestamp::from_seconds(NOW)));
        let nothing = r#"{"_source": "a test", "operations": {}}"#;
        let gateway = Gateway::new(Parts {
            config: Config {
                account: AccountId::parse(ACCOUNT).expect("an account id"),
                region: "us-east-1".to_owned(),
                base_domains: Vec::new(),
                limits,
            },
            store,
            blobs: Blobs::memory(Arc::clone(&keyring)).expect("blobs"),
            clock: Arc::new(Clock(Arc::clone(&clock))),
            ids: Arc::new(SeededIds::new(1)),
            directory: Arc::clone(&directory) as Arc<dyn gateway::Directory>,
            keyring,
            s3: Service::new(&api::s3::SERVICE, nothing).expect("no rows"),
            services: vec![
                identity::iam().expect("rows of iam"),
                identity::sts().expect("rows of sts"),
                identity::organizations().expect("rows of organizations"),
                crate::inner_calls::service(),
            ],
            recorder: None,
        })
        .expect("a gateway");
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { gateway, clock, directory, runtime }
    }

    pub fn root(&self) -> Client<'_> {
        self.client("AKIAROOT000000000001", "root-secret", None)
    }

    pub fn other_root(&self) -> Client<'_> {
        self.client("AKIAROOT000000000002", "root-secret", None)
    }

    pub fn client(&self, key: &str, secret: &str, token: Option<&str>) -> Client<'_> {
        Client {
            server: self,
            key: key.to_owned(),
            secret: secret.to_owned(),
            token: token.map(str::to_owned),
        }
    }

    /// A user without permissions, with keys.
    pub fn user(&self, name: &str) -> Client<'_> {
        let root = self.root();
        root.iam("CreateUser", &[("UserName", name)]).ok();
        let key = root.iam("CreateAccessKey", &[("UserName", name)]).ok();
        self.client(&key.element("AccessKeyId"), &key.element("SecretAccessKey"), None)
    }

    /// Moves the clock on.
    pub fn pass(&self, seconds: i64) {
        self.clock.set(self.gateway.now().plus_seconds(seconds));
    }

    pub fn flush(&self) {
        self.runtime.block_on(self.gateway.flush()).expect("a flush");
    }
}

impl<'a> Client<'a> {
    pub fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.call("iam", action, "2010-05-08", parameters)
    }

    pub fn sts(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.call("sts", action, "2011-06-15", parameters)
    }

    pub fn cloudformation(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.call("cloudformation", action, "2010-05-15", parameters)
    }

    /// A client with the credentials of an answer of STS.
    pub fn session(&self, answer: &Answer) -> Client<'a> {
        self.server.client(
            &answer.element("AccessKeyId"),
            &answer.element("SecretAccessKey"),
            Some(&answer.element("SessionToken")),
        )
    }

    pub fn assume(&self, role: &str, session: &str) -> Client<'a> {
        let arn = role_arn(role);
        let parameters = [("RoleArn", arn.as_str()), ("RoleSessionName", session)];
        self.session(&self.sts("AssumeRole", &parameters).ok())
    }

    /// Asks Organizations: the status and the JSON.
    pub fn organizations(&self, operation: &str, input: &Value) -> (u16, Value) {
        let target = format!("AWSOrganizationsV20161128.{operation}");
        let kind = "application/x-amz-json-1.1";
        let own = [("content-type", kind), ("x-amz-target", target.as_str())];
        let answer = self.send(self.signed("organizations", &own, input.to_string()));
        (answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::String(answer.body)))
    }

    fn call(
        &self,
        service: &str,
        action: &str,
        version: &str,
        parameters: &[(&str, &str)],
    ) -> Answer {
        let mut body = format!("Action={action}&Version={version}");
        for (name, value) in parameters {
            body.push_str(&format!("&{name}={}", escape(value)));
        }
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        self.send(self.signed(service, &[("content-type", kind)], body))
    }

    fn send(&self, request: http::Request<gateway::RequestBody>) -> Answer {
        let peer = Peer { ip: [127, 0, 0, 1].into(), tls: None };
        self.server.runtime.block_on(async {
            let response = self.server.gateway.serve(request, peer).await;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            Answer { status, body: String::from_utf8(body.to_vec()).expect("text") }
        })
    }

    fn signed(
        &self,
        service: &str,
        own: &[(&str, &str)],
        body: String,
    ) -> http::Request<gateway::RequestBody> {
        let mut sent = vec![("host", "localhost:4566")];
        sent.extend_from_slice(own);
        let headers = Headers::new(sent.iter().map(|(name, value)| (*name, value.as_bytes())));
        let request = sigv4::Request { method: "POST", path: "/", query: "", headers: &headers };
        let secret = SecretKey::new(self.secret.as_bytes());
        let credentials = Credentials {
            access_key_id: &self.key,
            secret: &secret,
            session_token: self.token.as_deref(),
        };
        let scope = SigningScope { style: Style::Query, service, region: "us-east-1" };
        let payload = PayloadHash::Signed(sigv4::sha256(body.as_bytes()));
        // Signatures are judged by wall time, which here is AWS time too.
        let now = self.server.gateway.now().as_seconds();
        let signed = sigv4::sign(&request, &credentials, &scope, payload, now);
        let mut builder = http::Request::post("/");
        for (name, value) in sent {
            builder = builder.header(name, value);
        }
        for (name, value) in signed.headers {
            builder = builder.header(name, value);
        }
        let body = Full::new(body.into_bytes().into()).map_err(Into::into);
        builder.body(Box::pin(body) as gateway::RequestBody).expect("a request")
    }
}

impl Answer {
    /// The answer of a call that must succeed.
    pub fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }

    /// `404 NoSuchEntity: The user with name x cannot be found.`
    pub fn error(&self) -> String {
        assert_ne!(self.status, 200, "{}", self.body);
        format!("{} {}: {}", self.status, self.element("Code"), self.element("Message"))
    }

    /// The text of the first element of the name.
    pub fn element(&self, name: &str) -> String {
        self.elements(name).into_iter().next().unwrap_or_else(|| panic!("no {name}: {}", self.body))
    }

    /// The texts of all elements of the name.
    pub fn elements(&self, name: &str) -> Vec<String> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let parts = self.body.split(&open).skip(1);
        let texts = parts.filter_map(|part| part.split(&close).next());
        texts.map(|text| text.replace("&quot;", "\"").replace("&amp;", "&")).collect()
    }

    pub fn has(&self, name: &str) -> bool {
        self.body.contains(&format!("<{name}>")) || self.body.contains(&format!("<{name}/>"))
    }

    /// The result in lines of at most a hundred letters, without what is the same in each answer.
    pub fn result(self) -> String {
        let body = self.ok().body;
        let inner = body.split("Result>").nth(1).unwrap_or_default();
        let inner = inner.rsplit_once("</").map_or(inner, |(inner, _)| inner);
        let spread = inner.replace("><", ">\n<").replace(">\n</", "></");
        let letters: Vec<Vec<char>> = spread.lines().map(|line| line.chars().collect()).collect();
        let pieces = letters.iter().flat_map(|line| line.chunks(100));
        pieces.map(String::from_iter).collect::<Vec<_>>().join("\n")
    }
}

pub fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

pub fn policy_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/{name}")
}

/// A policy of one statement.
pub fn statement(effect: &str, action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"}}}}"#
    )
}

/// A trust policy for one principal of AWS.
pub fn trusting(principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]}}]}}"#
    )
}

fn escape(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}
