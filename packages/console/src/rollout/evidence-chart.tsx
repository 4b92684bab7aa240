/**
 * The line of evidence of a criterion: where its log E stood after each window, against what a rollback
 * and a GO need. It says plainly when there is none.
 */
import type { RolloutSeries, SeriesPoint } from '@flagmarshal/api/rollout-live'
import { useCallback, useMemo } from 'react'
import type { ReactElement } from 'react'
import type UPlot from 'uplot'

import { evidenceOptions } from './chart-options.ts'
import type { Limit } from './chart-options.ts'
import { Plot } from './plot.tsx'
import { Twin } from './twin.tsx'

import classes from './rollout.module.css'

const LINES = [
  { way: 'harm', name: 'harm', column: 'Harm' },
  { way: 'relative', name: 'safe against the control', column: 'Safe against the control' },
  { way: 'absolute', name: 'safe below the ceiling', column: 'Safe below the ceiling' },
] as const

interface EvidenceChartProps {
  readonly criterion: RolloutSeries['criteria'][number]
  readonly needed: RolloutSeries['needed']
  readonly points: readonly SeriesPoint[]
  /** Why this kind of criterion never has a line; absent for one that may. */
  readonly never?: string | undefined
}

export function EvidenceChart({ criterion, needed, points, never }: EvidenceChartProps): ReactElement {
  const { criterion: name, role } = criterion
  const rows = useMemo(() => rowsOf(points, name), [points, name])
  const data = useMemo(() => dataOf(rows), [rows])
  const limits = useMemo(() => limitsOf(role, needed), [role, needed])
  const options = useCallback(() => evidenceOptions(limits), [limits])
  const spoken = LINES.filter(({ way }) => rows.some((it) => typeof it.logE?.[way] === 'number'))
  if (never !== undefined || spoken.length === 0) {
    return (
      <p className={classes['noEvidence']}>
        No line of evidence: {never ?? 'in these windows nobody was exposed, or nothing was known.'}
      </p>
    )
  }
  const last = rows.findLast((it) => it.logE !== null)?.logE
  const summary = spoken.map(({ way, name: line }) => `${line} ${logWords(last?.[way])}`).join(', ')
  return (
    <figure className={classes['chart']}>
      <Plot
        label={`Evidence of ${name}: ${summary} in the latest window that has any`}
        options={options}
        data={data}
      />
      <figcaption>
        <span className="fm-dim">evidence, log E</span>
        {spoken.map(({ way, name: line }) => (
          <span key={way} className={classes['legend']} data-line={way}>
            {line}
          </span>
        ))}
        {limits.map((it) => (
          <span key={it.words} className={classes['legend']} data-line={it.line}>
            {it.words}
          </span>
        ))}
      </figcaption>
      <Twin
        title={`Evidence of ${name} as a table`}
        label={`Evidence of ${name} by window`}
        columns={LINES.map((it) => it.column)}
        rows={rows.map(({ end, logE }) => ({ end, cells: LINES.map(({ way }) => logWords(logE?.[way])) }))}
      />
    </figure>
  )
}

/** Only a guardrail rolls back on its evidence of harm. */
function limitsOf(role: string, needed: RolloutSeries['needed']): readonly Limit[] {
  const safe = { at: needed.safe, words: `a GO needs ${logWords(needed.safe)}`, line: 'safe' } as const
  if (role !== 'guardrail') return [safe]
  return [{ at: needed.harm, words: `harm is shown at ${logWords(needed.harm)}`, line: 'ceiling' }, safe]
}

type LogE = SeriesPoint['criteria'][number]['logE']

interface Row {
  readonly end: string
  readonly logE: LogE
}

function rowsOf(points: readonly SeriesPoint[], criterion: string): readonly Row[] {
  return points.map(({ end, criteria }) => ({
    end,
    logE: criteria.find((it) => it.criterion === criterion)?.logE ?? null,
  }))
}

function dataOf(rows: readonly Row[]): UPlot.AlignedData {
  return [
    rows.map((it) => Date.parse(it.end) / 1000),
    ...LINES.map(({ way }) => rows.map((it) => it.logE?.[way] ?? null)),
  ]
}

function logWords(logE: number | null | undefined): string {
  return typeof logE === 'number' ? logE.toFixed(2) : '–'
}
