//! The Claude Code plugin says what the installer would write.

use std::path::{Path, PathBuf};

use tacho_event::json::{self, Object, Value};
use tacho_tap::host::Host;
use tacho_tap::install;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> Object {
    let value = json::read(&std::fs::read(path).unwrap()).unwrap();
    value.as_object().unwrap().clone()
}

#[test]
fn the_plugin_hooks_what_the_installer_hooks() {
    let plugin = read(&root().join("plugins/claude-code/hooks/hooks.json"));
    let hooks = plugin.get("hooks").and_then(Value::as_object).unwrap();
    let events: Vec<&str> = hooks.iter().map(|(event, _)| event).collect();
    // An object is read in the order of its keys.
    let mut expected = install::events(Host::ClaudeCode).to_vec();
    expected.sort_unstable();
    assert_eq!(events, expected);

    let golden = std::fs::read_to_string(root().join("fixtures/install/claude-code.json")).unwrap();
    let golden = golden.replace("/DIR/bin dir/tacho-tap", "tacho-tap");
    let golden = json::read_text(&golden).unwrap();
    assert_eq!(golden.as_object().unwrap().get("hooks").unwrap().as_object(), Some(hooks));
}

#[test]
fn the_manifests_name_the_plugin_its_version_and_its_place() {
    let manifest = read(&root().join("plugins/claude-code/.claude-plugin/plugin.json"));
    assert_eq!(manifest.str("name"), Some("tachograph"));
    assert_eq!(manifest.str("version"), Some(env!("CARGO_PKG_VERSION")));
    let market = read(&root().join(".claude-plugin/marketplace.json"));
    let plugins = market.get("plugins").and_then(Value::as_list).unwrap();
    let plugin = plugins[0].as_object().unwrap();
    assert_eq!(plugin.str("name"), manifest.str("name"));
    let place = root().join(plugin.str("source").unwrap());
    assert!(place.join(".claude-plugin/plugin.json").is_file());
}
