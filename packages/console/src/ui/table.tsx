/** A table: the words above its columns, and its rows. */
import type { ReactElement, ReactNode } from 'react'

/** The word above a column; numbers stand at the right of theirs. */
type Column = string | { readonly number: string }

interface TableProps {
  readonly columns: readonly Column[]
  /** What the table is, where no heading above it says so. */
  readonly label?: string
  readonly className?: string | undefined
  /** The rows. */
  readonly children: ReactNode
}

export function Table({ columns, label, className, children }: TableProps): ReactElement {
  return (
    <table className={className === undefined ? 'fm-table' : `fm-table ${className}`} aria-label={label}>
      <thead>
        <tr>
          {columns.map((it) =>
            typeof it === 'string' ? (
              <th key={it} scope="col">
                {it}
              </th>
            ) : (
              <th key={it.number} scope="col" className="fm-number">
                {it.number}
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  )
}
