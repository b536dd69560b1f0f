//! The words of the generated events. Their order counts: a draw is a place in a list.

#[rustfmt::skip]
pub(super) const TEAMS: &[&str] = &[
    "ops", "dev", "data", "sec", "support", "sales", "finance", "research", "legal", "hr",
];

#[rustfmt::skip]
pub(super) const ROLES: &[&str] = &[
    "release-manager", "rollback-advisor", "code-reviewer", "incident-commander", "test-writer",
    "doc-writer", "ticket-triager", "cost-analyst", "migration-planner", "log-investigator",
    "dependency-updater", "sql-assistant", "pen-tester", "report-builder", "mail-responder",
    "calendar-agent", "schema-designer", "data-labeler", "contract-reader", "chat-helper",
];

#[rustfmt::skip]
pub(super) const TOOLS: &[&str] = &[
    "Bash", "Read", "Edit", "Grep", "Write", "Glob", "Task", "WebFetch", "TodoWrite",
    "NotebookEdit", "mcp__jira__search", "mcp__slack__post_message",
    "mcp__github__create_pull_request", "mcp__postgres__query", "mcp__browser__click",
    "mcp__sentry__list_issues",
];

#[rustfmt::skip]
pub(super) const SKILLS: &[&str] = &[
    "postgres", "github", "discord", "kubernetes", "stripe", "hubspot", "zendesk", "gmail",
    "terraform", "grafana",
];

#[rustfmt::skip]
pub(super) const OPERATIONS: &[&str] = &[
    "query", "list", "create", "update", "delete", "search", "get", "apply",
];

#[rustfmt::skip]
pub(super) const COMMANDS: &[&str] = &[
    "git log --oneline -10", "cargo test --workspace", "npm run build",
    "kubectl get pods -n production", "docker compose up -d", "pytest -q tests/unit", "ls -la",
    "git diff HEAD~1 --stat", "terraform plan -out=tf.plan",
    "psql -c 'select count(*) from orders'", "grep -rn TODO src", "make lint",
    "curl -sS https://api.internal/v1/health", "helm upgrade --install web ./chart", "go vet ./...",
    "find . -name '*.rs' -newer Cargo.lock",
];

#[rustfmt::skip]
pub(super) const FOLDERS: &[&str] = &[
    "src/api", "src/core", "src/db/migrations", "services/billing", "services/auth/internal",
    "web/components", "infra/terraform/modules/vpc", "tests/integration", "docs/runbooks",
    "packages/sdk-python/client",
];

#[rustfmt::skip]
pub(super) const EXTENSIONS: &[&str] = &[
    "rs", "py", "ts", "tsx", "go", "sql", "yaml", "md", "json", "toml",
];

#[rustfmt::skip]
pub(super) const WORDS: &[&str] = &[
    "deployment", "rollback", "error", "latency", "customer", "invoice", "schema", "migration",
    "cache", "timeout", "retry", "user", "profile", "session", "token", "queue", "worker",
    "replica", "index", "table", "query", "commit", "branch", "release", "version", "config",
    "secret", "policy", "report", "summary", "review", "change", "failing", "test", "build",
    "pipeline", "artifact", "metric", "alert", "threshold", "region", "cluster", "node", "pod",
    "restart", "memory", "disk", "network", "certificate", "expired", "permission", "denied",
    "missing", "updated", "created", "deleted", "merged", "the", "a", "of", "for", "with", "after",
    "before", "because", "in", "on", "to", "and", "not", "is", "was",
];

#[rustfmt::skip]
pub(super) const NOISE: &[&str] = &[
    "\\n", "\\n  ", "\\t", " \\\"quoted\\\" ", " caf\u{e9} ", " \u{4f60}\u{597d} ", " \u{2192} ",
    " C:\\\\tmp ", " \u{1f680} ", " <b>&amp;</b> ",
];

#[rustfmt::skip]
pub(super) const ERRORS: &[(&str, &str)] = &[
    ("TimeoutError", "operation timed out after 30000 ms"),
    ("PermissionDenied", "permission denied for resource"),
    ("NotFound", "no such file or directory"), ("RateLimited", "429 Too Many Requests"),
    ("ValidationError", "invalid value for field"), ("NonZeroExit", "command exited with status 1"),
    ("ConnectionError", "connection reset by peer"),
];

#[rustfmt::skip]
pub(super) const DOMAINS: &[&str] = &[
    "kubernetes.io", "stackoverflow.com", "github.com", "docs.python.org", "doc.rust-lang.org",
    "developer.mozilla.org", "postgresql.org", "news.ycombinator.com",
];

#[rustfmt::skip]
pub(super) const SECRETS: &[&str] = &[
    "password=", "PGPASSWORD: x password:", "api_key=", "api-key:", "apikey=", "secret=", "token=",
    "token:",
];

#[rustfmt::skip]
pub(super) const DECISIONS: &[&str] = &[
    "rollback_recommendation", "next_step", "tool_choice", "escalate", "approve_change",
];

#[rustfmt::skip]
pub(super) const PERMISSIONS: &[&str] = &[
    "readonly", "readonly", "readonly", "read-write", "read-write", "admin",
];
