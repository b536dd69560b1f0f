//! Gives the folder of the texts behind the dialects, which lie beside the project.
#![expect(clippy::disallowed_methods, reason = "test equipment reads its environment")]

use std::path::{Path, PathBuf};

use crate::require;

/// Where the texts lie; records that they are missing if they are not there.
pub fn seeds() -> Option<PathBuf> {
    let folder = seeds_folder();
    if !folder.is_dir() {
        require("seeds", "no folder ../shared/seeds; TACHO_SEEDS names another");
        return None;
    }
    Some(folder)
}

/// Where the texts would lie: `TACHO_SEEDS`, else `../shared/seeds` beside the workspace.
pub fn seeds_folder() -> PathBuf {
    match std::env::var_os("TACHO_SEEDS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/seeds"),
    }
}
