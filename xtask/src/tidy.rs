//! Tidy: the rules of the house that no lint knows, as a test.
//!
//! A rule that is not a test is a wish. What `rustfmt` and `clippy` enforce is not repeated here.

use std::path::{Path, PathBuf};

type Problems = Vec<String>;

/// The longest hand-written file, in lines.
const FILE_LINES_MAX: usize = 600;
/// The longest line of prose or code, in columns; data and generated files are exempt.
const COLUMNS_MAX: usize = 120;
/// The longest ARCHITECTURE.md, in lines.
const ARCHITECTURE_LINES_MAX: usize = 250;

/// Words of unfinished work, in halves so that this file is not its own problem.
const BANNED: [[&str; 2]; 3] = [["TO", "DO"], ["FIX", "ME"], ["XX", "X:"]];

/// Which of our crates each crate may use: the import rule of ARCHITECTURE.md.
const IMPORTS: &[(&str, &[&str])] = &[
    ("api", &[]),
    ("cloudformation", &["api", "gateway", "policy", "store"]),
    ("gateway", &["api", "policy", "sigv4", "store", "wire"]),
    // Of tests alone: that no other line names it forbids it outside `[dev-dependencies]`.
    ("harness", &["api", "gateway", "identity", "sigv4", "store"]),
    ("identity", &["api", "gateway", "policy", "store"]),
    ("policy", &[]),
    ("s3", &["api", "gateway", "policy", "store"]),
    ("sigv4", &[]),
    ("sns", &["api", "gateway", "policy", "store"]),
    ("ssm", &["api", "gateway", "policy", "store"]),
    ("store", &[]),
    (
        "wardian",
        &[
            "api",
            "cloudformation",
            "gateway",
            "identity",
            "policy",
            "s3",
            "sigv4",
            "sns",
            "ssm",
            "store",
            "wire",
        ],
    ),
    ("wire", &["api"]),
];

/// All that is untidy in the tree at `root`.
pub fn run(root: &Path) -> Result<(), String> {
    let mut problems = Problems::new();
    for path in files(root)? {
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("rs") if !shown.contains("/generated/") => {
                source(&shown, &read(&path)?, &mut problems);
            }
            _ => {}
        }
    }
    imports(root, &mut problems)?;
    dependencies(&read(&root.join("Cargo.toml"))?, &mut problems);
    let architecture = root.join("ARCHITECTURE.md");
    if architecture.exists() && read(&architecture)?.lines().count() > ARCHITECTURE_LINES_MAX {
        problems.push(format!("ARCHITECTURE.md has over {ARCHITECTURE_LINES_MAX} lines"));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// One Rust file.
fn source(shown: &str, text: &str, problems: &mut Problems) {
    let lines = text.lines().count();
    if lines > FILE_LINES_MAX {
        problems.push(format!("{shown}: {lines} lines, at most {FILE_LINES_MAX}"));
    }
    let begins = text.lines().find(|line| !line.starts_with("#![") && !line.is_empty());
    if !begins.is_some_and(|line| line.starts_with("//!")) {
        problems.push(format!("{shown}: a module opens with //!: what it is, and what it is not"));
    }
    for (number, line) in text.lines().enumerate() {
        let place = format!("{shown}:{}", number + 1);
        if line.chars().count() > COLUMNS_MAX && !line.contains("http") && !line.contains('"') {
            problems.push(format!("{place}: over {COLUMNS_MAX} columns"));
        }
        if BANNED.iter().any(|[head, tail]| line.contains(&format!("{head}{tail}"))) {
            problems.push(format!("{place}: a note of what to do is not a plan"));
        }
    }
}

/// Crates import only what the architecture lets them.
fn imports(root: &Path, problems: &mut Problems) -> Result<(), String> {
    let crates = root.join("crates");
    let entries = crates.read_dir().map_err(|error| format!("{}: {error}", crates.display()))?;
    for directory in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((_, allowed)) = IMPORTS.iter().find(|(known, _)| *known == name) else {
            problems.push(format!("crates/{name}: which of our crates may it use?"));
            continue;
        };
        let manifest = read(&directory.join("Cargo.toml"))?;
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or_default();
        let dependencies = dependencies.split("\n[").next().unwrap_or_default();
        for line in dependencies.lines() {
            let used = line.split(['.', ' ', '=']).next().unwrap_or_default();
            let ours = IMPORTS.iter().any(|(known, _)| *known == used);
            if ours && !allowed.contains(&used) {
                problems.push(format!("crates/{name}: may not use {used}"));
            }
        }
    }
    Ok(())
}

/// Each dependency says in its line why it is there.
fn dependencies(manifest: &str, problems: &mut Problems) {
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    for line in section.lines().filter(|line| line.contains('=') && !line.contains("path =")) {
        if !line.contains('#') {
            problems.push(format!("Cargo.toml: why is this here? {line}"));
        }
    }
}

/// The files that git tracks or would.
fn files(root: &Path) -> Result<Vec<PathBuf>, String> {
    let arguments = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let listed = std::process::Command::new("git").args(arguments).current_dir(root).output();
    let listed = listed.map_err(|error| format!("git ls-files: {error}"))?;
    let names = String::from_utf8_lossy(&listed.stdout);
    Ok(names.lines().map(|name| root.join(name)).filter(|path| path.is_file()).collect())
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_tidy() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        if let Err(problems) = run(&root) {
            panic!("{problems}");
        }
    }

    #[test]
    fn a_module_without_its_opening_is_found() {
        let mut problems = Problems::new();
        source("x.rs", "fn main() {}\n", &mut problems);
        assert_eq!(problems.len(), 1, "{problems:?}");
    }

    #[test]
    fn a_dependency_without_its_reason_is_found() {
        let mut problems = Problems::new();
        let manifest =
            "[workspace.dependencies]\nhex = \"1\"\nhttp = \"1\" # types\n[profile.dev]\n";
        dependencies(manifest, &mut problems);
        assert_eq!(problems, ["Cargo.toml: why is this here? hex = \"1\""]);
    }
}
