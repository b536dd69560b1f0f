//! After an erasure no byte of a person is on the disk: in no file, no freed block, not compressed,
//! not as ciphertext, and none of the keys; under every preset, wherever it stood before.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use tacho_event::privacy::{Policy, Preset};
use tacho_event::{Draft, TenantId};
use tacho_testkit::sim::{Keep, Machine};
use tachograph::Log;
use tachograph::backup::backup;
use tachograph::erase::{Scope, Target};
use tachograph::files::{Access, Files, Point};
use tachograph::pack;
use tachograph::record::{Recorder, Settings};
use tachograph::vault::{Item, Writer, items};
use tachograph::wal::{Options, Patience, Wal};

use super::crash::{DAY_MICROS, adds_up};
use super::safe::{call, policy};
use super::story::{KEYS, Process, STORE, start};

/// Stands in everything that Alice did.
const HERS: &str = "alices-errand-7f3a";
const COPY: &str = "/data/copy";

/// What Alice or Bob did; every third is long, and compresses well.
fn draft(number: u64) -> Draft {
    let (who, what) = match number % 2 {
        0 => ("alice@example.com", HERS),
        _ => ("bob@example.com", "bobs-errand"),
    };
    let repeated = if number.is_multiple_of(3) { 500 } else { 1 };
    call(number, who, &format!("{what} {number} ").repeat(repeated))
}

fn drafts(numbers: std::ops::Range<u64>) -> Vec<Draft> {
    numbers.map(draft).collect()
}

/// A hook that finds `wal/lock` taken writes to the spool.
fn spool(machine: &Machine, process: &Process, preset: Preset, policy: &Policy, draft: Draft) {
    let other = machine.process();
    let lock = other.open(&Path::new(STORE).join("wal/lock"), Access::Write).unwrap();
    assert!(lock.try_lock(Point::WalLock).unwrap());
    let writer = Writer::of(preset, process.ring.clone(), "acme").unwrap();
    let tenant = TenantId::new("acme").unwrap();
    let settings =
        Settings { tenant, beat: false, patience: Patience::Hook, ..Settings::default() };
    let wal = Wal::new(&process.store, process.world.clone(), Options::default());
    let (store, world) = (process.store.clone(), process.world.clone());
    let recorder = Recorder::with_writer(store, wal, world, policy.clone(), settings, writer);
    recorder.unwrap().record(draft).unwrap();
    let in_spool = Path::new(STORE).join("spool");
    assert!(machine.paths().iter().any(|path| path.starts_with(&in_spool)), "nothing is spooled");
}

/// Alice and Bob: a packed day, and one with parts that were integrated without the keys and with
/// them, that wait, that a hook sealed, that lie in the spool and in a torn range.
fn told(preset: Preset) -> Machine {
    let (machine, policy) = (Machine::new(17), policy(preset));
    machine.make_dir("/data");
    let process = start(&machine).unwrap();
    process.record(preset, &policy, drafts(0..12)).unwrap();
    process.integrate(true).unwrap();
    machine.pass(DAY_MICROS);
    let due = pack::plan(&process.store, process.world.as_ref(), "acme").unwrap();
    assert_eq!(due.is_empty(), preset == Preset::Minimal);
    pack::apply(&process.store, &process.world, Some(&process.ring), &due).unwrap();
    process.record(preset, &policy, drafts(12..18)).unwrap();
    if preset.terms().sealed {
        process.hook(&policy, drafts(18..22)).unwrap();
    }
    process.integrate(false).unwrap();
    process.record(preset, &policy, drafts(22..26)).unwrap();
    process.integrate(true).unwrap();
    process.record(preset, &policy, drafts(26..30)).unwrap();
    spool(&machine, &process, preset, &policy, draft(30));
    // A copy before this: what lies in a torn range is not known to anybody's keys.
    backup(&process.store, process.world.clone(), Path::new(COPY)).unwrap();
    let torn = format!("{STORE}/wal/quarantine/00000001_0000004096_wal-torn.bad");
    machine.tamper(torn, format!("TWF1 alice@example.com {HERS}").as_bytes());
    machine
}

/// Every secret that stands in a slot, and the sealed bodies of Alice's parts.
fn of_hers(machine: &Machine) -> Vec<Vec<u8>> {
    let slots = ["vault.msk", "acme/index.key"].map(|name| format!("{KEYS}/{name}"));
    let slots = slots.iter().filter_map(|path| machine.read(path));
    let secrets = slots.flat_map(|bytes| [bytes[8..40].to_vec(), bytes[520..552].to_vec()]);
    let mut hers: Vec<Vec<u8>> =
        secrets.filter(|secret| secret.iter().any(|byte| *byte != 0)).collect();
    let process = start(machine).unwrap();
    let log = Log::of(&process.store, "acme").unwrap();
    for at in (0..log.size()).step_by(2) {
        let Some(entry) = log.get(at).unwrap() else { continue };
        let stored = log.parts(&entry).unwrap();
        for item in items(&stored).flatten() {
            if let Item::Part(part) = item {
                hers.push(part.body.to_vec());
            }
        }
    }
    hers
}

/// What a zstd frame anywhere in these bytes says.
fn unpacked(bytes: &[u8]) -> Vec<Vec<u8>> {
    let frames = memchr::memmem::find_iter(bytes, b"\x28\xb5\x2f\xfd");
    let opened = frames.filter_map(|at| {
        let decoder = zstd::stream::read::Decoder::with_buffer(&bytes[at..]).ok()?;
        let mut said = Vec::new();
        decoder.single_frame().take(8 << 20).read_to_end(&mut said).ok()?;
        Some(said)
    });
    opened.collect()
}

fn is_in(bytes: &[u8], text: &[u8]) -> bool {
    memchr::memmem::find(bytes, text).is_some()
}

/// The files of the copy, which keeps what it kept.
fn copied(machine: &Machine) -> HashSet<Vec<u8>> {
    let inside = |path: &PathBuf| path.starts_with(COPY);
    machine.paths().into_iter().filter(inside).filter_map(|path| machine.read(path)).collect()
}

#[test]
fn nothing_of_a_person_is_on_the_disk_under_any_preset() {
    for preset in Preset::ALL {
        let machine = told(preset);
        let (sealed, said_nothing) = (preset.terms().sealed, preset == Preset::Minimal);
        let texts: [&[u8]; 2] = [HERS.as_bytes(), b"alice@example.com"];
        let stood = |machine: &Machine| {
            let image = machine.image();
            let shown = image.iter().any(|bytes| is_in(bytes, texts[0]));
            let packed = image.iter().flat_map(|bytes| unpacked(bytes));
            (shown, packed.into_iter().any(|bytes| is_in(&bytes, texts[0])))
        };
        // The torn range shows her under every preset; blocks and long parts compress her words.
        let plain_and_said = !sealed && !said_nothing;
        assert_eq!(stood(&machine), (true, plain_and_said), "{preset:?}");
        let hers = of_hers(&machine);
        assert_eq!(hers.len() > 2, !said_nothing, "{preset:?}: {}", hers.len());

        let process = start(&machine).unwrap();
        let scope = Scope::Subject("Alice@example.com".to_owned());
        let target = Target { tenant: "acme".to_owned(), scope };
        process.eraser().erase(&[target], "asked").unwrap();

        let copied = copied(&machine);
        for cut in [false, true] {
            if cut {
                machine.power_cut(Keep::Nothing);
            }
            let image = machine.image();
            for bytes in image.iter().filter(|bytes| sealed || !copied.contains(bytes.as_slice())) {
                for text in texts {
                    assert!(!is_in(bytes, text), "{preset:?} {cut}: in the clear");
                    let packed = unpacked(bytes);
                    let packed = packed.iter().any(|bytes| is_in(bytes, text));
                    assert!(!packed, "{preset:?} {cut}: compressed");
                }
            }
            for bytes in image.iter().filter(|bytes| !copied.contains(bytes.as_slice())) {
                for (at, secret) in hers.iter().enumerate() {
                    assert!(!is_in(bytes, secret), "{preset:?} {cut}: secret or part {at}");
                }
            }
        }
        let process = start(&machine).unwrap();
        adds_up(&process.store, &process).unwrap();
        let says = process.says(&policy(preset)).unwrap();
        assert!(!says.iter().any(|said| said.contains(HERS)), "{preset:?}");
        let bobs = says.iter().filter(|said| said.contains("bobs-errand")).count();
        let all = if sealed { 15 } else { 13 };
        assert_eq!(bobs, if said_nothing { 0 } else { all }, "{preset:?}");
    }
}
