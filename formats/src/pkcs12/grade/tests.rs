use base64ct::Encoding as _;
use der::asn1::{Any, OctetString};
use der::{Decode as _, Encode as _};
use pkcs12::AuthenticatedSafe;
use pkcs12::cms::content_info::ContentInfo;
use pkcs12::pfx::Pfx;

use super::*;
use crate::certificate::Certificate;
use crate::pkcs12::attributes::Attributes;
use crate::pkcs12::encode::{Content, encode};
use crate::pkcs12::oid;
use crate::pkcs12::profile::{Iterations, Profile};
use crate::pkcs12::target::{Support, targets};
use crate::proof::Level;
use crate::testing::identities::{self, Identity};
use crate::testing::writer;
use crate::time::UnixTime;

/// 2030-01-01, within the samples' validity.
const NOW: UnixTime = UnixTime::new(1_893_456_000);

fn password() -> Password {
    Password::new("correct horse".to_owned())
}

fn file_with(identity: &Identity, profile: Profile, iterations: u32) -> Vec<u8> {
    let attributes = Attributes::default();
    let content = Content {
        key: &identity.key,
        leaf: &identity.leaf,
        issuers: &identity.issuers,
        attributes: &attributes,
    };
    let iterations = Iterations::new(iterations).unwrap();
    encode(&content, profile, iterations, &password()).unwrap()
}

fn file(profile: Profile) -> Vec<u8> {
    file_with(&identities::ec_identity(), profile, 2_000)
}

fn proven(identity: &Identity) -> Report {
    let bytes = file_with(identity, Profile::Modern, 2_000);
    graded(&bytes, None, Some(&password()), NOW).unwrap()
}

fn says(report: &Report, severity: Severity, words: &str) -> bool {
    let mut findings = report.findings.iter();
    findings.any(|finding| finding.severity == severity && finding.message.contains(words))
}

/// A file's grade at [`NOW`].
fn graded(
    bytes: &[u8],
    mode: Option<u32>,
    password: Option<&Password>,
    now: UnixTime,
) -> Result<Report, DecodeError> {
    let date = |time: UnixTime| match time.seconds() {
        1_612_353_600 => "2021-02-03".to_owned(),
        2_219_918_400 => "2040-05-06".to_owned(),
        other => format!("second {other}"),
    };
    grade(bytes, mode, password, &Clock { now, date })
}

#[test]
fn grade_without_password_reports_the_outside() {
    let report = graded(&file(Profile::Modern), Some(0o600), None, NOW).unwrap();
    assert_eq!(report.opened, None);
    assert_eq!(report.restores, None);
    assert_eq!(report.keys, None);
    assert_eq!(report.mac.status, MacVerdict::Unchecked);
    assert_eq!(report.mac.iterations, Some(2_000));
    assert_eq!(report.key_encryption, report.certificate_encryption);
    assert_eq!(report.key_encryption[0].iterations, 2_000);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[test]
fn grade_restores_what_encode_writes() {
    for identity in [identities::ec_identity(), identities::rsa_identity()] {
        let report = proven(&identity);
        assert_eq!(report.opened, Some(true));
        assert_eq!(report.mac.status, MacVerdict::Ok);
        assert_eq!((report.keys, report.certificates), (Some(1), Some(3)));
        assert_eq!(report.restores, Some(true));
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }
}

#[test]
fn grade_reports_a_wrong_password() {
    let wrong = Password::new("battery staple".to_owned());
    let report = graded(&file(Profile::Modern), None, Some(&wrong), NOW).unwrap();
    assert!(report.wrong_password);
    assert_eq!(report.mac.status, MacVerdict::Mismatch);
    assert_eq!(report.opened, Some(false));
    assert_eq!(report.restores, Some(false));
    assert!(report.readers.is_empty(), "nothing is said of programs");
    assert!(!proven(&identities::ec_identity()).wrong_password);
}

#[test]
fn grade_leaves_key_under_another_password_open() {
    let bytes = crate::testing::writer::data("files/key-password.p12");
    let graded = |text: &str| {
        let password = Password::new(text.to_owned());
        graded(&bytes, None, Some(&password), NOW).unwrap()
    };
    let report = graded("fixture");
    assert!(report.wrong_password);
    assert_eq!(report.mac.status, MacVerdict::Ok);
    assert_eq!((report.opened, report.restores), (Some(false), None));
    assert_eq!((report.keys, report.certificates), (Some(1), Some(2)));
    assert!(says(&report, Severity::Error, "under another password"));
    // The key's own: what it opens is not proven to be unchanged.
    let report = graded("its own");
    assert!(!report.wrong_password);
    assert!(says(&report, Severity::Error, "opens some parts"));
}

#[test]
fn grade_says_that_the_empty_password_opens() {
    let empty = Password::new(String::new());
    let says_so = |form| {
        let bytes = writer::whole(&writer::triple_des(2_000), form);
        let report = graded(&bytes, None, None, NOW).unwrap();
        assert!(report.readers["openssl"].opens, "still of use");
        says(&report, Severity::Error, "the empty password opens it")
    };
    assert!(says_so(PasswordForm::Text(&empty)));
    assert!(says_so(PasswordForm::Null));
    assert!(!says_so(PasswordForm::Text(&password())));
}

#[test]
fn grade_names_identities_with_friendly_names() {
    let named = |names: [&[Vec<u8>]; 2]| {
        let password = password();
        let form = PasswordForm::Text(&password);
        let scheme = writer::pbes2(2_000);
        let identity = identities::ec_identity();
        let key = writer::shrouded_key(identity.key.expose(), &scheme, form, names[0]);
        let leaf = writer::certificate(identity.leaf.der(), names[1]);
        let parts = [writer::plain(&[leaf]), writer::plain(&[key])];
        let bytes = writer::file(&parts, Some((&writer::mac(2_000), form)));
        let report = graded(&bytes, None, Some(&password), NOW).unwrap();
        let [found] = &report.identities[..] else {
            panic!("one identity: {:?}", report.identities)
        };
        assert_eq!(found.certificate, identity.leaf);
        found.friendly_name.clone()
    };
    let [anna, bert] = ["Anna", "Bert"].map(|name| vec![writer::label(name)]);
    assert_eq!(named([&anna, &bert]).as_deref(), Some("Bert"));
    assert_eq!(named([&anna, &[]]).as_deref(), Some("Anna"));
    assert_eq!(named([&[], &[]]), None);
}

#[test]
fn grade_names_what_follows_the_file() {
    let whole = file(Profile::Modern);
    for (tail, severity, words) in [
        (
            vec![0; 16],
            Severity::Info,
            "16 bytes follow the file's end",
        ),
        (
            whole.clone(),
            Severity::Warning,
            "a second PKCS#12 file follows",
        ),
    ] {
        let bytes = [whole.clone(), tail].concat();
        let report = graded(&bytes, None, None, NOW).unwrap();
        assert!(says(&report, severity, words), "{:?}", report.findings);
        assert!(!report.readers["gnutls"].opens && report.readers["openssl"].opens);
    }
}

#[test]
fn grade_says_nothing_of_programs_without_key() {
    let leaf = writer::certificate(identities::ec_identity().leaf.der(), &[]);
    let bytes = writer::file(&[writer::plain(&[leaf])], None);
    for password in [None, Some(&password())] {
        let report = graded(&bytes, None, password, NOW).unwrap();
        assert!(report.readers.is_empty(), "{:?}", report.readers);
    }
}

#[test]
fn grade_judges_by_what_is_inside() {
    let report = proven(&identities::ed448_identity());
    assert!(!report.readers["windows11"].opens && report.readers["openssl"].opens);
    let outside = graded(
        &file_with(&identities::ed448_identity(), Profile::Modern, 2_000),
        None,
        None,
        NOW,
    );
    assert!(
        outside.unwrap().readers["windows11"].opens,
        "not seen without"
    );

    let identity = identities::ed448_identity();
    let password = password();
    let form = PasswordForm::Text(&password);
    let key = writer::shrouded_key(identity.key.expose(), &writer::pbes2(2_000), form, &[]);
    let leaf = writer::certificate(identity.leaf.der(), &[]);
    let parts = [writer::plain(&[leaf]), writer::plain(&[key])];
    let bytes = writer::file(&parts, Some((&writer::mac(2_000), form)));
    let clear = graded(&bytes, None, None, NOW).unwrap();
    let reason = clear.readers["windows11"].reason.as_deref().unwrap();
    assert!(reason.contains("Ed448"), "{reason}");
}

#[test]
fn grade_rejects_other_files_and_truncation() {
    assert_eq!(
        graded(b"-----BEGIN CERTIFICATE-----", None, None, NOW),
        Err(DecodeError::NotPkcs12)
    );
    assert!(graded(&file(Profile::Modern)[..500], None, None, NOW).is_err());
}

#[test]
fn grade_tells_text_of_pkcs12_from_other_files() {
    let base64 = base64ct::Base64::encode_string(&file(Profile::Modern));
    let lines = base64
        .as_bytes()
        .chunks(64)
        .map(|line| [line, b"\r\n"].concat());
    let lines = lines.collect::<Vec<_>>().concat();
    for text in [
        base64.clone().into_bytes(),
        lines.clone(),
        [
            b"-----BEGIN PKCS12-----\r\n",
            &*lines,
            b"-----END PKCS12-----\r\n",
        ]
        .concat(),
    ] {
        assert_eq!(graded(&text, None, None, NOW), Err(DecodeError::Text));
    }
}

#[test]
fn grade_readers_agree_with_targets() {
    for profile in Profile::ALL {
        let report = graded(&file(profile), None, None, NOW).unwrap();
        for target in targets() {
            let reader = &report.readers[target.name];
            let expected = target.opens(profile) == Support::Yes;
            assert_eq!(
                reader.opens, expected,
                "{} {profile} {reader:?}",
                target.name
            );
            assert_eq!(reader.reason.is_none(), expected);
        }
    }
}

#[test]
fn grade_denies_go_a_file_with_path() {
    let with_path = file(Profile::Compatible);
    let alone = file_with(
        &Identity {
            issuers: Vec::new(),
            ..identities::ec_identity()
        },
        Profile::Compatible,
        2_000,
    );
    for (bytes, opens) in [(with_path, false), (alone, true)] {
        let report = graded(&bytes, None, Some(&password()), NOW).unwrap();
        assert_eq!(report.readers["go"].opens, opens);
    }
}

#[test]
fn grade_restores_with_unverifiable_root_signature() {
    let mut identity = identities::ec_identity();
    let root = identity.issuers.last_mut().unwrap();
    *root = identities::with_unknown_signature_algorithm(root);
    let report = proven(&identity);
    assert_eq!(report.restores, Some(true), "{:?}", report.findings);
}

#[test]
fn grade_is_undecided_with_unverifiable_path() {
    let identity = identities::ec_identity();
    let leaf = identities::with_unknown_signature_algorithm(&identity.leaf);
    let report = proven(&Identity { leaf, ..identity });
    assert_eq!(report.restores, None);
    assert!(
        says(&report, Severity::Warning, "not proven"),
        "{:?}",
        report.findings
    );
}

#[test]
fn grade_denies_dotnet_too_many_iterations() {
    let bytes = file_with(&identities::ec_identity(), Profile::Compatible, 300_001);
    let report = graded(&bytes, None, None, NOW).unwrap();
    let reason = report.readers["dotnet"].reason.as_deref().unwrap();
    assert!(
        reason.contains("300000") && reason.contains("300001"),
        "{reason}"
    );
    assert!(report.readers["windows2016"].opens);
    assert!(says(&report, Severity::Info, ".NET"));
}

#[test]
fn grade_denies_java_non_ascii_passwords() {
    let password = Password::new("Käse".to_owned());
    let scheme = writer::pbes2(2_000);
    let bytes = writer::whole(&scheme, PasswordForm::Text(&password));
    let report = graded(&bytes, None, Some(&password), NOW).unwrap();
    assert!(
        report.readers["java17"]
            .reason
            .as_deref()
            .unwrap()
            .contains("ASCII")
    );
    assert!(report.readers["openssl"].opens);
}

#[test]
fn grade_warns_of_weak_encryption_and_iterations() {
    let report = graded(&file(Profile::Legacy), None, None, NOW).unwrap();
    assert!(says(&report, Severity::Warning, "RC2-40"));
    assert!(says(&report, Severity::Info, "3DES"));
    let report = graded(&file(Profile::Compatible), None, None, NOW).unwrap();
    assert!(!says(&report, Severity::Warning, "RC2"));
    let bytes = file_with(&identities::ec_identity(), Profile::Modern, 1);
    let report = graded(&bytes, None, None, NOW).unwrap();
    assert!(says(&report, Severity::Warning, "with 1 iteration,"));
}

#[test]
fn grade_warns_of_permissive_file_modes() {
    let bytes = file(Profile::Modern);
    let at = |mode| graded(&bytes, Some(mode), None, NOW).unwrap();
    assert!(says(
        &at(0o100_644),
        Severity::Warning,
        "everybody on this machine"
    ));
    assert!(says(&at(0o100_644), Severity::Warning, "0644"));
    assert!(says(&at(0o100_640), Severity::Warning, "group"));
    assert!(at(0o100_600).findings.is_empty());
}

#[test]
fn grade_refuses_a_mismatched_key() {
    let report = proven(&Identity {
        key: identities::foreign_key(),
        ..identities::ec_identity()
    });
    assert_eq!(report.opened, Some(true));
    assert_eq!(report.restores, Some(false));
    assert!(says(&report, Severity::Error, "another certificate"));
}

/// The first place of `part` in a file.
fn place_of(bytes: &[u8], part: &[u8]) -> usize {
    let mut places = bytes.windows(part.len());
    places.position(|window| window == part).unwrap()
}

#[test]
fn grade_refuses_damage_outside_the_mac() {
    let intact = file(Profile::Modern);
    // id-sha256 and its parameters, in the MAC's AlgorithmIdentifier, which comes last.
    let sha256 = [
        0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    ];
    let mac = place_of(&intact, &sha256) + 9;
    // The OCTET STRING in authSafe, behind id-data and the explicit tag.
    let id_data = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01, 0xa0];
    let content = place_of(&intact, &id_data) + id_data.len() + 3;
    assert_eq!((intact[mac], intact[content]), (0x05, 0x04));
    for (place, values) in [
        (mac, &[0x01, 0x04, 0x15, 0x45][..]),
        (content, &[0x05, 0x06, 0x0c, 0x14, 0x44, 0x84]),
    ] {
        for value in values {
            let mut altered = intact.clone();
            altered[place] = *value;
            let report = graded(&altered, None, Some(&password()), NOW);
            let restores = report.map(|report| report.restores);
            assert_ne!(restores, Ok(Some(true)), "{place}: {value:02x}");
        }
    }
}

#[test]
fn grade_refuses_a_malformed_issuer() {
    let mut identity = identities::ec_identity();
    let issuer = identity.leaf.issuer_der().to_vec();
    let mut der = identity.leaf.der().to_vec();
    let place = place_of(&der, &issuer);
    // The SET in the Name becomes a SEQUENCE.
    assert_eq!(der[place + 2], 0x31);
    der[place + 2] = 0x30;
    identity.leaf = Certificate::from_der(&der).unwrap();
    identity.issuers.clear();
    let report = proven(&identity);
    assert_eq!(report.restores, Some(false));
    assert!(says(&report, Severity::Error, "its issuer is malformed"));
}

#[test]
fn grade_warns_of_odd_scalar_length() {
    let report = proven(&Identity {
        key: identities::ec_key_behind_a_zero(),
        ..identities::ec_identity()
    });
    assert_eq!(report.restores, Some(true), "{:?}", report.findings);
    assert_eq!(report.proof, Some(Level::Signature));
    assert!(says(&report, Severity::Warning, "33 octets"));
    assert!(!report.readers["dotnet"].opens);
    assert!(proven(&identities::ec_identity()).readers["dotnet"].opens);
}

#[test]
fn grade_restores_with_equal_public_key() {
    for (identity, restores, level) in [
        (identities::x25519_identity(), Some(true), Level::PublicKey),
        (identities::ed448_identity(), None, Level::None),
    ] {
        let report = proven(&identity);
        assert_eq!((report.restores, report.proof), (restores, Some(level)));
        assert!(says(&report, Severity::Warning, "does not sign"));
    }
}

#[test]
fn grade_is_undecided_with_unread_parts() {
    let mut pfx = Pfx::from_der(&file(Profile::Modern)).unwrap();
    pfx.mac_data = None;
    let grade_of = |pfx: &Pfx| graded(&pfx.to_der().unwrap(), None, Some(&password()), NOW);
    assert_eq!(grade_of(&pfx).unwrap().restores, Some(true));
    let octets: OctetString = pfx.auth_safe.content.decode_as().unwrap();
    let mut safes = AuthenticatedSafe::from_der(octets.as_bytes()).unwrap();
    // Nothing in it is an EnvelopedData, so that OpenSSL refuses the file.
    safes.push(ContentInfo {
        content_type: oid::ENVELOPED_DATA,
        content: Any::null(),
    });
    let octets = OctetString::new(safes.to_der().unwrap()).unwrap();
    pfx.auth_safe.content = Any::encode_from(&octets).unwrap();
    let report = grade_of(&pfx).unwrap();
    assert_eq!(report.restores, None, "{:?}", report.findings);
    assert_eq!(report.proof, Some(Level::Signature));
    assert!(says(
        &report,
        Severity::Warning,
        "a part of the file was not read"
    ));
}

#[test]
fn grade_refuses_a_damaged_key() {
    let report = proven(&Identity {
        key: identities::rsa_key_with_swapped_primes(),
        ..identities::rsa_identity()
    });
    assert_eq!(report.restores, Some(false));
    assert!(says(&report, Severity::Error, "damaged"));
}

#[test]
fn grade_refuses_a_broken_path() {
    let mut identity = identities::ec_identity();
    identity.issuers[0] = identities::with_broken_signature(&identity.issuers[0]);
    let report = proven(&identity);
    assert_eq!(report.restores, Some(false));
    assert!(says(&report, Severity::Error, "does not link"));
}

#[test]
fn grade_restores_a_leaf_without_issuers() {
    let report = proven(&Identity {
        issuers: Vec::new(),
        ..identities::ec_identity()
    });
    assert_eq!(report.restores, Some(true));
    assert!(says(&report, Severity::Info, "before the root"));
}

#[test]
fn grade_warns_of_certificates_outside_validity() {
    for (validity, words) in [
        (
            ("20200101000000Z", "20210203120000Z"),
            "expired on 2021-02-03",
        ),
        (
            ("20400506120000Z", "20500101000000Z"),
            "not valid before 2040-05-06",
        ),
    ] {
        let report = proven(&Identity {
            leaf: identities::leaf(&identities::ec_spki(), validity),
            ..identities::ec_identity()
        });
        assert_eq!(report.restores, Some(true));
        assert!(
            says(&report, Severity::Warning, words),
            "{:?}",
            report.findings
        );
    }
}

#[test]
fn report_json_has_the_documented_fields() {
    let report = FileReport {
        file: "anna.p12".to_owned(),
        report: proven(&identities::ec_identity()),
    };
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["file"], "anna.p12");
    assert_eq!(json["opened"], true);
    assert_eq!(json["mac"]["status"], "ok");
    assert_eq!(json["mac"]["iterations"], 2_000);
    assert_eq!(json["keys"], 1);
    assert_eq!(json["certificates"], 3);
    assert_eq!(json["restores"], true);
    assert_eq!(json["proof"], "signature");
    assert_eq!(json["readers"]["windows2016"]["opens"], false);
    assert_eq!(json["findings"], serde_json::json!([]));
}
