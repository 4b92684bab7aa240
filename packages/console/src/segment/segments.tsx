/** The segments of a project, with how many they list in each environment. */
import { conditionWords } from '@flagmarshal/domain/flag/words'
import { useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useLive } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { ListCard } from '../ui/list-card.tsx'
import { Page } from '../ui/page.tsx'
import { Table } from '../ui/table.tsx'

export function Segments(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const read = useLive('listSegments', { params: { project } })
  return (
    <Page title="Segments" actions={<Freshness of={[read]} />}>
      <ListCard
        title="All segments"
        read={read}
        empty={
          <EmptyState
            title="No segment yet"
            command={`flagmarshal segment create beta --when '{"attribute": "plan", "op": "equals", "values": ["beta"]}'`}
          >
            A segment names a group of contexts once, for the rules of all flags and the stages of rollouts.
          </EmptyState>
        }
      >
        {(items) => (
          <Table
            columns={['Segment', 'Environment', 'Condition', { number: 'Included' }, { number: 'Excluded' }]}
          >
            {items.flatMap((it) =>
              it.environments.map((one, index) => (
                <tr key={`${it.key} ${one.environment}`}>
                  <td>
                    {index === 0 ? (
                      <>
                        <Link to={paths.segment(project, it.key)}>
                          <strong>{it.name}</strong>
                        </Link>{' '}
                        <code className="fm-dim">{it.key}</code>
                      </>
                    ) : null}
                  </td>
                  <td>{one.environment}</td>
                  <td>{one.when === undefined ? 'lists only' : conditionWords(one.when)}</td>
                  <td className="fm-number">{one.included.toLocaleString('en')}</td>
                  <td className="fm-number">{one.excluded.toLocaleString('en')}</td>
                </tr>
              )),
            )}
          </Table>
        )}
      </ListCard>
    </Page>
  )
}
