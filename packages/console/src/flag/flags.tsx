/** All flags of a project, by where they are in their life; those that should be gone with what keeps them. */
import { SegmentedControl, TextInput } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { useParams } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useLive, useRead } from '../query.ts'
import type { Answer } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo, useNow } from '../ui/time-ago.tsx'
import { VirtualRows } from '../ui/virtual-rows.tsx'
import { stageOf, STALE_DAYS } from './lifecycle.ts'
import type { Flag, Stage } from './lifecycle.ts'
import { useAddressed } from './use-addressed.ts'

import classes from './flag.module.css'

const TABS = [
  ['all', 'All', 'Every flag of the project.'],
  ['new', 'New', 'On nowhere yet.'],
  ['live', 'Live', 'On somewhere.'],
  ['permanent', 'Permanent', 'To stay, for the reason that its owner gave.'],
  ['stale', 'Stale', `Unchanged for ${STALE_DAYS} days, and everybody is served the same everywhere.`],
  ['gone', 'To remove', 'Past its end, or left by a run that was aborted.'],
] as const satisfies readonly (readonly [Stage | 'all', string, string])[]

export function Flags(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const params = { project }
  const flags = useLive('listFlags', { params })
  const debt = useRead('listFlagDebt', { params })
  const { value: tab, go } = useAddressed('stage', 'all')
  const [filter, setFilter] = useState('')
  const field = useRef<HTMLInputElement>(null)
  useHotkeys([['/', () => field.current?.focus()]])
  const now = useNow()
  const debts = new Map((debt.data?.items ?? []).map((it) => [it.flag, it]))
  const staged = (flags.data?.items ?? []).map((flag) => ({
    flag,
    stage: stageOf(flag, new Set(debts.keys()), now),
  }))
  const shown = staged.filter((it) => (tab === 'all' || it.stage === tab) && matches(it.flag, filter))
  const [, title, meaning] = TABS.find(([it]) => it === tab) ?? TABS[0]
  return (
    <Page
      title="Flags"
      beside={<span className="fm-dim">{staged.length}</span>}
      actions={<Freshness of={[flags]} />}
    >
      <div className={classes['bar']}>
        <SegmentedControl
          className={classes['tabs'] ?? ''}
          value={tab}
          onChange={go}
          data={TABS.map(([value, word]) => ({ value, label: `${word} ${count(staged, value)}` }))}
        />
        <TextInput
          ref={field}
          className={classes['filter'] ?? ''}
          aria-label="Filter the flags"
          placeholder="Filter by name, key or owner   /"
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      </div>
      <Card title={title} beside={<span className="fm-dim">{meaning}</span>} flush>
        <Loaded read={flags}>
          {() =>
            staged.length === 0 ? (
              <EmptyState
                title="No flag yet"
                command="flagmarshal flag create new-checkout --owner payments --layer backend"
              >
                A flag decides in code who gets what. It is made off everywhere, and turned on in a protected
                environment only with an approved plan.
              </EmptyState>
            ) : shown.length === 0 ? (
              <p className={classes['none']}>No flag here{filter === '' ? '' : ' fits the filter'}.</p>
            ) : (
              <List project={project} flags={shown.map((it) => it.flag)} debts={debts} />
            )
          }
        </Loaded>
      </Card>
    </Page>
  )
}

function count(staged: readonly { readonly stage: Stage }[], tab: Stage | 'all'): number {
  return tab === 'all' ? staged.length : staged.filter((it) => it.stage === tab).length
}

function matches(flag: Flag, filter: string): boolean {
  const text = `${flag.key} ${flag.name} ${flag.owner} ${flag.kind}`.toLowerCase()
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

type Debt = Answer<'listFlagDebt'>['items'][number]

interface ListProps {
  readonly project: string
  readonly flags: readonly Flag[]
  readonly debts: ReadonlyMap<string, Debt>
}

function List({ project, flags, debts }: ListProps): ReactElement {
  return (
    <VirtualRows
      label="Flags"
      columns={['Flag', 'Type', 'Owner', 'State', 'Changed', 'Ends']}
      count={flags.length}
      row={(index) => {
        const flag = flags[index]
        return flag === undefined ? null : (
          <Row key={flag.key} project={project} flag={flag} debt={debts.get(flag.key)} />
        )
      }}
    />
  )
}

function Row({
  project,
  flag,
  debt,
}: {
  readonly project: string
  readonly flag: Flag
  readonly debt: Debt | undefined
}): ReactElement {
  const changed = [flag.createdAt, ...flag.environments.map((it) => it.updatedAt)].toSorted().at(-1)
  return (
    <>
      <td>
        <Link to={paths.flag(project, flag.key)}>
          <strong>{flag.name}</strong>
        </Link>{' '}
        <code className="fm-dim">{flag.key}</code>
      </td>
      <td>{flag.kind}</td>
      <td>{flag.owner}</td>
      <td>
        <span className={classes['states']}>
          {flag.environments.map((it) => (
            <Status
              key={it.environment}
              of={it.enabled ? 'on' : 'off'}
              word={`${it.environment} ${it.enabled ? 'on' : 'off'}`}
            />
          ))}
        </span>
      </td>
      <td>
        <TimeAgo at={changed ?? flag.createdAt} />
      </td>
      <td>
        {debt === undefined ? (
          flag.expiresAt === undefined ? (
            <span className="fm-dim">stays</span>
          ) : (
            <TimeAgo at={flag.expiresAt} />
          )
        ) : (
          <span title={debt.why}>
            <Status of="failing" word={debt.because === 'past_end' ? 'past its end' : 'run aborted'} />{' '}
            <span className="fm-dim">{debt.references} places in code</span>
          </span>
        )}
      </td>
    </>
  )
}
