//! What a recorder says about itself: that it lives, and when it will say so again.
//!
//! A heartbeat bounds the time of what stands around it, and a missing one is a finding: after a
//! beat that names when the next is due, silence is no longer innocent.

use tacho_event::{Draft, Span, Timestamp};

/// Time between two heartbeats of a long-lived recorder.
pub const BEAT_EVERY: Span = Span::from_secs(3600);

/// Where in the life of a recorder a beat stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// It opened the store.
    Open,
    /// It still lives.
    Running,
    /// It closes; no further beat is due.
    Close,
}

impl Beat {
    const fn as_str(self) -> &'static str {
        match self {
            Beat::Open => "open",
            Beat::Running => "running",
            Beat::Close => "close",
        }
    }
}

/// The counts that a beat reports, since the recorder opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events recorded.
    pub recorded: u64,
    /// Events that a capture rule dropped.
    pub dropped: u64,
    /// Events lost.
    pub lost: u64,
}

/// The heartbeat of a recorder with this name at `now`.
pub(crate) fn beat(recorder: &str, kind: Beat, counts: Counts, now: Timestamp) -> Draft {
    let next = (kind != Beat::Close).then(|| now.plus(BEAT_EVERY).to_string());
    Draft::system("tacho.heartbeat")
        .with("action.system.recorder", recorder)
        .with("action.system.beat", kind.as_str())
        .with("action.system.clock", now.to_string())
        .with_some("action.system.next_due", next)
        .with("action.system.recorded", counts.recorded)
        .with("action.system.dropped", counts.dropped)
        .with("action.system.lost", counts.lost)
}

/// The event that says that the clock went back.
pub(crate) fn clock_step(from: Timestamp, to: Timestamp) -> Draft {
    Draft::system("tacho.clock")
        .with("severity", tacho_event::Severity::Warning)
        .with("action.system.stepped_from", from.to_string())
        .with("action.system.stepped_to", to.to_string())
}
