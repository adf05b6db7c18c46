//! Requests as clients send them: written from inputs by the client's side of `wire`, signed by
//! that of `sigv4`.

use std::collections::BTreeMap;

use api::{Json, Location, OperationShape, Protocol, Structure, Timestamp};
use base64::Engine as _;
use bytes::Bytes;
use gateway::RequestBody;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::{BodyExt as _, Full};
use sigv4::{Headers, PayloadHash, SecretKey, SigningScope, Style};

const CHECKSUM: &str = "x-amz-checksum-sha256";

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Keys, and the token of temporary ones.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret: String,
    pub session_token: Option<String>,
}

/// How a request says who sent it.
#[derive(Clone, Debug)]
pub enum Signer {
    Anonymous,
    Good(Credentials),
    /// The last digit of the signature is another.
    Altered(Credentials),
}

/// What is asked of whom, before it is signed.
#[derive(Clone)]
pub struct Call {
    pub operation: &'static OperationShape,
    method: &'static str,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Bytes,
}

impl Call {
    /// `body` holds the bytes of an operation that streams.
    pub fn new(operation: &'static OperationShape, input: &dyn Structure, body: &str) -> Self {
        let service = api::service(operation.service).expect("a service of the model");
        match service.protocol {
            Protocol::Query => Self::query(operation, input),
            Protocol::Json(json) => Self::json(operation, json, input),
            Protocol::RestXml => Self::rest(operation, input, body),
        }
    }

    fn query(operation: &'static OperationShape, input: &dyn Structure) -> Self {
        let form = wire::query::write_input(operation, input);
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        Self {
            operation,
            method: "POST",
            path: "/".to_owned(),
            query: String::new(),
            headers: BTreeMap::from([("content-type".to_owned(), kind.to_owned())]),
            body: Bytes::from(form),
        }
    }

    fn json(operation: &'static OperationShape, json: Json, input: &dyn Structure) -> Self {
        let target = format!("{}.{}", json.target_prefix, operation.name);
        let kind = format!("application/x-amz-json-{}", json.version);
        let headers = [("content-type".to_owned(), kind), ("x-amz-target".to_owned(), target)];
        Self {
            operation,
            method: "POST",
            path: "/".to_owned(),
            query: String::new(),
            headers: BTreeMap::from(headers),
            body: Bytes::from(wire::json::write_input(input)),
        }
    }

    fn rest(operation: &'static OperationShape, input: &dyn Structure, body: &str) -> Self {
        let written = wire::rest::write_input(operation, input);
        let (path, _) = operation.http.uri.split_once('?').unwrap_or((operation.http.uri, ""));
        let path = path
            .replace("{Bucket}", written.bucket.as_deref().unwrap_or_default())
            .replace("{Key+}", written.key.as_deref().unwrap_or_default());
        let mut headers = BTreeMap::new();
        for (name, value) in written.headers {
            headers.insert(name.to_ascii_lowercase(), value);
        }
        let body = match written.body {
            Some(document) => {
                if !speaks_of_a_checksum(operation) {
                    headers.insert(CHECKSUM.to_owned(), checksum(&document));
                }
                Bytes::from(document)
            }
            None => Bytes::copy_from_slice(body.as_bytes()),
        };
        Self { operation, method: written.method, path, query: written.query, headers, body }
    }

    /// Answers to HEAD have no body to say anything in.
    pub fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    /// The request as `signer` sends it at the moment `now`.
    pub fn signed(&self, signer: &Signer, now: Timestamp) -> Request<RequestBody> {
        let uri = match self.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        };
        let mut request = Request::builder().method(self.method).uri(uri);
        let fields = request.headers_mut().expect("a request that can be built");
        fields.insert("host", HeaderValue::from_static("localhost"));
        fields.insert("content-length", HeaderValue::from(self.body.len()));
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
            fields.insert(name, HeaderValue::from_str(value).expect("a header's value"));
        }
        for (name, value) in self.signature(fields, signer, now) {
            fields.insert(name, HeaderValue::from_str(&value).expect("a header's value"));
        }
        let body = Full::new(self.body.clone()).map_err(BoxError::from);
        request.body(Box::pin(body) as RequestBody).expect("a request")
    }

    fn signature(
        &self,
        fields: &http::HeaderMap,
        signer: &Signer,
        now: Timestamp,
    ) -> Vec<(&'static str, String)> {
        let (credentials, is_altered) = match signer {
            // The scope of a signature names the service; without one, its host does.
            Signer::Anonymous if signing_name(self.operation) == "s3" => return Vec::new(),
            Signer::Anonymous => {
                let host = format!("{}.amazonaws.com", self.operation.service);
                return vec![("host", host)];
            }
            Signer::Good(credentials) => (credentials, false),
            Signer::Altered(credentials) => (credentials, true),
        };
        let headers = Headers::from(fields);
        let request = sigv4::Request {
            method: self.method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
        };
        let style = if signing_name(self.operation) == "s3" { Style::S3 } else { Style::Query };
        let signed = sigv4::sign(
            &request,
            &sigv4::Credentials {
                access_key_id: &credentials.access_key_id,
                secret: &SecretKey::new(credentials.secret.as_bytes()),
                session_token: credentials.session_token.as_deref(),
            },
            &SigningScope { style, service: signing_name(self.operation), region: harness::REGION },
            PayloadHash::Signed(sigv4::sha256(&self.body)),
            now.as_seconds(),
        );
        let mut headers = signed.headers;
        if is_altered {
            let field = headers.iter_mut().find(|(name, _)| *name == "authorization");
            let (_, value) = field.expect("a signature");
            let last = value.pop();
            value.push(if last == Some('0') { '1' } else { '0' });
        }
        headers
    }
}

/// The checksum header is a member of the input: the object's, or the document's that the case
/// gives.
fn speaks_of_a_checksum(operation: &OperationShape) -> bool {
    let mut members = operation.input.members().iter();
    members.any(|member| {
        member.location == Location::Header && member.wire.eq_ignore_ascii_case(CHECKSUM)
    })
}

fn checksum(document: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(sigv4::sha256(document.as_bytes()))
}

/// S3 Control is signed for as S3 is.
fn signing_name(operation: &OperationShape) -> &'static str {
    if operation.service == "s3control" { "s3" } else { operation.service }
}
