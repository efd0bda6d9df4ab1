//! The contract of `Store`, held against tokens of SoftHSM, one for each store.

use certstow_platform::store::Store;
use certstow_platform::testing::{Fixture, Sample, check_store_contract};

use crate::own_process;
use crate::softhsm::{Kept, SoftHsm, Token, fresh_label};

struct Tokens<'m> {
    hsm: &'m SoftHsm,
    last: Option<Token<'m>>,
}

impl Tokens<'_> {
    fn last(&self) -> &Token<'_> {
        self.last.as_ref().unwrap()
    }
}

impl Fixture for Tokens<'_> {
    fn can_hold(&self, _sample: Sample) -> bool {
        true
    }

    /// An Ed25519 key would be one that does not come out again.
    fn can_import(&self, sample: Sample) -> bool {
        sample != Sample::Ed25519
    }

    fn can_attach(&self) -> bool {
        true
    }

    fn store(&mut self, samples: &[Sample]) -> Box<dyn Store> {
        let token = self.hsm.token(&fresh_label());
        for &sample in samples {
            let sensitive = sample != Sample::Ed25519;
            let kept = Kept {
                sensitive,
                ..Kept::USUAL
            };
            token.hold(&[sample], kept);
        }
        let store = match samples.contains(&Sample::Locked) {
            true => token.locked(),
            false => token.open(),
        };
        self.last = Some(token);
        store
    }

    fn withdraw(&mut self, sample: Sample) {
        self.last().withdraw(sample);
    }

    fn snapshot(&self) -> String {
        self.last().objects()
    }
}

#[test]
#[ignore = "needs SoftHSM2"]
fn softhsm_satisfies_store_contract() {
    own_process::run("contract::softhsm_satisfies_store_contract", |_| {
        let hsm = SoftHsm::new();
        check_store_contract(&mut Tokens {
            hsm: &hsm,
            last: None,
        });
    });
}
