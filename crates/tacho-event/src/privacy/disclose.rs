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

use super::hash::{Mac, sha256};
use crate::json::write_string;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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

/// The first half of HKDF, with its empty salt worked in: made once, used for every part.
#[derive(Clone)]
pub struct Salting(Mac);

impl Default for Salting {
    fn default() -> Self {
        Self(Mac::new(&[0; 32]))
    }
}

impl fmt::Debug for Salting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salting")
    }
}

impl Salting {
    /// The salter of the part with this seed.
    pub fn salter(&self, seed: &[u8; 16], class: Class) -> Salter {
        let key = Mac::new(&self.0.of([seed]));
        Salter { key, class, json: Vec::new(), text: Vec::new() }
    }
}

/// Makes the salts and disclosures of one part.
pub struct Salter {
    key: Mac,
    class: Class,
    json: Vec<u8>,
    text: Vec<u8>,
}

impl Salter {
    /// The salter of the part with this seed.
    pub fn new(seed: &[u8; 16], class: Class) -> Self {
        Salting::default().salter(seed, class)
    }

    /// The disclosure of `name` with the value whose canonical text is `value`, as ASCII.
    pub fn disclosure(&mut self, name: &str, value: &[u8]) -> &str {
        // What base64 writes is ASCII.
        std::str::from_utf8(self.write(name, value)).unwrap_or_default()
    }

    /// The digest of that disclosure.
    pub(super) fn digest(&mut self, name: &str, value: &[u8]) -> [u8; 32] {
        sha256(self.write(name, value))
    }

    fn write(&mut self, name: &str, value: &[u8]) -> &[u8] {
        let info = [b"tacho/v1/salt\0", &[self.class.byte()][..], name.as_bytes(), &[1]];
        let salt = self.key.of(info);
        let json = &mut self.json;
        json.clear();
        json.reserve(value.len() + name.len() + 54);
        json.extend_from_slice(b"[\"");
        json.extend_from_slice(&base64url_32(&salt));
        json.extend_from_slice(b"\",");
        write_string(name, json);
        json.push(b',');
        json.extend_from_slice(value);
        json.push(b']');
        self.text.resize((json.len() * 4).div_ceil(3), 0);
        let written = URL_SAFE_NO_PAD.encode_slice(json, &mut self.text);
        assert!(written == Ok(self.text.len()), "three bytes are four characters");
        &self.text
    }
}

/// The digest of a disclosure, as it stands in a leaf.
pub fn digest(disclosure: &str) -> [u8; 32] {
    sha256(disclosure.as_bytes())
}

/// base64url without padding: how digests and salts are written.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The 43 characters of a digest or salt.
pub(super) fn base64url_32(bytes: &[u8; 32]) -> [u8; 43] {
    let mut text = [0; 43];
    let written = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text);
    assert!(written == Ok(text.len()), "32 bytes are 43 characters");
    text
}

/// The bytes of an unpadded base64url text in its one canonical spelling.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
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
            let mut salter = Salter::new(&[seed; 16], class);
            let made = salter.disclosure(name, value.as_bytes());
            assert_eq!(made, disclosure);
            assert_eq!(base64url(&digest(made)), digest_text);
        }
    }
}
