/**
 * LaunchDarkly's names of attributes as ours. A clause that names a kind of context names its attribute
 * by a reference (`/address/street`); one that does not means the name as it stands.
 */
import { NotHere } from '../imported.ts'

/** The attribute as our conditions name it; undefined for a reference that LaunchDarkly calls malformed. */
export function referenceOf(attribute: string, isReference: boolean): string | undefined {
  const names = isReference ? namesOf(attribute) : literal(attribute)
  if (names === undefined) return undefined
  const [only] = names
  // A name that begins with a stroke would be taken for a path.
  if (names.length === 1 && only !== undefined && !only.startsWith('/')) return only
  return `/${names.map((it) => it.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`
}

function literal(name: string): readonly string[] {
  if (name === '_meta')
    throw new NotHere('a clause of it asks for what LaunchDarkly notes of a context (_meta)')
  return [name]
}

function namesOf(reference: string): readonly string[] | undefined {
  if (reference === '/' || reference.includes('//') || reference.endsWith('~')) return undefined
  if (!reference.startsWith('/')) return reference === '_meta' ? undefined : [reference]
  // After ~ stands 0 or 1; LaunchDarkly lets two more characters pass.
  if (/~[^01|^]/.test(reference)) return undefined
  const names = reference.slice(1).split('/').map(unescaped)
  return names[0] === '_meta' ? undefined : names
}

/** Its JavaScript SDKs leave a name alone that begins with ~. */
function unescaped(name: string): string {
  return name.startsWith('~') ? name : name.replaceAll('~1', '/').replaceAll('~0', '~')
}
