//! What each command says with `--json`: the one table of it, from which `docs/reference/json/` is
//! made. `NAME?` may be absent.

use Says::*;

/// What a member says.
#[derive(Clone, Copy)]
pub(crate) enum Says {
    /// 1: the version of the form.
    One,
    Text,
    /// One of these.
    Word(&'static [&'static str]),
    /// A whole number that is not negative.
    Count,
    Number,
    Flag,
    /// RFC 3339.
    Time,
    Any,
    /// Or null.
    Or(&'static Says),
    List(&'static Says),
    Of(Members),
    /// Any names, each with such a value.
    Map(&'static Says),
}

pub(crate) type Members = &'static [(&'static str, Says)];

/// A form of answer: its name, which commands give it, and its members.
pub(crate) struct Form {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) members: Members,
    /// Other members may come: an event has what its source said.
    pub(crate) is_open: bool,
}

const fn form(name: &'static str, about: &'static str, members: Members) -> Form {
    Form { name, about, members, is_open: false }
}

const FINDING: Says = Of(&[
    ("code", Text),
    ("place", Text),
    ("what", Text),
    ("hint", Text),
    ("file?", Text),
    ("offset?", Count),
    ("leaf?", Count),
    ("size?", Count),
]);
const OR_TEXT: Says = Or(&Text);

/// A step of a plan: a day of parts that expires, or leaves that are pruned.
const STEP: Says = Of(&[
    ("does", Word(&["expire", "prune"])),
    ("bytes", Count),
    ("class?", Text),
    ("day?", Text),
    ("parts?", Count),
    ("why?", WHY),
    ("before_leaf?", Count),
    ("root?", Text),
    ("leaves?", Count),
    (
        "files?",
        List(&Of(&[("first_leaf", Count), ("bytes", Count), ("came_in_by", Time), ("why", WHY)])),
    ),
]);
const WHY: Says = Word(&["age", "size", "leaf"]);
const NOTICE: Says = Word(&["held", "clock", "behind", "age_unknown", "large", "floor"]);

pub(crate) const FORMS: &[Form] = &[
    Form {
        name: "event",
        about: "One event: `tacho events`, `tail`, `show`, `session show`, `resource`, `export`.",
        members: &[
            ("v", One),
            ("id", Text),
            ("timestamp", Time),
            ("index", Count),
            ("action", Any),
            ("agent?", Any),
            ("outcome?", Any),
            ("hidden?", Any),
            (
                "proof?",
                Of(&[
                    ("grade", Word(&["rechecked", "server_assertion"])),
                    ("index?", Count),
                    ("signed?", Count),
                    ("leaf_hash?", Text),
                    ("path?", Count),
                    ("root?", Text),
                    ("size?", Count),
                    ("vkey?", Text),
                    ("notes_kept?", Count),
                    ("notes_consistent?", Count),
                    ("rests_on?", List(&Text)),
                ]),
            ),
        ],
        is_open: true,
    },
    form(
        "anchor",
        "An answer that was kept: `tacho anchor ls`.",
        &[
            ("v", One),
            ("number", Count),
            ("kind", Text),
            ("name", Text),
            ("time", Time),
            ("size", Count),
        ],
    ),
    form(
        "anchored",
        "What became of one anchor: `tacho anchor run`.",
        &[
            ("v", One),
            ("kind", Text),
            ("name", Text),
            ("size", Or(&Count)),
            ("code", OR_TEXT),
            ("why", OR_TEXT),
        ],
    ),
    form(
        "backup",
        "`tacho backup` and `tacho restore`.",
        &[
            ("v", One),
            ("dir", Text),
            ("files", Count),
            ("bytes", Count),
            ("erasures_applied?", Count),
        ],
    ),
    form(
        "bundle",
        "`tacho bundle create`.",
        &[
            ("v", One),
            ("file", Text),
            ("events", Count),
            ("disclosures", Count),
            ("unsigned", Count),
            ("bytes", Count),
        ],
    ),
    form(
        "checkpoint",
        "A note that was kept: `tacho checkpoint ls`.",
        &[("v", One), ("time", Time), ("size", Count), ("root", Text), ("note", Text)],
    ),
    form(
        "check",
        "What the doctor looks at: `tacho doctor --list`.",
        &[("v", One), ("check", Text), ("about", Text), ("fix", Text)],
    ),
    form(
        "demo",
        "`tacho demo`.",
        &[
            ("v", One),
            ("store", Text),
            ("keys", Text),
            ("events", Count),
            ("changed_file?", Text),
            ("changed_byte?", Count),
        ],
    ),
    form(
        "doctor",
        "What the doctor found: `tacho doctor`.",
        &[
            ("v", One),
            ("check", Text),
            ("state", Word(&["good", "odd", "bad", "mended"])),
            ("what", Text),
            ("next", OR_TEXT),
        ],
    ),
    form(
        "erasure",
        "`tacho erase`, before and after.",
        &[
            ("v", One),
            ("erased", Flag),
            ("tenant", Text),
            ("events", Count),
            ("ids", List(&Text)),
            ("parts", List(&Of(&[("class", Text), ("parts", Count), ("bytes", Count)]))),
            ("leaves_kept", Count),
            ("holds", List(&Text)),
            ("ticket?", Text),
            ("lost?", List(&Of(&[("class", Text), ("count", Count), ("root", Text)]))),
        ],
    ),
    form(
        "hold",
        "`tacho hold`.",
        &[("v", One), ("hold", Text), ("tenant", Text), ("what", Text), ("reason", Text)],
    ),
    form(
        "resealed",
        "`tacho reseal`, before and after; a line for each tenant.",
        &[
            ("v", One),
            ("tenant", Text),
            ("to", Word(&["sealed", "open"])),
            ("files", Count),
            ("parts", Count),
            ("too_long", Count),
            ("quarantined", Count),
            ("done", Flag),
            ("changed?", Count),
            ("left?", Count),
        ],
    ),
    form(
        "init",
        "`tacho init`.",
        &[
            ("v", One),
            ("store", Text),
            ("keys", Text),
            ("preset", Text),
            ("wrote", Flag),
            ("found", List(&Text)),
            (
                "from",
                List(&Of(&[
                    ("key", Text),
                    ("fate", Word(&["mapped", "not needed", "not yet", "unknown"])),
                    ("what", Text),
                ])),
            ),
            ("proven", Count),
            ("vkey", Text),
        ],
    ),
    form(
        "hooks",
        "A host that calls the recorder: `tacho install` without a host.",
        &[
            ("v", One),
            ("host", Text),
            ("scope", Text),
            ("hooks", Count),
            ("works", Flag),
            ("file", Text),
        ],
    ),
    form(
        "installed",
        "`tacho install HOST` and `tacho uninstall`.",
        &[("v", One), ("file", Text), ("changed", Flag), ("backup", OR_TEXT)],
    ),
    form(
        "key",
        "`tacho keys ls`; `keys signer` says with which program a key signs.",
        &[("v", One), ("epoch", Count), ("vkey", Text), ("command?", List(&Text))],
    ),
    form(
        "lint",
        "`tacho redact lint`.",
        &[("v", One), ("where", Text), ("what", Text), ("hint", Text)],
    ),
    form(
        "maintained",
        "What was done: `tacho maintain`.",
        &[
            ("v", One),
            ("busy", Flag),
            ("done", Flag),
            ("integrated", Count),
            ("beats", List(&Text)),
            ("gone", List(&Of(&[("tenant", Text), ("step", STEP)]))),
            ("notices", List(&Of(&[("tenant", Text), ("notice", NOTICE), ("what", Text)]))),
            ("warned", List(&Text)),
            ("rooms", List(&Of(&[("room", Text), ("tenant", Text), ("did", Text)]))),
            ("signed", List(&Text)),
            ("retired", Count),
            ("problems", List(&Of(&[("task", Text), ("tenant", OR_TEXT), ("why", Text)]))),
            ("next", Or(&Time)),
        ],
    ),
    form(
        "proof",
        "`tacho prove`.",
        &[("v", One), ("index", Count), ("leaf", Text), ("proof", Text)],
    ),
    form(
        "receipt",
        "`tacho log`.",
        &[("v", One), ("id", Text), ("tenant", Text), ("leaf_hash", Text)],
    ),
    form("redacted", "`tacho redact test`.", &[("v", One), ("hits", List(&Text)), ("left", Text)]),
    form(
        "replay",
        "A step of a session: `tacho session replay`.",
        &[
            ("v", One),
            ("since_ms", Count),
            ("sign", Word(&["plain", "wrong", "decision", "gap"])),
            ("event", Any),
        ],
    ),
    form(
        "resource",
        "A thing as it was: `tacho resource --at`.",
        &[("v", One), ("resource", Text), ("changed", Or(&Time)), ("members", Any)],
    ),
    form(
        "retention",
        "What is due for one tenant: `tacho retention plan` and `apply`.",
        &[
            ("v", One),
            ("tenant", Text),
            ("applied", Flag),
            ("terms", Text),
            ("first_leaf", Count),
            ("leaves", Count),
            ("bytes", Map(&Count)),
            (
                "tiers",
                List(&Of(&[
                    ("class", Text),
                    ("tier", Word(&["hot", "warm", "cold", "over"])),
                    ("days", Count),
                    ("bytes", Count),
                ])),
            ),
            ("steps", List(&STEP)),
            ("frees_bytes", Count),
            ("notices", List(&Of(&[("notice", NOTICE), ("what", Text)]))),
            ("provable", List(&Text)),
            ("next", Or(&Time)),
        ],
    ),
    form(
        "retention-setting",
        "How long something is kept, and who says so: `tacho retention show`.",
        &[("v", One), ("setting", Text), ("value", Text), ("from", Text)],
    ),
    form("rule", "`tacho redact ls`.", &[("v", One), ("rule", Text), ("finds", Text)]),
    form(
        "session",
        "`tacho session ls`.",
        &[
            ("v", One),
            ("session_id", Text),
            ("agent_id", Text),
            ("first", Text),
            ("last", Text),
            ("events", Count),
            ("failures", Count),
        ],
    ),
    form("setting", "`tacho config get`.", &[("v", One), ("setting", Text), ("value", Text)]),
    form(
        "setting-explained",
        "`tacho config explain`.",
        &[
            ("v", One),
            ("setting", Text),
            ("about", Text),
            ("value", Text),
            ("option", OR_TEXT),
            ("variable", OR_TEXT),
            ("file", Text),
            ("else", Text),
            ("wants", Text),
            ("in_project", Flag),
        ],
    ),
    form(
        "setting-unheeded",
        "`tacho config check`.",
        &[("v", One), ("file", Text), ("line", Count), ("why", Text)],
    ),
    form(
        "stats",
        "`tacho stats`.",
        &[
            ("v", One),
            ("events", Count),
            ("calls", Count),
            ("sessions", Count),
            ("success_rate", Or(&Number)),
            ("average_duration_ms", Or(&Number)),
            ("tokens_input", Count),
            ("tokens_output", Count),
            ("cost_usd", Number),
            ("first", Or(&Time)),
            ("last", Or(&Time)),
            ("by_status", Map(&Count)),
            ("by_type", Map(&Count)),
            ("by_name", Map(&Count)),
            ("by_provider", Map(&Count)),
            ("totals_events", Count),
            ("totals_calls", Count),
        ],
    ),
    form(
        "status",
        "`tacho status`.",
        &[
            ("v", One),
            ("store", Text),
            ("format", Count),
            ("installation", Text),
            ("tenant", Text),
            ("preset", Text),
            ("bytes", Count),
            ("events", Count),
            ("last", Or(&Time)),
            ("unintegrated", Count),
            ("unsigned", Count),
            ("keys", OR_TEXT),
            ("stops", Count),
            ("stops_readable", Flag),
            (
                "hooks",
                List(&Of(&[
                    ("host", Text),
                    ("scope", Text),
                    ("works", Flag),
                    ("last", Or(&Time)),
                    ("call_ms", Or(&Number)),
                ])),
            ),
            (
                "hook_failures",
                Of(&[
                    ("count", Count),
                    (
                        "latest",
                        Or(&Of(&[("at", Text), ("code", Text), ("host", Text), ("what", Text)])),
                    ),
                ]),
            ),
            ("next_expiry", Or(&Time)),
            ("next_expiry_class", OR_TEXT),
            ("log_bytes", Count),
            ("log_bytes_max", Or(&Count)),
            ("kept_otherwise", Count),
            ("retention_problem", OR_TEXT),
        ],
    ),
    form(
        "stop",
        "`tacho stop`, `tacho stop status`, `tacho resume`.",
        &[
            ("v", One),
            ("id", Text),
            ("scope", Word(&["all", "tenant", "agent", "session"])),
            ("target", OR_TEXT),
            ("by", Text),
            ("since", Time),
            ("expires", Or(&Time)),
            ("reason", Text),
        ],
    ),
    form(
        "tlog",
        "`tacho export --to tlog`.",
        &[("v", One), ("dir", Text), ("size", Count), ("root", Text)],
    ),
    Form {
        name: "verified",
        about: "`tacho verify`, `tacho bundle verify`.",
        members: &[
            ("v", One),
            ("verdict", Word(&["yes", "no", "cannot tell"])),
            ("findings", List(&FINDING)),
            ("more_findings", Count),
            ("facts", List(&Text)),
            ("limits", List(&Text)),
            ("stored?", Count),
            ("signed?", Count),
            ("unsigned?", Count),
            ("unintegrated?", Count),
            ("complete?", Word(&["yes", "no", "cannot tell"])),
        ],
        is_open: true,
    },
    Form {
        name: "manifest",
        about: "`tacho bundle inspect`: the manifest as it stands in the bundle.",
        members: &[("events", Count), ("disclosures", Count), ("members", List(&Any))],
        is_open: true,
    },
];
