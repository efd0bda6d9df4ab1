//! What opens the files of a backup: a password, or the key that opens the password of each.

use std::sync::Arc;

use certstow_core::backup::Opener;
use certstow_core::escrow::EscrowKey;
use certstow_core::password;
use certstow_formats::secret::Password;
use certstow_platform::OpenOptions;
use certstow_platform::store::Interaction;

use crate::args::OpeningArgs;
use crate::ask::{self, TerminalAsk};
use crate::error::Error;
use crate::screen::Screen;

/// What was given to open the files.
pub(super) enum Opening {
    Nothing,
    Password(Password),
    Escrow(EscrowKey),
}

impl Opening {
    /// Reads what the options name; asks if they say so, or if something is `needed`.
    pub(super) fn read(args: &OpeningArgs, needed: bool, screen: &Screen) -> Result<Self, Error> {
        let password = match args.password.source() {
            Some(source) => {
                let allow_empty = args.password.allow_empty_password;
                Some(ask::given(&source, allow_empty, screen)?)
            }
            None => None,
        };
        if let Some(file) = &args.escrow_key {
            let options = OpenOptions {
                unlock: Vec::from_iter(password.map(Arc::new)),
            };
            let mut ask = TerminalAsk {
                interaction: screen.interaction(),
                system_windows: Interaction::Never,
            };
            return Ok(Self::Escrow(EscrowKey::read(file, &options, &mut ask)?));
        }
        match password {
            Some(password) => Ok(Self::Password(password)),
            None if !needed && !args.ask_password => Ok(Self::Nothing),
            None if screen.interaction() == Interaction::Never => {
                Err(Error::interaction_required("the password of the files"))
            }
            None => {
                let allow_empty = args.password.allow_empty_password;
                let password = password::prompt("Password of the files:", false, allow_empty)?;
                Ok(Self::Password(password))
            }
        }
    }

    pub(super) fn opener(&self) -> Opener<'_> {
        match self {
            Self::Nothing => Opener::Nothing,
            Self::Password(password) => Opener::Password(password),
            Self::Escrow(key) => Opener::Escrow(key),
        }
    }
}
