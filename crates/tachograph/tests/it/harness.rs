//! Given a machine, gives a store on it and what it holds.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tacho_testkit::records::{self, OwnedRecord};
use tacho_testkit::sim::{Machine, SimFiles};
use tachograph::Store;
use tachograph::integrated;
use tachograph::store::Remote;
use tachograph::wal::scan::Judge;
use tachograph::wal::{
    AppendError, Appended, Batch, Damage, Item, Options, Patience, Position, Wal, Walk,
};

/// Where the store stands on a simulated disk.
pub(crate) const STORE: &str = "/data/store";
/// Small segments, so that stories cross many of them.
pub(crate) const SEGMENT_BYTES: u64 = 24 << 10;

pub(crate) fn options() -> Options {
    Options { segment_bytes: SEGMENT_BYTES }
}

/// One process with the store open.
pub(crate) struct Process {
    pub(crate) files: Arc<SimFiles>,
    pub(crate) store: Store,
    pub(crate) wal: Wal,
}

/// Starts a process that opens the store, creating it if there is none.
pub(crate) fn start(machine: &Machine) -> Process {
    try_start(machine).unwrap()
}

pub(crate) fn try_start(machine: &Machine) -> Result<Process, tachograph::store::OpenError> {
    let files = Arc::new(machine.process());
    machine.make_dir("/data");
    let world = machine.world();
    let path = Path::new(STORE);
    let store = Store::create(files.clone(), world.as_ref(), path, Remote::Refused)?;
    let wal = Wal::new(&store, world, options());
    Ok(Process { files, store, wal })
}

impl Process {
    /// Appends the records of these numbers.
    pub(crate) fn append(&self, numbers: &[u64]) -> Result<Appended, AppendError> {
        let records: Vec<OwnedRecord> = numbers.iter().map(|n| records::record(*n)).collect();
        append_to(&self.wal, &records)
    }

    /// Appends and commits.
    pub(crate) fn append_durably(&self, numbers: &[u64]) -> Appended {
        let appended = self.append(numbers).unwrap();
        self.wal.commit(appended.end).unwrap();
        appended
    }

    /// Judges the log and reads it from the integrated position on.
    pub(crate) fn contents(&self) -> Contents {
        self.try_contents().unwrap()
    }

    pub(crate) fn try_contents(&self) -> Result<Contents, AppendError> {
        let from = integrated::read(self.files.as_ref(), self.store.places())?;
        let recovered = self.wal.recover(from)?;
        let walk = Walk::new(self.files.clone(), self.store.places().clone(), from, Judge::Holding);
        let mut walk = walk.until(recovered.tail);
        let mut contents = Contents { tail: recovered.tail, ..Contents::default() };
        loop {
            match walk.next_item()? {
                Item::Frame { at, record, .. } => {
                    let record = OwnedRecord::of(&record);
                    contents.records.push((at, record));
                }
                Item::Damage(damage) => contents.damages.push(damage),
                Item::Unclear(at) => panic!("a judge is never unclear, and was at {at}"),
                Item::End(_) => return Ok(contents),
            }
        }
    }
}

pub(crate) fn append_to(wal: &Wal, records: &[OwnedRecord]) -> Result<Appended, AppendError> {
    let mut batch = Batch::new();
    for record in records {
        batch.push(&record.borrow()).unwrap();
    }
    wal.append(&mut batch, Patience::Server)
}

/// What a log holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) records: Vec<(Position, OwnedRecord)>,
    pub(crate) damages: Vec<Damage>,
    pub(crate) tail: Position,
}

impl Contents {
    /// The numbers of the records, in order.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.records.iter().map(|(_, record)| number_of(record)).collect()
    }

    /// How often each number occurs.
    pub(crate) fn counts(&self) -> BTreeMap<u64, usize> {
        let mut counts = BTreeMap::new();
        for number in self.numbers() {
            *counts.entry(number).or_default() += 1;
        }
        counts
    }

    pub(crate) fn codes(&self) -> Vec<&'static str> {
        self.damages.iter().map(|damage| damage.kind.code()).collect()
    }
}

/// The number a record was made of; it must be that record to the last byte.
pub(crate) fn number_of(record: &OwnedRecord) -> u64 {
    let number = records::number_of(&record.leaf).unwrap();
    assert_eq!(record, &records::record(number), "a record is not what was written");
    number
}
