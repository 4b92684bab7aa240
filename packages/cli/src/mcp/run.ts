/** The run of a feature, and what of it an agent needs to see. */
import { z } from 'zod'

import { usage } from '../failure.ts'
import type { Answer, Session } from '../session.ts'

export const Feature = z.string().min(1).describe('Key of the feature.')
export const StepNumber = z.int().min(1).max(7).describe('Number of the step, 1 to 7.')

const Next = z.object({
  title: z.string(),
  who: z.array(z.string()).describe('Empty: anybody who may write.'),
  role: z.string().nullable(),
  tool: z.string().nullable().describe('The tool that does it; null where a person must.'),
  command: z.string().describe('The command for a person.'),
})

/** Where a run stands, in the fields of every answer about it. */
export const standing = {
  run: z.string(),
  revision: z.int(),
  state: z.string(),
  step: z.int().nullable(),
  waitsFor: z.string(),
  status: z.string(),
  blockers: z.array(
    z.object({
      code: z.string(),
      message: z.string(),
      remedy: z.string(),
      who: z.array(z.string()),
      step: z.int().nullable(),
    }),
  ),
  next: z.array(Next),
}

/** The newest run of a feature; the tool fails with what to do where there is none. */
export async function runOf(session: Session, feature: string): Promise<string> {
  const params = { project: session.project(), feature }
  const { latestRun } = await session.call('showFeature', { params })
  if (latestRun === null) throw usage(`${feature} has no run.`, 'Start one with flagmarshal_feature_start.')
  return latestRun.id
}

/** The address of the newest run of a feature. */
export async function addressOf(
  session: Session,
  feature: string,
): Promise<{ readonly project: string; readonly run: string }> {
  return { project: session.project(), run: await runOf(session, feature) }
}

/** An answer about a run, as it is shown. */
export function standingOf(run: Answer<'showRun'>) {
  const { id, revision, state, step, waitsFor, status, blockers, nextActions } = run
  return {
    run: id,
    revision,
    state,
    step,
    waitsFor,
    status,
    blockers: blockers.map(({ code, message, remedy, who, step: of }) => ({
      code,
      message,
      remedy,
      who,
      step: of,
    })),
    next: nextActions.map(({ title, who, role, method, path, command }) => ({
      title,
      who,
      role,
      tool: toolFor(method, path),
      command,
    })),
  }
}

/** What an agent may do of what is next, by its request; everything else is a person's. */
const TOOLS: readonly (readonly [pattern: RegExp, tool: string])[] = [
  [/^POST .*\/features\/[^/]+\/runs$/, 'flagmarshal_feature_start'],
  [/^PUT .*\/inputs\/[^/]+$/, 'flagmarshal_input_attach'],
  [/^PUT .*\/work-plan$/, 'flagmarshal_work_plan_write'],
  [/^PUT .*\/steps\/\d+$/, 'flagmarshal_step_write'],
  [/^POST .*\/(checks\/run|verifications|drills|documents\/publish)$/, 'flagmarshal_step_run'],
  [/^POST .*\/approvals\/request$/, 'flagmarshal_approval_request'],
]

function toolFor(method: string, path: string): string | null {
  return TOOLS.find(([pattern]) => pattern.test(`${method} ${path}`))?.[1] ?? null
}
