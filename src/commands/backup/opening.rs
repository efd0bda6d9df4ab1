//! What opens the files of a backup: a password, or the key that opens the password of each.

use std::path::PathBuf;
use std::sync::Arc;

use certstow_core::backup::{self, Opener};
use certstow_core::escrow::EscrowKey;
use certstow_formats::secret::Password;
use certstow_platform::OpenOptions;

use crate::args::OpeningArgs;
use crate::ask::{self, TerminalAsk};
use crate::error::Error;
use crate::render::progress::Progress;
use crate::screen::Screen;

/// What was given to open the files.
pub(super) enum Opening {
    Nothing,
    Password(Password),
    Escrow(EscrowKey),
}

impl Opening {
    /// Reads what the options name; asks for what opens these folders if the options say so, or if
    /// something is `needed`.
    pub(super) fn read<'f>(
        args: &OpeningArgs,
        folders: impl IntoIterator<Item = &'f PathBuf, IntoIter: Clone>,
        needed: bool,
        screen: &Screen,
    ) -> Result<Self, Error> {
        let given = ask::if_given(&args.password, screen)?;
        if let Some(file) = &args.escrow_key {
            let options = OpenOptions::with_passwords(given.map(Arc::new));
            let key = EscrowKey::read(file, &options, &mut TerminalAsk::new(screen))?;
            return Ok(Self::Escrow(key));
        }
        Ok(match given {
            Some(password) => Self::Password(password),
            None if !needed && !args.ask_password => Self::Nothing,
            None => {
                let folders = folders.into_iter();
                let is_wrong = |password: &Password| {
                    let _progress = Progress::start(screen, "Opening");
                    backup::is_wrong_password(folders.clone(), password)
                };
                let password =
                    ask::until_opened(&args.password, &ask::OPENS_FILES, is_wrong, screen)?;
                Self::Password(password)
            }
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
