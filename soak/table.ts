/** The rows as text for people, and the closing line. */
import type { Line, Row } from './rows.ts'

/** The table, a promise with its lines below it. */
export function tableOf(rows: readonly Row[]): string {
  return rows
    .flatMap(({ id, promise, result, lines }) => [
      `${id.padEnd(4)} ${result.padEnd(8)} ${promise}`,
      ...lines.map(textOf),
    ])
    .join('\n')
}

/** How many promises held, and which did not. */
export function closingLine(rows: readonly Row[]): string {
  const held = rows.filter((it) => it.result === 'held').length
  const others = rows.filter((it) => it.result !== 'held').map(({ id, result }) => `${id} ${result}`)
  return [`${held} of ${rows.length} promises held`, ...others].join(', ')
}

function textOf({ done, times, figure, status }: Line): string {
  const outcome = status === 'passed' ? figure : `${status.toUpperCase()} ${figure}`
  return `     ${String(times).padStart(8)} × ${done}: ${outcome}`.trimEnd()
}
