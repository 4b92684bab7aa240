/**
 * What an approval is about, line by line: the base that was approved, what serves now, and what is
 * proposed. Pure, so that a test can say what is shown.
 */
import { fieldsOf, itemsOf } from '../form/field.ts'

/** One place at which the proposal differs from what was approved; of `live` undefined: it serves nothing. */
export interface Difference {
  /** JSON Pointer into the bundle. */
  readonly pointer: string
  /** The step, in words. */
  readonly where: string
  readonly approved: unknown
  readonly live: unknown
  readonly proposed: unknown
}

interface Sides {
  readonly approved: object | null
  readonly proposed: object
  /** The plan that a rollout follows now; undefined while there is none. */
  readonly livePlan: object | undefined
}

/** The differences at these pointers; where nothing was approved yet, each part of the proposal. */
export function differencesOf(pointers: readonly string[], sides: Sides): readonly Difference[] {
  const at = sides.approved === null ? partsOf(sides.proposed) : pointers
  return at.map((pointer) => ({
    pointer,
    where: whereOf(pointer, sides.proposed),
    approved: sides.approved === null ? undefined : valueAt(sides.approved, pointer),
    live: liveAt(pointer, sides),
    proposed: valueAt(sides.proposed, pointer),
  }))
}

/** The value that a JSON Pointer leads to; undefined where it leads nowhere. */
export function valueAt(value: unknown, pointer: string): unknown {
  return partsOfPointer(pointer).reduce<unknown>(
    (at, name) => (Array.isArray(at) ? itemsOf(at)[Number(name)] : fieldsOf(at)[name]),
    value,
  )
}

function partsOfPointer(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((it) => it.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Each part of the outputs and baselines of all steps, and the work plan. */
function partsOf(bundle: object): readonly string[] {
  const steps = itemsOf(fieldsOf(bundle)['steps'])
  return steps.flatMap((step, index) =>
    ['output', 'baseline'].flatMap((part) =>
      Object.keys(fieldsOf(fieldsOf(step)[part])).map((field) => `/steps/${index}/${part}/${field}`),
    ),
  )
}

function whereOf(pointer: string, bundle: object): string {
  const [first = '', index = '', ...rest] = partsOfPointer(pointer)
  if (first !== 'steps') return [first, index, ...rest].filter((it) => it !== '').join(' · ')
  const step = fieldsOf(itemsOf(fieldsOf(bundle)['steps'])[Number(index)])
  return [`step ${Number(index) + 1}, ${String(step['id'])}`, ...rest.filter((it) => it !== 'output')].join(
    ' · ',
  )
}

/**
 * What serves now: of the plan what the rollout follows, of a baseline what is configured, which is
 * what the proposal holds. Everything else serves nothing by itself.
 */
function liveAt(pointer: string, { proposed, livePlan }: Sides): unknown {
  const [, , part, field, ...rest] = partsOfPointer(pointer)
  if (part === 'baseline') return valueAt(proposed, pointer)
  if (part !== 'output' || field !== 'plan' || livePlan === undefined) return undefined
  return valueAt(livePlan, rest.map((it) => `/${it.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''))
}
