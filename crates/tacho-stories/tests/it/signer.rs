//! Another program holds the key that signs: a script around `openssl`, and worse ones.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tacho_event::World;
use tacho_testkit::require;
use tacho_tree::checkpoint;
use tachograph::files::OsFiles;
use tachograph::sign::{Demand, Keys, SignError, Signer, tell, vkeys};
use tachograph::verify::{Options, verify};

use crate::vault::safe::BASE;
use crate::yard::Yard;

const SIGN: &str =
    "t=$(mktemp) && cat > $t && openssl pkeyutl -sign -rawin -inkey token.pem -in $t; rm $t";

/// A key in a file of `openssl`, and a script that signs with it.
struct Token {
    dir: tempfile::TempDir,
    public: [u8; 32],
}

impl Token {
    /// None where there is no `openssl`.
    fn new() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let pem = dir.path().join("token.pem");
        let mut made = Command::new("openssl");
        made.args(["genpkey", "-algorithm", "ed25519", "-out"]);
        let made = made.arg(&pem).output();
        if !made.is_ok_and(|output| output.status.success()) {
            require("openssl", "no `openssl` that knows Ed25519");
            return None;
        }
        let mut der = Command::new("openssl");
        der.args(["pkey", "-pubout", "-outform", "DER", "-in"]);
        let der = der.arg(&pem).output().unwrap().stdout;
        let public = *der.last_chunk().unwrap();
        let token = Self { dir, public };
        token.write(SIGN);
        Some(token)
    }

    /// What the script does.
    fn write(&self, script: &str) {
        let path = self.script();
        let text = format!("#!/bin/sh\ncd \"$(dirname \"$0\")\"\n{script}\n");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).unwrap();
    }

    fn script(&self) -> PathBuf {
        self.dir.path().join("sign")
    }

    fn command(&self) -> Vec<String> {
        vec![self.script().to_str().unwrap().to_owned(), "{name}".to_owned()]
    }
}

fn keys(yard: &Yard) -> Keys {
    let store = yard.store();
    match Keys::open(&OsFiles, &yard.keys()) {
        Err(SignError::NoKey(_)) => {
            Keys::create(&store, yard.world.as_ref(), &yard.keys()).unwrap()
        }
        keys => keys.unwrap(),
    }
}

fn signer(yard: &Yard) -> Signer {
    Signer::new(&yard.store(), keys(yard), Some(BASE))
}

fn enrol(yard: &Yard, token: &Token) -> Result<tachograph::sign::OutsideKey, SignError> {
    let origin = signer(yard).origin("default").unwrap();
    keys(yard).enrol(&OsFiles, &origin, &token.public, token.command())
}

fn holds(dir: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        std::fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle)
    })
}

#[test]
fn a_new_log_is_signed_by_a_key_that_lies_in_no_file_of_ours() {
    let Some(token) = Token::new() else { return };
    let yard = Yard::new();
    yard.record("default", 0, 4);
    yard.integrate();
    let key = enrol(&yard, &token).unwrap();
    assert_eq!(key.epoch, 0);
    let note = signer(&yard).sign("default", Demand::Now, yard.world.now()).unwrap().unwrap();
    assert!(checkpoint::open(&note, std::slice::from_ref(&key.vkey)).is_ok());
    assert_eq!(note.signatures().len(), 1);
    let beside = vkeys(&OsFiles, &yard.places("default")).unwrap();
    assert_eq!(beside, std::slice::from_ref(&key.vkey));
    let options = Options { keys: vec![key.vkey], ..Options::default() };
    assert_eq!(verify(&yard.store(), "default", &options).report.findings, []);
    let mode = std::fs::metadata(yard.keys().join("signer")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let pem = std::fs::read(token.dir.path().join("token.pem")).unwrap();
    assert!(!holds(&yard.keys(), &pem[30..60]));
}

#[test]
fn a_log_that_was_signed_is_handed_over_by_a_rotation_and_back() {
    let Some(token) = Token::new() else { return };
    let yard = Yard::new();
    let tenant = tacho_event::TenantId::default_tenant();
    yard.record("default", 0, 4);
    yard.integrate();
    let kept = signer(&yard).sign("default", Demand::Now, yard.world.now()).unwrap().unwrap();
    let old = vkeys(&OsFiles, &yard.places("default")).unwrap().remove(0);
    let key = enrol(&yard, &token).unwrap();
    assert_eq!(key.epoch, 1);
    // Until the rotation, the old key signs.
    yard.record("default", 4, 1);
    yard.integrate();
    let note = signer(&yard).sign("default", Demand::Now, yard.world.now()).unwrap().unwrap();
    assert!(checkpoint::open(&note, std::slice::from_ref(&key.vkey)).is_err());
    let mut last = Vec::new();
    for epoch in 1..3 {
        let rotated = signer(&yard).rotation("default").unwrap();
        assert_eq!(rotated.successor == key.vkey, epoch == 1);
        tell(&yard.store(), yard.world.clone(), &tenant, rotated.draft).unwrap();
        yard.integrate();
        let note = signer(&yard).rotate("default", 2, yard.world.now()).unwrap().unwrap();
        assert_eq!(note.signatures().len(), 2, "both sign for an overlap");
        last = vec![rotated.successor];
        yard.record("default", 10 * epoch, 3);
        yard.integrate();
        let note = signer(&yard).sign("default", Demand::Now, yard.world.now()).unwrap().unwrap();
        assert!(checkpoint::open(&note, &last).is_ok());
        assert_eq!(note.signatures().len(), 1);
    }
    assert_ne!(last.first(), Some(&old));
    let against = || vec![("kept".to_owned(), kept.to_string().into_bytes())];
    for keys in [last, vec![key.vkey], vec![old]] {
        let options = Options { keys, against: against(), ..Options::default() };
        assert_eq!(verify(&yard.store(), "default", &options).report.findings, []);
    }
}

#[test]
fn what_a_program_answers_is_checked_before_it_is_published() {
    let Some(token) = Token::new() else { return };
    let Some(other) = Token::new() else { return };
    let yard = Yard::new();
    let sign = std::fs::read_to_string(token.script()).unwrap();
    let elsewhere = other.script().to_str().unwrap().to_owned();
    let wrong = [
        ("exit 3", "exit status: 3"),
        ("echo no token >&2; exit 1", "no token"),
        ("cat", "is no signature"),
        ("head -c 70000 /dev/zero", "more"),
        (elsewhere.as_str(), "no signature of that key"),
        ("head -c 64 /dev/zero", "no signature of that key"),
    ];
    for (script, _) in wrong {
        token.write(script);
        assert!(matches!(enrol(&yard, &token), Err(SignError::Outside { .. })), "{script}");
    }
    assert!(!yard.keys().join("signer").exists());
    std::fs::write(token.script(), &sign).unwrap();
    enrol(&yard, &token).unwrap();
    yard.record("default", 0, 4);
    yard.integrate();
    for (script, why) in wrong {
        token.write(script);
        let failed = signer(&yard).sign("default", Demand::Now, yard.world.now()).unwrap_err();
        assert!(matches!(failed, SignError::Outside { .. }), "{failed}");
        assert!(script.starts_with("head -c 7") || failed.to_string().contains(why), "{failed}");
        assert!(!yard.places("default").checkpoint().exists());
    }
    // It answers again, in base64 this time.
    token.write(&format!("({SIGN}) | base64 -w0"));
    let note = signer(&yard).sign("default", Demand::Now, yard.world.now()).unwrap();
    assert!(note.is_some());
    // Who could write the list could have anything run.
    let list = yard.keys().join("signer");
    std::fs::set_permissions(&list, PermissionsExt::from_mode(0o660)).unwrap();
    assert!(matches!(Keys::open(&OsFiles, &yard.keys()), Err(SignError::Exposed(_))));
    std::fs::set_permissions(&list, PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::write(&list, b"{\"v\":1,\"keys\":[{}]}").unwrap();
    assert!(matches!(Keys::open(&OsFiles, &yard.keys()), Err(SignError::Store(_))));
}
