//! Given what somebody says happened, gives an event, or every problem with it at once.
//!
//! ```
//! use tacho_event::{Draft, json::Value};
//! let draft = Draft::new(tacho_event::ActionType::Tool, "Bash")
//!     .with("agent.id", "ops/release-manager")
//!     .with("action.tool.parameters.command", "git log --oneline -10");
//! assert_eq!(draft.at("/action/name"), Some(&Value::from("Bash")));
//! ```

mod check;
mod details;
mod kinds;
mod malformed;
mod members;

pub use details::Decider;

use crate::json::{Object, Value};
use crate::words::ActionType;

/// What somebody says happened, not yet checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    doc: Object,
    own: bool,
}

impl Draft {
    /// A draft of the action `name` of type `action`.
    pub fn new(action: ActionType, name: &str) -> Self {
        Self::default().with("action.type", action).with("action.name", name)
    }

    /// A draft with these members, in the shape of an event.
    pub fn from_object(doc: Object) -> Self {
        Self { doc, own: false }
    }

    /// What the recorder says about itself; `name` starts with `tacho.`. Only the trunk has a use
    /// for this: no source can write such an event, and no stored one is ever obeyed.
    pub fn system(name: &str) -> Self {
        Self { own: true, ..Self::new(ActionType::System, name) }
    }

    /// The recorder's own word on something that is no `system` event, such as a gap. The same
    /// rules hold as for [`Draft::system`].
    pub fn own(action: ActionType, name: &str) -> Self {
        Self { own: true, ..Self::new(action, name) }
    }

    /// Sets the member at a dotted path such as `agent.session_id`. Member names with dots in
    /// them are set by [`Draft::object_mut`].
    #[must_use]
    pub fn with(mut self, path: &str, value: impl Into<Value>) -> Self {
        self.set(path, value);
        self
    }

    /// Sets the member at a dotted path, if there is a value.
    #[must_use]
    pub fn with_some(self, path: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(path, value),
            None => self,
        }
    }

    /// Sets the member at a dotted path; what stood in the way and is no object is replaced.
    pub fn set(&mut self, path: &str, value: impl Into<Value>) {
        let (mut place, mut rest) = (&mut self.doc, path);
        while let Some((name, below)) = rest.split_once('.') {
            if place.get(name).is_some_and(|there| there.as_object().is_none()) {
                place.insert(name, Object::new());
            }
            let Some(next) = place.entry_object(name) else { return };
            (place, rest) = (next, below);
        }
        place.insert(rest, value);
    }

    /// The value at an RFC 6901 pointer.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        self.doc.at(pointer)
    }

    /// The members, in the shape of an event.
    pub fn object(&self) -> &Object {
        &self.doc
    }

    /// The members, for change.
    pub fn object_mut(&mut self) -> &mut Object {
        &mut self.doc
    }

    /// The members, taken out.
    pub fn into_object(self) -> Object {
        self.doc
    }
}
