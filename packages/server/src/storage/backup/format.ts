/**
 * A backup is a gzip file of lines of JSON: a header, for each table its columns and its rows, and an end
 * that counts them, so that half a file is never taken for a whole one. A row is a list of PostgreSQL's
 * own texts and passes through unread: no number loses a digit, and a JSON null stays other than none.
 */
import { z } from 'zod'

/** The first line. */
export const Header = z.strictObject({
  format: z.literal('flagmarshal-backup'),
  version: z.literal(1),
  /** When it was made, by the database's clock. */
  at: z.string(),
  /** The newest migration of the database. */
  migration: z.number().int(),
})
export type Header = z.output<typeof Header>

/** The line before the rows of a table. */
export const TableLine = z.strictObject({ table: z.string(), columns: z.array(z.string()) })
export type TableLine = z.output<typeof TableLine>

/** The last line. */
export const EndLine = z.strictObject({ end: z.number().int() })

/** What was written or restored. */
export interface BackupFigures {
  readonly migration: number
  readonly tables: number
  readonly rows: number
}
