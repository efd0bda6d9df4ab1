//! How a store gets at its token: by its session, and logged in where that is needed and may be. `login.rs`
//! gives a PIN to the token, and here is decided whether, and which.

use std::path::PathBuf;
use std::sync::Arc;

use certstow_formats::secret::Password;
use cryptoki::session::Session;
use cryptoki::slot::TokenInfo;

use super::error::ModuleError;
use super::login::{Answer, PinFlags};
use super::notes::Note;
use super::objects::{self, CertificateObject, Keys};
use super::token::{State, Token};
use crate::error::{AskError, StoreError};
use crate::spec::StoreSpec;
use crate::store::{
    Ask, AskedFor, Interaction, OpenOptions, Problem, ProblemKind, Unlock, UnlockRequest, Unlocks,
};

/// How often a person may mistype a PIN, if the token has as many tries.
const ATTEMPTS: u32 = 3;

/// A token as a store uses it.
pub(super) struct Access {
    pub(super) spec: StoreSpec,
    pub(super) token: Arc<Token>,
    /// The PIN that was given beforehand.
    known: Option<Unlock>,
    /// Where notes of PINs are.
    notes: Option<PathBuf>,
}

impl Access {
    pub(super) fn new(spec: StoreSpec, token: Arc<Token>, options: &OpenOptions) -> Self {
        // No second one is tried.
        let known = options.for_store(&spec).next().cloned();
        Self {
            spec,
            token,
            known,
            notes: crate::folders::state_folder(),
        }
    }

    /// The session of the token.
    pub(super) fn session<'s>(&self, state: &'s mut State) -> Result<&'s Session, StoreError> {
        self.token
            .session(state)
            .map_err(|error| self.failed(error))
    }

    /// What `read` reads by the session of the token, which is still there afterwards.
    pub(super) fn with<T>(
        &self,
        state: &mut State,
        read: impl Fn(&Session) -> Result<T, ModuleError>,
    ) -> Result<T, StoreError> {
        let mut result = self.token.session(state).and_then(&read);
        if let Err(error) = &result
            && error.is_of_old_session()
            && self.token.info().is_some()
        {
            // It was taken out and put in again meanwhile.
            self.token.forget_session(state);
            result = self.token.session(state).and_then(&read);
        }
        match (result, self.token.info()) {
            (Ok(read), Some(_)) => Ok(read),
            (Ok(_), None) => {
                self.token.forget_session(state);
                Err(self.taken_out(None))
            }
            (Err(error), _) => {
                let failed = self.failed(error);
                if self.token.info().is_none() {
                    self.token.forget_session(state);
                }
                Err(failed)
            }
        }
    }

    /// The keys that show after a login.
    pub(super) fn all_keys(&self, state: &mut State) -> Result<Keys, StoreError> {
        let keys = self.with(state, objects::keys)?;
        match self.shows_keys(state) {
            true => Ok(keys),
            // Without its login it shows none, and none would seem to be there.
            false => Err(self.taken_out(None)),
        }
    }

    /// The error for what the module says.
    pub(super) fn failed(&self, error: ModuleError) -> StoreError {
        if error.is_of_absent_token() || self.token.info().is_none() {
            return self.taken_out(Some(error));
        }
        let reason = format!("its module fails: {error}");
        StoreError::unavailable(&self.spec, reason, Some(error.into()))
    }

    fn taken_out(&self, error: Option<ModuleError>) -> StoreError {
        let reason = format!("{} was taken out", self.token.name);
        StoreError::unavailable(&self.spec, reason, error.map(Into::into))
    }

    fn place(&self) -> String {
        self.token.name.to_string()
    }

    /// Whether the session sees private keys.
    pub(super) fn shows_keys(&self, state: &State) -> bool {
        state.login.is_done() || self.token.info().is_some_and(|info| !info.login_required())
    }

    /// The certificates that are to be listed, after the login if the PIN was given beforehand; and what
    /// is to be said of the token.
    pub(super) fn for_listing(
        &self,
        state: &mut State,
    ) -> Result<(Vec<CertificateObject>, Option<Problem>), StoreError> {
        let mut problem = None;
        if !self.token.is_hardware {
            problem = self.login_before_listing(state)?;
        }
        let mut objects = self.with(state, objects::certificates)?;
        if objects.is_empty() && !self.shows_keys(state) && problem.is_none() {
            // Of a hardware token, too, its certificates are wanted.
            problem = self.login_before_listing(state)?;
            objects = self.with(state, objects::certificates)?;
            if !state.login.is_done() && problem.is_none() {
                problem = Some(Problem {
                    kind: ProblemKind::Locked,
                    place: self.place(),
                    message: "the token shows nothing without its PIN".to_owned(),
                });
            }
        }
        Ok((objects, problem))
    }

    /// Logs in with the PIN that was given beforehand, if there is one. What the token has against it is
    /// a problem of the listing, and no more.
    fn login_before_listing(&self, state: &mut State) -> Result<Option<Problem>, StoreError> {
        if self.shows_keys(state) {
            return Ok(None);
        }
        let (kind, message) = match self.login_by_known(state) {
            None | Some(Ok(())) => return Ok(None),
            Some(Err(error @ StoreError::WrongPassword { .. })) => {
                (ProblemKind::WrongPassword, error.to_string())
            }
            Some(Err(StoreError::LoginRefused { reason, .. })) => (ProblemKind::Locked, reason),
            Some(Err(error)) => return Err(error),
        };
        Ok(Some(Problem {
            kind,
            place: self.place(),
            message,
        }))
    }

    /// Logs in with the PIN that was given beforehand, if there is one that the token can be given.
    fn login_by_known(&self, state: &mut State) -> Option<Result<(), StoreError>> {
        let known = self.known.as_ref()?;
        let Some(info) = self.token.info() else {
            return Some(Err(self.taken_out(None)));
        };
        if info.protected_authentication_path() {
            return None;
        }
        Some(self.login_unattended(state, known, &info))
    }

    fn login_unattended(
        &self,
        state: &mut State,
        known: &Unlock,
        info: &TokenInfo,
    ) -> Result<(), StoreError> {
        // No token has an empty one.
        if state.login.has_failed() || known.password.is_empty() {
            return Err(self.wrong());
        }
        if let Some(reason) = PinFlags::of(info).refusal_unattended() {
            return Err(self.refused(reason.to_owned(), None));
        }
        let source = known.source.as_deref();
        let note = self.note(source);
        if let Some(file) = note.as_ref().and_then(Note::standing) {
            let reason = format!(
                "a PIN from the same place did not open it in an earlier run, and each wrong one \
                 brings it nearer to being locked; give the PIN at a terminal, or remove {} once it \
                 is right",
                file.display()
            );
            return Err(self.refused(reason, None));
        }
        // Where there is no session, no PIN is given, and none is to be noted.
        self.session(state)?;
        let left = note.as_ref().map(Note::leave);
        if !matches!(left, Some(Ok(()))) {
            let reason = "a PIN that is wrong cannot be noted, and would be given again and again";
            let error = left.and_then(Result::err);
            return Err(self.refused(reason.to_owned(), error.map(Into::into)));
        }
        let answer = self.give(state, &known.password)?;
        self.answered(answer)
    }

    /// Gives a PIN to the token.
    fn give(&self, state: &mut State, pin: &Arc<Password>) -> Result<Answer, StoreError> {
        self.session(state)?;
        Ok(state.try_pin(pin))
    }

    /// What came of a login; a right one ends every note.
    fn answered(&self, answer: Answer) -> Result<(), StoreError> {
        match answer {
            Answer::LoggedIn => {
                if let Some(note) = self.note(None) {
                    note.remove();
                }
                Ok(())
            }
            Answer::Wrong(None) => Err(self.wrong()),
            Answer::Wrong(Some(error)) if self.token.info().is_none() => {
                Err(self.taken_out(Some(error)))
            }
            Answer::Wrong(Some(error)) => {
                let reason = format!("{error}, which may mean that the PIN is wrong");
                Err(self.refused(reason, Some(error.into())))
            }
            Answer::Refused(reason, error) => {
                Err(self.refused(reason.to_owned(), Some(error.into())))
            }
            Answer::Cancelled => Err(StoreError::Cancelled),
        }
    }

    fn note(&self, source: Option<&str>) -> Option<Note> {
        let folder = self.notes.as_ref()?;
        Some(Note::of(folder, &self.token.name, source))
    }

    fn wrong(&self) -> StoreError {
        StoreError::WrongPassword {
            place: self.place(),
        }
    }

    fn refused(&self, reason: String, source: Option<crate::error::Source>) -> StoreError {
        StoreError::LoginRefused {
            place: self.place(),
            reason,
            source,
        }
    }

    /// Logs in, with the PIN that was given beforehand or with what `ask` gives.
    pub(super) fn login(&self, state: &mut State, ask: &mut dyn Ask) -> Result<(), StoreError> {
        if self.shows_keys(state) {
            return Ok(());
        }
        let (mut wrong, refused) = match self.login_by_known(state) {
            Some(Ok(())) => return Ok(()),
            None => (0, None),
            Some(Err(error @ StoreError::WrongPassword { .. })) => (1, Some(error)),
            // If nothing was tried, a person may do so.
            Some(Err(error @ StoreError::LoginRefused { .. })) => {
                if state.login.has_failed() {
                    state.give_up();
                }
                (0, Some(error))
            }
            Some(Err(error)) => return Err(error),
        };
        if state.is_given_up() {
            return Err(refused.unwrap_or_else(|| self.wrong()));
        }
        let questions = match ask.interaction() {
            Interaction::Allowed => ATTEMPTS,
            Interaction::Never => 1,
        };
        for _ in 0..questions {
            let info = self.token.info().ok_or_else(|| self.taken_out(None))?;
            if let Some(reason) = PinFlags::of(&info).refusal() {
                return Err(self.refused(reason.to_owned(), None));
            }
            if info.protected_authentication_path() {
                return self.login_at_the_reader(state, ask);
            }
            let request = UnlockRequest {
                store: self.spec.clone(),
                place: self.place(),
                asks_for: AskedFor::Pin(PinFlags::of(&info).tries_left()),
                unlocks: Unlocks::Whole,
                attempt: wrong,
            };
            let pin = match ask.unlock(&request) {
                Ok(pin) => Arc::new(pin),
                Err(AskError::Cancelled) => return Err(StoreError::Cancelled),
                Err(AskError::NotAllowed) => {
                    return Err(refused.unwrap_or_else(|| StoreError::InteractionRequired {
                        place: self.place(),
                    }));
                }
            };
            let answer = self.give(state, &pin)?;
            match self.answered(answer) {
                Err(StoreError::WrongPassword { .. }) => wrong += 1,
                result => {
                    // What the module says may mean a wrong PIN.
                    if result.is_err() {
                        state.give_up();
                    }
                    return result;
                }
            }
        }
        if ask.interaction() == Interaction::Allowed {
            state.give_up();
        }
        Err(self.wrong())
    }

    /// A reader with keys of its own asks for the PIN there.
    fn login_at_the_reader(&self, state: &mut State, ask: &mut dyn Ask) -> Result<(), StoreError> {
        if ask.interaction() == Interaction::Never {
            return Err(StoreError::InteractionRequired {
                place: self.place(),
            });
        }
        self.session(state)?;
        let answer = state.at_the_reader();
        let result = self.answered(answer);
        if result.is_err() {
            state.give_up();
        }
        result
    }
}
