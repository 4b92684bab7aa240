/**
 * A flag of GO Feature Flag's as its scheduled steps have made it by now. A step changes rules by their
 * names, adds others, and replaces what else it names.
 */
import type { JsonObject, JsonValue } from '@flagmarshal/evaluation'

import { isList, isObject } from '../flagd-read.ts'
import { instantOf } from './rules.ts'

/** The flag with every step that is due; `later` are the dates of the others. */
export function scheduled(
  flag: JsonObject,
  now: Date,
): { readonly flag: JsonObject; readonly later: readonly string[] } {
  const { scheduledRollout } = flag
  const steps = isList(scheduledRollout) ? scheduledRollout.filter(isObject) : []
  const later: string[] = []
  let current = flag
  for (const step of steps) {
    const at = instantOf(step['date'])
    if (at === undefined) continue
    if (at <= now.getTime()) current = withStep(current, step)
    else later.push(new Date(at).toISOString())
  }
  return { flag: current, later }
}

function withStep(flag: JsonObject, step: JsonObject): JsonObject {
  const { targeting, defaultRule, variations, experimentation, disable } = step
  return {
    ...flag,
    ...(targeting === undefined
      ? {}
      : { targeting: mergedRules(rulesOf(flag['targeting']), rulesOf(targeting)) }),
    ...(isObject(defaultRule) ? { defaultRule: mergedRule(objectOf(flag['defaultRule']), defaultRule) } : {}),
    ...(isObject(variations) ? { variations: { ...objectOf(flag['variations']), ...variations } } : {}),
    ...(isObject(experimentation)
      ? { experimentation: { ...objectOf(flag['experimentation']), ...experimentation } }
      : {}),
    ...(typeof disable === 'boolean' ? { disable } : {}),
  }
}

function mergedRules(rules: readonly JsonObject[], updates: readonly JsonObject[]): readonly JsonObject[] {
  const byName = new Map(
    updates.flatMap((it) => (typeof it['name'] === 'string' ? [[it['name'], it] as const] : [])),
  )
  const names = new Set(rules.map((it) => it['name']))
  const changed = rules.map((rule) => {
    const update = typeof rule['name'] === 'string' ? byName.get(rule['name']) : undefined
    return update === undefined ? rule : mergedRule(rule, update)
  })
  return [...changed, ...updates.filter((it) => it['name'] === undefined || !names.has(it['name']))]
}

/** Percentages and steps are merged one by one; a percentage below zero takes its variation away. */
function mergedRule(rule: JsonObject, update: JsonObject): JsonObject {
  const [before, after] = [objectOf(rule['progressiveRollout']), objectOf(update['progressiveRollout'])]
  const steps = ['initial', 'end'].map((it) => [it, { ...objectOf(before[it]), ...objectOf(after[it]) }])
  const merged = {
    ...rule,
    ...update,
    ...(Object.keys(after).length === 0
      ? {}
      : { progressiveRollout: Object.fromEntries(steps) as JsonObject }),
  }
  const percentage = isObject(update['percentage'])
    ? Object.fromEntries(
        Object.entries({ ...objectOf(rule['percentage']), ...update['percentage'] }).filter(
          ([, share]) => !(typeof share === 'number' && share < 0),
        ),
      )
    : undefined
  return percentage === undefined ? merged : { ...merged, percentage }
}

function rulesOf(value: JsonValue | undefined): readonly JsonObject[] {
  return isList(value) ? value.filter(isObject) : []
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {}
}
