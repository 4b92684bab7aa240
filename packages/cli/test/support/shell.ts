/**
 * As much of a shell as the documents use: words and quotes, variables, `export`, `alias`, `$(…)`,
 * a variable before a command. Anything else is refused, so that no document says what is not tested.
 * A comment `# exit 3` after a command says what it must end with.
 */

/** How a program ended. */
export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs with its arguments and the exported variables. */
export type Program = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
) => Promise<Ended>

/** A command that ran, and what the document says of it. */
export interface Ran extends Ended {
  readonly command: string
  readonly expected: number
  readonly comment: string
}

export interface Shell {
  /** Runs a line or a whole block, command by command. */
  execute(script: string): Promise<Ran[]>
}

/** A shell that knows these programs. `variables` are exported. */
export function createShell(
  programs: Readonly<Record<string, Program>>,
  variables: Readonly<Record<string, string>> = {},
): Shell {
  const values = new Map(Object.entries(variables))
  const exported = new Set(Object.keys(variables))
  const aliases = new Map<string, string>()

  async function runCommand(command: string): Promise<Ended> {
    const { assignments, words } = resolve(split(command))
    const given = new Map<string, string>()
    for (const [name, raw] of assignments) given.set(name, await expand(raw))
    const [program, ...args] = await Promise.all(words.map(expand))
    if (program === undefined) {
      for (const [name, value] of given) values.set(name, value)
      return QUIET
    }
    if (program === 'alias') return define(args, (name, value) => aliases.set(name, value))
    if (program === 'export')
      return define(args, (name, value) => {
        values.set(name, value)
        exported.add(name)
      })
    const known = programs[program]
    if (known === undefined) throw new Error(`the documents name the unknown program ${program}: ${command}`)
    const environment = [...values].filter(([name]) => exported.has(name))
    return await known(args, Object.fromEntries([...environment, ...given]))
  }

  /** Replaces aliases and takes leading assignments off, also those that an alias begins with. */
  function resolve(raw: readonly string[]): { assignments: [string, string][]; words: readonly string[] } {
    const assignments: [string, string][] = []
    const seen = new Set<string>()
    let words = raw
    for (;;) {
      const [first = '', ...rest] = words
      const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(first) ?? []
      const alias = seen.has(first) ? undefined : aliases.get(first)
      if (name !== undefined) {
        assignments.push([name, value ?? ''])
        words = rest
      } else if (alias !== undefined) {
        seen.add(first)
        words = [...split(alias), ...rest]
      } else return { assignments, words }
    }
  }

  async function expand(raw: string): Promise<string> {
    let [text, quoted] = ['', false]
    for (let i = 0; i < raw.length; i++) {
      const rest = raw.slice(i)
      const name = /^\$([A-Za-z_]\w*)/.exec(rest)?.[1]
      if (rest.startsWith('"')) quoted = !quoted
      else if (rest.startsWith("'") && !quoted) {
        const end = raw.indexOf("'", i + 1)
        text += raw.slice(i + 1, end)
        i = end
      } else if (rest.startsWith('$(')) {
        const end = closing(raw, i + 1)
        text += (await succeed(raw.slice(i + 2, end))).trimEnd()
        i = end
      } else if (name !== undefined) {
        const value = values.get(name)
        if (value === undefined) throw new Error(`$${name} is not set: ${raw}`)
        text += value
        i += name.length
      } else if (rest.startsWith('${')) throw new Error(`not understood: ${raw}`)
      else text += raw[i]
    }
    return text
  }

  async function succeed(command: string): Promise<string> {
    const { code, out, err } = await runCommand(command)
    if (code !== 0) throw new Error(`$(${command}) ended with ${code}: ${err}`)
    return out
  }

  return {
    async execute(script) {
      const ran: Ran[] = []
      for (const line of script.replaceAll(/\\\n\s*/g, '').split('\n')) {
        const { command, comment } = parts(line)
        if (command === '') continue
        const expected = Number(/^exit (\d+)/.exec(comment)?.[1] ?? 0)
        ran.push({ ...(await runCommand(command)), command, expected, comment })
      }
      return ran
    },
  }
}

const QUIET: Ended = { code: 0, out: '', err: '' }

function define(args: readonly string[], set: (name: string, value: string) => void): Ended {
  for (const arg of args) set(arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1))
  return QUIET
}

/** The command of a line, and what stands behind `#`. */
function parts(line: string): { command: string; comment: string } {
  const last = positions(line).at(-1)
  if (last === undefined || line[last] !== '#') return { command: line.trim(), comment: '' }
  return { command: line.slice(0, last).trim(), comment: line.slice(last + 1).trim() }
}

/** The words of a command as they are written, quotes and all. */
function split(command: string): string[] {
  const plain = positions(command)
  const strange = plain.find((i) => /[|&;<>`*?]/.test(command[i] ?? ''))
  if (strange !== undefined) throw new Error(`"${command[strange]}" is not understood: ${command}`)
  const gaps = new Set(plain.filter((i) => /\s/.test(command[i] ?? '')))
  const marked = Array.from({ length: command.length }, (_, i) => (gaps.has(i) ? '\n' : command[i]))
  return marked
    .join('')
    .split('\n')
    .filter((it) => it !== '')
}

/** Where a text is neither quoted nor inside of `$(…)`, up to the beginning of a comment. */
function positions(text: string): number[] {
  const plain: number[] = []
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '#' && (i === 0 || /\s/.test(text[i - 1] ?? ''))) return [...plain, i]
    if (text[i] === '"' || text[i] === "'") i = endOfQuote(text, i)
    else if (text.startsWith('$(', i)) i = closing(text, i + 1)
    else plain.push(i)
  }
  return plain
}

function endOfQuote(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === text[start]) return i
    if (text[start] === '"' && text.startsWith('$(', i)) i = closing(text, i + 1)
  }
  throw new Error(`a quote is not closed: ${text}`)
}

/** The parenthesis that closes the one at `start`. */
function closing(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === ')') return i
    if (text[i] === '"' || text[i] === "'") i = endOfQuote(text, i)
    else if (text.startsWith('$(', i)) i = closing(text, i + 1)
  }
  throw new Error(`a parenthesis is not closed: ${text}`)
}
