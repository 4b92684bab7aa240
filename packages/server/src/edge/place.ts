/** One environment at an edge: the way to its server, what is served, and what is passed on. */
import type { Reach } from '@flagmarshal/sdk-server/endpoint'

import type { Link } from './link.ts'
import type { Relaying } from './relay.ts'

export interface Place {
  readonly reach: Reach
  readonly link: Link
  readonly relay: Relaying
}
