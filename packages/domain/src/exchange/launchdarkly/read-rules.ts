/** The parts of LaunchDarkly's flags and segments that decide, read. */
import type { JsonObject, JsonValue } from '@flagmarshal/evaluation'

import { isObject } from '../flagd-read.ts'
import { NotHere } from '../imported.ts'
import { booleanOf, listOf, objectOf, textOf, textsOf } from './json.ts'
import type { Clause, FlagRule, Rollout, SegmentRule, SegmentTarget, Served, Target } from './model.ts'

/** The targets of a flag. */
export function targetsOf(value: JsonValue | undefined): readonly Target[] {
  return listOf(value, 'its targets').map((given) => {
    const it = objectOf(given)
    return {
      contextKind: textOf(it['contextKind']),
      values: textsOf(it['values'], 'the keys of a target'),
      variation: it['variation'] ?? undefined,
    }
  })
}

/** Keys by kind, and those of users after them. */
export function segmentTargetsOf(
  byKind: JsonValue | undefined,
  users: JsonValue | undefined,
): readonly SegmentTarget[] {
  const kinds = listOf(byKind, 'its members').map((given) => ({
    contextKind: textOf(objectOf(given)['contextKind']) ?? 'user',
    values: textsOf(objectOf(given)['values'], 'its members'),
  }))
  return [...kinds, { contextKind: 'user', values: textsOf(users, 'its members') }].filter(
    ({ values }) => values.length > 0,
  )
}

/** A rule of a flag. */
export function ruleOf(given: JsonValue): FlagRule {
  const rule = objectOf(given)
  const { clauses } = rule
  return {
    ...servedOf(rule),
    description: textOf(rule['description']),
    clauses:
      clauses === undefined || clauses === null
        ? undefined
        : listOf(clauses, 'the clauses of a rule').map(clauseOf),
  }
}

/** What a rule or the fallthrough serves. */
export function servedOf(given: JsonObject): Served {
  const { variation, rollout } = given
  return {
    variation: variation ?? undefined,
    rollout: isObject(rollout) ? rolloutOf(rollout) : undefined,
  }
}

function rolloutOf(rollout: JsonObject): Rollout {
  const { kind, experimentAllocation, seed } = rollout
  return {
    experiment: kind === 'experiment',
    unsure: kind === undefined && isObject(experimentAllocation),
    contextKind: textOf(rollout['contextKind']),
    bucketBy: textOf(rollout['bucketBy']),
    seed: seed ?? undefined,
    variations: listOf(rollout['variations'], 'the variations of a rollout').map((given) => {
      const it = objectOf(given)
      return { variation: it['variation'] ?? undefined, weight: it['weight'] ?? undefined }
    }),
  }
}

/** A clause. Throws NotHere where it has no operator. */
export function clauseOf(given: JsonValue): Clause {
  const clause = objectOf(given)
  const { op } = clause
  if (typeof op !== 'string') throw new NotHere('a clause of it has no operator')
  return {
    attribute: textOf(clause['attribute']),
    contextKind: textOf(clause['contextKind']),
    op,
    values: listOf(clause['values'], 'the values of a clause'),
    negate: booleanOf(clause['negate']),
  }
}

/** A rule of a segment. */
export function segmentRuleOf(given: JsonValue): SegmentRule {
  const rule = objectOf(given)
  return {
    clauses: listOf(rule['clauses'], 'the clauses of a rule').map(clauseOf),
    weight: rule['weight'] ?? undefined,
    bucketBy: textOf(rule['bucketBy']),
    rolloutContextKind: textOf(rule['rolloutContextKind']),
  }
}
