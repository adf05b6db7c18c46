//! Which service, region, bucket and key a request speaks of: from its credential scope, its host and its path.
//!
//! Nothing is trusted here: the scope is only read, the signature over it is checked later with what was read.
//! AWS: "Virtual hosting of buckets" and "AWS service endpoints".

use std::borrow::Cow;

use http::request::Parts;
use percent_encoding::percent_decode_str;

/// What the request line and headers say of where a request goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    /// The service's name: of the scope, else of the host.
    pub service: Option<String>,
    /// The region: of the scope, else of the host.
    pub region: Option<String>,
    /// S3: from the host or the first path segment.
    pub bucket: Option<String>,
    /// S3: decoded; never a path on a disk.
    pub key: Option<String>,
}

/// A path or key that is not UTF-8 once decoded.
#[derive(Debug, PartialEq, Eq)]
pub struct InvalidUri;

/// Reads the target of a request. `base_domains` are further hosts under which buckets are sub-domains.
///
/// # Errors
/// Where bucket or key do not decode to UTF-8.
pub fn target(parts: &Parts, base_domains: &[String]) -> Result<Target, InvalidUri> {
    let host = Host::parse(host_of(parts), base_domains);
    let (scope_region, scope_service) = scope(parts).unzip();
    let service = scope_service.or(host.service);
    let region = scope_region.or(host.region).map(Cow::into_owned);
    let mut target = Target {
        service: service.map(Cow::into_owned),
        region,
        bucket: host.bucket.map(str::to_owned),
        key: None,
    };
    let path = parts.uri.path().strip_prefix('/').unwrap_or_default();
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
fn scope(parts: &Parts) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    let header = parts.headers.get(http::header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let credential = match header {
        Some(header) => {
            let (_, rest) = header.split_once("Credential=")?;
            Cow::Borrowed(rest.split([',', ' ']).next()?)
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
    (known(service) && known(region))
        .then(|| (Cow::Owned(region.to_owned()), Cow::Owned(service.to_owned())))
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Host<'a> {
    service: Option<Cow<'a, str>>,
    region: Option<Cow<'a, str>>,
    bucket: Option<&'a str>,
}

impl<'a> Host<'a> {
    fn parse(host: &'a str, base_domains: &[String]) -> Self {
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
        let s3 = Some(Cow::Borrowed("s3"));
        let bucket = match labels.rsplit_once(".s3") {
            Some((bucket, rest)) if rest.is_empty() || rest.starts_with('.') => Some(bucket),
            _ if labels == "s3" || labels.starts_with("s3.") => None,
            _ => Some(labels),
        };
        Self { service: s3, region: None, bucket }
    }

    /// The names of AWS's endpoints: `iam`, `sts.eu-west-1`, `bucket.s3.eu-west-1`, `s3`.
    fn aws(labels: &'a str) -> Self {
        let (head, region) = match labels.rsplit_once('.') {
            Some((head, last)) if is_region(last) => (head, Some(Cow::Borrowed(last))),
            _ => (labels, None),
        };
        if let Some(region) = head.strip_prefix("s3-").filter(|last| is_region(last)) {
            return Self { service: Some("s3".into()), region: Some(region.into()), bucket: None };
        }
        let head = head.strip_suffix(".dualstack").unwrap_or(head);
        match head.rsplit_once('.') {
            Some((bucket, "s3")) => {
                Self { service: Some("s3".into()), region, bucket: Some(bucket) }
            }
            Some(_) => Self { service: None, region, bucket: None },
            None => Self { service: Some(head.into()), region, bucket: None },
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
