//! Whoever has all of a store and guesses well learns nothing of who was erased, or sealed.
//!
//! The attack is the best a dictionary allows: all 16 bytes in a row of any file as the seed of a
//! part, all 32 as a salt, what stands there as base64url too; for each, the digest of every guess,
//! compared with what the leaves commit to. Where the seed lies in the open, it succeeds.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use tacho_event::World;
use tacho_event::privacy::{Class, Disclosure, Preset, base64url, digests, from_base64url};
use tachograph::sign::{Demand, Keys, Signer};
use tachograph::vault::Opener;

use super::erase::{alice, eraser};
use super::safe::{BASE, Safe, call};

/// Whom it may have been, the true one among them.
const PEOPLE: [&str; 3] = ["bob@example.com", "alice@example.com", "carol@example.com"];
/// What the answer may have been.
const ANSWERS: [&str; 2] = ["no", "yes"];

/// One thing that a leaf may commit to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Guess {
    class: u8,
    /// Canonical JSON.
    value: String,
    /// How a disclosure of it ends, in base64url.
    rest: String,
}

struct Attack {
    /// What the leaves of the person commit to.
    digests: HashSet<[u8; 32]>,
    /// By class and name.
    guesses: Vec<((u8, String), Vec<Guess>)>,
}

fn mac(key: &[u8], texts: [&[u8]; 4]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
    texts.iter().for_each(|text| mac.update(text));
    mac.finalize().into_bytes().into()
}

impl Guess {
    fn new(class: u8, name: &str, value: String) -> Self {
        let rest = base64url(format!(r#"","{name}",{value}]"#).as_bytes());
        Self { class, value, rest }
    }

    /// The digest of the disclosure `["salt","name",value]`, in the words of RFC 9901.
    fn digest(&self, beginning: &str) -> [u8; 32] {
        Sha256::new().chain_update(beginning).chain_update(&self.rest).finalize().into()
    }
}

/// How a disclosure with this salt begins: the 45 bytes `["salt` are 60 characters, whatever comes.
fn beginning(salt: &[u8; 32]) -> String {
    base64url(format!(r#"["{}"#, base64url(salt)).as_bytes())
}

impl Attack {
    /// What a seed confirms. The salt is HKDF-SHA256 of it, with an empty salt of its own.
    fn with_seed(&self, seed: &[u8; 16]) -> Vec<&Guess> {
        let key = mac(&[0; 32], [seed, b"", b"", b""]);
        let mut confirmed = Vec::new();
        for ((class, name), guesses) in &self.guesses {
            let salt = mac(&key, [b"tacho/v1/salt\0", &[*class], name.as_bytes(), &[1]]);
            confirmed.extend(self.matching(guesses, &beginning(&salt)));
        }
        confirmed
    }

    /// What a salt confirms.
    fn with_salt(&self, salt: &[u8; 32]) -> Vec<&Guess> {
        let beginning = beginning(salt);
        self.guesses.iter().flat_map(|(_, guesses)| self.matching(guesses, &beginning)).collect()
    }

    fn matching<'g>(&self, guesses: &'g [Guess], beginning: &str) -> Vec<&'g Guess> {
        let is_committed = |guess: &&Guess| self.digests.contains(&guess.digest(beginning));
        guesses.iter().filter(is_committed).collect()
    }

    /// What is confirmed by anything that stands in these bytes.
    fn with_files(&self, files: &[Vec<u8>]) -> Vec<&Guess> {
        let (mut seeds, mut salts) = (HashSet::new(), HashSet::new());
        for bytes in files {
            let texts = bytes.split(|byte| !is_base64url(*byte)).filter(|text| text.len() >= 22);
            let texts = texts.filter_map(|text| from_base64url(std::str::from_utf8(text).ok()?));
            for bytes in texts.chain([bytes.clone()]) {
                seeds.extend(windows::<16>(&bytes));
                salts.extend(windows::<32>(&bytes));
            }
        }
        let mut confirmed: Vec<&Guess> =
            seeds.iter().flat_map(|seed| self.with_seed(seed)).collect();
        confirmed.extend(salts.iter().flat_map(|salt| self.with_salt(salt)));
        confirmed.sort();
        confirmed.dedup();
        confirmed
    }
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Every `N` bytes in a row that may be random: neither the zeros that fill files up nor text, which
/// one seed in eight million is.
fn windows<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n');
    let may_be = move |window: &&[u8; N]| **window != [0; N] && !window.iter().all(is_text);
    bytes.array_windows::<N>().filter(may_be).copied()
}

/// The bytes of every file below.
fn files(dir: &Path) -> Vec<Vec<u8>> {
    let paths = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| vec![std::fs::read(path).unwrap()];
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { read(path) }).collect()
}

/// Alice, whose answer was one word, and Bob; signed, so that there are proofs.
fn asked(preset: Preset) -> Safe {
    let mut safe = Safe::new();
    safe.yard.segment_bytes = 1 << 16;
    let server = safe.server(preset, "acme");
    for (number, who, answer) in [(0, PEOPLE[1], ANSWERS[1]), (1, PEOPLE[0], ANSWERS[0])] {
        let draft = call(number, who, "approve it?").with("outcome.result.answer", answer);
        server.record(draft).unwrap();
    }
    drop(server);
    safe.integrate();
    sign(&safe);
    safe
}

fn sign(safe: &Safe) {
    let store = safe.yard.store();
    let keys = Keys::open(store.files().as_ref(), &safe.yard.keys()).unwrap();
    let mut signer = Signer::new(&store, keys, Some(BASE));
    signer.sign("acme", Demand::Keep, safe.yard.world.now()).unwrap().unwrap();
}

/// What Alice's event discloses to who holds the keys.
fn disclosed(safe: &Safe) -> Vec<Disclosure> {
    let log = safe.yard.log("acme");
    let entry = log.get(0).unwrap().unwrap();
    let parts = log.parts(&entry).unwrap();
    let mut opener = Opener::new(safe.ring(), "acme").unwrap();
    let opened = opener.open(&parts, &mut |part| {
        let day = safe.yard.world.now().day().try_into().unwrap();
        log.part_files().grant(part.class, day, &part.grant_id).unwrap()
    });
    opened.disclosures
}

/// An attacker who knows from events of his own how they look, and all that may stand in them.
fn attack(safe: &Safe, disclosed: &[Disclosure]) -> Attack {
    let leaf = safe.yard.log("acme").get(0).unwrap().unwrap().leaf;
    let committed = Class::ALL.iter().flat_map(|class| digests(&leaf, *class));
    let digests = committed.map(|text| from_base64url(text).unwrap().try_into().unwrap());
    let guesses = disclosed.iter().map(|one| {
        let (class, name) = (one.class.byte(), one.name.as_str().to_owned());
        let shape = one.value.to_json();
        let guess = |word: &str, truth: &str| {
            let value = shape.replace(&format!("\"{truth}\""), &format!("\"{word}\""));
            Guess::new(class, &name, value)
        };
        let people = PEOPLE.iter().map(|word| guess(word, PEOPLE[1]));
        let answers = ANSWERS.iter().map(|word| guess(word, ANSWERS[1]));
        let mut guesses: Vec<Guess> = people.chain(answers).collect();
        guesses.sort();
        guesses.dedup();
        ((class, name), guesses)
    });
    Attack { digests: digests.collect(), guesses: guesses.collect() }
}

/// Everything an attacker may have: the store, a proof, and, after an erasure, the keys too.
fn at_hand(safe: &Safe, with_keys: bool) -> Vec<Vec<u8>> {
    let mut all = files(&safe.yard.path());
    all.push(safe.yard.log("acme").prove(0).unwrap().to_string().into_bytes());
    if with_keys {
        all.extend(files(&safe.yard.keys()));
    }
    all
}

#[test]
fn a_dictionary_confirms_nothing_of_who_was_erased_and_all_of_it_where_the_seed_is_open() {
    for preset in Preset::ALL {
        let safe = asked(preset);
        let disclosed = disclosed(&safe);
        let attack = attack(&safe, &disclosed);
        if preset == Preset::Minimal {
            // Nothing was ever committed to.
            assert!(disclosed.is_empty() && attack.digests.is_empty());
            continue;
        }
        assert_eq!(attack.digests.len(), disclosed.len(), "{preset:?}");
        let mut truth = Vec::new();
        for one in &disclosed {
            let shown = from_base64url(&one.text).unwrap();
            let salt = std::str::from_utf8(&shown[2..45]).unwrap();
            let salt = from_base64url(salt).unwrap().try_into().unwrap();
            truth.extend(attack.with_salt(&salt));
        }
        truth.sort();
        let says = |word: &str| truth.iter().any(|guess| guess.value.contains(word));
        assert!(says("\"alice@example.com\"") && says("\"yes\""), "{preset:?} {truth:?}");
        assert_eq!(truth.len(), disclosed.len(), "{preset:?} a salt confirms the truth alone");

        // A plain part holds its seed: who has the store can try. A sealed one does not.
        let before = attack.with_files(&at_hand(&safe, false));
        let open = if preset.terms().sealed { Vec::new() } else { truth };
        assert_eq!(before, open, "{preset:?}");

        eraser(&safe).erase(&[alice()], "asked").unwrap();
        safe.integrate();
        sign(&safe);
        let leaf = safe.yard.log("acme").get(0).unwrap().unwrap().leaf;
        let kept = Class::ALL.iter().flat_map(|class| digests(&leaf, *class)).count();
        assert_eq!(kept, attack.digests.len(), "the leaf commits to what it did");
        let after = attack.with_files(&at_hand(&safe, true));
        assert_eq!(after, [] as [&Guess; 0], "{preset:?}");
    }
}
