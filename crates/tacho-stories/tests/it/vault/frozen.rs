//! Stores of the first format, kept for ever: opened, checked, revealed, proven and continued.
//!
//! `examples/freeze_stores.rs` wrote them, once. Whoever writes them anew has changed the format:
//! their sums stand beside them, and other bytes are another directory.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use tacho_event::World;
use tacho_event::privacy::Preset;
use tacho_tree::VerifierKey;
use tacho_tree::audit::Verdict;
use tachograph::erase::{Scope, Target};
use tachograph::places::Places;
use tachograph::sign::{Demand, Keys};
use tachograph::vault::VaultError;
use tachograph::verify::{Options, Verified, verify};

use super::erase::{copy_dir, eraser, holders};
use super::safe::{Safe, call};
use crate::verify::signer;
use crate::yard::Yard;

const FROZEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/stores/v1");

/// Days from the beginning of the frozen stores to the day they are opened here.
const DAYS_ON: i64 = 12;

/// A copy of a frozen store, with what git does not keep and opening it does not bring back: the
/// folder of stops, and the modes of keys, which are their owner's alone.
fn thawed(name: &str) -> Safe {
    let yard = Yard::new();
    for (part, to) in [("store", yard.path()), ("keys", yard.keys())] {
        copy_dir(&Path::new(FROZEN).join(name).join(part), &to);
    }
    let places = Places::new(yard.path());
    std::fs::create_dir_all(places.stops()).unwrap();
    for path in files(&yard.keys()) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    yard.world.micros.fetch_add(DAYS_ON * 86_400_000_000, Ordering::Relaxed);
    Safe { yard }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn key(safe: &Safe) -> VerifierKey {
    let store = safe.yard.store();
    let keys = Keys::open(store.files().as_ref(), &safe.yard.keys()).unwrap();
    keys.log_key(&signer(&safe.yard).origin("acme").unwrap(), 0).verifier().clone()
}

/// What `verify` says under the one key that was ever there; it finds nothing.
fn sound(safe: &Safe, with_keys: bool) -> Verified {
    let ring = with_keys.then(|| safe.ring());
    let options = Options { keys: vec![key(safe)], ring, ..Options::default() };
    let verified = verify(&safe.yard.store(), "acme", &options);
    assert_eq!(verified.report.findings, []);
    assert_eq!(verified.verdict(), Verdict::Yes);
    verified
}

/// What the errands say, by their ids; the vault's own events left out.
fn errands(safe: &Safe) -> Vec<(String, String)> {
    let log = safe.yard.log("acme");
    let id = |at| {
        let leaf = log.get(at).unwrap().unwrap().leaf;
        leaf.at("/id").and_then(|id| id.as_str()).unwrap().to_owned()
    };
    let said = safe.says("acme");
    let all = (0..log.size()).map(id).zip(said);
    all.filter(|(id, _)| id.starts_with("e-")).collect()
}

fn told(safe: &Safe) -> Vec<String> {
    errands(safe).into_iter().map(|(id, said)| format!("{id} {said}")).collect()
}

/// Proves an event, appends another, signs, and proves the first again under the longer log.
fn goes_on(safe: &Safe, preset: Preset) {
    let proof = safe.yard.log("acme").prove("e-2").unwrap();
    let before = proof.check(&[key(safe)]).unwrap();
    safe.server(preset, "acme").record(call(50, "bob@example.com", "thawed")).unwrap();
    safe.integrate();
    assert_eq!(told(safe).last().unwrap(), "e-50 bob@example.com thawed");
    let now = safe.yard.world.now();
    signer(&safe.yard).sign("acme", Demand::Keep, now).unwrap().unwrap();
    let verified = sound(safe, true);
    assert_eq!(verified.extent.signed, verified.extent.stored);
    let log = safe.yard.log("acme");
    let again = log.prove("e-2").unwrap();
    let after = again.check(&[key(safe)]).unwrap();
    assert!(after.size > before.size);
    assert_eq!(again.leaf, proof.leaf);
    let path = log.prove_consistency(before.size, after.size).unwrap();
    assert!(tacho_tree::check::consistency(&before, &after, &path).is_ok());
}

#[test]
fn frozen_stores_are_the_bytes_that_were_frozen() {
    let top = Path::new(FROZEN);
    let mut sums: Vec<(String, String)> = files(top)
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(top).unwrap().to_str().unwrap().to_owned();
            (name, tacho_testkit::sha256_hex(&std::fs::read(path).unwrap()))
        })
        .filter(|(name, _)| name != "SUMS")
        .collect();
    sums.sort();
    let sums: String = sums.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
    assert_eq!(sums, std::fs::read_to_string(top.join("SUMS")).unwrap());
}

#[test]
fn a_frozen_plain_store_is_read_proven_and_continued() {
    let safe = thawed("plain");
    let count = sound(&safe, false).disclosures.unwrap();
    assert_eq!((count.opened, count.sealed, count.missing, count.erased), (8, 0, 0, 0));
    let said = [
        "e-0 alice@example.com errand 0",
        "e-1 bob@example.com errand 1",
        "e-2 alice@example.com errand 2",
        "e-3 bob@example.com errand 3",
        "e-4 bob@example.com errand 4",
    ];
    assert_eq!(told(&safe), said);
    goes_on(&safe, Preset::Development);
    // It can be given a vault, and still be erased from.
    let alice = Scope::Subject("alice@example.com".to_owned());
    let target = Target { tenant: "acme".to_owned(), scope: alice };
    eraser(&safe).erase(&[target], "asked").unwrap();
    assert_eq!(holders(&safe, "alice@example.com"), [] as [PathBuf; 0]);
    assert_eq!(sound(&safe, true).disclosures.unwrap().erased, 4);
}

#[test]
fn a_frozen_sealed_store_is_read_proven_and_continued() {
    let safe = thawed("sealed");
    let count = sound(&safe, true).disclosures.unwrap();
    // Two errands of Alice erased, Dave's expired; the others, and what the vault says of itself.
    assert_eq!((count.erased, count.expired, count.missing, count.sealed), (4, 2, 0, 0));
    let opened = count.opened;
    assert!(opened >= 8, "{opened}");
    // Without the keys the same is there, and sealed.
    let blind = sound(&safe, false).disclosures.unwrap();
    assert_eq!((blind.erased, blind.expired, blind.missing), (4, 2, 0));
    assert_eq!(blind.opened + blind.sealed, opened);
    assert!(blind.sealed >= 8, "{}", blind.sealed);
    let said = [
        "e-0 ? ?",
        "e-1 ? ?",
        "e-2 bob@example.com errand 2",
        "e-3 carol@example.com errand 3",
        "e-4 ? ?",
        "e-5 robot errand 5",
        "e-6 bob@example.com errand 6",
        "e-7 bob@example.com errand 7",
    ];
    assert_eq!(told(&safe), said);
    // What was held then is held now.
    let carol = Scope::Subject("carol@example.com".to_owned());
    let target = Target { tenant: "acme".to_owned(), scope: carol };
    let refused = eraser(&safe).erase(&[target], "asked");
    assert!(matches!(refused, Err(VaultError::Held { hold }) if hold == "case-7"));
    goes_on(&safe, Preset::Production);
}

/// The frozen stores hold what they are to hold.
#[test]
fn the_frozen_sealed_store_has_a_packed_day_and_tombstones() {
    let dir = Path::new(FROZEN).join("sealed/store");
    let holds = |magic: &[u8]| {
        let bytes = files(&dir).into_iter().map(|path| std::fs::read(path).unwrap());
        bytes.map(|bytes| bytes.windows(4).filter(|four| *four == magic).count()).sum::<usize>()
    };
    for magic in [b"TVG1", b"TVP1", b"TVB1", b"TVX1"] {
        assert!(holds(magic) > 0, "{}", String::from_utf8_lossy(magic));
    }
}
