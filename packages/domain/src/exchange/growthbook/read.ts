/**
 * GrowthBook's features as they stand in a file: what the SDK endpoint serves (`/api/features/<client
 * key>`), or what the REST API lists (`/api/v1/features`), with the SDK's definition of one environment.
 */
import type { JsonObject, JsonValue } from '@flagmarshal/evaluation'

import { isList, isObject } from '../flagd-read.ts'
import type { ReportLine } from '../report.ts'

/** A feature of the file. */
export interface ReadFeature {
  readonly key: string
  readonly enabled: boolean
  readonly description: string | undefined
  readonly owner: string | undefined
  /** Null where the caller's default is meant. */
  readonly defaultValue: JsonValue
  readonly rules: readonly JsonObject[]
}

/** A file, read. */
export interface ReadFile {
  readonly features: readonly ReadFeature[]
  readonly savedGroups: JsonObject
  readonly report: readonly ReportLine[]
}

/** The features of a file; what cannot be read is reported. `environment` is theirs, for the REST API. */
export function readGrowthbook(file: JsonObject, environment: string): ReadFile {
  const report: ReportLine[] = []
  const high = (entity: string, message: string): void =>
    void report.push({ severity: 'HIGH', entity, message })
  if ('encryptedFeatures' in file)
    high('file', 'Its features are encrypted: download it from an SDK connection without encryption.')
  else if (file['features'] === undefined) high('file', 'It has no features, so GrowthBook did not write it.')
  if (isList(file['experiments']) && file['experiments'].length > 0)
    high(
      'file',
      `Its ${file['experiments'].length} experiments outside of features (visual editor, redirects) are left out.`,
    )
  const found = entriesOf(file['features'])
  const features = found.flatMap(([key, value]) => {
    const read = isList(file['features']) ? fromApi(key, value, environment) : fromSdk(key, value)
    if (typeof read !== 'string') return [read]
    high(`flag ${key}`, `It is left out: ${read}.`)
    return []
  })
  return { features, savedGroups: groupsOf(file['savedGroups']), report }
}

/** A feature of the SDK endpoint is named by its place, one of the REST API by itself. */
function entriesOf(features: JsonValue | undefined): readonly (readonly [string, JsonValue])[] {
  if (isObject(features)) return Object.entries(features)
  if (!isList(features)) return []
  return features.map((it, index) => {
    const id = isObject(it) ? it['id'] : undefined
    return [typeof id === 'string' ? id : `number ${index}`, it] as const
  })
}

function fromSdk(key: string, value: JsonValue): ReadFeature | string {
  if (!isObject(value)) return 'it is no object'
  const { rules = [], defaultValue = null } = value
  if (!isList(rules) || !rules.every(isObject)) return 'its rules are no list of objects'
  return { key, enabled: true, description: undefined, owner: undefined, defaultValue, rules }
}

function fromApi(key: string, value: JsonValue, environment: string): ReadFeature | string {
  if (!isObject(value)) return 'it is no object'
  if (value['archived'] === true) return 'it is archived'
  const environments = isObject(value['environments']) ? value['environments'] : {}
  const here = Object.hasOwn(environments, environment) ? environments[environment] : undefined
  if (!isObject(here)) return `it has no environment ${environment}; name theirs, as in production:staging`
  const definition = parsed(here['definition'])
  if (!isObject(definition))
    return `it has no definition of ${environment} for SDKs; take the file of the SDK endpoint`
  const read = fromSdk(key, definition)
  if (typeof read === 'string') return read
  return {
    ...read,
    enabled: here['enabled'] === true,
    description: textOf(value['description']),
    owner: textOf(value['owner']),
  }
}

/** The REST API has the definition as a text of JSON. */
function parsed(text: JsonValue | undefined): JsonValue | undefined {
  if (typeof text !== 'string') return text
  try {
    // Whatever JSON has is a JsonValue.
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

/** Groups by their ids; the REST API lists them. */
function groupsOf(groups: JsonValue | undefined): JsonObject {
  if (isObject(groups)) return groups
  if (!isList(groups)) return {}
  const entries = groups.flatMap((it) => {
    if (!isObject(it) || typeof it['id'] !== 'string') return []
    const condition = parsed(it['condition'])
    return [[it['id'], condition === undefined ? it : { ...it, condition }] as const]
  })
  return Object.fromEntries(entries)
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}
