/**
 * What a transition has to tell the world: milestones reached and lost, halts, exits.
 */
import { revoked, SIGNAL_TYPES } from '../signal/signal.ts'
import type { Signal } from '../signal/signal.ts'
import { actionsOf } from './action.ts'
import { approvalSignals } from './approval-signals.ts'
import { told } from './exit-state.ts'
import { milestoneChanges } from './milestone.ts'
import { missingSignals } from './remediation.ts'
import type { Run, Setting } from './run.ts'
import { recordOf } from './standing.ts'

/** The signals of a transition, in the order in which they became true. */
export function signalsBetween(setting: Setting, before: Run, after: Run): readonly Signal[] {
  const subject = `features/${setting.feature}`
  const common = {
    project: setting.project,
    feature: setting.feature,
    run: after.id,
    correlationId: after.correlationId ?? null,
    ticket: setting.ticket ?? null,
  }
  const milestones = milestoneChanges(setting.definition, before, after).flatMap(({ milestone, reached }) => {
    if (milestone.signal === undefined) return []
    const type = reached ? milestone.signal : revoked(milestone.signal)
    const hash = after.request?.bundleHash ?? before.request?.bundleHash ?? null
    return [{ type, subject, data: { ...common, title: milestone.title, bundleHash: hash } }]
  })
  return [
    ...approvalSignals(setting, before, after).map((it) => ({
      ...it,
      subject,
      data: { ...common, ...it.data },
    })),
    ...milestones,
    ...consultations(before, after).map((data) => ({
      type: SIGNAL_TYPES.consulted,
      subject,
      data: {
        ...common,
        ...data,
        path: `/api/v1/projects/${setting.project}/runs/${after.id}/steps/${data.step}`,
      },
    })),
    ...exits(setting, before, after).map((it) => ({ ...it, subject, data: { ...common, ...it.data } })),
    ...missingSignals(setting, before, after),
  ]
}

/** Questions that a No-Go has just put to somebody. */
function consultations(before: Run, after: Run) {
  const known = new Set(actionsOf(before).map((it) => it.item.id))
  return actionsOf(after)
    .filter(({ item }) => item.kind === 'consult' && !known.has(item.id))
    .map(({ step, attempt, item }) => {
      const refused = recordOf(after, step).attempts.find((it) => it.number === attempt)
      return {
        step,
        attempt,
        action: item.id,
        question: item.title,
        because: refused?.decisions.at(-1)?.rationale ?? '',
        notify: item.asked ?? [],
      }
    })
}

function exits(setting: Setting, before: Run, after: Run): readonly Omit<Signal, 'subject'>[] {
  const { state } = after
  if (state.kind === before.state.kind) return []
  const notify = told(setting, after)
  if (state.kind === 'halted')
    return [{ type: SIGNAL_TYPES.halted, data: { step: state.step, inputs: state.inputs } }]
  if (state.kind === 'completed') return [{ type: SIGNAL_TYPES.completed, data: { notify } }]
  if (state.kind === 'aborted') {
    const { cause = '', lessons = '', unexposed = [] } = after.abort ?? {}
    const data = { cause, lessons, rollbackRequired: false, unexposed, notify }
    return [{ type: SIGNAL_TYPES.aborted, data }]
  }
  return []
}
