//! `tacho keys`: who signs a log, and what others need to check it.

use crate::failure::{Exit, Failure, Outcome};
use crate::given;
use crate::place::Place;
use crate::screen::{Column, Nature, Row, Screen, Width};
use std::io::Read;
use std::path::PathBuf;
use std::sync::PoisonError;
use tacho_event::Draft;
use tacho_event::json::{Object, Value};
use tacho_event::privacy::{base64url, from_base64url};
use tachograph::erase::Eraser;
use tachograph::sign::{Demand, Keys, Signer, tell, vkeys};
use tachograph::store::Store;
use tachograph::vault::{KeyRing, escrow_keys};
use zeroize::Zeroizing;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Ask {
    /// List the public keys of the log, the oldest first
    Ls,
    /// Print what a verifier needs: the public keys, or a C2SP log policy
    Export(Export),
    /// Replace the log's key, which the old one signs; or with --master the secret that opens
    Rotate(Rotate),
    /// Seal the master secret to a key of its own, to be kept elsewhere
    Escrow(Escrow),
    /// Put a lost master secret back; reads the escrow's secret from standard input
    Recover(Recover),
    /// Go on under a new name, when signing is refused because the log is not what was signed
    NewOrigin,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// A C2SP tlog-policy instead of plain keys
    #[arg(long)]
    policy: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Rotate {
    /// For so many more events both keys sign
    #[arg(long, value_name = "EVENTS", default_value_t = 10_000)]
    overlap: u64,
    /// Replace the master secret, which opens what is sealed: escrows of before open nothing more
    #[arg(long, conflicts_with = "overlap")]
    master: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Escrow {
    /// The new file
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Recover {
    /// The escrow
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

const KEYS: &[Column] = &[
    Column { title: "epoch", width: Width::Number(5) },
    Column { title: "key", width: Width::Rest },
];

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let store = place.open()?;
    match ask {
        Ask::Ls => {
            let rows: Vec<_> = public(place, &store)?
                .into_iter()
                .enumerate()
                .map(|(epoch, key)| {
                    let json = Object::from([
                        ("v", Value::from(1)),
                        ("epoch", Value::from(epoch as i64)),
                        ("vkey", Value::from(key.as_str())),
                    ]);
                    Ok(Row { json, cells: vec![epoch.to_string(), key] })
                })
                .collect();
            screen.list(Nature::List, KEYS, rows.into_iter())?;
            Ok(Exit::Yes)
        }
        Ask::Export(ask) if ask.policy => {
            let policy =
                signer(place, &store)?.policy(&[place.tenant.as_str()]).map_err(refused)?;
            screen.line(policy.to_string().trim_end())?;
            Ok(Exit::Yes)
        }
        Ask::Export(_) => {
            for key in public(place, &store)? {
                screen.line(&key)?;
            }
            Ok(Exit::Yes)
        }
        Ask::Rotate(ask) if ask.master => rotate_master(place, screen, &store),
        Ask::Rotate(ask) => rotate(place, screen, &store, &ask),
        Ask::Escrow(ask) => escrow(place, screen, &store, &ask),
        Ask::Recover(ask) => recover(place, screen, &store, &ask),
        Ask::NewOrigin => new_origin(place, screen, &store),
    }
}

fn public(place: &Place, store: &Store) -> Result<Vec<String>, Failure> {
    let log = place.log()?;
    let keys = vkeys(store.files().as_ref(), log.places())?;
    if keys.is_empty() {
        return Err(Failure::new(Exit::CannotTell, "no key has signed this log yet")
            .next("`tacho init` makes keys; the first event that is signed names them"));
    }
    Ok(keys.iter().map(ToString::to_string).collect())
}

fn signer(place: &Place, store: &Store) -> Result<Signer, Failure> {
    let dir = place.keys_dir(store);
    let keys = Keys::open(store.files().as_ref(), &dir).map_err(refused)?;
    Ok(Signer::new(store, keys, None))
}

fn refused(error: tachograph::sign::SignError) -> Failure {
    let failure = Failure::new(Exit::NotAllowed, error.to_string());
    match error.next() {
        Some(next) => failure.next(next),
        None => failure,
    }
}

fn rotate(place: &Place, screen: &mut Screen, store: &Store, ask: &Rotate) -> Outcome {
    let tenant = place.tenant.as_str();
    let mut signer = signer(place, store)?;
    // The leaf that names the new key must be durable and in the log before the key signs.
    let rotated = signer.rotation(tenant).map_err(refused)?;
    tell(store, Place::world(), &place.tenant, rotated.draft)?;
    place.bring_in(store, Demand::Keep)?;
    signer.rotate(tenant, ask.overlap, Place::world().now()).map_err(refused)?;
    screen.line(&rotated.successor.to_string())?;
    screen.note(&format!("both keys sign for {} more events", ask.overlap));
    Ok(Exit::Yes)
}

fn rotate_master(place: &Place, screen: &mut Screen, store: &Store) -> Outcome {
    let ring = place.custody(store).ring()?;
    let generation = Eraser::new(store, Place::world(), ring).rotate_master()?;
    let draft = Draft::admin("keys.master").with("outcome.status", "success");
    place.recorder(store)?.record(draft)?;
    screen.line(&format!("the master secret is replaced: generation {generation}"))?;
    screen.note("escrows of before open nothing any more: `tacho keys escrow` makes a new one");
    Ok(Exit::Yes)
}

fn escrow(place: &Place, screen: &mut Screen, store: &Store, ask: &Escrow) -> Outcome {
    let ring = place.custody(store).ring()?;
    let (secret, public) = escrow_keys(Place::world().as_ref());
    let sealed = ring.lock().unwrap_or_else(PoisonError::into_inner).escrow(&public)?;
    // Who makes a second way to what is sealed, is recorded first.
    let draft = Draft::admin("keys.escrow").with("outcome.status", "success");
    place.recorder(store)?.record(draft)?;
    given::write(&ask.output, &sealed)?;
    screen.line(&base64url(secret.as_slice()))?;
    screen.note("this opens the file and is shown once: keep the two in different places");
    Ok(Exit::Yes)
}

fn recover(place: &Place, screen: &mut Screen, store: &Store, ask: &Recover) -> Outcome {
    let sealed = given::read(&ask.file, ESCROW_BYTES_MAX)?;
    let mut line = Zeroizing::new(String::new());
    let read = std::io::stdin().take(SECRET_BYTES_MAX).read_to_string(&mut line);
    let secret = read.ok().and_then(|_| from_base64url(line.trim()));
    let Some(secret) = secret.and_then(|secret| secret.try_into().ok()).map(Zeroizing::new) else {
        return Err(Failure::usage("standard input is no secret of an escrow")
            .next("the line that `tacho keys escrow` printed"));
    };
    KeyRing::recover(store, place.custody(store).dir(), &sealed, &secret)?;
    place.custody(store).ring()?;
    place.recorder(store)?.record(Draft::admin("keys.recover"))?;
    screen.line("the master secret is back")?;
    Ok(Exit::Yes)
}

/// No escrow is longer.
const ESCROW_BYTES_MAX: u64 = 4096;
/// No secret that was printed is longer.
const SECRET_BYTES_MAX: u64 = 256;

fn new_origin(place: &Place, screen: &mut Screen, store: &Store) -> Outcome {
    let origin = signer(place, store)?.new_origin(place.tenant.as_str()).map_err(refused)?;
    let successor = place.of_tenant(&origin.tenant)?;
    tell(store, Place::world(), &successor.tenant, origin.draft)?;
    successor.bring_in(store, Demand::Keep)?;
    screen.line(&origin.tenant)?;
    screen.note("the log goes on under this tenant; give it with --tenant");
    Ok(Exit::Yes)
}
