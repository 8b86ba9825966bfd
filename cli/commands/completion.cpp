// The scripts only hand the words to `wippy complete`, which knows the verbs, the options and the application.
#include <ostream>

#include "cli/commands/commands.hpp"

namespace wippy::cli {
namespace {

// Bash breaks words at colons (COMP_WORDBREAKS), so the line is cut anew and what bash believes to be there already is taken off.
constexpr const char* kBash = R"script(# bash completion for wippy:  source <(wippy completion bash)
_wippy() {
  local line=${COMP_LINE:0:COMP_POINT} word
  local -a words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  word=${words[${#words[@]} - 1]}
  COMPREPLY=()
  while IFS= read -r candidate; do
    if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then candidate=${candidate#"${word%"${word##*:}"}"}; fi
    COMPREPLY+=("$candidate")
  done < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
}
complete -o default -F _wippy wippy
)script";

constexpr const char* kZsh = R"script(#compdef wippy
# zsh completion for wippy:  wippy completion zsh > a file named _wippy in a directory of fpath
_wippy() {
  local -a candidates
  candidates=("${(@f)$("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "${candidates[1]}" ]]; then
    compadd -- "${candidates[@]}"
  else
    _files
  fi
}
if [[ "${funcstack[1]}" == _wippy ]]; then
  _wippy "$@"
else
  compdef _wippy wippy
fi
)script";

constexpr const char* kFish =
    R"script(# fish completion for wippy:  wippy completion fish > ~/.config/fish/completions/wippy.fish
function __wippy_complete
    set -l words (commandline -opc)
    set -l found ($words[1] complete -- $words[2..-1] (commandline -ct) 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c wippy -f -a '(__wippy_complete)'
)script";

}  // namespace

int completion(const CompletionArguments& arguments, const Streams& streams) {
  streams.out << (arguments.shell == "bash" ? kBash : arguments.shell == "zsh" ? kZsh : kFish);
  return 0;
}

}  // namespace wippy::cli
