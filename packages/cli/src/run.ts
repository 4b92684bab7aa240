/**
 * Runs as a person reads them: where one stands, what blocks it, what to do next.
 */
import { describeContract } from './contract-view.ts'
import { EXIT } from './exit-code.ts'
import { Failure } from './failure.ts'
import type { Answer, Session } from './session.ts'
import { fields, table } from './table.ts'

export type Run = Answer<'showRun'>

/** The address of the latest run of a feature; `run_…` names one directly. */
export async function runOf(session: Session, name: string): Promise<{ project: string; run: string }> {
  const project = session.project()
  if (name.startsWith('run_')) return { project, run: name }
  const feature = await session.call('showFeature', { params: { project, feature: name } })
  if (feature.latestRun !== null) return { project, run: feature.latestRun.id }
  throw new Failure(`The feature ${name} has no run yet.`, {
    exitCode: EXIT.notFound,
    remedy: `Start one: flagmarshal feature start ${name} --trigger feature_ready=ready`,
  })
}

/** Where a run stands, whole. */
export function describeRun(run: Run): string {
  return [
    fields([
      ['feature', run.feature],
      ['run', run.id],
      ['state', run.state],
      ['status', run.status],
    ]),
    table(
      ['step', 'title', 'state', 'attempt', 'decided by'],
      run.steps.map((it) => [
        String(it.number),
        it.title,
        it.state,
        String(it.attempt),
        it.decidedBy.join(', '),
      ]),
    ),
    describeContract(run),
    describeNext(run),
  ].join('\n\n')
}

/** What blocks a run and the commands that move it on. */
export function describeNext(run: Pick<Run, 'blockers' | 'nextActions'>): string {
  const blockers = run.blockers.map((it) => `  ✗ ${it.message} ${it.remedy}${people(it.who)}`)
  const actions = run.nextActions.map((it) => `  → ${it.title}${people(it.who)}\n      ${it.command}`)
  return [
    ...(blockers.length > 0 ? ['What blocks it:', ...blockers] : []),
    ...(actions.length > 0 ? ['What to do next:', ...actions] : ['There is nothing to do.']),
  ].join('\n')
}

function people(who: readonly string[]): string {
  return who.length === 0 ? '' : ` [${who.join(', ')}]`
}
