/**
 * Regular expressions in linear time: does one fit somewhere in a text?
 *
 * The host's own engine backtracks, so a pattern like `(a+)+$` can hold up an application for hours. Here
 * all ways through a pattern are followed at once (Thompson, CACM 1968), and the sets of ways are
 * remembered as states of an automaton, so that nearly every character costs one look-up. The work for
 * a character is at most the size of the pattern, whatever the text. No code is made from strings.
 */
import type { Ranges } from './regexp-classes.ts'
import { parseRegExp } from './regexp-parse.ts'
import type { Assertion, CharSet, Program } from './regexp-parse.ts'

/** Does the pattern fit somewhere in the text? Never throws. */
export type TextTest = (text: string) => boolean

/** States that are remembered; then they are forgotten and found again. */
const MAX_STATES = 500
/** Characters whose transitions are remembered: ASCII. */
const ASCII = 128
/** The transition at the end of the text. */
const END = ASCII

/** What the character before a place was: all that an assertion needs to know of it. */
type Before = 'nothing' | 'word' | 'newline' | 'other'

/** The ways through the program that are open at a place, before its assertions are looked at. */
interface State {
  readonly ways: readonly number[]
  readonly before: Before
  /** By code point, and `END`; `true` is a match. */
  readonly next: (State | true | undefined)[]
}

/** A pattern made ready. Throws a SyntaxError that says what is wrong with it. */
export function compileRegExp(pattern: string, ignoreCase: boolean): TextTest {
  const program = parseRegExp(pattern, ignoreCase)
  const steps = createSteps(program)
  let states = new Map<string, State>()
  let first = stateOf([program.start], 'nothing')

  function stateOf(ways: readonly number[], before: Before): State {
    const key = `${before}:${ways.join(',')}`
    let state = states.get(key)
    if (state === undefined) {
      state = { ways, before, next: Array.from({ length: ASCII + 1 }, () => undefined) }
      states.set(key, state)
    }
    return state
  }

  function follow(state: State, point: number): State | true {
    const ways = steps(state, point)
    if (ways === true) return true
    if (states.size >= MAX_STATES) {
      states = new Map()
      first = stateOf([program.start], 'nothing')
    }
    return stateOf(ways, kindOf(point))
  }

  return (text) => {
    let state = first
    for (let i = 0; i < text.length; i++) {
      let point = text.charCodeAt(i)
      let next: State | true | undefined
      if (point < ASCII) {
        next = state.next[point] ??= follow(state, point)
      } else {
        point = text.codePointAt(i) ?? point
        if (point > 0xffff) i++
        next = follow(state, point)
      }
      if (next === true) return true
      state = next
    }
    return (state.next[END] ??= follow(state, -1)) === true
  }
}

/** The ways after one more character, `true` where one has reached the end of the pattern; -1 is the end of the text. */
function createSteps({ instructions, start }: Program): (state: State, point: number) => number[] | true {
  // When each instruction was last reached; a new number for each step saves clearing it.
  const reached = new Int32Array(instructions.length)
  let step = 0

  return ({ ways, before }, point) => {
    step++
    const after = new Set<number>()
    const open = [...ways]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (reached[at] === step) continue
      reached[at] = step
      const instruction = instructions[at]
      if (instruction === undefined) continue
      switch (instruction.kind) {
        case 'match':
          return true
        case 'split':
          open.push(instruction.next, instruction.other)
          break
        case 'assert':
          if (holds(instruction.assertion, before, point)) open.push(instruction.next)
          break
        case 'char':
          if (point >= 0 && includes(instruction.set, point)) after.add(instruction.next)
          break
      }
    }
    // A match may begin anywhere, so the beginning stays open.
    after.add(start)
    return [...after].toSorted((a, b) => a - b)
  }
}

function holds(assertion: Assertion, before: Before, point: number): boolean {
  switch (assertion) {
    case 'start':
      return before === 'nothing'
    case 'end':
      return point < 0
    case 'line-start':
      return before === 'nothing' || before === 'newline'
    case 'line-end':
      return point < 0 || point === 0x0a
    case 'boundary':
      return (before === 'word') !== isWord(point)
    case 'no-boundary':
      return (before === 'word') === isWord(point)
  }
}

function kindOf(point: number): Before {
  if (point === 0x0a) return 'newline'
  return isWord(point) ? 'word' : 'other'
}

function isWord(point: number): boolean {
  return (
    (point >= 0x61 && point <= 0x7a) ||
    (point >= 0x41 && point <= 0x5a) ||
    (point >= 0x30 && point <= 0x39) ||
    point === 0x5f
  )
}

function includes({ ranges, tests, negated, folded }: CharSet, point: number): boolean {
  return has(ranges, tests, point, folded) !== negated
}

function has(ranges: Ranges, tests: CharSet['tests'], point: number, folded: boolean): boolean {
  if (hasPoint(ranges, tests, point)) return true
  if (!folded) return false
  const char = String.fromCodePoint(point)
  const [lower, upper] = [char.toLowerCase(), char.toUpperCase()]
  return (
    hasPoint(ranges, tests, lower.codePointAt(0) ?? 0) || hasPoint(ranges, tests, upper.codePointAt(0) ?? 0)
  )
}

function hasPoint(ranges: Ranges, tests: CharSet['tests'], point: number): boolean {
  for (const [first, last] of ranges) if (point >= first && point <= last) return true
  for (const test of tests) if (test(point)) return true
  return false
}
