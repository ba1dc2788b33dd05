/** What each shell runs on the Tab key. All ask `fairlead __complete` and do no more than to show its answer. */

/**
 * bash splits words at `=` and `:` too, so they are put together again as they stand in the line, and what the shell has of
 * the word already is taken off the answers.
 */
const bash = `# bash completion for fairlead
__fairlead_complete() {
  local line=\${COMP_LINE:0:COMP_POINT} words=() word rest i
  rest=$line
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && [[ $rest != *"$word"* ]] && word=\${rest##*[[:space:]]}
    if ((i > 0)) && [[ -n $word && $rest == "$word"* ]]; then
      words[\${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
    rest=\${rest#*"$word"}
  done
  local current=\${words[\${#words[@]} - 1]} answer directive
  answer=$(fairlead __complete "\${words[@]:1}" 2>/dev/null) || return
  directive=\${answer##*:}
  answer=\${answer%:*}
  local prefix=
  [[ $current == *[=:]* ]] && prefix=\${current%"\${current##*[=:]}"}
  COMPREPLY=()
  while IFS=$'\\n' read -r word; do
    word=\${word%%$'\\t'*}
    [[ -n $word ]] && COMPREPLY+=("\${word#"$prefix"}")
  done <<<"$answer"
  if ((directive & 16)); then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -d -- "\${current#"$prefix"}"))
  elif ((!(directive & 4))); then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "\${current#"$prefix"}"))
  fi
  ((directive & 2)) && compopt -o nospace 2>/dev/null
  return 0
}
complete -F __fairlead_complete fairlead
`;

const zsh = `#compdef fairlead
# zsh completion for fairlead
_fairlead() {
  local -a answer plain described
  local line directive value
  answer=("\${(@f)$(fairlead __complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  directive=\${answer[-1]#:}
  for line in "\${(@)answer[1,-2]}"; do
    [[ -z $line ]] && continue
    value=\${line%%$'\\t'*}
    if [[ $line == *$'\\t'* ]]; then
      described+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
    else
      plain+=("$value")
    fi
  done
  local -a space
  (( directive & 2 )) && space=(-S '')
  (( \${#described} )) && _describe -V 'fairlead' described $space
  (( \${#plain} )) && compadd $space -- "\${plain[@]}"
  if (( directive & 16 )); then
    _files -/
  elif (( ! (directive & 4) )); then
    _files
  fi
}
if [[ $funcstack[1] == _fairlead ]]; then
  _fairlead "$@"
else
  compdef _fairlead fairlead
fi
`;

const fish = `# fish completion for fairlead
function __fairlead_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l answer (fairlead __complete $words[2..] "$current" 2>/dev/null)
  or return
  set -l directive (string sub -s 2 -- $answer[-1])
  set -e answer[-1]
  for line in $answer
    echo $line
  end
  if test (math "bitand($directive, 16)") -ne 0
    __fish_complete_directories "$current"
  else if test (math "bitand($directive, 4)") -eq 0
    __fish_complete_path "$current"
  end
end
complete -c fairlead -f -a '(__fairlead_complete)'
`;

export const completionScripts: Readonly<Record<string, string>> = { bash, zsh, fish };

export const shells: readonly string[] = Object.keys(completionScripts);
