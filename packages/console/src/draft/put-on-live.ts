import { merged } from '../flag/config-difference.ts'
/** A draft's changes on top of what somebody else has made of the same meanwhile. Pure. */
import { bodyOf, draftOf } from '../flag/config-draft.ts'
import type { DraftContentInput } from './save-draft.tsx'
import type { Draft } from './use-drafts.ts'

type Sides = Pick<Draft, 'base' | 'live' | 'proposed'>
type Members = Exclude<Draft['proposed'], { rules: unknown }>

/** What is sent: theirs with the draft's changes on top; where both changed a part, the draft's is taken. */
export function anew({ base, live, proposed }: Sides): DraftContentInput {
  const [was, theirs] = [base.content, live.content]
  if ('rules' in proposed) {
    if (!('rules' in was) || !('rules' in theirs)) throw new Error('the sides are of two kinds')
    return { kind: 'flag', config: bodyOf(draftOf(merged(was, theirs, proposed))) }
  }
  if ('rules' in was || 'rules' in theirs) throw new Error('the sides are of two kinds')
  return { kind: 'segment', content: mergedMembers(was, theirs, proposed) }
}

function mergedMembers(was: Members, theirs: Members, mine: Members) {
  const when = JSON.stringify(mine.when) === JSON.stringify(was.when) ? theirs.when : mine.when
  return {
    ...(when === undefined ? {} : { when }),
    include: mergedKeys(was.include, theirs.include, mine.include),
    exclude: mergedKeys(was.exclude, theirs.exclude, mine.exclude),
  }
}

function mergedKeys(was: readonly string[], theirs: readonly string[], mine: readonly string[]): string[] {
  const [before, kept] = [new Set(was), new Set(mine)]
  const added = mine.filter((it) => !before.has(it))
  return [...new Set([...theirs.filter((it) => kept.has(it) || !before.has(it)), ...added])]
}
