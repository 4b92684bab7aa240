/**
 * Keys of flags and segments where something else than they themselves is wanted: a word of a
 * command, or a file.
 *
 * Keys hold what the keys of other tools hold, so that an application moves without a change:
 * capitals, and `:`, `/` and `|` as separators. Each separator stands between other characters, so
 * no key begins or ends with one and none has a part like `..`.
 */

/** 1 to 128 letters, digits and separators; the same pattern stands in the schema of the API. */
const KEY = /^(?!__)[A-Za-z0-9_](?:[A-Za-z0-9._-]|[:/|](?=[A-Za-z0-9_])){0,127}$/

/** Whether a text can be the key of a flag or segment. */
export function isFlagKey(text: string): boolean {
  return KEY.test(text)
}

/** A key as one word of a command line: as it is, but for `|`, which a shell takes for a pipe. */
export function commandWord(key: string): string {
  return key.includes('|') ? `'${key}'` : key
}

/** The file of a key without its ending: `/` makes folders; what not every file system takes is percent-encoded. */
export function fileOfKey(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/')
}

/** Whether two keys are told apart by capitals alone, which people and some file systems do not see. */
export function differInCaseOnly(a: string, b: string): boolean {
  return a !== b && a.toLowerCase() === b.toLowerCase()
}
