/**
 * How many are served something else than off, in one sentence for somebody who was just woken up:
 * worked out from the configuration alone.
 */
import { BUCKETS, share } from '@flagmarshal/evaluation'
import type { ExposedAudience, Serve } from '@flagmarshal/evaluation'

import type { FlagConfigRow } from '../storage/flags.ts'

type Served = Pick<FlagConfigRow, 'enabled' | 'off_variant' | 'rules' | 'fallthrough'>

/** `10 % of everybody`; `nobody` where nothing but off is served. */
export function servedShare({ enabled, off_variant: off, rules, fallthrough }: Served): string {
  if (!enabled) return 'nobody'
  const owned = rules.find((it) => it.rollout !== undefined)
  const exposure = owned !== undefined && 'exposure' in owned.serve ? owned.serve.exposure : undefined
  const others = rules.filter((it) => it !== owned && percentOf(it.serve, off) > 0).length
  const parts = [
    ...(exposure === undefined || exposure.variant === off ? [] : exposure.audiences.flatMap(audienceText)),
    ...(others === 0 ? [] : [`whoever ${others === 1 ? 'one rule matches' : `${others} rules match`}`]),
    ...(percentOf(fallthrough, off) === 0 ? [] : [`${percentOf(fallthrough, off)} % of everybody else`]),
  ]
  if (parts.length === 0) return 'nobody'
  const text = parts.join(' and ')
  return parts.length === 1 ? text.replace('everybody else', 'everybody') : text
}

function audienceText({ id, ranges }: ExposedAudience): string[] {
  const percent = (share(ranges) / BUCKETS) * 100
  return percent === 0 ? [] : [`${percent} % of ${id}`]
}

/** The share, 0..100, of those who are served this that do not get off. */
function percentOf(serve: Serve, off: string): number {
  if ('variant' in serve) return serve.variant === off ? 0 : 100
  if ('exposure' in serve) return 0
  return (share(serve.allocation.ranges.filter((it) => it.variant !== off)) / BUCKETS) * 100
}
