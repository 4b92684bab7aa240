/**
 * A flag's rules in words, for people who read a runbook at night.
 */
import { BUCKETS } from '@flagmarshal/evaluation'

import type { Json } from '../audit/canonical.ts'
import { isObject, linesAt, rowsAt, textAt, valueAt, wordsOf } from './facts.ts'

/** What a condition asks, in words. */
export function conditionWords(condition: Json | undefined): string {
  if (!isObject(condition)) return ''
  if ('all' in condition) return joined(condition['all'], ' and ', 'everybody')
  if ('any' in condition) return joined(condition['any'], ' or ', 'nobody')
  if ('not' in condition) return `not (${conditionWords(condition['not'])})`
  if ('segment' in condition) return `in the segment ${wordsOf(condition['segment'])}`
  if ('bucketed' in condition) return `a share of keys (by ${keyWords(condition['bucketed'], 'by')})`
  if ('malformed' in condition) return `an error (${wordsOf(condition['malformed'])})`
  const op = textAt(condition, 'op').replaceAll(/([A-Z])/g, (it) => ` ${it.toLowerCase()}`)
  return [keyWords(condition, 'attribute'), op, linesAt(condition, 'values').join(', ')].join(' ').trim()
}

/** What is served, in words. */
export function serveWords(serve: Json | undefined): string {
  const variant = textAt(serve, 'variant')
  if (variant !== '') return variant
  const ranges = rowsAt(serve, 'allocation.ranges').map((it) => {
    const width = Number(textAt(it, 'to')) - Number(textAt(it, 'from'))
    return `${textAt(it, 'variant')} ${percentOf(width)}`
  })
  if (ranges.length === 0) return valueAt(serve, 'allocation') === undefined ? '' : 'nobody'
  return `${ranges.join(', ')} (by ${keyWords(valueAt(serve, 'allocation'), 'by')})`
}

/** An attribute, and whose it is. */
function keyWords(of: Json | undefined, name: string): string {
  const kind = textAt(of, 'contextKind')
  return kind === '' ? textAt(of, name) : `${textAt(of, name)} of the ${kind}`
}

function percentOf(buckets: number): string {
  return `${Number(((100 * buckets) / BUCKETS).toFixed(3))} %`
}

function joined(conditions: Json | undefined, word: string, none: string): string {
  if (!Array.isArray(conditions) || conditions.length === 0) return none
  const words = conditions.map((it: Json) => conditionWords(it))
  return words.length === 1 ? words.join('') : words.map((it) => `(${it})`).join(word)
}
