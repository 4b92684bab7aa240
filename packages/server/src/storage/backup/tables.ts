/** The tables of the database in an order in which rows can be inserted: what is pointed to comes first. */
import { escapeIdentifier } from 'pg'
import type { ClientBase } from 'pg'

/** All but the list of migrations. Throws where tables point to each other in a circle. */
export async function tablesInOrder(client: ClientBase): Promise<readonly string[]> {
  const { rows: tables } = await client.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'migrations' order by relname`,
  )
  const { rows: pointers } = await client.query<{ from: string; to: string }>(
    `select distinct f.relname as from, t.relname as to from pg_constraint c
     join pg_class f on f.oid = c.conrelid join pg_class t on t.oid = c.confrelid
     where c.contype = 'f' and c.conrelid <> c.confrelid`,
  )
  const ordered: string[] = []
  let waiting = tables.map((it) => it.name)
  while (waiting.length > 0) {
    const isFree = (table: string) => pointers.every((it) => it.from !== table || ordered.includes(it.to))
    const free = waiting.filter(isFree)
    if (free.length === 0) throw new Error(`the tables ${waiting.join(', ')} point to each other`)
    ordered.push(...free)
    waiting = waiting.filter((it) => !free.includes(it))
  }
  return ordered
}

/** A column, its type as PostgreSQL writes it, and whether PostgreSQL counts it by itself. */
export interface Column {
  readonly name: string
  readonly type: string
  readonly counted: boolean
}

/** The columns of a table, in order. */
export async function columnsOf(client: ClientBase, table: string): Promise<readonly Column[]> {
  const { rows } = await client.query<Column>(
    `select attname as name, format_type(atttypid, atttypmod) as type, attidentity <> '' as counted
     from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
    [escapeIdentifier(table)],
  )
  return rows
}
