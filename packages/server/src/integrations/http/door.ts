/** What the statuses of a monitoring program say about our credentials. */

/** A sentence on an answer that is not 200. */
export function doorSentence(program: string, status: number): string {
  if (status === 401) return `${program} wants other credentials`
  if (status === 403) return `${program} does not let these credentials in`
  return `${program} answers ${status}`
}
