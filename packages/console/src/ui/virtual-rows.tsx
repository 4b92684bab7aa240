/**
 * A table of any length that draws only what is looked at. Rows have one height, so a row's place is
 * arithmetic; empty rows above and below stand for the rest, and readers are told the real number.
 */
import { useEffect, useRef, useState } from 'react'
import type { ReactElement, ReactNode } from 'react'

/** Height of a row, in pixels; the style sheet keeps rows to it. */
const ROW = 38
/** Rows that are drawn beyond what is seen, on either side. */
const SPARE = 12
/** What is drawn changes by so many rows at once, so that most scrolling draws nothing anew. */
const STEP = 6
/** Fewer than these are drawn all. */
const FEW = 60

interface VirtualRowsProps {
  readonly label: string
  readonly columns: readonly string[]
  readonly count: number
  /** The cells of a row, with a key. */
  readonly row: (index: number) => ReactNode
}

export function VirtualRows({ label, columns, count, row }: VirtualRowsProps): ReactElement {
  const table = useRef<HTMLTableElement>(null)
  const [seen, setSeen] = useState({ from: 0, to: FEW })
  useEffect(() => {
    const look = (): void => {
      const top = -(table.current?.getBoundingClientRect().top ?? 0)
      const first = Math.floor(top / ROW / STEP) * STEP
      const from = Math.max(0, first - SPARE)
      const to = first + Math.ceil(innerHeight / ROW) + STEP + SPARE
      setSeen((it) => (it.from === from && it.to === to ? it : { from, to }))
    }
    look()
    addEventListener('scroll', look, { passive: true })
    addEventListener('resize', look)
    return () => {
      removeEventListener('scroll', look)
      removeEventListener('resize', look)
    }
  }, [])
  const [from, to] = count <= FEW ? [0, count] : [Math.min(seen.from, count), Math.min(seen.to, count)]
  return (
    <table ref={table} className="fm-table" aria-label={label} aria-rowcount={count + 1}>
      <thead>
        <tr>
          {columns.map((it) => (
            <th key={it}>{it}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        <Gap rows={from} columns={columns.length} />
        {Array.from({ length: Math.max(0, to - from) }, (_, i) => (
          <tr key={from + i} aria-rowindex={from + i + 2} style={{ height: ROW, whiteSpace: 'nowrap' }}>
            {row(from + i)}
          </tr>
        ))}
        <Gap rows={count - to} columns={columns.length} />
      </tbody>
    </table>
  )
}

function Gap({ rows, columns }: { readonly rows: number; readonly columns: number }): ReactElement | null {
  if (rows <= 0) return null
  return (
    <tr aria-hidden="true">
      <td colSpan={columns} style={{ height: rows * ROW, padding: 0 }} />
    </tr>
  )
}
