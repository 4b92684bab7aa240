/** How the charts of a criterion are drawn: scales, lines, thresholds with their names, marks of decisions. */
import type { RefObject } from 'react'
import type UPlot from 'uplot'

import type { ChartProps } from './chart.tsx'
import { rateWords } from './words.ts'

const HEIGHT = 160
const EVIDENCE_HEIGHT = 130
const FONT = '11px system-ui, sans-serif'

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
  const { isMean } = props.current
  return {
    ...frame(HEIGHT, (value) => rateWords(value, isMean)),
    scales: {
      x: { time: true },
      y: { range: (_, __, highest) => [0, topOf(props.current, highest)] },
    },
    series: [
      {},
      { label: 'exposed', stroke: colour('moving'), width: 2, points: { show: false } },
      { label: 'control', stroke: colour('dim'), width: 1.5, dash: [5, 4], points: { show: false } },
    ],
    hooks: { draw: [(plot) => drawMarks(plot, props.current)] },
  }
}

/** A line that evidence has to reach, with its name. */
export interface Limit {
  readonly at: number
  readonly words: string
  readonly line: 'ceiling' | 'safe'
}

/** Options for uPlot of log E: of harm, of safety against the control, of safety below the ceiling. */
export function evidenceOptions(limits: readonly Limit[]): UPlot.Options {
  const needed = Math.max(...limits.map((it) => it.at))
  const line = { width: 1.5, points: { show: false } }
  return {
    ...frame(EVIDENCE_HEIGHT, String),
    scales: {
      x: { time: true },
      y: { range: (_, lowest, highest) => [Math.min(0, lowest), 1.3 * Math.max(highest, needed)] },
    },
    series: [
      {},
      { ...line, label: 'harm', stroke: colour('no-go') },
      { ...line, label: 'safe against the control', stroke: colour('go'), dash: [8, 3] },
      { ...line, label: 'safe below the ceiling', stroke: colour('moving'), dash: [2, 3] },
    ],
    hooks: { draw: [(plot) => drawLimits(plot, limits)] },
  }
}

/** What both charts have: the time below, numbers on the left in the colours of the theme. */
function frame(height: number, words: (value: number) => string): Omit<UPlot.Options, 'series'> {
  const line = { stroke: colour('line'), width: 1 }
  const axis = { stroke: colour('dim'), font: FONT, grid: line, ticks: line }
  return {
    width: 320,
    height,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    axes: [
      { ...axis, values: (_, values) => values.map(timeWords) },
      { ...axis, size: 56, values: (_, values) => values.map((it) => words(it)) },
    ],
  }
}

function drawLimits(plot: UPlot, limits: readonly Limit[]): void {
  plot.ctx.save()
  beginMarks(plot.ctx)
  for (const it of limits) drawLimit(plot, it)
  plot.ctx.restore()
}

/** Axes and lines leave their own alignment and dashes behind. */
function beginMarks(ctx: CanvasRenderingContext2D): void {
  ctx.lineWidth = devicePixelRatio
  ctx.font = FONT.replace('11px', `${11 * devicePixelRatio}px`)
  ctx.textAlign = 'left'
  ctx.textBaseline = 'alphabetic'
  ctx.setLineDash([])
}

function drawLimit(plot: UPlot, { at, words, line }: Limit): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio
  const y = plot.valToPos(at, 'y', true)
  const tone = colour(line === 'ceiling' ? 'no-go' : 'go')
  ctx.strokeStyle = tone
  ctx.fillStyle = tone
  lineTo(ctx, [bbox.left, y], [bbox.left + bbox.width, y])
  ctx.fillText(words, bbox.left + 6 * ratio, y - 4 * ratio)
}

/** The ceiling is always in sight, with room above it. */
function topOf({ criterion: { ceiling } }: ChartProps, highest: number): number {
  return 1.3 * Math.max(highest, ceiling ?? 0, 1e-4)
}

function drawMarks(plot: UPlot, { criterion: { ceiling }, annotations, isMean }: ChartProps): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio
  ctx.save()
  beginMarks(ctx)
  if (ceiling !== null) {
    drawLimit(plot, { at: ceiling, words: `ceiling ${rateWords(ceiling, isMean)}`, line: 'ceiling' })
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
