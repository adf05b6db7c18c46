//! A server with IAM, STS, S3, SNS and Parameter Store, of which stacks are made, and how clients
//! ask about stacks.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use gateway::Parts;
use gateway::id::SeededIds;
pub use harness::{ACCOUNT, Answer, Client};
use serde_json::json;
use store::{Options, Store};

pub struct Server(harness::Server);

/// What a client asks of CloudFormation.
pub trait Stacks {
    fn cfn(&self, action: &str, parameters: &[(&str, &str)]) -> Answer;

    /// Creates a stack with all capabilities, and lets it come to rest.
    fn create(&self, name: &str, template: &str, further: &[(&str, &str)]) -> Answer;

    /// Updates a stack with all capabilities, and lets it come to rest.
    fn update(&self, name: &str, template: &str, further: &[(&str, &str)]) -> Answer;

    fn delete(&self, name: &str, further: &[(&str, &str)]) -> Answer;

    fn status(&self, stack: &str) -> String {
        self.cfn("DescribeStacks", &[("StackName", stack)]).ok().element("StackStatus")
    }

    /// The events from the first to the last, a line each: name, status, reason with its ids left
    /// out.
    fn events(&self, stack: &str) -> String {
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
        let services = vec![
            identity::iam().unwrap(),
            identity::sts().unwrap(),
            cloudformation::service().unwrap(),
            sns::service().unwrap(),
            ssm::service().unwrap(),
        ];
        Self(harness::Server::on(store, |parts| Parts {
            ids: Arc::new(SeededIds::new(seed)),
            s3: s3::service().unwrap(),
            services,
            ..parts
        }))
    }

    /// A user who may take these actions, and no others.
    pub fn user(&self, name: &str, allowed: &[&str]) -> Client<'_> {
        self.0.user(name, allowing(allowed))
    }

    /// From now on the user may take these actions, and no others.
    pub fn allow(&self, user: &str, allowed: &[&str]) {
        self.permit(user, allowing(allowed));
    }

    /// Takes steps until the work has waited for the store so often, then drops it where it is: a
    /// crash. True where nothing was left to do.
    pub fn work_until(&self, waits: usize) -> bool {
        self.block_on(async {
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
        self.unsigned(method, path, &[], body)
    }
}

impl Deref for Server {
    type Target = harness::Server;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Stacks for Client<'_> {
    fn cfn(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.cloudformation(action, parameters)
    }

    fn create(&self, name: &str, template: &str, further: &[(&str, &str)]) -> Answer {
        at_rest(self, "CreateStack", &whole(name, template, further))
    }

    fn update(&self, name: &str, template: &str, further: &[(&str, &str)]) -> Answer {
        at_rest(self, "UpdateStack", &whole(name, template, further))
    }

    fn delete(&self, name: &str, further: &[(&str, &str)]) -> Answer {
        at_rest(self, "DeleteStack", &[&[("StackName", name)], further].concat())
    }
}

fn at_rest(client: &Client<'_>, action: &str, parameters: &[(&str, &str)]) -> Answer {
    let answer = client.cfn(action, parameters);
    client.server.work();
    answer
}

/// A stack's template, and all capabilities.
fn whole<'a>(
    name: &'a str,
    template: &'a str,
    further: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let parameters = [
        ("StackName", name),
        ("TemplateBody", template),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
    ];
    [&parameters, further].concat()
}

fn allowing(actions: &[&str]) -> serde_json::Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": "*"})
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
