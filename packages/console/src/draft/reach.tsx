/** How many a draft of a flag would reach; nothing for a segment. */
import type { ReactElement } from 'react'

import { bodyOf, draftOf } from '../flag/config-draft.ts'
import { useRead } from '../query.ts'
import { Loaded } from '../ui/loaded.tsx'
import type { DraftPart } from './use-drafts.ts'

export function DraftReach({ project, draft }: DraftPart): ReactElement | null {
  const { subject, environment, proposed } = draft
  if (!('rules' in proposed)) return null
  return <Reach params={{ project, flag: subject.key, environment }} config={bodyOf(draftOf(proposed))} />
}

interface ReachProps {
  readonly params: { readonly project: string; readonly flag: string; readonly environment: string }
  readonly config: ReturnType<typeof bodyOf>
}

function Reach({ params, config }: ReachProps): ReactElement {
  const read = useRead('estimateReach', { params, body: { draft: config } })
  return (
    <Loaded read={read}>
      {(it) => (
        <p className="fm-sentence">
          <strong>After publishing: {it.sentence}</strong> <span className="fm-dim">{it.basis}</span>
        </p>
      )}
    </Loaded>
  )
}
