use super::*;
use crate::spec::StoreSpec;

fn read(text: &str) -> Pkcs11Uri {
    match text.parse() {
        Ok(StoreSpec::Pkcs11(uri)) => uri,
        other => panic!("{text}: {other:?}"),
    }
}

fn reason(text: &str) -> String {
    text.parse::<StoreSpec>().unwrap_err().to_string()
}

#[test]
fn names_are_read_and_written_back() {
    for text in [
        "pkcs11:/usr/lib/softhsm/libsofthsm2.so",
        "pkcs11:/usr/lib/softhsm/libsofthsm2.so?token=Ada",
        "pkcs11:/usr/lib/softhsm/libsofthsm2.so?token=Ada%27s%20card&serial=0a1b",
        "pkcs11:/opt/module",
        r"pkcs11:C:\Program Files\OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll",
        "pkcs11:opensc-pkcs11.so",
        "pkcs11:libykcs11.so.2?token=PIV",
        "pkcs11:./module",
        "pkcs11:",
        "pkcs11:token=Ada%27s%20card",
        "pkcs11:token=libsofthsm2.so",
        "pkcs11:token=a;serial=1;manufacturer=b;model=c;object=d;id=%01%FF",
        "pkcs11:token=Ada?module-path=/usr/lib/softhsm/libsofthsm2.so",
        "pkcs11:token=Ada?module-name=opensc-pkcs11",
        "pkcs11:?module-path=/usr/lib/a%3Fb.so",
    ] {
        assert_eq!(text.parse::<StoreSpec>().unwrap().to_string(), text);
    }
}

#[test]
fn attributes_are_decoded() {
    let uri = read("pkcs11:token=Ada%27s%20card;serial=01;id=%00a%fF?module-path=/a%20b.so");
    assert_eq!(uri.token.as_deref(), Some("Ada's card"));
    assert_eq!(uri.serial.as_deref(), Some("01"));
    assert_eq!(uri.id.as_deref(), Some(&[0, b'a', 0xff][..]));
    assert_eq!(uri.module, Module::ModulePath("/a b.so".into()));
    let uri = read("pkcs11:/a%20b.so?token=%c3%a4");
    assert_eq!(uri.module, Module::Path("/a%20b.so".into()));
    assert_eq!(uri.token.as_deref(), Some("ä"));
    assert_eq!(read("pkcs11:").module, Module::Configured);
}

/// What no path can say beside the module is said by a URI.
#[test]
fn display_leaves_nothing_out() {
    let mut uri = read("pkcs11:/lib/a.so?token=Ada");
    uri.manufacturer = Some("Example".to_owned());
    let text = "token=Ada;manufacturer=Example?module-path=/lib/a.so";
    assert_eq!(uri.to_string(), text);
    let mut uri = read("pkcs11:/lib/a.so");
    uri.module = Module::Path("/lib/a?.so".into());
    assert_eq!(uri.to_string(), "?module-path=/lib/a%3F.so");
}

#[test]
fn a_pin_in_a_name_is_refused_and_not_repeated() {
    for text in [
        "pkcs11:token=Ada?pin-value=1234",
        "pkcs11:token=Ada?module-name=a&pin-value=1234",
        "pkcs11:/lib/a.so?pin-value=1234",
        "pkcs11:token=Ada;pin-value=1234",
    ] {
        let reason = reason(text);
        assert!(reason.contains("would be seen"), "{reason}");
        assert!(!reason.contains("1234"), "{reason}");
    }
    for text in [
        "pkcs11:token=Ada?pin-source=file:/pin",
        "pkcs11:/a.so?pin-source=/pin",
    ] {
        let reason = reason(text);
        assert!(reason.contains("apart from the store's name"), "{reason}");
    }
}

#[test]
fn what_is_no_name_is_refused_with_its_reason() {
    for (text, expected) in [
        ("pkcs11:Ada", "'Ada' is no attribute"),
        ("pkcs11:token=a;token=b", "it has 'token' twice"),
        ("pkcs11:token=a;slot-id=1", "the attribute 'slot-id'"),
        ("pkcs11:token=a?x=1", "the attribute 'x'"),
        ("pkcs11:/a.so?object=x", "the attribute 'object'"),
        ("pkcs11:token=%4", "two hexadecimal digits"),
        ("pkcs11:token=%zz", "two hexadecimal digits"),
        ("pkcs11:token=%ff", "no UTF-8"),
        ("pkcs11:?module-path=/a.so&module-name=b", "twice"),
        ("pkcs11:?module-name=../a", "one word"),
    ] {
        let reason = reason(text);
        assert!(reason.contains(expected), "{text}: {reason}");
    }
}

#[test]
fn covers_compares_what_is_asked_for() {
    for (one, other, expected) in [
        ("pkcs11:/a.so", "pkcs11:/a.so?token=x&serial=1", true),
        (
            "pkcs11:/a.so?token=x",
            "pkcs11:/a.so?token=x&serial=1",
            true,
        ),
        (
            "pkcs11:/a.so?token=y",
            "pkcs11:/a.so?token=x&serial=1",
            false,
        ),
        (
            "pkcs11:/a.so?token=x&serial=1",
            "pkcs11:/a.so?token=x",
            false,
        ),
        ("pkcs11:/a.so", "pkcs11:/b.so?token=x", false),
        (
            "pkcs11:token=x?module-path=/a.so",
            "pkcs11:/a.so?token=x",
            true,
        ),
        ("pkcs11:token=x", "pkcs11:token=x;serial=1", true),
        ("pkcs11:token=x", "pkcs11:/a.so?token=x", false),
    ] {
        assert_eq!(read(one).covers(&read(other)), expected, "{one} {other}");
    }
}
