//! `tacho keys`: who signs a log, and what others need to check it.

use crate::failure::{Exit, Failure, Outcome};
use crate::given;
use crate::place::Place;
use crate::reader::record_change;
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
    /// Have another program hold the log's next key and sign with it; or list such keys
    Signer(Signing),
    /// Lock the master secret with what a command says, as a keyring's does
    Lock(Lock),
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
#[command(
    after_help = "The program gets the bytes to sign on its standard input and answers with \
    the 64 bytes of an\nEd25519 signature, or a line of base64 that stands for them; `{name}` in \
    its words is the name\nof the key. There is no shell in between. The key signs from the first \
    note on, or once\n`tacho keys rotate` led to it.\n\n  tacho keys signer --public key.pub \
    /usr/local/bin/sign-with-token {name}"
)]
pub(crate) struct Signing {
    /// The public key: a file with it, as PEM or base64
    #[arg(long, value_name = "FILE", requires = "command")]
    public: Option<PathBuf>,
    /// The program that signs, and its arguments
    #[arg(value_name = "COMMAND", trailing_var_arg = true, requires = "public")]
    command: Vec<String>,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The command is run by whoever opens the keys, without a shell, and says a \
    secret of 16 bytes or\nmore on its standard output. Make an escrow first: without that secret, \
    what is sealed stays sealed.\n\n  head -c 32 /dev/urandom | base64 | secret-tool store \
    --label=tacho tachograph master\n  tacho keys lock secret-tool lookup tachograph master"
)]
pub(crate) struct Lock {
    /// The command and its arguments
    #[arg(value_name = "COMMAND", trailing_var_arg = true, required = true)]
    command: Vec<String>,
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

const SIGNERS: &[Column] = &[
    Column { title: "epoch", width: Width::Number(5) },
    Column { title: "key", width: Width::Chars(60) },
    Column { title: "program", width: Width::Rest },
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
        Ask::Signer(ask) => enrol(place, screen, &store, ask),
        Ask::Lock(ask) => {
            let ring = place.custody(&store).ring()?;
            let mut ring = ring.lock().unwrap_or_else(PoisonError::into_inner);
            ring.lock_master(&ask.command)?;
            drop(ring);
            place.recorder(&store)?.record(Draft::admin("keys.lock"))?;
            screen.line("the master secret is locked")?;
            Ok(Exit::Yes)
        }
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
    Ok(Signer::new(store, own_keys(place, store)?, None))
}

fn own_keys(place: &Place, store: &Store) -> Result<Keys, Failure> {
    Keys::open(store.files().as_ref(), &place.keys_dir(store)).map_err(refused)
}

/// Has another program hold the next key, or lists those that do.
fn enrol(place: &Place, screen: &mut Screen, store: &Store, ask: Signing) -> Outcome {
    let mut keys = own_keys(place, store)?;
    let Some(file) = ask.public else {
        let rows = keys.outside().iter().map(|key| {
            let words = key.command.join(" ");
            let json = Object::from([
                ("v", Value::from(1)),
                ("epoch", Value::from(u64::from(key.epoch))),
                ("vkey", Value::from(key.vkey.to_string().as_str())),
                ("command", Value::from(key.command.clone())),
            ]);
            Ok(Row { json, cells: vec![key.epoch.to_string(), key.vkey.to_string(), words] })
        });
        let rows: Vec<_> = rows.collect();
        screen.list(Nature::List, SIGNERS, rows.into_iter())?;
        return Ok(Exit::Yes);
    };
    let text = given::read(&file, PUBLIC_BYTES_MAX)?;
    let public = public_bytes(&String::from_utf8_lossy(&text)).ok_or_else(|| {
        Failure::usage(format!("{} is no Ed25519 public key", file.display()))
            .next("`openssl pkey -in key.pem -pubout` writes one, and so does base64 of 32 bytes")
    })?;
    let origin = signer(place, store)?.origin(place.tenant.as_str()).map_err(refused)?;
    let enrolled = keys.enrol(store.files().as_ref(), &origin, &public, ask.command);
    let key = enrolled.map_err(refused)?;
    let after = Object::from([("vkey", Value::from(key.vkey.to_string().as_str()))]);
    record_change(place, screen, "keys.signer", &after);
    screen.line(&key.vkey.to_string())?;
    if key.epoch > 0 {
        screen.note("`tacho keys rotate` has it sign; until then the key of before does");
    }
    Ok(Exit::Yes)
}

/// A public key as PEM, or as base64 of its 32 bytes.
fn public_bytes(text: &str) -> Option<[u8; 32]> {
    // SubjectPublicKeyInfo of an Ed25519 key, before its 32 bytes (RFC 8410).
    const BEFORE: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0];
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
    let base64: String = lines.collect();
    let base64 = base64.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let bytes = from_base64url(&base64)?;
    bytes.strip_prefix(&BEFORE).unwrap_or(&bytes).try_into().ok()
}

/// No file with a public key is longer.
const PUBLIC_BYTES_MAX: u64 = 4096;

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
