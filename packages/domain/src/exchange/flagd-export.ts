/**
 * What an environment serves, as a flagd definition (https://flagd.dev/schema/v0/flags.json).
 *
 * Each rule becomes a value or null, and `or` takes the first value: the variant of a rule, or an
 * answer that no variant has where a bucketing key is missing, which flagd reports as an error so
 * that the caller's default is served, as by the engine. A flag that cannot be said this way is left
 * out and reported; a wrong answer would be worse than the caller's default.
 */
import { compile } from '@flagmarshal/evaluation'
import type {
  Allocation,
  BucketRange,
  Exposure,
  Flag,
  FlagValue,
  HashScheme,
  JsonValue,
  Segment,
  Serve,
} from '@flagmarshal/evaluation'

import { flagdCondition, isBucketable, NotInFlagd, variable } from './flagd-condition.ts'
import { orderedReport } from './report.ts'
import type { ReportLine } from './report.ts'

/** A definition that flagd and its in-process providers read. */
export interface FlagdDefinition {
  readonly $schema: string
  readonly metadata: Readonly<Record<string, string | number>>
  readonly flags: Readonly<Record<string, FlagdFlag>>
}

export interface FlagdFlag {
  /** DISABLED is the caller's default. */
  readonly state: 'ENABLED' | 'DISABLED'
  readonly variants: Readonly<Record<string, FlagValue>>
  /** Null is the caller's default. */
  readonly defaultVariant: string | null
  readonly targeting?: JsonValue
}

/** What is exported. */
export interface Served {
  readonly project: string
  readonly environment: string
  readonly revision: number
  readonly flags: readonly Flag[]
  readonly segments: readonly Segment[]
}

const SCHEMA = 'https://flagd.dev/schema/v0/flags.json'
const BUCKETS = 100_000
/** Characters of a flag's targeting; prerequisites are written out and may grow without end. */
const MAX_TARGETING = 2_000_000
/** No variant can have this name, so flagd reports an error. */
const KEY_MISSING = 'the bucketing key is missing'

/** The definition, flags by key, and what of it is not the same. A flag that is off is ENABLED and serves its off variant: flagd's DISABLED means the code's default. */
export function flagdExport(served: Served): {
  readonly definition: FlagdDefinition
  readonly report: readonly ReportLine[]
} {
  const segments = new Map(served.segments.map((it) => [it.key, it]))
  const flags = new Map(served.flags.map((it) => [it.key, it]))
  const malformed = new Map(
    compile(served, { jsonLogic: () => () => false }).problems.map((it) => [it.flag, it.message]),
  )
  const report: ReportLine[] = []
  const exported: [string, FlagdFlag][] = []
  for (const flag of served.flags.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
    const entity = `flag ${flag.key}`
    try {
      const problem = flag.enabled ? malformed.get(flag.key) : undefined
      if (problem !== undefined) throw new NotInFlagd(`it is malformed: ${problem}`)
      const it = flagdFlag(flag, { flags, segments, asked: new Set() })
      exported.push([flag.key, it])
      report.push(...notes(it, entity))
    } catch (error) {
      if (!(error instanceof NotInFlagd)) throw error
      report.push({ severity: 'HIGH', entity, message: `It is left out: ${error.message}.` })
    }
  }
  const { project, environment, revision } = served
  const metadata = { flagSetId: `${project}/${environment}`, version: String(revision) }
  return {
    definition: { $schema: SCHEMA, metadata, flags: Object.fromEntries(exported) },
    report: orderedReport(report),
  }
}

interface Parts {
  readonly flags: ReadonlyMap<string, Flag>
  readonly segments: ReadonlyMap<string, Segment>
  /** The flags that lead here by their prerequisites. */
  readonly asked: ReadonlySet<string>
}

function flagdFlag(flag: Flag, parts: Parts): FlagdFlag {
  const defaultVariant =
    !flag.enabled || !('variant' in flag.fallthrough) ? flag.offVariant : flag.fallthrough.variant
  const { named, empty } = variantsOf(flag)
  const variants = Object.fromEntries(named)
  const decision = targetingOf(flag, parts)
  if (typeof decision === 'string' && empty.includes(decision))
    return { state: flag.enabled ? 'ENABLED' : 'DISABLED', variants, defaultVariant: null }
  // What is null there is the default variant.
  const targeting: JsonValue =
    empty.length === 0 ? decision : { if: [{ in: [decision, empty] }, null, decision] }
  const whole = {
    state: 'ENABLED',
    variants,
    defaultVariant: empty.length === 0 ? defaultVariant : null,
  } as const
  if (targeting === defaultVariant) return whole
  if (JSON.stringify(targeting).length > MAX_TARGETING)
    throw new NotInFlagd('its targeting is too large, with the flags that it asks for')
  // flagd wants an object; a variant by itself is one choice.
  return { ...whole, targeting: typeof targeting === 'string' ? { if: [true, targeting] } : targeting }
}

/** The variants with their values, and those that are the caller's own default. */
function variantsOf({ variants }: Flag): {
  readonly named: readonly (readonly [string, FlagValue])[]
  readonly empty: readonly string[]
} {
  const entries = Object.entries(variants)
  return {
    named: entries.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
    empty: entries.flatMap(([name, value]) => (value === null ? [name] : [])),
  }
}

/** JSONLogic that gives the name of the variant, or a text that is none. */
function targetingOf(flag: Flag, parts: Parts): JsonValue {
  if (!flag.enabled) return flag.offVariant
  const { segments } = parts
  const rules = flag.rules.map((rule): JsonValue => {
    const value = serveOf(rule.serve, segments)
    if (value === null) return null
    return { if: [flagdCondition(rule.when, segments), value, null] }
  })
  const last = serveOf(flag.fallthrough, segments)
  const choices = [...rules.filter((it) => it !== null), ...(last === null ? [] : [last])]
  // A fallthrough that leaves keys out serves the off variant.
  if ('allocation' in flag.fallthrough) choices.push(flag.offVariant)
  const [only] = choices
  const decision: JsonValue = choices.length === 1 && only !== undefined ? only : { or: choices }
  return behindPrerequisites(flag, decision, parts)
}

function behindPrerequisites(flag: Flag, decision: JsonValue, parts: Parts): JsonValue {
  const asked = new Set([...parts.asked, flag.key])
  return (flag.prerequisites ?? []).reduceRight<JsonValue>((rest, { flag: key, variants }) => {
    const other = parts.flags.get(key)
    if (other === undefined || asked.has(key))
      throw new NotInFlagd(`its prerequisite "${key}" cannot be followed`)
    const served = targetingOf(other, { ...parts, asked })
    const met: JsonValue = { if: [{ in: [served, [...variants]] }, rest, flag.offVariant] }
    return mayFail(served) ? { if: [{ '===': [served, KEY_MISSING] }, KEY_MISSING, met] } : met
  }, decision)
}

/** The variant that is served, null where the next rule decides. */
function serveOf(serve: Serve, segments: ReadonlyMap<string, Segment>): JsonValue {
  if ('variant' in serve) return serve.variant
  if ('allocation' in serve) return splitOf(serve.allocation, serve.allocation.ranges)
  return exposureOf(serve.exposure, segments)
}

function exposureOf(exposure: Exposure, segments: ReadonlyMap<string, Segment>): JsonValue {
  const { audiences, variant } = exposure
  const choices = audiences.flatMap(({ when, ranges }) => [
    flagdCondition(when, segments),
    splitOf(
      exposure,
      ranges.map((range) => ({ ...range, variant })),
    ),
  ])
  return choices.length === 0 ? null : { if: [...choices, null] }
}

function splitOf(
  { by, salt, hash }: Pick<Allocation, 'by' | 'salt' | 'hash'>,
  ranges: readonly (BucketRange & { readonly variant: string })[],
): JsonValue {
  const parts = partsOf(ranges)
  const [only] = parts
  if (only === undefined || parts.length === 1) return only?.[0] ?? null
  return {
    if: [
      isBucketable(by),
      { fractional: [{ cat: saltOf(hash, salt, variable(by)) }, ...parts] },
      KEY_MISSING,
    ],
  }
}

/** What is hashed. flagd knows murmur3 of a text and nothing else. */
function saltOf(hash: HashScheme, salt: string, key: JsonValue): JsonValue[] {
  if (hash === 'murmur3') return [`${salt}:`, key]
  if (hash === 'flagd') return [salt, key]
  throw new NotInFlagd(`it buckets as ${hash} does, and flagd cannot`)
}

/** All of the buckets in order, each part with its variant, null for a gap. */
function partsOf(ranges: readonly (BucketRange & { readonly variant: string })[]): [string | null, number][] {
  const parts: [string | null, number][] = []
  let end = 0
  const append = (variant: string | null, to: number): void => {
    const last = parts.at(-1)
    if (last !== undefined && last[0] === variant) last[1] += to - end
    else if (to > end) parts.push([variant, to - end])
    end = to
  }
  for (const { from, to, variant } of ranges.toSorted((a, b) => a.from - b.from)) {
    if (from > end) append(null, from)
    append(variant, to)
  }
  if (end < BUCKETS) append(null, BUCKETS)
  return parts
}

function mayFail(logic: JsonValue): boolean {
  return JSON.stringify(logic).includes(KEY_MISSING)
}

function notes(flag: FlagdFlag, entity: string): ReportLine[] {
  const text = JSON.stringify(flag.targeting ?? null)
  return [
    ...(text.includes('"fractional"')
      ? [
          {
            severity: 'MEDIUM' as const,
            entity,
            message:
              'A bucketing key with characters outside ASCII may fall into another bucket: flagd’s JavaScript library hashes UTF-16 units, other libraries and Flagmarshal UTF-8.',
          },
        ]
      : []),
    ...(text.includes('"sem_ver"')
      ? [
          {
            severity: 'LOW' as const,
            entity,
            message:
              'flagd also accepts versions with blanks around them, a second "v" and leading zeros; here they are none.',
          },
        ]
      : []),
  ]
}
