//! Where the store is, whose log is asked, and how a command comes to what was recorded last.

use crate::failure::{Exit, Failure};
use std::path::PathBuf;
use std::sync::Arc;
use tacho_event::TenantId;
use tacho_event::privacy::Policy;
use tachograph::files::OsFiles;
use tachograph::integrate::{Budget, IntegrateError, Integrator};
use tachograph::record::{Numbering, Recorder, Settings};
use tachograph::sign::{Demand, Keys, Signer};
use tachograph::store::{Remote, Store};
use tachograph::wal::{Options, Wal};
use tachograph::world::OsWorld;
use tachograph::{Log, world::World};

/// What a command works on.
pub(crate) struct Place {
    pub(crate) store_dir: PathBuf,
    keys_dir: Option<PathBuf>,
    pub(crate) tenant: TenantId,
    read_only: bool,
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
    /// What is named, else what the environment says, else where users keep such things.
    pub(crate) fn find(named: Named) -> Result<Self, Failure> {
        let tenant = named.tenant.or_else(|| text("TACHO_TENANT"));
        let tenant = match tenant {
            None => TenantId::default_tenant(),
            Some(name) => TenantId::new(&name).ok_or_else(|| {
                Failure::usage(format!("`{name}` is no tenant"))
                    .next("a name of small letters, digits and `-`, as in `acme`")
            })?,
        };
        let store_dir = named
            .store
            .or_else(|| path("TACHO_STORE"))
            .or_else(|| Some(home("XDG_DATA_HOME", ".local/share")?.join("tachograph")));
        let store_dir = store_dir.ok_or_else(|| {
            Failure::usage("no store is named and there is no home directory")
                .next("name one with --store DIR or TACHO_STORE")
        })?;
        let keys_dir = named.keys.or_else(|| path("TACHO_KEYS"));
        Ok(Self { store_dir, keys_dir, tenant, read_only: named.read_only })
    }

    /// The same place, of another tenant.
    pub(crate) fn of_tenant(&self, tenant: &str) -> Result<Self, Failure> {
        Self::find(Named {
            store: Some(self.store_dir.clone()),
            keys: self.keys_dir.clone(),
            tenant: Some(tenant.to_owned()),
            read_only: self.read_only,
        })
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
    pub(crate) fn keys_dir(&self, store: &Store) -> Option<PathBuf> {
        let installation: String =
            store.installation().iter().map(|byte| format!("{byte:02x}")).collect();
        let own = || Some(home("XDG_CONFIG_HOME", ".config")?.join("tachograph/keys"));
        self.keys_dir.clone().or_else(|| Some(own()?.join(installation)))
    }

    /// The log with all that was recorded, brought in first as far as this user may.
    pub(crate) fn log(&self) -> Result<Log, Failure> {
        let store = self.open()?;
        self.bring_in(&store, Demand::Due)?;
        Ok(Log::of(&store, self.tenant.as_str())?)
    }

    /// Integrates and signs. A reader who may not write reads over what is not brought in.
    pub(crate) fn bring_in(&self, store: &Store, demand: Demand) -> Result<(), Failure> {
        if self.read_only {
            return Ok(());
        }
        let mut integrator = Integrator::new(store, Self::world());
        let outcome = match integrator.run(Budget::default()) {
            Ok(outcome) => outcome,
            // Another process does it, or may and we may not: what it has not done, we read over.
            Err(IntegrateError::Busy) => return Ok(()),
            Err(error) if is_denied(&error) => return Ok(()),
            Err(error) => {
                return Err(Failure::new(Exit::CannotTell, error.to_string())
                    .next("`tacho doctor` says what can be mended"));
            }
        };
        if let Some(keys) = self.keys_dir(store).filter(|dir| dir.is_dir()) {
            let opened = Keys::open(store.files().as_ref(), &keys);
            let keys = opened.map_err(|error| Failure::new(Exit::NotAllowed, error.to_string()))?;
            let mut signer = Signer::new(store, keys, None);
            for tenant in &outcome.tenants {
                let signed = signer.sign(tenant, demand, Self::world().now());
                signed.map_err(|error| Failure::new(Exit::No, error.to_string()))?;
            }
            // What is integrated and signed is not needed in the WAL any more.
            let _ = integrator.retire();
        }
        Ok(())
    }

    /// A recorder for what this command itself did.
    pub(crate) fn recorder(&self, store: &Store) -> Result<Recorder, Failure> {
        let world = Self::world();
        let wal = Wal::new(store, world.clone(), Options::default());
        let settings = Settings {
            tenant: self.tenant.clone(),
            source: "cli".to_owned(),
            beat: false,
            numbering: Numbering::Off,
            ..Settings::default()
        };
        Ok(Recorder::new(store.clone(), wal, world, Policy::default(), settings)?)
    }
}

fn is_denied(error: &IntegrateError) -> bool {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(one) = source {
        if let Some(io) = one.downcast_ref::<std::io::Error>() {
            let kind = io.kind();
            return kind == std::io::ErrorKind::PermissionDenied
                || kind == std::io::ErrorKind::ReadOnlyFilesystem;
        }
        source = one.source();
    }
    false
}

#[expect(clippy::disallowed_methods, reason = "the command line is where the environment enters")]
fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn text(name: &str) -> Option<String> {
    path(name)?.into_os_string().into_string().ok()
}

/// `$name`, if it is an absolute path as XDG demands; else the folder below the user's home.
fn home(name: &str, below: &str) -> Option<PathBuf> {
    path(name).filter(|path| path.is_absolute()).or_else(|| Some(path("HOME")?.join(below)))
}
