//! Who has access to a private file on Windows, as a security descriptor in its string form (SDDL;
//! "Security Descriptor String Format" and "SID Strings" in Microsoft's documentation).

/// An account that saves files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account<'a> {
    /// Its SID, in the string form.
    pub(super) sid: &'a str,
    /// Its name, as in `CONTOSO\ada`.
    pub(super) name: &'a str,
}

/// A file's descriptor: `user` owns it, named because for an administrator that would be all
/// administrators, and nobody has access but those of [`admitted`], whatever the folder would hand
/// down.
pub(super) fn private(user: Account<'_>) -> String {
    descriptor(user, "")
}

/// The same of a folder and all that is made in it.
pub(super) fn private_folder(user: Account<'_>) -> String {
    descriptor(user, "OICI")
}

fn descriptor(user: Account<'_>, inherited_by: &str) -> String {
    let admitted = admitted(user).into_iter();
    let entries: String = admitted
        .map(|who| format!("(A;{inherited_by};FA;;;{who})"))
        .collect();
    format!("O:{}D:P{entries}", user.sid)
}

/// The system and the account; administrators, too, where it is none that a person logs on to, as
/// SYSTEM is: somebody has to be able to read what it saves. The right to take ownership, which
/// administrators have in any case, is no right to read.
fn admitted(user: Account<'_>) -> Vec<&str> {
    const SYSTEM: &str = "SY";
    const ADMINISTRATORS: &str = "BA";
    // That of a computer, and a managed account of a service (gMSA).
    let is_managed = user.name.ends_with('$');
    match user.sid {
        "S-1-5-18" => vec![SYSTEM, ADMINISTRATORS],
        person if is_of_a_domain(person) && !is_managed => vec![SYSTEM, person],
        service => vec![SYSTEM, ADMINISTRATORS, service],
    }
}

/// Whether an account is of a computer, a domain or Entra ID, as those of persons are, and not one of
/// Windows' own: S-1-5-18 to 20 are SYSTEM and the services, S-1-5-80 to 111 those of single services.
/// ("Well-known SIDs" in Microsoft's documentation; MS-DTYP 2.4.2.4.)
fn is_of_a_domain(user: &str) -> bool {
    ["S-1-5-21-", "S-1-12-1-"]
        .iter()
        .any(|domain| user.starts_with(domain))
}

/// Whether the access list of `found` has no entry that is not in `expected`, too. One that has no
/// entries may be none, which admits everybody.
pub(super) fn admits_nobody_else(found: &str, expected: &str) -> bool {
    let mut found = found.split('(').skip(1).peekable();
    let expected: Vec<_> = expected.split('(').skip(1).collect();
    found.peek().is_some() && found.all(|entry| expected.contains(&entry))
}

/// Whether `found` has an owner that is trusted, and no entry of it lets an account write that has no entry in
/// `own`: the administrators may, who can take ownership in any case. The owner of a file may change who has
/// access to it. One that has no entries may be none, which admits everybody.
pub(super) fn admits_no_other_writer(found: &str, own: &str) -> bool {
    /// The account in an entry: the last of its six fields.
    fn account(entry: &str) -> &str {
        let fields = entry.split(')').next().unwrap_or_default();
        fields.split(';').nth(5).unwrap_or_default()
    }
    let is_trusted = |owner| ["SY", "BA", "LA"].contains(&owner) || owner_of(own) == Some(owner);
    if !owner_of(found).is_some_and(is_trusted) {
        return false;
    }
    // "OW" are the rights of the owner, "CO" is who makes a file in a folder.
    let mut trusted = vec!["BA", "OW", "CO"];
    trusted.extend(own.split('(').skip(1).map(account));
    let entries: Vec<_> = found.split('(').skip(1).collect();
    !entries.is_empty()
        && entries.iter().all(|entry| {
            let mut fields = entry.split(';');
            let denies = fields.next() == Some("D");
            denies
                || trusted.contains(&account(entry))
                || !writes(fields.nth(1).unwrap_or_default())
        })
}

/// The owner, which comes first where it is told, up to the letter and colon of the next part.
fn owner_of(descriptor: &str) -> Option<&str> {
    let owner = descriptor.strip_prefix("O:")?;
    match owner.find(':') {
        Some(colon) => owner.get(..colon.checked_sub(1)?),
        None => Some(owner),
    }
}

/// Whether the rights of an entry are more than to read, run and list: as letters, two for each, or in
/// hexadecimal where there are none for them ("ACE Strings").
fn writes(rights: &str) -> bool {
    /// `FILE_GENERIC_READ | FILE_GENERIC_EXECUTE | GENERIC_READ | GENERIC_EXECUTE`
    const READ: u32 = 0xa012_00a9;
    match rights.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).map_or(true, |mask| mask & !READ != 0),
        None => !rights
            .as_bytes()
            .chunks(2)
            .all(|right| [&b"FR"[..], b"FX", b"GR", b"GX", b"RC"].contains(&right)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERSON: &str = "S-1-5-21-1-2-3-1001";

    fn of(sid: &str) -> Account<'_> {
        Account {
            sid,
            name: r"CONTOSO\ada",
        }
    }

    #[test]
    fn private_admits_administrators_for_managed_accounts() {
        let managed = Account {
            sid: PERSON,
            name: r"CONTOSO\backup$",
        };
        assert_eq!(
            private(managed),
            format!("O:{PERSON}D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;{PERSON})")
        );
    }

    #[test]
    fn private_admits_system_and_person() {
        assert_eq!(
            private(of(PERSON)),
            format!("O:{PERSON}D:P(A;;FA;;;SY)(A;;FA;;;{PERSON})")
        );
        assert_eq!(
            private_folder(of("S-1-12-1-1-2-3-4")),
            "O:S-1-12-1-1-2-3-4D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;S-1-12-1-1-2-3-4)"
        );
    }

    #[test]
    fn private_admits_administrators_for_system() {
        let system = "S-1-5-18";
        assert_eq!(private(of(system)), "O:S-1-5-18D:P(A;;FA;;;SY)(A;;FA;;;BA)");
        let folder = "O:S-1-5-18D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
        assert_eq!(private_folder(of(system)), folder);
    }

    #[test]
    fn private_admits_administrators_for_services() {
        for account in ["S-1-5-19", "S-1-5-20", "S-1-5-80-1-2-3-4-5"] {
            assert_eq!(
                private(of(account)),
                format!("O:{account}D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;{account})")
            );
        }
    }

    #[test]
    fn admits_no_other_writer_reads_rights() {
        let own = private(of(PERSON));
        for (found, alone) in [
            (own.as_str(), true),
            // As a profile hands it down.
            (
                "O:LAD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FA;;;S-1-5-21-1-2-3-1001)",
                true,
            ),
            ("O:LAD:(A;;FA;;;SY)(A;;FR;;;WD)(A;;0x1200a9;;;BU)", true),
            ("O:LAD:(D;;FW;;;WD)(A;;FA;;;BA)", true),
            ("O:LAD:(A;;FA;;;WD)", false),
            ("O:LAD:(A;;FRFW;;;BU)", false),
            ("O:LAD:(A;;0x1301bf;;;AU)", false),
            ("O:LAD:(A;;RCWD;;;AU)", false),
            ("O:LAD:(A;;FA;;;S-1-5-21-1-2-3-10012)", false),
            ("O:LAD:NO_ACCESS_CONTROL", false),
            ("O:LA", false),
        ] {
            assert_eq!(admits_no_other_writer(found, &own), alone, "{found}");
        }
    }

    #[test]
    fn admits_no_other_writer_trusts_no_other_owner() {
        let own = private(of(PERSON));
        const OTHER: &str = "S-1-5-21-1-2-3-1002";
        for (owner, alone) in [
            (PERSON, true),
            ("SY", true),
            ("BA", true),
            ("LA", true),
            (OTHER, false),
            ("S-1-5-21-1-2-3-10011", false),
            ("BU", false),
            ("DA", false),
            ("", false),
        ] {
            for entries in ["(A;;FA;;;OW)(A;;FR;;;WD)", "(A;;FA;;;SY)"] {
                let found = format!("O:{owner}D:{entries}");
                assert_eq!(admits_no_other_writer(&found, &own), alone, "{found}");
            }
        }
        assert!(!admits_no_other_writer("D:(A;;FA;;;SY)", &own));
    }

    #[test]
    fn admits_nobody_else_rejects_foreign_entries() {
        let expected = private(of(PERSON));
        for (found, alone) in [
            (expected.as_str(), true),
            ("O:LAD:PAI(A;;FA;;;S-1-5-21-1-2-3-1001)", true),
            (
                "O:LAD:P(A;;FA;;;SY)(A;;FA;;;S-1-5-21-1-2-3-1001)(A;;FR;;;WD)",
                false,
            ),
            ("D:AI(A;ID;FA;;;SY)(A;ID;FA;;;S-1-5-21-1-2-3-1001)", false),
            ("D:P(A;;FA;;;S-1-5-21-1-2-3-10012)", false),
            ("D:P(A;;FA;;;BA)", false),
            ("D:NO_ACCESS_CONTROL", false),
            ("O:LA", false),
        ] {
            assert_eq!(admits_nobody_else(found, &expected), alone, "{found}");
        }
    }
}
