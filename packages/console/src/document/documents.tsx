/** The documents of a run: whether each is whole, published, and still says what is configured. */
import { Button } from '@mantine/core'
import type { ReactElement } from 'react'

import { useFollowed } from '../exercise/long-work.ts'
import { paths } from '../paths.ts'
import { useFeature } from '../procedure/feature-layout.tsx'
import { useLive, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'

import classes from '../procedure/feature.module.css'

type Documents = Answer<'listDocuments'>
type Publication = Answer<'listPublications'>['items'][number]

export function Documents(): ReactElement {
  const { run } = useFeature()
  const params = { project: run.project, run: run.id }
  const read = useLive('listDocuments', { params })
  return (
    <Loaded read={read}>
      {(documents) => (
        <>
          <List documents={documents} />
          <Drift documents={documents} />
          <Publish />
        </>
      )}
    </Loaded>
  )
}

const STATES: Readonly<Record<string, readonly [string, string]>> = {
  incomplete: ['failing', 'Incomplete'],
  not_published: ['missing', 'Not published'],
  published: ['pass', 'Published'],
  stale: ['stale', 'Differs from what is configured'],
  record: ['not_applicable', 'A record'],
}

function List({ documents }: { readonly documents: Documents }): ReactElement {
  const { run } = useFeature()
  return (
    <Card title="Documents" beside={<span className="fm-dim">{documents.items.length}</span>} flush>
      <Table columns={['document', 'state', 'hash']}>
        {documents.items.map((it) => {
          const [state, word] = STATES[it.state] ?? [it.state, it.state]
          return (
            <tr key={it.name}>
              <td>
                <Link to={paths.document(run.project, run.feature, it.name)}>{it.title}</Link>
                {it.findings.length === 0 ? null : (
                  <div className={classes['why']}>{it.findings.join('; ')}</div>
                )}
              </td>
              <td>
                <Status of={state} word={word} />
              </td>
              <td className="fm-dim">
                <code>{it.hash.slice(0, 12)}</code>
              </td>
            </tr>
          )
        })}
      </Table>
    </Card>
  )
}

/** Where what is configured differs from what was published; nothing while they agree. */
function Drift({ documents: { drift } }: { readonly documents: Documents }): ReactElement | null {
  if (drift.length === 0) return null
  return (
    <Card title="Drift" beside={<Status of="stale" word={`${drift.length} differences`} />}>
      <p className="fm-sentence">
        What is configured is not what was published any more. Publish again, or put it back.
      </p>
      <ul>
        {drift.map((it) => (
          <li key={it}>
            <code>{it}</code>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Publish(): ReactElement {
  const { run } = useFeature()
  const params = { project: run.project, run: run.id }
  const read = useLive('listPublications', { params })
  useFollowed(
    { operation: 'listPublications', ...params, title: 'Publication of the documents' },
    read.data?.items,
  )
  const publish = useWrite('publishDocuments')
  const jobs = read.data?.items ?? []
  const busy = jobs.some((it) => it.state === 'accepted' || it.state === 'publishing')
  return (
    <Card
      title="Publications"
      beside={<span className="fm-dim">{jobs.length === 0 ? 'none yet' : jobs.length}</span>}
      actions={
        <Button
          size="xs"
          variant="default"
          disabled={busy}
          loading={publish.isPending}
          onClick={() => publish.mutate([{ params }])}
        >
          {busy ? 'Being published' : 'Publish the documents'}
        </Button>
      }
    >
      {publish.error === null ? null : <ErrorView error={publish.error} />}
      {jobs.length === 0 ? (
        <p className="fm-sentence">
          They are written as Markdown and JSON into the documentation repository, as one commit.
        </p>
      ) : (
        jobs.map((it) => <Job key={it.id} job={it} />)
      )}
      <div className={classes['twin']}>
        <CopyCommand
          command={`flagmarshal docs publish ${run.feature}`}
          request={`POST /api/v1/projects/${run.project}/runs/${run.id}/documents/publish`}
        />
      </div>
    </Card>
  )
}

const JOB_STATES: Readonly<Record<string, readonly [string, string]>> = {
  accepted: ['scheduled', 'Accepted'],
  publishing: ['observing', 'Being published'],
  published: ['pass', 'Published'],
  failed: ['fail', 'Failed'],
}

function Job({ job: it }: { readonly job: Publication }): ReactElement {
  const [state, word] = JOB_STATES[it.state] ?? [it.state, it.state]
  return (
    <div className={classes['job']}>
      <Status of={state} word={it.kind === 'records' ? `${word}: records` : word} />{' '}
      <span className="fm-dim">by {it.requestedBy}, </span>
      <TimeAgo at={it.requestedAt} />
      <div className={classes['why']}>
        {it.progress}
        {it.commit === null ? null : (
          <>
            {' '}
            Commit <code>{it.commit.slice(0, 12)}</code>
            {it.remote === null ? ' in the built-in repository' : ` in ${it.remote}`}
            {it.branch === null ? '' : `, branch ${it.branch}`}
            {it.path === null ? '' : `, folder ${it.path}`}
            {it.revision === null ? '' : `, revision ${it.revision}`}.
          </>
        )}
      </div>
    </div>
  )
}
