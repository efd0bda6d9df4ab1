//! What comes before the end of a process that is cut short: nothing half-done stays behind, and the
//! terminal is as it was.

use certstow_core::output;
use certstow_platform::os;

use super::{raw_terminal, wizard};

pub(super) fn clean_up() {
    output::abandon();
    wizard::leave_other_screen();
    raw_terminal::restore_screen();
    os::restore_terminal();
}
