/**
 * Sections that are ours inside a file that is not (P-S6-3): between two marker lines, and nowhere
 * else. Every byte outside of them stays as it is, line ends included.
 *
 * It works on strings whose characters are bytes (`latin1`), so that a file in any encoding that
 * holds ASCII survives; the body must be given the same way.
 */

/** Why a file cannot take a section; one sentence. */
export interface SectionFault {
  readonly fault: string
}

export interface ManagedSection {
  /** Lower-case letters, digits, `.`, `_`, `-` and `/`. */
  readonly id: string
  /** Lines that end with `\n`; none of them may be a marker. */
  readonly body: string
}

const MARKER = /^[ \t]*<!-- flagmarshal:(begin|end) ([a-z0-9._/-]+)(?: [^\r\n]*)?-->[ \t]*\r?$/gm
const ID = /^[a-z0-9][a-z0-9._/-]*$/

/** The file with the section in its place, or at its end where it had none. */
export function putSection(file: string, { id, body }: ManagedSection): string | SectionFault {
  if (!ID.test(id)) throw new RangeError(`${id} is no id of a section`)
  if ([...body.matchAll(MARKER)].length > 0) throw new RangeError(`the section ${id} holds a marker`)
  if (/^(?:\xff\xfe|\xfe\xff)/.test(file)) return { fault: 'the file is in UTF-16; use UTF-8' }
  const markers = [...file.matchAll(MARKER)].filter((it) => it[2] === id)
  const [begin, end, ...more] = markers
  if (begin === undefined) {
    const newline = newlineOf(file)
    return `${file}${gapAfter(file, newline)}${wrapped(id, ended(body, newline), newline)}`
  }
  if (end === undefined || more.length > 0 || begin[1] !== 'begin' || end[1] !== 'end') {
    return {
      fault: `the markers of the section ${id} are damaged: there must be one begin and one end after it`,
    }
  }
  // The line of the begin marker ends where the next line begins; the end marker keeps its own line.
  const from = begin.index + begin[0].length + 1
  if (file[from - 1] !== '\n') return { fault: 'its lines end with carriage returns alone' }
  const between = file.slice(from, end.index)
  if ([...between.matchAll(MARKER)].length > 0) return { fault: `another section lies inside of ${id}` }
  const newline = file[from - 2] === '\r' ? '\r\n' : '\n'
  return file.slice(0, from) + ended(body, newline) + file.slice(end.index)
}

/** The section's body as the file has it, with `\n`; undefined where it has none. */
export function sectionIn(file: string, id: string): string | undefined {
  const [begin, end] = [...file.matchAll(MARKER)].filter((it) => it[2] === id)
  if (begin === undefined || end === undefined || begin[1] !== 'begin' || end[1] !== 'end') return undefined
  return file.slice(begin.index + begin[0].length + 1, end.index).replaceAll('\r\n', '\n')
}

function wrapped(id: string, lines: string, newline: string): string {
  const begin = `<!-- flagmarshal:begin ${id} (managed: change the source, not this section) -->`
  return `${begin}${newline}${lines}<!-- flagmarshal:end ${id} -->${newline}`
}

/** The body with the file's own line ends. */
function ended(body: string, newline: string): string {
  return body.replaceAll('\r\n', '\n').replaceAll('\n', newline)
}

/** What the file ends its lines with: what its first line does. */
function newlineOf(file: string): string {
  return /\r?\n/.exec(file)?.[0] ?? '\n'
}

/** A blank line between what is there and what is added. */
function gapAfter(file: string, newline: string): string {
  if (file === '') return ''
  if (/\n\r?\n$/.test(file)) return ''
  return file.endsWith('\n') ? newline : `${newline}${newline}`
}
