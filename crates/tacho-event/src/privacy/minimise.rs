//! Data minimisation: what the policy does not want is taken out before anything else happens.

use super::capture::Level;
use super::policy::Policy;
use crate::event::Event;
use crate::json::Object;

/// Seed 002's `content_logging`, applied at level [`Level::Redacted`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentLogging {
    /// Keeps what files hold; else their paths alone.
    pub file_contents: bool,
    /// Keeps what queries return; else how many rows.
    pub query_results: bool,
    /// Keeps this many characters of a command's output; all without a number.
    pub output_chars: Option<usize>,
}

impl Default for ContentLogging {
    /// Seed 002's own settings.
    fn default() -> Self {
        Self { file_contents: false, query_results: false, output_chars: Some(500) }
    }
}

/// What was left of an event.
#[derive(Debug)]
pub(super) struct Minimised {
    pub(super) keeps_content: bool,
    pub(super) keeps_identity: bool,
    /// Pointer and true length of everything that was cut.
    cuts: Object,
}

impl Minimised {
    /// Says in `detail` what was cut.
    pub(super) fn finish(self, detail: &mut Object) -> (bool, bool) {
        if !self.cuts.is_empty() {
            detail.insert("cut", self.cuts);
        }
        (self.keeps_content, self.keeps_identity)
    }
}

impl Policy {
    /// Takes out what is not wanted; an error is the rule that drops the event.
    pub(super) fn minimise(&self, event: &mut Event) -> Result<Minimised, usize> {
        let (level, rule) =
            if event.is_system() { (Level::Full, None) } else { self.capture.level(event) };
        if level == Level::None {
            return Err(rule.unwrap_or(usize::MAX));
        }
        Ok(Minimised {
            keeps_content: level >= Level::Redacted,
            keeps_identity: self.keeps_identity,
            cuts: Object::new(),
        })
    }
}
