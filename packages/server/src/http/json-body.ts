/**
 * Reading a JSON body, and refusing everything in it that no schema should ever meet: text that
 * PostgreSQL cannot store, names that could reach a prototype or stand twice, numbers beyond a double, and shapes
 * made to be expensive.
 */
import { escapePointer } from './json-pointer.ts'
import { HttpProblem } from './problems.ts'
import { repeatedName } from './repeated-name.ts'

const LARGEST_DEPTH = 32
const LONGEST_NAME = 256
const MOST_VALUES = 100_000

/** Could reach a prototype. */
const FORBIDDEN_NAME = '__proto__'

/** The value of a body; undefined for an empty one. Throws an HttpProblem that names the field. */
export function readJson(body: Buffer): unknown {
  if (body.length === 0) return undefined
  let value: unknown
  let text: string
  try {
    text = decoder.decode(body)
    value = JSON.parse(text)
  } catch (error) {
    const why = error instanceof TypeError ? 'it is not UTF-8' : 'it is not JSON'
    const message = `The body cannot be read: ${why}.`
    throw new HttpProblem(400, 'bad-json', message, { errors: [{ pointer: '', message }] })
  }
  if (!isAcceptable(value, LARGEST_DEPTH, { left: MOST_VALUES })) inspect(value)
  const repeated = repeatedName(text)
  if (repeated !== undefined) refuse(repeated, 'This name stands twice here.', 'Keep the one that is meant.')
  return value
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/** What `inspect` finds nothing wrong with, most bodies, told without noting where it is. */
function isAcceptable(value: unknown, depth: number, values: { left: number }): boolean {
  if (--values.left < 0) return false
  if (typeof value === 'string') return faultOfText(value) === undefined
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return true
  if (depth <= 0) return false
  if (Array.isArray(value)) return value.every((it: unknown) => isAcceptable(it, depth - 1, values))
  // What JSON.parse made has no other members than its own.
  const members = value as Readonly<Record<string, unknown>>
  for (const name in members) {
    if (name === FORBIDDEN_NAME || name === 'length' || faultOfName(name) !== undefined) return false
    if (!isAcceptable(members[name], depth - 1, values)) return false
  }
  return true
}

/** Why a text cannot be accepted, if it cannot. */
export function faultOfText(text: string): string | undefined {
  if (text.includes('\0')) return 'Text must not hold the character NUL.'
  return text.isWellFormed() ? undefined : 'Text must not hold half of a surrogate pair.'
}

/** A value, and where it is: what contains it, and its name there. */
interface Place {
  readonly value: unknown
  readonly depth: number
  readonly within?: Place
  readonly name: string
}

/** Walks without recursion, so that depth costs no stack. */
function inspect(root: unknown): void {
  const open: Place[] = [{ value: root, depth: 0, name: '' }]
  let values = 0
  for (let it = open.pop(); it !== undefined; it = open.pop()) {
    const { value, depth } = it
    if (++values > MOST_VALUES) {
      throw problem(413, 'body-too-large', pointerTo(it), {
        message: `The body holds more than ${MOST_VALUES} values.`,
        remedy: 'Send less at once.',
      })
    }
    if (typeof value === 'string') refuseIf(faultOfText(value), it)
    if (typeof value === 'number' && !Number.isFinite(value))
      refuse(pointerTo(it), 'The number is too large.', 'Send what fits a double, or text.')
    if (typeof value !== 'object' || value === null) continue
    if (depth >= LARGEST_DEPTH)
      refuse(pointerTo(it), `The body is nested more than ${LARGEST_DEPTH} deep.`, 'Make it flatter.')
    for (const [name, member] of Object.entries(value)) {
      const below = { value: member, depth: depth + 1, within: it, name }
      refuseIf(faultOfName(name) ?? faultOfLength(name, member), below)
      open.push(below)
    }
  }
}

/** Made for the one that is refused: of 100,000 values it would take a tenth of a second. */
function pointerTo({ within, name }: Place): string {
  return within === undefined ? '' : `${pointerTo(within)}/${escapePointer(name.slice(0, LONGEST_NAME))}`
}

function faultOfName(name: string): string | undefined {
  if (name === FORBIDDEN_NAME) return 'This name is not allowed.'
  if (name.length > LONGEST_NAME) return `Names are at most ${LONGEST_NAME} characters long.`
  return faultOfText(name)
}

/**
 * Schemas compare the `length` of a value with their bounds before they know its type, and comparing
 * an object whose `toString` is no function throws.
 */
function faultOfLength(name: string, member: unknown): string | undefined {
  const incomparable = typeof member === 'object' && member !== null && Object.hasOwn(member, 'toString')
  return name === 'length' && incomparable ? 'A length is a number.' : undefined
}

function refuseIf(message: string | undefined, place: Place): void {
  if (message !== undefined) refuse(pointerTo(place), message, 'Leave it out, or send another.')
}

function refuse(pointer: string, message: string, remedy: string): never {
  throw problem(422, 'invalid', pointer, { message, remedy })
}

// oxlint-disable-next-line max-params -- the parts of one problem, used in this file only
function problem(
  status: number,
  code: string,
  pointer: string,
  { message, remedy }: { readonly message: string; readonly remedy: string },
): HttpProblem {
  return new HttpProblem(status, code, message, { remedy, errors: [{ pointer, message }] })
}
