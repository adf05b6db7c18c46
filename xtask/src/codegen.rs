//! `cargo xtask codegen`: botocore's models and our corrections in, `crates/api/src/generated` out.
//!
//! Plain, it works offline from the committed `data/models`; with `--refresh-models` it first
//! fetches the pinned botocore from PyPI and strips its models into that folder. It writes
//! declarations only: the words it uses are the macros of `crates/api/src/macros.rs`.

mod emit;
mod model;
mod names;
mod patch;
mod refresh;

use std::fs;
use std::path::{Path, PathBuf};

use model::{Model, Patches};

/// What can go wrong, as a sentence.
pub type Failure = Box<dyn std::error::Error>;

/// The one place that pins botocore.
const BOTOCORE: &str = "1.44.5";

/// The services we declare. `wardian`'s model is written by hand, in the same form.
const SERVICES: [&str; 9] =
    ["iam", "sts", "s3", "s3control", "cloudformation", "organizations", "sns", "ssm", "wardian"];

/// Writes the generated files; with `refresh`, the models first.
pub fn run(root: &Path, refresh: bool) -> Result<(), Failure> {
    if refresh {
        refresh::models(&root.join("data"))?;
    }
    for (path, text) in generate(root)? {
        if fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            fs::write(&path, text)?;
        }
    }
    Ok(())
}

/// The generated files that differ from what the models and patches give now.
#[cfg(test)]
fn stale(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let differs = |(path, text): (PathBuf, String)| {
        (fs::read_to_string(&path).ok().as_deref() != Some(text.as_str())).then_some(path)
    };
    Ok(generate(root)?.into_iter().filter_map(differs).collect())
}

/// Each generated file and its text.
fn generate(root: &Path) -> Result<Vec<(PathBuf, String)>, Failure> {
    let mut files = Vec::new();
    for service in SERVICES {
        let read =
            |folder: &str| fs::read_to_string(root.join(format!("data/{folder}/{service}.json")));
        let named = |error: serde_json::Error| format!("{service}: {error}");
        let mut model: Model = serde_json::from_str(&read("models")?).map_err(named)?;
        let patches: Patches = serde_json::from_str(&read("patches")?).map_err(named)?;
        patch::keep(&mut model, &patches.only)?;
        patch::apply(&mut model, &patches)?;
        let text = emit::service(service, &model, &patches.errors)?;
        files.push((root.join(format!("crates/api/src/generated/{service}.rs")), text));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_are_what_the_models_and_patches_give() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let stale = stale(&root).expect("models and patches read");
        assert!(stale.is_empty(), "run `cargo xtask codegen`: {stale:?}");
    }
}
