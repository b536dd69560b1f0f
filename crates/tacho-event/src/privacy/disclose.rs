//! Salted disclosures, RFC 9901: what a leaf commits to without showing it.
//!
//! ```text
//! salt        HKDF-SHA256(ikm = the part's 16-byte seed, salt empty,
//!                         info = "tacho/v1/salt\0" || class u8 || name, 32 bytes)
//! disclosure  base64url(JCS of [base64url(salt), name, value])
//! digest      SHA-256(ASCII of the disclosure), in the leaf as base64url
//! ```
//!
//! The seed stands only inside the part: without it a digest cannot be tested against a guess.

use crate::json::write_string;
use base64ct::{Base64UrlUnpadded, Encoding};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use std::fmt;

/// Who may see a part, and how long it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Parameters, results, prompts, free text.
    Content = 1,
    /// User ids, addresses, identifiers of people.
    Identity = 2,
    /// What a policy keeps as long as the leaf.
    Evidence = 3,
}

impl Class {
    /// Every class, in the order of its byte.
    pub const ALL: [Class; 3] = [Class::Content, Class::Identity, Class::Evidence];

    /// The byte in salts, parts and grants.
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// The class of a byte.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.byte() == byte)
    }

    /// The member of a leaf that holds this class's digests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Class::Content => "content",
            Class::Identity => "identity",
            Class::Evidence => "evidence",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Makes the salts and digests of one part.
pub struct Salter {
    key: Hkdf<Sha256>,
    class: Class,
}

impl Salter {
    /// The salter of the part with this seed.
    pub fn new(seed: &[u8; 16], class: Class) -> Self {
        Self { key: Hkdf::new(None, seed), class }
    }

    /// The disclosure of `name` with the value whose canonical text is `value`, as ASCII.
    pub fn disclosure(&self, name: &str, value: &[u8]) -> String {
        let mut salt = [0; 32];
        let info: [&[u8]; 3] = [b"tacho/v1/salt\0", &[self.class.byte()], name.as_bytes()];
        // 32 bytes are far below the 8160 that HKDF-SHA256 can give.
        let expanded = self.key.expand_multi_info(&info, &mut salt);
        assert!(expanded.is_ok(), "hkdf gives 32 bytes");
        let mut salt_text = [0; 43];
        let salt_text = Base64UrlUnpadded::encode(&salt, &mut salt_text).unwrap_or_default();
        let mut json = Vec::with_capacity(value.len() + name.len() + 52);
        json.push(b'[');
        write_string(salt_text, &mut json);
        json.push(b',');
        write_string(name, &mut json);
        json.push(b',');
        json.extend_from_slice(value);
        json.push(b']');
        Base64UrlUnpadded::encode_string(&json)
    }
}

/// The digest of a disclosure, as it stands in a leaf.
pub fn digest(disclosure: &str) -> [u8; 32] {
    Sha256::digest(disclosure.as_bytes()).into()
}

/// base64url without padding: how digests and salts are written.
pub fn base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// The bytes of an unpadded base64url text in its one canonical spelling.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of `docs/format`: seeds 16 x 0x03 (content) and 16 x 0x04 (identity).
    #[test]
    fn disclosures_and_digests_are_the_published_vectors() {
        for (seed, class, name, value, disclosure, digest_text) in [
            (
                3,
                Class::Content,
                "input",
                r#"{"action":{"tool":{"parameters":{"command":"git log --oneline -10"}}}}"#,
                "WyJrY3Z3bDItdWNTY2xsUC1UcTBVN2JJem5WbnFCZnhpRXQ0NnB3dWpndlpZIiwiaW5wdXQiLHsi\
                 YWN0aW9uIjp7InRvb2wiOnsicGFyYW1ldGVycyI6eyJjb21tYW5kIjoiZ2l0IGxvZyAtLW9uZWxp\
                 bmUgLTEwIn19fX1d",
                "OQl6w5pP1DRHeZsumTVSS9xoKky1_ztGZnRuYzwvXtI",
            ),
            (
                3,
                Class::Content,
                "output",
                r#"{"outcome":{"result":{"exit_code":0}}}"#,
                "WyJlTTZnNFpJT3ZyRW9Kc1N1eFEtVGRoMGluUDJPWHZmR3V5bksxY2prZnY0Iiwib3V0cHV0Iix7\
                 Im91dGNvbWUiOnsicmVzdWx0Ijp7ImV4aXRfY29kZSI6MH19fV0",
                "yHfpVyBsGoBkqTg5H64sawRJp5_Sv52B-Ox2a-G07xc",
            ),
            (
                4,
                Class::Identity,
                "who",
                r#"{"actor":{"id":"alice@example.com"}}"#,
                "WyJWWk92RjhJa25hZWRQV1MxckM1NjV5MWtfcFpoTHE4NjF0SXNlWi1ZQmVVIiwid2hvIix7ImFj\
                 dG9yIjp7ImlkIjoiYWxpY2VAZXhhbXBsZS5jb20ifX1d",
                "Jasp7dlNvEVztxXAlwNehterOfYZU_9QMfYxbzrZKM8",
            ),
        ] {
            let made = Salter::new(&[seed; 16], class).disclosure(name, value.as_bytes());
            assert_eq!(made, disclosure);
            assert_eq!(base64url(&digest(&made)), digest_text);
        }
    }
}
