/** Where code asks the flag, as far as repositories have said. */
import type { ReactElement } from 'react'

import { useRead } from '../query.ts'
import type { Answer } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { ListCard } from '../ui/list-card.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'

type Repository = Answer<'listReferences'>['items'][number]

interface ReferencesProps {
  readonly project: string
  readonly flag: string
}

const LAYERS = ['backend', 'frontend', 'middleware'] as const

/** How a place refers to the flag, in words. */
const KINDS: Readonly<Record<string, string>> = {
  call: 'asks it',
  accessor: 'asks it',
  mention: 'names it',
  alias: 'names it',
  text: 'has its key',
}

export function References({ project, flag }: ReferencesProps): ReactElement {
  const read = useRead('listReferences', { params: { project, flag } })
  return (
    <>
      <Coverage project={project} flag={flag} />
      <Card title="Places in the code" flush>
        <Loaded read={read}>{({ items }) => <Places items={items} />}</Loaded>
      </Card>
    </>
  )
}

/** How many places of each layer and repository there are: what step 2 asks for. */
export function Coverage({ project, flag }: ReferencesProps): ReactElement {
  const read = useRead('listReferences', { params: { project, flag } })
  return (
    <ListCard
      title="Code references by layer"
      read={read}
      empty={
        <EmptyState title="No repository has reported" command="flagmarshal refs scan --upload">
          A repository is searched for places that ask flags, usually in its pipeline. Until then nobody can
          tell which layers ask this one, and whether it may go.
        </EmptyState>
      }
    >
      {(items) => (
        <Table columns={['Repository', ...LAYERS, 'Commit', 'Reported']}>
          {items.map((it) => (
            <tr key={it.repo}>
              <td>
                {it.repo} {it.branch ?? ''}
              </td>
              {LAYERS.map((layer) => (
                <td key={layer}>{count(it, layer)}</td>
              ))}
              <td>
                <code>{it.sha.slice(0, 10)}</code>
              </td>
              <td>
                <TimeAgo at={it.at} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </ListCard>
  )
}

function count({ refs }: Repository, layer: (typeof LAYERS)[number]): ReactElement | number {
  const places = refs.filter((it) => it.layer === layer).length
  return places === 0 ? <span className="fm-dim">none</span> : places
}

function Places({ items }: { readonly items: readonly Repository[] }): ReactElement {
  const gone = items.filter((it) => it.refs.length === 0 && it.extinct !== null)
  if (items.every((it) => it.refs.length === 0) && gone.length === 0)
    return (
      <EmptyState title="No place in code is known">Nothing that was reported names this flag.</EmptyState>
    )
  return (
    <Table columns={['Place', 'How', 'Layer', 'Repository']}>
      {items.flatMap((it) =>
        it.refs.map((ref) => (
          <tr key={`${it.repo} ${ref.file} ${ref.line}`}>
            <td>
              <code>
                {ref.file}:{ref.line}
              </code>
              {ref.context === undefined ? null : <pre className="fm-dim">{ref.context}</pre>}
            </td>
            <td>
              {KINDS[ref.kind ?? 'call']} {ref.alias === undefined ? null : <code>{ref.alias}</code>}
            </td>
            <td>{ref.layer}</td>
            <td>{it.repo}</td>
          </tr>
        )),
      )}
      {gone.map(({ repo, extinct }) => (
        <tr key={`${repo} gone`}>
          <td className="fm-dim">gone</td>
          <td>
            The last place went with <code>{extinct?.sha.slice(0, 10)}</code>, in <code>{extinct?.file}</code>
          </td>
          <td />
          <td>{repo}</td>
        </tr>
      ))}
    </Table>
  )
}
