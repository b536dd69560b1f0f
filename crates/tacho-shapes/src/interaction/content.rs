//! The full content of one interaction, and whether it is what was recorded.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use tacho_event::json::Object;

/// The lower-case hexadecimal SHA-256 of a text.
pub fn sha256_hex(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What was asked and answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullContent {
    /// The interaction.
    pub interaction_id: String,
    /// What was asked; none where it was not kept, is sealed or erased.
    pub prompt: Option<String>,
    /// What was answered.
    pub response: Option<String>,
    /// Whether what is kept has the recorded digests; none where there are no digests, or where
    /// redaction replaced a secret, so that the text is another.
    pub matches_hashes: Option<bool>,
    /// Whether it is there and sealed, and the keys to open it are not at hand.
    pub is_sealed: bool,
}

impl FullContent {
    /// The content of an event.
    pub(super) fn of(id: &str, event: &Object, is_sealed: bool) -> Self {
        let member = |name: &str| {
            let at = format!("/action/model/{name}");
            event.at(&at).and_then(|value| value.as_str()).map(str::to_owned)
        };
        let (prompt, response) = (member("prompt"), member("response"));
        let same = |text: &Option<String>, digest: &Option<String>| {
            let (text, digest) = (text.as_deref()?, digest.as_deref()?);
            Some(sha256_hex(text) == digest)
        };
        let sames =
            [same(&prompt, &member("prompt_hash")), same(&response, &member("response_hash"))];
        let was_redacted = event.at("/redacted").is_some();
        let known: Vec<bool> = sames.into_iter().flatten().collect();
        let is_known = !known.is_empty() && !was_redacted;
        let matches_hashes = is_known.then(|| known.into_iter().all(|same| same));
        Self { interaction_id: id.to_owned(), prompt, response, matches_hashes, is_sealed }
    }
}
