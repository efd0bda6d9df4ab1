use super::*;

/// A file of a backup as it is graded with its password, with this in the place of its proof.
fn graded(restores: Option<bool>, proof: Level) -> Report {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/cmd/backup.in/saved");
    let file = Path::new(folder).join("grace-example--8653f160bb1bc818.p12");
    let password = Password::new("correct horse battery staple".to_owned());
    let report = grade::grade(
        &std::fs::read(file).unwrap(),
        None,
        Some(&password),
        &crate::time::clock(),
    )
    .unwrap();
    assert_eq!(report.proof, Some(Level::Signature));
    Report {
        restores,
        proof: Some(proof),
        ..report
    }
}

fn verdict(report: &Report, saved: Option<&Saved>) -> FileVerdict {
    let mut verdict = FileVerdict {
        file: "grace.p12".to_owned(),
        thumbprint: None,
        label: None,
        state: FileState::Whole,
        restores: None,
        proof: None,
        unproven_accepted: false,
        unnamed: Vec::new(),
        wrong_password: false,
        reason: None,
        warnings: Vec::new(),
    };
    verdict.prove(report, saved);
    verdict
}

#[test]
fn verdict_accepts_public_key_proof_with_warning() {
    let signed = verdict(&graded(Some(true), Level::Signature), None);
    assert!(signed.is_good(true) && signed.warnings.is_empty());

    let compared = verdict(&graded(Some(true), Level::PublicKey), None);
    assert!(compared.is_good(true));
    assert_eq!(compared.warnings.len(), 1, "{compared:?}");

    let path_unproven = verdict(&graded(None, Level::Signature), None);
    assert!(path_unproven.is_good(true));
    assert_eq!(path_unproven.warnings.len(), 1, "{path_unproven:?}");

    let mut unproven = verdict(&graded(None, Level::None), None);
    assert!(!unproven.is_good(true) && unproven.lacks_only_proof(true));
    unproven.unproven_accepted = true;
    assert!(unproven.is_good(true) && !unproven.lacks_only_proof(true));
    assert_eq!(unproven.warnings.len(), 1, "{unproven:?}");

    let useless = verdict(&graded(Some(false), Level::None), None);
    assert!(!useless.is_good(true) && !useless.lacks_only_proof(true));
    assert!(useless.warnings.is_empty() && useless.reason.is_some());
}

#[test]
fn verdict_names_unexpected_identities() {
    let report = graded(Some(true), Level::Signature);
    let saved = |sha256: String| -> Saved {
        let text = format!(
            r#"{{"file":"grace.p12","sha256":"","size":0,"thumbprint":{{"sha256":"{sha256}"}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    };
    let grace = manifest::key(&report.identities[0].certificate.id());
    assert!(verdict(&report, Some(&saved(grace.clone()))).is_good(true));

    let other = verdict(&report, Some(&saved("00".repeat(32))));
    assert_eq!(other.restores, Some(false));
    assert_eq!(other.unnamed, ["Grace Example (776c7167ca23d47f)"]);

    // The file of two.
    let mut both = graded(Some(true), Level::Signature);
    both.identities.push(grade::Identity {
        certificate: certstow_formats::testing::identities::ec_identity().leaf,
        friendly_name: None,
    });
    let both = verdict(&both, Some(&saved(grace)));
    assert_eq!((both.restores, both.unnamed.len()), (Some(true), 1));
    assert!(!both.is_good(true) && !both.is_good(false));
    assert!(both.reason.unwrap().starts_with("it also holds "));
}
