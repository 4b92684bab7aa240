/** One step of a JSON Pointer (RFC 6901); what cannot be printed is replaced. */
export function escapePointer(name: string): string {
  return name.toWellFormed().replaceAll('\0', '\uFFFD').replaceAll('~', '~0').replaceAll('/', '~1')
}
