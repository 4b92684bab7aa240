/**
 * Exposed against control of one criterion over time, drawn with uPlot: thresholds named, decisions
 * marked, unknown windows left open. The table below says the same without a picture.
 */
import type { RolloutSeries, SeriesPoint } from '@flagmarshal/api/rollout-live'
import { useComputedColorScheme } from '@mantine/core'
import { useResizeObserver } from '@mantine/hooks'
import { useEffect, useMemo, useRef } from 'react'
import type { ReactElement } from 'react'
import UPlot from 'uplot'

import 'uplot/dist/uPlot.min.css'
import { chartOptions } from './chart-options.ts'
import { rateOf, rateWords } from './words.ts'

import classes from './rollout.module.css'

/** Windows that the table twin shows. */
const TABLE_ROWS = 40

export interface ChartProps {
  readonly criterion: RolloutSeries['criteria'][number]
  readonly isMean: boolean
  readonly points: readonly SeriesPoint[]
  readonly annotations: readonly { readonly at: string; readonly seq: number; readonly kind: string }[]
}

export function Chart(props: ChartProps): ReactElement {
  const { criterion, isMean, points } = props
  const host = useRef<HTMLDivElement>(null)
  const [measure, { width }] = useResizeObserver<HTMLDivElement>()
  const plot = useRef<UPlot>(undefined)
  const scheme = useComputedColorScheme('light')
  const rows = useMemo(() => rowsOf(points, criterion.criterion), [points, criterion.criterion])
  const data = useMemo(() => dataOf(rows), [rows])
  const latest = useRef(props)
  latest.current = props
  useEffect(() => {
    if (host.current === null) return
    const made = new UPlot(chartOptions(latest), data, host.current)
    plot.current = made
    return () => made.destroy()
    // The data is set below; a new theme needs new colours.
  }, [scheme, criterion, isMean])
  useEffect(() => plot.current?.setData(data), [data, props.annotations])
  useEffect(() => {
    if (width > 0) plot.current?.setSize({ width, height: 160 })
  }, [width, scheme])
  const last = rows.at(-1)
  const summary =
    last === undefined
      ? 'no window yet'
      : `exposed ${rateWords(last.exposed, isMean)}, control ${rateWords(last.control, isMean)} in the latest window`
  return (
    <figure className={classes['chart']} ref={measure}>
      <div ref={host} role="img" aria-label={`Chart of ${criterion.criterion}: ${summary}`} />
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
      <Twin rows={rows} isMean={isMean} name={criterion.criterion} />
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

interface TwinProps {
  readonly rows: readonly Row[]
  readonly isMean: boolean
  readonly name: string
}

function Twin({ rows, isMean, name }: TwinProps): ReactElement {
  return (
    <details className={classes['twin']}>
      <summary>{name} as a table</summary>
      <div className="fm-scroll" tabIndex={0} role="region" aria-label={`Windows of ${name}`}>
        <table className="fm-table">
          <thead>
            <tr>
              <th scope="col">Window ended</th>
              <th scope="col">Exposed</th>
              <th scope="col">Control</th>
              <th scope="col">Requests</th>
              <th scope="col">Known</th>
            </tr>
          </thead>
          <tbody>
            {rows
              .slice(-TABLE_ROWS)
              .toReversed()
              .map((it) => (
                <tr key={it.end}>
                  <td>{new Date(it.end).toLocaleTimeString()}</td>
                  <td className="fm-number">{rateWords(it.exposed, isMean)}</td>
                  <td className="fm-number">{rateWords(it.control, isMean)}</td>
                  <td className="fm-number">{it.requests}</td>
                  <td>{it.kind === 'ok' ? 'yes' : it.kind.replaceAll('_', ' ')}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}
