//! Which service, region, bucket and key a request speaks of: from its credential scope, its host
//! and its path.
//!
//! Nothing is trusted here: the scope is only read, the signature over it is checked later with
//! what was read. AWS: "Virtual hosting of buckets" and "AWS service endpoints".

use std::borrow::Cow;

use http::request::Parts;
use percent_encoding::percent_decode_str;

const CONTROL: &str = "s3control";
/// The version of its API, with which each of its paths begins.
const CONTROL_PATH: &str = "v20180820/";

/// What the request line and headers say of where a request goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    /// The service's name: of the scope, else of the host.
    pub service: Option<String>,
    /// The region: of the scope, else of the host.
    pub region: Option<String>,
    /// S3: from the host or the first path segment.
    pub bucket: Option<String>,
    /// S3: whether the host names the bucket.
    pub in_host: bool,
    /// S3: decoded; never a path on a disk.
    pub key: Option<String>,
}

/// A path or key that is not UTF-8 once decoded.
#[derive(Debug, PartialEq, Eq)]
pub struct InvalidUri;

impl Target {
    /// S3: the bucket, where the host names it.
    pub fn virtual_host(&self) -> Option<&str> {
        self.bucket.as_deref().filter(|_| self.in_host)
    }
}

/// Reads the target of a request. `base_domains` are further hosts under which buckets are
/// sub-domains.
///
/// # Errors
/// Where bucket or key do not decode to UTF-8.
pub fn target(parts: &Parts, base_domains: &[String]) -> Result<Target, InvalidUri> {
    // Host names have no case; bucket names have none but the lower.
    let host_name = host_of(parts).to_ascii_lowercase();
    let host = Host::parse(&host_name, base_domains);
    let (scope_region, scope_service) = scope(parts).unzip();
    let mut target = Target {
        service: scope_service.or(host.service.map(str::to_owned)),
        region: scope_region.or(host.region.map(str::to_owned)),
        bucket: host.bucket.map(str::to_owned),
        in_host: host.bucket.is_some(),
        key: None,
    };
    let path = parts.uri.path().strip_prefix('/').unwrap_or_default();
    if is_control(parts, &host_name, path) {
        let bucket = Some(decode(path)?);
        let service = Some(CONTROL.to_owned());
        return Ok(Target { service, bucket, in_host: false, ..target });
    }
    let key = match (&target.bucket, path.split_once('/')) {
        (Some(_), _) => path,
        (None, Some((bucket, key))) => {
            target.bucket = Some(decode(bucket)?);
            key
        }
        (None, None) if path.is_empty() => "",
        (None, None) => {
            target.bucket = Some(decode(path)?);
            ""
        }
    };
    if !key.is_empty() {
        target.key = Some(decode(key)?);
    }
    Ok(target)
}

/// S3 Control is signed for as S3 is: it is told apart by its host, or by its path and the account
/// that each of its requests names. No request of S3 names one.
fn is_control(parts: &Parts, host: &str, path: &str) -> bool {
    let is_host = || host.split('.').any(|label| label == "s3-control");
    path.starts_with(CONTROL_PATH) && (is_host() || parts.headers.contains_key("x-amz-account-id"))
}

fn decode(text: &str) -> Result<String, InvalidUri> {
    percent_decode_str(text).decode_utf8().map(Cow::into_owned).map_err(|_| InvalidUri)
}

fn host_of(parts: &Parts) -> &str {
    let header = parts.headers.get(http::header::HOST).and_then(|value| value.to_str().ok());
    let host = header.or_else(|| parts.uri.host()).unwrap_or_default();
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Region and service of the credential scope, in header or query.
fn scope(parts: &Parts) -> Option<(String, String)> {
    let header = parts.headers.get(http::header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let credential = match header {
        Some(header) => {
            let (_, components) = header.split_once(' ')?;
            let mut components = components.split(',').map(str::trim_ascii);
            Cow::Borrowed(components.find_map(|part| part.strip_prefix("Credential="))?)
        }
        None => {
            let mut pairs = parts.uri.query()?.split('&');
            let value = pairs.find_map(|pair| pair.strip_prefix("X-Amz-Credential="))?;
            percent_decode_str(value).decode_utf8().ok()?
        }
    };
    let mut fields = credential.split('/').rev();
    let (_, service, region) = (fields.next()?, fields.next()?, fields.next()?);
    fields.next()?;
    let known = |text: &str| !text.is_empty();
    (known(service) && known(region)).then(|| (region.to_owned(), service.to_owned()))
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Host<'a> {
    pub service: Option<&'a str>,
    pub region: Option<&'a str>,
    pub bucket: Option<&'a str>,
}

impl<'a> Host<'a> {
    pub fn parse(host: &'a str, base_domains: &[String]) -> Self {
        if let Some(labels) = host.strip_suffix(".amazonaws.com") {
            return Self::aws(labels);
        }
        let domains = base_domains.iter().map(String::as_str).chain(["localhost"]);
        for domain in domains {
            if let Some(bucket) = host.strip_suffix(domain).and_then(|h| h.strip_suffix('.')) {
                return Self::local(bucket);
            }
        }
        Self::default()
    }

    /// `bucket.localhost` or `bucket.s3.localhost`; `s3.localhost` alone names no bucket.
    fn local(labels: &'a str) -> Self {
        let bucket = match labels.rsplit_once(".s3") {
            Some((bucket, rest)) if rest.is_empty() || rest.starts_with('.') => Some(bucket),
            _ if labels == "s3" || labels.starts_with("s3.") => None,
            _ => Some(labels),
        };
        Self { service: Some("s3"), region: None, bucket }
    }

    /// The names of AWS's endpoints: `iam`, `sts.eu-west-1`, `bucket.s3.eu-west-1`, `s3`; and the
    /// older `bucket.s3-eu-west-1`.
    fn aws(labels: &'a str) -> Self {
        let (head, last) = labels.rsplit_once('.').unwrap_or(("", labels));
        if let Some(region) = last.strip_prefix("s3-").filter(|region| is_region(region)) {
            let bucket = (!head.is_empty()).then_some(head);
            return Self { service: Some("s3"), region: Some(region), bucket };
        }
        let (head, region) = if is_region(last) { (head, Some(last)) } else { (labels, None) };
        let head = head.strip_suffix(".dualstack").unwrap_or(head);
        match head.rsplit_once('.') {
            Some((bucket, "s3")) => Self { service: Some("s3"), region, bucket: Some(bucket) },
            Some(_) => Self { service: None, region, bucket: None },
            None => Self { service: Some(head), region, bucket: None },
        }
    }
}

/// `eu-west-1`, `us-gov-east-1`: words and a number.
fn is_region(label: &str) -> bool {
    label.rsplit_once('-').is_some_and(|(words, number)| {
        !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && words.contains('-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str, host: &str, authorization: Option<&str>) -> Target {
        let mut request = http::Request::builder().uri(uri).header("host", host);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        target(&parts, &["s3.home".to_owned()]).expect("UTF-8")
    }

    #[test]
    fn buckets_stand_in_the_path_or_in_the_host() {
        let cases = [
            ("/bucket/a/b", "127.0.0.1:4566", "bucket", Some("a/b")),
            ("/bucket", "localhost:4566", "bucket", None),
            ("/bucket/", "localhost:4566", "bucket", None),
            ("/a%20b", "bucket.localhost:4566", "bucket", Some("a b")),
            ("/k", "my.bucket.s3.localhost", "my.bucket", Some("k")),
            ("/k", "bucket.s3.home", "bucket", Some("k")),
            ("/k", "bucket.s3.amazonaws.com", "bucket", Some("k")),
            ("/../x", "b.s3.eu-west-1.amazonaws.com", "b", Some("../x")),
            ("/b//x", "s3.eu-west-1.amazonaws.com", "b", Some("/x")),
        ];
        for (uri, host, bucket, key) in cases {
            let found = read(uri, host, None);
            assert_eq!(found.bucket.as_deref(), Some(bucket), "{uri} at {host}");
            assert_eq!(found.key.as_deref(), key, "{uri} at {host}");
        }
    }

    #[test]
    fn hosts_are_read_in_every_form_that_clients_send() {
        let cases = [
            ("B.S3.EU-WEST-1.AmazonAWS.com", "s3", Some("eu-west-1"), Some("b")),
            ("b.s3.eu-west-1.amazonaws.com:443", "s3", Some("eu-west-1"), Some("b")),
            ("b.s3.us-gov-east-1.amazonaws.com", "s3", Some("us-gov-east-1"), Some("b")),
            ("b.s3.dualstack.eu-west-1.amazonaws.com", "s3", Some("eu-west-1"), Some("b")),
            ("s3.dualstack.eu-west-1.amazonaws.com", "s3", Some("eu-west-1"), None),
            ("b.s3-eu-west-1.amazonaws.com", "s3", Some("eu-west-1"), Some("b")),
            ("s3-eu-west-1.amazonaws.com", "s3", Some("eu-west-1"), None),
            ("my.bucket.s3.amazonaws.com", "s3", None, Some("my.bucket")),
            // A bucket that is called like a region.
            ("eu-west-1.s3.amazonaws.com", "s3", None, Some("eu-west-1")),
            ("MyBucket.LocalHost:4566", "s3", None, Some("mybucket")),
            ("s3.localhost", "s3", None, None),
            ("[::1]:4566", "", None, None),
            ("[::1]", "", None, None),
            ("127.0.0.1:4566", "", None, None),
            ("IAM.AMAZONAWS.COM", "iam", None, None),
            ("cloudformation.eu-west-1.amazonaws.com", "cloudformation", Some("eu-west-1"), None),
            (".amazonaws.com", "", None, None),
            (".localhost", "s3", None, Some("")),
            (":", "", None, None),
            ("", "", None, None),
        ];
        for (host, service, region, bucket) in cases {
            let found = read("/", host, None);
            assert_eq!(found.service.as_deref().unwrap_or_default(), service, "{host}");
            assert_eq!(found.region.as_deref(), region, "{host}");
            assert_eq!(found.bucket.as_deref(), bucket, "{host}");
        }
    }

    #[test]
    fn keys_are_opaque_text() {
        let cases = [
            ("/b/..", ".."),
            ("/b/../../etc/passwd", "../../etc/passwd"),
            ("/b/./a", "./a"),
            ("/b//a//", "/a//"),
            ("/b/a%2Fb", "a/b"),
            ("/b/%2e%2e%2f", "../"),
            ("/b/a%00b", "a\0b"),
            ("/b/%C3%BC%20+", "ü +"),
            ("/b/%", "%"),
            ("/b/%zz", "%zz"),
        ];
        for (uri, key) in cases {
            let found = read(uri, "localhost", None);
            assert_eq!(found.bucket.as_deref(), Some("b"), "{uri}");
            assert_eq!(found.key.as_deref(), Some(key), "{uri}");
        }
        assert_eq!(read("/a%2Db/k", "localhost", None).bucket.as_deref(), Some("a-b"));
        assert_eq!(read("/a%2Fb/k", "localhost", None).bucket.as_deref(), Some("a/b"));
    }

    #[test]
    fn what_is_not_utf_8_is_no_uri() {
        for uri in ["/b/%FF", "/%C3/k", "/%FF", "/b/%ED%A0%80"] {
            let request = http::Request::builder().uri(uri).header("host", "localhost");
            let (parts, ()) = request.body(()).expect("a request").into_parts();
            assert_eq!(target(&parts, &[]), Err(InvalidUri), "{uri}");
        }
    }

    #[test]
    fn the_scope_names_service_and_region_before_the_host_does() {
        let scope = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/sts/aws4_request, Sig";
        let found = read("/", "localhost", Some(scope));
        assert_eq!(found.service.as_deref(), Some("sts"));
        assert_eq!(found.region.as_deref(), Some("eu-west-1"));
        let found = read("/", "iam.amazonaws.com", None);
        assert_eq!((found.service.as_deref(), found.region), (Some("iam"), None));
        let found = read("/", "sts.us-west-2.amazonaws.com", None);
        assert_eq!(found.region.as_deref(), Some("us-west-2"));
    }
}
