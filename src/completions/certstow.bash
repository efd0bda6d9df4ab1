# Completion of certstow for bash, which asks certstow itself.

_certstow() {
    local candidate
    COMPREPLY=()
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(
        CERTSTOW_COMPLETE=bash certstow -- \
            "${COMP_LINE:0:COMP_POINT}" "$2" "${COMP_TYPE-}" 2>/dev/null
    )
    # After a folder goes what is in it, after the name of a store a password's place. The bash of
    # macOS, 3.2, cannot be told.
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/=] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

# In certstow's order, from bash 4.4 on.
complete -o nosort -F _certstow certstow 2>/dev/null || complete -F _certstow certstow
