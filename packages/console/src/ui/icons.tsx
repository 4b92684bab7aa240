/** The console's few icons: 16 px, drawn with the colour of the text around them, hidden from readers. */
import type { ReactElement } from 'react'

const SHAPES = {
  check: 'M3 8.5 6.5 12 13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  pause: 'M6 3.5v9M10 3.5v9',
  up: 'M8 3 14 13H2z',
  back: 'M6 4 2.5 7.5 6 11M3 7.5h6.5a3.5 3.5 0 0 1 0 7H8',
  question: 'M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M8 12.6v.2',
  dot: 'M8 5.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z',
  ring: 'M8 3.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9z',
  arrow: 'M3 8h9M8.5 4 12.5 8l-4 4',
  lock: 'M4.5 7.5h7v5.5h-7zM6 7.5V5.2a2 2 0 0 1 4 0v2.3',
  home: 'M2.5 7.5 8 3l5.5 4.5M4 7v6h8V7',
  clock: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM8 5v3.2l2.2 1.4',
  steps: 'M3 4h1M7 4h6M3 8h1M7 8h6M3 12h1M7 12h6',
  flag: 'M4 14V2.5M4 3h8.5L10.5 6l2 3H4',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  sun: 'M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6zM8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z',
  person: 'M8 3a2.4 2.4 0 1 1 0 4.8A2.4 2.4 0 0 1 8 3zM3.2 13.2c.6-2.4 2.5-3.6 4.8-3.6s4.2 1.2 4.8 3.6',
  copy: 'M5.5 5.5h7v8h-7zM10.5 5.5v-3h-7v8h2',
  plug: 'M5.5 2.5v3M10.5 2.5v3M4 5.5h8v2a4 4 0 0 1-8 0zM8 11.5v2.5',
  settings: 'M3 5h6M12 5h1M3 11h1M7 11h6M10.5 3.2v3.6M5.5 9.2v3.6',
  pulse: 'M2 8.5h3l2-5 2.5 9 1.8-4H14',
  play: 'M5 3.5 12 8l-7 4.5z',
  find: 'M7 2.8a4.2 4.2 0 1 1 0 8.4 4.2 4.2 0 0 1 0-8.4zM10.2 10.2l3.3 3.3',
  down: 'M4 6l4 4 4-4',
  off: 'M8 2.5v5M4.8 4.6a5 5 0 1 0 6.4 0',
} as const

export type IconName = keyof typeof SHAPES

const FILLED: ReadonlySet<IconName> = new Set(['up', 'dot'])

/** One icon. What it means must be said beside it. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }): ReactElement {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path
        d={SHAPES[name]}
        fill={FILLED.has(name) ? 'currentColor' : 'none'}
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
