/**
 * Statements that travel together: one packet to the database and one answer from it, which costs
 * either side less than to be woken for each.
 *
 * The protocol's barrier stands behind the last one only (PostgreSQL, "Pipelining",
 * https://www.postgresql.org/docs/current/protocol-flow.html): where one fails, the database skips
 * those behind it. A batch is therefore all or nothing, unless a transaction began before it.
 */
import type { Connection, Submittable } from 'pg'
import { serialize } from 'pg-protocol'

import { rowReader } from './row-reader.ts'
import type { Column, RawRow, RowReader } from './row-reader.ts'

/** A statement on its way. */
export interface Asked {
  readonly text: string
  /** Prepared under this name. */
  readonly name: string | undefined
  readonly values: readonly RawValue[]
  answer(it: Answered): void
  fail(error: Error): void
}

/** A value as it is sent. */
export type RawValue = string | Buffer | null

/** What a statement did. */
export interface Answered {
  /** `SELECT`, `UPDATE`, `COMMIT` and so on. */
  readonly command: string
  /** Rows that were read or changed; undefined for a command that has none. */
  readonly rowCount: number | undefined
  readonly rows: readonly object[]
}

/** What one connection has prepared. */
export interface Kept {
  /** How the rows of a statement are read, by its name. */
  readonly readers: Map<string, RowReader>
  /** Of these nobody knows whether they are prepared: something failed. */
  readonly inDoubt: Set<string>
}

/** Nothing is prepared. */
export function nothingKept(): Kept {
  return { readers: new Map(), inDoubt: new Set() }
}

/** What the driver tells whoever asked. */
interface Listener extends Submittable {
  handleRowDescription(message: { readonly fields: readonly Column[] }): void
  handleDataRow(message: { readonly fields: RawRow }): void
  handleCommandComplete(message: { readonly text: string }): void
  handleEmptyQuery(): void
  handleError(error: Error): void
  handleReadyForQuery(): void
}

const NO_ROWS = rowReader([])

/** The statements as one thing to submit; `over` is called once all are answered or have failed. */
export function batchOf(statements: readonly Asked[], kept: Kept, over: () => void): Listener {
  let at = 0
  let rows: object[] = []
  let reader: RowReader | undefined
  let unreadable: Error | undefined
  let isOver = false

  function finish(): void {
    if (isOver) return
    isOver = true
    over()
  }

  function answered(command: string, rowCount: number | undefined): void {
    const asked = statements[at++]
    if (asked === undefined) return
    if (asked.name !== undefined) kept.readers.set(asked.name, reader ?? readerOf(asked) ?? NO_ROWS)
    if (unreadable === undefined) asked.answer({ command, rowCount, rows })
    else asked.fail(unreadable)
    rows = []
    reader = undefined
    unreadable = undefined
  }

  function readerOf({ name }: Asked): RowReader | undefined {
    return name === undefined ? undefined : kept.readers.get(name)
  }

  return {
    submit({ stream }: Connection) {
      if (stream.writable) stream.write(Buffer.concat([...messagesOf(statements, kept), serialize.sync()]))
      return null
    },
    handleRowDescription({ fields }) {
      reader = rowReader(fields)
    },
    handleDataRow({ fields }) {
      const asked = statements[at]
      if (asked === undefined || unreadable !== undefined) return
      reader ??= readerOf(asked) ?? NO_ROWS
      try {
        rows.push(reader(fields))
      } catch (error) {
        unreadable = error instanceof Error ? error : new Error('a value cannot be read', { cause: error })
      }
    },
    handleCommandComplete({ text }) {
      const [command = '', ...numbers] = text.split(' ')
      const count = numbers.at(-1)
      answered(command, count === undefined ? undefined : Number(count))
    },
    handleEmptyQuery: () => answered('', undefined),
    handleError(error) {
      const [failed, ...skipped] = statements.slice(at)
      at = statements.length
      if (failed?.name !== undefined && !kept.readers.has(failed.name)) kept.inDoubt.add(failed.name)
      for (const it of failed === undefined ? [] : [failed, ...skipped]) it.fail(error)
      finish()
    },
    handleReadyForQuery: finish,
  }
}

/** What is sent for them; a statement that is prepared already needs neither its text nor a description of its rows. */
function* messagesOf(statements: readonly Asked[], { readers, inDoubt }: Kept): Generator<Buffer> {
  const sent = new Set<string>()
  for (const { text, name = '', values } of statements) {
    const isKept = readers.has(name)
    if (!isKept && !sent.has(name)) {
      if (inDoubt.delete(name)) yield serialize.close({ type: 'S', name })
      yield serialize.parse({ name, text })
      if (name !== '') sent.add(name)
    }
    yield serialize.bind({ statement: name, values: [...values] })
    if (!isKept) yield serialize.describe({ type: 'P', name: '' })
    yield serialize.execute({})
  }
}
