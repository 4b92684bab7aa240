/**
 * Exposed against control of one criterion over time, drawn with uPlot: thresholds named, decisions
 * marked, unknown windows left open. The table below says the same without a picture.
 */
import type { RolloutSeries, SeriesPoint } from '@flagmarshal/api/rollout-live'
import { useCallback, useMemo, useRef } from 'react'
import type { ReactElement } from 'react'
import type UPlot from 'uplot'

import { chartOptions } from './chart-options.ts'
import { Plot } from './plot.tsx'
import { Twin } from './twin.tsx'
import { rateOf, rateWords } from './words.ts'

import classes from './rollout.module.css'

export interface ChartProps {
  readonly criterion: RolloutSeries['criteria'][number]
  readonly isMean: boolean
  readonly points: readonly SeriesPoint[]
  readonly annotations: readonly { readonly at: string; readonly seq: number; readonly kind: string }[]
}

export function Chart(props: ChartProps): ReactElement {
  const { criterion, isMean, points } = props
  const rows = useMemo(() => rowsOf(points, criterion.criterion), [points, criterion.criterion])
  const data = useMemo(() => dataOf(rows), [rows])
  const latest = useRef(props)
  latest.current = props
  const options = useCallback(() => chartOptions(latest), [criterion, isMean])
  const last = rows.at(-1)
  const summary =
    last === undefined
      ? 'no window yet'
      : `exposed ${rateWords(last.exposed, isMean)}, control ${rateWords(last.control, isMean)} in the latest window`
  return (
    <figure className={classes['chart']}>
      <Plot
        label={`Chart of ${criterion.criterion}: ${summary}`}
        options={options}
        data={data}
        marks={props.annotations}
      />
      <figcaption>
        <span className={classes['legend']} data-line="exposed">
          exposed
        </span>
        <span className={classes['legend']} data-line="control">
          control
        </span>
        {criterion.ceiling === null ? null : (
          <span className={classes['legend']} data-line="ceiling">
            ceiling {rateWords(criterion.ceiling, isMean)}
          </span>
        )}
        <span className="fm-dim">gaps: nothing is known</span>
      </figcaption>
      <Twin
        title={`${criterion.criterion} as a table`}
        label={`Windows of ${criterion.criterion}`}
        columns={['Exposed', 'Control', 'Requests', 'Known']}
        rows={rows.map((it) => ({
          end: it.end,
          cells: [
            rateWords(it.exposed, isMean),
            rateWords(it.control, isMean),
            String(it.requests),
            it.kind === 'ok' ? 'yes' : it.kind.replaceAll('_', ' '),
          ],
        }))}
      />
    </figure>
  )
}

interface Row {
  readonly end: string
  readonly kind: string
  readonly exposed: number | undefined
  readonly control: number | undefined
  readonly requests: number
}

function rowsOf(points: readonly SeriesPoint[], criterion: string): readonly Row[] {
  return points.flatMap(({ end, criteria }): Row[] => {
    const it = criteria.find((each) => each.criterion === criterion)
    if (it === undefined) return []
    const requests = (it.exposed?.n ?? 0) + (it.control?.n ?? 0)
    return [{ end, kind: it.kind, exposed: rateOf(it.exposed), control: rateOf(it.control), requests }]
  })
}

function dataOf(rows: readonly Row[]): UPlot.AlignedData {
  return [
    rows.map((it) => Date.parse(it.end) / 1000),
    rows.map((it) => it.exposed ?? null),
    rows.map((it) => it.control ?? null),
  ]
}
