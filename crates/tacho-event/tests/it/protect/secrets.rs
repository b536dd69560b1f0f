//! Not one secret stands in a leaf or in a part.

use super::events::event;
use super::*;
use proptest::prelude::*;

const SECRET: &str = "hunter2hunter2";

/// Puts a secret into the text, name or number number `at` of a document, counted as they come.
fn plant(value: &mut Value, at: &mut usize) {
    match value {
        Value::Text(text) => {
            if *at == 0 {
                *text = format!("{text} password={SECRET} x").into();
            }
            *at = at.wrapping_sub(1);
        }
        Value::List(list) => list.iter_mut().for_each(|element| plant(element, at)),
        Value::Object(object) => object.iter_mut().for_each(|(_, value)| plant(value, at)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(tacho_testkit::stories(32) as u32))]

    #[test]
    fn a_secret_in_any_text_is_replaced(doc in event(), at in 0..40_usize) {
        let before = checked(doc).object().clone();
        let mut value = Value::from(before);
        let mut at = at;
        plant(&mut value, &mut at);
        let Value::Object(doc) = value else { unreachable!() };
        // Closed words, times and ids cannot hold a secret: the check refuses them.
        let Ok(event) = Draft::from_object(doc).check(&Dice::new()) else { return Ok(()) };
        for (name, policy) in policies().into_iter().step_by(5) {
            let evidence = vec!["outcome".into(), "metadata".into(), "action.tool".into()];
            for policy in [policy.clone(), policy.with_evidence(evidence)] {
                let entry = protect(&policy, event.clone(), &Dice::new());
                let leaf = String::from_utf8_lossy(entry.leaf()).into_owned();
                prop_assert!(!leaf.contains(SECRET), "{} {}", name, leaf);
                for part in entry.parts() {
                    let text = String::from_utf8_lossy(part.plaintext()).into_owned();
                    prop_assert!(!text.contains(SECRET), "{} {}", name, text);
                }
                let told = format!("{:?}", policy.explain(&event));
                prop_assert!(!told.contains(SECRET), "{}", told);
            }
        }
    }
}

#[test]
fn a_secret_among_the_kinds_of_what_was_touched_is_replaced() {
    // The leaf shows other kinds than were told; what was told stands in `detail` alone.
    let doc = r#"{"action":{"type":"tool"},"security":{"resource_types":["file","a password=hunter2hunter2 x"]}}"#;
    let Ok(Value::Object(doc)) = tacho_event::json::read(doc.as_bytes()) else { unreachable!() };
    let event = Draft::from_object(doc).check(&Dice::new()).unwrap();
    for (name, policy) in policies() {
        let entry = protect(&policy, event.clone(), &Dice::new());
        for text in entry.parts().iter().map(|part| part.plaintext()).chain([entry.leaf()]) {
            assert!(!String::from_utf8_lossy(text).contains(SECRET), "{name}");
        }
    }
}
