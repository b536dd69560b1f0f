//! Stories on the simulated machine: events are appended, integrated and signed; somebody dies or
//! the power goes, at any operation; the log is whole, and nothing that was signed is denied.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use tacho_event::privacy::{Class, Salter, base64url, digest};
use tacho_testkit::records::OwnedRecord;
use tacho_testkit::rng::Rng;
use tacho_testkit::sim::{Keep, Machine, SimFiles, Stop};
use tacho_tree::{Checkpoint, Frontier, Note, leaf_hash, prove};
use tachograph::files::Point;
use tachograph::integrate::{Budget, IntegrateError, Integrator};
use tachograph::sign::{Demand, Keys, SignError, Signer, kept, vkeys};
use tachograph::tenant::TenantPlaces;
use tachograph::vault::{FLAG_PLAIN, Grant, GrantKind, Part};
use tachograph::wal::{Position, SpoolAck};
use tachograph::{Log, Store};

use crate::harness::{Process, append_to, start, try_start};

const STORIES: u64 = 1_500;
const KEYS: &str = "/data/keys";
const TENANTS: [&str; 2] = ["acme", "default"];
/// A record of this number and its multiples is one that nobody may make.
const FORGED: u64 = 37;

/// Records that a gate lets through, made once.
pub(crate) struct Pool(Vec<OwnedRecord>);

impl Pool {
    pub(crate) fn new() -> Self {
        Self((0..600).map(genuine).collect())
    }

    fn get(&self, number: u64) -> &OwnedRecord {
        &self.0[number as usize]
    }
}

fn is_forged(number: u64) -> bool {
    number > 0 && number.is_multiple_of(FORGED)
}

fn tenant_of(number: u64) -> &'static str {
    TENANTS[usize::from(number.is_multiple_of(3))]
}

/// An event with an open part.
pub(crate) fn genuine(number: u64) -> OwnedRecord {
    // A UUIDv7 of the simulated machine's first millisecond: an older one has no writer any more.
    let id = (1_800_000_000_000u128 << 80) | (7 << 76) | (2 << 62) | u128::from(number);
    let record_id = id.to_be_bytes();
    let seed = [number as u8; 16];
    let value = format!(r#"{{"action":{{"tool":{{"parameters":{{"n":{number}}}}}}}}}"#);
    let mut salter = Salter::new(&seed, Class::Content);
    let disclosure = salter.disclosure("input", value.as_bytes());
    let digest = base64url(&digest(disclosure));
    let name = if is_forged(number) { "tacho.erase" } else { "Bash" };
    let session = number / 8;
    let leaf = format!(
        r#"{{"action":{{"name":"{name}","type":"tool"}},"agent":{{"session_id":"s-{session}"}},"content":{{"_sd":["{digest}"],"day":20777}},"id":"e-{number}","timestamp":"2026-11-20T10:00:00.{number:06}Z","v":1}}"#
    );
    let mut parts = Vec::new();
    let id = [number as u8 & 0xf0; 16];
    let grant = Grant { id, class: Class::Content, day: 20_777, kind: GrantKind::Open, wrap: b"" };
    grant.encode(&mut parts);
    let mut body = seed.to_vec();
    body.extend_from_slice(format!(r#"[["input",{value}]]"#).as_bytes());
    let part = Part {
        record_id,
        grant_id: id,
        class: Class::Content,
        flags: FLAG_PLAIN,
        pairs: 1,
        nonce: [0; 12],
        body: &body,
    };
    part.encode(&mut parts);
    OwnedRecord {
        tenant: tenant_of(number).to_owned(),
        record_id,
        idem: [0; 16],
        leaf: leaf.into_bytes(),
        parts,
        parts_count: 2,
        system: false,
        generation: 0,
    }
}

#[test]
fn the_log_is_whole_whatever_dies() {
    let pool = Pool::new();
    for seed in 0..tacho_testkit::stories(STORIES) {
        if let Err(what) = tell(&pool, seed, None) {
            panic!("story {seed}: {what}");
        }
    }
}

/// Points that guard what a story can see; each that is switched off is noticed.
pub(crate) const GUARDED: &[Point] = &[
    Point::LeafSync,
    Point::LeafDirSync,
    Point::NodeSync,
    Point::NodeDirSync,
    Point::LevelDirSync,
    Point::PartSync,
    Point::PartDirSync,
    Point::TenantDirSync,
    Point::TenantsDirSync,
    Point::WalReadSync,
    Point::StateSync,
    Point::StateRename,
    Point::StateDirSync,
    Point::RefusedSync,
    Point::RefusedRename,
    Point::RefusedDirSync,
    Point::KeySync,
    Point::KeyRename,
    Point::KeyDirSync,
    Point::KeyParentSync,
    Point::HighwaterSync,
    Point::HighwaterRename,
    Point::HighwaterDirSync,
    Point::CheckpointSync,
    Point::CheckpointRename,
    Point::CheckpointDirSync,
    Point::VkeySync,
    Point::VkeyRename,
    Point::KeptSync,
    Point::KeptDirSync,
    Point::IntegrateLock,
    Point::SignLock,
];

#[test]
fn every_point_that_is_switched_off_is_noticed() {
    if tacho_testkit::spares("points of the ledger") {
        return;
    }
    let pool = Pool::new();
    let unnoticed: Vec<&str> = GUARDED
        .iter()
        .filter(|point| {
            let found = (0..4 * STORIES).find(|seed| tell(&pool, *seed, Some(**point)).is_err());
            println!("point {} {found:?}", point.name());
            found.is_none()
        })
        .map(|point| point.name())
        .collect();
    assert_eq!(unnoticed, [""; 0]);
}

pub(crate) fn tell(pool: &Pool, seed: u64, off: Option<Point>) -> Result<(), String> {
    let machine = Machine::new(seed);
    if let Some(point) = off {
        machine.switch_off(point);
    }
    let mut story = Story::new(pool, machine, seed);
    for _ in 0..=story.rng.below(4) {
        story.chapter()?;
    }
    Ok(())
}

/// What was told to clients, and what must therefore be so.
struct Story<'p> {
    pool: &'p Pool,
    machine: Machine,
    rng: Rng,
    next: u64,
    has_keys: bool,
    disk: BTreeSet<u64>,
    os: BTreeSet<u64>,
    /// Heads that were signed, by tenant.
    signed: BTreeMap<String, Vec<Checkpoint>>,
    /// Heads that were kept for an anchor.
    kept: BTreeMap<String, Vec<Note>>,
}

fn told<E: std::fmt::Display>(error: E) -> String {
    error.to_string()
}

impl<'p> Story<'p> {
    fn new(pool: &'p Pool, machine: Machine, seed: u64) -> Self {
        Self {
            pool,
            machine,
            rng: Rng::new(seed ^ 0xbeef),
            next: 1,
            has_keys: false,
            disk: BTreeSet::new(),
            os: BTreeSet::new(),
            signed: BTreeMap::new(),
            kept: BTreeMap::new(),
        }
    }

    fn chapter(&mut self) -> Result<(), String> {
        let stop = if self.rng.chance(60) { Stop::PowerCut } else { Stop::Kill };
        let dies = self.rng.chance(90);
        if dies {
            let op = self.machine.ops() + 1 + self.rng.below(700);
            self.machine.stop_at(op, stop);
        }
        let worked = self.work();
        let stopped = dies && self.machine.is_stopped();
        self.machine.calm_down();
        self.machine.interrupt_at(u64::MAX, || {});
        match worked {
            Err(what) if !stopped => return Err(format!("without any fault: {what}")),
            _ => {}
        }
        let cut = stop == Stop::PowerCut && (stopped || self.rng.chance(50));
        if cut {
            let keep = match self.rng.below(5) {
                0 => Keep::Nothing,
                1 => Keep::Everything,
                _ => Keep::Some,
            };
            self.machine.power_cut(keep);
        }
        self.recover()?;
        self.check(cut)
    }

    /// One process works; now and then another one cuts in.
    fn work(&mut self) -> Result<(), String> {
        let process = try_start(&self.machine).map_err(told)?;
        if !self.has_keys {
            let files = process.files.as_ref();
            match Keys::open(files, Path::new(KEYS)) {
                Ok(_) => {}
                Err(SignError::NoKey(_)) => {
                    let world = self.machine.world();
                    Keys::create(&process.store, world.as_ref(), Path::new(KEYS)).map_err(told)?;
                }
                Err(error) => return Err(told(error)),
            }
            self.has_keys = true;
        }
        let mut integrator = self.integrator(&process.store);
        let mut signer = self.signer(&process)?;
        for _ in 0..=self.rng.below(6) {
            if self.rng.chance(25) {
                self.let_another_in();
            }
            match self.rng.below(10) {
                0..4 => self.append(&process)?,
                4..7 => {
                    let frames = if self.rng.chance(30) { 1 + self.rng.index(9) } else { 999 };
                    match integrator.run(Budget { frames, micros: None }) {
                        Ok(_) | Err(IntegrateError::Busy) => {}
                        Err(error) => return Err(told(error)),
                    }
                }
                7..9 => self.sign(&mut signer)?,
                _ => match integrator.retire() {
                    Ok(_) | Err(IntegrateError::Busy) => {}
                    Err(error) => return Err(told(error)),
                },
            }
        }
        Ok(())
    }

    /// Another process integrates and signs in the middle of what comes next.
    fn let_another_in(&mut self) {
        let machine = self.machine.clone();
        let op = self.machine.ops() + 1 + self.rng.below(60);
        self.machine.interrupt_at(op, move || {
            let Ok(process) = try_start(&machine) else { return };
            let mut integrator = Integrator::new(&process.store, machine.world());
            let _ = integrator.run(Budget::default());
            let Ok(keys) = Keys::open(process.files.as_ref(), Path::new(KEYS)) else { return };
            let mut signer = Signer::new(&process.store, keys, None);
            for tenant in TENANTS {
                let _ = signer.sign(tenant, Demand::Now, machine.world().now());
            }
        });
    }

    fn append(&mut self, process: &Process) -> Result<(), String> {
        let count = 1 + self.rng.below(12);
        let numbers: Vec<u64> = (self.next..self.next + count).collect();
        if numbers.iter().any(|number| *number >= 600) {
            return Ok(());
        }
        self.next += count;
        let records: Vec<OwnedRecord> =
            numbers.iter().map(|number| self.pool.get(*number).clone()).collect();
        if self.rng.chance(15) {
            for (number, record) in numbers.iter().zip(&records) {
                process.wal.spool(&record.borrow(), SpoolAck::Disk).map_err(told)?;
                self.disk.insert(*number);
            }
            return Ok(());
        }
        let appended = append_to(&process.wal, &records).map_err(told)?;
        self.os.extend(&numbers);
        if self.rng.chance(50) {
            process.wal.commit(appended.end).map_err(told)?;
            self.disk.extend(&numbers);
        }
        Ok(())
    }

    fn integrator(&self, store: &Store) -> Integrator {
        Integrator::new(store, self.machine.world())
    }

    fn signer(&self, process: &Process) -> Result<Signer, String> {
        let keys = Keys::open(process.files.as_ref(), Path::new(KEYS)).map_err(told)?;
        Ok(Signer::new(&process.store, keys, None))
    }

    fn sign(&mut self, signer: &mut Signer) -> Result<(), String> {
        let keep = self.rng.chance(40);
        let demand = if keep { Demand::Keep } else { Demand::Now };
        for tenant in TENANTS {
            let note = match signer.sign(tenant, demand, self.machine.world().now()) {
                Ok(note) => note,
                Err(SignError::Busy(_)) => continue,
                Err(error) => return Err(told(error)),
            };
            let Some(note) = note else { continue };
            let checkpoint = Checkpoint::parse(note.text()).map_err(told)?;
            self.signed.entry(tenant.to_owned()).or_default().push(checkpoint);
            if keep {
                self.kept.entry(tenant.to_owned()).or_default().push(note);
            }
        }
        Ok(())
    }

    /// Somebody starts again, dies, starts again; in the end all is integrated.
    fn recover(&mut self) -> Result<(), String> {
        for _ in 0..self.rng.below(3) {
            let op = self.machine.ops() + 1 + self.rng.below(300);
            self.machine.stop_at(op, Stop::Kill);
            if let Ok(process) = try_start(&self.machine) {
                let _ = self.integrator(&process.store).run(Budget::default());
            }
            self.machine.calm_down();
        }
        let process = start(&self.machine);
        // What a reader sees before and after is the same, in the same order.
        let unread = process.wal.drain(Position::START).is_ok();
        let mut before = Vec::new();
        for tenant in TENANTS {
            before.push(self.leaves(&process.store, tenant).ok());
        }
        let outcome = self.integrator(&process.store).run(Budget::default()).map_err(told)?;
        if !outcome.is_done {
            return Err("the end of the log was not reached".to_owned());
        }
        for (tenant, before) in TENANTS.iter().zip(before) {
            let after = self.leaves(&process.store, tenant)?;
            if let Some(before) = before.filter(|_| unread && outcome.damages.is_empty())
                && before != after
            {
                return Err(format!(
                    "{tenant}: read {} leaves, then {}",
                    before.len(),
                    after.len()
                ));
            }
        }
        Ok(())
    }

    fn leaves(&self, store: &Store, tenant: &str) -> Result<Vec<Vec<u8>>, String> {
        let log = Log::of(store, tenant).map_err(told)?;
        (0..log.size()).map(|index| log.leaf(index).map(Option::unwrap).map_err(told)).collect()
    }

    fn check(&mut self, cut: bool) -> Result<(), String> {
        let process = start(&self.machine);
        let mut there = BTreeSet::new();
        for tenant in TENANTS {
            self.check_tenant(&process, tenant, &mut there)?;
        }
        if cut {
            self.os = self.os.intersection(&there).copied().collect();
        }
        self.check_refused(&process, &mut there)?;
        for number in self.disk.union(&self.os) {
            if !there.contains(number) {
                return Err(format!("e-{number} was acknowledged and is not there"));
            }
        }
        if self.has_keys {
            let mut signer = self.signer(&process)?;
            self.sign(&mut signer)?;
        }
        Ok(())
    }

    fn check_tenant(
        &self,
        process: &Process,
        tenant: &str,
        there: &mut BTreeSet<u64>,
    ) -> Result<(), String> {
        let log = Log::of(&process.store, tenant).map_err(told)?;
        let size = log.size();
        let mut frontier = Frontier::new();
        let mut roots = vec![frontier.root()];
        for index in 0..size {
            let entry = log.get(index).map_err(told)?.unwrap();
            let leaf = log.leaf(index).map_err(told)?.unwrap();
            frontier.push(leaf_hash(&leaf), |_, _| ());
            roots.push(frontier.root());
            let id = entry.leaf.str("id").unwrap_or_default();
            let number: u64 = id.strip_prefix("e-").and_then(|n| n.parse().ok()).unwrap();
            let record = self.pool.get(number);
            if record.leaf != leaf || record.tenant != tenant || is_forged(number) {
                return Err(format!("{tenant} leaf {index} is not {id}"));
            }
            if !there.insert(number) {
                return Err(format!("{id} is there twice"));
            }
            let parts = log.parts(&entry).map_err(told)?;
            let opened = tachograph::vault::open(&parts);
            if opened.disclosures.len() != 1 || !opened.problems.is_empty() {
                return Err(format!("{tenant}: {id} has lost its part: {opened:?}"));
            }
            let found = log.find(id).map_err(told)?;
            if found.len() != 1 || found[0].index != index {
                return Err(format!("{tenant}: {id} is found at {found:?}, not {index}"));
            }
        }
        if size != log.integrated().size() || frontier != *log.integrated() {
            return Err(format!("{tenant}: the state is not that of its {size} leaves"));
        }
        // Roots at some sizes: the stored nodes are those of the leaves.
        for (at, root) in (0..=size).zip(&roots).filter(|(at, _)| at % 8 == size % 8) {
            if prove::root(log.nodes(), at).map_err(told)? != *root {
                return Err(format!("{tenant}: the stored tree differs at {at}"));
            }
        }
        self.check_signed(process, &log)
    }

    fn check_signed(&self, process: &Process, log: &Log) -> Result<(), String> {
        let tenant = log.tenant();
        let places = TenantPlaces::new(process.store.places(), tenant);
        let published = log.checkpoint().map_err(told)?;
        let published = published.map(|note| Checkpoint::parse(note.text()).unwrap());
        let signed = self.signed.get(tenant).map_or(&[][..], Vec::as_slice);
        for checkpoint in signed.iter().chain(&published) {
            let root = prove::root(log.nodes(), checkpoint.head.size).map_err(told)?;
            if checkpoint.head.size > log.size() || root != checkpoint.head.root {
                return Err(format!(
                    "{tenant}: what was signed at {} is denied",
                    checkpoint.head.size
                ));
            }
        }
        let last = signed.iter().map(|checkpoint| checkpoint.head.size).max().unwrap_or(0);
        if last > published.map_or(0, |checkpoint| checkpoint.head.size) {
            return Err(format!("{tenant}: the checkpoint at {last} is gone"));
        }
        let files = process.files.as_ref();
        if last > 0 && vkeys(files, &places).map_err(told)?.len() != 1 {
            return Err(format!("{tenant}: the public key is gone"));
        }
        let found = kept(files, &places).map_err(told)?;
        for note in self.kept.get(tenant).into_iter().flatten() {
            if !found.iter().any(|kept| kept.note == *note) {
                return Err(format!("{tenant}: a kept checkpoint is gone"));
            }
        }
        Ok(())
    }

    /// What was refused is in the quarantine, whole, and counts as there.
    fn check_refused(&self, process: &Process, there: &mut BTreeSet<u64>) -> Result<(), String> {
        for path in self.machine.paths() {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if !name.ends_with("_frame-refused.bad") {
                continue;
            }
            let bytes = self.machine.read(&path).unwrap_or_default();
            let leaf = bytes.windows(8).position(|window| window == br#""id":"e-"#);
            let digits = leaf.and_then(|at| bytes.get(at + 8..)).unwrap_or_default();
            let digits = digits.iter().take_while(|byte| byte.is_ascii_digit()).copied().collect();
            let number = String::from_utf8(digits).ok().and_then(|text| text.parse().ok());
            let Some(number) = number else { return Err(format!("{name} is empty")) };
            if !is_forged(number) {
                return Err(format!("e-{number} was refused"));
            }
            there.insert(number);
        }
        let _: &Arc<SimFiles> = &process.files;
        Ok(())
    }
}
