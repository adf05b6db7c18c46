//! Who is behind a proxy: `X-Forwarded-For` and `X-Forwarded-Proto`, believed only from trusted
//! senders.
//!
//! Each proxy appends the address it was spoken to from, so the list is read from its end: trusted
//! proxies are passed over, and the last address that is not one of theirs is the client's. What
//! stands before it, anybody can have written.

use std::net::IpAddr;

use gateway::Peer;
use http::HeaderMap;
use ipnet::IpNet;

/// The peer of a request: that of the socket, or what trusted proxies say of it.
pub fn peer(socket: Peer, headers: &HeaderMap, trusted: &[IpNet]) -> Peer {
    if !is_trusted(socket.ip, trusted) {
        return socket;
    }
    Peer { ip: client(socket.ip, headers, trusted), tls: tls(socket.tls, headers) }
}

fn client(socket: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let lines = headers.get_all("x-forwarded-for");
    let mut hops: Vec<&str> = Vec::new();
    for line in lines {
        // A line that is no text hides what stood before it.
        let Ok(text) = line.to_str() else {
            hops.clear();
            continue;
        };
        hops.extend(text.split(',').map(str::trim));
    }
    let mut known = socket;
    for hop in hops.into_iter().rev() {
        // Nothing before an address that does not parse can be trusted: the last good one stands.
        let Some(ip) = address(hop) else { return known };
        known = ip;
        if !is_trusted(ip, trusted) {
            return ip;
        }
    }
    known
}

/// The version of TLS that the client spoke. A proxy that names none is taken for the oldest that
/// is still allowed, so that no policy is met by a guess.
fn tls(socket: Option<&'static str>, headers: &HeaderMap) -> Option<&'static str> {
    let last =
        |name| headers.get_all(name).iter().next_back().and_then(|value| value.to_str().ok());
    let Some(protocols) = last("x-forwarded-proto") else { return socket };
    let protocol = protocols.rsplit(',').next().map(str::trim).unwrap_or_default();
    if !protocol.eq_ignore_ascii_case("https") {
        return None;
    }
    Some(match last("x-amzn-tls-version") {
        Some("TLSv1.3") => "1.3",
        _ => socket.unwrap_or("1.2"),
    })
}

fn is_trusted(ip: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&ip))
}

/// An address with or without a port: `10.0.0.1`, `10.0.0.1:80`, `fd00::1`, `[fd00::1]:80`.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = match hop.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => match hop.split_once(':') {
            Some((host, port)) if !port.contains(':') => host,
            _ => hop,
        },
    };
    bare.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(socket: &str, forwarded: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let socket = Peer { ip: socket.parse().unwrap(), tls: None };
        peer(socket, &headers, &trusted).ip.to_string()
    }

    #[test]
    fn only_a_trusted_sender_is_believed() {
        assert_eq!(of("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(of("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(of("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn the_last_address_that_is_not_a_trusted_proxy_is_the_clients() {
        let cases: [(&[&str], &str); 7] = [
            (&["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            (&["1.1.1.1, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            (&["1.1.1.1", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            (&["1.1.1.1, nonsense, 10.0.0.2"], "10.0.0.2"),
            (&["198.51.100.1:4711, [fd00::2]:80"], "198.51.100.1"),
            (&["2001:db8::1"], "2001:db8::1"),
        ];
        for (lines, expected) in cases {
            assert_eq!(of("10.0.0.1", lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn the_protocol_counts_only_from_a_trusted_sender() {
        let trusted: [IpNet; 1] = ["10.0.0.0/8".parse().unwrap()];
        let cases = [
            ("10.0.0.1", None, "https", Some("1.2")),
            ("10.0.0.1", None, "http, https", Some("1.2")),
            ("10.0.0.1", Some("1.3"), "http", None),
            ("10.0.0.1", Some("1.3"), "https", Some("1.3")),
            ("203.0.113.9", None, "https", None),
            ("203.0.113.9", Some("1.3"), "http", Some("1.3")),
        ];
        for (ip, tls, protocol, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.append("x-forwarded-proto", protocol.parse().unwrap());
            let socket = Peer { ip: ip.parse().unwrap(), tls };
            assert_eq!(peer(socket, &headers, &trusted).tls, expected, "{ip} {protocol}");
        }
    }
}
