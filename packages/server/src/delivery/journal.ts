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

type Queue = Map<string, Pending>

/** An empty journal. `confirmed` is told when an acknowledgement brought a verification forward. */
export function createJournal(
  parts: { readonly database: Database; readonly log: Log },
  confirmed: () => void,
): Journal {
  const queue: Queue = new Map()
  let writing: Promise<void> | undefined
  let retry: NodeJS.Timeout | undefined

  return {
    note(sign) {
      if (queue.size < CAPACITY) add(sign, [])
    },
    store: (sign) => new Promise((resolve, reject) => add(sign, [{ resolve, reject }])),
    async close() {
      clearTimeout(retry)
      await writing
      await writeAll()
      clearTimeout(retry)
    },
  }

  function add(sign: Sign, waiting: readonly Waiting[]): void {
    append(queue, { sign, waiting })
    start()
  }

  function start(): void {
    // Only begun: what else arrives in this turn is written with it.
    writing ??= Promise.resolve()
      .then(writeAll)
      .finally(() => (writing = undefined))
  }

  async function writeAll(): Promise<void> {
    while (queue.size > 0) {
      const batch = takeFrom(queue)
      try {
        const verifications = await write(parts.database, batch)
        if (verifications.length > 0) confirmed()
      } catch (error) {
        parts.log.warn({ err: error, signs: batch.length }, 'signs of life could not be written')
        for (const { waiting } of batch) for (const it of waiting) it.reject(error)
        putBack(queue, batch)
        clearTimeout(retry)
        retry = setTimeout(start, RETRY_MS)
        retry.unref()
        return
      }
    }
  }
}

async function write(database: Database, batch: readonly Pending[]): Promise<readonly string[]> {
  const signs = batch.map(({ sign }) => sign)
  const verifications = await database.transaction((tx) => writeSigns(tx, signs))
  for (const { waiting } of batch) for (const it of waiting) it.resolve()
  return verifications
}

function append(queue: Queue, { sign, waiting }: Pending): void {
  const name = nameOf(sign)
  const before = queue.get(name)
  queue.set(
    name,
    before === undefined
      ? { sign, waiting }
      : { sign: merged(before.sign, sign), waiting: [...before.waiting, ...waiting] },
  )
}

function takeFrom(queue: Queue): readonly Pending[] {
  const taken = [...queue].slice(0, AT_ONCE)
  for (const [name] of taken) queue.delete(name)
  return taken.map(([, it]) => it)
}

/** An acknowledgement that somebody waited for is sent again by its instance; that it is there is known all the same. */
function putBack(queue: Queue, batch: readonly Pending[]): void {
  for (const { sign: whole, waiting } of batch) {
    if (queue.size >= CAPACITY) continue
    const { acknowledged: _, ...rest } = whole
    const sign = waiting.length > 0 ? rest : whole
    const newer = queue.get(nameOf(sign))
    queue.set(
      nameOf(sign),
      newer === undefined ? { sign, waiting } : { ...newer, sign: merged(sign, newer.sign) },
    )
  }
}

function nameOf({ project, environment, instance }: Sign): string {
  return `${project}/${environment}/${instance}`
}

/** Two signs of one instance as one. */
function merged(before: Sign, after: Sign): Sign {
  const acknowledged = Math.max(before.acknowledged ?? -1, after.acknowledged ?? -1)
  return {
    ...before,
    ...after,
    spoke: before.spoke || after.spoke,
    edge: after.spoke ? after.edge : before.edge,
    ...(acknowledged < 0 ? {} : { acknowledged }),
  }
}
