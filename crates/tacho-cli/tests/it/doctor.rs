//! Every check of the doctor has a fixture here: what breaks it, and what mends it.

use crate::transcript::run;
use std::path::Path;
use tempfile::TempDir;

/// A check and what becomes of it.
struct Fixture {
    check: &'static str,
    /// Makes a store in order break, in the words of a shell.
    breaks: &'static str,
    /// How the doctor is asked; most often without options.
    asks: &'static str,
    /// What it says then.
    says: &'static str,
    /// Mends it.
    mends: &'static str,
    /// What the doctor says then; nothing where there is nothing to look at any more.
    then: &'static str,
}

const FIX: &str = "tacho doctor --fix -q";
const OLD: &str = r#"tacho log tool Bash -q --data '{"timestamp":"2020-01-01T00:00:00Z"}'"#;
const STORE: &str = ".local/share/tachograph";

const FIXTURES: &[Fixture] = &[
    Fixture {
        check: "store",
        breaks: "rm -rf .local/share/tachograph",
        asks: "",
        says: "bad",
        mends: FIX,
        then: "good",
    },
    Fixture {
        check: "private",
        breaks: "chmod 755 .local/share/tachograph; chmod 644 .config/tachograph/keys/*/highwater",
        asks: "",
        says: "bad",
        mends: FIX,
        then: "good",
    },
    Fixture {
        check: "disk",
        breaks: "",
        asks: "--free-mb-min 99999999999",
        says: "bad",
        mends: "",
        then: "good",
    },
    Fixture {
        check: "log",
        breaks: "printf garbage >> .local/share/tachograph/wal/00000001.wal; \
                 rm -f .local/share/tachograph/wal/lock; tacho log tool Bash -q",
        asks: "",
        says: "bad",
        mends: FIX,
        then: "good",
    },
    Fixture {
        check: "clock",
        breaks: r#"tacho log tool Bash -q --data '{"timestamp":"2099-01-01T00:00:00Z"}'"#,
        asks: "",
        says: "bad",
        // Time passes until it is now; here the next event comes.
        mends: "tacho log tool Bash -q",
        then: "good",
    },
    Fixture {
        check: "keys",
        breaks: "mv .config/tachograph/keys lost",
        asks: "",
        says: "bad",
        // New keys would sign another log: `--fix` makes none.
        mends: "tacho doctor --fix -q; rm -rf .config/tachograph/keys; \
                mv lost .config/tachograph/keys",
        then: "good",
    },
    Fixture {
        check: "keys",
        breaks: "rm -rf .local/share/tachograph; tacho log tool Bash -q",
        asks: "",
        says: "bad",
        mends: FIX,
        then: "good",
    },
    Fixture { check: "signed", breaks: OLD, asks: "", says: "bad", mends: FIX, then: "good" },
    Fixture {
        check: "erasures",
        breaks: "tacho log tool Bash -q --session s-1 --data '{\"labels\":{\"a\":\"b\"}}'; \
                 tacho backup copy -q; tacho erase --session s-1 --yes -q; \
                 rm -rf .local/share/tachograph; cp -r copy .local/share/tachograph",
        asks: "",
        says: "bad",
        mends: FIX,
        then: "good",
    },
    Fixture {
        check: "kept",
        breaks: "tacho config set -q preset production; tacho log tool Bash -q",
        asks: "",
        says: "bad",
        mends: "tacho reseal --yes",
        then: "good",
    },
    Fixture {
        check: "anchors",
        breaks: "tacho config set preset compliance -q",
        asks: "",
        says: "odd",
        mends: "tacho config set preset production -q",
        then: "",
    },
    Fixture {
        check: "stops",
        breaks: "tacho stop --all --reason x -q; printf x >> .local/share/tachograph/stops/leases",
        asks: "",
        says: "bad",
        mends: "tacho resume --damaged --reason x -q",
        then: "good",
    },
    Fixture {
        check: "config",
        breaks: "echo 'stroe = \"/x\"' >> .config/tachograph/tacho.toml",
        asks: "",
        says: "bad",
        mends: FIX,
        then: "good",
    },
    Fixture {
        check: "config",
        breaks: "mkdir project; echo 'store = \"/x\"' > project/tacho.toml; echo 'cd project' > .here",
        asks: "",
        says: "odd",
        mends: "rm tacho.toml",
        then: "good",
    },
    Fixture {
        check: "tap",
        breaks: "printf '#!/bin/sh\\necho tacho-tap 0.0.1\\n' > bin/tacho-tap",
        asks: "",
        says: "bad",
        mends: "printf '#!/bin/sh\\necho tacho-tap 0.1.0\\n' > bin/tacho-tap",
        then: "good",
    },
    Fixture {
        check: "hooks",
        breaks: "tacho install claude-code -q > /dev/null; \
                 sed -i 's/\"PreCompact\"/\"PreCompacted\"/' .claude/settings.json",
        asks: "",
        says: "bad",
        mends: FIX,
        then: "good",
    },
    Fixture {
        check: "hooks",
        breaks: "mkdir .codex",
        asks: "",
        says: "odd",
        mends: "tacho install codex -q > /dev/null",
        then: "good",
    },
    Fixture {
        check: "settings",
        breaks: "mkdir .claude; echo '{\"hooks\":{\"PostToolCall\":[{\"hooks\":[{\"timeout\":5000}]}]}}' \
                 > .claude/settings.json",
        asks: "",
        says: "bad",
        mends: "echo '{\"hooks\":{\"PostToolUse\":[{\"hooks\":[{\"timeout\":5}]}]}}' \
                > .claude/settings.json",
        then: "good",
    },
    Fixture {
        check: "called",
        breaks: "tacho install claude-code -q > /dev/null",
        asks: "",
        says: "odd",
        mends: "tacho hook claude-code < call.json",
        then: "good",
    },
    Fixture {
        check: "latency",
        breaks: "tacho install claude-code -q > /dev/null",
        asks: "--hook-ms-max 0",
        says: "bad",
        mends: "",
        then: "good",
    },
    Fixture {
        check: "timer",
        breaks: "tacho install timer --by cron -q > /dev/null; sed -i s,bin/tacho,bin/gone,g table",
        asks: "",
        says: "bad",
        mends: FIX,
        then: "good",
    },
    Fixture {
        check: "timer",
        breaks: "",
        asks: "",
        says: "odd",
        mends: "tacho install timer --by systemd -q > /dev/null",
        then: "good",
    },
    Fixture {
        check: "timer",
        breaks: "tacho install timer --by cron -q > /dev/null; tacho maintain -q > /dev/null; \
                 for f in .local/state/tachograph/maintain/*; do echo 1 > $f; done",
        asks: "",
        says: "odd",
        mends: "tacho maintain -q > /dev/null",
        then: "good",
    },
    Fixture {
        check: "failures",
        breaks: "tacho install claude-code -q > /dev/null; \
                 TACHO_STORE=/dev/null/x tacho hook claude-code < call.json",
        asks: "",
        says: "bad",
        mends: FIX,
        then: "good",
    },
];

/// What no shell can break: unit tests of the check do.
const BROKEN_ELSEWHERE: &[&str] = &["redaction"];

/// A home in order: a store, a program that hosts can call, a host.
const SETTLED: &str = r##"mkdir -p bin
printf '#!/bin/sh\nexec %s "$@"\n' "$(command -v tacho)" > bin/tacho
printf '#!/bin/sh\n[ "$1" = -l ] && { cat "$HOME/table" 2>/dev/null; exit; }\ncat > "$HOME/table"\n' > bin/crontab
printf '#!/bin/sh\nexit 1\n' > bin/systemctl
printf '#!/bin/sh\n[ "$1" = --version ] && { echo tacho-tap 0.1.0; exit; }\nexec tacho "$@"\n' > bin/tacho-tap
chmod +x bin/*
echo '{"session_id":"s-9","transcript_path":"/t","cwd":"/w","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"true"},"tool_use_id":"t-1"}' > call.json
tacho init --yes -q > /dev/null"##;

fn shell(home: &Path, command: &str) -> String {
    run(home, &format!("PATH=\"$HOME/bin:$PATH\"; [ -f .here ] && . ./.here; {command}"))
}

/// What the doctor says of one check: the worst of it.
fn said(home: &Path, fixture: &Fixture, asks: &str) -> String {
    let jq = format!("select(.check == \"{}\") | .state", fixture.check);
    let states = shell(home, &format!("tacho doctor {asks} --jq '{jq}'"));
    let worst = ["bad", "odd", "good"].into_iter().find(|state| states.contains(state));
    worst.unwrap_or("").to_owned()
}

#[test]
fn every_check_fails_and_is_mended() {
    let checks: Vec<(usize, &Fixture)> = FIXTURES.iter().enumerate().collect();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let halves = checks.chunks(checks.len().div_ceil(2));
        let work = |half: &[(usize, &Fixture)]| -> Vec<String> {
            half.iter().filter_map(|(_, fixture)| wrong(fixture)).collect()
        };
        let at_work: Vec<_> = halves.map(|half| scope.spawn(move || work(half))).collect();
        at_work.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with a fixture.
fn wrong(fixture: &Fixture) -> Option<String> {
    let home = TempDir::new().unwrap();
    let home = home.path();
    shell(home, SETTLED);
    let before = said(home, fixture, "");
    let broken = shell(home, fixture.breaks);
    let says = said(home, fixture, fixture.asks);
    let mended = shell(home, fixture.mends);
    let then = said(home, fixture, "");
    let is_right = before != "bad" && says == fixture.says && then == fixture.then;
    (!is_right).then(|| {
        let all = shell(home, "tacho doctor; find .local -type f | head -40");
        format!(
            "{}: {before}, broken: {says}, mended: {then}\n{}\n{broken}\n{mended}\n{all}",
            fixture.check, fixture.breaks
        )
    })
}

#[test]
fn no_check_is_without_a_fixture() {
    let home = TempDir::new().unwrap();
    for check in run(home.path(), "tacho doctor --list --jq .check").lines() {
        let has_one = FIXTURES.iter().any(|fixture| fixture.check == check);
        assert!(has_one != BROKEN_ELSEWHERE.contains(&check), "{check}");
    }
}

/// `<keys>/clock` of a vault that saw the time last in 1970.
fn clock_of_long_ago() -> Vec<u8> {
    let mut clock = b"TVC1".to_vec();
    for word in [1_u64, 0, 0] {
        clock.extend(word.to_be_bytes());
    }
    let sum = crc32c::crc32c(&clock);
    clock.extend(sum.to_be_bytes());
    clock
}

#[test]
fn a_clock_that_jumped_waits_for_the_word_of_a_person() {
    let home = TempDir::new().unwrap();
    let home = home.path();
    shell(home, SETTLED);
    // The vault is made by who asks for it first.
    shell(home, "tacho hold ls");
    let keys = home.join(".config/tachograph/keys");
    let keys = std::fs::read_dir(keys).unwrap().next().unwrap().unwrap().path();
    std::fs::write(keys.join("clock"), clock_of_long_ago()).unwrap();
    let asked = shell(home, "tacho doctor --jq 'select(.check == \"clock\") | .state, .next'");
    assert!(asked.starts_with("bad\nset it, then `tacho doctor --clock-is-right`"), "{asked}");
    shell(home, "tacho doctor --clock-is-right");
    let asked = shell(home, "tacho doctor --jq 'select(.check == \"clock\") | .state'");
    assert_eq!(asked, "good\n");
    let told = shell(home, "tacho events type:admin -q --jq .action.admin.setting");
    assert_eq!(told, "doctor.clock_is_right\n");
    assert!(home.join(STORE).is_dir());
}
