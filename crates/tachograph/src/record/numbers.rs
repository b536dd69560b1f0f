//! Who numbers the events of a recorder: a hole in an emitter's sequence is an event that is gone.

use super::recorder::Recorder;
use crate::emitters;
use crate::places::uuid_text;
use std::sync::atomic::{AtomicU64, Ordering};
use tacho_event::{ActionType, Draft, Event, Severity, random};

/// Who numbers events that bring neither an emitter nor a number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Numbering {
    /// Nobody.
    Off,
    /// The recorder itself, under a random emitter: for those that live long.
    #[default]
    Own,
    /// The store, under this emitter (an agent's session), each number once however many processes
    /// take one: for those that live for one event.
    Shared(String),
}

/// The numbers of one recorder.
#[derive(Debug)]
pub(super) struct Numbers {
    /// The recorder's name in heartbeats, and its emitter unless another is shared.
    pub(super) emitter: String,
    next: AtomicU64,
    shared: bool,
    off: bool,
}

impl Numbers {
    pub(super) fn new(numbering: &Numbering, world: &dyn tacho_event::World) -> Self {
        let own = || format!("r-{}", uuid_text(&random(world)));
        let emitter = match numbering {
            Numbering::Shared(emitter) => emitter.clone(),
            Numbering::Off | Numbering::Own => own(),
        };
        let shared = matches!(numbering, Numbering::Shared(_));
        Self { emitter, next: AtomicU64::new(0), shared, off: *numbering == Numbering::Off }
    }
}

impl Recorder {
    /// Numbers an event that will be recorded. One whose number cannot be had goes without: better
    /// an event that nobody would miss than none.
    pub(super) fn number(&self, event: &mut Event) {
        let origin = event.object().object("origin");
        let names = |member| origin.is_some_and(|origin| origin.get(member).is_some());
        if self.numbers.off || names("seq") || names("emitter") {
            return;
        }
        let Numbers { emitter, next, shared, .. } = &self.numbers;
        if !shared {
            return event.number(emitter, next.fetch_add(1, Ordering::Relaxed));
        }
        let source = event.at("/origin/source").and_then(tacho_event::json::Value::as_str);
        let tenant = self.settings.tenant.as_str();
        let name = emitters::file_name(tenant, source.unwrap_or_default(), emitter);
        let (files, places) = (self.store().files(), self.store().places());
        let taken = emitters::take(files.as_ref(), places, self.world.as_ref(), &name, 1);
        let Ok(Some(numbers)) = taken else { return };
        event.number(emitter, numbers.first);
        if let Some(from) = numbers.resumed_from {
            self.owe(resumed(emitter, from, numbers.first));
        }
    }
}

/// The machine was started since, and nobody knows how many numbers were taken before.
fn resumed(emitter: &str, from: u64, first: u64) -> Draft {
    Draft::own(ActionType::Gap, "tacho.numbers")
        .with("severity", Severity::Warning)
        .with("origin.emitter", emitter)
        .with("action.gap.what", "sequence numbers that were perhaps taken")
        .with("action.gap.from", from.to_string())
        .with("action.gap.until", first.to_string())
        .with("action.gap.reason", "the sequence was not safe on disk when the machine stopped")
}
