/** The audit chain of a project: verified, filtered by what the address says, each entry with before and after. */
import { Button, Group, Select, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useParams, useRouter, useRouterState } from '@tanstack/react-router'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { saveFile } from '../document/save-file.ts'
import { paths } from '../paths.ts'
import { client, useRead, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand, quoted } from '../ui/copy-command.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'

import classes from './audit.module.css'

type Entry = Answer<'listAudit'>['items'][number]
const FILTERS = ['kind', 'subject', 'run'] as const
type Filter = Readonly<Partial<Record<(typeof FILTERS)[number], string>>>

/** Kinds that are asked for most; with a run also the four that head the audit extract. */
const KINDS = [
  'run',
  'flag',
  'feature',
  'rollout',
  'exercise',
  'policy',
  'hook',
  'channel',
  'connection',
  'key',
]
const OF_RUN = ['strategy', 'plan', 'approvals', 'flags']
const PAGE = 100

export function Audit(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  return (
    <Page title="Audit">
      <Chain project={project} />
      <Entries project={project} />
    </Page>
  )
}

function Chain({ project }: { readonly project: string }): ReactElement {
  const verify = useWrite('verifyAudit')
  const save = useMutation({
    mutationFn: async () => {
      const outcome = await client.call('exportAudit', { params: { project } })
      if (!outcome.ok) throw new Error(outcome.problem.detail)
      saveFile(`${project}-audit.jsonl`, outcome.body, 'application/jsonl')
    },
  })
  const seen = verify.data
  return (
    <Card
      title="Chain"
      beside={
        seen === undefined ? (
          <span className="fm-dim">each entry holds the hash of the one before</span>
        ) : seen.ok ? (
          <Status of="pass" word={`Intact: ${seen.entries.toLocaleString('en')} entries`} />
        ) : (
          <Status of="fail" word={`Broken at ${seen.firstBroken?.seq ?? '?'}`} />
        )
      }
      actions={
        <>
          <Button size="xs" variant="default" loading={save.isPending} onClick={() => save.mutate()}>
            Export
          </Button>
          <Button
            size="xs"
            loading={verify.isPending}
            onClick={() => verify.mutate([{ params: { project } }])}
          >
            Verify the chain
          </Button>
        </>
      }
    >
      {seen === undefined ? null : (
        <p className={classes['head']} role="status">
          {seen.firstBroken === undefined ? '' : `${seen.firstBroken.problem} `}
          recomputed head <code>{seen.head.hash}</code>
        </p>
      )}
      {verify.error === null ? null : <ErrorView error={verify.error} />}
      {save.error === null ? null : <ErrorView error={save.error} />}
      <CopyCommand
        command={`flagmarshal audit verify`}
        request={`POST /api/v1/projects/${project}/audit/verify`}
      />
    </Card>
  )
}

/** The filter is in the address: a link leads to exactly this view. */
function useFilter(project: string): readonly [Filter, (filter: Filter) => void] {
  const search = useRouterState({ select: (state) => state.location.searchStr })
  const router = useRouter()
  const query = new URLSearchParams(search)
  const filter = Object.fromEntries(
    FILTERS.flatMap((it) => {
      const value = query.get(it)
      return value === null || value === '' ? [] : [[it, value]]
    }),
  )
  return [
    filter,
    (next) => {
      const given = Object.entries(next).filter(([, it]) => it !== '')
      const text = new URLSearchParams(Object.fromEntries(given)).toString()
      router.history.replace(`${paths.audit(project)}${text === '' ? '' : `?${text}`}`)
    },
  ]
}

function Entries({ project }: { readonly project: string }): ReactElement {
  const [filter, setFilter] = useFilter(project)
  const [limit, setLimit] = useState(PAGE)
  const query = { ...filter, order: 'newest' as const, limit: String(limit) }
  const read = useRead('listAudit', { params: { project }, query })
  const kinds = filter.run === undefined ? KINDS : [...OF_RUN, ...KINDS]
  // The command line knows a run by its feature; the other filters are the request's.
  const given = filter.kind === undefined ? '' : ` --kind ${quoted(filter.kind)}`
  return (
    <Card title="Entries" beside={<span className="fm-dim">newest first</span>} flush>
      <Group className={classes['filter'] ?? ''} gap="sm">
        <Select
          label="Kind"
          size="xs"
          clearable
          data={filter.kind === undefined || kinds.includes(filter.kind) ? kinds : [filter.kind, ...kinds]}
          value={filter.kind ?? null}
          onChange={(kind) => setFilter({ ...filter, kind: kind ?? '' })}
        />
        <TextInput
          label="Subject"
          size="xs"
          value={filter.subject ?? ''}
          onChange={(event) => setFilter({ ...filter, subject: event.currentTarget.value })}
        />
        <TextInput
          label="Run"
          size="xs"
          value={filter.run ?? ''}
          onChange={(event) => setFilter({ ...filter, run: event.currentTarget.value })}
        />
      </Group>
      <Loaded read={read}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="Nothing of this kind" command="flagmarshal audit tail">
              Every change is here: who, when, before and after, and why.
            </EmptyState>
          ) : (
            <>
              {items.map((it) => (
                <EntryRow key={it.seq} entry={it} />
              ))}
              {items.length < limit ? null : (
                <div className={classes['filter']}>
                  <Button variant="default" size="xs" onClick={() => setLimit(limit + PAGE)}>
                    Show {PAGE} more
                  </Button>
                </div>
              )}
            </>
          )
        }
      </Loaded>
      <div className={classes['filter']}>
        <CopyCommand
          command={`flagmarshal audit tail -n ${limit}${given}`}
          request={`GET /api/v1/projects/${project}/audit?${new URLSearchParams(query).toString()}`}
        />
      </div>
    </Card>
  )
}

function EntryRow({ entry: it }: { readonly entry: Entry }): ReactElement {
  return (
    <details className={classes['entry']}>
      <summary>
        <span className={classes['seq']}>{it.seq}</span> <strong>{it.action}</strong>{' '}
        <span>
          {it.subject.kind} <code>{it.subject.id}</code>
        </span>{' '}
        <span className="fm-dim">
          {it.actor.name} ({it.actor.kind}), <TimeAgo at={it.at} />
          {it.reason === null ? '' : `: ${it.reason}`}
        </span>
      </summary>
      <div className={classes['sides']}>
        <Side title="Before" value={it.before} />
        <Side title="After" value={it.after} />
      </div>
      <p className={classes['head']}>
        hash <code>{it.hash}</code>
        <br />
        previous <code>{it.previous}</code>
        <br />
        request <code>{it.requestId}</code>
        {it.run === null ? null : (
          <>
            <br />
            run <code>{it.run}</code>
          </>
        )}
      </p>
    </details>
  )
}

function Side({ title, value }: { readonly title: string; readonly value: unknown }): ReactElement {
  return (
    <div>
      <div className="fm-dim">{title}</div>
      {value === null || value === undefined ? (
        <span className="fm-dim">nothing</span>
      ) : (
        <pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>
      )}
    </div>
  )
}
