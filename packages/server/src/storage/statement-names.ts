/**
 * Names under which statements stay prepared: the database then neither reads nor plans them again,
 * which costs it more than to run them.
 */
/** A statement is prepared at the latest when it is wanted so often. */
const WORTH_IT = 4

/** Each connection keeps what it has prepared in its memory. */
const MOST_NAMES = 150

/** Texts that are counted; some are made anew for each number of values, and would be counted for ever. */
const MOST_TEXTS = 1_000

/** A pooler between us and the database does not know the statement, or knows it twice. */
const NOT_KEPT: ReadonlySet<unknown> = new Set(['26000', '42P05'])

export interface StatementNames {
  /** The name of a statement; undefined for one that is not prepared. */
  nameOf(text: string): string | undefined
  /** Whether a statement failed only because it was prepared, and may run again: prepared anew or, behind such a pooler, never more. */
  disowned(error: unknown): boolean
}

/** Nothing is prepared yet. */
export function createStatementNames(): StatementNames {
  const uses = new Map<string, number>()
  const names = new Map<string, string>()
  let generation = 0
  let kept = true

  return {
    nameOf(text) {
      const name = names.get(text)
      if (name !== undefined) return name
      if (!kept || names.size >= MOST_NAMES) return undefined
      const used = (uses.get(text) ?? 0) + 1
      if (used < WORTH_IT) {
        if (uses.size >= MOST_TEXTS) uses.clear()
        uses.set(text, used)
        return undefined
      }
      uses.delete(text)
      const made = `g${generation}s${names.size}`
      names.set(text, made)
      return made
    },
    disowned(error) {
      if (!(error instanceof Error && 'code' in error)) return false
      if (NOT_KEPT.has(error.code)) kept = false
      // A migration has changed what a statement answers: that of a newer server, while this one still runs.
      else if (error.code !== '0A000' || !error.message.startsWith('cached plan')) return false
      names.clear()
      generation++
      return true
    },
  }
}
