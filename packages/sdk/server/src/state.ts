/**
 * The states of a connection.
 */

/**
 * `not-ready`: the server has not answered yet; in memory is nothing, or what an earlier process kept. `ready`: memory is current. `stale`: memory is the last that
 * was known, the server is out of reach. `refused`: the key was not accepted, nothing more is tried;
 * what is in memory is still served. `closed`.
 */
export type ConnectionState = 'not-ready' | 'ready' | 'stale' | 'refused' | 'closed'

/** What can happen to a connection. */
export type ConnectionEvent = 'current' | 'out-of-reach' | 'refused' | 'closed'

const transitions = {
  'not-ready': { current: 'ready', 'out-of-reach': 'stale', refused: 'refused', closed: 'closed' },
  ready: { 'out-of-reach': 'stale', refused: 'refused', closed: 'closed' },
  stale: { current: 'ready', refused: 'refused', closed: 'closed' },
  refused: { closed: 'closed' },
  closed: {},
} satisfies Record<ConnectionState, Partial<Record<ConnectionEvent, ConnectionState>>>

/** The state after an event; an event that a state does not know changes nothing. */
export function transition(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  const next: Partial<Record<ConnectionEvent, ConnectionState>> = transitions[state]
  return next[event] ?? state
}
