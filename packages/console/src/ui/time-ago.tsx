/** Times: relative to read, absolute with zone on hover and focus, one ticking clock for all of them. */
import { useEffect, useSyncExternalStore } from 'react'
import type { ReactElement, SyntheticEvent } from 'react'

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
  const tell = (event: SyntheticEvent<HTMLElement>): void => tip.show(absolute(at), event.currentTarget)
  return (
    <time
      dateTime={at}
      tabIndex={0}
      aria-describedby={TIP}
      onPointerEnter={tell}
      onPointerLeave={tip.hide}
      onFocus={tell}
      onBlur={tip.hide}
    >
      {text}
    </time>
  )
}

/** Date, time and zone as the browser's person writes them. */
function absolute(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' })
}

const TIP = 'fm-time'

interface Told {
  readonly text: string
  readonly left: number
  readonly top: number
}

/** One for all times: a list of thousands has no part of its own for each of them. */
const tip = createTip()

function createTip() {
  const watching = new Set<() => void>()
  let told: Told | undefined
  const set = (it: Told | undefined): void => {
    told = it
    for (const listener of watching) listener()
  }
  return {
    show(text: string, element: HTMLElement): void {
      const { left, top } = element.getBoundingClientRect()
      set({ text, left, top })
    },
    hide: (): void => set(undefined),
    told: () => told,
    subscribe: (listener: () => void): (() => void) => {
      watching.add(listener)
      return () => watching.delete(listener)
    },
  }
}

/** Shows the whole time of what is pointed at or focused. Once on a page. */
export function TimeTip(): ReactElement | null {
  const told = useSyncExternalStore(tip.subscribe, tip.told)
  useEffect(() => {
    const away = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') tip.hide()
    }
    addEventListener('scroll', tip.hide, { passive: true, capture: true })
    addEventListener('keydown', away)
    return () => {
      removeEventListener('scroll', tip.hide, { capture: true })
      removeEventListener('keydown', away)
    }
  }, [])
  if (told === undefined) return null
  const left = Math.max(8, Math.min(told.left, innerWidth - TIP_WIDTH))
  return (
    <div id={TIP} role="tooltip" className="fm-tip" style={{ left, top: told.top }}>
      {told.text}
    </div>
  )
}

/** Wide enough for a date with time and zone, in pixels. */
const TIP_WIDTH = 250
