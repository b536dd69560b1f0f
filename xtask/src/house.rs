//! Given nothing, gives the project's places and a `cargo` that behaves the same wherever it runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Stop;

/// The project on disk.
#[derive(Debug)]
pub(crate) struct House {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
}

impl House {
    /// The house this program was built from.
    pub(crate) fn find() -> Result<House, Stop> {
        // At run time, not from `env!`: a target folder may be shared by several clones.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        match manifest.parent() {
            Some(root) if root.join("Cargo.toml").is_file() => {
                Ok(House { root: root.to_path_buf() })
            }
            _ => Err(Stop::Failed(format!("no workspace above {}", manifest.display()))),
        }
    }

    /// A path inside the house.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside)
    }

    /// Where tests find the tools that `setup` installs; `tacho_testkit::tools_dir` looks here too.
    pub(crate) fn tools(&self) -> PathBuf {
        self.root.join("target/tools")
    }

    /// `cargo`, run from the root, without what the cargo around us put into the environment.
    pub(crate) fn cargo(&self, words: &[&str]) -> Command {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(program);
        command.args(words).current_dir(&self.root);
        // Build scripts that watch these would be run again, once for each way of calling cargo.
        for (name, _) in std::env::vars_os() {
            let spoken = name.to_string_lossy();
            if spoken.starts_with("CARGO_PKG_") || spoken.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command
    }
}

/// Creates the folder that `file` will stand in.
pub(crate) fn make_room_for(file: &Path) -> Result<(), Stop> {
    let Some(folder) = file.parent() else { return Ok(()) };
    std::fs::create_dir_all(folder)
        .map_err(|error| Stop::Failed(format!("cannot create {}: {error}", folder.display())))
}

/// Writes a whole file, folders included.
pub(crate) fn write(file: &Path, content: &str) -> Result<(), Stop> {
    make_room_for(file)?;
    std::fs::write(file, content)
        .map_err(|error| Stop::Failed(format!("cannot write {}: {error}", file.display())))
}
