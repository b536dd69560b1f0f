//! Given a host and a working directory, gives fingerprints of what steers the agent: settings,
//! hooks, instructions, MCP servers.
//!
//! ```json
//! {"~/.claude/settings.json": {"bytes": 812, "kind": "settings", "sha256": "9f86..."},
//!  "<cwd>/.mcp.json": {"bytes": 93, "kind": "mcp", "sha256": "60303..."}}
//! ```
//!
//! A fingerprint is content: in the log it stands among the salted disclosures.

use std::path::Path;

use tacho_event::json::{Object, Value};
use tacho_hash::sha256;

use crate::disk;
use crate::host::Host;

/// Where a file lies.
#[derive(Clone, Copy, Debug)]
enum Root {
    Home,
    Project,
    Machine,
}

/// A file that steers an agent.
type Steering = (Host, Root, &'static str, &'static str);

/// Which files steer which host.
static STEERING: &[Steering] = &[
    (Host::ClaudeCode, Root::Home, ".claude/settings.json", "settings"),
    (Host::ClaudeCode, Root::Home, ".claude/CLAUDE.md", "instructions"),
    (Host::ClaudeCode, Root::Project, ".claude/settings.json", "settings"),
    (Host::ClaudeCode, Root::Project, ".claude/settings.local.json", "settings"),
    (Host::ClaudeCode, Root::Project, ".mcp.json", "mcp"),
    (Host::ClaudeCode, Root::Project, "CLAUDE.md", "instructions"),
    (Host::ClaudeCode, Root::Project, "CLAUDE.local.md", "instructions"),
    (Host::ClaudeCode, Root::Machine, "/etc/claude-code/managed-settings.json", "settings"),
    (Host::Codex, Root::Home, ".codex/config.toml", "settings"),
    (Host::Codex, Root::Home, ".codex/hooks.json", "hooks"),
    (Host::Codex, Root::Home, ".codex/AGENTS.md", "instructions"),
    (Host::Codex, Root::Project, ".codex/hooks.json", "hooks"),
    (Host::Codex, Root::Project, ".codex/config.toml", "settings"),
    (Host::Codex, Root::Project, "AGENTS.md", "instructions"),
    (Host::Cursor, Root::Home, ".cursor/hooks.json", "hooks"),
    (Host::Cursor, Root::Home, ".cursor/mcp.json", "mcp"),
    (Host::Cursor, Root::Project, ".cursor/hooks.json", "hooks"),
    (Host::Cursor, Root::Project, ".cursor/mcp.json", "mcp"),
    (Host::Cursor, Root::Project, ".cursorrules", "instructions"),
    (Host::Cursor, Root::Project, "AGENTS.md", "instructions"),
    (Host::Copilot, Root::Home, ".copilot/settings.json", "settings"),
    (Host::Copilot, Root::Home, ".copilot/mcp-config.json", "mcp"),
    (Host::Copilot, Root::Project, ".github/copilot/settings.json", "settings"),
    (Host::Copilot, Root::Project, ".github/copilot-instructions.md", "instructions"),
    (Host::Copilot, Root::Project, ".claude/settings.json", "settings"),
    (Host::Copilot, Root::Project, "AGENTS.md", "instructions"),
    (Host::Gemini, Root::Home, ".gemini/settings.json", "settings"),
    (Host::Gemini, Root::Home, ".gemini/GEMINI.md", "instructions"),
    (Host::Gemini, Root::Project, ".gemini/settings.json", "settings"),
    (Host::Gemini, Root::Project, "GEMINI.md", "instructions"),
    (Host::OpenHands, Root::Project, ".openhands/hooks.json", "hooks"),
    (Host::OpenHands, Root::Project, "AGENTS.md", "instructions"),
    (Host::Qwen, Root::Home, ".qwen/settings.json", "settings"),
    (Host::Qwen, Root::Project, ".qwen/settings.json", "settings"),
    (Host::Qwen, Root::Project, "QWEN.md", "instructions"),
    (Host::Goose, Root::Home, ".config/goose/config.yaml", "settings"),
    (Host::Goose, Root::Project, ".goosehints", "instructions"),
    (Host::Goose, Root::Project, "AGENTS.md", "instructions"),
];

/// Bytes of a file that count for its fingerprint.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The fingerprints of the files that are there.
pub(crate) fn fingerprints(host: Host, home: &Path, project: Option<&Path>) -> Object {
    let mut found = Object::new();
    for (_, root, name, kind) in STEERING.iter().filter(|(of, ..)| *of == host) {
        let (path, shown) = match (root, project) {
            (Root::Home, _) => (home.join(name), format!("~/{name}")),
            (Root::Machine, _) => (Path::new(name).to_owned(), (*name).to_owned()),
            (Root::Project, Some(project)) => (project.join(name), format!("<cwd>/{name}")),
            (Root::Project, None) => continue,
        };
        let print = match disk::read(&path, FILE_BYTES_MAX) {
            Ok(None) => continue,
            Ok(Some((bytes, more))) => print(&bytes, more, kind),
            Err(error) => Object::from([
                ("kind", Value::from(*kind)),
                ("unreadable", error.kind().to_string().into()),
            ]),
        };
        found.insert(shown.as_str(), print);
    }
    found
}

fn print(bytes: &[u8], more: bool, kind: &str) -> Object {
    let hash: String = sha256([bytes]).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut print = Object::from([
        ("bytes", Value::from(bytes.len())),
        ("kind", kind.into()),
        ("sha256", hash.into()),
    ]);
    if more {
        print.insert("only_the_start", true);
    }
    print
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_there_are_told_apart_by_their_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let prints = || fingerprints(Host::Gemini, dir.path(), Some(dir.path()));
        assert!(prints().is_empty());
        disk::replace(&dir.path().join("GEMINI.md"), b"abc").unwrap();
        let first = prints();
        let print = first.object("<cwd>/GEMINI.md").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((print.str("sha256"), print.str("kind")), (Some(abc), Some("instructions")));
        disk::replace(&dir.path().join("GEMINI.md"), b"abd").unwrap();
        assert_ne!(prints(), first);
    }
}
