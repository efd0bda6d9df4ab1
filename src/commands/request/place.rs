//! The store that a request's key waits in.

use std::sync::Arc;

use certstow_core::request::{Made, Options};
use certstow_core::{time, waits};
use certstow_formats::key::generate::Kind;
use certstow_formats::sanitize::{safe, shortened};
use certstow_formats::secret::{Password, PrivateKey};
use certstow_platform::OpenOptions;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::{Interaction, Store, Unlock};

use super::made::Report;
use super::wanted::Wanted;
use crate::ask::TerminalAsk;
use crate::error::Error;
use crate::into_store::{self, Target};
use crate::prompt;
use crate::render::progress::Progress;
use crate::screen::Screen;

/// An open store that takes requests, and how it keeps their keys.
pub(crate) struct Place {
    pub(super) store: Box<dyn Store>,
    spec: StoreSpec,
    exportable: bool,
    /// What is to protect the key in a folder.
    password: Option<Arc<Password>>,
}

impl Place {
    /// Opens the store in which requests for `target` wait. Its passwords are those that `unlock` has.
    pub(crate) fn open(target: &Target, mut unlock: Vec<Unlock>) -> Result<Self, Error> {
        let spec = target.spec.for_requests();
        for one in &mut unlock {
            one.store = Some(spec.clone());
        }
        let password = unlock.first().map(|unlock| Arc::clone(&unlock.password));
        let store = certstow_platform::open_to_import(&spec, &OpenOptions { unlock })?;
        Ok(Self {
            store,
            spec,
            exportable: target.exportable,
            password,
        })
    }

    /// Says that something waits with this subject already; a person may stop then.
    pub(crate) fn see_what_waits(&self, wanted: &Wanted, screen: &Screen) -> Result<(), Error> {
        let listing = waits::list(&*self.store)?;
        let subject = wanted.subject.der();
        let mut entries = listing.entries.iter();
        let waits = entries.find(|one| one.pending && one.certificate.subject_der() == subject);
        let Some(entry) = waits else {
            return Ok(());
        };
        let since = time::local_date(entry.certificate.parse().not_before());
        let text = format!(
            "a request for {} waits since {since} ({})",
            shortened(&entry.display_label()),
            safe(&entry.place())
        );
        if screen.interaction() == Interaction::Never {
            screen.warn(&text);
            return Ok(());
        }
        let question = format!("There is {text}. Make another one?");
        match prompt::yes_or_no(&question, false, screen)? {
            true => Ok(()),
            false => Err(Error::Cancelled),
        }
    }

    /// Asks for the password that is to protect the key, where one does and none was given.
    pub(crate) fn protect(&mut self, screen: &Screen) -> Result<(), Error> {
        let info = self.store.info();
        if self.password.is_none() {
            self.password = into_store::protection(&info, screen)?.map(Arc::new);
            let unlock = self.password.iter().map(|password| Unlock {
                password: Arc::clone(password),
                store: Some(self.spec.clone()),
                source: None,
            });
            // So that nobody is asked for it once more.
            let unlock = unlock.collect();
            self.store = certstow_platform::open_to_import(&self.spec, &OpenOptions { unlock })?;
        }
        let takes_password = info.key_protection.takes_password();
        self.password
            .take_if(|password| !takes_password || password.is_empty());
        Ok(())
    }

    /// Makes a key, and keeps it with its request.
    pub(crate) fn make_key(
        &mut self,
        wanted: &Wanted,
        kind: Kind,
        label: Option<&str>,
        screen: &Screen,
    ) -> Result<Report, Error> {
        let progress = Progress::start(screen, "Making the key");
        let made = Made::with_new_key(&wanted.draft(), kind)?;
        drop(progress);
        screen.explain(&format!("keeping the key in {}", self.spec));
        let options = Options {
            label,
            exportable: self.exportable,
            password: self.password.as_deref(),
        };
        let kept = made.keep(&mut *self.store, &options, &mut TerminalAsk::new(screen))?;
        let in_clear = self.password.is_none() && self.store.info().key_protection.takes_password();
        let report = Report::new(&self.store.info().spec, label, &made, kept);
        Ok(match in_clear {
            true => report.with_open_key(),
            false => report,
        })
    }

    /// Keeps a request beside a key that the store has.
    pub(crate) fn keep_beside_key(
        &mut self,
        wanted: &Wanted,
        key: PrivateKey,
        label: Option<&str>,
        screen: &Screen,
    ) -> Result<Report, Error> {
        let made = Made::with_key(&wanted.draft(), key)?;
        let ask = &mut TerminalAsk::new(screen);
        let kept = made.keep_beside_key(&mut *self.store, label, ask)?;
        Ok(Report::new(&self.store.info().spec, label, &made, kept).with_same_key())
    }
}
