use std::process::Command;

use p12_keystore::Pkcs12Archive;

use super::*;
use crate::certificate::Property;
use crate::pkcs12::decode::{self, Contents, Limits, MacStatus};
use crate::pkcs12::outline::{BagOutline, outline};
use crate::testing::identities::{self, Identity};

const PASSWORD: &str = "correct horse";

fn attributes() -> Attributes {
    Attributes {
        friendly_name: Some("Anna 😀 Müller".to_owned()),
        provider_name: Some("Microsoft Software Key Storage Provider".to_owned()),
        properties: [9, 13, 71, 0x8001]
            .map(|id| Property {
                id,
                value: id.to_le_bytes().to_vec(),
            })
            .to_vec(),
    }
}

fn encoded(
    identity: &Identity,
    issuers: &[Certificate],
    attributes: &Attributes,
    profile: Profile,
) -> Vec<u8> {
    let content = Content {
        key: &identity.key,
        leaf: &identity.leaf,
        issuers,
        attributes,
    };
    let iterations = Iterations::new(2_000).unwrap();
    encode(
        &content,
        profile,
        iterations,
        &Password::new(PASSWORD.to_owned()),
    )
    .unwrap()
}

fn opened(bytes: &[u8]) -> Contents {
    let password = Password::new(PASSWORD.to_owned());
    decode::decode(bytes, PasswordForm::Text(&password), &Limits::default()).unwrap()
}

#[test]
fn encode_round_trips_key_certificates_and_attributes() {
    for identity in [identities::ec_identity(), identities::rsa_identity()] {
        for profile in Profile::ALL {
            let contents = opened(&encoded(
                &identity,
                &identity.issuers,
                &attributes(),
                profile,
            ));
            assert_eq!(contents.mac, MacStatus::Ok);
            assert_eq!(contents.other_bags, 0);

            let [key] = contents.keys.as_slice() else {
                panic!("{} keys", contents.keys.len())
            };
            assert!(key.key.expose() == identity.key.expose());
            assert_eq!(key.attributes.friendly_name, attributes().friendly_name);
            assert_eq!(key.attributes.provider_name, attributes().provider_name);
            assert_eq!(
                key.attributes.local_key_id.as_deref(),
                Some(&LOCAL_KEY_ID_VALUE[..])
            );
            assert!(key.attributes.properties.is_empty() && !key.attributes.machine_keyset);

            let found: Vec<&[u8]> = contents
                .certificates
                .iter()
                .map(|bag| bag.der.as_slice())
                .collect();
            let [intermediate, root] = identity.issuers.as_slice() else {
                panic!("a path of three")
            };
            assert!(found == [identity.leaf.der(), intermediate.der(), root.der()]);
            let leaf = &contents.certificates[0].attributes;
            assert_eq!(leaf.friendly_name, attributes().friendly_name);
            assert_eq!(leaf.local_key_id.as_deref(), Some(&LOCAL_KEY_ID_VALUE[..]));
            assert_eq!(leaf.provider_name, None);
            let mut properties = leaf.properties.clone();
            properties.sort_by_key(|property| property.id);
            assert_eq!(properties, attributes().properties);
            for issuer in &contents.certificates[1..] {
                assert_eq!(issuer.attributes, Default::default());
            }
        }
    }
}

#[test]
fn encode_writes_der_encrypted_certificates_first() {
    let identity = identities::ec_identity();
    for profile in Profile::ALL {
        let outline = outline(&encoded(&identity, &[], &attributes(), profile)).unwrap();
        assert!(!outline.ber);
        let [certificates, key] = outline.safes.as_slice() else {
            panic!("{} parts", outline.safes.len())
        };
        let encryption = certificates.encryption.as_ref().unwrap();
        assert_eq!(encryption.iterations(), 2_000);
        assert!(certificates.bags.is_empty());
        assert!(key.encryption.is_none());
        let [BagOutline::ShroudedKey(scheme)] = key.bags.as_slice() else {
            panic!("{:?}", key.bags)
        };
        assert_eq!(scheme.iterations(), 2_000);
        assert_eq!(outline.mac.unwrap().iterations(), 2_000);
        assert_eq!(
            scheme.name() == encryption.name(),
            profile != Profile::Legacy
        );
    }
}

#[test]
fn encode_without_attributes_writes_local_key_id() {
    let identity = identities::ec_identity();
    let contents = opened(&encoded(
        &identity,
        &[],
        &Attributes::default(),
        Profile::Modern,
    ));
    for attributes in [
        &contents.keys[0].attributes,
        &contents.certificates[0].attributes,
    ] {
        assert_eq!(
            attributes.local_key_id.as_deref(),
            Some(&LOCAL_KEY_ID_VALUE[..])
        );
        assert_eq!(attributes.friendly_name, None);
        assert_eq!(attributes.provider_name, None);
        assert!(attributes.properties.is_empty());
    }
}

#[test]
fn encode_never_repeats_a_file() {
    let identity = identities::ec_identity();
    let file = || encoded(&identity, &[], &attributes(), Profile::Modern);
    assert!(file() != file());
}

#[test]
fn encode_is_readable_by_p12_keystore() {
    let identity = identities::rsa_identity();
    for profile in [Profile::Modern, Profile::Compatible, Profile::Legacy] {
        let bytes = encoded(&identity, &identity.issuers, &attributes(), profile);
        let archive = Pkcs12Archive::from_pkcs12(&bytes, PASSWORD).unwrap();
        assert!(archive.keys[0].key.as_der() == identity.key.expose());
        assert_eq!(archive.certs.len(), 3);
        assert_eq!(archive.certs[0].cert.as_der(), identity.leaf.der());
    }
}

fn openssl(arguments: &[&str], file: &std::path::Path) -> String {
    let output = Command::new("openssl")
        .args(["pkcs12", "-passin", "pass:correct horse", "-in"])
        .arg(file)
        .args(arguments)
        .output()
        .expect("openssl is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
#[ignore = "needs openssl"]
fn encode_is_readable_by_openssl() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("identity.p12");
    for identity in [identities::ec_identity(), identities::rsa_identity()] {
        for profile in [Profile::Modern, Profile::Compatible, Profile::Legacy] {
            let bytes = encoded(&identity, &identity.issuers, &attributes(), profile);
            std::fs::write(&file, bytes).unwrap();
            let mut arguments = vec!["-nodes"];
            if profile == Profile::Legacy {
                arguments.push("-legacy");
            }
            let printed = openssl(&arguments, &file);
            for (label, der) in [
                ("PRIVATE KEY", identity.key.expose()),
                ("CERTIFICATE", identity.leaf.der()),
                ("CERTIFICATE", identity.issuers[0].der()),
                ("CERTIFICATE", identity.issuers[1].der()),
            ] {
                let pem = pem_rfc7468::encode_string(label, pem_rfc7468::LineEnding::LF, der);
                assert!(printed.contains(&pem.unwrap()), "{profile}: {label}");
            }
        }
    }
}

#[test]
#[ignore = "needs openssl"]
fn encode_algorithms_and_iterations_match_openssl() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("identity.p12");
    let identity = identities::ec_identity();
    for (profile, mac, certificates, key) in [
        (
            Profile::Modern,
            "MAC: sha256, Iteration 2000",
            "PKCS7 Encrypted data: PBES2, PBKDF2, AES-256-CBC, Iteration 2000, PRF hmacWithSHA256",
            "Shrouded Keybag: PBES2, PBKDF2, AES-256-CBC, Iteration 2000, PRF hmacWithSHA256",
        ),
        (
            Profile::Compatible,
            "MAC: sha1, Iteration 2000",
            "PKCS7 Encrypted data: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2000",
            "Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2000",
        ),
    ] {
        std::fs::write(&file, encoded(&identity, &[], &attributes(), profile)).unwrap();
        let printed = openssl(&["-info", "-noout"], &file);
        for expected in [mac, certificates, key] {
            assert!(
                printed.contains(expected),
                "{expected} is not in:\n{printed}"
            );
        }
    }
}

#[test]
fn encode_is_independent_of_core_count() {
    let identity = identities::ec_identity();
    let attributes = attributes();
    let content = Content {
        key: &identity.key,
        leaf: &identity.leaf,
        issuers: &identity.issuers,
        attributes: &attributes,
    };
    let password = Password::new(PASSWORD.to_owned());
    for profile in Profile::ALL {
        let protection = profile.protection(Iterations::new(100).unwrap()).unwrap();
        let file = || protect(&content, &protection, PasswordForm::Text(&password));
        assert_eq!(threads::on_this_core(file), file(), "{profile}");
    }
}
