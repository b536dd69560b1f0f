//! Every digest is accounted for, and what is gone without a word is missing.

use tacho_event::privacy::{Class, Preset};
use tachograph::vault::{Accounts, Alarm, Opener, account};

use super::erase::{alice, eraser, told};
use super::safe::Safe;

fn accounts(safe: &Safe) -> Accounts {
    let mut opener = Opener::new(safe.ring(), "acme").unwrap();
    account(&safe.yard.log("acme"), Some(&mut opener)).unwrap()
}

#[test]
fn what_was_erased_is_told_from_what_is_missing() {
    for preset in [Preset::Production, Preset::Development] {
        let safe = told(preset);
        safe.integrate();
        let before = accounts(&safe);
        assert_eq!((before.present, before.missing), (20, 0));
        let erased = eraser(&safe).erase(&[alice()], "asked").unwrap();
        safe.integrate();
        let after = accounts(&safe);
        // The vault's own events have a reason, which is content.
        assert_eq!((after.present, after.missing), (12, 0), "{after:?}");
        assert_eq!(after.erased[&erased.ticket], 10);
        assert_eq!(after.alarms, []);
        let blind = account(&safe.yard.log("acme"), None).unwrap();
        assert_eq!((blind.unopened, blind.present), (12, 0));
        // Somebody deletes a day behind our back.
        let file = safe.yard.places("acme").day_file(Class::Identity, 20_412);
        std::fs::remove_file(file).unwrap();
        let robbed = accounts(&safe);
        assert_eq!(robbed.missing, 10, "five of Bob, five of Alice whose tombstones went too");
        assert!(robbed.alarms.contains(&Alarm::Missing { leaf: 1, class: Class::Identity }));
        let ticket = erased.ticket;
        assert!(robbed.alarms.contains(&Alarm::Erasure { ticket, class: Class::Identity }));
    }
}
