import { createHash } from 'node:crypto'

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { append, EMPTY_HEAD } from './entry.ts'
import type { Entry, Fact, Head } from './entry.ts'
import { conclude, follow, NOTHING_READ } from './verify.ts'
import type { Break } from './verify.ts'

const CHAIN = 'project:shop'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function fact(n: number): Fact {
  return {
    at: new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString(),
    actor: { kind: 'person', id: 'ann', name: 'Ann' },
    action: 'flag.update',
    subject: { kind: 'flag', id: `flag-${n}` },
    before: { n: n - 1 },
    after: { n },
    reason: null,
    run: null,
    requestId: `request_${n}`,
  }
}

function chainOf(length: number, chain = CHAIN): Entry[] {
  const entries: Entry[] = []
  let head: Head = EMPTY_HEAD
  for (let n = 1; n <= length; n++) {
    const entry = append(chain, head, fact(n), sha256)
    entries.push(entry)
    head = headOf(entries)
  }
  return entries
}

function headOf(entries: readonly Entry[]): Head {
  return { count: entries.length, hash: entries.at(-1)?.hash ?? EMPTY_HEAD.hash }
}

function verify(entries: readonly Entry[], stored: Head, anchor?: Head): Break | undefined {
  let progress = NOTHING_READ
  let hashThere: string | undefined
  for (const entry of entries) {
    progress = follow(CHAIN, progress, entry, sha256)
    if (progress.head.count === anchor?.count) hashThere = entry.hash
  }
  return conclude(progress, stored, anchor && { head: anchor, hashThere })
}

/** Builds the chain again from a fact on: what an attacker with the database would do. */
function rewritten(entries: readonly Entry[], at: number): Entry[] {
  const kept = entries.slice(0, at)
  return entries.slice(at).reduce<Entry[]>((done, entry, i) => {
    const { seq: _seq, previous: _previous, hash: _hash, ...old } = entry
    return [...done, append(CHAIN, headOf(done), i === 0 ? { ...old, after: 'forged' } : old, sha256)]
  }, kept)
}

const lengthAndPlace = fc
  .integer({ min: 1, max: 12 })
  .chain((length) => fc.tuple(fc.constant(length), fc.integer({ min: 0, max: length - 1 })))
const SEED = { seed: 4860, numRuns: 60 }

test('the hash of an entry is what it always was: stored chains depend on it', () => {
  expect(chainOf(2).map((it) => it.hash)).toMatchInlineSnapshot(`
    [
      "d7101738630ea65b7cf4deecca546b153a5dbec01ab56a42a08ea4e038c8c700",
      "98d3fca87238b83e16302be3807568e034a0862f13c6ced5740e3fed826243bb",
    ]
  `)
})

test('a chain that nobody touched holds, with every head as anchor', () => {
  const entries = chainOf(8)
  for (let n = 1; n <= 8; n++) {
    expect(verify(entries, headOf(entries), headOf(entries.slice(0, n)))).toBeUndefined()
  }
  expect(verify([], EMPTY_HEAD)).toBeUndefined()
})

describe('what is found, and where', () => {
  test('an edited entry', () => {
    fc.assert(
      fc.property(
        lengthAndPlace,
        fc.constantFrom<Partial<Entry>>(
          { after: { n: 99 } },
          { reason: 'because' },
          { at: '2020-01-01T00:00:00.000Z' },
          { actor: { kind: 'person', id: 'eve', name: 'Eve' } },
          { action: 'flag.delete' },
          { run: 'run_1' },
        ),
        ([length, place], edit) => {
          const entries = chainOf(length)
          const edited = entries.map((it, i) => (i === place ? { ...it, ...edit } : it))
          expect(verify(edited, headOf(entries))?.seq).toBe(place + 1)
        },
      ),
      SEED,
    )
  })

  test('a dropped entry', () => {
    fc.assert(
      fc.property(lengthAndPlace, ([length, place]) => {
        const entries = chainOf(length)
        const found = verify(
          entries.filter((_, i) => i !== place),
          headOf(entries),
        )
        expect(found?.seq).toBe(place + 1)
        expect(found?.problem).toContain('missing')
      }),
      SEED,
    )
  })

  test('two entries in the wrong order', () => {
    const entries = chainOf(5)
    const swapped = [0, 2, 1, 3, 4].flatMap((i) => entries[i] ?? [])
    expect(verify(swapped, headOf(entries))?.seq).toBe(2)
  })

  test('an entry of another chain', () => {
    const entries = chainOf(3)
    const other = chainOf(3, 'project:bank')
    const mixed = entries.map((it, i) => (i === 1 ? (other[1] ?? it) : it))
    expect(verify(mixed, headOf(entries))?.seq).toBe(2)
  })

  test('a cut tail, against the stored head or an anchored one', () => {
    const entries = chainOf(6)
    const cut = entries.slice(0, 4)
    expect(verify(cut, headOf(entries))?.seq).toBe(5)
    expect(verify(cut, headOf(cut))).toBeUndefined()
    expect(verify(cut, headOf(cut), headOf(entries))).toMatchObject({
      seq: 5,
      problem: expect.stringContaining('tail is missing'),
    })
  })

  test('a rewritten chain, against an anchored head', () => {
    fc.assert(
      fc.property(lengthAndPlace, ([length, place]) => {
        const entries = chainOf(length)
        const forged = rewritten(entries, place)
        expect(verify(forged, headOf(forged))).toBeUndefined()
        expect(verify(forged, headOf(forged), headOf(entries))?.problem).toContain('rewritten')
      }),
      SEED,
    )
  })

  test('a head that was moved back', () => {
    const entries = chainOf(3)
    expect(verify(entries, headOf(entries.slice(0, 2)))?.seq).toBe(3)
  })
})
