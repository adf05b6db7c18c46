//! One-time codes that are wrong, old, to come, used already, or another device's.

use ring::hmac;
use serde_json::json;

use crate::request::Signer;
use crate::scenario::told;
use crate::site::Site;

const STEP: i64 = 30;

/// The code that a device shows at a moment, in seconds since 1970: RFC 6238, written apart from
/// the server's.
fn code(seed: &str, seconds: i64) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.decode(seed).expect("base64");
    let bits: String = text.iter().map(|letter| format!("{:05b}", five(*letter))).collect();
    let bytes =
        bits.as_bytes().chunks_exact(8).map(|bits| std::str::from_utf8(bits).expect("bits"));
    let seed: Vec<u8> = bytes.map(|bits| u8::from_str_radix(bits, 2).expect("a byte")).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &seed);
    let digest = hmac::sign(&key, &(seconds / STEP).to_be_bytes());
    let digest = digest.as_ref();
    let at = usize::from(digest[19] & 15);
    let word = digest[at..at + 4].iter().fold(0u32, |word, byte| (word << 8) | u32::from(*byte));
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

fn five(letter: u8) -> usize {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    alphabet.iter().position(|known| *known == letter).expect("base32")
}

/// The caller with a paired device `phone`, another of its own and one of `peer`.
async fn paired() -> Site {
    let mut site = Site::new().await;
    let now = site.now();
    run(&mut site, json!({"operation": "iam:CreateUser", "with": {"UserName": "peer"}})).await;
    for (user, device) in [("caller", "phone"), ("caller", "second"), ("peer", "theirs")] {
        let name = json!({"VirtualMFADeviceName": device});
        let keep = json!({device: "Base32StringSeed"});
        let made = json!({"operation": "iam:CreateVirtualMFADevice", "with": name, "keep": keep});
        run(&mut site, made).await;
        let seed = site.world.text(&format!("{{{{{device}}}}}"));
        let with = json!({"UserName": user, "SerialNumber": serial(device),
            "AuthenticationCode1": code(&seed, now - 2 * STEP),
            "AuthenticationCode2": code(&seed, now - STEP)});
        run(&mut site, json!({"operation": "iam:EnableMFADevice", "with": with})).await;
    }
    site
}

async fn run(site: &mut Site, step: serde_json::Value) {
    site.world.run(&[serde_json::from_value(step).expect("a step")]).await;
}

fn serial(device: &str) -> String {
    format!("arn:aws:iam::123456789012:mfa/{device}")
}

async fn session(site: &Site, device: &str, code: &str) -> String {
    let with = json!({"SerialNumber": serial(device), "TokenCode": code});
    let call = site.world.call("sts:GetSessionToken", with.as_object().expect("members"), "");
    let signer = Signer::Good(site.world.credentials("caller"));
    told(&site.world.house.ask(&call, &signer).await)
}

#[tokio::test]
async fn a_code_opens_nothing_but_in_its_time_and_once() {
    let site = paired().await;
    let (now, phone) = (site.now(), site.world.text("{{phone}}"));
    let right = code(&phone, now);
    let mut wrong = right.clone().into_bytes();
    wrong[5] = b'0' + (wrong[5] - b'0' + 1) % 10;
    let wrong = String::from_utf8(wrong).expect("digits");
    let refused = [
        ("wrong", wrong),
        ("of ten minutes ago", code(&phone, now - 600)),
        ("of ten minutes to come", code(&phone, now + 600)),
        ("used for the pairing, first", code(&phone, now - 2 * STEP)),
        ("used for the pairing, second", code(&phone, now - STEP)),
        ("of the second device", code(&site.world.text("{{second}}"), now)),
        ("of another user's device", code(&site.world.text("{{theirs}}"), now)),
    ];
    for (which, given) in refused {
        assert_eq!(session(&site, "phone", &given).await, "403 AccessDenied", "{which}");
    }
    assert_eq!(session(&site, "phone", &right).await, "200");
    assert_eq!(session(&site, "phone", &right).await, "403 AccessDenied", "used already");
    site.world.house.pass(STEP);
    assert_eq!(session(&site, "phone", &right).await, "403 AccessDenied", "used already");
    assert_eq!(session(&site, "phone", &code(&phone, now + STEP)).await, "200");
}

#[tokio::test]
async fn a_device_of_another_user_is_no_proof_of_this_one() {
    let site = paired().await;
    let theirs = code(&site.world.text("{{theirs}}"), site.now());
    for device in ["theirs", "none", "theirs/../phone"] {
        let told = session(&site, device, &theirs).await;
        assert!(told.starts_with("403 ") || told.starts_with("400 "), "{device}: {told}");
    }
    // It was no attempt at theirs either: it opens for its owner.
    let mut site = site;
    run(
        &mut site,
        json!({"operation": "iam:CreateAccessKey", "with": {"UserName": "peer"},
        "credentials": "peer"}),
    )
    .await;
    let with = json!({"SerialNumber": serial("theirs"), "TokenCode": theirs});
    run(&mut site, json!({"operation": "sts:GetSessionToken", "as": "peer", "with": with})).await;
}
