//! A master secret that a command unlocks: a copy of the key directory opens nothing.

use tacho_event::privacy::Preset;
use tachograph::erase::{Eraser, Scope, Target};
use tachograph::sign::Keys;
use tachograph::vault::{KeyRing, VaultError, escrow_keys};

use super::safe::{BASE, Safe, call};

fn open(safe: &Safe) -> Result<KeyRing, VaultError> {
    let store = safe.yard.store();
    let keys = Keys::open(store.files().as_ref(), &safe.yard.keys()).unwrap();
    KeyRing::open(&store, safe.yard.world.clone(), keys, Some(BASE))
}

fn command(safe: &Safe) -> Vec<String> {
    let path = safe.yard.keys().with_file_name("keyring");
    vec!["cat".to_owned(), path.to_str().unwrap().to_owned()]
}

fn say(safe: &Safe, secret: &str) {
    std::fs::write(&command(safe)[1], secret).unwrap();
}

/// The master secret as it stands in the clear.
fn bare(safe: &Safe) -> Vec<u8> {
    let bytes = std::fs::read(safe.yard.keys().join("vault.msk")).unwrap();
    bytes
        .chunks(512)
        .filter(|slot| slot.starts_with(b"TVS1"))
        .flat_map(|slot| slot[8..40].to_vec())
        .collect()
}

fn keeps(safe: &Safe, secret: &[u8]) -> bool {
    let bytes = std::fs::read(safe.yard.keys().join("vault.msk")).unwrap();
    bytes.windows(secret.len()).any(|window| window == secret)
}

#[test]
fn a_locked_master_opens_with_what_the_command_says_and_with_nothing_else() {
    let safe = Safe::new();
    let server = safe.server(Preset::Production, "acme");
    server.record(call(0, "alice@example.com", "alices errand")).unwrap();
    server.record(call(1, "bob@example.com", "bobs errand")).unwrap();
    safe.integrate();
    let secret = bare(&safe);
    assert_eq!(secret.len(), 32);
    for wrong in ["", "fifteen letters\n"] {
        say(&safe, wrong);
        let refused = open(&safe).unwrap().lock_master(&command(&safe));
        assert!(matches!(refused, Err(VaultError::Locked(_))), "{wrong}");
    }
    assert!(matches!(
        open(&safe).unwrap().lock_master(&["false".to_owned()]),
        Err(VaultError::Locked(_))
    ));
    assert_eq!(bare(&safe), secret);
    say(&safe, "a secret from a keyring\n");
    open(&safe).unwrap().lock_master(&command(&safe)).unwrap();
    assert!(bare(&safe).is_empty() && !keeps(&safe, &secret));
    assert_eq!(safe.says("acme")[1], "bob@example.com bobs errand");
    assert!(open(&safe).unwrap().lock_master(&command(&safe)).is_err());
    // The newline at the end does not count, anything else does.
    say(&safe, "a secret from a keyring");
    assert!(open(&safe).is_ok());
    say(&safe, "another secret of a keyring");
    let refused = open(&safe).unwrap_err();
    assert!(matches!(refused, VaultError::WrongSecret(_)), "{refused}");
    assert!(refused.to_string().starts_with("this secret does not open the master key"));
    assert!(refused.next().is_some_and(|next| next.contains("tacho keys recover")));
    std::fs::remove_file(&command(&safe)[1]).unwrap();
    assert!(matches!(open(&safe), Err(VaultError::Locked(_))));
    // Without it a hook seals on, and the secret is where it was.
    safe.hook(Preset::Production, "acme")
        .record(call(2, "bob@example.com", "bobs second"))
        .unwrap();
    say(&safe, "a secret from a keyring");
    safe.integrate();
    assert_eq!(safe.says("acme")[2], "bob@example.com bobs second");
}

#[test]
fn a_wrong_secret_is_told_as_one_and_an_escrow_helps_who_lost_the_right_one() {
    let safe = Safe::new();
    let server = safe.server(Preset::Production, "acme");
    server.record(call(0, "bob@example.com", "bobs errand")).unwrap();
    safe.integrate();
    say(&safe, "a secret from a keyring");
    let mut ring = open(&safe).unwrap();
    ring.lock_master(&command(&safe)).unwrap();
    let (secret, public) = escrow_keys(safe.yard.world.as_ref());
    let escrow = ring.escrow(&public).unwrap();
    say(&safe, "another secret of a keyring");
    assert!(matches!(open(&safe), Err(VaultError::WrongSecret(_))));
    say(&safe, "a secret from a keyring");
    assert!(open(&safe).is_ok());
    // The command is named nowhere any more: that is not damage either.
    let unlock = safe.yard.keys().join("unlock");
    std::fs::rename(&unlock, unlock.with_extension("away")).unwrap();
    assert!(matches!(open(&safe), Err(VaultError::Locked(why)) if why.contains("`unlock`")));
    std::fs::rename(unlock.with_extension("away"), &unlock).unwrap();
    // Whoever lost the secret puts the master back, beside the one that opens no more.
    say(&safe, "another secret of a keyring");
    let (store, keys) = (safe.yard.store(), safe.yard.keys());
    let recover = || KeyRing::recover(&store, &keys, &escrow, &secret);
    assert!(matches!(recover(), Err(VaultError::Damaged { what, .. }) if what.contains("already")));
    std::fs::rename(keys.join("vault.msk"), keys.join("vault.msk.shut")).unwrap();
    recover().unwrap();
    assert_eq!(safe.says("acme")[0], "bob@example.com bobs errand");
}

#[test]
fn a_locked_master_is_replaced_by_one_that_is_locked() {
    let safe = Safe::new();
    let server = safe.server(Preset::Production, "acme");
    server.record(call(0, "alice@example.com", "alices errand")).unwrap();
    server.record(call(1, "bob@example.com", "bobs errand")).unwrap();
    safe.integrate();
    say(&safe, "a secret from a keyring");
    open(&safe).unwrap().lock_master(&command(&safe)).unwrap();
    let before = std::fs::read(safe.yard.keys().join("vault.msk")).unwrap();
    let scope = Scope::Subject("alice@example.com".to_owned());
    let target = Target { tenant: "acme".to_owned(), scope };
    let mut eraser = Eraser::new(&safe.yard.store(), safe.yard.world.clone(), safe.ring());
    eraser.erase(&[target], "asked").unwrap();
    let after = std::fs::read(safe.yard.keys().join("vault.msk")).unwrap();
    assert!(bare(&safe).is_empty());
    let locked = |bytes: &[u8]| bytes.chunks(512).filter(|slot| slot.starts_with(b"TVS2")).count();
    assert_eq!((locked(&before), locked(&after)), (1, 1));
    assert_ne!(before, after);
    let says = safe.says("acme");
    assert_eq!((says[0].as_str(), says[1].as_str()), ("? ?", "bob@example.com bobs errand"));
}

#[test]
fn a_locking_that_died_halfway_is_read_and_done_again() {
    let safe = Safe::new();
    safe.server(Preset::Production, "acme").record(call(0, "", "an errand")).unwrap();
    safe.integrate();
    let path = safe.yard.keys().join("vault.msk");
    let bare_file = std::fs::read(&path).unwrap();
    say(&safe, "a secret from a keyring");
    open(&safe).unwrap().lock_master(&command(&safe)).unwrap();
    let locked_file = std::fs::read(&path).unwrap();
    // Before anything but the command was written, and between the two slots.
    let at = if bare_file.starts_with(b"TVS1") { 0 } else { 512 };
    let mut both = locked_file.clone();
    both[at..at + 512].copy_from_slice(&bare_file[at..at + 512]);
    for left in [bare_file, both] {
        std::fs::write(&path, &left).unwrap();
        assert_eq!(safe.says("acme")[0], "robot an errand");
        open(&safe).unwrap().lock_master(&command(&safe)).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), locked_file);
        assert_eq!(safe.says("acme")[0], "robot an errand");
    }
}
