//! A yard with keys: a store, a vault, and what hooks, servers and readers do with them.

use std::sync::{Arc, Mutex};

use tacho_event::privacy::{Policy, Preset, scan};
use tacho_event::{Draft, TenantId};
use tachograph::integrate::Budget;
use tachograph::record::{Ack, Recorder, Settings};
use tachograph::sign::Keys;
use tachograph::vault::{Asker, KeyRing, Reveal, Sealer, SharedRing, Writer};
use tachograph::wal::Patience;

use crate::yard::Yard;

/// The base of every origin here.
pub(crate) const BASE: &str = "tacho.example.com";

pub(crate) struct Safe {
    pub(crate) yard: Yard,
}

impl Safe {
    pub(crate) fn new() -> Self {
        let safe = Self { yard: Yard::new() };
        let store = safe.yard.store();
        Keys::create(&store, safe.yard.world.as_ref(), &safe.yard.keys()).unwrap();
        safe
    }

    /// The keys, as a process that starts now reads them.
    pub(crate) fn ring(&self) -> SharedRing {
        let store = self.yard.store();
        let keys = Keys::open(store.files().as_ref(), &self.yard.keys()).unwrap();
        let ring = KeyRing::create(&store, self.yard.world.clone(), keys, Some(BASE)).unwrap();
        Arc::new(Mutex::new(ring))
    }

    /// The keys, for who looks into a copy that was not told of erasures.
    pub(crate) fn ring_unchecked(&self) -> SharedRing {
        let store = self.yard.store();
        let keys = Keys::open(store.files().as_ref(), &self.yard.keys()).unwrap();
        let world = self.yard.world.clone();
        let ring = KeyRing::open_restored(&store, world, keys, Some(BASE)).unwrap();
        Arc::new(Mutex::new(ring))
    }

    /// A recorder of a long-lived process that holds the keys.
    pub(crate) fn server(&self, preset: Preset, tenant: &str) -> Recorder {
        self.recorder(preset, tenant, Writer::of(preset, self.ring(), tenant).unwrap())
    }

    /// A recorder of a hook, which reads public keys alone.
    pub(crate) fn hook(&self, preset: Preset, tenant: &str) -> Recorder {
        let files = self.yard.store().files().clone();
        let sealer = Sealer::with_public(files, &self.yard.keys(), tenant).unwrap();
        self.recorder(preset, tenant, sealer.into())
    }

    pub(crate) fn recorder(&self, preset: Preset, tenant: &str, writer: Writer) -> Recorder {
        let tenant = TenantId::new(tenant).unwrap();
        let settings = Settings { tenant, beat: false, ack: Ack::Os, ..Settings::default() };
        let settings = Settings { patience: Patience::Server, ..settings };
        let (store, wal) = (self.yard.store(), self.yard.wal());
        let world = self.yard.world.clone();
        Recorder::with_writer(store, wal, world, policy(preset), settings, writer).unwrap()
    }

    /// Integrates with the keys at hand.
    pub(crate) fn integrate(&self) {
        let mut integrator = self.yard.integrator().with_vault(self.ring());
        assert!(integrator.run(Budget::default()).unwrap().is_done);
    }

    /// What every event of a tenant says to who may look; `?` where it stays sealed.
    pub(crate) fn says(&self, tenant: &str) -> Vec<String> {
        let log = self.yard.log(tenant);
        let recorder = Arc::new(self.recorder(Preset::Development, "default", Writer::default()));
        let mut reveal = Reveal::new(self.ring(), recorder, tenant).unwrap();
        let entries: Vec<_> =
            (0..log.size()).map(|index| log.get(index).unwrap().unwrap()).collect();
        let revealed = reveal.reveal(&log, &entries, &auditor()).unwrap();
        let said = revealed.iter().map(|one| {
            assert!(one.opened.problems.is_empty(), "{:?}", one.opened.problems);
            let command = one.event.at("/action/tool/parameters/command");
            let who = one.event.at("/actor/id");
            let text = |value: Option<&tacho_event::json::Value>| {
                value.and_then(|value| value.as_str()).unwrap_or("?").to_owned()
            };
            format!("{} {}", text(who), text(command))
        });
        said.collect()
    }
}

pub(crate) fn auditor() -> Asker {
    let text = str::to_owned;
    Asker { id: text("eve@example.com"), role: text("auditor"), reason: text("a test") }
}

pub(crate) fn policy(preset: Preset) -> Policy {
    let policy = Policy::new(preset, scan::Scanner::builtin());
    match preset {
        Preset::Minimal => policy,
        _ => policy.with_level(tacho_event::privacy::Level::Full),
    }
}

/// What `who` asked a tool to do.
pub(crate) fn call(number: u64, who: &str, what: &str) -> Draft {
    let draft = crate::yard::call(number).with("action.tool.parameters.command", what);
    if who.is_empty() {
        return draft.with("actor.type", "agent").with("actor.id", "robot");
    }
    draft.with("actor.id", who)
}
