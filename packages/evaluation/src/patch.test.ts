import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Flag, Segment } from './model.ts'
import { applyPatch, diffSnapshots } from './patch.ts'
import type { Snapshot } from './snapshot.ts'

const key = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'constructor')

const flag: fc.Arbitrary<Flag> = fc.record({
  key,
  kind: fc.constant('release'),
  valueType: fc.constant('boolean'),
  variants: fc.constant({ on: true, off: false }),
  enabled: fc.boolean(),
  offVariant: fc.constantFrom('on', 'off'),
  rules: fc.constant([]),
  fallthrough: fc.record({ variant: fc.constantFrom('on', 'off') }),
})
const segment: fc.Arbitrary<Segment> = fc.record(
  { key, include: fc.array(key), exclude: fc.array(key) },
  { requiredKeys: ['key'] },
)

function snapshots(revision: number): fc.Arbitrary<Snapshot> {
  return fc.record({
    schema: fc.constant(1),
    project: fc.constant('shop'),
    environment: fc.constant('production'),
    revision: fc.constant(revision),
    generatedAt: fc.constant(`2026-01-01T00:00:0${revision}Z`),
    flags: fc.uniqueArray(flag, { selector: (one) => one.key }),
    segments: fc.uniqueArray(segment, { selector: (one) => one.key }),
    telemetry: fc.record({ flushIntervalMs: fc.nat(), pollIntervalMs: fc.nat() }),
  })
}

describe('a patch', () => {
  test('leads from any snapshot to any later one', () => {
    const property = fc.property(snapshots(3), snapshots(4), (before, after) => {
      const patched = applyPatch(before, diffSnapshots(before, after))
      expect(patched && inOrder(patched)).toEqual(inOrder(after))
    })
    fc.assert(property, { seed: 14, numRuns: 1_000 })
  })

  test('survives the wire and holds only what changed', () => {
    const property = fc.property(snapshots(3), snapshots(4), (before, after) => {
      const patch = diffSnapshots(before, after)
      expect(applyPatch(before, JSON.parse(JSON.stringify(patch)))).toEqual(applyPatch(before, patch))
      for (const changed of patch.flags) expect(before.flags).not.toContainEqual(changed)
      for (const changed of patch.segments) expect(before.segments).not.toContainEqual(changed)
    })
    fc.assert(property, { seed: 15, numRuns: 500 })
  })

  test('between equal snapshots is empty, whatever the order of an object’s members', () => {
    const property = fc.property(snapshots(3), (before) => {
      const after = { ...before, revision: 4, flags: before.flags.map(reversed) }
      const patch = diffSnapshots(before, after)
      expect(patch).toMatchObject({
        from: 3,
        revision: 4,
        flags: [],
        removedFlags: [],
        segments: [],
        removedSegments: [],
      })
    })
    fc.assert(property, { seed: 16, numRuns: 300 })
  })

  test('that starts from another revision is not applied', () => {
    const property = fc.property(snapshots(2), snapshots(3), snapshots(4), (older, before, after) => {
      expect(applyPatch(older, diffSnapshots(before, after))).toBeUndefined()
    })
    fc.assert(property, { seed: 17, numRuns: 20 })
  })
})

function inOrder(snapshot: Snapshot): Snapshot {
  const byKey = (a: { readonly key: string }, b: { readonly key: string }): number => (a.key < b.key ? -1 : 1)
  return { ...snapshot, flags: snapshot.flags.toSorted(byKey), segments: snapshot.segments.toSorted(byKey) }
}

function reversed(original: Flag): Flag {
  // The same members in another order are the same flag.
  return Object.fromEntries(Object.entries(original).toReversed()) as unknown as Flag
}
