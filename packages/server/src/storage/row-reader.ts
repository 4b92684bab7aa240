/** Rows as the database sends them, made into objects. */
import { types } from 'pg'

type TypeId = Parameters<typeof types.getTypeParser>[0]

/** A column of an answer. */
export interface Column {
  readonly name: string
  readonly dataTypeID: TypeId
}

/** The values of a row as text, in the order of the columns. */
export type RawRow = readonly (string | null)[]

/** Makes the object of a row. Throws what a value throws that cannot be read. */
export type RowReader = (row: RawRow) => object

/** For rows with these columns; of two with one name the last one counts. */
export function rowReader(columns: readonly Column[]): RowReader {
  const names = columns.map(({ name }) => name)
  const parsers = columns.map(({ dataTypeID }) => parserOf(dataTypeID))
  return (values) => {
    const row: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) {
      const [name, parse, value] = [names[i], parsers[i], values[i]]
      if (name === undefined || parse === undefined) continue
      row[name] = value === null || value === undefined ? null : parse(value)
    }
    return row
  }
}

/** int8 as a number; the driver would give a string. */
function parserOf(type: TypeId): (text: string) => unknown {
  return type === types.builtins.INT8 ? safeInteger : types.getTypeParser(type, 'text')
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} does not fit a number`)
  return value
}
