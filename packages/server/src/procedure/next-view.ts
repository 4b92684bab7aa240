/**
 * What blocks a run and what may be done next, as the API shows it: with the request and the command.
 */
import type { Blocker as BlockerView, NextAction } from '@flagmarshal/api/procedure-step'
import type { Act } from '@flagmarshal/domain/procedure/can'
import type { Blocker, NextAct } from '@flagmarshal/domain/procedure/position'

/** Where a run is found. */
export interface RunAddress {
  readonly project: string
  readonly feature: string
  readonly run: string
}

/** A blocker on the wire. */
export function blockerView({ code, message, remedy, who, role, step }: Blocker): BlockerView {
  return { code, message, remedy, who: [...who], role: role ?? null, step: step ?? null }
}

/** An act that is possible next, with its request and its command. */
export function nextView(address: RunAddress, next: NextAct): NextAction {
  const { title, who, role } = next
  const [method, path] = requestOf(next)
  const base = `/api/v1/projects/${address.project}/runs/${address.run}`
  return {
    title,
    who: [...who],
    role: role ?? null,
    method,
    path: `${base}/${path}`,
    command: `flagmarshal ${commandOf(address.feature, next)}`,
  }
}

function requestOf({ act, step, about }: NextAct): readonly [NextAction['method'], string] {
  const requests: Readonly<Record<Act, readonly [NextAction['method'], string]>> = {
    'record-trigger': ['POST', 'triggers'],
    'provide-input': ['PUT', `inputs/${about}`],
    'write-work-plan': ['PUT', 'work-plan'],
    'review-work-plan': ['POST', 'work-plan/review'],
    'write-step': ['PUT', `steps/${step}`],
    'run-checks': ['POST', `steps/${step}/checks/run`],
    exercise: ['POST', about === 'verification' ? 'verifications' : 'drills'],
    'give-evidence': ['POST', `steps/${step}/evidence`],
    'decide-step': ['POST', `steps/${step}/decision`],
    'close-action': ['POST', `actions/${about}/close`],
    acknowledge: ['POST', `steps/${step}/acknowledge`],
    comment: ['POST', 'comments'],
    'resolve-comment': ['POST', `comments/${about}/resolve`],
    'review-subject': ['POST', 'reviews'],
    'request-approval': ['POST', 'approvals/request'],
    approve: ['POST', 'approvals'],
    schedule: ['POST', 'schedule'],
    abort: ['POST', 'abort'],
  }
  return requests[act]
}

function commandOf(feature: string, { act, step, about }: NextAct): string {
  const commands: Readonly<Record<Act, string>> = {
    'record-trigger': `feature trigger ${feature} acceptance=completed`,
    'provide-input': `feature inputs ${feature} --set ${about} --file input.json`,
    'write-work-plan': `feature work-plan ${feature} --file work-plan.json`,
    'review-work-plan': `feature review ${feature} --work-plan approved`,
    'write-step': `feature step ${feature} ${step} --file step-${step}.json`,
    'run-checks': `feature check ${feature} ${step}`,
    exercise:
      about === 'alert' || about === 'rollback' ? `drill run ${feature} ${about}` : `flag test ${feature}`,
    'give-evidence': `feature evidence ${feature} ${step} ${about} --statement "…" --reference "…"`,
    'decide-step': `feature decide ${feature} ${step} go --rationale "…"`,
    'close-action': `feature close-action ${feature} ${about} --note "…"`,
    acknowledge: `feature ack ${feature} ${step}`,
    comment: `feature comment ${feature} --thread ${about} --text "…"`,
    'resolve-comment': `feature resolve ${feature} ${about} --note "…"`,
    'review-subject': `feature review ${feature} --subject ${about}`,
    'request-approval': `feature request-approval ${feature}`,
    approve: `approve ${feature} --role ${about}`,
    schedule: `feature schedule ${feature}`,
    abort: `feature abort ${feature} --cause feature_cancelled --lessons "…"`,
  }
  return commands[act]
}
