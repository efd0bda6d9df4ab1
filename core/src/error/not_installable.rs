//! What files that were to come from a CA are instead.

use std::fmt;

/// Why nothing in some files can be joined with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotInstallable {
    /// They hold no certificate.
    NoCertificate,
    /// It is a file of nothing.
    Empty,
    /// It is a page of the web, such as that of a login.
    WebPage,
    /// It is a PDF document.
    Pdf,
    /// It is a ZIP archive, or a document in one.
    Zip,
    /// It is a request, which goes to a CA.
    Request,
    /// They hold certificates of CAs alone.
    Issuers,
    /// They have the private key themselves.
    Identity,
    /// What they hold is behind a password.
    Locked,
}

impl fmt::Display for NotInstallable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCertificate => "holds no certificate",
            Self::Empty => "is empty",
            Self::WebPage => "is a web page without a certificate",
            Self::Pdf => "is a PDF document",
            Self::Zip => "is a ZIP archive",
            Self::Request => "is the request, and the CA returns something else",
            Self::Issuers => "holds certificates of CAs only",
            Self::Identity => "holds a private key beside its certificate",
            Self::Locked => "shows what it holds only with its password",
        })
    }
}
