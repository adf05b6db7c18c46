//! A gateway in memory with IAM, STS, S3 and CloudFormation, and clients that sign their requests
//! as AWS's do.

use std::path::Path;
use std::sync::Arc;

use api::Timestamp;
use gateway::clock::FixedClock;
use gateway::id::SeededIds;
use gateway::{AccountId, Config, Gateway, Limits, Parts, Peer};
use http_body_util::{BodyExt as _, Full};
use identity::{IdentityDirectory, account};
use sigv4::{Credentials, Headers, PayloadHash, SecretKey, SigningScope, Style};
use store::{Blobs, Keyring, Options, Secret, Store};

pub const ACCOUNT: &str = "123456789012";
/// 2026-01-02T03:04:05Z
pub const NOW: i64 = 1_767_323_045;

/// A server.
pub struct Server {
    pub gateway: Gateway,
    pub clock: Arc<FixedClock>,
    runtime: tokio::runtime::Runtime,
}

/// Who signs, and for which region.
#[derive(Clone)]
pub struct Client<'a> {
    server: &'a Server,
    key: String,
    secret: String,
    token: Option<String>,
    region: &'static str,
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
        Self::on(Store::memory(), 1)
    }

    /// A server on a directory: what one leaves there, the next goes on with.
    pub fn open(dir: &Path, seed: u64) -> Self {
        // What a dropped server had begun to commit may still be on its way to the disk.
        let store = loop {
            match Store::open(dir, Options::default()) {
                Err(store::Error::InUse(_)) => std::thread::yield_now(),
                opened => break opened.unwrap(),
            }
        };
        Self::on(store, seed)
    }

    fn on(store: Store, seed: u64) -> Self {
        let keyring = Arc::new(Keyring::from_bytes([7; 32]));
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
        let directory = Arc::new(IdentityDirectory::new(Arc::clone(&keyring)));
        let clock = Arc::new(FixedClock::new(now));
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
            ids: Arc::new(SeededIds::new(seed)),
            directory: Arc::clone(&directory) as Arc<dyn gateway::Directory>,
            keyring,
            s3: s3::service().unwrap(),
            services: vec![
                identity::iam().unwrap(),
                identity::sts().unwrap(),
                cloudformation::service().unwrap(),
                sns::service().unwrap(),
                ssm::service().unwrap(),
            ],
            recorder: None,
        })
        .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { gateway, clock, runtime }
    }

    pub fn root(&self) -> Client<'_> {
        self.client("AKIAROOT000000000001", "root-secret", None)
    }

    pub fn client(&self, key: &str, secret: &str, token: Option<&str>) -> Client<'_> {
        Client {
            server: self,
            key: key.to_owned(),
            secret: secret.to_owned(),
            token: token.map(str::to_owned),
            region: "us-east-1",
        }
    }

    /// A user who may do what the statement says, and nothing else.
    pub fn user(&self, name: &str, allowed: &[&str]) -> Client<'_> {
        let root = self.root();
        root.iam("CreateUser", &[("UserName", name)]).ok();
        let key = root.iam("CreateAccessKey", &[("UserName", name)]).ok();
        if !allowed.is_empty() {
            self.allow(name, allowed);
        }
        self.client(&key.element("AccessKeyId"), &key.element("SecretAccessKey"), None)
    }

    pub fn allow(&self, user: &str, allowed: &[&str]) {
        let document = statement("Allow", allowed, "*");
        let parameters =
            [("UserName", user), ("PolicyName", "allowed"), ("PolicyDocument", &document)];
        self.root().iam("PutUserPolicy", &parameters).ok();
    }

    /// Takes all steps that are due.
    pub fn work(&self) {
        self.runtime.block_on(self.gateway.tick()).unwrap();
    }

    /// Takes steps until the work has waited for the store so often, then drops it where it is: a
    /// crash. True where nothing was left to do.
    pub fn work_until(&self, waits: usize) -> bool {
        self.runtime.block_on(async {
            let mut work = std::pin::pin!(self.gateway.tick());
            let mut waited = 0;
            std::future::poll_fn(move |context| match work.as_mut().poll(context) {
                std::task::Poll::Ready(result) => {
                    result.unwrap();
                    std::task::Poll::Ready(true)
                }
                std::task::Poll::Pending if waited == waits => std::task::Poll::Ready(false),
                std::task::Poll::Pending => {
                    waited += 1;
                    std::task::Poll::Pending
                }
            })
            .await
        })
    }

    /// A request that nobody has signed.
    pub fn anonymous(&self, method: &str, path: &str, body: &str) -> Answer {
        let builder = http::Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost:4566")
            .header("content-length", body.len());
        let body = Full::new(body.to_owned().into_bytes().into()).map_err(Into::into);
        self.serve(builder.body(Box::pin(body) as gateway::RequestBody).unwrap())
    }

    fn serve(&self, request: http::Request<gateway::RequestBody>) -> Answer {
        let peer = Peer { ip: [127, 0, 0, 1].into(), tls: None };
        self.runtime.block_on(async {
            let response = self.gateway.serve(request, peer).await;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            Answer { status, body: String::from_utf8(body.to_vec()).unwrap() }
        })
    }

    /// Moves the clock on.
    pub fn pass(&self, seconds: i64) {
        self.clock.set(self.gateway.now().plus_seconds(seconds));
    }
}

impl<'a> Client<'a> {
    pub fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.call("iam", action, "2010-05-08", parameters)
    }

    pub fn sts(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.call("sts", action, "2011-06-15", parameters)
    }

    pub fn cfn(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.call("cloudformation", action, "2010-05-15", parameters)
    }

    pub fn sns(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.call("sns", action, "2010-03-31", parameters)
    }

    pub fn in_region(&self, region: &'static str) -> Self {
        Self { region, ..self.clone() }
    }

    /// Creates a stack with all capabilities, and lets it come to rest.
    pub fn create(&self, name: &str, template: &str, further: &[(&str, &str)]) -> Answer {
        let mut parameters = vec![
            ("StackName", name),
            ("TemplateBody", template),
            ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ];
        parameters.extend(further);
        let answer = self.cfn("CreateStack", &parameters);
        self.server.work();
        answer
    }

    /// Updates a stack with all capabilities, and lets it come to rest.
    pub fn update(&self, name: &str, template: &str, further: &[(&str, &str)]) -> Answer {
        let mut parameters = vec![
            ("StackName", name),
            ("TemplateBody", template),
            ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ];
        parameters.extend(further);
        let answer = self.cfn("UpdateStack", &parameters);
        self.server.work();
        answer
    }

    pub fn delete(&self, name: &str, further: &[(&str, &str)]) -> Answer {
        let mut parameters = vec![("StackName", name)];
        parameters.extend(further);
        let answer = self.cfn("DeleteStack", &parameters);
        self.server.work();
        answer
    }

    pub fn status(&self, stack: &str) -> String {
        self.cfn("DescribeStacks", &[("StackName", stack)]).ok().element("StackStatus")
    }

    /// The events from the first to the last, a line each: name, status, reason with its ids left
    /// out.
    pub fn events(&self, stack: &str) -> String {
        let answer = self.cfn("DescribeStackEvents", &[("StackName", stack)]).ok();
        let events = answer.elements("member");
        let lines = events.iter().rev().map(|event| {
            let event = Answer { status: 200, body: event.clone() };
            let [name, status] = ["LogicalResourceId", "ResourceStatus"].map(|e| event.element(e));
            match event.elements("ResourceStatusReason").first() {
                Some(reason) => format!("{name} {status} {}", without_ids(reason)),
                None => format!("{name} {status}"),
            }
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// A client with the credentials of an answer of STS.
    pub fn session(&self, answer: &Answer) -> Client<'a> {
        self.server.client(
            &answer.element("AccessKeyId"),
            &answer.element("SecretAccessKey"),
            Some(&answer.element("SessionToken")),
        )
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
        self.send(service, "POST", "/", body)
    }

    /// A request to S3: its method and path.
    pub fn s3(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send("s3", method, path, body.to_owned())
    }

    fn send(&self, service: &str, method: &str, path: &str, body: String) -> Answer {
        let host = ("host", b"localhost:4566".as_slice());
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        let digest = sigv4::sha256(body.as_bytes());
        let headers = Headers::new([host, ("content-type", kind.as_bytes())]);
        let (bare, query) = path.split_once('?').unwrap_or((path, ""));
        let request = sigv4::Request { method, path: bare, query, headers: &headers };
        let secret = SecretKey::new(self.secret.as_bytes());
        let credentials = Credentials {
            access_key_id: &self.key,
            secret: &secret,
            session_token: self.token.as_deref(),
        };
        let style = if service == "s3" { Style::S3 } else { Style::Query };
        let scope = SigningScope { style, service, region: self.region };
        // Signatures are judged by wall time, which here is AWS time too.
        let now = self.server.gateway.now().as_seconds();
        let signed = sigv4::sign(&request, &credentials, &scope, PayloadHash::Signed(digest), now);
        let mut builder = http::Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost:4566")
            .header("content-type", kind)
            .header("content-length", body.len());
        for (name, value) in signed.headers {
            builder = builder.header(name, value);
        }
        let body = Full::new(body.into_bytes().into()).map_err(Into::into);
        let request = builder.body(Box::pin(body) as gateway::RequestBody).unwrap();
        self.server.serve(request)
    }
}

impl Answer {
    /// The answer of a call that must succeed.
    pub fn ok(self) -> Self {
        assert!(self.status < 300, "{} {}", self.status, self.body);
        self
    }

    /// `400 ValidationError: Stack [x] does not exist`
    pub fn error(&self) -> String {
        assert!(self.status >= 300, "{}", self.body);
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

    /// The result in lines of at most a hundred letters, ids left out.
    pub fn result(self) -> String {
        let body = self.ok().body;
        let inner = body.split("Result>").nth(1).unwrap_or_default();
        let inner = inner.rsplit_once("</").map_or(inner, |(inner, _)| inner);
        let spread = without_ids(&inner.replace("><", ">\n<").replace(">\n</", "></"));
        let letters: Vec<Vec<char>> = spread.lines().map(|line| line.chars().collect()).collect();
        let pieces = letters.iter().flat_map(|line| line.chunks(100));
        pieces.map(String::from_iter).collect::<Vec<_>>().join("\n")
    }
}

/// A policy of one statement.
pub fn statement(effect: &str, actions: &[&str], resource: &str) -> String {
    let actions = actions.join(r#"",""#);
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":["{actions}"],"Resource":"{resource}"}}}}"#
    )
}

/// A trust policy for a principal.
pub fn trusting(kind: &str, principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"{kind}":"{principal}"}},"Action":"sts:AssumeRole"}}]}}"#
    )
}

/// Puts `<uuid>` for each UUID, `<random>` for S3's ids, and `<12>` for the random end of generated
/// names.
pub fn without_ids(text: &str) -> String {
    let patterns = [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
        (
            r"Request ID: [0-9A-Z]{16}, Extended Request ID: [0-9A-Za-z]{75}=",
            "Request ID: <random>",
        ),
        (r"(-[A-Z][A-Za-z]*)-[0-9A-Za-z]{12}\b", "$1-<12>"),
        (r"AROA[A-Z2-7]{17}", "<role id>"),
    ];
    patterns.iter().fold(text.to_owned(), |text, (pattern, with)| {
        regex::Regex::new(pattern).unwrap().replace_all(&text, *with).into_owned()
    })
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
