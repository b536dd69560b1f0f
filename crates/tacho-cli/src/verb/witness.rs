//! `tacho witness`: cosign the checkpoints of other logs, and none that contradicts an earlier one.

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::screen::Screen;
use crate::verb::verify::keys;
use std::io::Read;
use std::path::PathBuf;
use tacho_tree::KeyName;
use tachograph::anchor::{Witness, WitnessError};
use tachograph::files::OsFiles;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Ask {
    /// Make a witness, and print its public key
    Init {
        /// The directory it remembers in; out of reach of the logs it cosigns for
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// The name of its key: a URL without its scheme, as in witness.example.com/w1
        #[arg(long, value_name = "NAME")]
        name: String,
    },
    /// Cosign for a log from now on
    Trust {
        /// The directory of the witness
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// The log's public key, as text or a file of such lines
        #[arg(value_name = "KEY", required = true)]
        vkey: Vec<String>,
    },
    /// Answer one request: its body on standard input, the answer and its status on standard output
    Answer {
        /// The directory of the witness
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
    },
}

/// A request holds a note and 63 hashes.
const REQUEST_BYTES_MAX: u64 = 128 * 1024;

pub(crate) fn run(screen: &mut Screen, ask: Ask) -> Outcome {
    let world = Place::world();
    match ask {
        Ask::Init { dir, name } => {
            let name = KeyName::new(&name).map_err(|error| Failure::usage(error.to_string()))?;
            let witness = Witness::create(&OsFiles, world.as_ref(), &dir, name)?;
            screen.line(&witness.verifier().to_string())?;
            Ok(Exit::Yes)
        }
        Ask::Trust { dir, vkey } => {
            let witness = Witness::open(&OsFiles, &dir)?;
            let keys = keys(&vkey)?;
            if keys.is_empty() {
                return Err(Failure::usage("no key is named")
                    .next("a file with the lines that `tacho keys export` prints"));
            }
            for key in keys {
                witness.trust(&OsFiles, &key)?;
            }
            Ok(Exit::Yes)
        }
        Ask::Answer { dir } => {
            let witness = Witness::open(&OsFiles, &dir)?;
            let mut request = Vec::new();
            let read = std::io::stdin().take(REQUEST_BYTES_MAX).read_to_end(&mut request);
            read.map_err(|error| Failure::new(Exit::CannotTell, error.to_string()))?;
            let reply = witness.answer(&OsFiles, &request, world.as_ref())?;
            screen.line(reply.body.trim_end_matches('\n'))?;
            screen.line(&reply.status.to_string())?;
            Ok(Exit::Yes)
        }
    }
}

impl From<WitnessError> for Failure {
    fn from(error: WitnessError) -> Self {
        match error {
            WitnessError::Store(error) => error.into(),
            WitnessError::NoLog | WitnessError::Exists(_) => Self::usage(error.to_string()),
            WitnessError::Busy(_) => Self::new(Exit::Unreachable, error.to_string()),
            WitnessError::Exposed(_) => Self::new(Exit::NotAllowed, error.to_string()),
            _ => Self::new(Exit::CannotTell, error.to_string()),
        }
    }
}
