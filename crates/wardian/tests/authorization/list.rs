//! Lists of what is not done yet, kept in files beside the code: they may only shrink.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The operations of the models that are not served, a line each.
pub const NOT_IMPLEMENTED: &str = "docs/not-implemented.txt";
/// The rows that no request visits, each with its reason.
pub const EXCEPTIONS: &str = "crates/wardian/tests/authorization/exceptions.txt";

/// The lines of a list of the repository; none where there is no such file.
pub fn lines(path: &str) -> BTreeSet<String> {
    std::fs::read_to_string(root().join(path)).map(|text| split(&text)).unwrap_or_default()
}

/// Writes the list anew.
pub fn write(path: &str, lines: &BTreeSet<String>) {
    let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    std::fs::write(root().join(path), text).expect("a list that can be written");
}

/// The lines as they were committed last; None where there is no repository, or no such list in it.
pub fn committed(path: &str) -> Option<BTreeSet<String>> {
    let mut git = Command::new("git");
    let shown = git.arg("show").arg(format!("HEAD:{path}")).current_dir(root()).output().ok()?;
    shown.status.success().then(|| split(&String::from_utf8_lossy(&shown.stdout)))
}

fn split(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
