//! Given a request, the keys of the logs a witness knows and the head it cosigned last, gives the
//! answer: the witness's half of C2SP `tlog-witness`.
//!
//! A witness that answers before it wrote down what it cosigns can be rolled back by a power cut.
//! So the steps have an order that the types hold: [`consider`] gives a [`Promise`], and only
//! [`Promise::keep`], which writes it down first, gives a cosignature. Whoever runs a witness holds
//! one lock over both, so that two requests at once cannot pass each other.

use super::{Refusal, Submission};
use crate::check::Head;
use crate::checkpoint::Checkpoint;
use crate::key::{VerifierKey, WitnessKey};
use crate::note::Note;

/// What goes back to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Reply {
    /// The media type that the specification asks for, where it does.
    pub fn content_type(&self) -> &'static str {
        match self.status {
            409 => "text/x.tlog.size",
            _ => "text/plain; charset=utf-8",
        }
    }
}

/// A checkpoint that may be cosigned once it is written down.
#[derive(Clone, Debug)]
pub struct Promise {
    checkpoint: Checkpoint,
    note: Note,
}

/// Whether a request may be cosigned. `last` is asked for the head that was cosigned last of the
/// log which the checkpoint names, after that log's signature was found to hold.
///
/// # Errors
/// The reply that says why not.
pub fn consider(
    request: &[u8],
    log_keys: &[VerifierKey],
    last: impl FnOnce(&Checkpoint) -> Option<Head>,
) -> Result<Promise, Reply> {
    let submission = Submission::parse(request).map_err(|error| refuse(400, error.to_string()))?;
    match submission.judge(log_keys, last) {
        Ok(checkpoint) => Ok(Promise { checkpoint, note: submission.note }),
        Err(refusal) => Err(Reply::from(&refusal)),
    }
}

impl Promise {
    /// What would be cosigned.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note as the log signed it: evidence, should another one of this size turn up.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// Cosigns at `time`, seconds since 1970, after `write` has made the promise durable.
    ///
    /// # Errors
    /// What `write` said; then nothing is cosigned.
    pub fn keep<E>(
        self,
        write: impl FnOnce(&Promise) -> Result<(), E>,
        key: &WitnessKey,
        time: u64,
    ) -> Result<Reply, E> {
        write(&self)?;
        let cosignature = key.cosign(&self.checkpoint, time);
        Ok(Reply { status: 200, body: format!("{cosignature}\n") })
    }
}

impl From<&Refusal> for Reply {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::OtherSize { last } | Refusal::Fork { last } => {
                Reply { status: 409, body: format!("{last}\n") }
            }
            Refusal::Malformed(_) | Refusal::Backwards => refuse(400, refusal.to_string()),
            Refusal::NotSigned(_) => refuse(403, refusal.to_string()),
            Refusal::UnknownLog => refuse(404, refusal.to_string()),
            Refusal::Inconsistent => refuse(422, refusal.to_string()),
        }
    }
}

fn refuse(status: u16, why: String) -> Reply {
    Reply { status, body: format!("{why}\n") }
}
