//! What opens the files of a backup: a password, or the key that opens the password of each.

use std::sync::Arc;

use certstow_core::backup::Opener;
use certstow_core::escrow::EscrowKey;
use certstow_formats::secret::Password;
use certstow_platform::OpenOptions;

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
        let given = ask::if_given(&args.password, screen)?;
        if let Some(file) = &args.escrow_key {
            let options = OpenOptions {
                unlock: Vec::from_iter(given.map(Arc::new)),
            };
            let key = EscrowKey::read(file, &options, &mut TerminalAsk::new(screen))?;
            return Ok(Self::Escrow(key));
        }
        Ok(match given {
            Some(password) => Self::Password(password),
            None if !needed && !args.ask_password => Self::Nothing,
            None => Self::Password(ask::obtain(&args.password, &ask::OPENS_FILES, screen)?),
        })
    }

    pub(super) fn opener(&self) -> Opener<'_> {
        match self {
            Self::Nothing => Opener::Nothing,
            Self::Password(password) => Opener::Password(password),
            Self::Escrow(key) => Opener::Escrow(key),
        }
    }
}
