//! Packs AWS's managed policies: the form that `src/aws_managed_policy.rs` reads.
//!
//! A file each in `data/managed-policies`. Packed they are a twentieth, and nothing of them is in
//! memory until it is asked for.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use miniz_oxide::deflate::compress_to_vec_zlib;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Documents to a block: unpacking one document unpacks its neighbours.
const BLOCK_DOCUMENTS: usize = 32;
const LEVEL: u8 = 9;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct File {
    #[serde(rename = "_source")]
    _source: String,
    policy_name: String,
    policy_id: String,
    path: String,
    description: Option<String>,
    default_version_id: String,
    create_date: String,
    update_date: String,
    document: Document,
}

/// In the order in which AWS prints it.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    version: String,
    statement: Vec<Statement>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    effect: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_action: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_resource: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Value>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../data/managed-policies");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let file: File = serde_json::from_str(&fs::read_to_string(&path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        files.push(file);
    }
    files.sort_by(|a, b| a.policy_name.cmp(&b.policy_name));
    let packed = Path::new(&env::var("OUT_DIR")?).join("managed-policies.bin");
    Ok(fs::write(packed, pack(&files)?)?)
}

fn pack(files: &[File]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut index = String::new();
    let mut blocks = Vec::new();
    for (block, together) in files.chunks(BLOCK_DOCUMENTS).enumerate() {
        let mut documents = Vec::new();
        for (place, file) in together.iter().enumerate() {
            documents.push(serde_json::to_string_pretty(&file.document)?);
            index.push_str(&line(file, block.saturating_add(1), place));
        }
        blocks.push(compress_to_vec_zlib(documents.join("\u{1e}").as_bytes(), LEVEL));
    }
    blocks.insert(0, compress_to_vec_zlib(index.as_bytes(), LEVEL));
    let mut packed = u32::try_from(blocks.len())?.to_le_bytes().to_vec();
    for block in &blocks {
        packed.extend(u32::try_from(block.len())?.to_le_bytes());
    }
    packed.extend(blocks.concat());
    Ok(packed)
}

fn line(file: &File, block: usize, place: usize) -> String {
    let (block, place) = (block.to_string(), place.to_string());
    let fields = [
        file.policy_name.as_str(),
        &file.policy_id,
        &file.path,
        &file.default_version_id,
        &file.create_date,
        &file.update_date,
        &block,
        &place,
        file.description.as_deref().unwrap_or_default(),
    ];
    fields.join("\u{1f}") + "\n"
}
