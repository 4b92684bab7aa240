/** What changes, part by part: what was, what will be. */
import type { ReactElement } from 'react'

import { Table } from '../ui/table.tsx'
import type { Difference } from './config-difference.ts'

interface DifferencesProps {
  readonly of: readonly Difference[]
  readonly before?: string
  readonly after?: string
}

export function Differences({ of, before = 'Now', after = 'Then' }: DifferencesProps): ReactElement {
  if (of.length === 0) return <p className="fm-dim">They serve the same.</p>
  return (
    <div className="fm-scroll" tabIndex={0} role="region" aria-label="Differences">
      <Table columns={['Part', before, after]}>
        {of.map((it) => (
          <tr key={it.place}>
            <td>{it.label}</td>
            <td>{it.before ?? <span className="fm-dim">not there</span>}</td>
            <td>
              <strong>{it.after ?? 'removed'}</strong>
            </td>
          </tr>
        ))}
      </Table>
    </div>
  )
}
