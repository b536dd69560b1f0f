//! A `tower` layer: every request becomes an event, recorded before its response is given away.
//!
//! ```text
//! request -> classify -> [intent] -> service -> response -> record, wait for the ack -> caller
//! POST /api/v1/crm/contacts  201   ->  action_logs: crm_create at crm, success, 12 ms
//! ```
//!
//! The caller of the service sees a response only when its event is as safe as the recorder's
//! settings say: what was answered is in the log. JSON bodies of known length, up to
//! [`BODY_BYTES_MAX`], are kept as payloads; of all others the length is. A stop that forbids the
//! action is answered with 503 before the service runs, if intents are recorded.

mod body;
mod classify;
mod service;

use std::sync::Arc;

use http::request::Parts;
use tower_layer::Layer;

use crate::book::Book;

pub use body::{BODY_BYTES_MAX, MaybeRead};
pub use classify::{Action, by_path};
pub use service::ActionLogService;

/// What to do with a response whose event could not be recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unrecorded {
    /// Answer 503 instead: nothing is acknowledged that is not in the log.
    #[default]
    Refuse,
    /// Give the response; the recorder names the loss by a gap, as its failure policy says.
    Pass,
}

/// How a request is read: as which action, or as none that is to be recorded.
pub type Classify = dyn Fn(&Parts) -> Option<Action> + Send + Sync;

/// Records every request that its service answers.
#[derive(Clone)]
pub struct ActionLogLayer {
    book: Book,
    settings: Settings,
}

/// What layer and service share.
#[derive(Clone)]
struct Settings {
    classify: Arc<Classify>,
    intents: bool,
    payloads: bool,
    unrecorded: Unrecorded,
}

impl std::fmt::Debug for ActionLogLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActionLogLayer").field("book", &self.book).finish_non_exhaustive()
    }
}

impl ActionLogLayer {
    /// Records in `book`, actions read by [`by_path`].
    pub fn new(book: &Book) -> Self {
        let settings = Settings {
            classify: Arc::new(by_path),
            intents: false,
            payloads: true,
            unrecorded: Unrecorded::Refuse,
        };
        Self { book: book.clone(), settings }
    }

    /// Reads requests by a rule of the caller's.
    #[must_use]
    pub fn classify(
        mut self,
        rule: impl Fn(&Parts) -> Option<Action> + Send + Sync + 'static,
    ) -> Self {
        self.settings.classify = Arc::new(rule);
        self
    }

    /// Records an intent before the service runs, too: a request that never came back is then a
    /// pending call, and an emergency stop refuses it.
    #[must_use]
    pub fn intents(mut self, records: bool) -> Self {
        self.settings.intents = records;
        self
    }

    /// Whether JSON bodies are kept.
    #[must_use]
    pub fn payloads(mut self, keeps: bool) -> Self {
        self.settings.payloads = keeps;
        self
    }

    /// What happens to a response whose event could not be recorded.
    #[must_use]
    pub fn unrecorded(mut self, what: Unrecorded) -> Self {
        self.settings.unrecorded = what;
        self
    }
}

impl<S> Layer<S> for ActionLogLayer {
    type Service = ActionLogService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ActionLogService::new(inner, self.book.clone(), self.settings.clone())
    }
}
