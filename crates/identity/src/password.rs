//! Passwords: hashed, and the hash sealed under the server's master key.
//!
//! Deliberately absent: signing in with one.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords.html>

use std::num::NonZeroU32;

use gateway::Error;
use ring::pbkdf2;
use store::{ByteVec, Keyring};

/// A thief needs the master key before the first guess; this slows down each one after it.
const ROUNDS: NonZeroU32 = match NonZeroU32::new(60_000) {
    Some(rounds) => rounds,
    None => NonZeroU32::MIN,
};
const SALT_SIZE: usize = 16;
const HASH_SIZE: usize = 32;

static ALGORITHM: pbkdf2::Algorithm = pbkdf2::PBKDF2_HMAC_SHA256;

/// The salted hash of the password of `user`, sealed for that user.
///
/// # Errors
/// Only what the keyring says.
pub fn seal(keyring: &Keyring, user: &str, password: &str) -> Result<ByteVec, Error> {
    let salt = store::random::<SALT_SIZE>()?;
    let mut hash = [0; HASH_SIZE];
    pbkdf2::derive(ALGORITHM, ROUNDS, &salt, password.as_bytes(), &mut hash);
    let plain = [salt.as_slice(), hash.as_slice()].concat();
    Ok(keyring.seal(&binding(user), &plain)?.into())
}

/// Whether it is the password that was sealed.
///
/// # Errors
/// Where it was not sealed under this server's keys.
pub fn is(keyring: &Keyring, user: &str, sealed: &[u8], password: &str) -> Result<bool, Error> {
    let plain = keyring.open(&binding(user), sealed)?;
    let Some((salt, hash)) = plain.expose().split_at_checked(SALT_SIZE) else { return Ok(false) };
    Ok(pbkdf2::verify(ALGORITHM, ROUNDS, salt, password.as_bytes(), hash).is_ok())
}

fn binding(user: &str) -> Vec<u8> {
    format!("password {user}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_for_its_own_user_only() {
        let keyring = Keyring::from_bytes([7; 32]);
        let sealed = seal(&keyring, "AIDA1", "correct horse").expect("sealed");
        assert!(is(&keyring, "AIDA1", &sealed, "correct horse").expect("opened"));
        assert!(!is(&keyring, "AIDA1", &sealed, "Correct horse").expect("opened"));
        assert!(is(&keyring, "AIDA2", &sealed, "correct horse").is_err());
    }
}
