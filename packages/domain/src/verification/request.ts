/**
 * What connected SDKs are asked in a verification run, and what their answers amount to: the same
 * drafts and contexts as the engine's own, so that they must answer alike, one by one.
 */
import { BUCKETS, compile, raise } from '@flagmarshal/evaluation'
import type {
  Engines,
  EvaluationContext,
  Flag,
  Segment,
  VerificationAnswers,
  VerificationRequest,
} from '@flagmarshal/evaluation'

import { withoutPrerequisites } from '../flag/prerequisite.ts'

/** Contexts in a request. */
export const CONTEXTS = 500
/** Shares of everybody at which an exposure is tried, in percent. */
const PERCENTS = [25, 50] as const
const SALT = 'verificationrun'

/** What the request is made from. */
export interface RequestFacts {
  readonly id: string
  readonly flag: Flag
  readonly segments: readonly Segment[]
  /** Contexts of the targeting cases; they come first. */
  readonly contexts: readonly EvaluationContext[]
}

/** The drafts: disabled, enabled as configured, and exposed to a growing share of everybody. */
export function verificationRequest({ id, flag, segments, contexts }: RequestFacts): VerificationRequest {
  // By itself: an instance that is asked has no other flag's draft.
  const alone = withoutPrerequisites(flag)
  const draft: Flag = { ...alone, enabled: true, rules: flag.rules.filter((it) => it.rollout === undefined) }
  const treatment = treatmentOf(flag)
  const given = contexts.slice(0, CONTEXTS)
  return {
    id,
    flag: flag.key,
    drafts: [
      { name: 'disabled', flag: { ...draft, enabled: false } },
      { name: 'enabled', flag: draft },
      ...(treatment === undefined
        ? []
        : PERCENTS.map((percent) => ({
            name: `exposed to ${percent} %`,
            flag: exposedDraft(draft, { treatment, percent, id: 'verification' }),
          }))),
    ],
    segments,
    contexts: [
      ...given,
      ...Array.from({ length: CONTEXTS - given.length }, (_, i) => ({ targetingKey: `synthetic-${i}` })),
    ],
  }
}

/** The variant that a verification turns on: the first that is not the off variant. */
export function treatmentOf(flag: Pick<Flag, 'variants' | 'offVariant'>): string | undefined {
  return Object.keys(flag.variants).find((it) => it !== flag.offVariant)
}

/** The flag as a rollout would serve it to a share of everybody, in percent, and to nobody else. */
export function exposedDraft(
  draft: Flag,
  { treatment, percent, id }: { readonly treatment: string; readonly percent: number; readonly id: string },
): Flag {
  const ranges = raise([], (percent / 100) * BUCKETS)
  const audiences = [{ id: 'everybody', when: { all: [] }, ranges }]
  const exposure = { by: 'targetingKey', salt: SALT, hash: 'murmur3' as const, audiences, variant: treatment }
  const rollout = { id, attempt: 1, treatment, control: draft.offVariant, keySampleRate: 0 }
  const rule = { id, name: 'verification', when: { all: [] }, serve: { exposure }, rollout }
  return { ...draft, enabled: true, rules: [rule], fallthrough: { variant: draft.offVariant } }
}

/** Where the answers of an instance differ from the engine's, in a sentence a draft. */
export function differences(
  request: VerificationRequest,
  given: VerificationAnswers,
  engines: Engines = {},
): readonly string[] {
  return request.drafts.flatMap(({ name, flag }) => {
    const answered = given.answers.find((it) => it.draft === name)?.variants
    if (answered === undefined) return [`${given.instanceId} did not answer the draft ${name}`]
    const compiled = compile({ flags: [flag], segments: request.segments }, engines).flag(flag.key)
    const different = request.contexts.filter((context, index) => {
      const evaluation = compiled?.decide(context).evaluation
      const variant = evaluation !== undefined && 'variant' in evaluation ? evaluation.variant : null
      return variant !== answered[index]
    })
    return different.length === 0
      ? []
      : [
          `${given.instanceId}, draft ${name}: ${different.length} of ${request.contexts.length} contexts get another variant`,
        ]
  })
}
