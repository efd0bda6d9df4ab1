//! Certificate properties, by their numbers (`CERT_*_PROP_ID` of wincrypt.h).

/// CERT_FRIENDLY_NAME_PROP_ID.
#[cfg(any(windows, test))]
pub(super) const FRIENDLY_NAME: u32 = 11;

/// Whether a property says something of the certificate wherever it is, so that it comes in with
/// it: what it may be used for, how it is described, how it was enrolled, what followed it. Hashes
/// and other things that Windows computes are not among them, nor what it remembers (answers of
/// OCSP responders, when something was fetched or added), the name of the computer that asked for
/// the certificate, or what Windows' own list of roots says of one.
pub(super) fn goes_with_certificate(id: u32) -> bool {
    matches!(
        id,
        9           // CERT_ENHKEY_USAGE
            | 10    // CERT_NEXT_UPDATE_LOCATION
            | 13    // CERT_DESCRIPTION
            | 17    // CERT_EFS
            | 19    // CERT_ARCHIVED
            | 21    // CERT_AUTO_ENROLL
            | 23    // CERT_CROSS_CERT_DIST_POINTS
            | 26    // CERT_ENROLLMENT
            | 64    // CERT_RENEWAL
            | 65    // CERT_ARCHIVED_KEY_HASH
            | 68    // CERT_AUTHORITY_INFO_ACCESS
            | 77    // CERT_NO_AUTO_EXPIRE_CHECK
            | 80    // CERT_SUBJECT_INFO_ACCESS
            | 87    // CERT_CEP
            | 97    // CERT_NO_EXPIRE_NOTIFICATION
            | 0x8000..=0xffff // Those that programs add, from CERT_FIRST_USER.
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use certstow_formats::certificate::Property;

    #[test]
    fn goes_with_certificate_excludes_machine_properties() {
        let coming = (0..=0x1_0000).filter(|&id| goes_with_certificate(id));
        assert!(coming.clone().all(|id| !Property::is_of_this_machine(id)));
        // Hashes, the computer that asked, OCSP's answer, the friendly name, which comes by itself.
        assert!(
            coming
                .clone()
                .all(|id| ![3, 4, 15, 20, 107, 71, 70, FRIENDLY_NAME].contains(&id))
        );
        assert!(coming.clone().any(|id| id == 13));
    }
}
