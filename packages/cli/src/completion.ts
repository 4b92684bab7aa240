/**
 * `flagmarshal completion`: what a shell offers after a few letters. One table of words, made from the
 * commands themselves, and for each shell the few lines that look into it. Nothing runs on a key.
 */
import { Argument } from 'commander'
import type { Command } from 'commander'

import type { Open } from './program.ts'

/** A command by its path, like `flag create`, and what may follow it. */
type Words = readonly (readonly [path: string, words: readonly string[]])[]

const SHELLS = { bash, zsh, fish }

export function completionCommand(program: Command, open: Open): void {
  program
    .command('completion')
    .description('print the completion script of a shell, for its start-up file to source')
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(SHELLS)))
    .action((shell: keyof typeof SHELLS, _: unknown, command: Command) => {
      const script = SHELLS[shell](wordsOf(program))
      open(command).result({ shell, script }, () => script)
    })
}

/** What may follow each command: its own commands, then its options and those of every command. */
function wordsOf(program: Command): Words {
  const global = program.options.flatMap(namesOf)
  const walk = (command: Command, path: string): Words => [
    [
      path,
      [
        ...command.commands.map((it) => it.name()),
        ...(command === program ? [] : command.options.flatMap(namesOf)),
        ...global,
        '--help',
      ],
    ],
    ...command.commands.flatMap((it) => walk(it, `${path} ${it.name()}`.trim())),
  ]
  return walk(program, '')
}

function namesOf({ long, short }: Command['options'][number]): readonly string[] {
  return [long, short].filter((it) => it !== undefined && it !== null)
}

/** `case` branches that print the words; bash and zsh read them alike. */
function branches(words: Words): string {
  return words.map(([path, known]) => `    '${path}') echo '${known.join(' ')}' ;;`).join('\n')
}

function bash(words: Words): string {
  return `_flagmarshal_words() {
  case "$1" in
${branches(words)}
  esac
}
_flagmarshal() {
  local path='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case " $(_flagmarshal_words "$path") " in
      *" $word "*) [[ $word == -* ]] || path="\${path:+$path }$word" ;;
    esac
  done
  mapfile -t COMPREPLY < <(compgen -W "$(_flagmarshal_words "$path")" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _flagmarshal flagmarshal`
}

function zsh(words: Words): string {
  return `#compdef flagmarshal
_flagmarshal_words() {
  case "$1" in
${branches(words)}
  esac
}
_flagmarshal() {
  local path_='' word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case " $(_flagmarshal_words "$path_") " in
      *" $word "*) [[ $word == -* ]] || path_="\${path_:+$path_ }$word" ;;
    esac
  done
  compadd -- \${=$(_flagmarshal_words "$path_")} || _files
}
compdef _flagmarshal flagmarshal`
}

function fish(words: Words): string {
  const cases = words.map(([path, known]) => `    case '${path}'\n      printf '%s\\n' ${known.join(' ')}`)
  return `function _flagmarshal_words
  switch "$argv[1]"
${cases.join('\n')}
  end
end
function _flagmarshal
  set -l path ''
  for word in (commandline -opc)[2..]
    if not string match -q -- '-*' $word; and contains -- $word (_flagmarshal_words "$path")
      set path (string trim "$path $word")
    end
  end
  _flagmarshal_words "$path"
end
complete -c flagmarshal -a '(_flagmarshal)'`
}
