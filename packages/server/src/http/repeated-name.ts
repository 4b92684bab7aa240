/**
 * Finding a name that stands twice in one JSON object. Parsers keep the last of them, and others the
 * first: what a person has checked would not be what is done (RFC 8259, 4).
 */
import { escapePointer } from './json-pointer.ts'

/** An object or array that is open: its names so far, and the member that is being read. */
interface Open {
  readonly names: Set<string> | undefined
  member: string | number
  /** The next text is a name. */
  named: boolean
}

/** The pointer to the first name that stands twice; undefined where none does. `text` must be valid JSON. */
export function repeatedName(text: string): string | undefined {
  const open: Open[] = []
  for (let at = nextSign(text, 0); at >= 0; at = nextSign(text, at + 1)) {
    const top = open.at(-1)
    const sign = text[at]
    if (sign === '{') open.push({ names: new Set(), member: '', named: true })
    else if (sign === '[') open.push({ names: undefined, member: 0, named: false })
    else if (sign === '}' || sign === ']') open.pop()
    else if (sign === ',' && top !== undefined) next(top)
    else if (sign === '"') {
      const end = endOfText(text, at)
      if (top?.named === true && !isNew(top, text.slice(at, end + 1))) {
        return open.map((it) => `/${escapePointer(String(it.member))}`).join('')
      }
      at = end
    }
  }
  return undefined
}

const SIGN = /["{}[\],]/g

/** The place of the next sign of JSON's structure; -1 at the end. Numbers and white space may be megabytes long. */
function nextSign(text: string, from: number): number {
  SIGN.lastIndex = from
  return SIGN.test(text) ? SIGN.lastIndex - 1 : -1
}

function next(top: Open): void {
  if (typeof top.member === 'number') top.member++
  else top.named = true
}

/** Takes a quoted name up; whether it is the first of its kind. */
function isNew(top: Open, quoted: string): boolean {
  const name = quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1)
  top.member = name
  top.named = false
  if (top.names?.has(name) === true) return false
  top.names?.add(name)
  return true
}

const QUOTATION_MARK = 0x22
const BACKSLASH = 0x5c

/** The place of the closing quotation mark. By codes: characters of 32 MB would take a quarter of a second. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTATION_MARK) return at
    if (code === BACKSLASH) at++
  }
  return text.length
}
