//! Given what anchors said, gives the heads that the log must have because of it, and on whose word
//! each rests.

use std::io::ErrorKind;
use std::path::PathBuf;

use tacho_tree::audit::{
    AnchorAccount, AnchorTrust, Anchored, Code, Heads, Report, anchor_entries,
};
use tacho_tree::{Policy, VerifierKey};

use super::told;
use crate::anchor::OpensslJudge;
use crate::anchor::keep::{FILE_BYTES_MAX, firsts};
use crate::files::read_small;
use crate::limits::{VERIFY_ANCHOR_FILES_MAX, VERIFY_STAMPS_MAX};
use crate::store::Store;
use crate::tenant::TenantPlaces;

/// Whose word counts.
#[derive(Debug, Clone, Default)]
pub struct Trusted {
    /// Keys of witnesses.
    pub witnesses: Vec<VerifierKey>,
    /// Witnesses without whose word there is no answer.
    pub demanded: Vec<VerifierKey>,
    /// How many witnesses have to agree.
    pub policy: Option<Policy>,
    /// A file with the certificates of authorities that stamp times; with it `openssl` is asked
    /// about the newest stamps.
    pub certificates: Option<PathBuf>,
}

pub(super) fn read(
    store: &Store,
    places: &TenantPlaces,
    trusted: &Trusted,
    log_keys: &[VerifierKey],
    heads: &mut Heads,
    report: &mut Report,
) -> Vec<Anchored> {
    let files = store.files().as_ref();
    let mut firsts = match firsts(files, places) {
        Ok(firsts) => firsts,
        Err(error) => {
            let place = places.anchors().display().to_string();
            report.find(Code::Unreadable, place, told(&error));
            Vec::new()
        }
    };
    let older = firsts.len().saturating_sub(VERIFY_ANCHOR_FILES_MAX);
    if older > 0 {
        firsts.drain(..older);
        report.limit(format!("{older} files of older anchors, which were not read"));
    }
    let mut witnesses = trusted.witnesses.clone();
    let of_policy = trusted.policy.iter().flat_map(Policy::witnesses).map(|(_, key, _)| key);
    for key in trusted.demanded.iter().chain(of_policy) {
        if !witnesses.contains(key) {
            witnesses.push(key.clone());
        }
    }
    let trust = AnchorTrust {
        log_keys: log_keys.to_vec(),
        witnesses,
        demanded: trusted.demanded.clone(),
        policy: trusted.policy.as_ref().map(|policy| policy.with_logs(log_keys)),
    };
    let certificates = trusted.certificates.as_deref();
    let mut judge = certificates.map(|path| OpensslJudge::new(path, VERIFY_STAMPS_MAX));
    let mut stamps = |note: &[u8], response: &[u8]| judge.as_mut()?.judge(note, response);
    let mut account = AnchorAccount::new(&trust);
    // The newest first: they say the most, and are the ones whose stamps are checked.
    for first in firsts.into_iter().rev() {
        let path = places.anchor_file(first);
        let place = path.display().to_string();
        match read_small(files, &path, FILE_BYTES_MAX) {
            Ok(bytes) => {
                for entry in anchor_entries(&place, &bytes, report).iter().rev() {
                    account.entry(&place, entry, heads, &mut stamps, report);
                }
            }
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                report.find(Code::FileMalformed, place, error);
            }
            Err(error) => report.find(Code::Unreadable, place, error),
        }
    }
    account.finish(report)
}
