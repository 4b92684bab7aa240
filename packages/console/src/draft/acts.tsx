/** What can be done with a draft now, by this person: the one that is due first. */
import { Button, Group, Textarea } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { ReactElement } from 'react'

import { useCarried } from '../access/carried.ts'
import { JustProved } from '../access/prove.tsx'
import { useMe } from '../access/session.ts'
import { paths } from '../paths.ts'
import { useWrite } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Link } from '../ui/link.tsx'
import { Card } from '../ui/page.tsx'
import { anew } from './put-on-live.ts'
import { DraftReach } from './reach.tsx'
import { draftWord } from './save-draft.tsx'
import type { DraftPart } from './use-drafts.ts'

import classes from '../approval/approval.module.css'

export function DraftActs(part: DraftPart): ReactElement | null {
  const { draft } = part
  if (draft.closed !== null) return null
  return (
    <>
      {draft.behind ? <Behind {...part} /> : <Due {...part} />}
      <Rest {...part} />
    </>
  )
}

function Due(part: DraftPart): ReactElement {
  const { state } = part.draft
  if (state === 'draft') return <Request {...part} />
  if (state === 'approved') return <Publish {...part} />
  return <Decide {...part} />
}

const paramsOf = ({ project, draft }: DraftPart) => ({ project, draft: draft.id })

function Request(part: DraftPart): ReactElement {
  const request = useWrite('requestDraft')
  const params = paramsOf(part)
  return (
    <Card title="Ask for the approval">
      <p className="fm-sentence">
        Whoever may approve it finds it on Home. Another content takes the request back.
      </p>
      {request.error === null ? null : <ErrorView error={request.error} />}
      <Group mb="sm">
        <Button loading={request.isPending} onClick={() => request.mutate([{ params }])}>
          Request approval
        </Button>
      </Group>
      <CopyCommand
        command={`flagmarshal draft request ${params.draft}`}
        request={`POST /api/v1/projects/${params.project}/drafts/${params.draft}/request`}
      />
    </Card>
  )
}

/** The verdict is on the hash that is on the screen: the server refuses it where that has changed. */
function Decide(part: DraftPart): ReactElement {
  const me = useMe()
  const decide = useWrite('decideDraft')
  const [comment, setComment] = useCarried('word on the draft', '')
  const { draft } = part
  const params = paramsOf(part)
  const mine = draft.contributors.includes(me?.id ?? '') || draft.authors.includes(me?.id ?? '')
  const say = (verdict: 'approved' | 'changes_requested'): void => {
    const words = comment.trim()
    const body = { verdict, hash: draft.hash, ...(words === '' ? {} : { comment: words }) }
    decide.mutate([{ params, body }], { onSuccess: () => setComment('') })
  }
  return (
    <Card title="Your word on it">
      {mine ? (
        <p className="fm-sentence">
          You had a hand in it, so others decide: {draft.waitsFor.join(', ') || 'nobody can at the moment'}.
        </p>
      ) : (
        <div className={classes['write']}>
          <Textarea
            label="Comment"
            description="Needed to ask for changes"
            value={comment}
            onChange={(event) => setComment(event.currentTarget.value)}
          />
          {decide.error === null ? <JustProved of="word on the draft" /> : <ErrorView error={decide.error} />}
          <Group mb="sm">
            <Button loading={decide.isPending} onClick={() => say('approved')}>
              Approve {draft.hash.slice(0, 8)}
            </Button>
            <Button
              variant="default"
              disabled={comment.trim() === ''}
              onClick={() => say('changes_requested')}
            >
              Request changes
            </Button>
          </Group>
        </div>
      )}
      <CopyCommand
        command={`flagmarshal draft approve ${draft.id} --hash ${draft.hash}`}
        request={`POST /api/v1/projects/${params.project}/drafts/${draft.id}/verdicts`}
      />
    </Card>
  )
}

function Publish(part: DraftPart): ReactElement {
  const publish = useWrite('publishDraft')
  const [opened, dialog] = useDisclosure(false)
  const { draft } = part
  const params = paramsOf(part)
  return (
    <Card title="Make it live">
      <p className="fm-sentence">
        It is approved. The approvals, what is live and the gate are looked at again at that moment.
      </p>
      <Group mb="sm">
        <Button onClick={dialog.open}>Publish to {draft.environment}</Button>
      </Group>
      <CopyCommand
        command={`flagmarshal draft publish ${draft.id}`}
        request={`POST /api/v1/projects/${params.project}/drafts/${draft.id}/publish`}
      />
      <Confirm
        opened={opened}
        close={dialog.close}
        title={`Publish ${draft.subject.key} to ${draft.environment}`}
        verb="Publish"
        act={() => publish.mutateAsync([{ params }])}
      >
        <p>Live revision {draft.live.revision} becomes what was approved.</p>
        <DraftReach {...part} />
      </Confirm>
    </Card>
  )
}

function Behind(part: DraftPart): ReactElement {
  const change = useWrite('changeDraft')
  const { draft } = part
  const params = paramsOf(part)
  return (
    <div role="alert">
      <Card title="Somebody else has changed what is live since the draft was saved">
        <p className="fm-sentence">
          The parts are marked above. Put the draft&apos;s changes on what is live now: that is another
          content, so its approval is asked for anew.
        </p>
        {change.error === null ? null : <ErrorView error={change.error} />}
        <Button
          loading={change.isPending}
          onClick={() => change.mutate([{ params, body: anew(draft), ifMatch: draft.revision }])}
        >
          Put it on what is live now
        </Button>
      </Card>
    </div>
  )
}

function Rest(part: DraftPart): ReactElement {
  const discard = useWrite('discardDraft')
  const [opened, dialog] = useDisclosure(false)
  const { project, draft } = part
  const { kind, key } = draft.subject
  const page = kind === 'flag' ? paths.flag(project, key) : paths.segment(project, key)
  return (
    <Group>
      <Link to={`${page}?env=${encodeURIComponent(draft.environment)}&draft=${draft.id}`}>Edit it</Link>
      <Link to={`${page}?env=${encodeURIComponent(draft.environment)}`}>What is live</Link>
      <Button variant="default" size="xs" onClick={dialog.open}>
        Discard
      </Button>
      <Confirm
        opened={opened}
        close={dialog.close}
        title={`Give up the draft of ${key}`}
        verb="Discard"
        reason="Why"
        act={(reason) => discard.mutateAsync([{ params: paramsOf(part), body: { reason } }])}
      >
        <p>Nothing that is served changes. It is “{draftWord(draft)}” now.</p>
      </Confirm>
    </Group>
  )
}
