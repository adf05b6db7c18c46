//! A server in miniature: a gateway over a store in memory, with a standing clock.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use api::Timestamp;
use gateway::clock::FixedClock;
use gateway::{Caller, Config, Gateway, Identity, Parts, Peer, Recorder, Session};
use http_body_util::BodyExt as _;
use serde_json::Value;
use store::{Keyring, Store};

use crate::people::{ABROAD, HOME, People, account};
use crate::request::{Call, Key, Raw};
use crate::services::{self, BUCKETS, Bucket, Kept, OBJECTS, SESSIONS, STACKS, USERS};

/// When the clock starts.
pub const START: i64 = harness::NOW;

pub struct World {
    pub gateway: Gateway,
    pub clock: Arc<FixedClock>,
    pub people: Arc<People>,
    pub lines: Arc<Lines>,
    pub store: Store,
    pub keyring: Arc<Keyring>,
    /// The root of the server's own account, and of another one.
    pub root: Key,
    pub stranger: Key,
    pub peer: Peer,
}

/// Records that a test can read.
#[derive(Default)]
pub struct Lines(Mutex<Vec<String>>);

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: String,
}

impl Recorder for Lines {
    fn record(&self, line: &str) {
        self.0.lock().expect("not poisoned").push(line.to_owned());
    }
}

impl Lines {
    /// Takes what was recorded.
    pub fn take(&self) -> Vec<Value> {
        let lines = std::mem::take(&mut *self.0.lock().expect("not poisoned"));
        lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

impl World {
    pub fn new() -> Self {
        Self::on(Store::memory())
    }

    pub fn on(store: Store) -> Self {
        capture();
        let people = Arc::new(People::default());
        let root = people.open_account(HOME, 1);
        let stranger = people.open_account(ABROAD, 2);
        let clock = Arc::new(FixedClock::new(Timestamp::from_seconds(START)));
        let lines = Arc::new(Lines::default());
        let keyring = harness::keyring();
        let gateway = gateway(&store, &keyring, &clock, &people, &lines);
        let peer = Peer { ip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)), tls: None };
        Self { gateway, clock, people, lines, store, keyring, root, stranger, peer }
    }

    /// Another gateway over the same store, as after a restart.
    pub fn restarted(self) -> Self {
        let gateway = gateway(&self.store, &self.keyring, &self.clock, &self.people, &self.lines);
        Self { gateway, ..self }
    }

    /// The same with another master key: another server.
    pub fn with_another_keyring(self) -> Self {
        let keyring = Arc::new(Keyring::from_bytes([8; 32]));
        Self { keyring, ..self }.restarted()
    }

    pub async fn send(&self, raw: Raw) -> Answer {
        let response = self.gateway.serve(raw.into_http(), self.peer).await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let body = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Signs by wall time and sends.
    pub async fn call(&self, key: &Key, call: &Call) -> Answer {
        self.send(call.signed(key, self.wall())).await
    }

    pub fn wall(&self) -> i64 {
        gateway::clock::Clock::wall(self.clock.as_ref()).as_seconds()
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.set(Timestamp::from_seconds(self.wall() + seconds));
    }

    /// Moves AWS time alone.
    pub async fn advance(&self, seconds: i64) {
        let form = format!("Action=AdvanceClock&Seconds={seconds}");
        let answer = self.call(&self.root, &Call::query("wardian", &form)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    pub async fn freeze(&self) {
        let call = Call::query("wardian", "Action=FreezeClock");
        assert_eq!(self.call(&self.root, &call).await.status, 200);
    }

    /// Temporary credentials of `caller`.
    pub async fn session(&self, caller: Caller) -> Key {
        let kept = Kept(caller);
        self.write(|tx| SESSIONS.put(tx, "session", &kept)).await;
        let form = format!(
            "Action=AssumeRole&RoleArn=arn:aws:iam::{HOME}:role/any&RoleSessionName=session"
        );
        let answer = self.call(&self.root, &Call::query("sts", &form)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Key {
            id: answer.element("AccessKeyId"),
            secret: answer.element("SecretAccessKey"),
            token: Some(answer.element("SessionToken")),
        }
    }

    pub async fn put_bucket(&self, name: &str, owner: &str, policy: Option<String>) {
        let bucket = Bucket { owner: account(owner), policy, tag: None };
        self.write(|tx| BUCKETS.put(tx, name, &bucket)).await;
    }

    pub async fn put_object(&self, bucket: &str, key: &str, body: &str) {
        let body = store::ByteVec::from(body.as_bytes().to_vec());
        self.write(|tx| OBJECTS.put(tx, (bucket, key), &body)).await;
    }

    pub async fn write(
        &self,
        mut write: impl FnMut(&mut store::Tx) -> Result<(), store::Error> + Send,
    ) {
        let written: Result<(), store::Error> = self.store.transact(|tx| write(tx)).await;
        written.expect("the store writes");
    }

    pub fn users(&self) -> Vec<String> {
        let rows = self.store.read(|tx| USERS.scan(tx, USERS.all(), 100));
        let rows = rows.expect("a read").expect("rows");
        rows.into_iter().map(|(name, _)| name).collect()
    }

    pub fn stacks(&self) -> Vec<(String, String)> {
        let rows = self.store.read(|tx| STACKS.scan(tx, STACKS.all(), 100));
        rows.expect("a read").expect("rows")
    }

    /// The object's bytes, if one was committed.
    pub fn object(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        let found = self.store.read(|tx| OBJECTS.get(tx, (bucket, key)));
        found.expect("a read").expect("a row").map(Into::into)
    }
}

/// What all tests log at TRACE. One log for the process: a subscriber of one thread would miss what
/// another thread came upon first.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn capture() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(|| Log).init();
    });
}

/// What was logged until now.
pub fn logged() -> String {
    String::from_utf8(LOG.lock().expect("not poisoned").clone()).expect("UTF-8")
}

fn gateway(
    store: &Store,
    keyring: &Arc<Keyring>,
    clock: &Arc<FixedClock>,
    people: &Arc<People>,
    lines: &Arc<Lines>,
) -> Gateway {
    let parts = harness::parts(store.clone(), keyring.clone(), people.clone());
    let parts = Parts {
        config: Config { base_domains: vec!["s3.home".to_owned()], ..parts.config },
        clock: clock.clone(),
        s3: services::s3(),
        services: services::services(),
        recorder: Some(lines.clone()),
        ..parts
    };
    Gateway::new(parts).expect("a gateway")
}

/// A session of a role of the server's account, an hour long.
pub fn role_session(role_id: &str, role_name: &str) -> Caller {
    Caller {
        identity: Identity::Role {
            id: role_id.to_owned(),
            name: role_name.to_owned(),
            session_name: "run-1".to_owned(),
        },
        session: Some(Session { issued: START, expires: START + 3600, ..Session::default() }),
        ..Caller::root(account(HOME))
    }
}

impl Answer {
    /// The text of the first element of that name, empty where there is none.
    pub fn element(&self, name: &str) -> String {
        harness::elements(&self.body, name).into_iter().next().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Status, code and message.
    pub fn error(&self) -> (u16, String, String) {
        (self.status, self.element("Code"), self.element("Message"))
    }

    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
