/** Names for variations, which LaunchDarkly numbers. */
import type { JsonValue } from '@flagmarshal/evaluation'

/** As variants may be named here. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

/**
 * A name for each variation, by index: what people call it there, the text of a boolean, or
 * `variation-<index>`. Names that would come twice get the index, too.
 */
export function namesOf(
  variations: readonly JsonValue[],
  given: readonly (string | undefined)[],
): readonly string[] {
  const wanted = variations.map((value, index) => nameOf(value, given[index]) ?? `variation-${index}`)
  return wanted.map((name, index) =>
    wanted.some((other, at) => other === name && at !== index) ? `variation-${index}` : name,
  )
}

function nameOf(value: JsonValue, given: string | undefined): string | undefined {
  const name = given
    ?.trim()
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replaceAll(/^[^A-Za-z0-9]+|-+$/g, '')
  // A name like the one that stands for an index could be somebody else's.
  if (name !== undefined && NAME.test(name) && !/^variation-\d+$/.test(name)) return name
  return typeof value === 'boolean' ? String(value) : undefined
}
