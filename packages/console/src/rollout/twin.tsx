/** The latest windows of a chart as a table: the same without a picture. */
import type { ReactElement } from 'react'

import { Table } from '../ui/table.tsx'

import classes from './rollout.module.css'

/** Windows that it shows. */
const ROWS = 40

interface TwinProps {
  /** What opens it. */
  readonly title: string
  readonly label: string
  readonly columns: readonly string[]
  /** Oldest first. */
  readonly rows: readonly { readonly end: string; readonly cells: readonly string[] }[]
}

export function Twin({ title, label, columns, rows }: TwinProps): ReactElement {
  return (
    <details className={classes['twin']}>
      <summary>{title}</summary>
      <div className="fm-scroll" tabIndex={0} role="region" aria-label={label}>
        <Table columns={['Window ended', ...columns]}>
          {rows
            .slice(-ROWS)
            .toReversed()
            .map(({ end, cells }) => (
              <tr key={end}>
                <td>{new Date(end).toLocaleTimeString()}</td>
                {cells.map((cell, index) => (
                  <td key={columns[index]} className="fm-number">
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
        </Table>
      </div>
    </details>
  )
}
