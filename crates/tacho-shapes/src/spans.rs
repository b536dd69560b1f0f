//! A `tracing` layer: spans and events of a Rust agent become events of the log.
//!
//! ```text
//! info_span!("work", session_id = "abc123", agent_id = "ops/release-manager")
//!   info_span!("call", tool = "Bash", command = "git log")    -> tool  Bash, with its duration
//!   info!(question = "roll back?", "decided")                 -> message, in the span's session
//!   error!(error_type = "timeout", "no answer")               -> error
//! ```
//!
//! Agent, session, conversation and user come from the fields of the span or of those around it.
//! What a span is says one field: `tool`, `skill`, `model`, `mcp_tool`, `external`, `provider`,
//! `memory`; a span without such a field is recorded only if it is named in [`TraceLayer::tasks`].
//! Fields that have a home in an event go there, all others are its parameters. Names with dots
//! are read like names with underscores: `session.id` is `session_id`.
//!
//! The layer never waits for a disk: it hands drafts to the book's queue. Which spans and events
//! it sees is decided by the filter that the program puts before it.

mod draft;
mod fields;

use tacho_event::{Span as Length, Timestamp};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::book::Book;
use fields::Fields;

/// Records what a program traces.
#[derive(Clone, Debug)]
pub struct TraceLayer {
    book: Book,
    tasks: Vec<String>,
}

impl TraceLayer {
    /// Records in `book`.
    pub fn new(book: &Book) -> Self {
        Self { book: book.clone(), tasks: Vec::new() }
    }

    /// Records spans of these names as tasks, though no field says what they are.
    #[must_use]
    pub fn tasks<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        self.tasks.extend(names.into_iter().map(str::to_owned));
        self
    }
}

/// What the layer keeps of a span while it lasts.
struct Known {
    fields: Fields,
    began: Timestamp,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for TraceLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let around = span.parent().and_then(|parent| {
            parent.extensions().get::<Known>().map(|known| known.fields.context.clone())
        });
        fields.inherit(around.as_ref());
        span.extensions_mut().insert(Known { fields, began: self.book.now() });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(known) = span.extensions_mut().get_mut::<Known>() {
            values.record(&mut known.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let around = context.event_span(event).and_then(|span| {
            span.extensions().get::<Known>().map(|known| known.fields.context.clone())
        });
        fields.inherit(around.as_ref());
        let metadata = event.metadata();
        // What is not recorded is counted by the recorder, and named by a gap.
        self.book.send(draft::of_event(metadata, fields));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(known) = span.extensions_mut().remove::<Known>() else { return };
        let is_task = self.tasks.iter().any(|name| name == span.name());
        let took = self.book.now().micros() - known.began.micros();
        let took = Length::from_micros(took.max(0));
        if let Some(draft) = draft::of_span(span.metadata(), known.fields, is_task) {
            self.book.send(draft.timestamp(known.began).took(took));
        }
    }
}
