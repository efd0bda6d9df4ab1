//! What a change has done so far, to be undone if the rest of it fails.

use cryptoki::object::{Attribute, ObjectHandle};

use super::refusal::{Failure, Refusal};
use super::session::Session;

/// The steps of a change, in their order.
pub(super) struct Made<'s> {
    session: &'s Session,
    steps: Vec<Step>,
}

enum Step {
    Added(ObjectHandle),
    /// Of an object, which attribute was changed, with the value before.
    Changed(ObjectHandle, Attribute),
}

impl<'s> Made<'s> {
    pub(super) fn new(session: &'s Session) -> Self {
        let steps = Vec::new();
        Self { session, steps }
    }

    /// An object was added.
    pub(super) fn added(&mut self, object: ObjectHandle) {
        self.steps.push(Step::Added(object));
    }

    /// Gives an attribute of an object another value.
    pub(super) fn change(
        &mut self,
        object: ObjectHandle,
        before: Attribute,
        now: Attribute,
    ) -> Result<(), Refusal> {
        self.session.update(object, &[now])?;
        self.steps.push(Step::Changed(object, before));
        Ok(())
    }

    /// Keeps all of it, or undoes it if the change failed.
    ///
    /// # Errors
    /// What the change failed with; [`Failure::HalfDone`] if it cannot be undone.
    pub(super) fn finish(mut self, done: Result<(), Failure>) -> Result<(), Failure> {
        let Err(failure) = done else {
            self.steps.clear();
            return Ok(());
        };
        match self.undo() {
            Ok(()) => Err(failure),
            Err(refusal) => Err(Failure::HalfDone {
                reason: "it was put in only in part, and NSS does not take that out again",
                refusal,
            }),
        }
    }

    /// The last step first. One that cannot be undone keeps no other from it.
    fn undo(&mut self) -> Result<(), Refusal> {
        let mut undone = Ok(());
        while let Some(step) = self.steps.pop() {
            let this = match step {
                Step::Added(object) => self.session.destroy(object),
                Step::Changed(object, before) => self.session.update(object, &[before]),
            };
            undone = undone.and(this);
        }
        undone
    }
}

impl Drop for Made<'_> {
    fn drop(&mut self) {
        // A panic under way tells more than what this could add.
        let _ = self.undo();
    }
}
