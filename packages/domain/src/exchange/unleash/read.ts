/**
 * A file of Unleash, read: what `/api/client/features` answers, the export of features of the admin
 * interface (one environment), the older state export (several), and the list of features of a project.
 */
import type { JsonObject, JsonValue } from '@flagmarshal/evaluation'

import { isList, isObject } from '../flagd-read.ts'
import type { ReportLine } from '../report.ts'
import type {
  Constraint,
  Dependency,
  Feature,
  Override,
  Payload,
  Strategy,
  UnleashSegment,
  Variant,
} from './model.ts'

/** What a file holds. */
export interface UnleashFile {
  readonly features: readonly Feature[]
  readonly segments: readonly UnleashSegment[]
  /** Ids of segments that the file names without their constraints. */
  readonly hollow: readonly number[]
  readonly report: readonly ReportLine[]
}

/** What is said of a feature beside what the file itself says: nothing, the older formats have it elsewhere. */
interface Elsewhere {
  readonly enabled?: boolean
  readonly variants?: JsonValue
  readonly strategies?: readonly JsonObject[]
  readonly dependencies?: JsonValue
}

/** Kept, or of no meaning outside of the server that made the file. */
const KNOWN = new Set([
  'name',
  'type',
  'description',
  'enabled',
  'stale',
  'strategies',
  'variants',
  'dependencies',
  'impressionData',
  'project',
  'archived',
  'archivedAt',
  'createdAt',
  'createdBy',
  'lastSeenAt',
  'environments',
  'favorite',
  'id',
  'search',
  'collaborators',
  'tags',
  'links',
  'children',
  'lifecycle',
  'createdByUserId',
  'segments',
])

/** The features of one environment of a file. `*` stands for the only one there is. Never throws. */
export function readUnleash(definition: JsonObject, environment: string): UnleashFile {
  const report: ReportLine[] = []
  const events = listOf(definition['events'])
  const whole = events.length === 0 ? definition : afterEvents(events)
  const wanted = (it: JsonObject): boolean =>
    environment === '*' || it['environment'] === undefined || it['environment'] === environment
  const { segments, hollow } = readSegments(listOf(whole['segments']))
  if (!isList(whole['features']))
    report.push({
      severity: 'HIGH',
      entity: 'file',
      message: 'It has no features, so it is no file of Unleash.',
    })
  for (const names of environmentsIn(whole))
    if (environment === '*' && names.length > 1)
      report.push({
        severity: 'HIGH',
        entity: 'file',
        message: `It has several environments (${names.join(', ')}) and is left out: name one of them as theirs.`,
      })
    else if (environment !== '*' && !names.includes(environment))
      report.push({
        severity: 'HIGH',
        entity: 'file',
        message: `It has no environment ${environment}, only ${names.join(', ')}.`,
      })
  if (report.length > 0) return { features: [], segments: [], hollow: [], report }

  const features = listOf(whole['features']).flatMap((it): Feature[] => {
    const name = textOf(it['name'])
    if (name === undefined) {
      report.push({ severity: 'HIGH', entity: 'file', message: 'A feature without a name is left out.' })
      return []
    }
    const entity = `feature ${name}`
    if (it['archived'] === true) {
      report.push({ severity: 'LOW', entity, message: 'It is archived, and left out.' })
      return []
    }
    report.push(
      ...notKept(
        it,
        listOf(whole['featureTags']).some((tag) => tag['featureName'] === name),
      ).map((message) => ({ severity: 'LOW' as const, entity, message })),
    )
    const feature = readFeature(name, it, elsewhere(whole, name, it, { environment, wanted }))
    if (feature.disabledStrategies)
      report.push({
        severity: 'HIGH',
        entity,
        message:
          'All of its strategies are switched off, so it is imported as disabled: look at what Unleash serves.',
      })
    return [feature.feature]
  })
  return { features, segments, hollow, report }
}

/** Names of environments, where the parts of a file belong to some. */
function environmentsIn(whole: JsonObject): readonly (readonly string[])[] {
  const names = ['featureEnvironments', 'featureStrategies'].flatMap((part) =>
    listOf(whole[part]).flatMap((it) => textOf(it['environment']) ?? []),
  )
  const own = listOf(whole['features']).flatMap((it) =>
    listOf(it['environments']).flatMap((one) => textOf(one['name']) ?? []),
  )
  const distinct = [...new Set([...names, ...own])]
  return distinct.length === 0 ? [] : [distinct]
}

/** What the stream of changes comes to. */
function afterEvents(events: readonly JsonObject[]): JsonObject {
  const features = new Map<string, JsonValue>()
  const segments = new Map<string, JsonValue>()
  for (const event of events) {
    const { type, feature, segment } = event
    if (type === 'hydration') {
      for (const it of listOf(event['features'])) features.set(wordOf(it['name']), it)
      for (const it of listOf(event['segments'])) segments.set(wordOf(it['id']), it)
    } else if (type === 'feature-updated' && isObject(feature)) features.set(wordOf(feature['name']), feature)
    else if (type === 'feature-removed') features.delete(wordOf(event['featureName']))
    else if (type === 'segment-updated' && isObject(segment)) segments.set(wordOf(segment['id']), segment)
    else if (type === 'segment-removed') segments.delete(wordOf(event['segmentId']))
  }
  return { features: [...features.values()], segments: [...segments.values()] }
}

function readSegments(given: readonly JsonObject[]): Pick<UnleashFile, 'segments' | 'hollow'> {
  const segments: UnleashSegment[] = []
  const hollow: number[] = []
  for (const it of given) {
    const id = Number(it['id'])
    if (!isList(it['constraints'])) hollow.push(id)
    else {
      const description = textOf(it['description'])
      segments.push({
        id,
        name: textOf(it['name']) ?? `segment-${id}`,
        constraints: listOf(it['constraints']).map(readConstraint),
        ...(description === undefined ? {} : { description }),
      })
    }
  }
  return { segments, hollow }
}

function elsewhere(
  whole: JsonObject,
  name: string,
  feature: JsonObject,
  { environment, wanted }: { readonly environment: string; readonly wanted: (it: JsonObject) => boolean },
): Elsewhere {
  const own = listOf(feature['environments'])
  const inside = environment === '*' ? own[0] : own.find((it) => it['name'] === environment)
  if (inside !== undefined)
    return {
      enabled: inside['enabled'] === true,
      ...(isList(inside['variants']) ? { variants: inside['variants'] } : {}),
      ...(isList(inside['strategies']) ? { strategies: listOf(inside['strategies']) } : {}),
    }
  const of = (part: string): readonly JsonObject[] =>
    listOf(whole[part]).filter((it) => it['featureName'] === name && wanted(it))
  const [state] = of('featureEnvironments')
  const dependencies = listOf(whole['dependencies']).filter((it) => it['feature'] === name)
  const strategies = of('featureStrategies').toSorted(
    (a, b) => Number(a['sortOrder'] ?? 0) - Number(b['sortOrder'] ?? 0),
  )
  const joined = listOf(whole['featureStrategySegments'])
  return {
    ...(state === undefined ? {} : { enabled: state['enabled'] === true }),
    ...(isList(state?.['variants']) ? { variants: state['variants'] } : {}),
    ...(isList(whole['featureStrategies'])
      ? { strategies: strategies.map((it) => withSegments(it, joined)) }
      : {}),
    ...(dependencies.length === 0
      ? {}
      : {
          dependencies: dependencies.flatMap((it) => (isList(it['dependencies']) ? it['dependencies'] : [])),
        }),
  }
}

function withSegments(strategy: JsonObject, joined: readonly JsonObject[]): JsonObject {
  const ids = joined
    .filter((it) => it['featureStrategyId'] === strategy['id'])
    .map((it) => it['segmentId'] ?? null)
  if (ids.length === 0) return strategy
  return { ...strategy, segments: [...(isList(strategy['segments']) ? strategy['segments'] : []), ...ids] }
}

function readFeature(
  name: string,
  it: JsonObject,
  { enabled, variants, strategies, dependencies }: Elsewhere,
): { readonly feature: Feature; readonly disabledStrategies: boolean } {
  const description = textOf(it['description'])
  const given = strategies ?? listOf(it['strategies'])
  const used = given.filter((strategy) => strategy['disabled'] !== true)
  const disabledStrategies = given.length > 0 && used.length === 0
  return {
    disabledStrategies,
    feature: {
      name,
      type: textOf(it['type']) ?? 'release',
      enabled: (enabled ?? it['enabled'] === true) && !disabledStrategies,
      strategies: used.map(readStrategy),
      variants: listOf(variants ?? it['variants']).map(readVariant),
      dependencies: listOf(dependencies ?? it['dependencies']).flatMap(readDependency),
      impressionData: it['impressionData'] === true,
      ...(description === undefined ? {} : { description }),
    },
  }
}

function readStrategy(it: JsonObject): Strategy {
  const title = textOf(it['title'])
  return {
    name: textOf(it['name']) ?? textOf(it['strategyName']) ?? '',
    parameters: Object.fromEntries(
      Object.entries(isObject(it['parameters']) ? it['parameters'] : {}).map(([key, value]) => [
        key,
        wordOf(value),
      ]),
    ),
    constraints: listOf(it['constraints']).map(readConstraint),
    segments: (isList(it['segments']) ? it['segments'] : []).map(Number),
    variants: listOf(it['variants']).map(readVariant),
    ...(title === undefined ? {} : { title }),
  }
}

function readConstraint(it: JsonObject): Constraint {
  const { value } = it
  return {
    contextName: wordOf(it['contextName']),
    operator: wordOf(it['operator']),
    values: textsOf(it['values']),
    ...(value === undefined || value === null ? {} : { value: wordOf(value) }),
    inverted: it['inverted'] === true,
    caseInsensitive: it['caseInsensitive'] === true,
  }
}

function readVariant(it: JsonObject): Variant {
  const stickiness = textOf(it['stickiness'])
  const payload = payloadOf(it['payload'])
  return {
    name: textOf(it['name']) ?? '',
    weight: Number(it['weight'] ?? 0),
    overrides: listOf(it['overrides']).map((one): Override => ({
      contextName: wordOf(one['contextName']),
      values: textsOf(one['values']),
    })),
    ...(stickiness === undefined ? {} : { stickiness }),
    ...(payload === undefined ? {} : { payload }),
  }
}

function payloadOf(it: JsonValue | undefined): Payload | undefined {
  if (!isObject(it)) return undefined
  const { type, value } = it
  return typeof value === 'string' ? { type: textOf(type) ?? 'string', value } : undefined
}

function readDependency(it: JsonObject): readonly Dependency[] {
  const feature = textOf(it['feature'])
  if (feature === undefined) return []
  return [{ feature, enabled: it['enabled'] !== false, variants: textsOf(it['variants']) }]
}

function notKept(it: JsonObject, tagged: boolean): readonly string[] {
  const other = Object.keys(it).filter((name) => !KNOWN.has(name))
  const filled = (name: string): boolean => listOf(it[name]).length > 0
  return [
    ...(it['stale'] === true ? ['It is marked as stale; here its lifetime says so.'] : []),
    ...(tagged || filled('tags') ? ['Its tags are not kept.'] : []),
    ...(filled('links') ? ['Its links are not kept.'] : []),
    ...(other.length === 0 ? [] : [`Its ${other.join(', ')} is not kept.`]),
  ]
}

function listOf(value: JsonValue | undefined): readonly JsonObject[] {
  return isList(value) ? value.filter(isObject) : []
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  return isList(value) ? value.filter((it) => it !== null).map(wordOf) : []
}

/** A text, or what a number or a truth value is as one. */
function wordOf(value: JsonValue | undefined): string {
  return typeof value === 'object' || value === undefined ? '' : String(value)
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
