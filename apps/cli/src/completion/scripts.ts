// What `vmkeep completion SHELL` prints. The scripts are thin: they ask `vmkeep complete` what may stand at the cursor, so that
// they never go stale. An answer is lines of `word<tab>help`, or `:file` or `:folder` for the shell's own path completion.

const bash = String.raw`# bash completion of vmkeep. Put this into ~/.bashrc:  source <(vmkeep completion bash)
_vmkeep() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :file) compopt -o default ;;
      :folder) compopt -o default -o dirnames ;;
      *) COMPREPLY+=("$(printf '%q' "${'$'}{line%%$'\t'*}")") ;;
    esac
  done < <(vmkeep complete -- "${'$'}{COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _vmkeep vmkeep
`

const zsh = String.raw`#compdef vmkeep
# zsh completion of vmkeep. Put this into ~/.zshrc:  source <(vmkeep completion zsh)
_vmkeep() {
  local line
  local -a candidates
  while IFS= read -r line; do
    case "$line" in
      :file) _files; return ;;
      :folder) _files -/; return ;;
      *) candidates+=("${'$'}{${'$'}{line%%$'\t'*}//:/\\:}:${'$'}{line#*$'\t'}") ;;
    esac
  done < <(vmkeep complete -- "${'$'}{(@)words[2,$CURRENT]}" 2>/dev/null)
  _describe vmkeep candidates
}
compdef _vmkeep vmkeep
`

const fish = String.raw`# fish completion of vmkeep. Put this into ~/.config/fish/completions/vmkeep.fish
function __vmkeep_complete
    set -l before (commandline -opc)
    for line in (vmkeep complete -- $before[2..-1] (commandline -ct) 2>/dev/null)
        switch $line
            case ':file'
                __fish_complete_path (commandline -ct)
            case ':folder'
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end
complete -c vmkeep -f -a '(__vmkeep_complete)'
`

export const shells = ['bash', 'zsh', 'fish'] as const
export const completionScripts: Readonly<Record<(typeof shells)[number], string>> = { bash, zsh, fish }
