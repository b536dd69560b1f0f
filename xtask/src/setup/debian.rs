//! Given the table of programs that tests call, installs the missing ones as Debian packages when
//! this is root, else prints the command.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A program that tests call, and the package that has it.
struct Tool {
    program: &'static str,
    package: &'static str,
    needed_for: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool { program: "strace", package: "strace", needed_for: "failing system calls" },
    Tool { program: "mkfs.ext4", package: "e2fsprogs", needed_for: "power cuts of a real disk" },
    Tool { program: "losetup", package: "mount", needed_for: "power cuts of a real disk" },
    Tool { program: "openssl", package: "openssl", needed_for: "time stamps of another's making" },
    Tool { program: "tmux", package: "tmux", needed_for: "a real terminal" },
    Tool {
        program: "python3",
        package: "python3-venv",
        needed_for: "verifiers of another's making",
    },
];

/// Where programs for root lie, which a user's `PATH` may leave out.
const ROOT_FOLDERS: &[&str] = &["/usr/local/sbin", "/usr/sbin", "/sbin"];

pub(super) fn install() {
    let is_missing = |tool: &&Tool| find(tool.program).is_none();
    let missing: Vec<&Tool> = TOOLS.iter().filter(is_missing).collect();
    if missing.is_empty() {
        println!("programs: all {} are here", TOOLS.len());
        return;
    }
    let packages: Vec<&str> = missing.iter().map(|tool| tool.package).collect();
    if is_root() && find("apt-get").is_some() {
        println!("programs: installing {}", packages.join(" "));
        // The lists of packages may never have been fetched, or be old: try, fetch, try again.
        if !apt(&["install"], &packages) && apt(&["update"], &[]) {
            apt(&["install"], &packages);
        }
    }
    for tool in missing.iter().filter(|tool| is_missing(tool)) {
        let what = format!("{} (for {})", tool.program, tool.needed_for);
        super::warn(&what, &format!("sudo apt-get install {}", tool.package));
    }
}

/// The program's file, in `PATH` or where root's programs lie.
pub(super) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(ROOT_FOLDERS.iter().map(PathBuf::from));
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").stdin(Stdio::null()).output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn apt(words: &[&str], packages: &[&str]) -> bool {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["--quiet=2", "--yes"]);
    command.args(["--no-install-recommends"]).args(words).args(packages).stdin(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_by_its_name_alone() {
        assert!(find("sh").is_some_and(|file| file.is_absolute()));
        assert_eq!(find("no-such-program-here"), None);
    }
}
