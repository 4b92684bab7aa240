/** Lengths of time in words. */
import type { Json } from '../audit/canonical.ts'

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const

/** Milliseconds in the largest unit that leaves few digits: `90000` is `1.5 minutes`. Empty for no number. */
export function durationWords(ms: Json | undefined): string {
  if (typeof ms !== 'number') return ''
  const [name, length] = UNITS.find(([, it]) => ms >= it) ?? ['second', 1_000]
  const count = Number((ms / length).toFixed(2))
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
