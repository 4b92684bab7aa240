/**
 * Comments of the final review (P-S7-1): threads on a subject, each of which must be resolved before
 * anybody approves. Asking for changes opens one by itself.
 */
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { mayReview } from './approval.ts'
import { mustBePerson } from './can.ts'
import type { Actor, Run, Setting, Thread } from './run.ts'

export interface Commented {
  readonly kind: 'commented'
  readonly text: string
  /** An existing thread, or the subject of a new one. */
  readonly on: { readonly thread: string } | { readonly group: string; readonly subject: string }
  readonly by: Actor
}

export interface ThreadResolved {
  readonly kind: 'thread-resolved'
  readonly thread: string
  readonly note: string
  readonly by: Actor
}

/** Adds a comment. One on a resolved thread opens it again. */
export function comment(setting: Setting, run: Run, event: Commented, now: Date): Run | Refusal {
  const { text, on, by } = event
  const no = mustBePerson(by, 'A comment')
  if (no !== undefined) return no
  const said = { text, by: by.id, at: now }
  if ('thread' in on) {
    if (!run.threads.some((it) => it.id === on.thread)) return unknownThread(on.thread)
    return onThread(run, on.thread, ({ resolved: _again, ...it }) => ({
      ...it,
      comments: [...it.comments, said],
    }))
  }
  const known = setting.definition.reviews.flatMap((it) => it.subjects.map((one) => `${it.id}/${one.id}`))
  if (!known.includes(`${on.group}/${on.subject}`)) {
    return refuse(
      'subject-unknown',
      `There is no subject ${on.group}/${on.subject}.`,
      `Use one of ${known.join(', ')}.`,
      '/subject',
    )
  }
  return withThread(run, { group: on.group, subject: on.subject, comments: [said] })
}

/** Resolves a thread: whoever opened it, or somebody of its group. */
export function resolveThread(setting: Setting, run: Run, event: ThreadResolved, now: Date): Run | Refusal {
  const { thread: id, note, by } = event
  const no = mustBePerson(by, 'Resolving a comment')
  if (no !== undefined) return no
  const thread = run.threads.find((it) => it.id === id)
  if (thread === undefined) return unknownThread(id)
  if (thread.resolved !== undefined)
    return refuse(
      'resolved-already',
      `${thread.resolved.by} has resolved ${id}.`,
      'Comment to open it again.',
    )
  const group = setting.definition.reviews.find((it) => it.id === thread.group)
  const outside = group === undefined ? undefined : mayReview(setting, group, by)
  if (thread.comments[0]?.by !== by.id && outside !== undefined) return outside
  return onThread(run, id, (it) => ({ ...it, resolved: { by: by.id, at: now, note } }))
}

/** The run with a new thread. */
export function withThread(run: Run, thread: Omit<Thread, 'id'>): Run {
  return { ...run, threads: [...run.threads, { ...thread, id: `c${run.threads.length + 1}` }] }
}

/** The threads that keep everybody from approving. */
export function openThreads(run: Run): readonly Thread[] {
  return run.threads.filter((it) => it.resolved === undefined)
}

function onThread(run: Run, id: string, change: (thread: Thread) => Thread): Run {
  return { ...run, threads: run.threads.map((it) => (it.id === id ? change(it) : it)) }
}

function unknownThread(id: string): Refusal {
  return refuse('not-found', `There is no comment ${id}.`, 'Look at the threads of the run.')
}
