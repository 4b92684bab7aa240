/**
 * Segments, compiled when a flag first asks for them and shared by all flags that do.
 *
 * A broken segment breaks the flags that use it and no other: the lookup throws, the flag that is
 * being compiled becomes an error, the next one goes on.
 */
import { keyReader } from './attribute.ts'
import { compileCondition } from './condition.ts'
import type { ConditionParts, JsonLogic, SegmentLookup, Test } from './condition.ts'
import type { Segment } from './model.ts'

/** Segments may refer to segments this many levels deep. */
const MAX_HEIGHT = 16

interface Built {
  readonly test: Test
  /** Levels of segments below this one. */
  readonly height: number
}

/** A lookup over these segments. It throws an error that names the segment if it is unknown, malformed or contains itself. */
export function compileSegments(segments: readonly Segment[], jsonLogic?: JsonLogic): SegmentLookup {
  const definitions = new Map(segments.map((segment) => [segment.key, segment]))
  const built = new Map<string, Built>()
  const open = new Set<string>()

  function build(key: string): Built {
    const known = built.get(key)
    if (known !== undefined) return known
    const definition = definitions.get(key)
    if (definition === undefined) throw new Error(`unknown segment ${JSON.stringify(key)}`)
    if (open.has(key)) throw new Error(`segment ${JSON.stringify(key)} contains itself`)
    if (open.size > MAX_HEIGHT) throw tooDeep()

    open.add(key)
    try {
      let height = 0
      const lookup: SegmentLookup = (inner) => {
        const below = build(inner)
        height = Math.max(height, below.height + 1)
        if (height > MAX_HEIGHT) throw tooDeep()
        return below.test
      }
      const test = compileSegment(definition, { segment: lookup, jsonLogic })
      built.set(key, { test, height })
      return { test, height }
    } finally {
      open.delete(key)
    }
  }
  return (key) => build(key).test
}

const keyIn = keyReader('targetingKey')

/** `exclude` wins over `include`, `include` over the condition; a segment with neither list nor condition is empty. */
function compileSegment(segment: Segment, parts: ConditionParts): Test {
  const when = segment.when === undefined ? () => false : compileCondition(segment.when, parts)
  const included = new Set(segment.include)
  const excluded = new Set(segment.exclude)
  if (included.size === 0 && excluded.size === 0) return when
  if (excluded.size === 0) {
    return (context) => {
      const key = keyIn(context)
      return (key !== undefined && included.has(key)) || when(context)
    }
  }
  return (context) => {
    const key = keyIn(context)
    if (key !== undefined) {
      if (excluded.has(key)) return false
      if (included.has(key)) return true
    }
    return when(context)
  }
}

function tooDeep(): Error {
  return new Error(`segments are nested deeper than ${MAX_HEIGHT}`)
}
