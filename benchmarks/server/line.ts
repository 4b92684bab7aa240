/** One figure as it is printed, and as other programs read it. */
export interface Line {
  readonly what: string
  readonly figure: string
  /** What it must not exceed, or must reach; absent for a figure that is only told. */
  readonly bound?: string
  readonly holds?: boolean
  /** Whether it is wall time, and says something only where nothing else runs. */
  readonly wall?: true
}
