//! What a start prints: where it listens, which data it uses, and what to type next.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};

use crate::cli::ServeFlags;
use crate::places;

use super::data::Data;
use super::root_key::Root;

/// Prints to standard output; what reads it may wait for the first line, which comes when requests
/// are answered.
pub fn print(flags: &ServeFlags, data: &Data, root: &Root, address: SocketAddr) {
    let text = text(flags, data, root, address);
    // A server whose output is closed serves all the same.
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn text(flags: &ServeFlags, data: &Data, root: &Root, address: SocketAddr) -> String {
    let url = url(flags, address);
    let kept = match &data.dir {
        Some(dir) => dir.display().to_string(),
        None => "memory, gone when the server stops".to_owned(),
    };
    let credentials = match root {
        Root::Given { .. } => "as the environment gives them".to_owned(),
        Root::File { path, .. } => path.display().to_string(),
        Root::Kept => "as at an earlier start".to_owned(),
    };
    let mut text = format!(
        "Wardian {} listens on {url}\n  data  {kept}\n  root  {credentials}\n",
        env!("CARGO_PKG_VERSION")
    );
    let is_elsewhere = address.port() != 4566 || super::is_tls(flags);
    text.push_str("Next, in another terminal:\n");
    if flags.tls.is_some() {
        let ca = super::ca_file(&data.dir.clone().unwrap_or_else(places::runtime_dir));
        text.push_str(&format!("  export AWS_CA_BUNDLE={}\n", ca.display()));
    }
    if is_elsewhere {
        text.push_str(&format!("  export AWS_ENDPOINT_URL={url}\n"));
    }
    let dir = match (&flags.data.data_dir, flags.memory) {
        (Some(dir), false) => format!(" --data-dir {}", dir.display()),
        _ => String::new(),
    };
    text.push_str(&format!("  wardian admin create alice{dir}\n"));
    text.push_str("  aws sts get-caller-identity --profile alice\n");
    text
}

/// The URL that a client on this machine uses.
fn url(flags: &ServeFlags, address: SocketAddr) -> String {
    let scheme = if super::is_tls(flags) { "https" } else { "http" };
    let host = match address.ip() {
        ip if ip.is_unspecified() => "localhost".to_owned(),
        IpAddr::V6(ip) => format!("[{ip}]"),
        ip => ip.to_string(),
    };
    format!("{scheme}://{host}:{}", address.port())
}
