use super::*;

fn read(text: &str) -> Result<DistinguishedName, NameError> {
    text.parse()
}

fn shown(text: &str) -> String {
    read(text).unwrap().to_string()
}

fn refusal(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn text_of_rfc_4514_reads_back() {
    for text in [
        "",
        "CN=Alice,O=Example,C=DE",
        "CN=J\u{fc}rgen M\u{fc}ller,O=\u{c4}rzte AG,L=K\u{f6}ln,ST=\u{d6}st,C=AT",
        r#"CN=Doe\, \"J\""#,
        r"CN=\#1 \+ \<x\> \;\\",
        r"CN=\ a\ ",
        "CN=A+UID=a1,DC=example,DC=org",
        "1.2.3.4=#0c026869",
        "CN=#04026869",
        "CN=a\u{1f511}",
    ] {
        assert_eq!(shown(text), text);
    }
}

#[test]
fn habits_of_windows_are_read() {
    for (text, meant) in [
        (
            "E=a@b.de, CN=x, S=Bayern",
            "emailAddress=a@b.de,CN=x,ST=Bayern",
        ),
        ("cn=x;o=y", "CN=x,O=y"),
        (
            "SN=M, G=J, T=Dr, I=JM",
            "SN=M,givenName=J,title=Dr,initials=JM",
        ),
        (
            r#"O="Example, ""Inc"" \"x\"" , C=de"#,
            r#"O=Example\, \"Inc\" \"x\",C=DE"#,
        ),
        ("OID.2.5.4.3=x", "CN=x"),
        ("oid.2.5.4.97=VAT", "2.5.4.97=#0c03564154"),
        ("2.5.4.10 = x y ", "O=x y"),
        (r"CN=J\C3\BCrgen", "CN=J\u{fc}rgen"),
        ("CN=a=b<c>", r"CN=a=b\<c\>"),
        ("CN = x + UID = y", "CN=x+UID=y"),
    ] {
        assert_eq!(shown(text), meant, "{text}");
    }
}

#[test]
fn string_types_are_those_of_rfc_5280() {
    for (text, tag) in [
        ("CN=x", 0x0c),
        ("C=DE", 0x13),
        ("serialNumber=1", 0x13),
        ("dnQualifier=1", 0x13),
        ("E=a@b.de", 0x16),
        ("DC=org", 0x16),
        ("1.2.3.4=x", 0x0c),
    ] {
        let name = read(text).unwrap();
        let (_, parsed) = X509Name::from_der(name.der()).unwrap();
        let attribute = parsed.iter_attributes().next().unwrap();
        assert_eq!(attribute.attr_value().tag().0, tag, "{text}");
    }
}

#[test]
fn parts_stand_in_the_usual_order() {
    let parts = Parts {
        name: Some("Zo\u{eb} M\u{fc}ller"),
        email: Some("z@example.org"),
        unit: Some("IT"),
        organization: Some("Example"),
        locality: Some("K\u{f6}ln"),
        state: Some("NRW"),
        country: Some("de"),
    };
    let name = DistinguishedName::from_parts(&parts).unwrap();
    assert_eq!(
        name.to_string(),
        "emailAddress=z@example.org,CN=Zo\u{eb} M\u{fc}ller,OU=IT,O=Example,L=K\u{f6}ln,ST=NRW,C=DE"
    );
    assert!(
        DistinguishedName::from_parts(&Parts::default())
            .unwrap()
            .is_empty()
    );
    let error = DistinguishedName::from_parts(&Parts {
        unit: Some(" "),
        ..Parts::default()
    });
    assert_eq!(
        error.unwrap_err().to_string(),
        "OU (organizational unit) is empty"
    );
}

#[test]
fn bounds_name_the_part() {
    for (key, limit) in [
        ("CN", 64),
        ("O", 64),
        ("OU", 64),
        ("serialNumber", 64),
        ("L", 128),
        ("ST", 128),
        ("emailAddress", 255),
    ] {
        assert!(
            read(&format!("{key}={}", "x".repeat(limit))).is_ok(),
            "{key}"
        );
        let error = refusal(&format!("C=DE,{key}={}", "x".repeat(limit + 1)));
        assert!(error.starts_with(&format!("{key} (")), "{error}");
        assert!(error.contains(&limit.to_string()), "{error}");
    }
    // Characters count, not octets.
    assert!(read(&format!("CN={}", "\u{fc}".repeat(64))).is_ok());
}

#[test]
fn values_that_no_ca_takes_are_refused() {
    for (text, words) in [
        ("C=Germany", "C (country) is `Germany`"),
        ("C=D", "C (country)"),
        ("C=\u{fc}", "C (country)"),
        ("C=D1", "C (country)"),
        ("CN=", "CN (common name) is empty"),
        ("CN=\"\"", "CN (common name) is empty"),
        ("CN=\\ ", "CN (common name) is empty"),
        ("CN=,O=x", "CN (common name) is empty"),
        ("CN=a\\0Ab", "control character"),
        ("CN=a\nb", "control character"),
        ("serialNumber=\u{fc}", "letters without accents"),
        ("E=\u{fc}@example.org", "ASCII"),
        ("CN=x,", "after a `,`"),
        ("CN=x+", "after a `+`"),
        (",CN=x", "after a `,`"),
        ("CN=x,,O=y", "after a `,`"),
        ("CN=x, ;O=y", "after a `,`"),
        ("Alice", "`Alice` is no part"),
        ("CN=x,Alice", "`Alice` is no part"),
        ("QQ=x", "`QQ`"),
        ("=x", "``"),
        ("\u{fc}\u{fc}\u{fc}=x", "`\u{fc}\u{fc}\u{fc}`"),
        (r"CN=CORP\ada", "no UTF-8"),
        (r"CN=CORP\zoe", "backslash"),
        ("CN=x\\", "backslash"),
        ("CN=a\"b", "quotation mark"),
        ("CN=\"a", "closing quotation mark is missing"),
        ("CN=\"a\" b", "follows its closing"),
        ("CN=#1 place", "\\#"),
        ("CN=#", "no value in DER"),
        ("CN=#0c05", "no value in DER"),
        ("C=#0c03616263", "C (country)"),
        ("CN=a+CN=b", "twice"),
    ] {
        let error = refusal(text);
        assert!(error.contains(words), "{text}: {error}");
    }
}

#[test]
fn slash_form_is_answered_with_commas() {
    let error = read("/C=DE/O=Example, Inc/CN=http/host").unwrap_err();
    let NameError::Slashes { commas } = error else {
        panic!("{error}");
    };
    assert_eq!(commas, r"CN=http/host,O=Example\, Inc,C=DE");
    assert_eq!(shown(&commas), commas);
    let error = refusal("/CN=x");
    assert!(error.contains("CN=x"), "{error}");
}
