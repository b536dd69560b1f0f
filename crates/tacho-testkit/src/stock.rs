//! Given a folder of its own, builds there the verifier that stands on Go's own transparency log
//! packages, and asks it.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "test equipment")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{require, tools_dir};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/verifiers/go");

/// The verifier of `tools/verifiers/go`.
#[derive(Debug)]
pub struct GoVerifier(PathBuf);

impl GoVerifier {
    /// Builds it in `folder`, which no other test uses; none where there is no Go.
    pub fn build(folder: &Path) -> Option<Self> {
        let go = tools_dir().join("python/bin/go");
        if !go.exists() {
            require("go", "no Go toolchain: run `cargo x setup`");
            return None;
        }
        std::fs::create_dir_all(folder).unwrap();
        let overlay = write_overlay(&go, folder);
        let program = folder.join("verifier");
        let built = Command::new(&go)
            .args(["build", "-overlay", overlay.to_str().unwrap(), "-o"])
            .args([program.to_str().unwrap(), "."])
            .current_dir(SOURCE)
            .envs([("GOPROXY", "off"), ("GOWORK", "off"), ("GOTOOLCHAIN", "local")])
            .envs([("GOFLAGS", "-mod=readonly"), ("GO111MODULE", "on"), ("CGO_ENABLED", "0")])
            .env("GOCACHE", tools_dir().join("go-cache"))
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        Some(Self(program))
    }

    /// Whether it accepts a published log under a key.
    ///
    /// # Errors
    /// Its reason, if it does not.
    pub fn log(&self, dir: &Path, vkey: &str) -> Result<(), String> {
        let output = Command::new(&self.0).arg("log").arg(dir).arg(vkey).output().unwrap();
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// Its answers, yes or no, to some lines.
    pub fn answers(&self, arguments: &[&str], lines: String) -> Vec<bool> {
        let mut child = Command::new(&self.0)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // It answers while it reads, so both ends have to move at once.
        let output = std::thread::scope(|scope| {
            scope.spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
            child.wait_with_output().unwrap()
        });
        assert!(output.status.success(), "the verifier itself failed");
        let answers = String::from_utf8_lossy(&output.stdout).into_owned();
        answers.lines().map(|answer| answer == "yes").collect()
    }
}

/// Shows the vendored copy of x/mod to the build as the module `golang.org/x/mod`.
fn write_overlay(go: &Path, folder: &Path) -> PathBuf {
    let root = Command::new(go).args(["env", "GOROOT"]).output().unwrap().stdout;
    let vendored = PathBuf::from(String::from_utf8(root).unwrap().trim())
        .join("src/cmd/vendor/golang.org/x/mod");
    let module = folder.join("x-mod");
    std::fs::write(&module, "module golang.org/x/mod\n\ngo 1.24\n").unwrap();
    let source = Path::new(SOURCE).canonicalize().unwrap();
    let mut rows = String::new();
    let mut show = |path: &str, real: &Path| {
        let shown = source.join("xmod").join(path);
        let comma = if rows.is_empty() { "" } else { "," };
        write!(rows, "{comma}{:?}:{:?}", shown.to_str().unwrap(), real.to_str().unwrap()).unwrap();
    };
    show("go.mod", &module);
    for path in ["note/note.go", "tlog/note.go", "tlog/tile.go", "tlog/tlog.go"] {
        let path = format!("sumdb/{path}");
        show(&path, &vendored.join(&path));
    }
    let overlay = folder.join("overlay.json");
    std::fs::write(&overlay, format!("{{\"Replace\":{{{rows}}}}}")).unwrap();
    overlay
}
