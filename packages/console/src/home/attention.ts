/**
 * What needs a person now, most urgent first: harm, then what stands still until somebody acts, then
 * work. Pure, so that a test can say who is asked for what.
 */
import { paths } from '../paths.ts'
import type { Standing } from './standing.ts'

/** Something that waits for this person. */
export interface Attention {
  readonly key: string
  /** A state for `Status`. */
  readonly state: string
  readonly word: string
  readonly feature: string
  readonly project: string
  readonly sentence: string
  /** The page on which it is done. */
  readonly to: string
  /** The command that does the same. */
  readonly command: string | undefined
  /** 0 is the most urgent. */
  readonly rank: number
}

const STUCK: Readonly<Record<string, number>> = { rollback_failed: 0, rolling_back: 1, held: 2, paused: 3 }

/** What waits for the person with this id, most urgent first. */
export function attentionOf(standings: readonly Standing[], person: string): readonly Attention[] {
  return standings
    .flatMap((it) => [...rolloutAttention(it), ...runAttention(it, person)])
    .toSorted((a, b) => a.rank - b.rank || a.feature.localeCompare(b.feature))
}

function rolloutAttention({ feature, rollout }: Standing): readonly Attention[] {
  const rank = rollout === undefined ? undefined : STUCK[rollout.state]
  if (rollout === undefined || rank === undefined) return []
  return [
    {
      key: rollout.id,
      state: rollout.state,
      word: rollout.state.replaceAll('_', ' '),
      feature: feature.name,
      project: feature.project,
      sentence: rollout.status,
      to: paths.feature(feature.project, feature.key),
      command: `flagmarshal rollout status ${feature.key}`,
      rank,
    },
  ]
}

/** Of a run the first act that is this person's; one line a feature keeps the page readable. */
function runAttention({ feature, run }: Standing, person: string): readonly Attention[] {
  const mine = run?.nextActions.filter((it) => it.who.includes(person)) ?? []
  const [first] = mine
  if (run === undefined || first === undefined) return []
  const approval = run.waitsFor === 'approval' || run.waitsFor === 'review'
  const more = mine.length === 1 ? '' : ` and ${mine.length - 1} more`
  return [
    {
      key: run.id,
      state: approval ? 'awaiting_approval' : run.state === 'halted' ? 'halted' : 'open',
      word: first.role === null ? 'Your turn' : `Your turn, ${first.role.replaceAll('-', ' ')}`,
      feature: feature.name,
      project: feature.project,
      sentence: `${first.title}${more}`,
      to: actPath(feature.project, feature.key, run.step, run.waitsFor),
      command: first.command,
      rank: approval ? 4 : run.state === 'halted' ? 5 : 6,
    },
  ]
}

/** The page on which what a run waits for is done. */
export function actPath(project: string, feature: string, step: number | null, waitsFor: string): string {
  if (waitsFor === 'inputs') return paths.inputs(project, feature)
  if (waitsFor === 'work-plan') return paths.workPlan(project, feature)
  if (['review', 'approval', 'schedule'].includes(waitsFor)) return paths.approval(project, feature)
  if (step !== null && ['decision', 'acknowledgement'].includes(waitsFor)) {
    return paths.step(project, feature, step)
  }
  return paths.feature(project, feature)
}
