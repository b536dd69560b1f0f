//! What is stored of an event: a leaf that stays, and parts that can be erased.

use super::disclose::Class;
use crate::ids::{EventId, TenantId};
use crate::json::{self, Value};
use crate::time::Timestamp;
use crate::words::ActionType;

/// A protected event. Only [`Policy::apply`](super::Policy::apply) makes one, so nothing that was
/// not minimised, redacted and classified can reach a disk.
#[derive(Clone, Debug)]
pub struct Entry {
    pub(super) id: EventId,
    pub(super) tenant: Option<TenantId>,
    pub(super) timestamp: Timestamp,
    pub(super) action: ActionType,
    pub(super) system: bool,
    pub(super) subject: Option<String>,
    pub(super) leaf: Vec<u8>,
    pub(super) parts: Vec<Part>,
}

/// The erasable values of one class: `seed 16 || JCS of [[name, value], ..]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub(super) class: Class,
    pub(super) plaintext: Vec<u8>,
    pub(super) digests: Vec<[u8; 32]>,
}

impl Entry {
    /// The event's id; the one the leaf shows.
    pub fn id(&self) -> &EventId {
        &self.id
    }

    /// The tenant the event named, if it named one.
    pub fn tenant(&self) -> Option<&TenantId> {
        self.tenant.as_ref()
    }

    /// When it happened.
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// The kind of action.
    pub fn action_type(&self) -> ActionType {
        self.action
    }

    /// True for what the recorder says about itself.
    pub fn is_system(&self) -> bool {
        self.system
    }

    /// The person it is about, if it is about one. Never stored in clear.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The canonical JSON that is hashed and kept.
    pub fn leaf(&self) -> &[u8] {
        &self.leaf
    }

    /// The parts, content before identity.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The same event without anything that can be erased: a leaf that commits to nothing. For who
    /// has room for no more.
    #[must_use]
    pub fn bare(&self) -> Self {
        let mut leaf = self.leaf.clone();
        if let Ok(Value::Object(mut object)) = json::read(&self.leaf) {
            for class in Class::ALL {
                object.remove(class.as_str());
            }
            leaf.clear();
            json::write_object(&object, &mut leaf);
        }
        Self { leaf, parts: Vec::new(), subject: None, ..self.clone() }
    }
}

impl Part {
    /// Its class.
    pub fn class(&self) -> Class {
        self.class
    }

    /// `seed 16 || JCS of [[name, value], ..]`, to be sealed or stored as it is.
    pub fn plaintext(&self) -> &[u8] {
        &self.plaintext
    }

    /// The digests of its pairs, in the order of the pairs.
    pub fn digests(&self) -> &[[u8; 32]] {
        &self.digests
    }
}
