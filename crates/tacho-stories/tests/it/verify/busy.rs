//! The whole check of a log that others write to: it finds nothing, because nothing is wrong.

use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tacho_event::World;
use tacho_testkit::scratch;
use tacho_tree::VerifierKey;
use tacho_tree::audit::Code;
use tachograph::Store;
use tachograph::integrate::{Budget, Integrator};
use tachograph::sign::{Demand, Keys, Signer};
use tachograph::verify::{Options, verify};
use tachograph::world::OsWorld;

use crate::apart::{open, recording};

const PROCESSES: u64 = 20;
const EACH: u64 = 100;

/// Verifies all there is until everything was there; gives how often it had something to check.
fn verify_until(store: &Store, key: &VerifierKey, rounds: &AtomicU64, done: &AtomicBool) {
    loop {
        let is_last = done.load(Ordering::Acquire);
        let options = Options { keys: vec![key.clone()], ..Options::default() };
        let verified = verify(store, "default", &options);
        let found = &verified.report.findings;
        // Before the first signature it cannot be told, and that is all there is to say.
        assert!(found.iter().all(|one| one.code == Code::NoCheckpoint), "{found:?}");
        assert_eq!(verified.disclosures.unwrap().missing, 0);
        assert!(verified.extent.signed <= verified.extent.stored);
        if verified.extent.signed > 0 {
            rounds.fetch_add(1, Ordering::Release);
        }
        if is_last {
            assert_eq!(verified.extent.stored, PROCESSES * EACH);
            assert_eq!(verified.extent.unsigned(), 0);
            return;
        }
    }
}

#[test]
fn nothing_is_found_while_twenty_processes_record_and_one_integrates_signs_and_deletes() {
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let path = scratch.join("store");
    let store = open(&path);
    let keys = Keys::create(&store, &OsWorld, &scratch.join("keys")).unwrap();
    let mut signer = Signer::new(&store, keys, Some("tacho.example.com"));
    let keys = Keys::open(store.files().as_ref(), &scratch.join("keys")).unwrap();
    let key = keys.log_key(&signer.origin("default").unwrap(), 0).verifier().clone();
    let (rounds, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut children: Vec<Child> = (0..PROCESSES)
        .map(|number| recording(&["/usr/bin/env"], number * EACH, EACH, "", &path))
        .collect();
    std::thread::scope(|scope| {
        let verifying = scope.spawn(|| verify_until(&store, &key, &rounds, &done));
        let mut integrator = Integrator::new(&store, Arc::new(OsWorld));
        let mut leaves = 0;
        while leaves < PROCESSES * EACH {
            let step = integrator.run(Budget { frames: 200, micros: None }).unwrap().leaves;
            if step == 0 {
                continue;
            }
            leaves += step;
            signer.sign("default", Demand::Now, OsWorld.now()).unwrap();
            integrator.retire().unwrap();
            // The verifier gets its turn before the log is whole.
            while rounds.load(Ordering::Acquire) < (leaves / 200).min(5) {
                assert!(!verifying.is_finished(), "the verifier found something");
                std::thread::yield_now();
            }
        }
        done.store(true, Ordering::Release);
        verifying.join().unwrap();
    });
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    assert!(rounds.into_inner() > 5);
}
