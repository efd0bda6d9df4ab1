# Completion of certstow for PowerShell, which asks certstow itself.

Register-ArgumentCompleter -Native -CommandName certstow -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # The words before the one that is being typed. Nothing of the line is run.
    $words = @()
    foreach ($element in $commandAst.CommandElements) {
        if ($element.Extent.EndOffset -ge $cursorPosition) { break }
        if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst] -or
            $element -is [System.Management.Automation.Language.ExpandableStringExpressionAst]) {
            $words += $element.Value
        } else {
            $words += $element.Extent.Text
        }
    }
    $typed = "$wordToComplete" -replace '^[''"]|[''"]$', ''
    $words += $typed

    $encoding = [Console]::OutputEncoding
    try {
        [Console]::OutputEncoding = [System.Text.UTF8Encoding]::new($false)
        $env:CERTSTOW_COMPLETE = 'powershell'
        $env:CERTSTOW_COMPLETE_WORDS = $words -join "`n"
        $answer = @(certstow '--' 2>$null)
    } catch {
        $answer = @()
    } finally {
        $env:CERTSTOW_COMPLETE = $null
        $env:CERTSTOW_COMPLETE_WORDS = $null
        [Console]::OutputEncoding = $encoding
    }

    foreach ($line in $answer) {
        $value, $about = "$line" -split "`t", 2
        $shown = $value
        if ($about) { $shown = "$value  $about" } else { $about = $value }
        if ($value -match '[^\p{L}\p{Nd}/\\:._~+=-]') {
            # Typographic quotation marks end it, too (about_Quoting_Rules).
            $value = "'" + ($value -replace '[''\u2018-\u201B]', '$0$0') + "'"
        }
        [System.Management.Automation.CompletionResult]::new($value, $shown, 'ParameterValue', $about)
    }
}
