/** Kill links, and the clients that no kill can be confirmed by. */
import type { Instant } from '../column.ts'

export interface KillTables {
  /** Kept for a week after its end. */
  kill_links: {
    id: string
    project: string
    environment: string
    flag: string
    /** Who made it: a person, a token, or the signal that it was sent with. */
    by: string
    until: Instant
    revoked_at: Instant | null
    revoked_by: string | null
  }
  /** Values that pages have used, as browsers tell it. Kept for 30 days. */
  browser_exposures: {
    project: string
    environment: string
    flag: string
    /** Empty: the default of the code. */
    variant: string
    minute_end: Instant
    n: number
  }
  /** Values asked over OFREP. Kept for 30 days. */
  remote_asks: {
    project: string
    environment: string
    flag: string
    minute_end: Instant
    n: number
    last_at: Instant
  }
}
