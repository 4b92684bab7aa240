/**
 * What a transition has to tell the world: milestones reached and lost, halts, exits.
 */
import { revoked, SIGNAL_TYPES } from '../signal/signal.ts'
import type { Signal } from '../signal/signal.ts'
import { milestoneChanges } from './milestone.ts'
import type { Run, Setting } from './run.ts'

/** The signals of a transition, in the order in which they became true. */
export function signalsBetween(setting: Setting, before: Run, after: Run): readonly Signal[] {
  const subject = `features/${setting.feature}`
  const common = {
    project: setting.project,
    feature: setting.feature,
    run: after.id,
    correlationId: after.correlationId ?? null,
  }
  const milestones = milestoneChanges(setting.definition, before, after).flatMap(({ milestone, reached }) => {
    if (milestone.signal === undefined) return []
    const type = reached ? milestone.signal : revoked(milestone.signal)
    const hash = after.request?.bundleHash ?? before.request?.bundleHash ?? null
    return [{ type, subject, data: { ...common, title: milestone.title, bundleHash: hash } }]
  })
  return [
    ...milestones,
    ...exits(before, after).map((it) => ({ ...it, subject, data: { ...common, ...it.data } })),
  ]
}

function exits(before: Run, after: Run): readonly Omit<Signal, 'subject'>[] {
  const { state } = after
  if (state.kind === before.state.kind) return []
  if (state.kind === 'halted')
    return [{ type: SIGNAL_TYPES.halted, data: { step: state.step, inputs: state.inputs } }]
  if (state.kind === 'completed') return [{ type: SIGNAL_TYPES.completed, data: {} }]
  if (state.kind === 'aborted') {
    return [
      {
        type: SIGNAL_TYPES.aborted,
        data: { cause: after.abort?.cause ?? '', lessons: after.abort?.lessons ?? '' },
      },
    ]
  }
  return []
}
