/**
 * What of a flag the approvals cover (its baseline): variants, off variant, every rule but the one
 * that a rollout owns, and the definition of the segments that they name. Whether the flag is on,
 * kills, and what the controller does inside an approved plan are not in it.
 */
import type { Condition, Flag, Segment } from '@flagmarshal/evaluation'

import type { JsonObject } from '../run.ts'
import type { EnvironmentFacts, FlagFacts } from './facts.ts'

/** The baseline of a flag over all environments; `{ flag: null }` while there is none. */
export function baselineOf(
  flag: FlagFacts | undefined,
  environments: readonly EnvironmentFacts[],
): JsonObject {
  if (flag === undefined) return { flag: null }
  const { key, kind, layers, owner, configurations } = flag
  return asJson({
    flag: key,
    kind,
    layers,
    owner,
    environments: configurations
      .toSorted((a, b) => (a.environment < b.environment ? -1 : 1))
      .map(({ environment, flag: served, prerequisites = [] }) => {
        const segments = environments.find((it) => it.key === environment)?.segments ?? []
        return {
          environment,
          ...servedBaseline(served),
          ...(prerequisites.length === 0 ? {} : { prerequisites }),
          segments: namedSegments(served, segments),
        }
      }),
  })
}

function servedBaseline({ valueType, variants, offVariant, rules, fallthrough }: Flag): object {
  return {
    valueType,
    variants,
    offVariant,
    fallthrough,
    rules: rules.filter((it) => it.rollout === undefined),
  }
}

/** Member lists are not part of a segment's definition: who belongs to it may change without a new approval. */
function namedSegments(flag: Flag, segments: readonly Segment[]): readonly object[] {
  const names = new Set(
    flag.rules.filter((it) => it.rollout === undefined).flatMap((it) => segmentsIn(it.when)),
  )
  return segments
    .filter((it) => names.has(it.key))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ key, when }) => ({ key, when: when ?? null }))
}

function segmentsIn(condition: Condition): readonly string[] {
  if ('all' in condition) return condition.all.flatMap(segmentsIn)
  if ('any' in condition) return condition.any.flatMap(segmentsIn)
  if ('not' in condition) return segmentsIn(condition.not)
  return 'segment' in condition ? [condition.segment] : []
}

function asJson(value: object): JsonObject {
  const json: JsonObject = JSON.parse(JSON.stringify(value))
  return json
}
