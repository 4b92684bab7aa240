/**
 * LaunchDarkly's files, read: what its SDKs download (`/sdk/latest-all`, and the files of its file data
 * source), and the answers of its REST API (`/api/v2/flags/…?summary=0`, `/api/v2/segments/…`). Null is the
 * same as absent, as it is for LaunchDarkly's SDKs.
 */
import type { JsonObject, JsonValue } from '@flagmarshal/evaluation'

import { isList, isObject } from '../flagd-read.ts'
import { NotHere } from '../imported.ts'
import type { ReportLine } from '../report.ts'
import { booleanOf, listOf, objectOf, textOf } from './json.ts'
import type { LaunchDarklyFlag, LaunchDarklySegment } from './model.ts'
import { ruleOf, segmentRuleOf, segmentTargetsOf, servedOf, targetsOf } from './read-rules.ts'

/** What a file holds for one environment. */
export interface ReadFile {
  readonly flags: readonly LaunchDarklyFlag[]
  readonly segments: readonly LaunchDarklySegment[]
  /** Keys of segments that are there and could not be read. */
  readonly brokenSegments: readonly string[]
  readonly brokenFlags: readonly string[]
  readonly report: readonly ReportLine[]
}

/** The flags and segments of a file in one of its environments, `*` for the only one; what cannot be read is reported. */
export function readLaunchDarkly(file: JsonObject, environment: string): ReadFile {
  const report: ReportLine[] = []
  const whole = isObject(file['data']) && file['flags'] === undefined ? file['data'] : file
  const single = isObject(whole['environments']) ? [whole] : undefined
  const flags = single ?? entitiesOf(whole['flags'] ?? (whole['items'] === undefined ? undefined : whole))
  if (flags === undefined && whole['flagValues'] === undefined) {
    report.push({
      severity: 'HIGH',
      entity: 'file',
      message:
        'It has no flags: it is neither what LaunchDarkly’s SDKs download nor an answer of its REST API.',
    })
  }
  const readFlags = collect('flag', [...(flags ?? []), ...valuesOf(whole['flagValues'])], report, (it) =>
    readFlag(it, environment),
  )
  const readSegments = collect('segment', entitiesOf(whole['segments']) ?? [], report, readSegment)
  return {
    flags: readFlags.found,
    brokenFlags: readFlags.broken,
    segments: readSegments.found,
    brokenSegments: readSegments.broken,
    report,
  }
}

/** By key, or a list, or pages of a list. */
function entitiesOf(given: JsonValue | undefined): readonly JsonObject[] | undefined {
  if (isList(given)) return given.flatMap((it) => entitiesOf(pageOf(it)) ?? (isObject(it) ? [it] : []))
  if (!isObject(given)) return undefined
  if (isList(given['items'])) return given['items'].filter(isObject)
  return Object.entries(given).flatMap(([key, it]) => (isObject(it) ? [{ key, ...it }] : []))
}

function pageOf(it: JsonValue): JsonValue | undefined {
  return isObject(it) && isList(it['items']) ? it : undefined
}

/** Flags of a file data source that are nothing but a value. */
function valuesOf(values: JsonValue | undefined): readonly JsonObject[] {
  return Object.entries(objectOf(values)).map(([key, value]) => ({
    key,
    on: true,
    variations: [value],
    fallthrough: { variation: 0 },
  }))
}

function collect<Entity>(
  what: string,
  entities: readonly JsonObject[],
  report: ReportLine[],
  read: (entity: JsonObject) => Entity | undefined,
): { readonly found: readonly Entity[]; readonly broken: readonly string[] } {
  const broken: string[] = []
  const found = entities.flatMap((it, index) => {
    const key = textOf(it['key'])
    const entity = `${what} ${key ?? `number ${index}`}`
    try {
      if (key === undefined) throw new NotHere('it has no key')
      const one = read(it)
      if (one === undefined) report.push({ severity: 'LOW', entity, message: 'It is archived or deleted.' })
      return one === undefined ? [] : [one]
    } catch (error) {
      if (!(error instanceof NotHere)) throw error
      report.push({ severity: 'HIGH', entity, message: `It is left out: ${error.message}.` })
      if (key !== undefined) broken.push(key)
      return []
    }
  })
  return { found, broken }
}

/** Undefined for a flag that LaunchDarkly does not serve any more. */
function readFlag(flag: JsonObject, environment: string): LaunchDarklyFlag | undefined {
  if (booleanOf(flag['deleted']) || booleanOf(flag['archived'])) return undefined
  const rest = isObject(flag['environments']) ? environmentOf(flag['environments'], environment) : undefined
  const config = rest ?? flag
  const key = textOf(flag['key']) ?? ''
  const variations = listOf(flag['variations'], 'its variations')
  if (rest !== undefined && config['salt'] === undefined)
    throw new NotHere('the file has no configuration of it: ask the REST API with summary=0')
  return {
    key,
    name: textOf(flag['name']),
    description: textOf(flag['description']),
    maintainer: textOf(objectOf(flag['_maintainer'])['email']),
    on: booleanOf(config['on']),
    offVariation: config['offVariation'] ?? undefined,
    variations: variations.map((it) => (rest === undefined ? it : (objectOf(it)['value'] ?? null))),
    names: variations.map((it) => (rest === undefined ? undefined : textOf(objectOf(it)['name']))),
    prerequisites: listOf(config['prerequisites'], 'its prerequisites').map((it) => ({
      key: textOf(objectOf(it)['key']) ?? '',
      variation: objectOf(it)['variation'] ?? undefined,
    })),
    targets: targetsOf(config['targets']),
    contextTargets: targetsOf(config['contextTargets']),
    rules: listOf(config['rules'], 'its rules').map(ruleOf),
    fallthrough: isObject(config['fallthrough']) ? servedOf(config['fallthrough']) : undefined,
    salt: textOf(config['salt']) ?? '',
    extras: extrasOf(flag, config),
  }
}

function environmentOf(environments: JsonObject, name: string): JsonObject {
  const names = Object.keys(environments)
  const only = name === '*' && names.length === 1 ? names[0] : name
  const found = only !== undefined && Object.hasOwn(environments, only) ? environments[only] : undefined
  if (isObject(found)) return found
  const which = names.join(', ') || 'none'
  throw new NotHere(
    name === '*'
      ? `the file has several environments (${which}): say which one is meant`
      : `the file has no environment ${name} of it; it has ${which}`,
  )
}

const MEANT: Readonly<Record<string, string>> = {
  trackEvents: 'that its evaluations are sent as events',
  trackEventsFallthrough: 'that its fallthrough is sent as events',
  debugEventsUntilDate: 'until when its evaluations are sent for debugging',
  migration: 'that it is a migration flag',
  samplingRatio: 'how many of its events are sent',
  excludeFromSummaries: 'that it is left out of summaries',
  tags: 'its tags',
  customProperties: 'its custom properties',
  experiments: 'its experiments',
  goalIds: 'its metrics',
}

function extrasOf(flag: JsonObject, config: JsonObject): readonly string[] {
  return Object.entries(MEANT).flatMap(([name, what]) =>
    [flag[name], config[name]].some(isSomething) ? [what] : [],
  )
}

function isSomething(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === false) return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

function readSegment(segment: JsonObject): LaunchDarklySegment | undefined {
  if (booleanOf(segment['deleted'])) return undefined
  return {
    key: textOf(segment['key']) ?? '',
    name: textOf(segment['name']),
    description: textOf(segment['description']),
    included: segmentTargetsOf(segment['includedContexts'], segment['included']),
    excluded: segmentTargetsOf(segment['excludedContexts'], segment['excluded']),
    rules: listOf(segment['rules'], 'its rules').map(segmentRuleOf),
    salt: typeof segment['salt'] === 'string' ? segment['salt'] : undefined,
    unbounded: booleanOf(segment['unbounded']),
  }
}
