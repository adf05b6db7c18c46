//! A server of a test: a gateway in memory over the accounts of the identity crate.

use std::sync::Arc;

use api::Timestamp;
use gateway::clock::FixedClock;
use gateway::{AccountId, Gateway, Parts, Peer, RequestBody, Service};
use http_body_util::{BodyExt as _, Full};
use identity::{IdentityDirectory, account};
use serde_json::{Value, json};
use store::{Secret, Store};

use crate::{ACCOUNT, Answer, Client, NOW, OTHER_ACCOUNT};

const ROOT_KEY: &str = "AKIAROOT000000000001";
const OTHER_ROOT_KEY: &str = "AKIAROOT000000000002";
const ROOT_SECRET: &str = "root-secret";

/// A server with two accounts.
pub struct Server {
    pub gateway: Gateway,
    pub clock: Arc<FixedClock>,
    pub directory: Arc<IdentityDirectory>,
    pub(crate) runtime: tokio::runtime::Runtime,
}

impl Server {
    /// A server of these services, without S3.
    pub fn of(services: Vec<Service>) -> Self {
        Self::on(Store::memory(), |parts| Parts { services, ..parts })
    }

    /// A server on a store, of the parts that `choose` makes of those that stand in memory.
    pub fn on(store: Store, choose: impl FnOnce(Parts) -> Parts) -> Self {
        let keyring = crate::keyring();
        let now = Timestamp::from_seconds(NOW);
        store
            .transact_blocking(|tx| {
                for (id, key) in [(ACCOUNT, ROOT_KEY), (OTHER_ACCOUNT, OTHER_ROOT_KEY)] {
                    let id = AccountId::parse(id).expect("twelve digits");
                    let secret = Secret::from(ROOT_SECRET);
                    account::ensure(tx, id, "test", "root@example.com", now)?;
                    account::put_root_key(tx, &keyring, id, key, &secret, now)?;
                }
                Ok::<_, gateway::Error>(())
            })
            .expect("two accounts");
        let directory = Arc::new(IdentityDirectory::new(Arc::clone(&keyring)));
        let clock = Arc::new(FixedClock::new(now));
        let parts = crate::parts(store, keyring, directory.clone());
        let parts = Parts { clock: clock.clone(), ..parts };
        let gateway = Gateway::new(choose(parts)).expect("a gateway");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self { gateway, clock, directory, runtime: runtime.expect("a runtime") }
    }

    pub fn root(&self) -> Client<'_> {
        self.client(ROOT_KEY, ROOT_SECRET, None)
    }

    /// The root of the other account.
    pub fn other_root(&self) -> Client<'_> {
        self.client(OTHER_ROOT_KEY, ROOT_SECRET, None)
    }

    pub fn client(&self, key: &str, secret: &str, token: Option<&str>) -> Client<'_> {
        Client::new(self, key, secret, token)
    }

    /// A user without permissions, with keys.
    pub fn newcomer(&self, name: &str) -> Client<'_> {
        let root = self.root();
        root.iam("CreateUser", &[("UserName", name)]).ok();
        root.session(&root.iam("CreateAccessKey", &[("UserName", name)]).ok())
    }

    /// A user who may do what the statements say, and nothing else.
    pub fn user(&self, name: &str, statements: Value) -> Client<'_> {
        let user = self.newcomer(name);
        self.permit(name, statements);
        user
    }

    /// From now on the user may do what the statements say.
    pub fn permit(&self, user: &str, statements: Value) {
        let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let parameters =
            [("UserName", user), ("PolicyName", "permissions"), ("PolicyDocument", &document)];
        self.root().iam("PutUserPolicy", &parameters).ok();
    }

    /// Moves the clock on.
    pub fn pass(&self, seconds: i64) {
        self.clock.set(self.gateway.now().plus_seconds(seconds));
    }

    /// Takes all steps of background work that are due.
    pub fn work(&self) {
        self.block_on(self.gateway.tick()).expect("background work");
    }

    /// Writes what was noted of the use of keys and principals.
    pub fn flush(&self) {
        self.block_on(self.gateway.flush()).expect("a flush");
    }

    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A request that nobody has signed.
    pub fn unsigned(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = http::Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("host", crate::client::HOST);
        let request = request.header("content-length", body.len());
        let body = Full::new(body.to_owned().into_bytes().into()).map_err(Into::into);
        self.serve(request.body(Box::pin(body) as RequestBody).expect("a request"))
    }

    pub fn serve(&self, request: http::Request<RequestBody>) -> Answer {
        let peer = Peer { ip: [127, 0, 0, 1].into(), tls: None };
        self.block_on(async {
            let response = self.gateway.serve(request, peer).await;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            Answer { status, body: String::from_utf8(body.to_vec()).expect("UTF-8") }
        })
    }
}
