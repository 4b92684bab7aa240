/**
 * What is computed of a run, as a person reads it beside its steps.
 */
import type { Run } from './run.ts'
import { fields } from './table.ts'

/** State changes and exit of a run, as a person reads them. */
export function describeContract({ milestones, exit, done }: Run): string {
  const met = done.filter((it) => it.verdict !== 'not_met' && it.verdict !== 'unknown').length
  return fields([
    ...milestones.map((it) => [it.title, it.since === null ? 'no' : `since ${it.since}`] as const),
    ['done', `${met} of ${done.length} lines`],
    ...(exit === null
      ? []
      : ([
          ['exit', `${exit.state} since ${exit.since}: ${exit.reason}`],
          ...(exit.requiredAction === '' ? [] : [['required', exit.requiredAction] as const]),
          ...exit.told.map((it) => [`told ${it.name}`, tellingOf(it)] as const),
        ] as const)),
  ])
}

/** What became of telling one name of the exit. */
function tellingOf({ state, how, channels, why }: NonNullable<Run['exit']>['told'][number]): string {
  if (how === 'none') return 'by nobody: no channel takes it and no mailbox is known'
  return `${state} by ${channels.join(', ')}${how === 'personal' ? '' : ', which others read too'}${why === null ? '' : `: ${why}`}`
}
