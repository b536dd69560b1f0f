//! Where the store is, whose log is asked, and how a command comes to what was recorded last.

use crate::failure::{Exit, Failure, is_denied};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tacho_event::privacy::{Level, Policy, Preset};
use tacho_event::{TenantId, uuid_text};
use tacho_tap::project::{Project, most_level};
use tacho_tap::surroundings::{Surroundings, here};
use tacho_tap::upkeep;
use tachograph::files::OsFiles;
use tachograph::integrate::{Budget, IntegrateError, Integrator};
use tachograph::record::{Numbering, Recorder, Settings};
use tachograph::sign::{Demand, Keys, SignError, Signer};
use tachograph::store::{Remote, Store};
use tachograph::vault::{Asker, Custody, Look, VaultError, Writer};
use tachograph::wal::{Options, Wal};
use tachograph::world::OsWorld;
use tachograph::{Log, world::World};

/// What a command works on.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) store_dir: PathBuf,
    is_store_named: bool,
    keys_dir: Option<PathBuf>,
    /// Below it lie the keys of each installation when nobody says where.
    pub(crate) keys_home: PathBuf,
    pub(crate) home: PathBuf,
    /// What the tap keeps outside the store.
    pub(crate) state_dir: PathBuf,
    pub(crate) tenant: TenantId,
    pub(crate) preset: Preset,
    /// The capture level of the user's file, instead of the preset's.
    capture: Option<Level>,
    /// Whether sessions that end must not start the upkeep.
    is_upkeep_forbidden: bool,
    /// The nearest `tacho.toml` around the current directory, which may only tighten.
    pub(crate) project: Option<Project>,
    pub(crate) read_only: bool,
    /// What this process looks at, once it reads a log.
    looks: Arc<Mutex<Vec<Arc<Look>>>>,
}

/// What was asked for on the command line.
#[derive(Debug, Default)]
pub(crate) struct Named {
    pub(crate) store: Option<PathBuf>,
    pub(crate) keys: Option<PathBuf>,
    pub(crate) tenant: Option<String>,
    pub(crate) read_only: bool,
}

impl Place {
    /// What is named, else what the environment says, else what the user's `tacho.toml` says, else
    /// where users keep such things. The tap finds them the same way.
    pub(crate) fn find(named: Named) -> Result<Self, Failure> {
        let is_store_named = named.store.is_some() || path("TACHO_STORE").is_some();
        let around = Surroundings::of_process(named.store);
        let tenant = named.tenant.or_else(|| text("TACHO_TENANT")).or(around.tenant);
        let tenant = match tenant {
            None => TenantId::default_tenant(),
            Some(name) => TenantId::new(&name).ok_or_else(|| {
                Failure::usage(format!("`{name}` is no tenant"))
                    .next("a name of small letters, digits and `-`, as in `acme`")
            })?,
        };
        let preset = around.preset.map_or(Ok(Preset::default()), |name| {
            Preset::parse(&name).ok_or_else(|| no_preset(&name))
        })?;
        let capture = around.capture.map_or(Ok(None), |name| {
            Level::parse(&name).map(Some).ok_or_else(|| {
                Failure::usage(format!("`{name}` is no level of capture"))
                    .next("one of metadata, redacted, full")
            })
        })?;
        let own = around.keys_home.with_file_name("tacho.toml");
        Ok(Self {
            capture,
            is_upkeep_forbidden: around.maintain.as_deref() == Some(upkeep::NEVER),
            is_store_named,
            project: here().and_then(|here| Project::around(&here, &around.home, &own)),
            store_dir: around.store,
            keys_dir: named.keys.or(around.keys),
            keys_home: around.keys_home,
            home: around.home,
            state_dir: around.state,
            tenant,
            preset,
            read_only: named.read_only,
            looks: Arc::default(),
        })
    }

    /// The same place, of another tenant.
    pub(crate) fn of_tenant(&self, tenant: &str) -> Result<Self, Failure> {
        let tenant = TenantId::new(tenant)
            .ok_or_else(|| Failure::new(Exit::Bug, format!("`{tenant}` is no tenant")))?;
        Ok(Self { tenant, ..self.clone() })
    }

    /// The same place, where other terms hold.
    pub(crate) fn with_preset(&self, preset: Preset) -> Self {
        Self { preset, ..self.clone() }
    }

    /// The same place with the store there, unless somebody named one for this command.
    pub(crate) fn with_usual_store(&self, dir: PathBuf) -> Self {
        let store_dir = if self.is_store_named { self.store_dir.clone() } else { dir };
        Self { store_dir, ..self.clone() }
    }

    /// The keys that were named, wherever the store is.
    pub(crate) fn named_keys(&self) -> Option<PathBuf> {
        self.keys_dir.clone()
    }

    /// The user's configuration.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.keys_home.with_file_name("tacho.toml")
    }

    /// Whether sessions that end must not start `tacho maintain`.
    pub(crate) fn is_upkeep_forbidden(&self) -> bool {
        self.is_upkeep_forbidden
    }

    /// The level of capture without the project's word.
    pub(crate) fn own_level(&self) -> Level {
        self.capture.unwrap_or(self.preset.terms().level)
    }

    /// The most that the preset has days for.
    pub(crate) fn most_level(&self) -> Level {
        most_level(self.preset, self.own_level())
    }

    /// How much of an event this command captures.
    pub(crate) fn level(&self) -> Level {
        let own = self.own_level();
        let raised = self.project.as_ref().and_then(|it| it.raised(own, self.most_level()));
        raised.unwrap_or(own)
    }

    pub(crate) fn world() -> Arc<dyn World> {
        Arc::new(OsWorld)
    }

    pub(crate) fn open(&self) -> Result<Store, Failure> {
        Ok(Store::open(Arc::new(OsFiles), &self.store_dir, Remote::Refused)?)
    }

    /// The store, made if there is none.
    pub(crate) fn create(&self) -> Result<Store, Failure> {
        let world = OsWorld;
        Ok(Store::create(Arc::new(OsFiles), &world, &self.store_dir, Remote::Refused)?)
    }

    /// Where the keys of a store lie: outside it, so that a copy of the store signs nothing.
    pub(crate) fn keys_dir(&self, store: &Store) -> PathBuf {
        let own = || self.keys_home.join(uuid_text(*store.installation()).replace('-', ""));
        self.keys_dir.clone().unwrap_or_else(own)
    }

    /// The log with all that was recorded, brought in first as far as this user may and a person
    /// who asks can wait; the rest is read where it waits.
    pub(crate) fn log(&self) -> Result<Log, Failure> {
        let store = self.open()?;
        self.bring_some_in(&store, Demand::Due, Some(READER_MICROS))?;
        let log = match Log::of(&store, self.tenant.as_str()) {
            // More waits than a reader can hold.
            Err(_) if !self.read_only => {
                self.bring_in(&store, Demand::Due)?;
                Log::of(&store, self.tenant.as_str())?
            }
            outcome => outcome?,
        };
        let look = Arc::new(self.look(&store));
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).push(look.clone());
        Ok(log.looking(look))
    }

    /// Opens what is sealed when somebody meets it, and says so in the log first.
    fn look(&self, store: &Store) -> Look {
        let asker = Asker {
            id: crate::reader::user(),
            role: "keyholder".to_owned(),
            reason: "command line".to_owned(),
        };
        let (place, store) = (self.clone(), store.clone());
        Look::new(self.tenant.as_str(), asker, &words(), move || {
            if place.read_only {
                return Err(VaultError::Unrecorded);
            }
            let ring = place.custody(&store).ring()?;
            Ok((ring, place.recorder_of(&store)?))
        })
    }

    /// Whether keys were opened to see what this command shows: that is recorded already.
    pub(crate) fn has_looked(&self) -> bool {
        let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.iter().any(|look| look.is_open())
    }

    /// Why what this command met stayed sealed, if it met any.
    pub(crate) fn refusal(&self) -> Option<Arc<VaultError>> {
        let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.iter().find_map(|look| look.refusal())
    }

    /// The keys of a store, for what may be done with them.
    pub(crate) fn custody(&self, store: &Store) -> Custody {
        Custody::new(store, Self::world(), &self.keys_dir(store))
    }

    /// Integrates and signs. A reader who may not write reads over what is not brought in.
    pub(crate) fn bring_in(&self, store: &Store, demand: Demand) -> Result<(), Failure> {
        self.bring_some_in(store, demand, None)
    }

    /// The same for so long.
    fn bring_some_in(
        &self,
        store: &Store,
        demand: Demand,
        micros: Option<i64>,
    ) -> Result<(), Failure> {
        if self.read_only {
            return Ok(());
        }
        let mut integrator = Integrator::new(store, Self::world());
        let custody = self.custody(store);
        // Who cannot open the vault leaves to others what only they can do.
        if custody.is_there()
            && let Ok(ring) = custody.ring()
        {
            integrator = integrator.with_vault(ring);
        }
        let outcome = match integrator.run(Budget { micros, ..Budget::default() }) {
            Ok(outcome) => outcome,
            // Another process does it, or may and we may not: what it has not done, we read over.
            Err(IntegrateError::Busy) => return Ok(()),
            Err(error) if is_denied(&error) => return Ok(()),
            Err(error) => {
                return Err(Failure::new(Exit::CannotTell, error.to_string())
                    .next("`tacho doctor` says what can be mended"));
            }
        };
        let keys = self.keys_dir(store);
        if keys.is_dir() {
            let opened = Keys::open(store.files().as_ref(), &keys);
            let keys = opened.map_err(|error| Failure::new(Exit::NotAllowed, error.to_string()))?;
            let mut signer = Signer::new(store, keys, None);
            for tenant in &outcome.tenants {
                match signer.sign(tenant, demand, Self::world().now()) {
                    Ok(_) => {}
                    // Another program holds the key, and is asked again; what is asked for needs
                    // no signature yet.
                    Err(SignError::Outside { .. }) if demand == Demand::Due => {}
                    Err(error) => return Err(unsigned(&error)),
                }
            }
            // What is integrated and signed is not needed in the WAL any more.
            let _ = integrator.retire();
        }
        if outcome.leaves > 0 {
            // Those who record next are faster for it; nothing depends on it.
            let _ = integrator.fill_ahead();
        }
        Ok(())
    }

    /// A recorder for what this command itself did.
    pub(crate) fn recorder(&self, store: &Store) -> Result<Recorder, Failure> {
        self.recorder_of(store).map_err(Failure::from)
    }

    /// How this command keeps parts. A tenant that has no keys yet gets them, from who may.
    fn writer(&self, store: &Store) -> Result<Writer, VaultError> {
        let custody = self.custody(store);
        match custody.writer(self.preset, self.tenant.as_str()) {
            Err(_) => custody.holder(self.preset, self.tenant.as_str()),
            writer => writer,
        }
    }

    /// The same for a tenant that the store has.
    pub(crate) fn recorder_for(&self, store: &Store, tenant: &str) -> Result<Recorder, VaultError> {
        let unknown = || VaultError::Scope(format!("`{tenant}` is no tenant"));
        let tenant = TenantId::new(tenant).ok_or_else(unknown)?;
        Self { tenant, ..self.clone() }.recorder_of(store)
    }

    fn recorder_of(&self, store: &Store) -> Result<Recorder, VaultError> {
        let world = Self::world();
        let wal = Wal::new(store, world.clone(), Options::default());
        let settings = Settings {
            tenant: self.tenant.clone(),
            source: "cli".to_owned(),
            beat: false,
            numbering: Numbering::Off,
            ..Settings::default()
        };
        let policy = Policy::preset(self.preset).with_level(self.level());
        let writer = self.writer(store)?;
        Ok(Recorder::with_writer(store.clone(), wal, world, policy, settings, writer)?)
    }
}

fn unsigned(error: &SignError) -> Failure {
    let what = error.to_string();
    match error {
        SignError::Outside { .. } => {
            Failure::new(Exit::Unreachable, what).next(error.next().unwrap_or_default())
        }
        _ => Failure::new(Exit::No, what),
    }
}

#[expect(clippy::disallowed_methods, reason = "the command line is where the environment enters")]
fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn text(name: &str) -> Option<String> {
    path(name)?.into_os_string().into_string().ok()
}

/// How long a reader brings in what waits before it answers.
const READER_MICROS: i64 = 1_000_000;

/// What was typed: who looks is recorded with what he asked for.
fn words() -> String {
    let words = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    words.chars().take(WORDS_CHARS_MAX).collect()
}

/// More of a command line is not recorded.
const WORDS_CHARS_MAX: usize = 1000;

pub(crate) fn no_preset(name: &str) -> Failure {
    let known: Vec<&str> = Preset::ALL.iter().map(|preset| preset.terms().name).collect();
    Failure::usage(format!("`{name}` is no preset")).next(format!("one of {}", known.join(", ")))
}
