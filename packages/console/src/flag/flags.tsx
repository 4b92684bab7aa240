/** All flags of a project, by where they are in their life; those that should be gone with what keeps them. */
import { SegmentedControl, TextInput } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { useParams } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useLive, useRead } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { FlagList } from './flag-list.tsx'
import type { Flag, Life, Standing } from './flag-list.tsx'
import { useAddressed } from './use-addressed.ts'

import classes from './flag.module.css'

type Stage = Life['stage']

const TABS = [
  ['all', 'All', 'Every flag of the project.'],
  ['new', 'New', 'On nowhere yet.'],
  ['live', 'Live', 'On somewhere.'],
  ['permanent', 'Permanent', 'To stay, for the reason that its owner gave.'],
  ['stale', 'Stale', 'Unchanged for 14 days, and everybody is served the same everywhere.'],
  ['monitor', 'To monitor', 'Should go and no known code asks it, but something still evaluates it.'],
  [
    'remove',
    'To remove',
    'Past its end, left by an aborted run, or stale with neither code nor evaluations.',
  ],
] as const satisfies readonly (readonly [Stage | 'all', string, string])[]

export function Flags(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const params = { project }
  const flags = useLive('listFlags', { params })
  const life = useRead('listFlagLifecycle', { params })
  const { value: tab, go } = useAddressed('stage', 'all')
  const [filter, setFilter] = useState('')
  const field = useRef<HTMLInputElement>(null)
  useHotkeys([['/', () => field.current?.focus()]])
  const known = life.data !== undefined
  const lives = new Map((life.data?.items ?? []).map((it) => [it.flag, it]))
  const all = flags.data?.items ?? []
  const archived = all.filter((it) => it.archivedAt !== undefined)
  const staged = all
    .filter((it) => it.archivedAt === undefined)
    .map((flag) => ({ flag, life: lives.get(flag.key) }))
  const shown = staged.filter((it) => (tab === 'all' || it.life?.stage === tab) && matches(it.flag, filter))
  const [, title, meaning] = TABS.find(([it]) => it === tab) ?? TABS[0]
  return (
    <Page
      title="Flags"
      beside={<span className="fm-dim">{staged.length}</span>}
      actions={<Freshness of={[flags]} />}
    >
      <div className={classes['bar']} aria-busy={!known && life.error === null}>
        <SegmentedControl
          className={classes['tabs'] ?? ''}
          value={tab}
          onChange={go}
          data={TABS.map(([value, word]) => ({
            value,
            // A number that is not known yet is none, not 0.
            label: known || value === 'all' ? `${word} ${count(staged, value)}` : word,
          }))}
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
      {life.error === null ? null : <ErrorView error={life.error} />}
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
              <FlagList key={tab} project={project} rows={shown} />
            )
          }
        </Loaded>
      </Card>
      {archived.length === 0 ? null : (
        <Card
          title="Archived"
          beside={<span className="fm-dim">Off everywhere, and not changed any more.</span>}
        >
          {archived.map((it) => (
            <span key={it.key}>
              <Link to={paths.flag(project, it.key)}>{it.key}</Link>{' '}
            </span>
          ))}
        </Card>
      )}
    </Page>
  )
}

function count(staged: readonly Standing[], tab: Stage | 'all'): number {
  return tab === 'all' ? staged.length : staged.filter((it) => it.life?.stage === tab).length
}

function matches(flag: Flag, filter: string): boolean {
  const text = `${flag.key} ${flag.name} ${flag.owner} ${flag.kind}`.toLowerCase()
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
