//! `tacho keys`: who signs a log, and what others need to check it.

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::screen::{Column, Nature, Row, Screen, Width};
use tacho_event::json::{Object, Value};
use tachograph::sign::{Demand, Keys, Signer, vkeys};
use tachograph::store::Store;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Ask {
    /// List the public keys of the log, the oldest first
    Ls,
    /// Print what a verifier needs: the public keys, or a C2SP log policy
    Export(Export),
    /// Replace the log's key; the old one signs the new one
    Rotate(Rotate),
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
        Ask::Rotate(ask) => rotate(place, screen, &store, &ask),
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
    Failure::new(Exit::NotAllowed, error.to_string())
}

fn rotate(place: &Place, screen: &mut Screen, store: &Store, ask: &Rotate) -> Outcome {
    let tenant = place.tenant.as_str();
    let mut signer = signer(place, store)?;
    // The leaf that names the new key must be durable and in the log before the key signs.
    let rotated = signer.rotation(tenant).map_err(refused)?;
    place.recorder(store)?.record(rotated.draft)?;
    place.bring_in(store, Demand::Keep)?;
    signer.rotate(tenant, ask.overlap, Place::world().now()).map_err(refused)?;
    screen.line(&rotated.successor.to_string())?;
    screen.note(&format!("both keys sign for {} more events", ask.overlap));
    Ok(Exit::Yes)
}

fn new_origin(place: &Place, screen: &mut Screen, store: &Store) -> Outcome {
    let origin = signer(place, store)?.new_origin(place.tenant.as_str()).map_err(refused)?;
    let successor = place.of_tenant(&origin.tenant)?;
    successor.recorder(store)?.record(origin.draft)?;
    successor.bring_in(store, Demand::Keep)?;
    screen.line(&origin.tenant)?;
    screen.note("the log goes on under this tenant; give it with --tenant");
    Ok(Exit::Yes)
}
