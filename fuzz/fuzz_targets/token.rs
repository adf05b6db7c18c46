//! Session tokens: text that is none opens to nothing; what a leaked server key could seal, however
//! broken inside, never panics; a token that was sealed opens as it was, and altered not at all.

#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateway::{AccountId, Caller, open_session_token};
use libfuzzer_sys::fuzz_target;
use store::Keyring;

const REALM: [u8; 16] = [3; 16];
const KEY_ID: &str = "ASIAEXAMPLE000000001";
const PREFIX: &[u8] = b"\x21\x0a\x09origin_ec";

static KEYRING: LazyLock<Keyring> = LazyLock::new(|| Keyring::from_bytes([7; 32]));

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(open(text).is_none(), "a token that nobody sealed");
    }
    let plain = [PREFIX, bytes].concat();
    assert!(open(&STANDARD.encode(&plain)).is_none(), "a token that nobody sealed");
    // What stands inside: the first byte says how it is packed.
    let token = sealed(bytes);
    let opened = open(&token);
    let Some(caller) = opened else { return };
    // It was a caller: sealed anew it is the same one, and any other key, realm or bit is nothing.
    let again = minicbor::to_vec(Inside { caller: &caller, salt: [9; 32] }).unwrap();
    let token = sealed(&[&[0], again.as_slice()].concat());
    assert_eq!(open(&token).as_ref(), Some(&caller));
    assert!(open_session_token(&KEYRING, &[4; 16], KEY_ID, &token).is_none());
    assert!(open_session_token(&KEYRING, &REALM, "ASIAEXAMPLE000000002", &token).is_none());
    let mut raw = STANDARD.decode(&token).unwrap();
    let at = bytes
        .iter()
        .fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let (place, bit) = (at / 8 % raw.len(), at % 8);
    raw[place] ^= 1 << bit;
    assert!(open(&STANDARD.encode(raw)).is_none(), "an altered token");
});

#[derive(minicbor::Encode)]
struct Inside<'a> {
    #[n(0)]
    caller: &'a Caller,
    #[cbor(n(1), with = "minicbor::bytes")]
    salt: [u8; 32],
}

fn open(token: &str) -> Option<Caller> {
    let (caller, secret) = open_session_token(&KEYRING, &REALM, KEY_ID, token)?;
    assert_eq!(secret.expose().len(), 40);
    let _ =
        (caller.user_id(), caller.is_root_task(), AccountId::parse(&caller.account.to_string()));
    Some(caller)
}

fn sealed(inside: &[u8]) -> String {
    let binding = [b"session".as_slice(), &REALM, KEY_ID.as_bytes()].concat();
    let cipher = KEYRING.seal(&binding, inside).unwrap();
    STANDARD.encode([PREFIX, &cipher].concat())
}
