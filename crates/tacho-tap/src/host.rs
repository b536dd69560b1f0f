//! The hosts whose hooks are understood: their names, and what tells them apart.

/// A program that runs agents and calls hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// Claude Code.
    ClaudeCode,
    /// Codex CLI.
    Codex,
    /// Cursor.
    Cursor,
    /// GitHub Copilot: the CLI and the cloud agent.
    Copilot,
    /// Gemini CLI.
    Gemini,
    /// OpenHands.
    OpenHands,
    /// Qwen Code.
    Qwen,
    /// Goose.
    Goose,
}

impl Host {
    /// Every host.
    pub const ALL: [Host; 8] = [
        Host::ClaudeCode,
        Host::Codex,
        Host::Cursor,
        Host::Copilot,
        Host::Gemini,
        Host::OpenHands,
        Host::Qwen,
        Host::Goose,
    ];

    /// Its name on the command line: `claude-code`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Host::ClaudeCode => "claude-code",
            Host::Codex => "codex",
            Host::Cursor => "cursor",
            Host::Copilot => "copilot",
            Host::Gemini => "gemini",
            Host::OpenHands => "openhands",
            Host::Qwen => "qwen",
            Host::Goose => "goose",
        }
    }

    /// Its name in data: `claude_code`.
    pub const fn in_data(self) -> &'static str {
        match self {
            Host::ClaudeCode => "claude_code",
            other => other.as_str(),
        }
    }

    /// The dialect it speaks.
    pub const fn dialect(self) -> &'static str {
        if self.speaks_as_claude_code() { "claude_code" } else { self.in_data() }
    }

    /// True for a host whose payloads only the command line tells from Claude Code's.
    pub const fn speaks_as_claude_code(self) -> bool {
        matches!(self, Host::ClaudeCode | Host::OpenHands | Host::Qwen)
    }

    /// The host that speaks a dialect.
    pub fn of_dialect(name: &str) -> Option<Self> {
        let name = name.strip_suffix("_camel").unwrap_or(name);
        Self::ALL.into_iter().find(|host| host.in_data() == name)
    }

    /// The host of a name on the command line.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|host| host.as_str() == name || host.in_data() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_known_by_both_of_its_names() {
        for host in Host::ALL {
            assert_eq!(Host::parse(host.as_str()), Some(host));
            assert_eq!(Host::parse(host.in_data()), Some(host));
        }
        assert_eq!(Host::parse("vim"), None);
    }
}
