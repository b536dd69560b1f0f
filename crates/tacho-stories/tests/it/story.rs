//! Stories: processes write, spool, drain, rotate, integrate; one dies or the power goes, at any
//! operation, again and again; what was acknowledged is there, once.

use std::collections::{BTreeMap, BTreeSet};

use tacho_testkit::records;
use tacho_testkit::rng::Rng;
use tacho_testkit::sim::{Keep, Machine, Stop};
use tachograph::emitters;
use tachograph::files::Point;
use tachograph::integrated;
use tachograph::wal::{Damage, Patience, Position, SpoolAck};

use crate::harness::{Contents, Process, start, try_start};

/// Stories per run of the tests.
const STORIES: u64 = 3_000;

#[test]
fn what_was_acknowledged_survives_whatever_dies() {
    for seed in 0..tacho_testkit::stories(STORIES) {
        if let Err(what) = tell(seed, None) {
            panic!("story {seed}: {what}");
        }
    }
}

/// Tells one story; says what went wrong.
pub(crate) fn tell(seed: u64, off: Option<Point>) -> Result<(), String> {
    let machine = Machine::new(seed);
    if let Some(point) = off {
        machine.switch_off(point);
    }
    let mut story = Story::new(machine, seed);
    for _ in 0..=story.rng.below(4) {
        story.chapter()?;
    }
    Ok(())
}

/// What was told to clients, and what must therefore be so.
struct Story {
    machine: Machine,
    rng: Rng,
    next: u64,
    /// Acknowledged `disk`: there after anything.
    disk: BTreeSet<u64>,
    /// Acknowledged `os`: there unless the power goes.
    os: BTreeSet<u64>,
    /// Where a record was said to stand.
    places: BTreeMap<u64, Position>,
    /// Numbers that are durable in leaves, and the position up to which they are.
    leaves: BTreeSet<u64>,
    integrated: Position,
    /// Bad ranges that a power cut left in the log.
    damages: Vec<Damage>,
    /// Numbers that an emitter was given.
    sequence: BTreeSet<u64>,
}

impl Story {
    fn new(machine: Machine, seed: u64) -> Self {
        Self {
            machine,
            rng: Rng::new(seed ^ 0xabcd),
            next: 1,
            disk: BTreeSet::new(),
            os: BTreeSet::new(),
            places: BTreeMap::new(),
            leaves: BTreeSet::new(),
            integrated: Position::START,
            damages: Vec::new(),
            sequence: BTreeSet::new(),
        }
    }

    /// Some processes work until one of them dies, or the power goes, or all is done.
    fn chapter(&mut self) -> Result<(), String> {
        let stop = if self.rng.chance(60) { Stop::PowerCut } else { Stop::Kill };
        let dies = self.rng.chance(90);
        if dies {
            let op = self.machine.ops() + 1 + self.rng.below(400);
            self.machine.stop_at(op, stop);
        }
        let worked = self.work();
        let stopped = dies && self.machine.is_stopped();
        self.machine.calm_down();
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
        self.recover_with_accidents(cut)?;
        let process = start(&self.machine);
        self.check(&process, cut)
    }

    fn work(&mut self) -> Result<(), String> {
        let mut processes = Vec::new();
        for _ in 0..=self.rng.below(3) {
            processes.push(try_start(&self.machine).map_err(|error| error.to_string())?);
        }
        for _ in 0..4 + self.rng.below(12) {
            let process = self.rng.index(processes.len());
            self.act(&processes[process])?;
        }
        Ok(())
    }

    fn act(&mut self, process: &Process) -> Result<(), String> {
        match self.rng.below(16) {
            0..=7 => self.append(process),
            8 | 9 => self.spool(process),
            10 => self.integrate(process),
            11 => process.wal.rotate(Patience::Server).map(|_| ()).map_err(text),
            12 => process.wal.prepare_next(|| true).map_err(text),
            13 => self.fill_ahead(process),
            14 => process.wal.recover(self.integrated).map(|_| ()).map_err(text),
            _ => self.take_number(process),
        }
    }

    fn append(&mut self, process: &Process) -> Result<(), String> {
        let count = 1 + self.rng.below(4);
        let numbers: Vec<u64> = (self.next..self.next + count).collect();
        self.next += count;
        let appended = process.append(&numbers).map_err(text)?;
        self.os.extend(&numbers);
        if let [number] = numbers.as_slice() {
            self.places.insert(*number, appended.first);
        }
        if self.rng.chance(50) {
            process.wal.commit(appended.end).map_err(text)?;
            self.disk.extend(&numbers);
        }
        Ok(())
    }

    /// Whoever integrates saw the log end somewhere, and others may have appended since.
    fn fill_ahead(&mut self, process: &Process) -> Result<(), String> {
        let mut end = process.wal.recover(self.integrated).map_err(text)?.tail;
        end.offset -= self.rng.below(end.offset.min(2_000));
        let most = 1 << self.rng.below(16);
        process.wal.fill_ahead(end, most, || true).map_err(text)
    }

    fn spool(&mut self, process: &Process) -> Result<(), String> {
        let number = self.next;
        self.next += 1;
        let durably = self.rng.chance(50);
        let ack = if durably { SpoolAck::Disk } else { SpoolAck::Os };
        process.wal.spool(&records::record(number).borrow(), ack).map_err(text)?;
        self.os.insert(number);
        if durably {
            self.disk.insert(number);
        }
        Ok(())
    }

    /// Moves what the log holds to "leaves": this set, which no crash takes away.
    fn integrate(&mut self, process: &Process) -> Result<(), String> {
        process.wal.drain(self.integrated).map_err(text)?;
        let contents = process.try_contents().map_err(text)?;
        process.wal.commit(contents.tail).map_err(text)?;
        // From here on the leaves are durable; the position follows. A crash in between leaves a
        // position behind the leaves, which replaying makes up for.
        self.leaves.extend(contents.numbers());
        let (files, places) = (process.files.as_ref(), process.store.places());
        integrated::write(files, places, contents.tail).map_err(text)?;
        self.integrated = contents.tail;
        process.wal.retire().map_err(text)?;
        Ok(())
    }

    fn take_number(&mut self, process: &Process) -> Result<(), String> {
        let (files, places) = (process.files.as_ref(), process.store.places());
        let name = emitters::file_name("default", "hook:test", "e1");
        let world = self.machine.world();
        let numbers = emitters::take(files, places, world.as_ref(), &name, 1).map_err(text)?;
        let first = numbers.ok_or("the sequence is locked")?.first;
        if self.sequence.insert(first) { Ok(()) } else { Err(format!("{first} was given twice")) }
    }

    /// Recovers, dying inside now and then; the last attempt is left in peace.
    fn recover_with_accidents(&mut self, cut: bool) -> Result<(), String> {
        for _ in 0..self.rng.below(3) {
            let stop = if cut { Stop::PowerCut } else { Stop::Kill };
            self.machine.stop_at(self.machine.ops() + 1 + self.rng.below(120), stop);
            let process = try_start(&self.machine);
            if let Ok(process) = &process {
                let _ = process.wal.recover(self.integrated);
            }
            let stopped = self.machine.is_stopped();
            self.machine.calm_down();
            if stopped && cut {
                self.machine.power_cut(Keep::Some);
            }
        }
        Ok(())
    }

    fn check(&mut self, process: &Process, cut: bool) -> Result<(), String> {
        let (files, places) = (process.files.as_ref(), process.store.places());
        let position = integrated::read(files, places).map_err(text)?;
        if position < self.integrated {
            return Err(format!("integrated went back from {} to {position}", self.integrated));
        }
        // Before anything is appended: a place at the lost tail is given again.
        self.check_damage(&process.try_contents().map_err(text)?, cut)?;
        process.wal.drain(position).map_err(text)?;
        let contents = process.try_contents().map_err(text)?;
        self.check_records(&contents, cut)?;
        let again = process.try_contents().map_err(text)?;
        if again.records != contents.records || again.tail != contents.tail {
            return Err("recovering twice is not recovering once".to_owned());
        }
        for finding in process.wal.untold().map_err(text)? {
            process.wal.told(&finding).map_err(text)?;
        }
        if !process.wal.untold().map_err(text)?.is_empty() {
            return Err("a finding that was told is untold".to_owned());
        }
        if cut {
            // What was not lost is as good as durable once it was seen.
            process.wal.commit(contents.tail).map_err(text)?;
            let there: BTreeSet<u64> = contents.numbers().into_iter().collect();
            self.os.retain(|number| there.contains(number) || self.leaves.contains(number));
            self.places.retain(|number, _| there.contains(number));
            self.disk.extend(self.os.iter());
        }
        Ok(())
    }

    fn check_records(&self, contents: &Contents, cut: bool) -> Result<(), String> {
        let counts = contents.counts();
        // Until the position moves on, what stands in leaves may stand in the log as well.
        let there = |number: &u64| counts.contains_key(number) || self.leaves.contains(number);
        if let Some(lost) = self.disk.iter().find(|number| !there(number)) {
            return Err(format!("{lost} was acknowledged as durable and is gone"));
        }
        if !cut && let Some(lost) = self.os.iter().find(|number| !there(number)) {
            return Err(format!("{lost} was acknowledged and is gone"));
        }
        if let Some((twice, _)) = counts.iter().find(|(_, count)| **count > 1) {
            return Err(format!("{twice} is there twice"));
        }
        if let Some(never) = counts.keys().find(|number| **number >= self.next) {
            return Err(format!("{never} was never written"));
        }
        Ok(())
    }

    /// Nothing vanishes from the middle of the log without a word.
    fn check_damage(&mut self, contents: &Contents, cut: bool) -> Result<(), String> {
        let known = std::mem::replace(&mut self.damages, contents.damages.clone());
        if !cut && let Some(new) = contents.damages.iter().find(|damage| !known.contains(damage)) {
            return Err(format!("without a power cut the log is damaged: {new:?}"));
        }
        let counts = contents.counts();
        let last = contents.records.last().map(|(at, _)| *at).unwrap_or_default();
        for (number, place) in &self.places {
            let gone = !counts.contains_key(number) && !self.leaves.contains(number);
            let named = |damage: &Damage| {
                damage.segment == place.segment
                    && damage.from <= place.offset
                    && place.offset < damage.to
            };
            if gone && *place < last && !contents.damages.iter().any(named) {
                return Err(format!("{number} is gone from {place} without a word"));
            }
        }
        Ok(())
    }
}

fn text(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
