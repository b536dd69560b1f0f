//! Leaves that are over go whole, and every proof of what is left holds.

use tacho_tree::audit::{Code, Verdict};
use tacho_tree::{Checkpoint, Head, check};
use tacho_verify::log::Against;
use tachograph::prove::ProveError;
use tachograph::retain::{Ask, Step, pruned};
use tachograph::sign::kept;
use tachograph::verify::{Options, verify};
use tachograph::{Log, log::Order, log::Query};

use super::{PER_FILE, Safe, age, beat, keeper, lay, listing, log, sign, two_files};
use crate::verify::trusted;
use crate::yard::append_bare;

/// What both verifiers say of the default tenant's log.
fn both(safe: &Safe, against: &[(String, Vec<u8>)]) -> (Vec<Code>, Vec<Code>) {
    let options = Options { against: against.to_vec(), ..trusted(&safe.yard) };
    let ours = verify(&safe.yard.store(), "default", &options).report;
    let against = Against { keys: options.keys, notes: against.to_vec(), ..Against::default() };
    let dir = safe.yard.places("default").dir().to_owned();
    let theirs = tacho_verify::log::check(&dir, &against, &mut |_| ());
    let codes = |report: &tacho_tree::audit::Report| {
        report.findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    (codes(&ours), codes(&theirs))
}

fn prune(safe: &Safe) {
    let mut keeper = keeper(safe, &[]);
    let plan = keeper.plan().unwrap();
    keeper.apply(&plan).unwrap();
}

fn all(log: &Log) -> u64 {
    log.statistics(&Ask::default()).unwrap().tally.events
}

#[test]
fn whole_files_go_and_everything_else_still_proves_itself() {
    let safe = Safe::new();
    two_files(&safe);
    let before = log(&safe);
    let (events, session) = (all(&before), before.session("s-6560").unwrap());
    let tally = before.statistics(&Ask::default()).unwrap().tally;
    let old = kept(before.store().files().as_ref(), before.places()).unwrap();
    let old = Checkpoint::parse(old[0].note.text()).unwrap().head;
    assert_eq!(old.size, 1_000);

    // Thirty days are not over, then they are; the plan says exactly what goes and changes nothing.
    age(&safe, 30);
    let mut keeper = keeper(&safe, &[]);
    assert!(keeper.plan().unwrap().is_empty());
    age(&safe, 1);
    let listed = listing(safe.yard.places("default").dir());
    let plan = keeper.plan().unwrap();
    assert_eq!(listing(safe.yard.places("default").dir()), listed);
    let [Step::Prune(pruning)] = &plan.tenants[0].steps[..] else { panic!("{plan:?}") };
    assert_eq!((pruning.minimum, pruning.leaves), (PER_FILE, PER_FILE));
    keeper.apply(&plan).unwrap();

    let after = log(&safe);
    assert_eq!(after.first(), PER_FILE);
    let freed: u64 = listed.iter().map(|(_, len)| len).sum::<u64>()
        - listing(safe.yard.places("default").dir()).iter().map(|(_, len)| len).sum::<u64>();
    // What came besides: the certificate, the totals, a frontier.
    assert!(
        freed + 8_192 > plan.bytes() && plan.bytes() > 65_536 * 100,
        "{freed} {}",
        plan.bytes()
    );
    assert_eq!(both(&safe, &[]), (vec![], vec![]));

    // What is left reads as before, and what is gone is gone without a word of damage.
    assert_eq!(after.get(5).unwrap(), None);
    assert_eq!(after.find("e-5").unwrap(), []);
    assert_eq!(after.find("e-65600").unwrap().len(), 1);
    let left: Vec<u64> = session.into_iter().filter(|index| *index >= PER_FILE).collect();
    assert_eq!(after.session("s-6560").unwrap(), left);
    let oldest = Query { order: Order::Oldest, ..Query::default() };
    assert_eq!(after.query(oldest).unwrap().next().unwrap().unwrap().index, PER_FILE);
    let newest = after.query(Query::default()).unwrap().last().unwrap().unwrap();
    assert_eq!(newest.index, PER_FILE);

    // The statistics of the whole time are what they were, but for the certificate itself.
    let now = after.statistics(&Ask::default()).unwrap();
    assert_eq!((now.tally.events, now.tally.calls), (events + 1, tally.calls + 1));
    assert_eq!(now.tally.by_type.get("tool"), tally.by_type.get("tool"));
    assert_eq!(now.totals.unwrap().events, PER_FILE);

    // Proofs: of what is left, of the old note, and none of what is gone.
    let proof = after.prove(PER_FILE + 7).unwrap();
    proof.check(&trusted(&safe.yard).keys).unwrap();
    assert!(matches!(after.prove(7), Err(ProveError::Pruned { index: 7, first: PER_FILE })));
    let (_, head) = after.signed_head().unwrap();
    let path = after.prove_consistency(old.size, head.size).unwrap();
    check::consistency(&old, &head, &path).unwrap();
    let other = Head { root: head.root, ..old };
    assert!(check::consistency(&other, &head, &path).is_err());
    assert!(after.prove_consistency(1_001, head.size).is_err());
}

#[test]
fn it_is_pruned_again_and_again_and_goes_on_being_written() {
    if tacho_testkit::spares("three prunes") {
        return;
    }
    let safe = Safe::new();
    two_files(&safe);
    age(&safe, 31);
    prune(&safe);
    lay(&safe, 200_000, PER_FILE);
    beat(&safe);
    sign(&safe);
    age(&safe, 31);
    prune(&safe);
    let log = log(&safe);
    assert_eq!(log.first(), 2 * PER_FILE);
    assert_eq!(both(&safe, &[]), (vec![], vec![]));
    let totals = log.totals().unwrap();
    assert_eq!(totals.iter().map(|one| one.first).collect::<Vec<_>>(), [0, PER_FILE]);
    assert_eq!(all(&log), log.size());
    // What is derived comes back, and a lost state is worked out from what is left.
    let places = safe.yard.places("default");
    std::fs::remove_dir_all(places.index()).unwrap();
    std::fs::remove_file(places.state()).unwrap();
    let size = log.size();
    beat(&safe);
    let log = self::log(&safe);
    assert_eq!(log.size(), size + 1);
    assert_eq!(log.find("e-265500").unwrap().len(), 1);
    sign(&safe);
    assert_eq!(both(&safe, &[]), (vec![], vec![]));
    // What anybody's tools read of it, begins where it begins.
    let out = safe.yard.path().with_file_name("tlog");
    log.export_tlog(&out).unwrap();
    assert!(out.join("tile/0/x001/001").exists() || !out.join("tile/0/000").exists());
}

#[test]
fn a_file_that_nobody_certified_is_missing() {
    let safe = Safe::new();
    two_files(&safe);
    let places = safe.yard.places("default");
    std::fs::remove_file(places.leaf_file(0)).unwrap();
    let (ours, theirs) = both(&safe, &[]);
    assert!(ours.contains(&Code::LeavesMissing), "{ours:?}");
    assert!(theirs.contains(&Code::LeavesMissing), "{theirs:?}");
    // Nor does it help to say where the log begins, or to name a leaf that says nothing of it.
    let mut marker = b"TPR1".to_vec();
    marker.extend_from_slice(&PER_FILE.to_be_bytes());
    marker.extend_from_slice(&(PER_FILE + 3).to_be_bytes());
    marker.extend_from_slice(&crc32c::crc32c(&marker).to_be_bytes());
    std::fs::write(places.pruned(), marker).unwrap();
    let (ours, theirs) = both(&safe, &[]);
    assert!(ours.contains(&Code::LeavesMissing), "{ours:?}");
    assert!(theirs.contains(&Code::LeavesMissing), "{theirs:?}");
}

#[test]
fn a_certificate_behind_the_signed_head_certifies_nothing() {
    let safe = Safe::new();
    two_files(&safe);
    age(&safe, 31);
    let places = safe.yard.places("default");
    let checkpoint = std::fs::read(places.checkpoint()).unwrap();
    prune(&safe);
    assert_eq!(both(&safe, &[]), (vec![], vec![]));
    // Somebody without the key can put a leaf behind what was signed, and remove files.
    std::fs::write(places.checkpoint(), checkpoint).unwrap();
    let (ours, theirs) = both(&safe, &[]);
    assert!(ours.contains(&Code::LeavesMissing), "{ours:?}");
    assert!(theirs.contains(&Code::LeavesMissing), "{theirs:?}");
}

#[test]
fn what_stands_for_pruned_leaves_is_checked() {
    let safe = Safe::new();
    two_files(&safe);
    age(&safe, 31);
    prune(&safe);
    let places = safe.yard.places("default");
    // Totals, a kept root, a frontier: each changed by a byte, each told by both.
    let totals = places.totals_file(0, PER_FILE);
    let cases = [
        (totals, 20, Code::FileMalformed),
        (places.node_file(16, 0), 5, Code::RootMismatch),
        (places.frontier(1_000), 40, Code::NoteUnproven),
    ];
    for (path, at, code) in cases {
        let sound = std::fs::read(&path).unwrap();
        let mut changed = sound.clone();
        changed[at] ^= 1;
        std::fs::write(&path, changed).unwrap();
        let (ours, theirs) = both(&safe, &[]);
        assert!(ours.contains(&code), "{}: {ours:?}", path.display());
        assert!(theirs.contains(&code), "{}: {theirs:?}", path.display());
        std::fs::write(&path, sound).unwrap();
    }
    // A file of leaves that is left is missed as ever.
    std::fs::remove_file(places.leaf_file(PER_FILE)).unwrap();
    let (ours, theirs) = both(&safe, &[]);
    assert!(!ours.is_empty() && !theirs.is_empty(), "{ours:?} {theirs:?}");
}

#[test]
fn a_note_that_the_log_did_not_keep_cannot_be_told_and_a_kept_one_can() {
    let safe = Safe::new();
    append_bare(&safe.yard, 0, 700);
    safe.integrate();
    sign(&safe);
    let places = safe.yard.places("default");
    let mine = std::fs::read(places.checkpoint()).unwrap();
    lay(&safe, 700, PER_FILE);
    beat(&safe);
    sign(&safe);
    age(&safe, 31);
    prune(&safe);
    let against = [("mine".to_owned(), mine.clone())];
    assert_eq!(both(&safe, &against), (vec![], vec![]));
    std::fs::remove_file(places.frontier(700)).unwrap();
    let (ours, theirs) = both(&safe, &against);
    assert!(ours.iter().chain(&theirs).all(|code| *code == Code::NoteUnproven));
    let options = Options { against: against.to_vec(), ..trusted(&safe.yard) };
    let verified = verify(&safe.yard.store(), "default", &options);
    assert_eq!(verified.verdict(), Verdict::CannotTell);
}

#[test]
fn the_marker_names_the_certificate() {
    let safe = Safe::new();
    two_files(&safe);
    age(&safe, 31);
    prune(&safe);
    let log = log(&safe);
    let marked = pruned::read(log.store().files().as_ref(), log.places()).unwrap().unwrap();
    let leaf = log.leaf(marked.certificate).unwrap().unwrap();
    let says = tachograph::retain::Certificate::parse(&leaf).unwrap();
    assert_eq!((says.minimum, says.policy.as_str()), (PER_FILE, "development"));
    assert_eq!(says.root, tacho_tree::prove::root(log.nodes(), PER_FILE).unwrap());
}

#[test]
fn a_marker_that_is_lost_is_found_again_and_written_by_who_integrates() {
    let safe = Safe::new();
    two_files(&safe);
    age(&safe, 31);
    prune(&safe);
    let path = safe.yard.places("default").pruned();
    let marker = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let log = log(&safe);
    assert_eq!((log.first(), log.find("e-65600").unwrap().len()), (PER_FILE, 1));
    assert_eq!(both(&safe, &[]).0, []);
    assert!(!path.exists(), "a reader writes nothing");
    beat(&safe);
    sign(&safe);
    assert_eq!(std::fs::read(&path).unwrap(), marker);
    assert_eq!(both(&safe, &[]), (vec![], vec![]));
    // Without the leaf that certifies it, it is damage as ever.
    std::fs::remove_file(&path).unwrap();
    let leaves = safe.yard.places("default").leaf_file(PER_FILE);
    let text = std::fs::read_to_string(&leaves).unwrap();
    std::fs::write(&leaves, text.replace("tacho.prune", "tacho.grune")).unwrap();
    assert!(both(&safe, &[]).0.contains(&Code::LeavesMissing));
}
