//! Given a checkpoint and a time, gives a witness's cosignature: C2SP `tlog-cosignature`, version
//! 1.
//!
//! It says: at this time, this was the largest consistent tree of that log I had seen.
//! ```text
//! message    cosignature/v1\n
//!            time 1679315147\n                       seconds since 1970, no leading zero
//!            tacho.example.com/acme\n                the whole text of the checkpoint
//!            3\n
//!            FsVtGyE8JzD9ZBbOqICuI+5p/uJFBqUMb6qmN2a1ooU=\n
//! signature  u64 time, big-endian | Ed25519 over the message, 64          72 bytes
//! line       \u{2014} witness.example.com/w1 base64(key id 4 || signature 72)
//! ```

use crate::checkpoint::Checkpoint;
use crate::key::{VerifierKey, WitnessKey};
use crate::note::Signature;

/// Times go up to 2^63 - 1.
const TIME_MAX: u64 = i64::MAX as u64;

impl WitnessKey {
    /// Cosigns a checkpoint seen at `time` (seconds since 1970). Whoever calls this has checked the
    /// log's signature and the consistency with the checkpoint cosigned before.
    ///
    /// # Panics
    /// If the time is beyond 2^63 - 1.
    pub fn cosign(&self, checkpoint: &Checkpoint, time: u64) -> Signature {
        assert!(time <= TIME_MAX, "a cosignature's time is below 2^63");
        let signature = self.sign_message(&message(&checkpoint.to_string(), time));
        let bytes = [time.to_be_bytes().as_slice(), &signature].concat();
        Signature { name: self.verifier().name().clone(), id: self.verifier().id(), bytes }
    }
}

/// The time a cosignature names, if it holds for this note text and the text is a checkpoint.
pub(crate) fn verify(key: &VerifierKey, text: &str, signature: &[u8]) -> Option<u64> {
    // A cosignature says something about a checkpoint, and nothing about any other text.
    Checkpoint::parse(text).ok()?;
    let (time, signature) = signature.split_first_chunk()?;
    let time = u64::from_be_bytes(*time);
    let signature = signature.try_into().ok()?;
    (time <= TIME_MAX && key.verify_message(&message(text, time), signature)).then_some(time)
}

fn message(text: &str, time: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}
