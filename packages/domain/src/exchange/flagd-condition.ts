/**
 * Conditions as JSONLogic with flagd's operators (https://flagd.dev/reference/custom-operations/).
 *
 * JSONLogic converts types and fails on what it cannot convert, the engine does neither. So each
 * comparison first asks what its attribute is, in operations that cannot fail.
 */
import { isKeptLogic } from '@flagmarshal/evaluation'
import type { Comparison, Condition, JsonValue, Segment, VersionOperator } from '@flagmarshal/evaluation'

/** Whatever flagd has no words for; the flag is left out of the export. */
export class NotInFlagd extends Error {}

/** Conditions may be nested this deep, segments included. */
const MAX_DEPTH = 64

const VERSION_OPS: Readonly<Record<VersionOperator, string>> = {
  'version-equals': '=',
  'version-less-than': '<',
  'version-at-most': '<=',
  'version-more-than': '>',
  'version-at-least': '>=',
  'version-same-major': '^',
  'version-same-minor': '~',
}
const NUMBER_OPS = { 'less-than': '<', 'at-most': '<=', 'more-than': '>', 'at-least': '>=' } as const

/** The condition as JSONLogic that gives true or false for every context. Throws NotInFlagd where it cannot be said. */
export function flagdCondition(
  condition: Condition,
  segments: ReadonlyMap<string, Segment>,
  depth = 0,
): JsonValue {
  if (depth > MAX_DEPTH) throw new NotInFlagd('its conditions are nested too deep')
  const inner = (it: Condition): JsonValue => flagdCondition(it, segments, depth + 1)

  if ('all' in condition) return joined('and', condition.all.map(inner), true)
  if ('any' in condition) return joined('or', condition.any.map(inner), false)
  if ('not' in condition) return { '!': [inner(condition.not)] }
  if ('segment' in condition) {
    const segment = segments.get(condition.segment)
    if (segment === undefined) throw new NotInFlagd(`there is no segment "${condition.segment}"`)
    return flagdSegment(segment, inner)
  }
  if ('jsonLogic' in condition && isKeptLogic(condition.jsonLogic))
    throw new NotInFlagd('it keeps a condition of another tool, which JSONLogic cannot say')
  if ('jsonLogic' in condition) return { '!!': [condition.jsonLogic] }
  if ('bucketed' in condition) throw new NotInFlagd('it asks for the bucket of a key')
  if ('malformed' in condition) throw new NotInFlagd('it has a condition that cannot be evaluated')
  if (condition.contextKind !== undefined) throw new NotInFlagd('it asks for the context of a kind')
  return comparison(condition)
}

/** An attribute; a dot in its name is no path. */
export function variable(name: string): JsonValue {
  return { var: [escaped(name)] }
}

/** Whether an attribute can be bucketed: a text that is not empty, or a number. */
export function isBucketable(name: string): JsonValue {
  return { or: [{ and: [isText(name), { '!==': [variable(name), ''] }] }, isNumber(name)] }
}

/** `exclude` wins over `include`, `include` over the condition. */
function flagdSegment(
  { when, include = [], exclude = [] }: Segment,
  inner: (it: Condition) => JsonValue,
): JsonValue {
  const rest = when === undefined ? false : inner(when)
  if (include.length + exclude.length === 0) return rest
  const listed = (keys: readonly string[]): JsonValue => ({
    in: [{ cat: [variable('targetingKey')] }, [...keys]],
  })
  const decided = { if: [listed(exclude), false, listed(include), true, rest] }
  return { if: [isBucketable('targetingKey'), decided, rest] }
}

function comparison(it: Comparison): JsonValue {
  const { attribute: name } = it
  const value = variable(name)
  if ('ignoreCase' in it && (it.ignoreCase ?? false))
    throw new NotInFlagd('it compares texts in any case, and JSONLogic cannot')
  switch (it.op) {
    case 'equals':
    case 'in':
      return joined(
        'or',
        it.values.map((one): JsonValue => ({ '===': [value, one] })),
        false,
      )
    case 'starts-with':
      return textTest(name, it.values, (one) => ({ starts_with: [value, one] }))
    case 'ends-with':
      return textTest(name, it.values, (one) => ({ ends_with: [value, one] }))
    case 'contains':
      return textTest(name, it.values, (one) =>
        // In an empty text flagd's engine finds nothing, not even an empty text.
        one === '' ? true : { in: [one, value] },
      )
    case 'less-than':
    case 'at-most':
    case 'more-than':
    case 'at-least':
      return { and: [isNumber(name), { [NUMBER_OPS[it.op]]: [value, it.values[0]] }] }
    case 'version-equals':
    case 'version-less-than':
    case 'version-at-most':
    case 'version-more-than':
    case 'version-at-least':
    case 'version-same-major':
    case 'version-same-minor': {
      const op = VERSION_OPS[it.op]
      // flagd gives null for what is no version; the comparison makes it false.
      return textTest(name, it.values, (one) => ({ '===': [{ sem_ver: [value, op, one] }, true] }))
    }
    case 'exists':
      return { '!==': [value, null] }
    case 'matches':
      throw new NotInFlagd('it matches a regular expression, and JSONLogic cannot')
    case 'before':
    case 'after':
      throw new NotInFlagd('it compares instants, and JSONLogic cannot read them')
    case 'in-cidr':
      throw new NotInFlagd('it looks for an IP address in a block, and JSONLogic cannot')
  }
}

function textTest(name: string, values: readonly string[], test: (one: string) => JsonValue): JsonValue {
  return { and: [isText(name), joined('or', values.map(test), false)] }
}

function joined(op: 'and' | 'or', parts: readonly JsonValue[], empty: boolean): JsonValue {
  const [only] = parts
  if (only === undefined) return empty
  return parts.length === 1 ? only : { [op]: parts }
}

function isText(name: string): JsonValue {
  return { '===': [{ cat: [variable(name)] }, variable(name)] }
}

/** No text and no list (those have a length), no object, and the same after it was made a number. */
function isNumber(name: string): JsonValue {
  return {
    and: [
      { '===': [{ var: [`${escaped(name)}.length`] }, null] },
      { '!==': [{ substr: [{ cat: [variable(name)] }, 0, 1] }, '['] },
      { '===': [{ '+': [variable(name)] }, variable(name)] },
    ],
  }
}

function escaped(name: string): string {
  return name.replaceAll('\\', '\\\\').replaceAll('.', '\\.')
}
