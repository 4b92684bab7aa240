/** The features of a project: where each stands in the procedure and in its rollout. */
import { TextInput } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { useParams } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import type { ReactElement } from 'react'

import { useStandings } from '../home/standing.ts'
import type { Standing } from '../home/standing.ts'
import { paths } from '../paths.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'

export function Features(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const standings = useStandings(project)
  const [filter, setFilter] = useState('')
  const field = useRef<HTMLInputElement>(null)
  useHotkeys([['/', () => field.current?.focus()]])
  const shown = standings.items.filter((it) => matches(it, filter))
  const [first] = standings.reads.slice(1)
  return (
    <Page
      title="Features"
      beside={<span className="fm-dim">{standings.items.length}</span>}
      actions={<Freshness of={standings.reads} />}
    >
      {standings.items.length === 0 ? null : (
        <TextInput
          ref={field}
          aria-label="Filter the features"
          placeholder="Filter by name, key, flag, team or state   /"
          maw={420}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      )}
      <Card title="All features" flush>
        {first === undefined ? null : (
          <Loaded read={first}>
            {() =>
              standings.items.length === 0 ? (
                <EmptyState
                  title="No feature yet"
                  command="flagmarshal feature new checkout --team payments --flag new-checkout --layer backend --technical-lead … --operations-lead … --product-owner …"
                >
                  A feature is what the procedure takes from strategy to everybody, behind one flag. It is
                  registered with the people who hold the three approving roles.
                </EmptyState>
              ) : (
                <Table standings={shown} />
              )
            }
          </Loaded>
        )}
      </Card>
    </Page>
  )
}

function matches({ feature, run, rollout }: Standing, filter: string): boolean {
  const text = [feature.name, feature.key, feature.flag, feature.team, run?.state, rollout?.state]
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.some((it) => it?.toLowerCase().includes(word)))
}

function Table({ standings }: { readonly standings: readonly Standing[] }): ReactElement {
  return (
    <table className="fm-table">
      <thead>
        <tr>
          <th>Feature</th>
          <th>Procedure</th>
          <th>Step</th>
          <th>Rollout</th>
          <th>Flag</th>
          <th>Team</th>
          <th>Registered</th>
        </tr>
      </thead>
      <tbody>
        {standings.map(({ feature, run, rollout }) => (
          <tr key={feature.key}>
            <td>
              <Link to={paths.feature(feature.project, feature.key)}>
                <strong>{feature.name}</strong>
              </Link>
            </td>
            <td>
              {feature.latestRun === null ? (
                <span className="fm-dim">not started</span>
              ) : (
                <Status of={run?.exit?.state === 'blocked' ? 'blocked' : feature.latestRun.state} />
              )}
            </td>
            <td>{run === undefined || run.step === null ? '' : `${run.step} of ${run.steps.length}`}</td>
            <td>{rollout === undefined ? '' : <Status of={rollout.state} />}</td>
            <td>
              <code>{feature.flag}</code>
            </td>
            <td>{feature.team}</td>
            <td>
              <TimeAgo at={feature.createdAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
