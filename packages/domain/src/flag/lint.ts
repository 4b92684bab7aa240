/**
 * Is a strategy appropriate (P-S1-10, P-S1-12)? Consistency rules, each with a stable id and a
 * plain sentence, so that whoever decides the step reads why not.
 */
import type { Layer } from '@flagmarshal/evaluation'

import type { Strategy } from './strategy.ts'

/** A rule that a strategy breaks. */
export interface StrategyFault {
  /** Stable and kebab-case. */
  readonly rule: string
  readonly message: string
}

/** What the strategy must agree with. Whatever is absent is not checked. */
export interface StrategyFacts {
  /** Layers in which there is code for the feature. */
  readonly codeLayers?: readonly Layer[]
  readonly required?: 'gradual' | 'immediate'
}

/** Every rule that the strategy breaks; fields that are not written yet are not judged. */
export function lintStrategy(strategy: Partial<Strategy>, facts: StrategyFacts): readonly StrategyFault[] {
  return [
    ...lintRisk(strategy, facts),
    ...lintExposure(strategy),
    ...lintKind(strategy),
    ...lintLayers(strategy, facts),
  ]
}

/** Whether the flag has an end, or says why it has none. */
export function lintLife({ type, life }: Partial<Strategy>): readonly StrategyFault[] {
  if (life === undefined || type === undefined) return []
  const ends = type === 'release' || type === 'experiment'
  if (ends && (life.endsOn === undefined || life.retirement === undefined)) {
    return [
      fault(
        'flag-without-end',
        `A ${type} flag needs a day on which it ends and what must be so before it can go.`,
      ),
    ]
  }
  if (!ends && life.staysBecause === undefined && life.endsOn === undefined) {
    return [fault('flag-stays-unexplained', `A flag of type ${type} that has no end says why it stays.`)]
  }
  return []
}

function lintRisk(
  { review, mitigation, rollout }: Partial<Strategy>,
  facts: StrategyFacts,
): readonly StrategyFault[] {
  const high = review?.riskLevel === 'high'
  return [
    ...(high && mitigation?.quickDisable === false
      ? [
          fault(
            'high-risk-without-quick-disable',
            'A feature of high risk must be possible to disable at once.',
          ),
        ]
      : []),
    ...(high && mitigation?.rollback === false
      ? [fault('high-risk-without-rollback', 'A feature of high risk needs a way back.')]
      : []),
    ...(high && rollout?.gradual === false
      ? [fault('high-risk-at-once', 'A feature of high risk reaches its users in stages.')]
      : []),
    ...(rollout?.gradual === true && mitigation?.monitoring.length === 0
      ? [fault('gradual-without-monitoring', 'A gradual rollout names what is watched between its stages.')]
      : []),
    ...(facts.required === 'gradual' && rollout?.gradual === false
      ? [
          fault(
            'not-gradual-as-required',
            'The business asks for a gradual rollout; the strategy exposes everybody at once.',
          ),
        ]
      : []),
  ]
}

function lintExposure({ approach, rollout, targeting }: Partial<Strategy>): readonly StrategyFault[] {
  const percents = rollout?.targetPercents ?? []
  const falls = percents.some((it, index) => it < (percents[index - 1] ?? 0))
  return [
    ...(rollout?.gradual === true && approach === 'boolean'
      ? [
          fault(
            'gradual-without-share',
            'A gradual rollout needs percentages or targeting; a boolean flag has neither.',
          ),
        ]
      : []),
    ...(rollout?.gradual === true && percents.length === 0
      ? [fault('gradual-without-stages', 'A gradual rollout says which share each stage reaches.')]
      : []),
    ...(falls ? [fault('share-falls', 'The share of users never falls from one stage to the next.')] : []),
    ...(percents.length > 0 && percents.at(-1) !== 100
      ? [fault('never-everybody', 'The last stage reaches 100 % of its users.')]
      : []),
    ...(targeting?.audience === 'segments' && targeting.segments.length === 0
      ? [fault('segments-unnamed', 'Targeting by segments names the segments.')]
      : []),
    ...(targeting?.audience === 'geography' && targeting.detail === undefined
      ? [fault('geography-unnamed', 'Targeting by geography says which.')]
      : []),
  ]
}

function lintKind({ type, approach, targeting, experiment }: Partial<Strategy>): readonly StrategyFault[] {
  const trial = type === 'experiment'
  return [
    ...(trial && (experiment?.variants.length ?? 0) < 2
      ? [fault('experiment-without-variants', 'An experiment compares at least two variants.')]
      : []),
    ...(trial && experiment?.metric === undefined
      ? [fault('experiment-without-metric', 'An experiment names the metric that it is about.')]
      : []),
    ...(type === 'ops' && targeting !== undefined && targeting.audience !== 'all'
      ? [fault('ops-with-targeting', 'An ops flag works for everybody; it has no audience.')]
      : []),
    ...(type === 'permission' && approach !== undefined && approach !== 'targeting'
      ? [
          fault(
            'permission-without-targeting',
            'A permission flag is decided by who the user is: use targeting.',
          ),
        ]
      : []),
  ]
}

function lintLayers({ layers, bucketBy }: Partial<Strategy>, facts: StrategyFacts): readonly StrategyFault[] {
  if (layers === undefined) return []
  const uncovered = (facts.codeLayers ?? []).filter((it) => !layers.includes(it))
  const keys = new Set(layers.map((it) => bucketBy?.[it]))
  return [
    ...uncovered.map((it) =>
      fault('layer-uncovered', `There is code in the ${it}, but the strategy does not name this layer.`),
    ),
    ...(layers.length > 1 && (keys.size > 1 || keys.has(undefined))
      ? [
          fault(
            'layers-bucket-apart',
            'Every layer must bucket by the same attribute, or a user gets the feature in one and not in the other.',
          ),
        ]
      : []),
  ]
}

function fault(rule: string, message: string): StrategyFault {
  return { rule, message }
}
