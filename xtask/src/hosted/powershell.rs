//! Windows PowerShell, which is on every Windows and has the cmdlets for certificates.

use crate::command::{printed, program};

/// Runs a script, which finds `variables` in its environment; what it printed.
pub(super) fn powershell(script: &str, variables: &[(&str, &str)]) -> Result<String, String> {
    let script = format!("$ErrorActionPreference = 'Stop'\n{script}");
    printed(
        program("powershell")
            .args(["-NoProfile", "-NonInteractive", "-Command", &script])
            .envs(variables.iter().copied())
            // PowerShell 7 leaves its own modules here, which this one cannot load.
            .env_remove("PSModulePath"),
    )
}
