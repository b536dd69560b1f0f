//! Whoever is not meant to open, does not: other tenants, planted rows, lost and exposed keys.

use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use tacho_event::privacy::{Class, Preset};
use tachograph::sign::Keys;
use tachograph::vault::{Item, KeyRing, Opener, VaultError, nowhere};

use super::safe::{BASE, Safe, call};

/// The grants and parts of a tenant's only event.
fn parts(safe: &Safe, tenant: &str) -> Vec<u8> {
    let log = safe.yard.log(tenant);
    let entry = log.get(0).unwrap().unwrap();
    log.parts(&entry).unwrap()
}

#[test]
fn no_tenant_opens_what_another_sealed_and_a_moved_part_fails() {
    let safe = Safe::new();
    for tenant in ["acme", "other"] {
        let recorder = safe.server(Preset::Production, tenant);
        recorder.record(call(1, "alice@example.com", "x")).unwrap();
    }
    for (tenant, stranger) in [("acme", "other"), ("other", "acme")] {
        let bytes = parts(&safe, tenant);
        let mut opener = Opener::new(safe.ring(), stranger).unwrap();
        let opened = opener.open(&bytes, &mut nowhere);
        assert_eq!(opened.disclosures.len(), 0);
        assert_eq!(opened.sealed_classes(), [Class::Content, Class::Identity]);
        let mut opener = Opener::new(safe.ring(), tenant).unwrap();
        assert_eq!(opener.open(&bytes, &mut nowhere).sealed_classes(), []);
    }
}

#[test]
fn a_planted_row_is_refused_and_nothing_is_sealed_to_it() {
    let safe = Safe::new();
    drop(safe.server(Preset::Production, "acme"));
    let path = safe.yard.keys().join("acme/vault.keys.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    // Today's key of content, with another public key in its place.
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            let today = line.contains("\"class\":1,\"day\":20412,");
            let from = line.find("\"pk\":\"").map_or(0, |at| at + 6);
            if today {
                line.replace(&line[from..from + 43], &"B".repeat(43))
            } else {
                line.to_owned()
            }
        })
        .collect();
    assert_ne!(lines.join("\n"), text.trim_end());
    let rubbish = "rubbish\n{\"kind\":\"day\"}\n{}\n";
    std::fs::write(&path, lines.join("\n") + "\n" + rubbish).unwrap();
    assert_eq!(safe.ring().lock().unwrap().refused_rows("acme").unwrap(), 4);
    let hook = safe.hook(Preset::Production, "acme");
    hook.record(call(1, "", "still safe")).unwrap();
    let bytes = parts(&safe, "acme");
    let (item, _) = Item::decode(&bytes).unwrap();
    let Item::Grant(grant) = item else { panic!("no grant") };
    assert_eq!(grant.kind, tachograph::vault::GrantKind::Master);
    assert_eq!(safe.says("acme"), ["robot still safe"]);
}

#[test]
fn rows_of_another_log_are_no_rows_here() {
    let safe = Safe::new();
    for tenant in ["acme", "other"] {
        drop(safe.server(Preset::Production, tenant));
    }
    let of = |tenant: &str| safe.yard.keys().join(tenant).join("vault.keys.jsonl");
    std::fs::copy(of("other"), of("acme")).unwrap();
    assert!(safe.ring().lock().unwrap().refused_rows("acme").unwrap() > 100);
}

fn open(safe: &Safe) -> Result<KeyRing, VaultError> {
    let store = safe.yard.store();
    let keys = Keys::open(store.files().as_ref(), &safe.yard.keys()).unwrap();
    KeyRing::create(&store, safe.yard.world.clone(), keys, Some(BASE))
}

#[test]
fn a_lost_master_is_told_and_never_made_anew() {
    let safe = Safe::new();
    drop(safe.server(Preset::Production, "acme"));
    let msk = safe.yard.keys().join("vault.msk");
    let bytes = std::fs::read(&msk).unwrap();
    std::fs::remove_file(&msk).unwrap();
    assert!(matches!(open(&safe), Err(VaultError::NoMaster(path)) if path == msk));
    std::fs::write(&msk, vec![0; bytes.len()]).unwrap();
    std::fs::set_permissions(&msk, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(open(&safe), Err(VaultError::Damaged { .. })));
    std::fs::write(&msk, &bytes).unwrap();
    assert!(open(&safe).is_ok());
    std::fs::set_permissions(&msk, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(open(&safe), Err(VaultError::Exposed(_))));
}

#[test]
fn every_secret_is_this_users_alone() {
    let safe = Safe::new();
    drop(safe.server(Preset::Production, "acme"));
    for name in ["vault.msk", "acme/vault.pub", "acme/vault.keys.jsonl", "acme/index.key"] {
        let mode = std::fs::metadata(safe.yard.keys().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn days_are_made_ahead_and_a_day_that_is_over_never_again() {
    let safe = Safe::new();
    let ring = Arc::new(Mutex::new(open(&safe).unwrap()));
    ring.lock().unwrap().prepare("acme").unwrap();
    let path = safe.yard.keys().join("acme/vault.keys.jsonl");
    let count = |day: u32| {
        let text = std::fs::read_to_string(&path).unwrap();
        text.matches(&format!("\"day\":{day},")).count()
    };
    assert_eq!((count(20_411), count(20_412), count(20_452), count(20_453)), (0, 3, 3, 0));
    // Ten days on, half of what is ahead is still there: nothing is written.
    let day_micros = 86_400_000_000;
    let pass = |days: i64| {
        safe.yard.world.micros.fetch_add(days * day_micros, std::sync::atomic::Ordering::Relaxed);
    };
    pass(10);
    ring.lock().unwrap().prepare("acme").unwrap();
    assert_eq!(count(20_453), 0);
    pass(20);
    ring.lock().unwrap().prepare("acme").unwrap();
    assert_eq!((count(20_411), count(20_482), count(20_483)), (0, 3, 0));
}
