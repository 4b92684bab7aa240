/**
 * GO Feature Flag's flag files (https://gofeatureflag.org/docs/configure_flag/flag_format) as flags of ours,
 * each with the configuration of one environment, and a report of what is not the same. What changes there
 * by itself with time is taken as it is at the moment of the import.
 */
import type { Condition, JsonObject, JsonValue, Prerequisite, Rule } from '@flagmarshal/evaluation'

import { canonical } from '../../audit/canonical.ts'
import { isList, isObject } from '../flagd-read.ts'
import { callerDefaultName, NotHere, problemOf, typedVariants } from '../imported.ts'
import type { ImportedFlag, Importer, ImportRequest } from '../imported.ts'
import { orderedReport } from '../report.ts'
import type { ReportLine } from '../report.ts'
import { goffCondition } from './condition.ts'
import type { Difference } from './condition.ts'
import { instantOf, serveOf } from './rules.ts'
import { scheduled } from './schedule.ts'

type Noted = Difference | 'split' | 'growing' | 'disabled-rule'

const SAYINGS: Readonly<Record<Noted, readonly [ReportLine['severity'], string]>> = {
  growing: [
    'HIGH',
    'Its progressive rollout is under way or still to come: here the share stays as it is now. Make a rollout plan of it.',
  ],
  split: [
    'LOW',
    'It hashes as GO Feature Flag does, so everybody keeps their variant. Without the key that is hashed, that refuses the whole flag; here only who is split.',
  ],
  number: [
    'LOW',
    'It compares with a whole number: GO Feature Flag refuses an attribute with a fraction, here it is compared.',
  ],
  version: ['LOW', 'It compares versions: here `1.2` is `1.2.0`, there it is none.'],
  logic: [
    'MEDIUM',
    'Its JSONLogic is run by another engine here, and numbers in texts may be taken differently.',
  ],
  'disabled-rule': ['LOW', 'A rule of it is disabled, and left out.'],
}

export const goffImport: Importer = (definition, request) => {
  const report: ReportLine[] = []
  const entries = Object.entries(definition)
  const read = new Map<string, JsonObject>()
  const say = (severity: ReportLine['severity'], key: string, message: string): void =>
    void report.push({ severity, entity: `flag ${key}`, message })
  for (const [key, value] of entries) {
    if (isObject(value)) read.set(key, value)
    else say('HIGH', key, 'It is left out: it is no object.')
  }
  if (entries.length === 0)
    report.push({
      severity: 'HIGH',
      entity: 'file',
      message: 'It has no flags, so GO Feature Flag does not read it.',
    })
  const flags = [...read].flatMap(([key, value]) => {
    try {
      const flag = flagOf(key, value, { request, read, say })
      const problem = problemOf(flag, request.engines)
      if (problem !== undefined) throw new NotHere(problem)
      return [flag]
    } catch (error) {
      if (!(error instanceof NotHere)) throw error
      say('HIGH', key, `It is left out: ${error.message}.`)
      return []
    }
  })
  return { flags: afterPrerequisites(flags, say), report: orderedReport(report) }
}

interface Around {
  readonly request: ImportRequest
  /** All flags of the file. */
  readonly read: ReadonlyMap<string, JsonObject>
  readonly say: (severity: ReportLine['severity'], key: string, message: string) => void
}

function flagOf(key: string, value: JsonObject, { request, read, say }: Around): ImportedFlag {
  const { now } = request
  const { flag, later } = scheduled(value, now)
  for (const date of later)
    say('HIGH', key, `Its step of ${date} is left out. Change the flag then, or make a rollout plan.`)
  if (!isObject(flag['variations'])) throw new NotHere('it has no variations')
  const { valueType, variants } = typedVariants(flag['variations'])
  const own = callerDefaultName(Object.keys(variants))
  const noted = new Set<Noted>()
  const { bucketingKey, defaultRule } = flag
  const by = typeof bucketingKey === 'string' && bucketingKey !== '' ? bucketingKey : 'targetingKey'
  const parts = { key, by, variations: flag['variations'], now, note: (it: Noted) => void noted.add(it) }
  const rules = targetingOf(flag, parts, (message) => say('HIGH', key, message))
  if (!isObject(defaultRule)) throw new NotHere('it has no default rule')
  const fallthrough = serveOf(defaultRule, parts)
  const running = isRunning(flag['experimentation'], now, (severity, message) => say(severity, key, message))
  const metadata = isObject(flag['metadata']) ? flag['metadata'] : {}
  for (const it of noted) say(SAYINGS[it][0], key, SAYINGS[it][1])
  const dropped = droppedOf(flag, metadata)
  if (dropped.length > 0) say('LOW', key, `What it says of ${dropped.join(', ')} is not kept.`)
  const prerequisites = needsOf(flag, read, (message) => say('MEDIUM', key, message))
  return {
    key,
    description: textOf(metadata['description']),
    owner: textOf(metadata['owner']),
    valueType,
    variants: { ...variants, [own]: null },
    enabled: flag['disable'] !== true && running,
    offVariant: own,
    ...(prerequisites.length === 0 ? {} : { prerequisites }),
    rules,
    fallthrough,
  }
}

function targetingOf(
  flag: JsonObject,
  parts: Parameters<typeof serveOf>[1] & { readonly note: (it: Noted) => void },
  high: (message: string) => void,
): readonly Omit<Rule, 'id'>[] {
  const given = isList(flag['targeting']) ? flag['targeting'].filter(isObject) : []
  return given.flatMap((rule, index) => {
    const name = textOf(rule['name'])?.slice(0, 100) ?? `Rule ${index + 1}`
    if (rule['disable'] === true) {
      parts.note('disabled-rule')
      return []
    }
    const when = queryOf(rule['query'], parts.note, (why) =>
      high(`Its rule "${name}" is left out, as it applies to nobody there either: its query has ${why}.`),
    )
    return when === undefined ? [] : [{ name, when, serve: serveOf(rule, parts) }]
  })
}

/** Undefined, with the reason, where a query cannot be read. */
function queryOf(
  query: JsonValue | undefined,
  note: (it: Noted) => void,
  unread: (why: string) => void,
): Condition | undefined {
  try {
    return goffCondition(typeof query === 'string' ? query : '', note)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    unread(error.message)
    return undefined
  }
}

/** Outside of its dates an experiment is off there. */
function isRunning(
  experimentation: JsonValue | undefined,
  now: Date,
  say: (severity: ReportLine['severity'], message: string) => void,
): boolean {
  if (!isObject(experimentation)) return true
  const [start, end] = [instantOf(experimentation['start']), instantOf(experimentation['end'])]
  const at = now.getTime()
  if (start !== undefined && at < start) {
    say(
      'HIGH',
      `Its experiment begins at ${new Date(start).toISOString()} there; here it is off until somebody turns it on.`,
    )
    return false
  }
  if (end === undefined) return true
  if (at > end) {
    say('LOW', 'Its experiment is over, so it is off.')
    return false
  }
  say(
    'HIGH',
    `Its experiment ends at ${new Date(end).toISOString()} there; here it stays on until somebody turns it off.`,
  )
  return true
}

/** Other flags that must have a value; one that is not there is never met. */
function needsOf(
  flag: JsonObject,
  read: ReadonlyMap<string, JsonObject>,
  medium: (message: string) => void,
): readonly Prerequisite[] {
  const needs = isList(flag['needs']) ? flag['needs'].filter(isObject) : []
  return needs.map(({ flag: name, value = true }) => {
    const other = typeof name === 'string' ? read.get(name) : undefined
    if (typeof name !== 'string' || other === undefined)
      throw new NotHere(`it needs the flag ${JSON.stringify(name)}, which the file does not have`)
    if (isList(other['needs']) && other['needs'].length > 0)
      medium(
        `It needs ${name}, which needs others itself: GO Feature Flag does not look at those, here they count.`,
      )
    const wanted = canonical(value)
    const variations = isObject(other['variations']) ? Object.entries(other['variations']) : []
    const variants = variations.flatMap(([variant, it]) => (canonical(it) === wanted ? [variant] : []))
    if (variants.length === 0)
      throw new NotHere(`it needs a value of ${name} that none of its variations has`)
    return { flag: name, variants }
  })
}

const KEPT = new Set([
  'variations',
  'targeting',
  'defaultRule',
  'bucketingKey',
  'disable',
  'experimentation',
  'scheduledRollout',
  'needs',
  'metadata',
])

function droppedOf(flag: JsonObject, metadata: JsonObject): readonly string[] {
  return [
    ...Object.keys(flag).filter((it) => !KEPT.has(it)),
    ...Object.keys(metadata)
      .filter((it) => it !== 'description' && it !== 'owner')
      .map((it) => `metadata.${it}`),
  ]
}

/** Flags after those that they need. What needs itself in a circle, or what is left out, is left out. */
function afterPrerequisites(flags: readonly ImportedFlag[], say: Around['say']): readonly ImportedFlag[] {
  const open = new Map(flags.map((it) => [it.key, it]))
  const ordered = new Map<string, ImportedFlag>()
  for (let before = -1; before !== ordered.size;) {
    before = ordered.size
    for (const [key, flag] of open) {
      if ((flag.prerequisites ?? []).every((it) => ordered.has(it.flag))) {
        ordered.set(key, flag)
        open.delete(key)
      }
    }
  }
  for (const key of open.keys())
    say('HIGH', key, 'It is left out: it needs a flag that is left out, or itself by way of others.')
  return [...ordered.values()]
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}
