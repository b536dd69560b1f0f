//! After an erasure nothing of a person is left, and every proof still holds.

use std::path::{Path, PathBuf};

use tacho_event::privacy::Preset;
use tacho_tree::{Head, prove};
use tachograph::erase::{Eraser, Scope, Target};
use tachograph::sign::{Demand, Keys, Signer};
use tachograph::vault::VaultError;

use super::safe::{BASE, Safe, call};

fn target(scope: Scope) -> Target {
    Target { tenant: "acme".to_owned(), scope }
}

pub(super) fn alice() -> Target {
    target(Scope::Subject("ALICE@example.com".to_owned()))
}

pub(super) fn eraser(safe: &Safe) -> Eraser {
    Eraser::new(&safe.yard.store(), safe.yard.world.clone(), safe.ring())
}

/// Every file below the directories.
fn files(dirs: &[PathBuf]) -> Vec<(PathBuf, Vec<u8>)> {
    let mut dirs = dirs.to_vec();
    let mut files = Vec::new();
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path)
            } else {
                files.push((path.clone(), std::fs::read(path).unwrap()))
            }
        }
    }
    files
}

pub(super) fn holders(safe: &Safe, text: &str) -> Vec<PathBuf> {
    let files = files(&[safe.yard.path(), safe.yard.keys()]);
    let has = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    files.into_iter().filter(|(_, bytes)| has(bytes)).map(|(path, _)| path).collect()
}

/// A log in which Alice and Bob are, integrated, waiting, spooled, and torn.
pub(super) fn told(preset: Preset) -> Safe {
    let safe = Safe::new();
    let server = safe.server(preset, "acme");
    for number in 0..8 {
        let (who, what) =
            [("alice@example.com", "alices errand"), ("bob@example.com", "bobs errand")]
                [number as usize % 2];
        server.record(call(number, who, &format!("{what} {number}"))).unwrap();
    }
    safe.integrate();
    if preset.terms().sealed {
        let hook = safe.hook(preset, "acme");
        hook.record(call(8, "Alice@Example.com", "alices errand 8")).unwrap();
    } else {
        server.record(call(8, "Alice@Example.com", "alices errand 8")).unwrap();
    }
    server.record(call(9, "bob@example.com", "bobs errand 9")).unwrap();
    // What recovery kept of a torn frame.
    let torn = safe.yard.path().join("wal/quarantine/00000001_0000004096_wal-torn.bad");
    std::fs::write(torn, b"TWF1 alice@example.com alices errand").unwrap();
    safe
}

#[test]
fn nothing_of_a_person_is_left_under_any_preset_and_the_others_are_there() {
    for preset in Preset::ALL {
        let safe = told(preset);
        let bob = safe.says("acme")[1].clone();
        let erased = eraser(&safe).erase(&[alice()], "asked").unwrap();
        for text in ["alice@example.com", "Alice@Example.com", "alices errand"] {
            assert_eq!(holders(&safe, text), [] as [PathBuf; 0], "{preset:?} {text}");
        }
        let says = safe.says("acme");
        assert_eq!((says[0].as_str(), says[8].as_str()), ("? ?", "? ?"), "{preset:?}");
        if preset == Preset::Minimal {
            // Nobody was ever named, and nothing said.
            assert_eq!((says[1].as_str(), erased.sums["acme"].len()), ("? ?", 0));
            continue;
        }
        assert_eq!(
            (says[1].as_str(), says[9].as_str()),
            (bob.as_str(), "bob@example.com bobs errand 9")
        );
        let content: u64 = erased.sums["acme"].iter().map(|(_, sum)| sum.count).sum();
        assert!(content >= 10, "{preset:?} {content}");
        // Life goes on.
        safe.server(preset, "acme").record(call(20, "alice@example.com", "back again")).unwrap();
        safe.integrate();
        assert_eq!(safe.says("acme").last().unwrap(), "alice@example.com back again");
    }
}

#[test]
fn old_proofs_hold_and_a_copy_of_the_store_made_before_tells_nothing() {
    let safe = told(Preset::Production);
    let store = safe.yard.store();
    let keys = Keys::open(store.files().as_ref(), &safe.yard.keys()).unwrap();
    let mut signer = Signer::new(&store, keys, Some(BASE));
    let now = tacho_event::World::now(safe.yard.world.as_ref());
    let before = signer.sign("acme", Demand::Now, now).unwrap().unwrap();
    let log = safe.yard.log("acme");
    let size = log.integrated().size();
    let hash = log.leaf_hash(2).unwrap().unwrap();
    let proof = prove::inclusion(log.nodes(), 2, size).unwrap();
    let copy = safe.yard.path().parent().unwrap().join("copy");
    copy_dir(&safe.yard.path(), &copy);

    eraser(&safe).erase(&[alice()], "asked").unwrap();

    let log = safe.yard.log("acme");
    let root = prove::root(log.nodes(), size).unwrap();
    let head = Head { size, root };
    assert!(tacho_tree::check::inclusion(&hash, 2, &head, &proof).is_ok());
    let text = before.to_string();
    let checkpoint =
        tacho_tree::Checkpoint::parse(tacho_tree::Note::parse(text.as_bytes()).unwrap().text())
            .unwrap();
    assert_eq!(checkpoint.head, head);
    assert!(signer.sign("acme", Demand::Now, now).unwrap().is_some());

    // The copy, opened with the keys of now.
    std::fs::remove_dir_all(safe.yard.path()).unwrap();
    copy_dir(&copy, &safe.yard.path());
    let log = safe.yard.log("acme");
    let mut opener = tachograph::vault::Opener::new(safe.ring_unchecked(), "acme").unwrap();
    for index in 0..log.size() {
        let entry = log.get(index).unwrap().unwrap();
        let parts = log.parts(&entry).unwrap();
        let files = log.part_files();
        let opened = opener
            .open(&parts, &mut |part| files.grant(part.class, 20_412, &part.grant_id).unwrap());
        for disclosure in opened.disclosures {
            let text = disclosure.value.to_json();
            assert!(!text.to_lowercase().contains("alice"), "{index} {text}");
        }
    }
}

pub(super) fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn events_sessions_and_what_leaked_go_and_their_neighbours_under_one_grant_stay() {
    for preset in [Preset::Production, Preset::Development] {
        let scopes = [
            Scope::Events(vec!["e-3".to_owned()]),
            Scope::Session("s-0".to_owned()),
            Scope::Matching("sk-live-123".to_owned()),
        ];
        for scope in scopes {
            let safe = Safe::new();
            let server = safe.server(preset, "acme");
            for number in 0..14 {
                let what = if number == 3 { "leaked sk-live-123" } else { "harmless" };
                server.record(call(number, "alice@example.com", what)).unwrap();
            }
            let copy = safe.yard.path().parent().unwrap().join("copy");
            safe.integrate();
            copy_dir(&safe.yard.path(), &copy);
            let mut eraser = eraser(&safe);
            let preview = eraser.preview(&target(scope.clone())).unwrap();
            let events = if matches!(scope, Scope::Session(_)) { 10 } else { 1 };
            assert_eq!((preview.events, preview.leaves), (events, 14), "{scope:?}");
            eraser.erase(&[target(scope.clone())], "leak").unwrap();
            assert_eq!(holders(&safe, "sk-live-123"), [] as [PathBuf; 0], "{scope:?}");
            let says = safe.says("acme");
            assert!(says[3].ends_with('?'), "{scope:?} {}", says[3]);
            assert_eq!(says[13], "alice@example.com harmless", "{scope:?}");
            // The copy made before does not open with the keys of now where parts went.
            if preset == Preset::Production {
                std::fs::remove_dir_all(safe.yard.path()).unwrap();
                copy_dir(&copy, &safe.yard.path());
                let log = safe.yard.log("acme");
                let mut opener =
                    tachograph::vault::Opener::new(safe.ring_unchecked(), "acme").unwrap();
                let parts = log.parts(&log.get(3).unwrap().unwrap()).unwrap();
                let files = log.part_files();
                let opened = opener.open(&parts, &mut |part| {
                    files.grant(part.class, 20_412, &part.grant_id).unwrap()
                });
                let says = |one: &tacho_event::privacy::Disclosure| {
                    one.value.to_json().contains("sk-live")
                };
                assert!(!opened.disclosures.iter().any(says), "{scope:?}");
            }
        }
    }
}

#[test]
fn a_hold_wins_and_a_lifted_one_does_not() {
    let safe = told(Preset::Production);
    let mut eraser = eraser(&safe);
    let hold = |id: &str, scope| tachograph::erase::Hold {
        id: id.to_owned(),
        tenant: "acme".to_owned(),
        scope,
        why: "a case".to_owned(),
    };
    for scope in [None, Some(Scope::Session("s-0".to_owned())), Some(alice().scope)] {
        eraser.place_hold(hold("case-7", scope)).unwrap();
        assert_eq!(eraser.preview(&alice()).unwrap().holds, ["case-7"]);
        let refused = eraser.erase(&[alice()], "asked");
        assert!(matches!(refused, Err(VaultError::Held { hold }) if hold == "case-7"));
        assert!(eraser.lift_hold("case-7").unwrap());
    }
    eraser.place_hold(hold("other", Some(Scope::Session("elsewhere".to_owned())))).unwrap();
    assert_eq!(safe.says("acme")[0], "alice@example.com alices errand 0");
    eraser.erase(&[alice()], "asked").unwrap();
    assert_eq!(safe.says("acme")[0], "? ?");
}

#[test]
fn a_writer_with_old_keys_is_refused_and_loads_the_new_ones() {
    let safe = told(Preset::Compliance);
    let server = safe.server(Preset::Compliance, "acme");
    server.record(call(30, "alice@example.com", "before")).unwrap();
    eraser(&safe).erase(&[alice()], "asked").unwrap();
    server.record(call(31, "alice@example.com", "after")).unwrap();
    safe.integrate();
    let says = safe.says("acme");
    assert_eq!(says.last().unwrap(), "alice@example.com after");
    assert!(!says.contains(&"alice@example.com before".to_owned()));
}

#[test]
fn what_is_done_is_said_with_counts_and_roots() {
    let safe = told(Preset::Production);
    let erased = eraser(&safe).erase(&[alice()], "asked by mail").unwrap();
    let log = safe.yard.log("acme");
    let leaves: Vec<_> = (0..log.size()).map(|at| log.get(at).unwrap().unwrap().leaf).collect();
    let named = |name: &str| {
        leaves
            .iter()
            .find(|leaf| leaf.at("/action/name").and_then(|one| one.as_str()) == Some(name))
    };
    let (begin, done) = (named("tacho.erase.begin").unwrap(), named("tacho.erase.done").unwrap());
    let ticket: String = erased.ticket.iter().map(|byte| format!("{byte:02x}")).collect();
    let says = |leaf: &tacho_event::json::Object, name: &str| {
        leaf.at(&format!("/action/system/{name}")).cloned()
    };
    for leaf in [begin, done] {
        assert_eq!(says(leaf, "ticket"), Some(ticket.as_str().into()));
        assert_eq!(says(leaf, "reason"), None);
    }
    // Five events of Alice: one digest of identity each.
    assert_eq!(says(done, "identity_count"), Some(5.into()));
    assert_eq!(says(done, "content_count"), Some(5.into()));
}
