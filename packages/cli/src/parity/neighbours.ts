/** Values that lie on both sides of what a comparison asks, of the type that it asks for. */
import type { Comparison, JsonValue } from '@flagmarshal/evaluation'

const DAY_MS = 86_400_000

/** What an attribute may be worth so that a comparison holds, just holds, and just does not. */
export function neighboursOf(comparison: Comparison): readonly JsonValue[] {
  switch (comparison.op) {
    case 'exists':
      return ['something']
    case 'before':
    case 'after':
      return comparison.values.flatMap(instants)
    case 'in-cidr':
      return comparison.values.flatMap(addresses)
    case 'matches':
      return comparison.values.flatMap(literals)
    case 'version-equals':
    case 'version-less-than':
    case 'version-at-most':
    case 'version-more-than':
    case 'version-at-least':
    case 'version-same-major':
    case 'version-same-minor':
      return comparison.values.flatMap(versions)
    case 'at-least':
    case 'at-most':
    case 'contains':
    case 'ends-with':
    case 'equals':
    case 'in':
    case 'less-than':
    case 'more-than':
    case 'starts-with':
      return comparison.values.flatMap(near)
  }
}

/** A value and those beside it, of the same type. */
export function near(value: JsonValue): readonly JsonValue[] {
  if (typeof value === 'number') return [value, value - 1, value + 1, value + 0.5, -value]
  if (typeof value === 'boolean') return [true, false]
  if (typeof value !== 'string') return []
  if (/^\d+\.\d+\.\d+/.test(value)) return versions(value)
  const cased = [value.toUpperCase(), value.toLowerCase()]
  return [value, value, `${value}x`, `x${value}`, `x${value}x`, value.slice(1), ...cased]
}

function instants(given: string): readonly string[] {
  const at = Date.parse(given)
  if (Number.isNaN(at)) return [given]
  return [0, -1_000, 1_000, -DAY_MS, DAY_MS].map((it) => new Date(at + it).toISOString())
}

function versions(given: string): readonly string[] {
  const parts = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(given)
  if (parts === null) return [given]
  const [major = 0, minor = 0, patch = 0] = parts.slice(1).map((it) => Number(it ?? 0))
  const whole = `${major}.${minor}.${patch}`
  const beside = [`${major}.${minor}.${patch + 1}`, `${major}.${minor + 1}.0`, `${major + 1}.0.0`, '0.0.1']
  return [whole, `${whole}-rc.1`, ...beside]
}

function addresses(block: string): readonly string[] {
  const [address = block] = block.split('/')
  return [
    address,
    '203.0.113.7',
    '2001:db8::7',
    ...(address.includes('.') ? [address.replace(/\d+$/, '9')] : []),
  ]
}

/** The stretches of a pattern that stand for themselves, alone and together: a text that fits, mostly. */
function literals(pattern: string): readonly string[] {
  const stretches =
    pattern.replaceAll(/\\[a-zA-Z]|\[[^\]]*\]|\([?]./g, ' ').match(/[\w@. -]*\w[\w@. -]*/g) ?? []
  const texts = stretches.map((it) => it.trim())
  return [...texts, texts.join(''), ...texts.map((it) => `x${it}x`), 'something', '7']
}
