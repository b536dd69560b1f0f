//! Names: what may be a tenant, an origin, a key name.

use tacho_tree::{KeyName, NameError, Origin, Tenant};

#[test]
fn a_tenant_is_short_and_lower_case() {
    let longest = "a".repeat(63);
    let uuid = "0199a000-0000-70ed-804b-c452969c3d73";
    for name in ["a", "0", "acme", "acme-2", "a-", "a--b", uuid, &longest] {
        assert_eq!(Tenant::new(name).unwrap().as_str(), name);
    }
    assert_eq!(Tenant::new(""), Err(NameError::Empty));
    assert_eq!(Tenant::new(&"a".repeat(64)), Err(NameError::TooLong { len_max: 63 }));
    for name in ["-a", "A", "a_b", "a.b", "..", "a/b", "a#b", "a b", "a\n", "\u{e9}", "a\0"] {
        assert_eq!(Tenant::new(name), Err(NameError::NotATenant), "{name:?}");
    }
}

#[test]
fn a_successor_takes_the_next_number_or_is_refused() {
    let tenant = Tenant::new("acme").unwrap();
    assert_eq!(tenant.successor(2).unwrap().as_str(), "acme-2");
    let longest = Tenant::new(&"a".repeat(61)).unwrap();
    assert_eq!(longest.successor(9).unwrap().as_str().len(), 63);
    assert_eq!(longest.successor(10), Err(NameError::TooLong { len_max: 63 }));
}

#[test]
fn an_origin_is_a_domain_and_a_tenant() {
    let tenant = Tenant::new("acme").unwrap();
    for base in ["tacho.example.com", "tacho.local/5f0c93aa", "example.com/logs/eu_1.b", "a.b"] {
        let origin = Origin::new(base, &tenant).unwrap();
        assert_eq!(origin.as_str(), format!("{base}/acme"));
        assert_eq!((origin.base(), origin.tenant()), (base, tenant.clone()));
        assert_eq!(Origin::parse(origin.as_str()).unwrap(), origin);
        assert_eq!(KeyName::new(origin.as_str()).unwrap(), origin.key_name());
    }
    for base in [
        "",
        "localhost",
        "Example.com",
        "a..b",
        ".a.b",
        "a.b.",
        "-a.b",
        "a-.b",
        "a.b/",
        "a.b//c",
        "a.b/../c",
        "a.b/.",
        "a.b/C",
        "a.b:80",
        "https://a.b",
        "a.b/c d",
        "a.b+c",
        "a.b/c\n",
    ] {
        assert_eq!(Origin::new(base, &tenant), Err(NameError::NotABase), "{base:?}");
    }
    assert_eq!(Origin::parse("acme"), Err(NameError::NoTenant));
    assert_eq!(Origin::parse("a.b/Acme"), Err(NameError::NotATenant));
    let long = format!("a.b/{}", "c".repeat(246));
    assert_eq!(Origin::new(&long, &tenant).unwrap().as_str().len(), 255);
    let longer = format!("{long}c");
    assert_eq!(Origin::new(&longer, &tenant), Err(NameError::TooLong { len_max: 255 }));
}

#[test]
fn a_key_name_is_anything_without_spaces_and_plus() {
    for name in ["a", "witness.example.com/w1", "oid/1.3.6.1.4.1.44363", "quasimodo", "\u{e9}"] {
        assert_eq!(KeyName::new(name).unwrap().as_str(), name);
    }
    assert_eq!(KeyName::new(""), Err(NameError::Empty));
    for name in ["a b", "a+b", "a\nb", "\u{a0}", "\u{2003}a", "\u{85}", "a\0", "a\u{7f}"] {
        assert_eq!(KeyName::new(name), Err(NameError::NotAKeyName), "{name:?}");
    }
    assert!(KeyName::new(&"a".repeat(255)).is_ok());
    assert_eq!(KeyName::new(&"a".repeat(256)), Err(NameError::TooLong { len_max: 255 }));
}
