//! Given a folder, builds there the verifier that stands on Go's own transparency log packages.
#![expect(clippy::unwrap_used, reason = "test equipment")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{require, tools_dir};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/verifiers/go");

/// The built program; none where there is no Go.
pub fn go_verifier(folder: &Path) -> Option<PathBuf> {
    let go = tools_dir().join("python/bin/go");
    if !go.exists() {
        require("go", "no Go toolchain: run `cargo x setup`");
        return None;
    }
    std::fs::create_dir_all(folder).unwrap();
    let overlay = write_overlay(&go, folder);
    let program = folder.join(format!("verifier-{}", std::process::id()));
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
    Some(program)
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
