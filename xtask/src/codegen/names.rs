//! The model's names as Rust's: `SSEKMSKeyId` to `sse_kms_key_id`, `s3:ObjectCreated:*` to
//! `S3ObjectCreatedAll`.

/// Runs of capitals that hold more than one word, or a plural that would be split.
const WORDS: [(&str, &str); 12] = [
    ("SSEKMS", "SseKms"),
    ("SSES3", "SseS3"),
    ("SSEC", "SseC"),
    ("KMSMS", "KmsMs"),
    ("ARNs", "Arns"),
    ("URLs", "Urls"),
    ("IDs", "Ids"),
    ("NVME", "Nvme"),
    ("OpenIDConnect", "OpenIdConnect"),
    ("MFADevice", "MfaDevice"),
    ("QRCodePNG", "QrCodePng"),
    ("XXHASH", "Xxhash"),
];

/// Reserved words that a field may be named after.
const KEYWORDS: [&str; 10] =
    ["as", "enum", "for", "in", "match", "mod", "ref", "static", "type", "where"];

/// `UserName` to `user_name`; a keyword becomes a raw identifier.
pub fn field(name: &str) -> String {
    let snake = words(name).join("_");
    if KEYWORDS.contains(&snake.as_str()) { format!("r#{snake}") } else { snake }
}

/// `userNameType` to `USER_NAME_TYPE`.
pub fn table(name: &str) -> String {
    words(name).join("_").to_uppercase()
}

/// `statusType` to `StatusType`; other names stay as they are.
pub fn type_name(name: &str) -> String {
    capitalized(name)
}

/// An enumeration's value as a variant: `CREATE_IN_PROGRESS` to `CreateInProgress`.
pub fn variant(value: &str) -> String {
    let spelled = value.replace('*', "All").replace("(None)", "Empty");
    let mut name: String = spelled
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(|part| {
            let shouted = part.chars().all(|c| !c.is_ascii_lowercase());
            capitalized(&if shouted { part.to_lowercase() } else { part.to_owned() })
        })
        .collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, 'V');
    }
    match name.as_str() {
        "Self" => "SelfValue".to_owned(),
        "Unknown" => "UnknownValue".to_owned(),
        _ => name,
    }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}

/// Splits at lower-to-upper and before the last capital of a run that a lower-case letter follows.
fn words(name: &str) -> Vec<String> {
    let mut name = name.to_owned();
    for (run, spelled) in WORDS {
        name = name.replace(run, spelled);
    }
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (index, &c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|at| chars.get(at)).copied();
        let after = chars.get(index + 1).copied();
        let starts = c.is_ascii_uppercase()
            && (before.is_some_and(|b| b.is_ascii_lowercase())
                || (before.is_some_and(|b| b.is_ascii_alphanumeric())
                    && after.is_some_and(|a| a.is_ascii_lowercase())));
        if (starts || !c.is_ascii_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_rust() {
        for (model, rust) in [
            ("UserName", "user_name"),
            ("SSEKMSKeyId", "sse_kms_key_id"),
            ("ETag", "e_tag"),
            ("NotificationARNs", "notification_arns"),
            ("ChecksumCRC64NVME", "checksum_crc64_nvme"),
            ("ContentMD5", "content_md5"),
            ("Type", "r#type"),
            ("OpenIDConnectProviderArn", "open_id_connect_provider_arn"),
        ] {
            assert_eq!(field(model), rust);
        }
        assert_eq!(table("userNameType"), "USER_NAME_TYPE");
        assert_eq!(type_name("statusType"), "StatusType");
        for (value, rust) in [
            ("CREATE_IN_PROGRESS", "CreateInProgress"),
            ("us-east-1", "UsEast1"),
            ("s3:ObjectCreated:*", "S3ObjectCreatedAll"),
            ("AES256", "Aes256"),
            ("SELF", "SelfValue"),
            ("aws:kms:dsse", "AwsKmsDsse"),
        ] {
            assert_eq!(variant(value), rust);
        }
    }
}
