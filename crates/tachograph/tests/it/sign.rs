//! A checkpoint is signed over what is durable, and never over what contradicts an earlier one.

use std::os::unix::fs::PermissionsExt;

use tacho_event::World;
use tacho_testkit::require;
use tacho_tree::{Checkpoint, Note, Policy, Rotation, checkpoint};
use tachograph::files::OsFiles;
use tachograph::sign::{Demand, Keys, Refusal, SignError, Signer, kept, vkeys};

use crate::yard::Yard;

const BASE: &str = "tacho.example.com";

fn keys(yard: &Yard) -> Keys {
    match Keys::open(&OsFiles, &yard.keys()) {
        Err(SignError::NoKey(_)) => {
            Keys::create(&yard.store(), yard.world.as_ref(), &yard.keys()).unwrap()
        }
        outcome => outcome.unwrap(),
    }
}

fn signer(yard: &Yard) -> Signer {
    Signer::new(&yard.store(), keys(yard), Some(BASE))
}

fn sign(yard: &Yard) -> Result<Option<Note>, SignError> {
    signer(yard).sign("default", Demand::Now, yard.world.now())
}

fn size(note: &Note) -> u64 {
    Checkpoint::parse(note.text()).unwrap().head.size
}

fn refusal(outcome: Result<Option<Note>, SignError>) -> Refusal {
    match outcome {
        Err(SignError::Refused { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_checkpoint_names_the_log_and_its_root_and_opens_with_the_published_key() {
    let yard = Yard::new();
    assert_eq!(sign(&yard).unwrap(), None);
    yard.record("default", 0, 5);
    assert_eq!(sign(&yard).unwrap(), None);
    yard.integrate();
    let note = sign(&yard).unwrap().unwrap();
    let published = vkeys(&OsFiles, &yard.places("default")).unwrap();
    let opened = checkpoint::open(&note, &published).unwrap();
    assert_eq!(opened.checkpoint.origin.as_str(), "tacho.example.com/default");
    let log = yard.log("default");
    assert_eq!(opened.checkpoint.head.root, log.integrated().root());
    assert_eq!(log.checkpoint().unwrap().unwrap(), note);
    let policy = signer(&yard).policy(&["default"]).unwrap().to_string();
    assert_eq!(Policy::parse(policy.as_bytes()).unwrap().open(&note).unwrap().head.size, 5);
}

#[test]
fn without_a_base_the_origin_is_that_of_the_installation() {
    let yard = Yard::new();
    let store = yard.store();
    let signer = Signer::new(&store, keys(&yard), None);
    let digits: String =
        store.installation().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let origin = signer.origin("acme").unwrap();
    assert_eq!(origin.as_str(), format!("tacho.local/{digits}/acme"));
}

#[test]
fn unasked_one_checkpoint_a_second_is_made_and_one_an_hour_is_kept() {
    let yard = Yard::new();
    let mut signer = signer(&yard);
    let (mut sizes, mut integrator) = (Vec::new(), yard.integrator());
    for number in 0..5 {
        yard.record("default", number, 1);
        integrator.run(tachograph::integrate::Budget::default()).unwrap();
        yard.world.micros.fetch_add(400_000, std::sync::atomic::Ordering::Relaxed);
        let note = signer.sign("default", Demand::Due, yard.world.now()).unwrap();
        sizes.extend(note.as_ref().map(size));
    }
    assert_eq!(sizes, [1, 4]);
    let places = yard.places("default");
    assert_eq!(kept(&OsFiles, &places).unwrap().len(), 1);
    yard.world.micros.fetch_add(3_600_000_000, std::sync::atomic::Ordering::Relaxed);
    signer.sign("default", Demand::Due, yard.world.now()).unwrap();
    signer.sign("default", Demand::Keep, yard.world.now()).unwrap();
    let all = kept(&OsFiles, &places).unwrap();
    assert_eq!(all.iter().map(|kept| size(&kept.note)).collect::<Vec<_>>(), [1, 5]);
    assert!(all[1].time.micros() - all[0].time.micros() >= 3_600_000_000);
}

#[test]
fn a_torn_kept_checkpoint_is_written_over() {
    let yard = Yard::new();
    yard.record("default", 0, 3);
    yard.integrate();
    let mut signer = signer(&yard);
    signer.sign("default", Demand::Keep, yard.world.now()).unwrap();
    let path = yard.places("default").checkpoints_log();
    let whole = std::fs::read(&path).unwrap();
    let torn = [whole.as_slice(), &whole[..40]].concat();
    std::fs::write(&path, torn).unwrap();
    assert_eq!(kept(&OsFiles, &yard.places("default")).unwrap().len(), 1);
    yard.record("default", 3, 1);
    yard.integrate();
    signer.sign("default", Demand::Keep, yard.world.now()).unwrap();
    let all = kept(&OsFiles, &yard.places("default")).unwrap();
    assert_eq!(all.iter().map(|kept| size(&kept.note)).collect::<Vec<_>>(), [3, 4]);
}

#[test]
fn a_log_that_was_cut_is_not_signed_again() {
    let yard = Yard::new();
    yard.record("default", 0, 8);
    yard.integrate();
    let places = yard.places("default");
    let old: Vec<_> = [places.state(), places.leaf_file(0)]
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    yard.record("default", 8, 4);
    yard.integrate();
    sign(&yard).unwrap();
    for (path, bytes) in old {
        std::fs::write(path, bytes).unwrap();
    }
    assert_eq!(refusal(sign(&yard)), Refusal::Shorter { size: 8, had: 12 });
    std::fs::remove_file(places.checkpoint()).unwrap();
    assert_eq!(refusal(sign(&yard)), Refusal::Shorter { size: 8, had: 12 });
}

#[test]
fn a_tree_that_was_changed_is_not_signed_again() {
    let yard = Yard::new();
    yard.record("default", 0, 8);
    yard.integrate();
    sign(&yard).unwrap();
    let path = yard.places("default").node_file(3, 0);
    let mut nodes = std::fs::read(&path).unwrap();
    nodes[5] ^= 1;
    std::fs::write(&path, &nodes).unwrap();
    yard.record("default", 8, 1);
    yard.integrate();
    assert_eq!(refusal(sign(&yard)), Refusal::Forked { size: 8 });
}

#[test]
fn a_mark_that_is_gone_or_old_refuses() {
    let yard = Yard::new();
    yard.record("default", 0, 2);
    yard.integrate();
    sign(&yard).unwrap();
    let path = yard.keys().join("highwater");
    let old = std::fs::read(&path).unwrap();
    yard.record("default", 2, 2);
    yard.integrate();
    sign(&yard).unwrap();
    let now = std::fs::read(&path).unwrap();
    std::fs::write(&path, old).unwrap();
    assert_eq!(refusal(sign(&yard)), Refusal::OldHighwater { mark: 2, had: 4 });
    std::fs::remove_file(&path).unwrap();
    assert_eq!(refusal(sign(&yard)), Refusal::NoHighwater);
    std::fs::remove_file(yard.places("default").checkpoint()).unwrap();
    assert_eq!(refusal(sign(&yard)), Refusal::NoHighwater);
    let mut bad = now.clone();
    bad[300] ^= 1;
    std::fs::write(&path, bad).unwrap();
    assert!(matches!(sign(&yard), Err(SignError::Store(_))));
    std::fs::write(&path, now).unwrap();
    assert_eq!(size(&sign(&yard).unwrap().unwrap()), 4);
}

#[test]
fn a_checkpoint_of_another_key_refuses_and_a_new_origin_is_the_way_on() {
    let yard = Yard::new();
    yard.record("default", 0, 2);
    yard.integrate();
    let note = sign(&yard).unwrap().unwrap();
    let stranger = tempfile::tempdir().unwrap();
    let theirs =
        Keys::create(&yard.store(), yard.world.as_ref(), &stranger.path().join("k")).unwrap();
    let mut signer = Signer::new(&yard.store(), theirs, Some(BASE));
    let outcome = signer.sign("default", Demand::Now, yard.world.now());
    assert_eq!(refusal(outcome), Refusal::NoHighwater);
    let next = signer.new_origin("default").unwrap();
    assert_eq!(next.tenant, "default-2");
    let says = next.draft.at("/action/system/note").unwrap().as_str().unwrap();
    assert_eq!(says, note.to_string());
    yard.record("default-2", 0, 1);
    yard.integrate();
    let outcome = signer.sign("default-2", Demand::Now, yard.world.now());
    assert_eq!(size(&outcome.unwrap().unwrap()), 1);
    assert_eq!(signer.new_origin("default").unwrap().tenant, "default-3");
}

#[test]
fn a_key_is_replaced_by_its_own_signature_and_both_sign_for_an_overlap() {
    let yard = Yard::new();
    yard.record("default", 0, 4);
    yard.integrate();
    let mut signer = signer(&yard);
    signer.sign("default", Demand::Now, yard.world.now()).unwrap();
    let old = vkeys(&OsFiles, &yard.places("default")).unwrap().remove(0);
    let rotated = signer.rotation("default").unwrap();
    let signature = rotated.draft.at("/action/system/signature").unwrap().as_str().unwrap();
    let signature = tacho_event::privacy::from_base64url(signature).unwrap();
    let origin = signer.origin("default").unwrap();
    let statement = Rotation { origin: &origin, from_size: 4, successor: &rotated.successor };
    assert!(statement.verify(&old, signature.as_slice().try_into().unwrap()));
    yard.recorder("default").record(rotated.draft).unwrap();
    yard.integrate();
    let log = yard.log("default");
    let told = log.get(4).unwrap().unwrap();
    assert_eq!(told.leaf.at("/action/name").unwrap().as_str(), Some("tacho.key"));
    let told = log.reveal(&told).unwrap().event;
    let vkey = rotated.successor.to_string();
    assert_eq!(told.at("/action/system/vkey").unwrap().as_str(), Some(vkey.as_str()));
    let note = signer.rotate("default", 3, yard.world.now()).unwrap().unwrap();
    for key in [&old, &rotated.successor] {
        assert!(checkpoint::open(&note, std::slice::from_ref(key)).is_ok());
    }
    assert_eq!(size(&note), 5);
    yard.record("default", 4, 3);
    yard.integrate();
    let note = signer.sign("default", Demand::Now, yard.world.now()).unwrap().unwrap();
    assert!(checkpoint::open(&note, std::slice::from_ref(&rotated.successor)).is_ok());
    assert!(checkpoint::open(&note, std::slice::from_ref(&old)).is_err());
    assert_eq!(vkeys(&OsFiles, &yard.places("default")).unwrap(), [rotated.successor]);
}

#[test]
fn a_key_lies_outside_the_store_for_one_user_alone_and_is_never_overwritten() {
    let yard = Yard::new();
    let store = yard.store();
    let inside = Keys::create(&store, yard.world.as_ref(), &yard.path().join("keys"));
    assert!(matches!(inside, Err(SignError::InsideStore(_))));
    assert!(matches!(Keys::open(&OsFiles, &yard.keys()), Err(SignError::NoKey(_))));
    keys(&yard);
    let again = Keys::create(&store, yard.world.as_ref(), &yard.keys());
    assert!(matches!(again, Err(SignError::KeyExists(_))));
    let seed = yard.keys().join("master.seed");
    let mode = std::fs::metadata(&seed).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read(&seed).unwrap().len(), 32);
    std::fs::set_permissions(&seed, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(Keys::open(&OsFiles, &yard.keys()), Err(SignError::Exposed(_))));
    std::fs::set_permissions(&seed, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&seed, [1; 31]).unwrap();
    assert!(matches!(Keys::open(&OsFiles, &yard.keys()), Err(SignError::Store(_))));
}

#[test]
fn the_published_vector_is_signed_by_the_published_seed() {
    let vectors = include_str!("../../../../fixtures/vectors/vectors.json");
    let yard = Yard::new();
    keys(&yard);
    std::fs::write(yard.keys().join("master.seed"), [7; 32]).unwrap();
    let signer = signer(&yard);
    let vkey = signer.policy(&["acme"]).unwrap().keys()[0].to_string();
    assert!(vectors.contains(&vkey), "{vkey}");
}

#[test]
fn a_keys_owner_counts_and_not_its_mode_alone() {
    let yard = Yard::new();
    keys(&yard);
    let seed = yard.keys().join("master.seed");
    if std::os::unix::fs::chown(&seed, Some(12_345), None).is_err() {
        require("root", "only root gives a file to another user");
        return;
    }
    assert!(matches!(Keys::open(&OsFiles, &yard.keys()), Err(SignError::Exposed(_))));
}
