//! People outside vouch for a log, and its owner cannot take their word back.

mod acks;
mod guard;
mod rounds;
mod said;

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tacho_event::Draft;
use tacho_tree::{KeyName, Note, Policy, VerifierKey};
use tachograph::anchor::{
    Anchor, Anchors, Answer, Asking, Carrier, CarryError, Trouble, Which, Witness, run,
};
use tachograph::files::OsFiles;
use tachograph::sign::{Demand, Keys, SignError, Signer, vkeys};

use crate::yard::Yard;

pub(crate) use guard::guards;

pub(crate) const BASE: &str = "tacho.example.com";

/// A carrier that is a function.
pub(crate) struct Post<F>(pub(crate) F);

impl<F> Debug for Post<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Post")
    }
}

impl<F: Fn(&[u8]) -> Result<Answer, CarryError> + Send + Sync> Carrier for Post<F> {
    fn carry(&self, request: &[u8], _patience: Duration) -> Result<Answer, CarryError> {
        (self.0)(request)
    }
}

/// A witness in a directory of its own, and what becomes of its answers.
#[derive(Debug)]
pub(crate) struct Desk {
    witness: Witness,
    pub(crate) asked: AtomicU64,
    /// Answers that are lost on their way.
    pub(crate) lose: AtomicU64,
    pub(crate) requests: Mutex<Vec<Vec<u8>>>,
    world: Arc<crate::yard::YardWorld>,
}

impl Carrier for Desk {
    fn carry(&self, request: &[u8], _patience: Duration) -> Result<Answer, CarryError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.requests.lock().unwrap().push(request.to_vec());
        let answer = self.witness.answer(&OsFiles, request, self.world.as_ref());
        let answer = answer.map_err(|error| CarryError::Failed(error.to_string()))?;
        let lost = self.lose.load(Ordering::Relaxed);
        if lost > 0 {
            self.lose.store(lost - 1, Ordering::Relaxed);
            return Err(CarryError::TimedOut);
        }
        Ok(Answer { status: answer.status, body: answer.body.into_bytes() })
    }
}

/// A store, its signer, and witnesses out of its reach.
pub(crate) struct Scene {
    pub(crate) yard: Yard,
    dir: tempfile::TempDir,
    pub(crate) desks: Vec<Arc<Desk>>,
}

impl Scene {
    /// With this many witnesses, which know the log.
    pub(crate) fn new(witnesses: usize) -> Self {
        let mut scene =
            Self { yard: Yard::new(), dir: tempfile::tempdir().unwrap(), desks: vec![] };
        scene.yard.record("default", 0, 5);
        scene.note();
        let keys = vkeys(&OsFiles, &scene.yard.places("default")).unwrap();
        for number in 1..=witnesses {
            let name = KeyName::new(&format!("witness.example.com/w{number}")).unwrap();
            let dir = scene.dir.path().join(number.to_string());
            let world = scene.yard.world.clone();
            let witness = Witness::create(&OsFiles, world.as_ref(), &dir, name).unwrap();
            keys.iter().for_each(|key| witness.trust(&OsFiles, key).unwrap());
            scene.desks.push(Arc::new(Desk {
                witness: Witness::open(&OsFiles, &dir).unwrap(),
                asked: AtomicU64::new(0),
                lose: AtomicU64::new(0),
                requests: Mutex::default(),
                world,
            }));
        }
        scene
    }

    pub(crate) fn vkey(&self, at: usize) -> VerifierKey {
        self.desks[at].witness.verifier().clone()
    }

    pub(crate) fn vkeys(&self) -> Vec<VerifierKey> {
        (0..self.desks.len()).map(|at| self.vkey(at)).collect()
    }

    pub(crate) fn signer(&self) -> Signer {
        let keys = match Keys::open(&OsFiles, &self.yard.keys()) {
            Err(SignError::NoKey(_)) => {
                let world = self.yard.world.as_ref();
                Keys::create(&self.yard.store(), world, &self.yard.keys()).unwrap()
            }
            outcome => outcome.unwrap(),
        };
        Signer::new(&self.yard.store(), keys, Some(BASE))
    }

    /// Integrates and signs.
    pub(crate) fn note(&self) -> Note {
        self.yard.integrate();
        let now = tacho_event::World::now(self.yard.world.as_ref());
        self.signer().sign("default", Demand::Now, now).unwrap().unwrap()
    }

    pub(crate) fn anchors(&self) -> Anchors {
        let witness = |desk: &Arc<Desk>| {
            Anchor::witness(desk.witness.verifier().clone(), desk.clone() as Arc<dyn Carrier>)
        };
        let all = self.desks.iter().map(witness).collect();
        Anchors { all, policy: None, patience: Duration::from_secs(20) }
    }

    /// A policy that wants so many of the witnesses.
    pub(crate) fn policy(&self, wanted: usize) -> Policy {
        let mut text = String::new();
        let mut names = String::new();
        for (number, key) in self.vkeys().iter().enumerate() {
            text += &format!("witness w{number} {key}\n");
            names += &format!(" w{number}");
        }
        text += &format!("group enough {wanted}{names}\nquorum enough\n");
        Policy::parse(text.as_bytes()).unwrap()
    }

    pub(crate) fn run(&self, anchors: &Anchors, which: Which<'_>) -> (Asking, Vec<Draft>) {
        self.run_note(&self.note(), anchors, which)
    }

    pub(crate) fn run_note(
        &self,
        note: &Note,
        anchors: &Anchors,
        which: Which<'_>,
    ) -> (Asking, Vec<Draft>) {
        let mut told = Vec::new();
        let mut tell = |drafts: Vec<Draft>| {
            told.extend(drafts);
            true
        };
        let (store, world) = (self.yard.store(), self.yard.world.as_ref());
        let asking = run(&store, "default", note, anchors, which, world, &mut tell).unwrap();
        (asking, told)
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.yard.world.micros.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }

    /// Copies store and keys aside, and gives what puts them back.
    pub(crate) fn snapshot(&self) -> impl Fn(&Scene) + use<> {
        let aside = self.dir.path().join("aside");
        let _ = std::fs::remove_dir_all(&aside);
        copy(&self.yard.path(), &aside.join("store"));
        copy(&self.yard.keys(), &aside.join("keys"));
        move |scene| {
            for (name, place) in [("store", scene.yard.path()), ("keys", scene.yard.keys())] {
                std::fs::remove_dir_all(&place).unwrap();
                copy(&aside.join(name), &place);
            }
        }
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

pub(crate) fn names(drafts: &[Draft]) -> Vec<String> {
    let name = |draft: &Draft| draft.at("/action/name")?.as_str().map(str::to_owned);
    drafts.iter().filter_map(name).collect()
}

pub(crate) fn troubles(asking: &Asking) -> Vec<&'static str> {
    asking.outcomes.iter().filter_map(|one| one.result.as_ref().err().map(Trouble::code)).collect()
}
