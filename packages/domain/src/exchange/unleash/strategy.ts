/**
 * Strategies: who they let in, as conditions and a share of keys.
 */
import type { Allocation, Condition } from '@flagmarshal/evaluation'

import { addressCondition, attributeOf, constraintCondition, isOneOf, NOBODY } from './constraint.ts'
import type { Note } from './constraint.ts'
import type { Strategy } from './model.ts'

/** The share of keys that a strategy lets in. */
export interface Share {
  readonly salt: string
  /** Whole percents, 1..100. */
  readonly percent: number
  /** Attributes of which the first that is there is bucketed. */
  readonly by: readonly string[]
  /** Whether a context without any of them is let in at 100 %. */
  readonly anyone: boolean
}

/** Whom a strategy lets in: for whom all conditions hold and whose key is in the share. */
export interface Gate {
  readonly when: readonly Condition[]
  readonly share?: Share
}

/** What Unleash calls default stickiness, but for the lot that it draws where none is there. */
export const ROLLOUT_KEYS = ['targetingKey', 'sessionId']
/** The same where variants are chosen. */
export const VARIANT_KEYS = [...ROLLOUT_KEYS, 'remoteAddress']

const PERCENT_BUCKETS = 1_000

/** The gate of a strategy; undefined where it lets in nobody. `segments` gives the condition of each id. */
export function gateOf(
  strategy: Strategy,
  segments: (id: number) => Condition,
  note: Note,
): Gate | undefined {
  const own = ownGate(strategy, note)
  if (own === undefined) return undefined
  const when = [
    ...strategy.constraints.map((it) => constraintCondition(it, note)),
    ...strategy.segments.map(segments),
    ...own.when,
  ]
  return when.some(isNobody) ? undefined : { ...own, when }
}

function isNobody(condition: Condition): boolean {
  return 'any' in condition && condition.any.length === 0
}

function ownGate({ name, parameters }: Strategy, note: Note): Gate | undefined {
  const parameter = (key: string): string => parameters[key] ?? ''
  switch (name) {
    case 'default':
      return { when: [] }
    case 'userWithId':
      return {
        when: [
          parameter('userIds') === ''
            ? NOBODY
            : isOneOf('targetingKey', parameter('userIds').split(/\s*,\s*/)),
        ],
      }
    case 'remoteAddress':
      return { when: [parameter('IPs') === '' ? NOBODY : addressCondition(parameter('IPs'))] }
    case 'applicationHostname':
      note(
        'HIGH',
        'A strategy asks for the host that the application runs on: here it is the attribute hostName, which the application must give.',
      )
      return {
        when: [
          {
            attribute: 'hostName',
            op: 'in',
            values: parameter('hostNames').split(/\s*,\s*/),
            ignoreCase: true,
          },
        ],
      }
    case 'gradualRolloutUserId':
      return shared(parameter('percentage'), {
        salt: parameter('groupId'),
        by: ['targetingKey'],
        anyone: false,
      })
    case 'gradualRolloutSessionId':
      return shared(parameter('percentage'), { salt: parameter('groupId'), by: ['sessionId'], anyone: false })
    case 'gradualRolloutRandom':
      return shared(parameter('percentage'), {
        salt: parameter('groupId'),
        ...drawn('random', note, parameter('percentage')),
      })
    case 'flexibleRollout':
      return shared(parameter('rollout'), {
        salt: parameter('groupId'),
        ...drawn(parameter('stickiness') || 'default', note, parameter('rollout')),
      })
    default:
      note(
        'HIGH',
        `Its strategy ${name} is left out: it is none of Unleash’s own, and whom it lets in is not in the file.`,
      )
      return undefined
  }
}

/** By what a rollout is sticky. Unleash draws a lot where nothing else is there; no evaluation here does. */
function drawn(stickiness: string, note: Note, percent: string): Pick<Share, 'by' | 'anyone'> {
  const partial = Number(percent) < 100
  if (stickiness === 'random') {
    if (partial)
      note(
        'MEDIUM',
        'A rollout draws a lot for each evaluation: here the same share of keys is let in, and stays in.',
      )
    return { by: ROLLOUT_KEYS, anyone: true }
  }
  if (stickiness !== 'default') return { by: [attributeOf(stickiness)], anyone: false }
  if (partial)
    note(
      'LOW',
      'A context with neither userId nor sessionId is in no partial rollout; Unleash draws a lot for it.',
    )
  return { by: ROLLOUT_KEYS, anyone: true }
}

function shared(given: string, share: Omit<Share, 'percent'>): Gate | undefined {
  const percent = Math.min(100, Math.floor(Number(given)))
  return percent >= 1 ? { when: [], share: { ...share, percent } } : undefined
}

/** Holds where the attribute can be bucketed. */
export function isThere(attribute: string): Condition {
  return { all: [{ attribute, op: 'exists' }, { not: { attribute, op: 'equals', values: [''] } }] }
}

/** For each attribute that may be bucketed, when it is the one. */
export function cascade(
  attributes: readonly string[],
): readonly { readonly by: string; readonly when: readonly Condition[] }[] {
  return attributes.map((by, index) => ({
    by,
    when: [...attributes.slice(0, index).map((it): Condition => ({ not: isThere(it) })), isThere(by)],
  }))
}

/** The share as the ranges of an allocation of one variant. */
export function allocationOf({ salt, percent }: Share, by: string, variant: string): Allocation {
  return { by, salt, hash: 'unleash', ranges: [{ from: 0, to: percent * PERCENT_BUCKETS, variant }] }
}

/** Whether a share lets in everybody, with a key or without. */
export function isWhole(share: Share | undefined): boolean {
  return share === undefined || (share.percent === 100 && share.anyone)
}

/** The share as conditions, for where more than one variant may follow. */
export function shareConditions(share: Share | undefined): readonly Condition[] {
  if (share === undefined || isWhole(share)) return []
  const { salt, percent, by } = share
  const ranges = [{ from: 0, to: percent * PERCENT_BUCKETS }]
  const parts = cascade(by).map(({ by: one, when }): Condition => {
    const inShare: readonly Condition[] =
      percent === 100 ? [] : [{ bucketed: { by: one, salt, hash: 'unleash', ranges } }]
    const all = [...when, ...inShare]
    return { all }
  })
  const [only] = parts
  return [only !== undefined && parts.length === 1 ? only : { any: parts }]
}
