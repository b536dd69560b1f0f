//! Data minimisation: what the policy does not want is taken out before anything else happens.
//!
//! Two steps. Capture rules take whole members out. Then, at level [`Level::Redacted`], seed-style
//! content logging takes the weight out of what is left: what files hold, what queries return, the
//! tail of what commands print. What was cut is listed in `detail`, with its true length:
//!
//! ```text
//! "cut":{"/action/tool/parameters/content":5120,"/outcome/result/rows":80}
//! ```
//!
//! The length of a text is in characters, of a list in elements, of anything else in bytes of its
//! canonical text.

use super::capture::{Level, Members};
use super::content::{Content, Cutter};
use super::policy::Policy;
use crate::event::Event;
use crate::json::{Object, Value};

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

/// What was taken out of an event.
#[derive(Debug)]
pub(super) struct Minimised {
    /// False if the event's own level is below [`Level::Redacted`].
    pub(super) keeps_content: bool,
    /// Pointer and true length of everything that was cut.
    pub(super) cuts: Object,
}

impl Policy {
    /// Takes out what is not wanted; an error is the rule that drops the event, or none if the
    /// policy's level does.
    pub(super) fn minimise(&self, event: &mut Event) -> Result<Minimised, Option<usize>> {
        let mut cuts = Object::new();
        if event.is_system() {
            return Ok(Minimised { keeps_content: true, cuts });
        }
        let members = self.capture.members(event);
        if members.level == Level::None {
            return Err(members.rule);
        }
        if !members.keep_all() {
            members.prune(&mut event.doc, &mut |path, value, level| {
                // Below level `redacted` nothing is said of content, and `none` is silent always.
                if members.level >= Level::Redacted && level == Level::Metadata {
                    let path = path.iter().map(|name| escape_pointer(name));
                    let pointer: String = path.flat_map(|name| ["/".to_owned(), name]).collect();
                    cuts.insert(pointer, length(value));
                }
            });
        }
        if members.minimise()
            && let Some(content) = Content::of(event, &self.content)
        {
            Cutter::new(&self.content, content, &members, &mut cuts).cut(&mut event.doc);
        }
        self.drop_raw(event, &members, &mut cuts);
        Ok(Minimised { keeps_content: members.level >= Level::Redacted, cuts })
    }

    /// What a malformed event held cannot be minimised, so it is kept at level `full` alone.
    fn drop_raw(&self, event: &mut Event, members: &Members<'_>, cuts: &mut Object) {
        if members.at(&["metadata", "malformed"]).0 == Level::Full {
            return;
        }
        let raw = event.doc.at_mut("/metadata/malformed").and_then(Value::as_object_mut);
        let Some(raw) = raw else { return };
        for name in ["text", "base64"] {
            if let Some(value) = raw.remove(name) {
                cuts.insert(format!("/metadata/malformed/{name}"), length(&value));
            }
        }
    }
}

/// How much of `value` there is: characters, elements, or bytes of its canonical text.
pub(super) fn length(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.chars().count(),
        Value::List(list) => list.len(),
        value => value.to_json().len(),
    }
}

/// A name as a step of an RFC 6901 pointer.
fn escape_pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
