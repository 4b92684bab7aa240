/** Saving what one has written as a draft, and the drafts that are open about the same. */
import type { Call, Operations } from '@flagmarshal/api'
import { commandWord } from '@flagmarshal/domain/flag/key'
import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import type { ReactElement, ReactNode } from 'react'

import { paths } from '../paths.ts'
import { useWrite } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand, quoted } from '../ui/copy-command.tsx'
import { Link } from '../ui/link.tsx'
import { Status } from '../ui/status.tsx'
import { useDraftsOf } from './use-drafts.ts'
import type { DraftPlace } from './use-drafts.ts'

import classes from '../flag/flag.module.css'

/** What is sent of a draft's content. */
export type DraftContentInput = Call<Operations['changeDraft']>['body']

interface SaveDraftProps {
  readonly place: DraftPlace
  readonly content: DraftContentInput
  readonly disabled: boolean
  /** It is what the change needs: the first button of the page. */
  readonly primary: boolean
  /** Saves this one anew. */
  readonly draft?: { readonly id: string; readonly revision: number; readonly why: string } | undefined
  /** What changes, for the dialog. */
  readonly children: ReactNode
}

/** Save draft, and Request approval, which does both. */
export function SaveDraft(props: SaveDraftProps): ReactElement {
  const { place, disabled, primary, draft, children } = props
  const [opened, dialog] = useDisclosure(false)
  const [asks, setAsks] = useState(false)
  const save = useSave(props)
  const open = (andAsk: boolean) => (): void => {
    setAsks(andAsk)
    dialog.open()
  }
  const what = draft === undefined ? 'Save draft' : 'Save the draft anew'
  return (
    <>
      <Button variant={primary ? 'filled' : 'default'} disabled={disabled} onClick={open(true)}>
        Request approval
      </Button>
      <Button variant="default" disabled={disabled} onClick={open(false)}>
        {what}
      </Button>
      <Confirm
        opened={opened}
        close={dialog.close}
        title={`${asks ? 'Ask for the approval of a change' : 'Save a draft'} of ${place.subject} in ${place.environment}`}
        verb={asks ? 'Save and request approval' : 'Save'}
        reason="Why"
        act={(why) => save(why, asks)}
      >
        {children}
        <CopyCommand
          command={`flagmarshal draft save ${commandWord(place.subject)}${place.kind === 'segment' ? ' --segment' : ''} -e ${place.environment} -f content.json --why ${quoted('why')}`}
        />
      </Confirm>
    </>
  )
}

function useSave({ place, content, draft }: SaveDraftProps) {
  const router = useRouter()
  const create = useWrite('createDraft')
  const change = useWrite('changeDraft')
  const request = useWrite('requestDraft')
  return async (why: string, asks: boolean): Promise<void> => {
    const { project, environment, subject } = place
    const saved =
      draft === undefined
        ? await create.mutateAsync([
            {
              params: { project },
              body:
                content.kind === 'flag'
                  ? { ...content, environment, flag: subject, why }
                  : { ...content, environment, segment: subject, why },
            },
          ])
        : await change.mutateAsync([
            { params: { project, draft: draft.id }, body: { ...content, why }, ifMatch: draft.revision },
          ])
    // The draft is saved whatever becomes of the request: its page says why it cannot be asked for.
    if (asks && saved.state === 'draft')
      await request.mutateAsync([{ params: { project, draft: saved.id } }]).catch(() => undefined)
    router.history.push(paths.draft(project, saved.id))
  }
}

/** A line for each draft that is open about the same. */
export function OpenDrafts(place: DraftPlace): ReactElement | null {
  const drafts = useDraftsOf(place)
  if (drafts.length === 0) return null
  return (
    <ul className={classes['notes']} aria-label="Open drafts">
      {drafts.map((it) => (
        <li key={it.id} className={classes['bar']}>
          <Status of={it.behind ? 'behind' : it.state} word={draftWord(it)} />
          <Link to={paths.draft(place.project, it.id)}>{it.why}</Link>
          <span className="fm-dim">by {it.contributors.join(', ')}</span>
        </li>
      ))}
    </ul>
  )
}

const WORDS: Readonly<Record<string, string>> = {
  draft: 'Draft, not asked for',
  waiting: 'Draft waits for approval',
  changes_requested: 'Changes asked for',
  approved: 'Approved, not live yet',
  published: 'Published',
  discarded: 'Discarded',
}

/** How a draft's state is said. */
export function draftWord({ state, behind }: { readonly state: string; readonly behind: boolean }): string {
  return behind ? 'Behind what is live' : (WORDS[state] ?? state)
}
