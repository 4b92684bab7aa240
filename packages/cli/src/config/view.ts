/** A plan for people: what each document would change, line by line. */
import type { Change } from './plan.ts'

/** Lines that are shown of one document. */
const SHOWN = 20
/** Characters that are shown of one value. */
const WIDTH = 100

const SIGNS = { create: '+', update: '~', none: ' ' } as const

/** The plan, as a person reads it. */
export function describePlan(changes: readonly Change[], unmanaged: readonly string[]): string {
  const effective = changes.filter((it) => it.action !== 'none' || it.refusals.length > 0)
  const counted = (action: Change['action']) => changes.filter((it) => it.action === action).length
  return [
    ...effective.map(describeChange),
    `${counted('create')} to create, ${counted('update')} to change, ${counted('none')} as they are.`,
    ...(unmanaged.length === 0 ? [] : [`In no document, and left alone: ${listed(unmanaged)}.`]),
  ].join('\n')
}

function describeChange({ name, place, action, differences, refusals, raises }: Change): string {
  const shown = differences.slice(0, SHOWN)
  const more = differences.length - shown.length
  return [
    `${SIGNS[action]} ${name}  (${place})`,
    ...shown.map(({ at, before, after }) => `    ${at.slice(1)}: ${worded(before)} → ${worded(after)}`),
    ...(more > 0 ? [`    … and ${more} more`] : []),
    ...raises.map((it) => `    ! raises exposure in ${it}: through its gate, or as a draft (--draft)`),
    ...refusals.map((it) => `    ✗ ${it}`),
  ].join('\n')
}

function worded(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > WIDTH ? `${text.slice(0, WIDTH)}…` : text
}

function listed(names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
  return `${names.slice(0, SHOWN).join(', ')}${more}`
}
