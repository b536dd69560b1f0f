//! Given certificates, has `openssl` say whether an authority signed a time stamp.
//!
//! ```text
//! openssl ts -verify -digest <SHA-256 of the note> -in /dev/stdin -CAfile ca.pem -attime <its time>
//! ```
//! Certificates of authorities end; a stamp does not. So each is checked at the time it names: that
//! is as good as the authority's key was then, and no better if the key was stolen later.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tacho_tree::stamp::{Stamp, imprint};

use super::command::{Command, Speaks};
use super::errand::{Carrier, CarryError};

/// How long one check may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks `openssl`, as long as it is there.
#[derive(Debug, Clone)]
pub struct OpensslJudge {
    certificates: PathBuf,
    left: u32,
}

impl OpensslJudge {
    /// Will check up to `count` stamps against the certificates in this file.
    pub fn new(certificates: &Path, count: u32) -> Self {
        Self { certificates: certificates.to_owned(), left: count }
    }

    /// Whether a trusted authority signed this response over this note; none if that cannot be told
    /// here.
    pub fn judge(&mut self, note: &[u8], response: &[u8]) -> Option<bool> {
        self.left = self.left.checked_sub(1)?;
        let time = Stamp::parse(response).ok()?.time.to_string();
        let digest: String = imprint(note).iter().map(|byte| format!("{byte:02x}")).collect();
        let certificates = self.certificates.to_str()?;
        let words = [
            "openssl",
            "ts",
            "-verify",
            "-digest",
            &digest,
            "-in",
            "/dev/stdin",
            "-CAfile",
            certificates,
            "-attime",
            &time,
        ];
        let words = words.map(str::to_owned);
        let command = Command::new(&words, Speaks::ExitCode, "openssl", None).ok()?;
        match command.carry(response, PATIENCE) {
            Ok(_) => Some(true),
            // It ran and said no; without certificates it says no to everything.
            Err(CarryError::Failed(why))
                if why.starts_with("it ended with exit status: 1")
                    && !why.contains("Error loading") =>
            {
                Some(false)
            }
            Err(_) => None,
        }
    }
}
