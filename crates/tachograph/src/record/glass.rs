//! Break-glass: for a while, somebody takes it upon himself that actions go on unrecorded.

use super::failure::OnFailure;
use super::recorder::Recorder;
use tacho_event::{ActionType, Draft, Severity, Span, Timestamp};

impl Recorder {
    /// Lets actions of class `closed` go on for `lasts` although they cannot be recorded: each is
    /// recorded or spooled if possible, else counted as lost. That this was done, and why, is
    /// recorded: at once, or with the first event that can be. False says that it is not yet.
    pub fn break_glass(&self, reason: &str, lasts: Span) -> bool {
        let until = self.world.now().plus(lasts);
        self.state().glass = Some(until);
        self.owe(told("closed", "open", reason, Some(until)));
        self.pay()
    }

    /// Ends before its time what [`Recorder::break_glass`] began; false if it is not recorded yet.
    pub fn mend_glass(&self, reason: &str) -> bool {
        if self.state().glass.take().is_some() {
            self.owe(told("open", "closed", reason, None));
        }
        self.pay()
    }

    /// What a failing store means now for an action of this class, and whether the glass is broken.
    pub(super) fn on_failure(&self, class: OnFailure) -> (OnFailure, bool) {
        if class != OnFailure::Closed {
            return (class, false);
        }
        let now = self.world.now();
        let broken = self.state().glass.is_some_and(|until| now < until);
        (if broken { OnFailure::Open } else { class }, broken)
    }
}

fn told(before: &str, after: &str, reason: &str, until: Option<Timestamp>) -> Draft {
    Draft::own(ActionType::Admin, "tacho.break_glass")
        .with("severity", Severity::Critical)
        .with("action.admin.setting", "on_failure")
        .with("action.admin.before", before)
        .with("action.admin.after", after)
        .with("action.admin.reason", reason)
        .with_some("action.admin.until", until.map(|until| until.to_string()))
}
