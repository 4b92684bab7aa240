/**
 * What must be true once both rollouts have ended; each is asked of the system and printed.
 */
import type { Client } from '@flagmarshal/api'

import type { Cast } from './cast.ts'
import { DemoFailure, must } from './failure.ts'
import type { Output } from './output.ts'
import type { Rollout } from './rollout.ts'
import { PROJECT } from './set-up.ts'

/** The good feature: at 100 %, on evidence. */
export function proveCompleted(rollout: Rollout, output: Output): void {
  const { flag, state, exposure, status, cause } = rollout
  if (state !== 'completed' || exposure.share !== 1) {
    const why = cause?.sentence ?? status
    throw new DemoFailure(`${flag} must reach 100 %, but it is ${state}: ${why}`)
  }
  output.line(`${flag} serves everybody`, 'done')
}

/** The bad feature: rolled back because of harm, and every connected instance has confirmed it. */
export function proveRolledBack(rollout: Rollout, instances: number, output: Output): void {
  const { flag, state, cause, status, verification } = rollout
  if (state !== 'rolled_back' || cause?.kind !== 'harm') {
    throw new DemoFailure(
      `${flag} must be rolled back on harm, but it is ${state}: ${cause?.sentence ?? status}`,
    )
  }
  if (verification === null) throw new DemoFailure(`The rollback of ${flag} was not verified.`)
  const { confirmed, total } = verification
  if (verification.state !== 'verified' || confirmed !== total || total !== instances) {
    throw new DemoFailure(
      `The rollback of ${flag} is ${verification.state}: ${confirmed} of ${total} instances confirmed it, of ${instances} connected.`,
    )
  }
  const slowest = Math.max(...verification.instances.map((it) => it.confirmedAfterMs ?? 0))
  output.line(
    `${flag} is rolled back, confirmed by ${confirmed} of ${total} instances within ${slowest} ms`,
    'done',
  )
}

/** The report that the system wrote about the rollback. */
export async function printReport(cast: Cast, rollout: Rollout, output: Output): Promise<void> {
  const params = { project: PROJECT, rollout: rollout.id }
  const answer = await cast.operationsLead.client.call('showRollbackReport', { params })
  const { exposed, recovery } = must('Reading the rollback report', answer)
  output.line(`it had served ${exposed.requests} requests, of which ${exposed.bad} failed`, 'done')
  if (recovery.before === null || recovery.after === null) return
  output.line(
    `the same shoppers now fail in ${percent(recovery.after)} of their requests, before in ${percent(recovery.before)}`,
    'done',
  )
}

/** Both audit chains, recomputed. */
export async function proveAudit(administrator: Client, output: Output): Promise<void> {
  const chains = [
    ['the project', await administrator.call('verifyAudit', { params: { project: PROJECT } })],
    ['the installation', await administrator.call('verifyInstallationAudit')],
  ] as const
  for (const [name, answer] of chains) {
    const { ok, entries, firstBroken, head } = must(`Verifying the audit chain of ${name}`, answer)
    if (!ok) {
      throw new DemoFailure(
        `The audit chain of ${name} breaks at entry ${firstBroken?.seq}: ${firstBroken?.problem}`,
      )
    }
    output.line(
      `the audit chain of ${name} holds: ${entries} entries, head ${head.hash.slice(0, 12)}`,
      'done',
    )
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
