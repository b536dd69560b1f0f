//! Given `tools/requirements.txt`, gives `target/tools/python`, a Python environment with exactly
//! these packages: the verifiers and encoders others wrote, which tests hold ours against.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::house::{self, House};

const REQUIREMENTS: &str = "tools/requirements.txt";

/// Holds the requirements that the environment was made from; the same text: nothing to do.
const STAMP: &str = "requirements-installed.txt";

pub(super) fn install(house: &House) {
    let Ok(requirements) = std::fs::read_to_string(house.path(REQUIREMENTS)) else {
        println!("python: no {REQUIREMENTS}, nothing to install");
        return;
    };
    let environment = house.tools().join("python");
    let stamp = environment.join(STAMP);
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == requirements) {
        println!("python: {REQUIREMENTS} is installed");
        return;
    }
    println!("python: installing {REQUIREMENTS}");
    let file = house.path(REQUIREMENTS);
    if !make(&environment) || !fill(&environment, &file) {
        super::warn(REQUIREMENTS, "apt-get install python3-venv, then: cargo x setup");
        return;
    }
    // Written last: an installation that was stopped halfway is done again.
    if house::write(&stamp, &requirements).is_err() {
        println!("python: cannot write {}: installed again next time", stamp.display());
    }
}

/// An empty environment, whatever was there before.
fn make(environment: &Path) -> bool {
    succeeds(Command::new("python3").args(["-m", "venv", "--clear"]).arg(environment))
}

fn fill(environment: &Path, requirements: &Path) -> bool {
    let python = environment.join("bin/python");
    let words = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"];
    succeeds(Command::new(python).args(words).arg("--requirement").arg(requirements))
}

fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).status().is_ok_and(|status| status.success())
}
