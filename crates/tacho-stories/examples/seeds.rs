//! Reads every JSON and YAML sample of the five texts that this recorder replaces, records it, and
//! prints each entry with the hash that a log would hold of it: SHA-256(0x00 || leaf).
//!
//! ```text
//! cargo run -p tacho-stories --example seeds [FOLDER]
//! ```
//!
//! The texts lie in FOLDER, else in `TACHO_SEEDS`, else in `../shared/seeds` beside the project;
//! without them the golden fixtures of the dialects are read. The clock stands still and the dice
//! count, so that every run prints the same hashes; a recorder uses real ones.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example reads files and speaks to the person running it"
)]

#[path = "../tests/it/samples.rs"]
mod samples;

use samples::{samples, stands_for};
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::error::Error;
use std::path::{Path, PathBuf};
use tacho_event::dialect::detect;
use tacho_event::json::{Value, read};
use tacho_event::privacy::{Entry, Policy, Protected, StandIns};
use tacho_event::{Draft, Problem, Timestamp, World};

fn main() -> Result<(), Box<dyn Error>> {
    let mut recorder = Recorder::default();
    let given = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = given.unwrap_or_else(tacho_testkit::seeds_folder);
    if folder.is_dir() {
        for text in files(&folder, ".txt")? {
            let name = name_of(&text);
            for sample in samples(&std::fs::read_to_string(&text)?) {
                let place = format!("{name}:{} ({})", sample.line, sample.language);
                let stand_in = stands_for(&sample).map(|fixture| fixtures().join(fixture));
                let value = match stand_in {
                    Some(fixture) => Some(read(&std::fs::read(fixture)?)?),
                    None => sample.value(),
                };
                recorder.record(&place, &value.ok_or(format!("{place} is no JSON and no YAML"))?);
            }
        }
    } else {
        println!("no texts at {}: reading the golden fixtures instead\n", folder.display());
        for dialect in files(&fixtures(), "")? {
            for case in files(&dialect, ".in.json")? {
                let place = format!("{}/{}", name_of(&dialect), name_of(&case));
                recorder.record(&place, &read(&std::fs::read(&case)?)?);
            }
        }
    }
    println!("{} entries, {} samples that are no record", recorder.entries, recorder.refused);
    Ok(())
}

/// What a program does with what it is told: dialect, draft, event, entry.
#[derive(Default)]
struct Recorder {
    policy: Policy,
    stand_ins: StandIns,
    world: Still,
    entries: usize,
    refused: usize,
}

impl Recorder {
    fn record(&mut self, place: &str, document: &Value) {
        println!("{place}");
        let batch = match detect(document) {
            Ok(dialect) => dialect.read(document),
            Err(problem) => Err(vec![problem]),
        };
        let drafts = match batch {
            Ok(batch) => {
                println!("  dialect {}", batch.dialect().name);
                batch.into_drafts()
            }
            Err(problems) => return self.refuse(&problems),
        };
        for draft in drafts {
            match self.protect(draft) {
                Ok(entry) => self.print(&entry),
                Err(problems) => self.refuse(&problems),
            }
        }
        println!();
    }

    fn protect(&mut self, draft: Draft) -> Result<Box<Entry>, Vec<Problem>> {
        let event = draft.check(&self.world)?;
        match self.policy.apply(event, &self.stand_ins, &self.world) {
            Ok(Protected::Entry(entry)) => Ok(entry),
            Ok(Protected::Dropped { .. }) => {
                Err(vec![Problem::new("", "is not wanted by the policy", "")])
            }
            Err(problem) => Err(vec![problem]),
        }
    }

    fn print(&mut self, entry: &Entry) {
        self.entries += 1;
        println!("  leaf    {}", String::from_utf8_lossy(entry.leaf()));
        for part in entry.parts() {
            let (class, bytes) = (part.class(), part.plaintext().len());
            println!("  part    {} of {bytes} bytes, erasable", class.as_str());
        }
        let hash = Sha256::new().chain_update([0]).chain_update(entry.leaf()).finalize();
        println!("  hash    {}", hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    }

    fn refuse(&mut self, problems: &[Problem]) {
        self.refused += 1;
        for problem in problems {
            println!("  no record: {problem}");
        }
        println!();
    }
}

/// A clock that stands still and dice that count.
#[derive(Default)]
struct Still(Cell<u128>);

impl World for Still {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2026-11-20T10:00:00Z").unwrap_or_default()
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.0.set(self.0.get() + 1);
        for chunk in bytes.chunks_mut(16) {
            let count = self.0.get().to_be_bytes();
            chunk.iter_mut().zip(count).for_each(|(slot, byte)| *slot = byte);
        }
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tacho-event/fixtures/dialects")
}

/// What lies in `folder` and ends with `end`, in order.
fn files(folder: &Path, end: &str) -> Result<Vec<PathBuf>, std::io::Error> {
    let found = std::fs::read_dir(folder)?.map(|file| file.map(|file| file.path()));
    let mut found: Vec<PathBuf> = found.collect::<Result<_, _>>()?;
    found.retain(|path| name_of(path).ends_with(end));
    found.sort();
    Ok(found)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
