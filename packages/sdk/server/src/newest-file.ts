/**
 * A file that always holds the newest of what was written: in the background, whole or not at all, and of
 * several at once only the last.
 */
import { rename, writeFile } from 'node:fs/promises'

export interface NewestFile<T> {
  write(value: T): void
  /** Resolves when nothing is being written any more. */
  close(): Promise<void>
}

/** Nothing is written until it is asked for. `failed` is told why a writing did not work; the next one tries again. */
export function createNewestFile<T>(
  file: string,
  textOf: (value: T) => string,
  failed: (error: unknown) => void,
): NewestFile<T> {
  // Of this process alone: two that share the file must not write into each other's half.
  const temporary = `${file}.${process.pid}.tmp`
  let next: { readonly value: T } | undefined
  let writing: Promise<void> | undefined

  return {
    write(value) {
      next = { value }
      writing ??= writeAll().finally(() => (writing = undefined))
    },
    async close() {
      await writing
    },
  }

  async function writeAll(): Promise<void> {
    // A turn later, so that what comes together is written once.
    await Promise.resolve()
    while (next !== undefined) {
      const { value } = next
      next = undefined
      try {
        await writeFile(temporary, textOf(value), { mode: 0o600 })
        await rename(temporary, file)
      } catch (error) {
        failed(error)
      }
    }
  }
}
