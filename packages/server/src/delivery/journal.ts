/**
 * The journal of instances: signs of life and acknowledgements on their way into the database.
 *
 * Many instances answer the same kill in the same moment, so what arrives while one write runs goes
 * into the next one. An acknowledgement is confirmed to its sender only once it is stored; other
 * signs may be lost with the server, because the next one says the same.
 */
import type { Log } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { writeSigns } from '../storage/instances.ts'
import type { Sign } from '../storage/instances.ts'

/** Signs in one statement. */
const AT_ONCE = 500

/** Signs kept while the database is away; beyond this many new instances are not noted. */
const CAPACITY = 20_000

/** Before signs that could not be written are tried again. */
const RETRY_MS = 1_000

export interface Journal {
  /** Notes a sign; it is written soon. */
  note(sign: Sign): void
  /** Notes a sign and waits until it is stored. Rejects when it could not be. */
  store(sign: Sign): Promise<void>
  /** Writes what is left, as far as the database can be reached, and ends. */
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

interface Pending {
  readonly sign: Sign
  readonly waiting: readonly Waiting[]
}

/** An empty journal. `confirmed` is told when an acknowledgement brought a verification forward. */
export function createJournal(
  parts: { readonly database: Database; readonly log: Log },
  confirmed: () => void,
): Journal {
  const { database, log } = parts
  const pending = new Map<string, Pending>()
  let writing: Promise<void> | undefined
  let retry: NodeJS.Timeout | undefined

  return {
    note(sign) {
      if (pending.size < CAPACITY) add(sign, [])
    },
    store: (sign) => new Promise((resolve, reject) => add(sign, [{ resolve, reject }])),
    async close() {
      clearTimeout(retry)
      await writing
      await (writing ??= writeAll())
      clearTimeout(retry)
    },
  }

  function add(sign: Sign, waiting: readonly Waiting[]): void {
    const name = `${sign.project}/${sign.environment}/${sign.instance}`
    const before = pending.get(name)
    pending.set(name, {
      sign: before === undefined ? sign : merged(before.sign, sign),
      waiting: before === undefined ? waiting : [...before.waiting, ...waiting],
    })
    start()
  }

  function start(): void {
    writing ??= Promise.resolve()
      .then(writeAll)
      .finally(() => (writing = undefined))
  }

  async function writeAll(): Promise<void> {
    while (pending.size > 0) {
      const batch = [...pending].slice(0, AT_ONCE)
      for (const [name] of batch) pending.delete(name)
      if (!(await write(batch.map(([, it]) => it)))) return
    }
  }

  /** False when the database could not take them. */
  async function write(batch: readonly Pending[]): Promise<boolean> {
    try {
      const signs = batch.map(({ sign }) => sign)
      const verifications = await database.transaction((tx) => writeSigns(tx, signs))
      for (const { waiting } of batch) for (const it of waiting) it.resolve()
      if (verifications.length > 0) confirmed()
      return true
    } catch (error) {
      log.warn({ err: error, signs: batch.length }, 'signs of life could not be written')
      for (const { waiting } of batch) for (const it of waiting) it.reject(error)
      retryLater(batch)
      return false
    }
  }

  /** Those that somebody waited for are sent again by their instance. */
  function retryLater(batch: readonly Pending[]): void {
    for (const { sign, waiting } of batch) {
      const name = `${sign.project}/${sign.environment}/${sign.instance}`
      if (waiting.length > 0 || pending.size >= CAPACITY) continue
      const newer = pending.get(name)
      pending.set(
        name,
        newer === undefined ? { sign, waiting } : { ...newer, sign: merged(sign, newer.sign) },
      )
    }
    clearTimeout(retry)
    retry = setTimeout(start, RETRY_MS)
    retry.unref()
  }
}

/** Two signs of one instance as one. */
function merged(before: Sign, after: Sign): Sign {
  const acknowledged = Math.max(before.acknowledged ?? -1, after.acknowledged ?? -1)
  return {
    ...before,
    ...after,
    spoke: before.spoke || after.spoke,
    ...(acknowledged < 0 ? {} : { acknowledged }),
  }
}
