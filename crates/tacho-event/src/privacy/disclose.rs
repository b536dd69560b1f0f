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

use super::Lazy;
use crate::json::write_string;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use std::ops::Range;
use tacho_hash::{Digest, Key, MANY, Mac, sha256};

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

/// A value that becomes a disclosure: the number of its part, its name and its canonical text.
pub type Pair<'p> = (usize, &'p str, &'p [u8]);

/// The first half of HKDF, with its empty salt worked in: made once, used for every part.
#[derive(Clone)]
pub struct Salting {
    mac: Mac,
    /// The same key for many messages, made when there are many.
    key: Lazy<Key>,
}

impl Default for Salting {
    fn default() -> Self {
        Self { mac: Mac::new(&[0; 32]), key: Lazy::new() }
    }
}

impl fmt::Debug for Salting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salting")
    }
}

impl Salting {
    /// The digest of each pair's disclosure, where parts have these seeds and classes. All of them
    /// are hashed side by side: in three rounds for the salts, in one for the disclosures.
    pub fn digests(&self, parts: &[([u8; 16], Class)], pairs: &[Pair<'_>]) -> Vec<Digest> {
        if pairs.len() < MANY {
            return self.few_digests(parts, pairs);
        }
        let key = self.key.get_or_init(|| Key::new(&[0; 32]));
        let seeds = parts.iter().map(|(seed, _)| (key, seed.as_slice()));
        let keys = tacho_hash::keys(&tacho_hash::codes(seeds));
        let mut texts = Texts::default();
        let mut of_part = Vec::with_capacity(pairs.len());
        for &(part, name, _) in pairs {
            let (Some((_, class)), Some(key)) = (parts.get(part), keys.get(part)) else {
                unreachable!("a pair stands in one of the parts")
            };
            of_part.push(key);
            let info = info(*class, name);
            texts.push(|text| info.into_iter().for_each(|piece| text.extend_from_slice(piece)));
        }
        let salts = tacho_hash::codes(of_part.into_iter().zip(texts.iter()));
        texts.clear();
        let json_bytes = |&(_, name, value): &Pair<'_>| JSON_BYTES + name.len() + value.len();
        texts.bytes.reserve(pairs.iter().map(|pair| json_bytes(pair) * 4 / 3 + 1).sum());
        let mut json = Vec::new();
        for (&(_, name, value), salt) in pairs.iter().zip(&salts) {
            write_json(salt, name, value, &mut json);
            texts.push(|text| tacho_hash::base64url(&json, text));
        }
        tacho_hash::all(b"", texts.iter())
    }

    /// The same, one after the other: as quick for an event alone.
    fn few_digests(&self, parts: &[([u8; 16], Class)], pairs: &[Pair<'_>]) -> Vec<Digest> {
        let salter = |(seed, class): &([u8; 16], Class)| {
            let key = Mac::new(&self.mac.of([seed]));
            Salter { key, class: *class, json: Vec::new(), text: Vec::new() }
        };
        let mut salters: Vec<Salter> = parts.iter().map(salter).collect();
        let digest_of = |&(part, name, value): &Pair<'_>| {
            let Some(salter) = salters.get_mut(part) else {
                unreachable!("a pair stands in one of the parts")
            };
            digest(salter.disclosure(name, value))
        };
        pairs.iter().map(digest_of).collect()
    }
}

/// Texts one after the other.
#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
    ranges: Vec<Range<usize>>,
}

impl Texts {
    fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        self.ranges.push(start..self.bytes.len());
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.ranges.iter().map(|range| self.bytes.get(range.clone()).unwrap_or_default())
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ranges.clear();
    }
}

/// What a salt is derived for, in pieces.
fn info(class: Class, name: &str) -> [&[u8]; 4] {
    let class: &[u8] = match class {
        Class::Content => &[1],
        Class::Identity => &[2],
        Class::Evidence => &[3],
    };
    [b"tacho/v1/salt\0", class, name.as_bytes(), &[1]]
}

/// What a disclosure's JSON holds besides its name and its value.
const JSON_BYTES: usize = r#"["","",]"#.len() + 43;

/// `["salt","name",value]`, the JSON of a disclosure, in place of what was there.
fn write_json(salt: &Digest, name: &str, value: &[u8], json: &mut Vec<u8>) {
    json.clear();
    json.reserve(JSON_BYTES + name.len() + value.len());
    json.extend_from_slice(b"[\"");
    tacho_hash::base64url(salt, json);
    json.extend_from_slice(b"\",");
    write_string(name, json);
    json.push(b',');
    json.extend_from_slice(value);
    json.push(b']');
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
        let key = Mac::new(&Mac::new(&[0; 32]).of([seed]));
        Self { key, class, json: Vec::new(), text: Vec::new() }
    }

    /// The disclosure of `name` with the value whose canonical text is `value`, as ASCII.
    pub fn disclosure(&mut self, name: &str, value: &[u8]) -> &str {
        let salt = self.key.of(info(self.class, name));
        write_json(&salt, name, value, &mut self.json);
        self.text.clear();
        tacho_hash::base64url(&self.json, &mut self.text);
        // What base64 writes is ASCII.
        std::str::from_utf8(&self.text).unwrap_or_default()
    }
}

/// The digest of a disclosure, as it stands in a leaf.
pub fn digest(disclosure: &str) -> Digest {
    sha256([disclosure.as_bytes()])
}

/// base64url without padding: how digests and salts are written.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
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
            let pair = (0, name, value.as_bytes());
            let digests = Salting::default().digests(&[([seed; 16], class)], &[pair]);
            assert_eq!(digests.iter().map(|one| base64url(one)).collect::<Vec<_>>(), [digest_text]);
        }
    }

    #[test]
    fn letters_are_those_of_a_foreign_encoder() {
        let bytes: Vec<u8> = (0..700_u32).map(|i| ((i * i) >> 3) as u8).collect();
        for len in 0..bytes.len() {
            let mut letters = Vec::new();
            tacho_hash::base64url(&bytes[..len], &mut letters);
            assert_eq!(letters, base64url(&bytes[..len]).as_bytes(), "{len}");
        }
    }

    #[test]
    fn the_digests_of_many_parts_are_those_of_each_disclosure() {
        let parts: Vec<_> =
            (0..50_u8).map(|nth| ([nth; 16], Class::ALL[usize::from(nth) % 3])).collect();
        let text = "x".repeat(500);
        let names = ["input", "output", "who", "/action/tool"];
        let pairs: Vec<Pair<'_>> = (0..parts.len() * 3)
            .map(|nth| (nth / 3, names[nth % 4], &text.as_bytes()[..nth * 3]))
            .collect();
        let expected = pairs.iter().map(|&(part, name, value)| {
            let (seed, class) = &parts[part];
            digest(Salter::new(seed, *class).disclosure(name, value))
        });
        let expected: Vec<Digest> = expected.collect();
        for count in [0, 1, MANY - 1, MANY, pairs.len()] {
            let digests = Salting::default().digests(&parts, &pairs[..count]);
            assert_eq!(digests, expected[..count]);
        }
    }
}
