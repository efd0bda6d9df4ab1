# Completion of certstow for fish, which asks certstow itself.

function __certstow_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l typed (commandline --current-token --cut-at-cursor)
    # Without quotes; one that is still open is in the way of that.
    set -l word (string unescape -- $typed; or string trim --left --chars "'\"" -- $typed)
    CERTSTOW_COMPLETE=fish certstow -- $words "$word" 2>/dev/null
end

complete --command certstow --keep-order --exclusive --arguments '(__certstow_complete)'
