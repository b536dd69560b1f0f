//! How long an agent waits for its hook: the whole process, beside an equivalent script in Python
//! that appends one line of JSON, and beside a program that does nothing.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, starts programs and prints"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const TAP: &str = env!("CARGO_BIN_EXE_tacho-tap");

/// What most hooks do that people write: read, stamp, append, end.
const SCRIPT: &str = "import json,sys,time
event=json.load(sys.stdin)
line=json.dumps({'timestamp':time.time(),'agent':{'session_id':event.get('session_id')},
 'action':{'type':'tool','name':event.get('tool_name'),'parameters':event.get('tool_input')},
 'outcome':{'status':'success','result':event.get('tool_response')}})
with open(sys.argv[1],'a') as log: log.write(line+'\\n')
";

fn main() {
    let quick = std::env::args().any(|word| word == "--quick");
    let runs = if quick { 100 } else { 1000 };
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let script = dir.path().join("hook.py");
    std::fs::write(&script, SCRIPT).unwrap();
    // Copies, as installing leaves them: of what a linker just wrote, the page cache holds single
    // pages, and each costs when it is mapped.
    let copied = |program: &Path| {
        let copy = program.file_name().map(|name| dir.path().join("bin").join(name)).unwrap();
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(program, &copy).unwrap();
        copy
    };
    let (tap, nothing) = (copied(Path::new(TAP)), copied(&no_op(dir.path())));
    let payload = payload(1000);
    let programs = [
        ("tacho-tap", tap.display().to_string(), vec!["hook".to_owned(), "claude-code".to_owned()]),
        ("nothing", nothing.display().to_string(), vec![]),
        (
            "python",
            "python3".to_owned(),
            vec![
                "-I".to_owned(),
                script.display().to_string(),
                dir.path().join("log.jsonl").display().to_string(),
            ],
        ),
    ];
    let mut times = vec![Vec::with_capacity(runs); programs.len()];
    for run in 0..runs + 10 {
        for (times, (_, program, words)) in times.iter_mut().zip(&programs) {
            let taken = time(program, words, dir.path(), &payload);
            // The first ones make the store and warm the caches.
            if run >= 10 {
                times.push(taken);
            }
        }
    }
    times.iter_mut().for_each(|times| times.sort_by(f64::total_cmp));
    let at = |program: usize, share: f64| {
        times[program][((times[program].len() - 1) as f64 * share) as usize]
    };
    for (name, share) in [("median", 0.5), ("p99", 0.99)] {
        let (ours, nothing, python) = (at(0, share), at(1, share), at(2, share));
        row(&format!("whole process, {name}"), ours, "python hook", python, "10x faster");
        let aim = if share < 0.9 { "within 2 ms" } else { "within 5 ms" };
        row(&format!("whole process, {name}"), ours, "a program that does nothing", nothing, aim);
    }
    size();
    instructions(dir.path(), &payload);
}

fn row(metric: &str, ours: f64, rival: &str, theirs: f64, aim: &str) {
    println!(
        r#"{{"bench":"hook","metric":"{metric}","value":{ours:.2},"unit":"ms","rival":"{rival}","rival_value":{theirs:.2},"ratio":{:.2},"aim":"{aim}"}}"#,
        ours / theirs
    );
}

/// A tool's result of about `bytes` bytes.
fn payload(bytes: usize) -> String {
    let output = "test result: ok. 12 passed; 0 failed\\n".repeat(bytes / 40);
    format!(
        r#"{{"session_id":"bench","transcript_path":"/t","cwd":"/srv/app","permission_mode":"default","hook_event_name":"PostToolUse","tool_name":"Bash","tool_input":{{"command":"cargo test","description":"Run the tests"}},"tool_response":{{"stdout":"{output}","stderr":"","interrupted":false}},"tool_use_id":"toolu_01","duration_ms":1234}}"#
    )
}

/// From the start of the process to its end, in milliseconds.
fn time(program: &str, words: &[String], dir: &Path, payload: &str) -> f64 {
    let started = Instant::now();
    let mut child = command(program, words, dir).spawn().unwrap();
    // A program that does nothing does not read either.
    let _ = child.stdin.take().unwrap().write_all(payload.as_bytes());
    assert!(child.wait().unwrap().success(), "{program}");
    started.elapsed().as_secs_f64() * 1000.0
}

fn command(program: &str, words: &[String], dir: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(words)
        .env("HOME", dir)
        .env("TACHO_STORE", dir.join("store"))
        .env("TACHO_STATE", dir.join("state"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    command
}

/// A Rust program with an empty `main`.
fn no_op(dir: &Path) -> PathBuf {
    let (source, program) = (dir.join("nothing.rs"), dir.join("nothing"));
    std::fs::write(&source, "fn main() {}\n").unwrap();
    let built = Command::new("rustc").arg("-O").arg("-o").arg(&program).arg(&source).status();
    assert!(built.unwrap().success());
    program
}

fn size() {
    let bytes = std::fs::metadata(TAP).unwrap().len();
    println!(
        r#"{{"bench":"hook","metric":"size of the binary","value":{bytes},"unit":"bytes","aim":"small"}}"#
    );
}

/// Instructions of one hook, where valgrind is there to count them. One that ran into its deadline,
/// as under valgrind on a busy machine, counts for nothing.
fn instructions(dir: &Path, payload: &str) {
    let counts = dir.join("callgrind");
    let ring = tacho_tap::ring::place(&dir.join("state"));
    let words = [
        "--tool=callgrind".to_owned(),
        format!("--callgrind-out-file={}", counts.display()),
        TAP.to_owned(),
        "hook".to_owned(),
        "claude-code".to_owned(),
    ];
    for _ in 0..5 {
        let _ = std::fs::remove_file(&ring);
        let mut counted = command("valgrind", &words, dir);
        let Ok(mut child) = counted.stderr(Stdio::null()).spawn() else {
            println!("valgrind is not there: no instructions counted");
            return;
        };
        child.stdin.take().unwrap().write_all(payload.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        if ring.exists() {
            continue;
        }
        let text = std::fs::read_to_string(&counts).unwrap();
        let total = text.lines().find_map(|line| line.strip_prefix("totals: ")).unwrap_or("0");
        println!(
            r#"{{"bench":"hook","metric":"instructions of one hook","value":{total},"unit":"instructions","aim":"fewer"}}"#
        );
        return;
    }
    println!("the machine is too busy: under valgrind the hook was late five times");
}
