/**
 * What flags ask of a context: which attributes, and the values that they are compared with. From this the
 * contexts of a comparison are made, so that every rule of a flag has somebody whom it is for.
 */
import { isList, isObject } from '@flagmarshal/domain/exchange/flagd-read'
import { isKeptLogic } from '@flagmarshal/evaluation'
import type { Comparison, Condition, Flag, JsonValue, Serve } from '@flagmarshal/evaluation'

import type { Served } from './adapter.ts'
import { near, neighboursOf } from './neighbours.ts'

/** One attribute that is asked for. */
export interface Asked {
  /** The kind of context that has it; absent where contexts have no kinds. */
  readonly kind: string | undefined
  /** Its name, and the names below it. */
  readonly path: readonly string[]
  /** Whether something is split by it, so that many different ones are of interest. */
  isKey: boolean
  /** Whether it is compared as a number: then it is given as nothing else. */
  isNumber: boolean
  readonly values: JsonValue[]
}

/** What a flag asks, with the flags and segments that it asks in turn. */
export function askedBy(flag: Flag, served: Served): readonly Asked[] {
  const all = new Map<string, Asked>()
  const seen = new Set<string>()
  const notes: Notes = {
    ask(path, kind) {
      const id = JSON.stringify([kind, ...path])
      const found = all.get(id) ?? { kind, path, isKey: false, isNumber: false, values: [] }
      all.set(id, found)
      return found
    },
    enter(what, key) {
      const isNew = !seen.has(`${what} ${key}`)
      seen.add(`${what} ${key}`)
      return isNew
    },
    served,
  }
  askFlag(flag, notes)
  return [...all.values()]
}

interface Notes {
  readonly ask: (path: readonly string[], kind?: string) => Asked
  /** Whether it is looked at for the first time. */
  readonly enter: (what: 'flag' | 'segment', key: string) => boolean
  readonly served: Served
}

function askFlag(flag: Flag, notes: Notes): void {
  if (!notes.enter('flag', flag.key)) return
  for (const it of flag.prerequisites ?? []) {
    const other = notes.served.flags.find(({ key }) => key === it.flag)
    if (other !== undefined) askFlag(other, notes)
  }
  for (const { when, serve } of flag.rules) {
    askCondition(when, notes)
    askServe(serve, notes)
  }
  askServe(flag.fallthrough, notes)
}

function askServe(serve: Serve, notes: Notes): void {
  if ('allocation' in serve) askKey(serve.allocation, notes)
}

function askKey(
  { by, contextKind }: { readonly by: string; readonly contextKind?: string },
  notes: Notes,
): void {
  notes.ask(pathOf(by, contextKind), contextKind).isKey = true
}

function askCondition(condition: Condition, notes: Notes): void {
  if ('all' in condition) for (const it of condition.all) askCondition(it, notes)
  else if ('any' in condition) for (const it of condition.any) askCondition(it, notes)
  else if ('not' in condition) askCondition(condition.not, notes)
  else if ('segment' in condition) askSegment(condition.segment, notes)
  else if ('jsonLogic' in condition) askLogic(condition.jsonLogic, notes)
  else if ('bucketed' in condition) askKey(condition.bucketed, notes)
  else if ('op' in condition) askComparison(condition, notes)
}

function askComparison(comparison: Comparison, notes: Notes): void {
  const { attribute, contextKind, op } = comparison
  const asked = notes.ask(pathOf(attribute, contextKind), contextKind)
  asked.values.push(...neighboursOf(comparison))
  if (['less-than', 'at-most', 'more-than', 'at-least'].includes(op)) asked.isNumber = true
}

function askSegment(key: string, notes: Notes): void {
  const segment = notes.served.segments.find((it) => it.key === key)
  if (segment === undefined || !notes.enter('segment', key)) return
  if (segment.when !== undefined) askCondition(segment.when, notes)
  const keys = [...(segment.include ?? []), ...(segment.exclude ?? [])]
  if (keys.length > 0) notes.ask(['targetingKey']).values.push(...keys)
}

/** JSONLogic may compare anything with anything: each of its attributes may have each of its values. */
function askLogic(logic: JsonValue, notes: Notes): void {
  if (isKeptLogic(logic)) return askGrowthbook(logic.growthbook, notes)
  const names = new Set<string>()
  const values: JsonValue[] = []
  const walk = (it: JsonValue): void => {
    if (isList(it)) return it.forEach(walk)
    if (!isObject(it)) return void values.push(...near(it))
    const { var: given, ...rest } = it
    const name = isList(given) ? given[0] : given
    if (typeof name === 'string' && name !== '' && !name.startsWith('$flagd')) names.add(name)
    Object.values(rest).forEach(walk)
  }
  walk(logic)
  for (const name of names) notes.ask(name.split('.')).values.push(...values)
}

const OF_LISTS = ['$all', '$alli', '$elemMatch', '$size', '$type']

/** A condition of GrowthBook's that is kept: attributes by their paths, operators below them. */
function askGrowthbook(condition: JsonValue, notes: Notes): void {
  if (!isObject(condition)) return
  for (const [name, it] of Object.entries(condition)) {
    if (name.startsWith('$')) {
      for (const one of isList(it) ? it : [it]) askGrowthbook(one, notes)
      continue
    }
    const asked = notes.ask(name === 'id' ? ['targetingKey'] : name.split('.'))
    const scalars = scalarsIn(it)
    const isOfList = isObject(it) && Object.keys(it).some((op) => OF_LISTS.includes(op))
    if (isOfList) asked.values.push([], scalars, scalars.slice(0, 1), [...scalars, 'x', 'y'])
    else asked.values.push(...scalars.flatMap(near))
    if (isObject(it) && !Object.keys(it).some((op) => op.startsWith('$'))) asked.values.push(it)
  }
}

function scalarsIn(it: JsonValue): JsonValue[] {
  if (typeof it !== 'object' || it === null) return it === null ? [] : [it]
  return Object.values(it).flatMap(scalarsIn)
}

/** References of contexts of a kind may lead into objects; all others are names as they stand. */
function pathOf(attribute: string, kind: string | undefined): readonly string[] {
  if (kind === undefined) return [attribute]
  if (attribute === 'key') return ['targetingKey']
  if (!attribute.startsWith('/')) return [attribute]
  const names = attribute.slice(1).split('/')
  return names.map((it) => it.replaceAll('~1', '/').replaceAll('~0', '~'))
}
