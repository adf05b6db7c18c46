//! A client of a server of a test: who signs, and for which region.

use serde_json::Value;
use sigv4::PayloadHash;

use crate::request::{Call, Key};
use crate::{ACCOUNT, Answer, REGION, Server};

pub(crate) const HOST: &str = "localhost:4566";
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

#[derive(Clone)]
pub struct Client<'a> {
    pub server: &'a Server,
    key: Key,
    region: &'static str,
}

impl<'a> Client<'a> {
    pub(crate) fn new(server: &'a Server, key: &str, secret: &str, token: Option<&str>) -> Self {
        let key =
            Key { id: key.to_owned(), secret: secret.to_owned(), token: token.map(str::to_owned) };
        Self { server, key, region: REGION }
    }

    /// A client with the credentials of an answer of STS, or the key of one of IAM.
    pub fn session(&self, answer: &Answer) -> Client<'a> {
        let token = answer.elements("SessionToken").into_iter().next();
        let (key, secret) = (answer.element("AccessKeyId"), answer.element("SecretAccessKey"));
        self.server.client(&key, &secret, token.as_deref())
    }

    pub fn in_region(&self, region: &'static str) -> Self {
        Self { region, ..self.clone() }
    }

    /// The same key with a secret that is another's.
    pub fn forget_secret(&mut self) {
        "another".clone_into(&mut self.key.secret);
    }

    pub fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.query("iam", "2010-05-08", action, parameters)
    }

    pub fn sts(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.query("sts", "2011-06-15", action, parameters)
    }

    pub fn sns(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.query("sns", "2010-03-31", action, parameters)
    }

    pub fn cloudformation(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.query("cloudformation", "2010-05-15", action, parameters)
    }

    /// Asks Organizations: the status and the document.
    pub fn organizations(&self, operation: &str, input: &Value) -> (u16, Value) {
        self.json("organizations", &format!("AWSOrganizationsV20161128.{operation}"), input)
    }

    /// A session of a role of the server's account.
    pub fn assume(&self, role: &str, session: &str) -> Client<'a> {
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{role}");
        let parameters = [("RoleArn", arn.as_str()), ("RoleSessionName", session)];
        self.session(&self.sts("AssumeRole", &parameters).ok())
    }

    /// A call in the Query protocol.
    pub fn query(
        &self,
        service: &'static str,
        version: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Answer {
        let mut form = format!("Action={action}&Version={version}");
        for (name, value) in parameters {
            form.push_str(&format!("&{name}={}", escape(value)));
        }
        self.send(service, "POST", "/", &[("content-type", FORM)], form)
    }

    /// A call in the JSON protocol, `target` with its prefix: the status and the document, or what
    /// stands in its place.
    pub fn json(&self, service: &'static str, target: &str, input: &Value) -> (u16, Value) {
        let kind = ("content-type", "application/x-amz-json-1.1");
        let headers = [kind, ("x-amz-target", target)];
        let answer = self.send(service, "POST", "/", &headers, input.to_string());
        (answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::String(answer.body)))
    }

    /// A request to S3: its method, and its path with its query.
    pub fn s3(&self, method: &'static str, target: &str, body: &str) -> Answer {
        self.send("s3", method, target, &[("content-type", FORM)], body.to_owned())
    }

    pub fn send(
        &self,
        service: &'static str,
        method: &'static str,
        target: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let fields = [("host", HOST)].into_iter().chain(headers.iter().copied());
        let call = Call {
            service,
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: Vec::new(),
            payload: PayloadHash::Signed(sigv4::EMPTY_SHA256),
            region: self.region,
        };
        // Signatures are judged by wall time, which here is AWS time too.
        let now = self.server.gateway.now().as_seconds();
        self.server.serve(call.body(body).signed(&self.key, now).into_http())
    }
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
