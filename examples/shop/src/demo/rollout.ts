/**
 * Starts a rollout and watches it to its end, printing each decision with its reason as the engine
 * makes it. Nobody here touches it: from the start on the system acts alone.
 */
import { setTimeout as pause } from 'node:timers/promises'

import type { Second } from '../shoppers/tally.ts'
import type { Cast } from './cast.ts'
import { DemoFailure, must } from './failure.ts'
import type { Answer } from './failure.ts'
import type { Output } from './output.ts'
import { ALPHA, BETA, CEILING } from './plan.ts'
import { PROJECT } from './set-up.ts'

/** A rollout as the API shows it. */
export type Rollout = Answer<'showRollout'>
type Decision = Answer<'listRolloutDecisions'>['items'][number]

/** What watching needs. */
export interface Watch {
  readonly cast: Cast
  readonly output: Output
  /** The latest second of traffic. */
  readonly traffic: () => Second | undefined
  /** Longer than this and the demo fails. */
  readonly limitMs: number
}

const LOOK_MS = 500

/** Where a rollout does not move any more by itself. */
const ENDED: readonly Rollout['state'][] = ['completed', 'rolled_back', 'rollback_failed', 'aborted']

/** Starts the rollout of an approved run. Answers its id. */
export async function startRollout({ cast, output }: Watch, run: string): Promise<string> {
  const { client, name } = cast.operationsLead
  const answer = await client.call('startRollout', { params: { project: PROJECT }, body: { run } })
  const { id } = must('Starting the rollout', answer)
  output.line(`${name} starts the rollout; from here on the system acts alone`, 'done')
  return id
}

/** How to read the decisions, for somebody who sees them for the first time. */
export function explainTests(output: Output): void {
  const evidence = (chance: number): string => `log e ≥ ${Math.log(1 / chance).toFixed(2)}`
  output.text(
    `Exposed shoppers get the feature, those of the control do not. Each half second the failed requests of both are counted and three tests look at them. F1r asks whether the exposed fail more often than the control: at ${evidence(ALPHA)} the feature is rolled back at once. F2b-safe and block-abs ask whether surely less than ${100 * CEILING} % of the exposed requests fail: only with ${evidence(BETA)}, and no sign of harm, exposure grows. As long as neither is shown, the system waits.`,
    4,
  )
}

/** Watches a rollout to its end. */
export async function watchRollout(watch: Watch, id: string): Promise<Rollout> {
  const { client } = watch.cast.operationsLead
  const params = { project: PROJECT, rollout: id }
  const began = performance.now()
  let seen = 0
  for (;;) {
    const rollout = must('Reading the rollout', await client.call('showRollout', { params }))
    const answer = await client.call('listRolloutDecisions', { params, query: { after: String(seen) } })
    for (const decision of must('Reading the decisions', answer).items) {
      seen = decision.seq
      printDecision(watch.output, decision, rollout)
    }
    if (ENDED.includes(rollout.state)) return rollout
    if (performance.now() - began > watch.limitMs) {
      throw new DemoFailure(
        `The rollout of ${rollout.flag} did not end within ${watch.limitMs / 1_000} s. It is ${rollout.state}: ${rollout.status}`,
      )
    }
    watch.output.status(statusOf(rollout, watch.traffic()))
    await pause(LOOK_MS)
  }
}

/** What is decided in one line, the arithmetic below it. */
function printDecision(output: Output, decision: Decision, rollout: Rollout): void {
  const seconds = (Date.parse(decision.at) - Date.parse(rollout.startAt)) / 1_000
  const bad = decision.kind === 'roll-back' || decision.kind === 'failed'
  const { sentence } = decision
  const cut = rollout.plan.criteria.map(({ id }) => sentence.indexOf(`: ${id}: `)).find((it) => it >= 0)
  const what = cut === undefined ? sentence : sentence.slice(0, cut)
  output.line(`${seconds.toFixed(1).padStart(5)} s  ${what}`, bad ? 'bad' : 'decided')
  if (cut !== undefined) output.text(sentence.slice(cut + 2), 13)
}

function statusOf(rollout: Rollout, traffic: Second | undefined): string {
  const { exposure, verdicts } = rollout
  const evidence = verdicts.map(({ exposed, control, harm, safe }) => {
    const counted = [
      exposed === undefined ? '' : `exposed ${exposed.x}/${exposed.n} failed`,
      control === undefined ? '' : `control ${control.x}/${control.n}`,
      harm === undefined ? '' : `harm ${harm.logE.toFixed(1)} of ${harm.needed.toFixed(1)}`,
      safe === undefined || safe.logE === null
        ? ''
        : `safe ${safe.logE.toFixed(1)} of ${safe.needed.toFixed(1)}`,
    ]
    return counted.filter((it) => it !== '').join(', ')
  })
  const rate = traffic === undefined ? '' : ` · ${traffic.requests} requests/s`
  return `${rollout.state}, ${Math.round(exposure.share * 100)} % exposed · ${evidence.join(' | ')}${rate}`
}
