/** Times: relative to read, absolute with zone on hover and focus, one ticking clock for all of them. */
import { Tooltip } from '@mantine/core'
import { useSyncExternalStore } from 'react'
import type { ReactElement } from 'react'

const listeners = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const it of listeners) it()
  }, 1_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** The time, to the second; what uses it is drawn again every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}

/** `12 s`, `4 min`, `3 h`, `2 d`: never more than two digits of the largest unit that fits. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

/** `4 min ago`, or `in 3 h`. */
export function TimeAgo({ at }: { readonly at: string }): ReactElement {
  const ms = useNow() - Date.parse(at)
  const text = ms >= -999 ? `${duration(ms)} ago` : `in ${duration(-ms)}`
  return (
    <Tooltip label={absolute(at)}>
      <time dateTime={at} tabIndex={0}>
        {text}
      </time>
    </Tooltip>
  )
}

/** Date, time and zone as the browser's person writes them. */
function absolute(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' })
}
