//! Fetches the pinned botocore from PyPI and strips its models. Needs `python3` with pip, and the
//! network.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Serialize;

use super::model::{Model, Patches};
use super::{BOTOCORE, Failure, SERVICES, patch};

/// Replaces `<data>/models/<service>.json` for each of botocore's services: of those that we
/// declare a part of, that part.
pub fn models(data: &Path) -> Result<(), Failure> {
    let work = std::env::temp_dir().join(format!("wardian-models-{}", std::process::id()));
    let done = fetch(&work).and_then(|()| {
        for service in SERVICES.into_iter().filter(|name| *name != "wardian") {
            let file = format!("{service}.json");
            let patches = fs::read_to_string(data.join("patches").join(&file))?;
            let patches: Patches = serde_json::from_str(&patches)?;
            strip(&work, service, &patches.only, &data.join("models").join(file))?;
        }
        Ok(())
    });
    let _ = fs::remove_dir_all(&work);
    done
}

fn fetch(work: &Path) -> Result<(), Failure> {
    fs::create_dir_all(work)?;
    let pinned = format!("botocore=={BOTOCORE}");
    let wheel = format!("botocore-{BOTOCORE}-py3-none-any.whl");
    python(work, &["-m", "pip", "download", "--quiet", "--no-deps", &pinned])?;
    python(work, &["-m", "zipfile", "-e", &wheel, "."])
}

/// botocore keeps `service-2.json`, mostly compressed, in a folder per API version; the newest is
/// used.
fn strip(work: &Path, service: &str, only: &[String], into: &Path) -> Result<(), Failure> {
    let mut versions: Vec<_> = fs::read_dir(work.join("botocore/data").join(service))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_dir())
        .collect();
    versions.sort();
    let version = versions.pop().ok_or("a service without a version")?;
    let file = version.join("service-2.json");
    if !file.exists() {
        python(work, &["-m", "gzip", "-d", &format!("{}.gz", file.display())])?;
    }
    let mut model: Model = serde_json::from_str(&fs::read_to_string(&file)?)?;
    patch::keep(&mut model, only)?;
    let date = version.file_name().unwrap_or_default().to_string_lossy().into_owned();
    model.source =
        format!("botocore {BOTOCORE}, data/{service}/{date}/service-2.json (Apache-2.0)");
    fs::write(into, text(&model)?)?;
    Ok(())
}

/// A line an operation, a line a shape: differences between versions read well.
fn text(model: &Model) -> Result<String, Failure> {
    let mut text = String::from("{\n");
    text += &format!("\"source\": {},\n", serde_json::to_string(&model.source)?);
    text += &format!("\"metadata\": {},\n", serde_json::to_string(&model.metadata)?);
    text += &format!("\"operations\": {{\n{}\n}},\n", lines(&model.operations.0)?);
    text += &format!("\"shapes\": {{\n{}\n}}\n}}\n", lines(&model.shapes.0)?);
    Ok(text)
}

fn lines<T: Serialize>(entries: &[(String, T)]) -> Result<String, Failure> {
    let mut lines = Vec::with_capacity(entries.len());
    for (name, value) in entries {
        lines.push(format!("  {name:?}: {}", serde_json::to_string(value)?));
    }
    Ok(lines.join(",\n"))
}

fn python(work: &Path, arguments: &[&str]) -> Result<(), Failure> {
    let status = Command::new("python3").args(arguments).current_dir(work).status()?;
    if status.success() { Ok(()) } else { Err(format!("python3 {arguments:?}: {status}").into()) }
}
