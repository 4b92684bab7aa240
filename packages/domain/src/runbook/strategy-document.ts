/** Document 1: the flag strategy, with what was decided on the way. */
import type { DocumentFacts } from './facts.ts'
import { linesAt, textAt, valueAt } from './facts.ts'
import type { Document } from './tree.ts'
import { fields, list, section, table, text } from './tree.ts'

/** The sections that it must have. */
export const STRATEGY_OUTLINE = [
  'context',
  'approach',
  'layers',
  'dependencies',
  'targeting',
  'fallback',
  'alternatives',
  'mitigation',
  'retirement',
  'decisions',
] as const

export function strategyDocument(facts: DocumentFacts): Document {
  const strategy = facts.outputs['strategy']
  const at = (path: string) => textAt(strategy, path)
  const stays = at('life.staysBecause')
  return {
    name: 'strategy',
    title: `Flag strategy: ${facts.feature.name}`,
    sections: [
      section(
        'context',
        'Context and risk',
        fields([
          ['Scope', at('review.scope')],
          ['Complexity', at('review.complexity')],
          ['Risk level', at('review.riskLevel')],
          ['User impact', at('review.userImpact')],
        ]),
      ),
      section(
        'approach',
        'Type and approach',
        fields([
          ['Type', at('type')],
          ['Approach', at('approach')],
          ['Gradual', at('rollout.gradual')],
          ['Target percents', at('rollout.targetPercents') || 'none: everybody at once'],
          ['Flag system', at('implementation.flagSystem')],
          ['Configuration', at('implementation.configuration')],
          ['Code', at('implementation.code')],
          ...experimentOf(facts),
        ]),
      ),
      section('layers', 'Layers', layersOf(facts)),
      section(
        'dependencies',
        'Dependencies',
        list(linesAt(strategy, 'review.dependencies'), 'There are none.'),
      ),
      section(
        'targeting',
        'Targeting and bucketing',
        fields([
          ['Audience', at('targeting.audience')],
          ['Segments', at('targeting.segments') || 'none'],
          ['Detail', at('targeting.detail') || 'nothing beyond the audience'],
        ]),
      ),
      section('fallback', 'When the flag system cannot be reached', fallbackOf(facts)),
      section(
        'alternatives',
        'Alternatives',
        text(
          `Deployment approach: ${approachOf(facts)}. The rationale of each decision below says what else was weighed.`,
        ),
      ),
      section(
        'mitigation',
        'Risk mitigation',
        fields([
          ['Quick disable', at('mitigation.quickDisable')],
          ['Every instance follows within', `${at('mitigation.disableWithinMs') || '5000'} ms`],
          ['Rollback', at('mitigation.rollback')],
          ['Monitoring', at('mitigation.monitoring') || 'only what the rollout plan names'],
        ]),
      ),
      section(
        'retirement',
        'Life and retirement',
        fields([
          ['Owner', at('life.owner')],
          ['Ends on', at('life.endsOn') || (stays === '' ? '' : `never: ${stays}`)],
          ['Retired when', at('life.retirement') || (stays === '' ? '' : 'it stays')],
        ]),
      ),
      section('decisions', 'Decisions', decisionsTable(facts, [1])),
    ],
  }
}

/** The Gos of these steps, with what was overridden. */
export function decisionsTable(facts: DocumentFacts, wanted: readonly number[]): ReturnType<typeof table> {
  const rows = facts.decisions
    .filter((it) => wanted.includes(it.step))
    .map((it) => [
      `${it.step}, ${it.title}`,
      `${it.by} (${it.role})`,
      it.rationale,
      it.overrides.map((one) => `${one.check}: ${one.reason}`).join('; ') || 'none',
    ])
  return table(['Step', 'Go by', 'Why', 'Overridden checks'], rows)
}

function layersOf(facts: DocumentFacts): ReturnType<typeof table> {
  const strategy = facts.outputs['strategy']
  const rows = linesAt(strategy, 'layers').map((layer) => [
    layer,
    textAt(strategy, `bucketBy.${layer}`) || 'targetingKey',
  ])
  return table(['Layer', 'Buckets by'], rows)
}

function fallbackOf({ flag }: DocumentFacts): ReturnType<typeof text> {
  const key = textAt(flag, 'flag')
  return text(
    key === ''
      ? ''
      : `An application that has been connected goes on with the last configuration that it got. One that never was gets the default in its own code; for ${key} that must be what the flag serves while it is off.`,
  )
}

function approachOf({ inputs }: DocumentFacts): string {
  return textAt(inputs['P-I7'], 'text') || textAt(inputs['P-I7'], 'approach') || 'not stated'
}

function experimentOf({ outputs }: DocumentFacts): readonly (readonly [string, string])[] {
  const experiment = valueAt(outputs['strategy'], 'experiment')
  if (experiment === undefined) return []
  return [
    ['Experiment', textAt(experiment, 'variants')],
    ['Its metric', textAt(experiment, 'metric') || 'none'],
  ]
}
