/** One draft: what was approved, what is live, what is proposed; who approves it, and what was said. */
import { useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useLive } from '../query.ts'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { DraftActs } from './acts.tsx'
import { DraftDifferences } from './difference-table.tsx'
import { draftWord } from './save-draft.tsx'
import type { DraftPart } from './use-drafts.ts'

import classes from '../approval/approval.module.css'

export function DraftPage(): ReactElement {
  const { project = '', draft = '' } = useParams({ strict: false })
  const read = useLive('showDraft', { params: { project, draft } })
  const it = read.data
  return (
    <Page
      title={it === undefined ? 'Draft' : `Draft of ${it.subject.key} in ${it.environment}`}
      crumbs={<Link to={paths.drafts(project)}>Drafts</Link>}
      beside={it === undefined ? null : <Status of={it.behind ? 'behind' : it.state} word={draftWord(it)} />}
      actions={<Freshness of={[read]} />}
    >
      <Loaded read={read}>{(loaded) => <Body project={project} draft={loaded} />}</Loaded>
    </Page>
  )
}

function Body({ project, draft }: DraftPart): ReactElement {
  return (
    <>
      <p className="fm-sentence">
        “{draft.why}” Saved by {draft.contributors.join(', ')}, last <TimeAgo at={draft.changedAt} /> by{' '}
        {draft.changedBy}.{' '}
        {draft.raises
          ? 'Publishing it may expose somebody who is not exposed now.'
          : 'It exposes nobody more.'}
      </p>
      <Approvals project={project} draft={draft} />
      <DraftDifferences project={project} draft={draft} />
      <Verdicts project={project} draft={draft} />
      <DraftActs project={project} draft={draft} />
    </>
  )
}

function Approvals({ draft }: DraftPart): ReactElement {
  const given = draft.approvals.filter((it) => it.by !== null).length
  return (
    <Card
      title="Approvals"
      beside={
        <span className="fm-dim">
          {given} of {draft.approvals.length}
        </span>
      }
      flush
    >
      <p className={classes['hash']}>
        {draft.requested === null ? (
          'Nobody has asked for them as it is now.'
        ) : (
          <>
            asked by {draft.requested.by}, <TimeAgo at={draft.requested.at} />, of <code>{draft.hash}</code>
          </>
        )}
      </p>
      {draft.approvals.map(({ roles, by }, slot) => (
        // Two approvals may ask for the same roles: their place is all that tells them apart.
        // oxlint-disable-next-line react/no-array-index-key -- see above
        <div key={slot} className={classes['subject']}>
          <div className={classes['head']}>
            <strong>{roles.map((it) => it.replaceAll('-', ' ')).join(' or ')}</strong>
            <Status
              of={by === null ? (draft.state === 'draft' ? 'draft' : 'waiting') : 'approved'}
              word={by === null ? 'Not given' : `Given by ${by}`}
            />
          </div>
        </div>
      ))}
      {draft.closed !== null || draft.waitsFor.length === 0 ? null : (
        <p className={classes['hash']}>Waits for {draft.waitsFor.join(', ')}.</p>
      )}
      {draft.closed === null ? null : (
        <p className={classes['hash']}>
          {draftWord(draft)} by {draft.closed.by}, <TimeAgo at={draft.closed.at} />
          {draft.closed.revision === null ? '' : `, as revision ${draft.closed.revision}`}
          {draft.closed.reason === null ? '' : `: ${draft.closed.reason}`}
        </p>
      )}
    </Card>
  )
}

/** What was said, the stale words too: who has said something of another content is not silent. */
function Verdicts({ draft: { verdicts, authors } }: DraftPart): ReactElement | null {
  if (verdicts.length === 0 && authors.length === 0) return null
  return (
    <Card title="What was said" flush>
      {verdicts.map((it) => (
        <div key={`${it.by} ${it.at}`} className={classes['subject']}>
          <div className={classes['head']}>
            <strong>{it.by}</strong>
            <Status
              of={it.stale ? 'stale' : it.verdict}
              word={`${it.verdict === 'approved' ? 'Approved' : 'Asked for changes'}${it.stale ? ', of another content: stale' : ''}`}
            />
            <span className="fm-dim">
              <TimeAgo at={it.at} />, on <code>{it.hash.slice(0, 12)}</code>
            </span>
          </div>
          {it.comment === null ? null : <p>{it.comment}</p>}
        </div>
      ))}
      {authors.length === 0 ? null : (
        <p className={classes['hash']}>
          {authors.join(', ')} changed what it builds on since a draft was last published here, and cannot
          approve it.
        </p>
      )}
    </Card>
  )
}
