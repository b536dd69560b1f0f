//! Stand-in until the rule set is merged.
use std::borrow::Cow;
/// x
#[derive(Clone, Debug)]
pub struct Scanner {
    regex: regex::Regex,
}
/// x
pub struct RuleHit<'a> {
    /// x
    pub rule: &'a str,
}
impl Scanner {
    /// x
    pub fn builtin() -> Self {
        Self {
            regex: regex::Regex::new(r"(?i)(password|api[_-]?key|secret|token)[=:]\S+")
                .unwrap_or_else(|_| unreachable!()),
        }
    }
    /// x
    pub fn may_hit(&self, raw: &[u8]) -> bool {
        std::str::from_utf8(raw).is_ok_and(|t| self.regex.is_match(t))
    }
    /// x
    pub fn replacement(&self) -> &str {
        "[REDACTED]"
    }
    /// x
    pub fn sensitive_key(&self, name: &str) -> bool {
        name == "password"
    }
    /// x
    pub fn redact<'a>(&self, value: &'a str) -> Cow<'a, str> {
        self.regex.replace_all(value, "[REDACTED]")
    }
    /// x
    pub fn redact_with<'a>(
        &self,
        value: &'a str,
        each: &mut dyn FnMut(RuleHit<'_>),
    ) -> Cow<'a, str> {
        let out = self.regex.replace_all(value, "[REDACTED]");
        if matches!(out, Cow::Owned(_)) {
            each(RuleHit { rule: "seed" });
        }
        out
    }
}
