/** How a chart of a criterion is drawn: scales, lines, the ceiling with its name, marks of decisions. */
import type { RefObject } from 'react'
import type UPlot from 'uplot'

import type { ChartProps } from './chart.tsx'
import { rateWords } from './words.ts'

const HEIGHT = 160

/** Decisions that change nothing about who is exposed. */
const UNMARKED = /^(review|scheduled|remind)/

/** Seconds since 1970, as the clock of the browser's person says it. */
function timeWords(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString()
}

/** A colour of the theme as it is now. */
function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--fm-${name}`).trim()
}

/** Options for uPlot; `props` is read whenever it draws. */
export function chartOptions(props: RefObject<ChartProps>): UPlot.Options {
  const [dim, line, exposed] = [colour('dim'), colour('line'), colour('moving')]
  const font = '11px system-ui, sans-serif'
  const axis = { stroke: dim, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } }
  const { isMean } = props.current
  return {
    width: 320,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: {
      x: { time: true },
      y: { range: (_, __, highest) => [0, topOf(props.current, highest)] },
    },
    axes: [
      { ...axis, values: (_, values) => values.map(timeWords) },
      { ...axis, size: 56, values: (_, values) => values.map((it) => rateWords(it, isMean)) },
    ],
    series: [
      {},
      { label: 'exposed', stroke: exposed, width: 2, points: { show: false } },
      { label: 'control', stroke: dim, width: 1.5, dash: [5, 4], points: { show: false } },
    ],
    hooks: { draw: [(plot) => drawMarks(plot, props.current, font)] },
  }
}

/** The ceiling is always in sight, with room above it. */
function topOf({ criterion: { ceiling } }: ChartProps, highest: number): number {
  return 1.3 * Math.max(highest, ceiling ?? 0, 1e-4)
}

function drawMarks(plot: UPlot, { criterion, annotations, isMean }: ChartProps, font: string): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio
  ctx.save()
  ctx.lineWidth = ratio
  ctx.font = font.replace('11px', `${11 * ratio}px`)
  if (criterion.ceiling !== null) {
    const y = plot.valToPos(criterion.ceiling, 'y', true)
    ctx.strokeStyle = colour('no-go')
    ctx.fillStyle = colour('no-go')
    lineTo(ctx, [bbox.left, y], [bbox.left + bbox.width, y])
    ctx.fillText(`ceiling ${rateWords(criterion.ceiling, isMean)}`, bbox.left + 6 * ratio, y - 4 * ratio)
  }
  ctx.strokeStyle = colour('hold')
  ctx.fillStyle = colour('hold')
  ctx.setLineDash([2 * ratio, 3 * ratio])
  let free = 0
  for (const { at, kind } of annotations) {
    if (UNMARKED.test(kind)) continue
    const x = plot.valToPos(Date.parse(at) / 1000, 'x', true)
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    lineTo(ctx, [x, bbox.top], [x, bbox.top + bbox.height])
    // A name that would lie on the one before is left out: the decisions are listed below.
    if (x < free) continue
    ctx.fillText(kind, x + 3 * ratio, bbox.top + 10 * ratio)
    free = x + ctx.measureText(kind).width + 8 * ratio
  }
  ctx.restore()
}

type Point = readonly [number, number]

function lineTo(ctx: CanvasRenderingContext2D, from: Point, to: Point): void {
  ctx.beginPath()
  ctx.moveTo(...from)
  ctx.lineTo(...to)
  ctx.stroke()
}
