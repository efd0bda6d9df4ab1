//! Modules beside SoftHSM: p11-kit's proxy, which stands for all that are configured, and OpenSC's without
//! a reader.

use certstow_platform::error::StoreError;
use certstow_platform::spec::StoreSpec;
use certstow_platform::testing::Sample;
use certstow_platform::{OpenOptions, each_of, open};

use crate::own_process;
use crate::softhsm::{Kept, SoftHsm, only, refusal, with_pin};

/// Debian's package of SoftHSM tells p11-kit of it.
#[test]
#[ignore = "needs SoftHSM2 and p11-kit"]
fn a_name_without_a_module_asks_p11_kit() {
    own_process::run("modules::a_name_without_a_module_asks_p11_kit", |_| {
        let hsm = SoftHsm::new();
        let token = hsm.token("Ada's card");
        token.hold(&[Sample::Rsa], Kept::USUAL);
        let spec: StoreSpec = "pkcs11:token=Ada%27s%20card".parse().unwrap();
        assert_eq!(each_of(&spec).unwrap(), std::slice::from_ref(&spec));
        let store = open(&spec, &with_pin(&spec, token.pin)).unwrap();
        let entry = only(&*store);
        let place = &entry.places[0];
        assert!(
            place.starts_with("pkcs11:token=Ada%27s%20card;serial="),
            "{place}"
        );
        // What it trusts is nobody's.
        let trust = "pkcs11:model=p11-kit-trust".parse().unwrap();
        if let Ok(each) = each_of(&trust) {
            for spec in each {
                let store = open(&spec, &OpenOptions::default()).unwrap();
                assert!(store.list().unwrap().entries.is_empty());
            }
        }
        let every = each_of(&"pkcs11:".parse().unwrap()).unwrap();
        assert_eq!(every.len(), 1, "{every:?}");
    });
}

#[test]
#[ignore = "needs OpenSC"]
fn a_module_without_a_reader_has_no_token() {
    own_process::run("modules::a_module_without_a_reader_has_no_token", |_| {
        for name in [
            "pkcs11:opensc-pkcs11.so",
            "pkcs11:?module-name=opensc-pkcs11",
        ] {
            let StoreError::Unavailable { reason, .. } = refusal(&name.parse().unwrap()) else {
                panic!("{name} opens");
            };
            assert_eq!(reason, "no token is there");
        }
    });
}
