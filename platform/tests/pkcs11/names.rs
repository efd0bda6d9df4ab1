//! Which tokens a name means, and what is said where it means none.

use std::fs;
use std::process::Command;

use certstow_formats::secret::Password;
use certstow_platform::error::StoreError;
use certstow_platform::spec::StoreSpec;
use certstow_platform::testing::Sample;
use certstow_platform::{OpenOptions, each_of, open};

use crate::own_process;
use crate::softhsm::{Kept, SoftHsm, only, refusal, softhsm, with_pin};

#[test]
#[ignore = "needs SoftHSM2"]
fn one_of_several_tokens_has_to_be_named() {
    own_process::run("names::one_of_several_tokens_has_to_be_named", |_| {
        let hsm = SoftHsm::new();
        let [ada, bob] = ["Ada's card", "Bob"].map(|label| hsm.token(label));
        ada.hold(&[Sample::Rsa], Kept::USUAL);
        bob.hold(&[Sample::P256], Kept::USUAL);
        let module = softhsm();
        let spec = |text: String| text.parse::<StoreSpec>().unwrap();
        let all = spec(format!("pkcs11:{}", module.display()));

        let error = refusal(&all);
        let StoreError::SeveralTokens { store, mut tokens } = error else {
            panic!("{error:?}");
        };
        tokens.sort();
        assert_eq!(tokens, ["token Ada's card", "token Bob"]);
        assert_eq!(store, all.to_string());

        let mut each = each_of(&all).unwrap();
        each.sort_by_key(ToString::to_string);
        assert_eq!(each, [ada.spec(), bob.spec()]);
        // A PIN for the name that fits both would be given to both.
        for one in &each {
            let Err(error) = open(one, &with_pin(&all, ada.pin)).map(drop) else {
                panic!("{one} opens");
            };
            let several = matches!(error, StoreError::SeveralTokens { .. });
            assert!(several, "{error:?}");
        }
        assert!(!ada.has_low_count() && !bob.has_low_count());
        let options = with_pin(&bob.spec(), bob.pin);
        assert_eq!(options.for_store(&ada.spec()).count(), 0);
        // One that was meant for no store is tried on no token.
        let any = OpenOptions::with_password(Password::new("1234".to_owned()));
        assert_eq!(any.for_store(&ada.spec()).count(), 0);

        for text in [
            format!("pkcs11:{}?token=Ada%27s%20card", module.display()),
            format!(
                "pkcs11:token=Ada%27s%20card?module-path={}",
                module.display()
            ),
            format!(
                "pkcs11:serial={};manufacturer=SoftHSM%20project?module-path={}",
                ada.serial,
                module.display()
            ),
        ] {
            let spec = spec(text);
            assert_eq!(each_of(&spec).unwrap(), std::slice::from_ref(&spec));
            let store = open(&spec, &OpenOptions::default()).unwrap();
            let entry = only(&*store);
            assert_eq!(entry.id, Sample::Rsa.certificate().unwrap().id());
            assert_eq!(store.info().spec, spec);
        }
        // Certificates by their label and id.
        let named = |query: &str| {
            let module = module.display();
            spec(format!("pkcs11:token=Bob;{query}?module-path={module}"))
        };
        for (query, expected) in [
            ("object=P256", 1),
            ("object=Rsa", 0),
            ("id=%02", 1),
            ("id=%03", 0),
        ] {
            let store = open(&named(query), &OpenOptions::default()).unwrap();
            assert_eq!(store.list().unwrap().entries.len(), expected, "{query}");
        }
        let nobody = spec(format!("pkcs11:{}?token=Nobody", module.display()));
        let StoreError::Unavailable { reason, .. } = refusal(&nobody) else {
            panic!("it opens");
        };
        assert!(reason.contains("none of the tokens"), "{reason}");
    });
}

#[test]
#[ignore = "needs SoftHSM2"]
fn a_module_without_tokens_is_unavailable() {
    own_process::run("names::a_module_without_tokens_is_unavailable", |_| {
        let spec: StoreSpec = format!("pkcs11:{}", softhsm().display()).parse().unwrap();
        let StoreError::Unavailable { reason, .. } = refusal(&spec) else {
            panic!("it opens");
        };
        // The free slot is no token.
        assert_eq!(reason, "no token is there");
        assert!(each_of(&spec).is_err());
    });
}

#[test]
fn what_is_no_module_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.so");
    fs::write(&text, "no library").unwrap();
    let pipe = folder.path().join("pipe.so");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    for (path, expected) in [
        (text, "cannot be loaded"),
        (folder.path().join("missing.so"), "there is no such module"),
        (folder.path().to_owned(), "is no file"),
        (pipe, "is no file"),
    ] {
        let spec = format!("pkcs11:{}", path.display()).parse().unwrap();
        let StoreError::Unavailable { reason, .. } = refusal(&spec) else {
            panic!("{spec} opens");
        };
        assert!(reason.contains(expected), "{reason}");
    }
    for (name, expected) in [
        ("pkcs11:no-such-module.so", "there is no module"),
        (
            "pkcs11:?module-name=no-such-module",
            "no module of the name",
        ),
        // A library that is no module.
        ("pkcs11:libc.so.6", "cannot be loaded"),
    ] {
        let StoreError::Unavailable { reason, .. } = refusal(&name.parse().unwrap()) else {
            panic!("{name} opens");
        };
        assert!(reason.contains(expected), "{reason}");
    }
}
