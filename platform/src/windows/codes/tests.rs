use super::*;

const EXPORT: &str = "NCryptExportKey";

fn error_of(call: &'static str, code: u32, policy: Policy) -> StoreError {
    let key = KeyPlace {
        place: r"Cert:\CurrentUser\My\00".to_owned(),
        container: "le-1 (Microsoft Software Key Storage Provider)".to_owned(),
    };
    key_error(OsError { call, code }, policy, &key)
}

/// The word for an error, as short as the tests below need it.
fn kind(error: &StoreError) -> &'static str {
    match error {
        StoreError::KeyNotExportable { reason, .. } => match reason {
            NotExportable::Policy => "policy",
            NotExportable::Hardware(_) => "hardware",
            _ => "form",
        },
        StoreError::KeyUnreadableHere { .. } => "not here",
        StoreError::KeyContainerMissing { .. } => "container",
        StoreError::KeyProviderMissing { .. } => "provider",
        StoreError::KeyAccessDenied { .. } => "denied",
        StoreError::ConfirmationRequired { .. } => "asks",
        StoreError::Cancelled => "cancelled",
        StoreError::Damaged { .. } => "damaged",
        StoreError::KeyRefused { .. } => "refused",
        other => panic!("{other:?}"),
    }
}

#[test]
fn key_error_depends_on_export_policy() {
    for (code, policy, expected) in [
        (0x8009_000B, Policy::Forbids, "policy"),
        (0x8009_000B, Policy::Untold, "policy"),
        (0x8009_000B, Policy::Allows, "not here"),
        (0x8009_000B, Policy::Closed, "not here"),
        (0x8009_002D, Policy::Allows, "not here"),
        (0x8009_0020, Policy::Allows, "not here"),
        (0x8009_002C, Policy::Allows, "not here"),
        (0x8009_0020, Policy::Untold, "refused"),
        (0x8009_0024, Policy::Closed, "not here"),
        (0x8009_0029, Policy::Forbids, "policy"),
        // A window would not help.
        (0x8009_0022, Policy::Forbids, "policy"),
    ] {
        let error = error_of(EXPORT, code, policy);
        assert_eq!(kind(&error), expected, "{code:08X} {policy:?}");
    }
}

#[test]
fn key_error_maps_every_code() {
    for (code, expected) in [
        (0x8009_000A, "form"),
        (0x8009_0029, "form"),
        (0x8009_0010, "denied"),
        (5, "denied"),
        (0x8007_0005, "denied"),
        (0x8009_000D, "container"),
        (0x8009_2004, "container"),
        (0x8009_200B, "container"),
        (1168, "container"),
        (0x8007_0490, "container"),
        (0x8009_0011, "container"),
        (0x8009_0016, "container"),
        (0x8009_0013, "provider"),
        (0x8009_0014, "provider"),
        (0x8009_0017, "provider"),
        (0x8009_0018, "provider"),
        (0x8009_0019, "provider"),
        (0x8009_001B, "provider"),
        (0x8009_001D, "provider"),
        (0x8009_001E, "provider"),
        (0x8009_001A, "damaged"),
        (0x8009_0022, "asks"),
        (0x8009_002E, "asks"),
        (0x8009_0036, "cancelled"),
        (1223, "cancelled"),
        (0x8007_04C7, "cancelled"),
        (0x8010_006E, "cancelled"),
        (0x8010_000C, "hardware"),
        (0x8010_006B, "hardware"),
        (0x8028_0087, "hardware"),
        (0x8029_0400, "hardware"),
        (0x8009_0003, "refused"),
        (0x8009_0030, "refused"),
        (0x8009_0035, "refused"),
        (0x8009_0027, "refused"),
        (8, "refused"),
        (2, "refused"),
    ] {
        let error = error_of(EXPORT, code, Policy::Allows);
        assert_eq!(kind(&error), expected, "{code:08X}");
        if !matches!(error, StoreError::Cancelled) {
            let source = std::error::Error::source(&error).unwrap().to_string();
            let number = if code < 0x1_0000 {
                format!("Windows error {code}")
            } else {
                format!("0x{code:08X}")
            };
            assert!(source.starts_with("NCryptExportKey: "), "{source}");
            assert!(source.contains(&number), "{source}");
        }
    }
}

#[test]
fn key_error_depends_on_failed_call() {
    let kind_of = |call, code, policy| kind(&error_of(call, code, policy));
    for code in [0x8009_0003, 0x8009_0010, 0x8009_000B] {
        assert_eq!(kind_of(PFX_EXPORT, code, Policy::Untold), "policy");
    }
    assert_eq!(kind_of(ACQUIRE_CONTEXT, 2, Policy::Closed), "not here");
    assert_eq!(kind_of(EXPORT, 0x8009_0003, Policy::Untold), "refused");
}

#[test]
fn policy_from_flags_distinguishes_closed_and_untold() {
    let call = "NCryptGetProperty";
    let failed = |code| Policy::from_flags(Err(OsError { call, code }), 3);
    assert_eq!(Policy::from_flags(Ok(1), 3), Policy::Allows);
    assert_eq!(Policy::from_flags(Ok(2), 3), Policy::Allows);
    assert_eq!(Policy::from_flags(Ok(4), 3), Policy::Forbids);
    assert_eq!(Policy::from_flags(Ok(0), 3), Policy::Forbids);
    assert_eq!(failed(0x8009_000B), Policy::Closed);
    assert_eq!(failed(0x8009_002D), Policy::Closed);
    assert_eq!(failed(0x8009_0024), Policy::Closed);
    assert_eq!(failed(0x8009_0029), Policy::Untold);
    assert_eq!(failed(0x8009_0011), Policy::Untold);
}

#[test]
fn os_error_settles_on_final_codes() {
    let error = |code| OsError { call: EXPORT, code };
    for code in [
        0x8009_0022,
        0x8009_0036,
        0x8007_04C7,
        0x8009_0016,
        0x8009_000D,
        0x8009_0019,
        0x8010_006B,
        0x8028_0087,
    ] {
        assert!(error(code).settles(), "{code:08X}");
    }
    for code in [0x8009_000B, 0x8009_0029, 5, 8] {
        assert!(!error(code).settles(), "{code:08X}");
    }
    assert!(error(0x8009_000B).is_informative());
    assert!(!error(0x8009_0029).is_informative());
    assert!(!error(120).is_informative());
}
