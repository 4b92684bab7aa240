/** The features of a project: where each stands in the procedure and in its rollout. */
import { TextInput } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { useParams } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useLive } from '../query.ts'
import type { Answer } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'

/** A feature, its run while one is under way, and its newest rollout. */
interface Standing {
  readonly feature: Answer<'listFeatures'>['items'][number]
  readonly run: Answer<'showAttention'>['runs'][number] | undefined
  readonly rollout: Answer<'listRollouts'>['items'][number] | undefined
}

export function Features(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const features = useLive('listFeatures', { params: { project } })
  const attention = useLive('showAttention')
  const rollouts = useLive('listRollouts', { params: { project } })
  const standings = (features.data?.items ?? []).map((feature): Standing => ({
    feature,
    run: attention.data?.runs.find((it) => it.run === feature.latestRun?.id),
    rollout: rollouts.data?.items.find((it) => it.feature === feature.key),
  }))
  const [filter, setFilter] = useState('')
  const field = useRef<HTMLInputElement>(null)
  useHotkeys([['/', () => field.current?.focus()]])
  const shown = standings.filter((it) => matches(it, filter))
  return (
    <Page
      title="Features"
      beside={<span className="fm-dim">{standings.length}</span>}
      actions={
        <>
          <Link to={paths.register(project)}>Register a feature</Link>
          <Freshness of={[features, attention, rollouts]} />
        </>
      }
    >
      {standings.length === 0 ? null : (
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
        <Loaded read={features}>
          {() =>
            standings.length === 0 ? (
              <EmptyState
                title="No feature yet"
                command="flagmarshal feature new checkout --team payments --flag new-checkout --layer backend --technical-lead … --operations-lead … --product-owner …"
              >
                A feature is what the procedure takes from strategy to everybody, behind one flag. It is
                registered with the people who hold the three approving roles.
              </EmptyState>
            ) : (
              <FeatureTable standings={shown} />
            )
          }
        </Loaded>
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

function FeatureTable({ standings }: { readonly standings: readonly Standing[] }): ReactElement {
  return (
    <Table columns={['Feature', 'Procedure', 'Step', 'Rollout', 'Flag', 'Team', 'Registered']}>
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
              <Status of={run?.state ?? feature.latestRun.state} />
            )}
          </td>
          <td>{run === undefined || run.step === null ? '' : `${run.step} of ${run.steps}`}</td>
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
    </Table>
  )
}
