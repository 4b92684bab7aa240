/**
 * The hard floor: an outage is an outage, whatever the statistics say.
 */
import type { ArmsWindow } from './model.ts'

/** Exposed requests that the hard floor needs before it speaks. */
const FLOOR_REQUESTS = 20

/**
 * What the latest windows show that hold at least 20 exposed requests without the worst of them.
 * The worst is left out because one burst is no outage: with bursts of variance/mean 5 at 30
 * exposed requests a window, a floor that counts it rolls back most healthy rollouts within two days.
 * `both-arms`: the control is as bad, so it is not this feature.
 */
export function hardFloor(recent: readonly ArmsWindow[], floor: number): 'fine' | 'both-arms' | 'breach' {
  const { exposed, control } = floorCounts(recent)
  if (exposed.n < FLOOR_REQUESTS || exposed.x < floor * exposed.n) return 'fine'
  return control.x * exposed.n * 2 > exposed.x * control.n ? 'both-arms' : 'breach'
}

/** The sums that the hard floor looks at. */
export function floorCounts(recent: readonly ArmsWindow[]): ArmsWindow {
  const worst = worstOf(recent)
  return total(recent.filter((_, index) => index !== worst))
}

/** Keeps the shortest run of latest windows that the hard floor needs; a window without exposed requests joins the one before. */
export function foldRecent(
  recent: readonly ArmsWindow[],
  { exposed, control }: ArmsWindow,
): readonly ArmsWindow[] {
  const last = recent.at(-1)
  if (exposed.n === 0 && last !== undefined)
    return [...recent.slice(0, -1), total([last, { exposed, control }])]
  let windows = [...recent, { exposed, control }]
  while (holdEnough(windows.slice(1))) windows = windows.slice(1)
  return windows
}

function holdEnough(windows: readonly ArmsWindow[]): boolean {
  const worst = worstOf(windows)
  let requests = 0
  windows.forEach(({ exposed }, index) => {
    if (index !== worst) requests += exposed.n
  })
  return requests >= FLOOR_REQUESTS
}

/** The window with the most exposed bad events, the latest of equals; -1 of none. */
function worstOf(windows: readonly ArmsWindow[]): number {
  let worst = -1
  let most = -1
  windows.forEach(({ exposed }, index) => {
    if (exposed.x < most) return
    worst = index
    most = exposed.x
  })
  return worst
}

/** Sums of both arms. */
function total(windows: readonly ArmsWindow[]): ArmsWindow {
  const exposed = { n: 0, x: 0 }
  const control = { n: 0, x: 0 }
  for (const window of windows) {
    exposed.n += window.exposed.n
    exposed.x += window.exposed.x
    control.n += window.control.n
    control.x += window.control.x
  }
  return { exposed, control }
}
