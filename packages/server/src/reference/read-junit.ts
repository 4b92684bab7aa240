/**
 * Test results in JUnit's XML, read as a stream of events: nothing is built that a hostile file could
 * make large. No document type, so no entities; depth and number of elements are limited.
 *
 * There is no standard; this reads what Ant, Maven, Gradle, pytest, Vitest and Jest write:
 * https://github.com/testmoapp/junitxml
 */
import { setImmediate as breathe } from 'node:timers/promises'

import { MOST_FAILING } from '@flagmarshal/domain/reference/model'
import type { TestResults } from '@flagmarshal/domain/reference/model'
import { SaxesParser } from 'saxes'
import type { SaxesTagPlain } from 'saxes'

const DEEPEST = 32
const MOST_ELEMENTS = 500_000
/** So many characters are read without letting others run: about 2 ms. */
const PIECE = 65_536

/** The totals of a file; undefined where it is XML of another kind. */
export async function readJunit(text: string): Promise<TestResults | undefined> {
  const counting = createCounting()
  const parser = new SaxesParser({ xmlns: false, position: false })
  parser.on('doctype', () => {
    throw new Unreadable('it has a document type, which is not read')
  })
  parser.on('error', (error) => {
    throw new Unreadable(`it is no well-formed XML: ${error.message}`)
  })
  parser.on('opentag', (tag) => counting.open(tag))
  parser.on('closetag', () => counting.close())
  try {
    for (let at = 0; at < text.length; at += PIECE) {
      parser.write(text.slice(at, at + PIECE))
      if (counting.otherKind()) return undefined
      await breathe()
    }
    parser.close()
  } catch (error) {
    if (error instanceof Unreadable) return { unreadable: error.message }
    throw error
  }
  return counting.otherKind() ? undefined : counting.totals()
}

class Unreadable extends Error {}

interface Suite {
  /** What the element's attributes say, where they do. */
  readonly declared: number | undefined
  /** What its test cases say. */
  counted: number
}

function createCounting() {
  const path: string[] = []
  const suites: Suite[] = []
  const failing: string[] = []
  let [elements, total, failed, skipped, outside] = [0, 0, 0, 0, 0]
  let root: string | undefined
  let current: { readonly name: string; failed: boolean; skipped: boolean } | undefined

  function closeSuite(): void {
    const suite = suites.pop()
    const parent = suites.at(-1)
    if (suite === undefined) return
    // A suite may have failed outside of its tests, in its set-up: only its attributes say so.
    const failures = Math.max(suite.counted, suite.declared ?? 0)
    outside += failures - suite.counted
    if (parent !== undefined) parent.counted += failures
  }

  function closeCase(): void {
    total++
    if (current?.failed === true) {
      failed++
      const suite = suites.at(-1)
      if (suite !== undefined) suite.counted++
      if (failing.length < MOST_FAILING) failing.push(current.name)
    } else if (current?.skipped === true) skipped++
    current = undefined
  }

  return {
    open(tag: SaxesTagPlain): void {
      root ??= tag.name
      if (++elements > MOST_ELEMENTS) throw new Unreadable(`it has more than ${MOST_ELEMENTS} elements`)
      if (path.push(tag.name) > DEEPEST) throw new Unreadable(`it is nested more than ${DEEPEST} deep`)
      if (tag.name === 'testsuites' || tag.name === 'testsuite') {
        suites.push({ declared: declaredBy(tag), counted: 0 })
      } else if (tag.name === 'testcase') {
        current = { name: nameOf(tag), failed: false, skipped: false }
      } else if (current !== undefined && path.at(-2) === 'testcase') {
        if (tag.name === 'failure' || tag.name === 'error') current.failed = true
        if (tag.name === 'skipped') current.skipped = true
      }
    },
    close(): void {
      const name = path.pop()
      if (name === 'testcase') closeCase()
      if (name === 'testsuites' || name === 'testsuite') closeSuite()
    },
    otherKind: () => root !== undefined && root !== 'testsuites' && root !== 'testsuite',
    totals(): TestResults {
      const passed = total - failed - skipped
      return { format: 'junit', total, passed, failed: failed + outside, skipped, failing }
    },
  }
}

function declaredBy({ attributes }: SaxesTagPlain): number | undefined {
  const [failures, errors] = [attributes['failures'], attributes['errors']]
  if (failures === undefined && errors === undefined) return undefined
  const declared = Number(failures ?? 0) + Number(errors ?? 0)
  if (!Number.isSafeInteger(declared) || declared < 0)
    throw new Unreadable('its number of failures is no number')
  return declared
}

function nameOf({ attributes }: SaxesTagPlain): string {
  return [attributes['classname'], attributes['name']]
    .filter((it) => it !== undefined)
    .join(' › ')
    .slice(0, 200)
}
