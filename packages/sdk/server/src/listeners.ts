/**
 * Callbacks of an application, whose errors must not reach the code that calls them.
 */
import type { Logger } from '@openfeature/server-sdk'

/** Who is to be told. */
export interface Listeners<Event> {
  /** Answers how to remove the listener again. */
  add(listener: (event: Event) => void): () => void
  tell(event: Event): void
}

/** No listeners yet. */
export function createListeners<Event>(logger: Logger): Listeners<Event> {
  const listeners = new Set<(event: Event) => void>()
  return {
    add(listener) {
      // Wrapped, so that the same function added twice is told twice and removed once.
      const entry = (event: Event): void => listener(event)
      listeners.add(entry)
      return () => listeners.delete(entry)
    },
    tell(event) {
      for (const listener of listeners) {
        try {
          listener(event)
        } catch (error) {
          logger.error('flagmarshal: a listener threw', error)
        }
      }
    },
  }
}
