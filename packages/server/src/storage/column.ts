/**
 * Column types that differ between reading and writing, and the one way to write `jsonb`.
 */
import type { ColumnType } from 'kysely'

/** A `jsonb` column: written with `toJson`, read as a value that its reader parses with a schema. */
export type JsonColumn<T = unknown> = ColumnType<T, string, string>

/** A `timestamptz` column. */
export type Instant = ColumnType<Date, Date, Date>

/**
 * The text to write into a `jsonb` column. Passing arrays or strings to the driver unserialised
 * would store PostgreSQL arrays or fail, so every write goes through here.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value ?? null)
}
