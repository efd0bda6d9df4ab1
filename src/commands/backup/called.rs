//! How an identity of a backup is called in a message.

use certstow_formats::sanitize::shortened;

/// An identity by its label and the beginning of its thumbprint, as the one who wrote them has it.
pub(super) fn called(label: &str, thumbprint: &str) -> String {
    let thumbprint: String = thumbprint.chars().take(16).collect();
    format!("{} ({thumbprint})", shortened(label))
}
