//! What holds for the events of one call.

use super::receipt::Ack;

/// How safe the events of one call are to be, and who submits them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'c> {
    /// What they have survived when the call returns.
    pub ack: Ack,
    /// By whose credential they come: two clients that choose the same id do not meet.
    pub credential: &'c str,
}

impl From<Ack> for Call<'_> {
    fn from(ack: Ack) -> Self {
        Self { ack, credential: "" }
    }
}
