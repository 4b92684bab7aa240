/**
 * A proposed strategy (P-S1-9): what the review of the feature, the rollout requirement and the risk
 * tolerance suggest, each choice with its reason. People change it as they like; it keeps every
 * consistency rule by itself.
 */
import type { FlagKind, Layer } from '@flagmarshal/evaluation'

import type { Level, Strategy } from './strategy.ts'

export interface ProposalFacts {
  /** What the flag is created as; a release unless given. */
  readonly kind?: FlagKind
  /** Layers in which there is code for the feature (P-I2). */
  readonly layers: readonly Layer[]
  /** P-I9. */
  readonly required?: 'gradual' | 'immediate'
  /** P-S1-1. */
  readonly riskLevel?: Level
  /** P-I10: users who may be exposed before a person has looked. */
  readonly maxExposedUsers?: number
  readonly owner: string
  /** Today. */
  readonly now: Date
}

/** A choice and why. */
export interface Reason {
  /** Path into the strategy, like `rollout.targetPercents`. */
  readonly field: string
  readonly because: string
}

export interface Proposal {
  readonly strategy: Partial<Strategy>
  readonly reasons: readonly Reason[]
}

const STAGES: Readonly<Record<Level, readonly number[]>> = {
  low: [25, 50, 100],
  medium: [10, 25, 50, 100],
  high: [5, 10, 25, 50, 100],
}
const DAY_MS = 86_400_000
/** A release flag that outlives this is hardly looked at again. */
const RELEASE_DAYS = 90

/** What the facts suggest. An unknown risk is taken to be medium. */
export function proposeStrategy(facts: ProposalFacts): Proposal {
  const { kind = 'release', layers, required, owner, now } = facts
  const risk = facts.riskLevel ?? 'medium'
  const gradual = required !== 'immediate' || risk === 'high'
  const percents = gradual ? STAGES[risk] : [100]
  const targeted = kind === 'permission'
  const approach = targeted ? 'targeting' : gradual ? 'percentage' : 'boolean'
  const ends = kind === 'release' || kind === 'experiment'
  const endsOn = new Date(now.getTime() + RELEASE_DAYS * DAY_MS).toISOString().slice(0, 10)
  return {
    strategy: {
      type: kind,
      approach,
      layers,
      bucketBy: Object.fromEntries(layers.map((it) => [it, 'targetingKey'])),
      rollout: { gradual, targetPercents: percents },
      mitigation: { quickDisable: true, rollback: true, monitoring: ['errors', 'response time'] },
      targeting: { audience: 'all', segments: [] },
      life: ends
        ? { owner, endsOn, retirement: 'Everybody has it, and nobody has missed the way back for two weeks.' }
        : { owner, staysBecause: `A flag of type ${kind} is asked for as long as the feature exists.` },
    },
    reasons: [
      { field: 'type', because: `The flag is of type ${kind}.` },
      { field: 'approach', because: approachReason(approach) },
      { field: 'layers', because: `There is code for it in ${layers.join(', ')}.` },
      {
        field: 'bucketBy',
        because: 'All layers bucket by one key, so that a user gets the same everywhere.',
      },
      { field: 'rollout.gradual', because: gradualReason(required, risk) },
      { field: 'rollout.targetPercents', because: stagesReason(percents, risk, facts) },
      {
        field: 'mitigation',
        because: 'Turning it off at once costs nothing and is the first step of every rollback.',
      },
      {
        field: 'life',
        because: ends
          ? `A ${kind} flag ends: ${RELEASE_DAYS} days are enough to reach everybody and look back.`
          : `A flag of type ${kind} stays, and says why.`,
      },
    ],
  }
}

function approachReason(approach: 'targeting' | 'percentage' | 'boolean'): string {
  switch (approach) {
    case 'targeting':
      return 'A permission is decided by who the user is.'
    case 'percentage':
      return 'Growing in stages needs a share of users that can be raised.'
    case 'boolean':
      return 'Everybody gets it at once; nothing has to be shared out.'
  }
}

function gradualReason(required: ProposalFacts['required'], risk: Level): string {
  if (required === 'immediate' && risk === 'high')
    return 'P-I9 asks for an immediate rollout, but a feature of high risk reaches its users in stages.'
  return required === undefined
    ? 'P-I9 does not say yet; in stages a fault reaches few.'
    : `P-I9 asks for a rollout that is ${required}.`
}

function stagesReason(percents: readonly number[], risk: Level, { maxExposedUsers }: ProposalFacts): string {
  const looked =
    maxExposedUsers === undefined ? '' : ` P-I10 lets ${maxExposedUsers} users have it before a person looks.`
  return percents.length === 1
    ? 'One stage, because everybody gets it at once.'
    : `The risk is ${risk}: ${percents.length} stages, the first with ${percents[0]} %.${looked}`
}
