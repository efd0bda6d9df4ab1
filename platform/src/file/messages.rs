//! What a listing says of files: problems, which keep it from being whole, and notices.

use std::path::PathBuf;

use super::found::Told;
use crate::store::{Problem, ProblemKind};

/// What is to be said of files.
pub(super) struct Messages<'a> {
    files: &'a [PathBuf],
    pub(super) problems: Vec<Problem>,
    pub(super) notices: Vec<Problem>,
}

impl<'a> Messages<'a> {
    pub(super) fn new(files: &'a [PathBuf]) -> Self {
        Self {
            files,
            problems: Vec::new(),
            notices: Vec::new(),
        }
    }

    pub(super) fn problem(&mut self, file: usize, kind: ProblemKind, message: String) {
        let problem = self.about(file, kind, message);
        self.problems.push(problem);
    }

    pub(super) fn notice(&mut self, file: usize, kind: ProblemKind, message: String) {
        let notice = self.about(file, kind, message);
        self.notices.push(notice);
    }

    pub(super) fn tell(&mut self, file: usize, told: Told) {
        match told.is_notice {
            true => self.notice(file, told.kind, told.message),
            false => self.problem(file, told.kind, told.message),
        }
    }

    fn about(&self, file: usize, kind: ProblemKind, message: String) -> Problem {
        Problem {
            kind,
            place: self.files[file].display().to_string(),
            message,
        }
    }
}
