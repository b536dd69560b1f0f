//! Given events, sees that they are kept: in the store, else in the overflow.
//!
//! ```text
//! store        append, ack `os` per call, `disk` at the end of a turn or a session
//!  | locked    spool/ of the store
//!  | read-only, full, another user's, damaged, remote
//! overflow     <state>/overflow/spool/<record id>.tws: finished frames of a store that never
//!  |           appends; moved to the store's own spool when there is a store again
//! ring         a trace: something was lost
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tacho_event::privacy::Level;
use tacho_event::{Draft, Status, TenantId};
use tachograph::emitters;
use tachograph::files::OsFiles;
use tachograph::record::{FailurePolicy, Numbering, OnFailure, Once, Settings};
use tachograph::store::{Remote, Store};
use tachograph::wal::{Options, Patience, Wal};
use tachograph::{Ack, RecordError, Recorder};

use super::keys::Keeping;
use super::{Desk, Told};
use crate::disk;

/// What became of the events.
pub(super) struct Delivered {
    /// True if each is kept somewhere.
    pub(super) is_kept: bool,
    /// Why the intent among them is stopped, if it is.
    pub(super) stop: Option<String>,
}

/// What one store made of events.
struct Recorded {
    /// Those that it did not take.
    left: Vec<Draft>,
    stop: Option<String>,
}

/// The intent was stopped: nothing more will come of it.
fn deny(draft: &mut Draft, reason: &str) {
    draft.set("action.phase", "whole");
    draft.set("outcome.status", Status::Denied);
    draft.set("outcome.error.type", "emergency_stop");
    draft.set("outcome.error.message", reason);
}

impl Desk {
    /// Keeps the events.
    pub(super) fn deliver(&self, told: &mut Told) -> Delivered {
        let host = told.host.in_data();
        let ack = match told.moment() {
            "stop" | "end" => Ack::Disk,
            _ if told.event == "StopFailure" => Ack::Disk,
            _ => Ack::Os,
        };
        let level = told.raised.unwrap_or_else(|| self.own_level());
        let store = match self.store() {
            Ok(store) => store,
            Err(error) => {
                self.trace("store_unavailable", host, &error);
                let is_kept = self.overflow(told.drafts.clone(), ack, host, None, level);
                return Delivered { is_kept, stop: None };
            }
        };
        if matches!(told.moment(), "start" | "stop" | "end") {
            self.bring_back(&store, host);
        }
        self.number(&store, told);
        let dir = self.keys_dir(Some(&store));
        let keeping = self.keeping(&store, dir.clone(), level);
        if let Some(why) = &keeping.unsealed {
            self.trace("not_sealed", host, why);
            if matches!(told.moment(), "start" | "end") {
                told.drafts.insert(0, super::context::related(Keeping::gap(why), told));
            }
        }
        let drafts = told.drafts.clone();
        let Recorded { left, stop } =
            self.record((store.clone(), keeping), drafts, ack, host, false);
        let is_kept = left.is_empty() || self.overflow(left, ack, host, dir, level);
        if matches!(told.moment(), "stop" | "end") {
            self.settle(&store, host);
        }
        Delivered { is_kept, stop }
    }

    pub(super) fn tenant(&self) -> TenantId {
        let named = self.around.tenant.as_deref().and_then(TenantId::new);
        named.unwrap_or_else(TenantId::default_tenant)
    }

    fn store(&self) -> Result<Store, String> {
        self.open(&self.around.store)
    }

    fn open(&self, path: &Path) -> Result<Store, String> {
        Store::create(Arc::new(OsFiles), self.world.as_ref(), path, Remote::Refused)
            .map_err(|error| error.to_string())
    }

    /// Numbers the events of the session, so that a hole shows.
    ///
    /// Here and not by the recorder's `Numbering::Shared`: an event that the store does not take
    /// goes to the overflow with its number, where the recorder's would be lost and its event be
    /// missed as a hole; and all events of a hook take theirs under one lock.
    fn number(&self, store: &Store, told: &mut Told) {
        let tenant = self.tenant();
        let source = told.says("/origin/source").to_owned();
        let session = told.says("/agent/session_id");
        let emitter = if session.is_empty() { "no-session" } else { session }.to_owned();
        let name = emitters::file_name(tenant.as_str(), &source, &emitter);
        let count = told.drafts.len() as u64;
        let (files, places) = (store.files().as_ref(), store.places());
        let numbers = match emitters::take(files, places, self.world.as_ref(), &name, count) {
            Ok(Some(numbers)) => numbers,
            Ok(None) => return self.trace("unnumbered", told.host.in_data(), "sequence is locked"),
            Err(error) => {
                return self.trace("unnumbered", told.host.in_data(), &error.to_string());
            }
        };
        for (draft, seq) in told.drafts.iter_mut().zip(numbers.first..) {
            draft.set("origin.emitter", emitter.as_str());
            draft.set("origin.seq", seq);
        }
        if let Some(from) = numbers.resumed_from {
            let gap = Draft::gap("sequence_resumed", "numbers of a sequence")
                .with("action.gap.from", from.to_string())
                .with("action.gap.until", numbers.first.to_string())
                .because("the machine was started since, or the sequence was lost");
            told.drafts.insert(0, super::context::related(gap, told));
        }
    }

    /// Records events; gives those that the store did not take.
    fn record(
        &self,
        (store, keeping): (Store, Keeping),
        drafts: Vec<Draft>,
        ack: Ack,
        host: &str,
        spool_only: bool,
    ) -> Recorded {
        let settings = Settings {
            tenant: self.tenant(),
            ack,
            failure: FailurePolicy::all(OnFailure::Spool),
            patience: Patience::Hook,
            source: "hook".to_owned(),
            numbering: Numbering::Off,
            beat: false,
            // The overflow's marks would say nothing to the store that its frames go to.
            once: if spool_only { Once::Off } else { Once::Marked },
            spool_only,
            ..Settings::default()
        };
        let wal = Wal::new(&store, self.world.clone(), Options::default());
        let (world, Keeping { policy, writer, .. }) = (self.world.clone(), keeping);
        let recorder = match Recorder::with_writer(store, wal, world, policy, settings, writer) {
            Ok(recorder) => recorder,
            Err(error) => {
                self.trace("store_unavailable", host, &error.to_string());
                return Recorded { left: drafts, stop: None };
            }
        };
        let outcomes = recorder.record_all(drafts.clone(), ack);
        let (mut left, mut stop) = (Vec::new(), None);
        for (mut draft, outcome) in drafts.into_iter().zip(outcomes) {
            match outcome {
                Ok(_) => {}
                Err(RecordError::Stopped { why, recorded }) => {
                    let reason = why.to_string();
                    if recorded.is_err() {
                        deny(&mut draft, &reason);
                        left.push(draft);
                    }
                    stop = Some(reason);
                }
                Err(error @ (RecordError::Refused(_) | RecordError::TooLarge(_))) => {
                    let instead = self.refused(&draft, &error);
                    if let Err(error) = recorder.record_as(instead, ack) {
                        self.trace("refused", host, &error.to_string());
                    }
                }
                // It is in the log; a second copy would be no safer.
                Err(error @ RecordError::NotSynced(_)) => {
                    self.trace("not_synced", host, &error.to_string());
                }
                Err(error) => {
                    self.trace("not_recorded", host, &error.to_string());
                    left.push(draft);
                }
            }
        }
        Recorded { left, stop }
    }

    /// The gap that stands for an event the log does not take.
    fn refused(&self, draft: &Draft, error: &RecordError) -> Draft {
        let reason: String = error.to_string().chars().take(1000).collect();
        let mut gap = Draft::gap("refused_event", "an event that the log does not take")
            .count(1)
            .because(&reason);
        for path in ["origin.source", "origin.emitter", "origin.seq", "agent.session_id"] {
            let pointer = format!("/{}", path.replace('.', "/"));
            if let Some(said) = draft.at(&pointer) {
                gap.set(path, said.clone());
            }
        }
        gap
    }

    /// Keeps events beside the tap's own state; true if that is done.
    fn overflow(
        &self,
        drafts: Vec<Draft>,
        ack: Ack,
        host: &str,
        keys: Option<PathBuf>,
        level: Level,
    ) -> bool {
        let place = self.around.state.join("overflow");
        let left = match disk::make_dir(&self.around.state)
            .map_err(|error| error.to_string())
            .and_then(|()| self.open(&place))
        {
            Ok(store) => {
                let keeping = self.keeping(&store, keys.or_else(|| self.keys_dir(None)), level);
                self.record((store, keeping), drafts, ack, host, true).left
            }
            Err(error) => {
                self.trace("overflow_unavailable", host, &error);
                drafts
            }
        };
        for draft in &left {
            let name = draft.at("/action/name").and_then(tacho_event::json::Value::as_str);
            self.trace("lost", host, name.unwrap_or("an event"));
        }
        left.is_empty()
    }

    /// Moves what the overflow holds to the spool of the store, where integrate finds it.
    fn bring_back(&self, store: &Store, host: &str) {
        let from = self.around.state.join("overflow").join("spool");
        let to = store.places().spool();
        let mut names = disk::names(&from);
        names.retain(|name| name.ends_with(".tws"));
        if !names.is_empty()
            && let Err(error) = store.mend()
        {
            return self.trace("overflow_stays", host, &error.to_string());
        }
        for name in &names {
            if let Err(error) = disk::carry(&from.join(name), &to.join(name)) {
                return self.trace("overflow_stays", host, &error.to_string());
            }
        }
    }
}
