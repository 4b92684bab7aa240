/**
 * Which values a page has really used, told to the server: each flag and variant once for each person
 * who looked at the page. A hook of OpenFeature, so that any provider will do.
 */
import type { Hook } from '@openfeature/web-sdk'

/** Where they are told. */
export interface ExposuresOptions {
  /** The server's address. */
  readonly url: string
  /** A browser key, `fm_web_…`, which is public. */
  readonly key: string
  /** How long used values are collected before they are told, in milliseconds. Default 10 s. */
  readonly everyMs?: number
}

/** The hook; for `OpenFeature.addHooks`. */
export interface Exposures extends Hook {
  /** Tells what was collected now. */
  flush(): void
  /** Tells what was collected, and listens to the page no longer. */
  close(): void
}

/** The most that is told at once; the server takes no more. */
const ROWS = 200
/** Characters of a flag and its variant; no flag of ours has more. */
const LONGEST = 200

/** Collects until `everyMs` are over or the page is hidden, and tells by `sendBeacon`, which outlives the page. */
export function exposures({ url, key, everyMs = 10_000 }: ExposuresOptions): Exposures {
  const address = `${url.replace(/\/+$/, '')}/api/v1/exposures?key=${encodeURIComponent(key)}`
  const seen = new Set<string>()
  let waiting = new Map<string, { flag: string; variant: string | null; n: number }>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    const all = [...waiting.values()]
    waiting = new Map()
    for (let from = 0; from < all.length; from += ROWS)
      navigator.sendBeacon(address, JSON.stringify({ counts: all.slice(from, from + ROWS) }))
  }
  const hidden = (): void => {
    if (document.visibilityState === 'hidden') flush()
  }
  document.addEventListener('visibilitychange', hidden)
  addEventListener('pagehide', flush)

  return {
    finally({ flagKey: flag, context: { targetingKey = '' } }, { variant = null }) {
      const row = JSON.stringify([flag, variant])
      const exposure = `${row} ${targetingKey}`
      if (seen.has(exposure) || row.length > LONGEST) return
      seen.add(exposure)
      waiting.set(row, { flag, variant, n: (waiting.get(row)?.n ?? 0) + 1 })
      timer ??= setTimeout(flush, everyMs)
    },
    flush,
    close() {
      flush()
      document.removeEventListener('visibilitychange', hidden)
      removeEventListener('pagehide', flush)
    },
  }
}
