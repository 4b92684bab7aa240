/**
 * The shop's own small flaw, the same for every customer, flag or no flag.
 *
 * The database closes a connection after some hundred calls, and the shop notices only when the next
 * call fails; it then opens a new one and does not try again. One request in 500 fails this way:
 * the 0.2 % that a healthy release must not be blamed for.
 */

/** Calls that succeed before the one that finds the connection closed. */
const CALLS_PER_CONNECTION = 499

/** Runs one call on the connection, or throws ConnectionLost. */
export type Store = <Result>(call: () => Result) => Result

/** The connection was closed by the other side. Answered with 503. */
export class ConnectionLost extends Error {
  readonly statusCode = 503
  constructor() {
    super('the connection to the database was closed')
  }
}

/** A store with one fresh connection. */
export function openStore(): Store {
  let calls = 0
  return (call) => {
    if (calls === CALLS_PER_CONNECTION) {
      calls = 0
      throw new ConnectionLost()
    }
    calls += 1
    return call()
  }
}
